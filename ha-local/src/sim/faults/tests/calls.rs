//! What becomes of calls: outcomes by name and number, services that fail, links that are cut.

use super::at_work;
use crate::sim::{
    engine::{
        call::{CallId, Effect, Outcome},
        sending::Fate,
    },
    faults::Faults,
};
use ha_core::{
    backend::{Kind, Operation, Resource},
    time::Timestamp,
};
use std::time::Duration;

fn id(operation: &'static str, resource: Resource, turn: u64) -> CallId {
    CallId { task: 0, caller: 0, turn: Timestamp::from_secs(turn), operation: Operation(operation), resource, nth: 0 }
}

fn call(faults: &mut Faults, operation: &'static str, turn: u64, keeper: bool) -> Fate {
    let read = operation.ends_with("observe") || operation == "store.get";
    let resource = if read { Resource::Tier } else { Resource::Pool("web".into()) };
    let effect = if read { Effect::Read } else { Effect::Write { parts: 3 } };
    faults.call(Timestamp::from_secs(turn), &id(operation, resource, turn), effect, keeper)
}

#[test]
fn the_nth_matching_call_and_those_after_it_are_hit() {
    let mut faults = at_work(&["where = \"call:pool.ensure\", fault = \"call.crash_applied\", nth = 2, count = 2"]);
    let mut outcomes = Vec::new();
    for turn in 0..5 {
        assert_eq!(call(&mut faults, "pool.retire", turn, false).outcome, Outcome::Normal);
        outcomes.push(call(&mut faults, "pool.ensure", turn, false).outcome);
    }
    let hit = Outcome::CrashApplied;
    assert_eq!(outcomes, [Outcome::Normal, hit.clone(), hit, Outcome::Normal, Outcome::Normal]);
    assert_eq!(faults.consequences()["call.crash_applied"], 2);
    assert!(!faults.disturbs_calls(Timestamp::ZERO), "it is spent");
}

#[test]
fn a_pattern_matches_port_verb_and_resource_and_the_keepers_own_calls_by_their_port_only() {
    let table = [
        ("call:pool.ensure", "pool.ensure", false, true),
        ("call:*.ensure", "pool.ensure", false, true),
        ("call:*.*", "store.get", false, true),
        ("call:pool.*", "balancer.ensure", false, false),
        ("call:pool.ensure(web)", "pool.ensure", false, true),
        ("call:pool.ensure(admin)", "pool.ensure", false, false),
        ("call:hands.launch", "hands.launch", true, true),
        ("call:*.*", "hands.launch", true, false),
    ];
    for (pattern, operation, keeper, hit) in table {
        let mut faults = at_work(&[&format!("where = \"{pattern}\", fault = \"call.error_applied\"")]);
        let fate = call(&mut faults, operation, 0, keeper);
        assert_eq!(fate.outcome == Outcome::ErrorApplied, hit, "{pattern} {operation}");
    }
}

#[test]
fn every_outcome_of_the_vocabulary_is_one_of_the_engine() {
    let table = [
        ("crash_before", "", Outcome::CrashBefore),
        ("crash_answered", "", Outcome::CrashAnswered),
        ("timeout_applied", "", Outcome::TimeoutApplied),
        ("timeout_not_applied", "", Outcome::TimeoutNotApplied),
        ("throttled", ", retry_after = \"5s\"", Outcome::Refused(Kind::Throttled(Some(Duration::from_secs(5))))),
        ("error_not_applied", "", Outcome::Refused(Kind::Unavailable)),
        ("refused", ", error = \"quota\"", Outcome::Refused(Kind::Quota)),
        ("refused", ", error = \"denied\"", Outcome::Refused(Kind::Denied)),
        ("partial", ", done = 0.6", Outcome::Partial(0.6)),
        ("answered_twice", ", delay = \"30s\"", Outcome::AnsweredTwice(Duration::from_secs(30))),
        ("answered_late", ", delay = \"90s\"", Outcome::AnsweredLate(Duration::from_secs(90))),
        ("stale_reads", "", Outcome::StaleReads(Duration::from_secs(60))),
        ("stale_reads", ", delay = \"9s\"", Outcome::StaleReads(Duration::from_secs(9))),
    ];
    for (outcome, parameters, expected) in table {
        let mut faults = at_work(&[&format!("where = \"call:pool.ensure\", fault = \"call.{outcome}\"{parameters}")]);
        assert_eq!(call(&mut faults, "pool.ensure", 0, false).outcome, expected, "{outcome}");
    }
}

