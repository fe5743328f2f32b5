//! One seed: a site, faults, healing, and what must be true of it.

use super::{
    census::Census,
    dice::Dice,
    faults::{self, PHASE},
    site::{self, Ask},
    timers::Timers,
};
use crate::sim::{LoopSetup, Profile, Sim, Simulation, Traffic, engine::trace::Record, run};
use ha_core::{
    event::Event,
    fault::{Fault, Scenario},
    reconcile::LONGEST_WAIT,
    time::{Timestamp, show},
    topology::{NoReading, Pool, ValidTopology},
    validate::Problems,
};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// How long users come.
const LENGTH: Duration = Duration::from_secs(48 * 3600);

/// What a seed stands for.
#[derive(Clone, Debug)]
pub struct Case {
    /// The seed.
    pub seed: u64,
    /// The site.
    pub site: ValidTopology,
    /// How its provider behaves.
    pub profile: Profile,
    /// What is injected.
    pub faults: Vec<Fault>,
    ask: Ask,
}

/// How a case ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// What is wrong; nothing: all is well.
    pub wrong: Vec<String>,
    /// What occurred.
    pub census: Census,
    /// Within which time after the last fault it had to be well.
    pub timers: Timers,
    /// What happened.
    pub records: Vec<Record>,
}

impl Case {
    /// The case of a seed.
    pub fn of(seed: u64) -> Self {
        let dice = Dice::new(seed);
        let site = site::site(dice);
        let faults = faults::faults(dice, &site);
        Self { seed, profile: site::profile(dice), faults, ask: site::ask(dice), site }
    }
    /// The same with other faults.
    pub fn with(&self, faults: Vec<Fault>) -> Self {
        Self { faults, ..self.clone() }
    }
    /// The case as a fault file says it; the site follows from the seed.
    pub fn scenario(&self) -> Scenario {
        let title = format!("seed {} of the sweep, under profile {}", self.seed, self.profile.name);
        let mut scenario = Scenario::new(&format!("sweep-{}", self.seed), &title, self.faults.clone());
        scenario.seed = Some(self.seed);
        scenario.length = Some(LENGTH);
        scenario
    }
    /// The faults without which it fails no more, if it fails: one after the other is left out.
    pub fn shrunk(&self) -> Self {
        let mut case = self.clone();
        let mut nth = 0;
        while nth < case.faults.len() {
            let mut fewer = case.faults.clone();
            fewer.remove(nth);
            let smaller = case.with(fewer);
            match smaller.run() {
                Ok(verdict) if !verdict.wrong.is_empty() => case = smaller,
                Ok(_) | Err(_) => nth += 1,
            }
        }
        case
    }
    /// Runs it: faults for a day and a half, then healing and whatever the owner asks.
    pub fn run(&self) -> Result<Verdict, Problems> {
        let census = Arc::new(Mutex::new(Census::default()));
        let noted = census.clone();
        let note = move |event: &Event| noted.lock().unwrap_or_else(PoisonError::into_inner).note(event);
        let mut sim = Sim::new(&self.site, self.seed)
            .profile(self.profile.clone())
            .scenario(&self.scenario())
            .traffic(Traffic::poisson(self.rate()))
            .observer(Arc::new(note));
        let setup = LoopSetup::default();
        let mut timers = Timers::of(&self.site, &self.profile, &setup);
        if self.lacking().is_some() {
            timers.patience += LONGEST_WAIT;
        }
        let mut simulation = run::at_zero(&mut sim, |_| {})?;
        let origin = simulation.state().world.origin;
        // Who is made while the provider has no servers for balancers fails, and is to be there afterwards.
        if let Some(fault) = self.lacking() {
            simulation.run_until(origin + faults::amid(fault));
            ask(&mut simulation, Ask::More);
        }
        simulation.run_until(origin + PHASE);
        ask(&mut simulation, self.ask);
        let wrong = until_at_rest(&mut simulation, origin, timers.sum());
        let mut state = simulation.state();
        let world = &mut state.world;
        let mut census = census.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (effect, times) in world.faults.consequences() {
            census.add("effect", effect, times);
        }
        for (outcome, times) in &world.counts.outcomes {
            census.add("outcome", outcome, *times);
        }
        let records = world.trace.records().iter().map(|record| record.clone().since(origin)).collect();
        Ok(Verdict { wrong, census, timers, records })
    }
    /// How many users come a second: a gate that waits for readings needs some.
    fn rate(&self) -> f64 {
        let waits = |pool: &Pool| pool.rollout.gate.no_reading == NoReading::Wait;
        if self.site.topology().pools.iter().any(waits) { 0.5 } else { 0.05 }
    }
    fn lacking(&self) -> Option<&Fault> {
        self.faults.iter().find(|fault| faults::lacks_servers(fault))
    }
}

fn ask(simulation: &mut Simulation, ask: Ask) {
    let mut state = simulation.state();
    if let Some(wanted) = ask.of(&state.world.wanted) {
        state.world.wanted = wanted;
        state.world.interest();
    }
}

/// Within its timers after the last fault the site is as it is wanted, and from then on nothing is asked for.
fn until_at_rest(simulation: &mut Simulation, origin: Timestamp, timers: Duration) -> Vec<String> {
    let now = simulation.now();
    let last = simulation.state().world.faults.last_end().unwrap_or(origin).max(now);
    simulation.run_until(last + timers);
    let mut wrong = Vec::new();
    let open = simulation.state().world.not_converged();
    let late = |what: &String| format!("not within {} after the last fault: {what}", show(whole(timers)));
    wrong.extend(open.iter().map(late));
    let asked = simulation.state().world.counts.mutating;
    simulation.run_until((last + timers + Duration::from_secs(3600)).max(origin + LENGTH));
    let mut state = simulation.state();
    let world = &mut state.world;
    if wrong.is_empty() {
        let more = world.counts.mutating - asked;
        wrong.extend((more > 0).then(|| format!("not quiet: {more} wishes though all was as wanted")));
        wrong.extend(world.not_converged().into_iter().map(|what| format!("well, and then not: {what}")));
    }
    if let Err(what) = world.plane.ledger().agree() {
        wrong.push(format!("intents: {what}"));
    }
    let since = |at: Timestamp| show(whole(at.since(origin)));
    let broken = world.watch.violations().iter().map(|(at, what)| format!("invariant at {}: {what}", since(*at)));
    wrong.extend(broken);
    wrong
}

fn whole(time: Duration) -> Duration {
    Duration::from_secs(time.as_secs())
}
