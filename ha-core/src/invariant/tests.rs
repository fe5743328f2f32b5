//! Each invariant: the truth is broken by hand and that is seen.

use super::*;
use crate::{
    backend::spec::{Marks, Rejected},
    name::Holder,
    topology::{Boot, Capacity, Guards, Share, Size},
};
use std::time::Duration;

fn spec() -> PoolSpec {
    PoolSpec {
        name: "web".into(),
        release: "v2".into(),
        bounds: Size { min: 1, max: 6 },
        capacity: Capacity::Fixed(3),
        zones: vec!["a".into()],
        max_skew: 1,
        boot: Boot { ready: "/healthz".into(), budget: Duration::from_secs(60), port: 80 },
        guards: Guards { brake: None, min_healthy: Share(600) },
        marks: Marks { stable: "v1".into(), candidate: None, rejected: Vec::new() },
    }
}

fn instance(id: &str) -> InstanceTruth {
    let (id, zone, release) = (id.into(), "a".into(), "v1".into());
    InstanceTruth { id, zone, release, ready: true, leaving: false, held: None }
}

/// Three ready instances behind a balancer under a name.
fn sound() -> Truth {
    let instances: Vec<InstanceTruth> = ["web-1", "web-2", "web-3"].map(instance).into();
    let receivers = instances.iter().map(|instance| instance.id.clone()).collect();
    Truth {
        pools: vec![PoolTruth { spec: spec(), instances }],
        balancers: vec![BalancerTruth { name: "front".into(), receivers, failing_open: false }],
        records: vec![RecordTruth { name: "shop.example".into(), answers: 1, emptied: false }],
        foreign: vec!["record mail.example".into()],
    }
}

fn act(takes_out: &str) -> Act {
    let holder = Holder::from("one");
    Act {
        holder: holder.clone(),
        generation: 1,
        lease: Some((holder, 1)),
        takes_out: (!takes_out.is_empty()).then(|| ("web".into(), takes_out.into())),
    }
}

/// What is found after the truth was broken so.
fn found(break_it: impl FnOnce(&mut Truth)) -> Vec<Violation> {
    let mut broken = sound();
    break_it(&mut broken);
    check_state(&sound(), &broken)
}

#[test]
fn what_is_sound_breaks_nothing() {
    assert_eq!(found(|_| {}), []);
    assert_eq!(check_act(&sound(), &act("web-1"), &mut Budget::at(&sound())), []);
    assert_eq!(check_launch(&spec(), &"a".into(), &"v2".into()), []);
}

#[test]
fn taking_out_more_than_the_budget_is_seen() {
    let mut budget = Budget::at(&sound());
    assert_eq!(check_act(&sound(), &act("web-1"), &mut budget), []);
    let below = Violation::BelowMinimum { pool: "web".into(), ready: 3, out: 2, floor: 2 };
    assert_eq!(check_act(&sound(), &act("web-2"), &mut budget), [below]);
}

#[test]
fn asking_for_the_same_instance_twice_is_asking_once() {
    let mut budget = Budget::at(&sound());
    assert_eq!(check_act(&sound(), &act("web-1"), &mut budget), []);
    assert_eq!(check_act(&sound(), &act("web-1"), &mut budget), []);
}

#[test]
fn taking_out_the_last_target_is_seen() {
    let mut truth = sound();
    truth.pools[0].spec.guards.min_healthy = Share(0);
    truth.pools[0].instances.truncate(1);
    let seen = check_act(&truth, &act("web-1"), &mut Budget::at(&truth));
    assert_eq!(seen, [Violation::LastTarget("web".into())]);
}

#[test]
fn a_name_without_an_answer_is_seen() {
    let last = Violation::LastAnswer("shop.example".into());
    assert_eq!(found(|truth| truth.records[0].answers = 0), [last]);
    let by_a_fault = |truth: &mut Truth| (truth.records[0].answers, truth.records[0].emptied) = (0, true);
    assert_eq!(found(by_a_fault), []);
}

#[test]
fn a_launch_into_a_closed_zone_is_seen() {
    let closed = Violation::LaunchInClosedZone("web".into(), "b".into());
    assert_eq!(check_launch(&spec(), &"b".into(), &"v2".into()), [closed]);
}

#[test]
fn the_launch_of_a_rejected_release_is_seen() {
    let mut rejects = spec();
    rejects.marks.rejected.push(Rejected { release: "v2".into(), retry: 0, why: "errors".into() });
    let launched = Violation::RejectedLaunched("web".into(), "v2".into());
    assert_eq!(check_launch(&rejects, &"a".into(), &"v2".into()), [launched]);
    assert_eq!(check_launch(&rejects, &"a".into(), &"v1".into()), []);
}

#[test]
fn a_request_to_what_is_held_or_leaving_is_seen() {
    let unfit = || vec![Violation::RequestToUnfit("front".into(), "web-2".into())];
    assert_eq!(found(|truth| truth.pools[0].instances[1].leaving = true), unfit());
    assert_eq!(found(|truth| truth.pools[0].instances[1].held = Some(HoldMode::Replace)), unfit());
}

#[test]
fn a_second_object_of_one_name_is_seen() {
    let twice = |truth: &mut Truth| truth.pools[0].instances.push(instance("web-1"));
    assert_eq!(found(twice), [Violation::Twice("instance web-1".into())]);
    let names = |truth: &mut Truth| truth.records.push(truth.records[0].clone());
    assert_eq!(found(names), [Violation::Twice("record shop.example".into())]);
}

#[test]
fn a_step_under_an_older_generation_is_seen() {
    let older = Act { generation: 0, ..act("") };
    let seen = check_act(&sound(), &older, &mut Budget::default());
    assert_eq!(seen, [Violation::OlderGeneration { step: 0, lease: 1 }]);
}

#[test]
fn a_step_without_the_lease_is_seen() {
    let without = vec![Violation::WithoutLease("one".into())];
    let lost = Act { lease: Some(("two".into(), 1)), ..act("") };
    assert_eq!(check_act(&sound(), &lost, &mut Budget::default()), without);
    let never = Act { lease: None, ..act("") };
    assert_eq!(check_act(&sound(), &never, &mut Budget::default()), without);
}

#[test]
fn touching_what_is_not_ours_is_seen() {
    let touched = || vec![Violation::ForeignTouched("record mail.example".into())];
    assert_eq!(found(|truth| truth.foreign.clear()), touched());
    assert_eq!(found(|truth| truth.foreign[0] = "record mail.example, changed".into()), touched());
}
