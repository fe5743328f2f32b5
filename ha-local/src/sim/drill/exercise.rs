//! Runs a script, disturbed or not, on a site among things that are not ours.

use super::{
    compare::{EXCEPTIONS, End, differences},
    disturb::{Call, Disturbance, calls},
    script::{Change, Script, When, profile},
};
use crate::sim::{
    Sim, Simulation,
    cloud::{Asked, Planted},
    engine::trace::Record,
    run,
    tally::Changes,
    world::World,
};
use ha_core::{
    backend::{
        Scope,
        spec::{NetworkSpec, RecordSet},
    },
    fault::{Fault, Scenario},
    invariant::Violation,
    time::Timestamp,
    topology::{Exposure, Nat, RecordKind},
    validate::Problems,
};
use std::{collections::BTreeMap, time::Duration};

/// The time between two turns.
pub(super) const PERIOD: Duration = Duration::from_secs(15);
/// How long the loop's lease lasts: more than a period and the longest call.
pub(super) const LEASE: Duration = Duration::from_secs(30);
/// So much later than the faultless run every disturbed one must have converged: a dead holder's lease and `settle`
/// run out (40 s), a call is waited for in vain (5 s), a gate is read anew (22 s), and turns begin on their grid (two
/// periods); and once more for good measure a period.
pub const ALLOWED: Duration = Duration::from_secs(40 + 5 + 22 + 3 * 15);

/// A run of a script.
#[derive(Clone, Debug, PartialEq)]
pub struct Exercise {
    /// The calls of our loop.
    pub calls: Vec<Call>,
    /// How the site ended.
    pub end: End,
    /// How often each object was changed.
    pub counts: BTreeMap<String, Changes>,
    /// What keeps it from being as it is wanted.
    pub open: Vec<String>,
    /// Invariants that were broken.
    pub violations: Vec<(Timestamp, Violation)>,
    /// Things of others that are gone.
    pub lost: Vec<String>,
    /// How often each outcome other than normal happened.
    pub outcomes: BTreeMap<&'static str, u64>,
    /// What happened.
    pub records: Vec<Record>,
}

/// A script's run without a disturbance, and when it was over.
#[derive(Clone, Debug, PartialEq)]
pub struct Faultless {
    /// How it went.
    pub run: Exercise,
    /// From when on the site was as it is wanted.
    pub converged: Duration,
}

/// Runs a script without a disturbance until the site is as it is wanted, at most an hour after the last change.
pub fn faultless(script: &Script, seed: u64) -> Result<Faultless, Problems> {
    // A call that never comes: so every turn runs, as it does while a disturbance is waited for.
    let waiting = [Fault::call("crash_before", "*.*").at(script.starts()).nth(1_000_000)];
    let mut course = Course::begin(script, seed, &waiting)?;
    let mut at = script.last();
    course.run_until(at);
    loop {
        at += Duration::from_secs(1);
        course.run_until(at);
        if course.open().is_empty() || at > script.last() + Duration::from_secs(3600) {
            // A turn more, in which there is nothing to do.
            course.run_until(at + PERIOD);
            return Ok(Faultless { run: course.read(), converged: at });
        }
    }
}

/// Runs a script, disturbed by these faults, until so long after its start.
pub fn exercise(script: &Script, seed: u64, faults: &[Fault], until: Duration) -> Result<Exercise, Problems> {
    let mut course = Course::begin(script, seed, faults)?;
    course.run_until(until);
    Ok(course.read())
}

/// A run of a script under way.
pub(super) struct Course {
    pub(super) simulation: Simulation,
    pub(super) origin: Timestamp,
    /// What is still to be asked for, the last first.
    changes: Vec<(When, Change)>,
}

impl Course {
    /// The site as a script finds it, at the instant from which calls are counted.
    pub(super) fn begin(script: &Script, seed: u64, faults: &[Fault]) -> Result<Self, Problems> {
        let mut simulation = run::at_zero(&mut asked(script, seed, faults), plant)?;
        let origin = simulation.state().world.origin;
        if !script.from_nothing {
            simulation.run_until(origin + script.starts());
        }
        let mut state = simulation.state();
        state.world.counts.recorded = Some(Vec::new());
        state.world.counts.outcomes.clear();
        state.world.begin_tally();
        drop(state);
        let mut changes = script.changes.clone();
        changes.reverse();
        Ok(Self { simulation, origin, changes })
    }

    /// Runs on until so long after the script's start, and asks for what is due.
    pub(super) fn run_until(&mut self, until: Duration) {
        let until = self.origin + until;
        while let Some((when, change)) = self.changes.last().copied() {
            if !self.is_due(when, until) {
                break;
            }
            self.changes.pop();
            let mut state = self.simulation.state();
            state.world.wanted = change.of(&state.world.wanted);
            state.world.interest();
        }
        self.simulation.run_until(until);
    }

