//! The drill in the simulator, with the profile of Docker.

use super::{Decision, Decisions, LEASE, PERIOD, policy, script::Script};
use ha_core::{event::Event, keeper::pool::Order, name::PoolName, time::Timestamp};
use ha_local::sim::{ORIGIN, Profile, Sim};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// The chance of the run.
const SEED: u64 = 1;

/// Runs it, and answers what was decided.
pub fn run(script: &Script) -> Result<Decisions, String> {
    let decided: Arc<Mutex<Decisions>> = Arc::default();
    let (by_loop, by_keepers) = (decided.clone(), decided.clone());
    let mut profile = Profile::docker();
    profile.keeper.policy = policy();
    let run = Sim::new(&script.site, SEED)
        .profile(profile)
        .scenario(&script.scenario)
        .period(PERIOD)
        .lease(LEASE)
        .observer(Arc::new(move |event: &Event| note(&by_loop, Decision::of_loop(event))))
        .orders(Arc::new(move |at: Timestamp, pool: &PoolName, order: &Order| {
            note(&by_keepers, Some(Decision::of_keeper(at, pool, order)));
        }))
        .try_run()
        .map_err(|problems| problems.to_string())?;
    if let Some((at, violation)) = run.violations().first() {
        return Err(format!("the simulator broke an invariant at {at}: {violation}"));
    }
    let origin = Duration::from_nanos(ORIGIN.0);
    let mut decided = std::mem::take(&mut *decided.lock().unwrap_or_else(PoisonError::into_inner));
    for decision in &mut decided {
        decision.event = decision.at.checked_sub(origin).map_or(0, |at| script.event_at(at));
    }
    Ok(decided)
}

fn note(decided: &Mutex<Decisions>, decision: Option<Decision>) {
    decided.lock().unwrap_or_else(PoisonError::into_inner).extend(decision);
}
