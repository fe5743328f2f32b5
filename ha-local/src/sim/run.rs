//! Runs what was asked for, from the making of the site to the last intent's end, and reports.

use super::{
    Report, Simulation,
    build::Sim,
    engine::{draw::who, trace::Record},
    life::Life,
    plane::Traffic as Stream,
    report,
    world::World,
};
use ha_core::{
    invariant::Violation,
    name::DnsName,
    time::Timestamp,
    validate::{Problem, Problems},
};
use std::{fmt, sync::Arc, time::Duration};

/// A run that is over.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    report: Report,
    records: Vec<Record>,
    followed: Vec<Life>,
    violations: Vec<(Timestamp, Violation)>,
    world: Box<World>,
}

impl std::ops::Deref for Run {
    type Target = Report;
    fn deref(&self) -> &Report {
        &self.report
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.report, f)?;
        for (at, violation) in &self.violations {
            write!(f, "\nINVARIANT BROKEN at {at}: {violation}")?;
        }
        Ok(())
    }
}

impl Run {
    /// What it showed.
    pub fn report(&self) -> &Report {
        &self.report
    }
    /// All that happened, from the making of the site on, times counted from the first arrival.
    pub fn records(&self) -> &[Record] {
        &self.records
    }
    /// The lives of the intents that were followed.
    pub fn followed(&self) -> &[Life] {
        &self.followed
    }
    /// Invariants that were broken, and when. There are none.
    pub fn violations(&self) -> &[(Timestamp, Violation)] {
        &self.violations
    }
    /// The world at the end.
    pub fn world(&self) -> &World {
        &self.world
    }
}

/// Runs it, or says what does not hold together.
pub(super) fn run(mut sim: Sim) -> Result<Run, Problems> {
    let (origin, length) = (sim.origin(), sim.run_length());
    let mut simulation = at_zero(&mut sim, |_| {})?;
    let end = origin + length;
    for (name, code) in &sim.own {
        simulation.spawn(name, code);
    }
    for percent in 1..=100u32 {
        simulation.run_until(origin + length.mul_f64(f64::from(percent) / 100.0));
        if let Some(tell) = &sim.progress {
            tell(f64::from(percent) / 100.0);
        }
    }
    finish(&mut simulation, end);
    Ok(report(&simulation, &sim, length))
}

/// The simulation at the run's zero: the site is made among what `plant` adds to the world, and the first user comes.
/// A run from nothing is before its first call: what strikes at its very start has struck.
pub(super) fn at_zero(sim: &mut Sim, plant: impl FnOnce(&mut World)) -> Result<Simulation, Problems> {
    let (origin, length) = (sim.origin(), sim.run_length());
    let mut simulation = sim.idle()?;
    plant(&mut simulation.state().world);
    if sim.options.from_nothing {
        simulation.run_until(origin);
        simulation.start_controller();
    } else {
        simulation.start_controller();
        // Faults of the run's first instant belong to the run.
        simulation.run_until(origin.back(Duration::from_nanos(1)));
        must_be_made(&mut simulation)?;
        simulation.run_until(origin);
    }
    begin(&mut simulation, sim, length)?;
    Ok(simulation)
}

/// A run starts with the site as it is wanted.
fn must_be_made(simulation: &mut Simulation) -> Result<(), Problems> {
    let open = simulation.state().world.not_converged();
    let problem = |what: String| {
        let fix = "look at the pool's boot budget and the profile's boot times";
        Problem::new("site", format!("it is not made within 6 h: {what}"), fix)
    };
    if open.is_empty() { Ok(()) } else { Err(Problems(open.into_iter().map(problem).collect())) }
}

/// The first user comes; without the loop, it has run for the last time.
fn begin(simulation: &mut Simulation, sim: &Sim, length: Duration) -> Result<(), Problems> {
    if sim.options.without_loop {
        simulation.stop_controllers();
    }
    let mut state = simulation.state();
    let world = &mut state.world;
    world.begin_counting();
    let Some(traffic) = &sim.traffic else { return Ok(()) };
    let entry = entry(world, traffic.to.as_deref())?;
    let (origin, until) = (world.origin, world.origin + length);
    let segments: Arc<[_]> = traffic.segments(length).into_iter().map(|segment| segment.shifted(origin)).collect();
    let key = who(entry.as_str());
    let (plane, mut ctx) = world.split();
    if !sim.options.from_nothing {
        plane.was_known(&entry);
    }
    plane.follow(&ctx, sim.options.follow, until);
    plane.start(&mut ctx, &entry, Stream { key, segments });
    Ok(())
}

/// The name that users ask for: the one that the traffic names, else the site's first, else its first balancer's own.
fn entry(world: &mut World, to: Option<&str>) -> Result<DnsName, Problems> {
    let topology = world.wanted.topology();
    let names: Vec<DnsName> = topology.dns.iter().map(|record| record.name.clone()).collect();
    let balancers: Vec<&str> = topology.balancers.iter().map(|balancer| balancer.name.as_str()).collect();
    let wanted = match to {
        Some(to) => to.to_owned(),
        None => names
            .first()
            .map_or_else(|| balancers.first().copied().unwrap_or_default().to_owned(), |name| name.to_string()),
    };
    if let Some(name) = names.iter().find(|name| name.as_str() == wanted) {
        return Ok(name.clone());
    }
    if let Some(balancer) = balancers.iter().find(|balancer| **balancer == wanted) {
        let balancer = (*balancer).into();
        return Ok(world.name_of_balancer(&balancer));
    }
    let has: Vec<&str> = names.iter().map(DnsName::as_str).chain(balancers).collect();
    let fix = if has.is_empty() {
        "give the site a balancer or a name".into()
    } else {
        format!("it has: {}", has.join(", "))
    };
    let what = match to {
        Some(to) => format!("users find no entry {to:?} to the site"),
        None => "users find no entry to the site: it has neither a balancer nor a name".into(),
    };
    Err(Problems(vec![Problem::new("traffic.to", what, fix)]))
}

/// Until the last intent has ended: nobody waits longer than their patience and retries.
fn finish(simulation: &mut Simulation, end: Timestamp) {
    let mut until = end;
    while simulation.state().world.plane.ledger().users.in_flight > 0 && until < end + Duration::from_secs(86_400 * 400)
    {
        until = until + Duration::from_secs(10);
        simulation.run_until(until);
    }
}

pub(super) fn report(simulation: &Simulation, sim: &Sim, length: Duration) -> Run {
    let mut state = simulation.state();
    let world = &mut state.world;
    let not_converged = world.not_converged();
    let origin = world.origin;
    if let Err(what) = world.plane.ledger().agree() {
        world.watch.broken(world.now, Violation::Intents(what));
    }
    let records: Vec<Record> = world.trace.records().iter().map(|record| record.clone().since(origin)).collect();
    let violations =
        world.watch.violations().iter().map(|(at, what)| (Timestamp(at.0.saturating_sub(origin.0)), what.clone()));
    let violations: Vec<_> = violations.collect();
    let report = Report::of(world, length, not_converged, report::decisive_since(world.trace.records(), origin));
    let crowds: Vec<_> = sim.traffic.iter().flat_map(|traffic| traffic.crowds()).copied().collect();
    let crowds: Vec<_> = crowds.into_iter().filter(|crowd| crowd.at < length).collect();
    let report = report.with_users(&crowds);
    let followed = world.plane.followed().iter().map(|followed| Life::of(world, followed)).collect();
    let world = Box::new(world.clone());
    Run { report, records, followed, violations, world }
}