    /// Runs on until a change is due, if it is within this time.
    fn is_due(&mut self, when: When, until: Timestamp) -> bool {
        match when {
            When::At(at) if self.origin + at > until => false,
            When::At(at) => {
                self.simulation.run_until(self.origin + at);
                true
            }
            When::Runs(release) => {
                let runs = |it: &Asked| matches!(it, Asked::Instance { release: own, .. } if own.as_str() != release);
                loop {
                    let state = self.simulation.state();
                    if state.world.cloud.asked(&state.world.wanted.scope()).values().any(runs) {
                        return true;
                    }
                    let now = state.world.now;
                    drop(state);
                    if now + Duration::from_secs(1) > until {
                        return false;
                    }
                    self.simulation.run_until(now + Duration::from_secs(1));
                }
            }
        }
    }

    /// What keeps the site from being as it is wanted, and what is still to be asked for.
    pub(super) fn open(&self) -> Vec<String> {
        let asked = self.changes.iter().map(|(_, change)| format!("to be asked for: {change:?}"));
        self.simulation.state().world.not_converged().into_iter().chain(asked).collect()
    }

    /// How it went so far.
    pub(super) fn read(&self) -> Exercise {
        let open = self.open();
        let mut state = self.simulation.state();
        let world = &mut state.world;
        let scope = world.wanted.scope();
        let since = |at: Timestamp| Timestamp(at.0.saturating_sub(self.origin.0));
        let things = world.cloud.everything();
        let lost = PLANTED.iter().filter(|(kind, name)| {
            !things.iter().any(|it| it.kind == *kind && it.name == *name && it.owner.as_ref() != Some(&scope))
        });
        let recorded = world.counts.recorded.clone().unwrap_or_default();
        Exercise {
            calls: calls(&recorded),
            end: End::of(&world.cloud, &scope),
            counts: world.counts.changes.as_ref().map(|tally| tally.counts().clone()).unwrap_or_default(),
            open,
            violations: world.watch.violations().iter().map(|(at, what)| (since(*at), what.clone())).collect(),
            lost: lost.map(|(kind, name)| format!("{kind} {name}")).collect(),
            outcomes: world.counts.outcomes.clone(),
            records: world.trace.records().iter().map(|record| record.clone().since(self.origin)).collect(),
        }
    }
}

/// The run that is asked for.
fn asked(script: &Script, seed: u64, faults: &[Fault]) -> Sim {
    let mut events = script.events.clone();
    events.extend(faults.iter().cloned());
    let scenario = Scenario::new(script.name, script.about, events);
    let mut sim = Sim::new(&script.site, seed).profile(profile()).scenario(&scenario).period(PERIOD).lease(LEASE);
    sim = sim.length(Duration::from_secs(1800));
    if let Some(traffic) = script.traffic() {
        sim = sim.traffic(traffic);
    }
    if script.from_nothing { sim.from_nothing() } else { sim }
}

/// The world before anybody has done anything.
pub(super) fn empty(script: &Script, seed: u64) -> Result<World, Problems> {
    let simulation = asked(script, seed, &[]).idle()?;
    let mut state = simulation.state();
    plant(&mut state.world);
    Ok(state.world.clone())
}

/// The things of others: of another site, of a namesake, of nobody that we know.
const PLANTED: [(&str, &str); 3] =
    [("network", "blog"), ("record", "old.shop.example"), ("record", "mail.shop.example")];

fn plant(world: &mut World) {
    let scope = world.wanted.scope();
    let zones = world.wanted.topology().zones.clone();
    let network = NetworkSpec { zones, instances: Exposure::Private, nat: Nat::None, allow: Vec::new() };
    let record = |name: &str| RecordSet {
        name: name.into(),
        kind: RecordKind::RoundRobin { to: "mail".into() },
        ttl: Duration::from_secs(60),
    };
    let other = Scope { name: "blog".into(), id: scope.id.clone() };
    let namesake = Scope { name: scope.name.clone(), id: "another".into() };
    let planted = [
        Planted::Network { site: "blog".into(), owner: Some(other), spec: network },
        Planted::Record { owner: Some(namesake), set: record("old.shop.example") },
        Planted::Record { owner: None, set: record("mail.shop.example") },
    ];
    for thing in planted {
        world.with_cloud(None, |cloud, env| cloud.plant(env, thing));
    }
}

/// Disturbs one call of a script; answers what is not as in the faultless run.
pub fn try_point(
    script: &Script,
    seed: u64,
    faultless: &Faultless,
    point: &Disturbance,
) -> Result<Vec<String>, Problems> {
    let run = exercise(script, seed, &point.faults(script), faultless.converged + ALLOWED)?;
    let excused = |object: &str| {
        EXCEPTIONS.iter().any(|it| {
            it.script == script.name
                && (it.outcome.is_empty() || it.outcome == point.outcome)
                && (it.verb.is_empty() || it.verb == point.call.operation.0)
                && it.object == object
        })
    };
    let mut found = differences(&faultless.run, &run, &excused);
    if run.outcomes.get(point.outcome).is_none_or(|times| *times == 0) {
        found.push(format!("{point} did not happen"));
    }
    Ok(found)
}