/// How many of a thousand calls have each outcome: normal, 5xx after the effect, 5xx before, others.
fn of_a_thousand(event: &str, operation: &'static str, keeper: bool) -> [u32; 4] {
    let mut faults = at_work(&[event]);
    let mut counts = [0; 4];
    for turn in 0..1000 {
        let outcome = call(&mut faults, operation, turn, keeper).outcome;
        let known = [Outcome::Normal, Outcome::ErrorApplied, Outcome::Refused(Kind::Unavailable)];
        let index = known.iter().position(|it| *it == outcome).unwrap_or(3);
        counts[index] += 1;
    }
    counts
}

#[test]
fn a_failing_service_fails_at_its_rate_half_of_them_after_the_effect() {
    let error = "where = \"service:*\", fault = \"api.error\", rate = 0.4, reads = 0.1";
    let [normal, after, before, other] = of_a_thousand(error, "pool.ensure", false);
    assert!(other == 0 && (550..650).contains(&normal) && (150..250).contains(&after), "{normal} {after} {before}");
    let [normal, ..] = of_a_thousand(error, "pool.observe", false);
    assert!((860..940).contains(&normal), "{normal}");
    assert_eq!(of_a_thousand(error, "hands.launch", true), [1000, 0, 0, 0], "the provider's own go on");
    let down = "where = \"service:pool\", fault = \"api.down\"";
    assert_eq!(of_a_thousand(down, "pool.observe", false), [0, 0, 1000, 0]);
    assert_eq!(of_a_thousand(down, "dns.observe", false), [1000, 0, 0, 0]);
    let store = "where = \"store:*\", fault = \"store.error\", reads = 0, writes = 1";
    assert_eq!(of_a_thousand(store, "store.get", false), [1000, 0, 0, 0]);
    assert_eq!(of_a_thousand(store, "store.put", false)[0], 0);
    let cut = "where = \"link:controller-all\", fault = \"link.cut\"";
    assert_eq!(of_a_thousand(cut, "pool.observe", false), [0, 0, 0, 1000]);
    assert_eq!(of_a_thousand(cut, "hands.launch", true), [1000, 0, 0, 0]);
}

#[test]
fn slow_services_and_backlogs_add_up() {
    let mut faults = at_work(&[
        "where = \"service:pool\", fault = \"api.slow\", delay = \"20s\"",
        "where = \"service:*\", fault = \"api.slow\", delay = \"5s\"",
        "where = \"service:pool\", fault = \"api.backlog\"",
    ]);
    let fate = call(&mut faults, "pool.ensure", 600, false);
    assert_eq!((fate.slow, fate.backlog), (Duration::from_secs(25), Duration::from_secs(3000)), "until its end");
    assert_eq!(call(&mut faults, "pool.observe", 600, false).backlog, Duration::ZERO);
    assert_eq!(call(&mut faults, "hands.launch", 600, true).backlog, Duration::from_secs(3000));
}

#[test]
fn another_fault_changes_no_draw_of_this_one() {
    let error = "where = \"service:pool\", fault = \"api.error\", rate = 0.5";
    let (mut alone, mut both) = (at_work(&[error]), at_work(&["where = \"zone:a\", fault = \"zone.network\"", error]));
    for turn in 0..50 {
        assert_eq!(call(&mut alone, "pool.ensure", turn, false), call(&mut both, "pool.ensure", turn, false));
    }
}
