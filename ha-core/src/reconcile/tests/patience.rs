//! How long a loop goes on: what it counts, what moves it, and when it gives up.

use super::memory::{Fate, World, run};
use crate::{
    backend::Kind,
    plan::tests::{shop, toy::Toy, web},
    reconcile::{Controller, StallCause, converge},
    topology::Rollout,
};
use std::{sync::Arc, time::Duration};

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn impatient(world: &Arc<World>) -> Controller {
    Controller::new(world.backend(), "one".into()).patience(secs(60))
}

#[test]
fn a_loop_is_patient_for_a_quarter_of_an_hour_or_for_a_boot_budget_and_two_periods() {
    let denied = || {
        let world = World::new(Toy::empty());
        world.fate("pool.ensure", &[Fate::Denied; 500]);
        world
    };
    let stalled = run(converge(&shop(web()), &denied().backend())).unwrap_err();
    assert_eq!((stalled.cause, stalled.lasted), (StallCause::Patience, secs(900)));
    let one = Controller::new(denied().backend(), "one".into()).period(secs(900));
    assert_eq!(run({ one }.until_converged(&shop(web()))).unwrap_err().lasted, secs(1800 + 900));
    let world = denied();
    assert_eq!(run(impatient(&world).until_converged(&shop(web()))).unwrap_err().lasted, secs(90 + 60));
}

#[test]
fn what_is_refused_for_good_is_asked_ever_more_rarely_in_every_kind_of_loop() {
    let denied = || {
        let world = World::new(Toy::empty());
        world.fate("pool.ensure", &[Fate::Denied; 500]);
        world
    };
    let world = denied();
    let stalled = run(converge(&shop(web()), &world.backend())).unwrap_err();
    assert_eq!((stalled.cause, stalled.lasted), (StallCause::Patience, secs(900)), "asking again is no progress");
    assert!(stalled.errors.iter().any(|error| *error.kind() == Kind::Denied), "who waits for the end is told why");
    assert!((3..=6).contains(&world.count("pool.ensure")), "{}", world.count("pool.ensure"));
    // A controller that is asked turn by turn, by a scheduler of its owner's, remembers as well.
    let world = denied();
    let mut one = Controller::new(world.backend(), "one".into());
    for _ in 0..30 {
        run(one.once(&shop(web())));
        world.pass(30);
    }
    assert!((3..=6).contains(&world.count("pool.ensure")), "{}", world.count("pool.ensure"));
    // One who asks us to come back soon does not make us ask the others as often.
    let world = denied();
    world.fate("network.ensure", &[Fate::Throttled(1); 500]);
    run(impatient(&world).until_converged(&shop(web()))).unwrap_err();
    assert!(world.count("pool.ensure") <= 4, "{}", world.count("pool.ensure"));
}

#[test]
fn what_moves_is_waited_for_however_long_it_takes() {
    let world = World::new(Toy::converged(&shop(web())));
    let report = run(impatient(&world).until_converged(&shop(web().release("v2")))).unwrap();
    assert!(report.took > secs(300), "{report}");
}

#[test]
fn what_is_due_is_waited_for_however_late() {
    let slowly =
        |release: &str| shop(web().release(release).rollout(Rollout { bake: secs(2000), ..Rollout::default() }));
    let world = World::new(Toy::converged(&slowly("v1")));
    let report = run(impatient(&world).until_converged(&slowly("v2"))).unwrap();
    assert!(report.took > secs(6 * 2000), "{report}");
}

#[test]
fn a_report_counts_turns_steps_and_failures() {
    let world = World::new(Toy::empty());
    world.fate("balancer.ensure", &[Fate::Denied]);
    let report = run(converge(&shop(web()), &world.backend())).unwrap();
    let turns = u64::try_from(world.count("network.observe")).unwrap();
    assert_eq!((report.turns, report.failed), (turns, 1), "{report}");
    assert_eq!(report.accepted, u64::try_from(world.count("")).unwrap() - reads(&world) - 1, "{report}");
}

/// Calls that ask for nothing: reads, and those of the lease.
fn reads(world: &Arc<World>) -> u64 {
    let calls = world.calls.lock().unwrap();
    calls.iter().filter(|call| call.ends_with("observe") || call.starts_with("store")).count() as u64
}

#[test]
fn a_store_that_stays_away_is_given_up_with_its_error() {
    let world = World::new(Toy::empty());
    world.fate("store.get", &[Fate::Dropped; 500]);
    let stalled = run(impatient(&world).until_converged(&shop(web()))).unwrap_err();
    assert_eq!(stalled.cause, StallCause::Patience);
    assert!(stalled.errors.iter().any(|error| *error.kind() == Kind::Unavailable), "{stalled}");
}

#[test]
fn the_lease_of_a_site_that_could_not_be_removed_stays() {
    let world = World::new(Toy::converged(&shop(web())));
    world.fate("dns.remove", &[Fate::Denied; 500]);
    run(impatient(&world).until_converged(&shop(web()).removed())).unwrap_err();
    assert!(world.lease().is_some(), "somebody must finish it");
}

#[test]
fn who_changed_nothing_gives_the_lease_back_at_once() {
    let world = World::new(Toy::converged(&shop(web())));
    run(converge(&shop(web()), &world.backend().with_settle(secs(60)))).unwrap();
    assert!(world.lease().unwrap().contains("\"released_ms\":0"), "{:?}", world.lease());
}
