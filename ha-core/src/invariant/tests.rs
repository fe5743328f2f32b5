//! Each invariant: the truth is broken by hand and that is seen.

use super::*;
use crate::{
    backend::{
        spec::{BalancerSpec, Marks, Rejected},
        state::{BalancerState, InstancePhase, InstanceState, Phase, PoolState, TargetHealth::*, TargetState},
    },
    name::Holder,
    plan::tests::{shop, toy::Toy, web},
    time::Timestamp,
    topology::{Boot, Capacity, Guards, Route, Share, Size},
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
        drain: Duration::ZERO,
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
    let receivers: Vec<InstanceId> = instances.iter().map(|instance| instance.id.clone()).collect();
    let target = |id: &InstanceId| TargetTruth { pool: "web".into(), instance: id.clone(), health: Healthy };
    let targets = receivers.iter().map(target).collect();
    Truth {
        pools: vec![PoolTruth { spec: spec(), instances }],
        balancers: vec![BalancerTruth { name: "front".into(), targets, fail_open: None, receivers, stale: false }],
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

/// A pool of which three of these phases are seen, in which two must stay.
fn seen(phases: [InstancePhase; 3]) -> PoolState {
    let since = Timestamp::ZERO;
    let instances = [1, 2, 3].map(|n| format!("web-{n}")).into_iter().zip(phases).map(|(id, phase)| InstanceState {
        id: id.into(),
        zone: "a".into(),
        release: "v1".into(),
        phase,
        since,
        launched: since,
    });
    let (losses, refused) = (Vec::new(), Vec::new());
    let (instances, strays) = (instances.collect(), Vec::new());
    PoolState { spec: spec(), phase: Phase::Active, desired: 3, instances, losses, refused, strays }
}

/// A balancer before the pool, which judges its instances so.
fn front(judged: [TargetHealth; 3]) -> BalancerState {
    let toy = Toy::converged(&shop(web()));
    let since = Timestamp::ZERO;
    let target = |(n, health): (u32, TargetHealth)| TargetState {
        pool: "web".into(),
        instance: format!("web-{n}").into(),
        health,
        since,
    };
    let routes = vec![Route { pool: "web".into(), weight: 100 }];
    let spec = BalancerSpec { routes, ..toy.balancers[0].spec.clone() };
    BalancerState { spec, targets: (1..).zip(judged).map(target).collect(), ..toy.balancers[0].clone() }
}

/// What a turn may take out that saw all three ready and healthy.
fn budget() -> Budget {
    let mut budget = Budget::of(&[seen([InstancePhase::Ready; 3])]);
    budget.behind(&[front([Healthy; 3])]);
    budget
}

fn below(ready: u32, out: u32, floor: u32) -> Vec<Violation> {
    vec![Violation::BelowMinimum { pool: "web".into(), ready, out, floor }]
}

#[test]
fn what_is_sound_breaks_nothing() {
    assert_eq!(found(|_| {}), []);
    assert_eq!(check_act(&act("web-1"), &mut budget()), []);
    assert_eq!(check_launch(&spec(), &"a".into(), &"v2".into()), []);
}

#[test]
fn taking_out_more_than_the_budget_is_seen() {
    let mut budget = budget();
    assert_eq!(check_act(&act("web-1"), &mut budget), []);
    assert_eq!(check_act(&act("web-2"), &mut budget), below(3, 2, 2));
}

#[test]
fn asking_for_the_same_instance_twice_is_asking_once() {
    let mut budget = budget();
    assert_eq!(check_act(&act("web-1"), &mut budget), []);
    assert_eq!(check_act(&act("web-1"), &mut budget), []);
}

#[test]
fn who_does_not_serve_costs_nothing_and_does_not_count() {
    use InstancePhase::{Ready, Unready};
    let mut unready = Budget::of(&[seen([Ready, Ready, Unready])]);
    unready.behind(&[front([Healthy; 3])]);
    let mut unhealthy = Budget::of(&[seen([Ready; 3])]);
    unhealthy.behind(&[front([Healthy, Healthy, Unhealthy])]);
    for mut budget in [unready, unhealthy] {
        assert_eq!(check_act(&act("web-3"), &mut budget), []);
        assert_eq!(check_act(&act("web-1"), &mut budget), below(2, 1, 2));
    }
    let mut elsewhere = Budget::of(&[seen([Ready; 3])]);
    let mut front = front([Unhealthy; 3]);
    front.spec.routes[0].weight = 0;
    elsewhere.behind(&[front]);
    assert_eq!(check_act(&act("web-3"), &mut elsewhere), [], "a balancer that gives it nothing is no judge");
}

#[test]
fn what_our_own_steps_took_out_before_counts_though_it_was_not_seen() {
    let mut budget = budget();
    budget.spent(&"web".into(), &"web-3".into());
    assert_eq!(check_act(&act("web-1"), &mut budget), below(3, 2, 2));
}

#[test]
fn taking_out_of_what_was_not_seen_is_seen() {
    let mut balancers_unknown = Budget::of(&[seen([InstancePhase::Ready; 3])]);
    assert_eq!(check_act(&act("web-1"), &mut balancers_unknown), below(3, 1, 3));
    let last = [Violation::LastTarget("web".into())];
    assert_eq!(check_act(&act("web-1"), &mut Budget::default()), last);
}

#[test]
fn taking_out_the_last_target_is_seen() {
    let mut one = seen([InstancePhase::Ready, InstancePhase::Draining, InstancePhase::Booting]);
    one.spec.guards.min_healthy = Share(0);
    let mut budget = Budget::of(&[one]);
    budget.behind(&[front([Healthy; 3])]);
    assert_eq!(check_act(&act("web-1"), &mut budget), [Violation::LastTarget("web".into())]);
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
    let by_a_fault = |truth: &mut Truth| {
        (truth.pools[0].instances[1].leaving, truth.balancers[0].stale) = (true, true);
    };
    assert_eq!(found(by_a_fault), []);
}

#[test]
fn a_request_to_what_is_unready_is_seen() {
    for health in [Initial, Unhealthy, Draining] {
        let unfit = [Violation::RequestToUnfit("front".into(), "web-2".into())];
        assert_eq!(found(|truth| truth.balancers[0].targets[1].health = health), unfit, "{health:?}");
    }
    let spared = |truth: &mut Truth| {
        truth.balancers[0].targets[1].health = Unhealthy;
        truth.balancers[0].receivers.remove(1);
    };
    assert_eq!(found(spared), []);
}

#[test]
fn a_balancer_that_fails_open_may_try_what_is_unready() {
    let unready = |truth: &mut Truth, count: usize| {
        truth.balancers[0].targets[..count].iter_mut().for_each(|target| target.health = Unhealthy);
    };
    assert_eq!(found(|truth| unready(truth, 3)), []);
    assert_eq!(found(|truth| unready(truth, 2)).len(), 2);
    let early = |truth: &mut Truth| {
        unready(truth, 2);
        truth.balancers[0].fail_open = Some(Share(400));
    };
    assert_eq!(found(early), []);
    let beside = |truth: &mut Truth| {
        unready(truth, 1);
        truth.balancers[0].targets[0].pool = "other".into();
    };
    assert_eq!(found(beside), [], "of its pool there is none that is healthy");
    let held = |truth: &mut Truth| {
        unready(truth, 3);
        truth.pools[0].instances[1].held = Some(HoldMode::Shrink);
    };
    assert_eq!(found(held).len(), 1, "never what is held");
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
    let seen = check_act(&older, &mut Budget::default());
    assert_eq!(seen, [Violation::OlderGeneration { step: 0, lease: 1 }]);
}

#[test]
fn a_step_without_the_lease_is_seen() {
    let without = vec![Violation::WithoutLease("one".into())];
    let lost = Act { lease: Some(("two".into(), 1)), ..act("") };
    assert_eq!(check_act(&lost, &mut Budget::default()), without);
    let never = Act { lease: None, ..act("") };
    assert_eq!(check_act(&never, &mut Budget::default()), without);
}

#[test]
fn touching_what_is_not_ours_is_seen() {
    let touched = || vec![Violation::ForeignTouched("record mail.example".into())];
    assert_eq!(found(|truth| truth.foreign.clear()), touched());
    assert_eq!(found(|truth| truth.foreign[0] = "record mail.example, changed".into()), touched());
}
