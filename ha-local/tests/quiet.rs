//! Quiet but alive: nothing is asked for while nothing is to be done, and what is done by hand is put right.

use ha_core::{
    backend::{Backend, Scope},
    event::{Event, What},
    fault::Fault,
    time::Timestamp,
    topology::ValidTopology,
};
use ha_local::sim::{Profile, Run, Sim, drill, engine::trace::Lane};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

const HOUR: Duration = Duration::from_secs(3600);
const PERIOD: Duration = Duration::from_secs(30);

type Told = Arc<Mutex<Vec<(Timestamp, What)>>>;

/// A day in which every turn runs; a record is deleted at hour 12 and a server killed at hour 18, if `disturbed`.
fn day(site: &ValidTopology, disturbed: bool) -> (Run, Vec<(Timestamp, What)>) {
    let told: Told = Arc::default();
    let note = {
        let told = told.clone();
        move |event: &Event| {
            if matches!(event.what, What::Asked(_) | What::Converged) {
                told.lock().unwrap().push((event.at, event.what.clone()));
            }
        }
    };
    let mut sim = Sim::new(site, 11).profile(Profile::ideal()).period(PERIOD).length(24 * HOUR);
    sim = sim.observer(Arc::new(note)).run_everything(true);
    if disturbed {
        let scope = site.scope();
        sim = sim.task("somebody", move |backend| delete_the_record(backend, scope.clone()));
        sim = sim.at("18h", Fault::instances_kill("instances:1 of pool:web"));
    }
    let run = sim.run();
    let told = told.lock().unwrap().clone();
    (run, told)
}

async fn delete_the_record(backend: Backend, scope: Scope) {
    backend.clock.sleep(12 * HOUR + Duration::from_secs(7)).await;
    backend.dns.unwrap().remove(&scope, &"shop.example".into()).await.unwrap();
}

#[test]
fn nothing_is_asked_for_while_nothing_is_to_be_done() {
    let (run, _) = day(&drill::site(), false);
    assert_eq!(run.world().counts.mutating, 0, "{run}");
    assert!(run.violations().is_empty(), "{run}");
    // The turns did run, and renewed the lease.
    let renewals = run.world().cloud.object(&drill::site().scope(), &"lease".into()).unwrap();
    let lease: ha_core::lease::Record = serde_json::from_slice(renewals).unwrap();
    assert!(lease.serial > 1000, "{} renewals", lease.serial);
}

#[test]
fn what_is_done_by_hand_is_put_right_within_a_period() {
    let (run, told) = day(&drill::site(), true);
    let zero = run.world().origin;
    let asked: Vec<&(Timestamp, What)> =
        told.iter().filter(|(at, what)| *at >= zero && matches!(what, What::Asked(_))).collect();
    assert_eq!(asked.len(), 1, "one step, and no other: {asked:?}");
    let late = asked[0].0.since(zero).saturating_sub(12 * HOUR + Duration::from_secs(7));
    assert!(late <= PERIOD, "the record is put right after {late:?}");
    assert_eq!(run.world().counts.mutating, 1);
    let launched = run.records().iter().find(|it| {
        it.lane == Lane::Provider && it.at >= Timestamp::ZERO + 18 * HOUR && it.what.contains("is launched")
    });
    let late = launched.expect("a server is launched").at.since(Timestamp::ZERO + 18 * HOUR);
    assert!(late <= PERIOD, "the server is replaced after {late:?}");
    assert!(run.report().converged, "{run}");
    assert!(run.violations().is_empty(), "{run}");
}
