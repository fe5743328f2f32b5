//! Any part of a plan, in any order, and then the loop: the site must converge and no invariant may break.

use super::{
    exercise::{ALLOWED, Course, LEASE, PERIOD, empty, faultless},
    script::Script,
};
use crate::sim::{
    LoopSetup, Simulation,
    engine::{
        caller::Caller,
        draw::{Purpose, Seed, who},
        task::{ClockError, TaskKind},
    },
    ports,
    watch::holder,
    world::World,
};
use ha_core::{
    apply::{Stop, Turn, apply},
    backend::{Clock, Rest},
    event::Event,
    lease::{Lease, Place, Standing},
    observe,
    plan::{Plan, Step, plan},
    time::Timestamp,
    topology::ValidTopology,
    validate::Problems,
};
use std::time::Duration;

/// Up to so many steps, every part of a plan is tried.
const ALL_UP_TO: usize = 10;
/// Of larger plans, so many.
const SOME: u64 = 500;
/// How often a script's world is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// A world at rest, and how many steps the plan has that is made from it.
#[derive(Clone, Debug)]
pub struct Situation {
    /// The world.
    pub world: World,
    /// The steps of its plan, for people.
    pub steps: Vec<String>,
    /// When a run from here must have converged.
    until: Timestamp,
}

/// Which steps of a plan are taken, in which order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part(pub Vec<usize>);

/// Every different plan of a script with the world from which it was made.
pub fn situations(script: &Script, seed: u64) -> Result<Vec<Situation>, Problems> {
    let converged = faultless(script, seed)?.converged;
    let mut course = Course::begin(script, seed, &[])?;
    let (mut found, mut last, mut at) = (Vec::new(), Vec::new(), script.starts());
    let until = course.origin + converged + ALLOWED;
    if script.from_nothing {
        found.push(Situation { until, ..situation(empty(script, seed)?) });
    }
    while at < converged {
        course.run_until(at);
        at += LOOK;
        let Some(world) = course.simulation.snapshot() else { continue };
        // A plan may become due at the very instant of a turn: only where the loop stands still it can be seen.
        let Some(later) = stand_still(&world) else { continue };
        for situation in [situation(world), situation(later)] {
            if !situation.steps.is_empty() && situation.steps != last {
                last.clone_from(&situation.steps);
                found.push(Situation { until, ..situation });
            }
        }
    }
    Ok(found)
}

/// The same world a look later, our loop having done nothing meanwhile.
fn stand_still(world: &World) -> Option<World> {
    let rest = Rest { period: Duration::from_secs(86_400), look_again: None, quiet: false };
    let mut simulation =
        Simulation::resume_as(world.clone(), setup(), move |caller| async move { caller.rest(rest).await });
    simulation.run_for(LOOK);
    simulation.snapshot()
}

fn setup() -> LoopSetup {
    LoopSetup { period: PERIOD, lease: LEASE, ..LoopSetup::default() }
}

fn situation(mut world: World) -> Situation {
    let observed = world.observed();
    let steps = plan(&world.wanted, &observed).steps().map(ToString::to_string).collect();
    Situation { world, steps, until: Timestamp::ZERO }
}

/// The parts of a plan that are tried: all, or some drawn by chance; each in an order drawn by chance.
pub fn parts(situation: &Situation, seed: u64) -> Vec<Part> {
    let steps = situation.steps.len();
    let draws = Seed(seed).draws(Purpose::Scenario, who(&situation.steps.join("\n")));
    let all = if steps <= ALL_UP_TO { 1u64 << steps } else { SOME };
    let part = |nth: u64| {
        let mask = if steps <= ALL_UP_TO { nth } else { draws.bits(nth) };
        let mut part: Vec<usize> = (0..steps).filter(|step| mask >> (step % 64) & 1 == 1).collect();
        part.sort_by_key(|step| draws.bits(1_000 * (nth + 1) + *step as u64));
        Part(part)
    };
    (0..all).map(part).collect()
}

/// Takes a part of the plan, then lets the loop go on; answers what is wrong at the end.
pub fn any_part(situation: &Situation, part: &Part) -> Vec<String> {
    let site = situation.world.wanted.clone();
    let chosen = part.0.clone();
    let mut simulation =
        Simulation::resume_as(situation.world.clone(), setup(), move |caller| take(caller, site, chosen));
    let mut state = simulation.state();
    let soon = state.world.now + Duration::from_secs(1);
    state.world.start(TaskKind::Controller(None), soon, ClockError::default());
    drop(state);
    simulation.run_until(situation.until.max(soon + ALLOWED));
    let mut state = simulation.state();
    let open = state.world.not_converged().into_iter().map(|what| format!("does not converge: {what}"));
    let broken = state.world.watch.violations().iter().map(|(at, what)| format!("invariant broken at {at}: {what}"));
    broken.collect::<Vec<_>>().into_iter().chain(open).collect()
}

/// A turn of a controller that takes these steps of its plan only, one after the other.
async fn take(caller: Caller, site: ValidTopology, chosen: Vec<usize>) {
    let (scope, holder) = (site.scope(), holder(caller.task()));
    let backend = ports::backend(caller);
    let Some(store) = backend.store.clone() else { return };
    let generation = site.topology().generation;
    let place = Place { store: &*store, clock: &*backend.clock, scope: &scope, settle: backend.settle, generation };
    let Standing::Holds { until, .. } = Lease::new(holder, LEASE).renew(&place).await else { return };
    let plan = plan(&site, &observe(&site, &backend).await).checked(&site, &backend);
    let steps: Vec<Step> = plan.steps().cloned().collect();
    let waves = chosen.into_iter().filter_map(|step| steps.get(step).cloned()).map(|step| vec![step]).collect();
    let (observer, stop) = (|_: &Event| {}, Stop::default());
    let turn =
        Turn { backend: &backend, scope: &scope, observer: &observer, stop: &stop, number: 1, until: Some(until) };
    apply(&Plan { waves, ..plan }, &turn).await;
}
