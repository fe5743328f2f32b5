//! Pools and balancers keep what they were asked for: boots, checks, losses, drains, and the same with every check made.

use super::*;
use ha_core::{
    backend::{
        Refill,
        state::{LossReason, Phase, TargetHealth},
    },
    topology::HoldMode,
};

#[test]
fn a_site_comes_up_spread_over_its_zones() {
    let mut lab = Lab::shop();
    assert_eq!(lab.count(InstancePhase::Ready), 6);
    for zone in zones() {
        assert_eq!(lab.pool().instances.iter().filter(|instance| instance.zone == zone).count(), 2);
    }
    let front = lab.balancer();
    assert_eq!(front.phase, Phase::Active);
    assert_eq!(front.targets.iter().filter(|target| target.health == TargetHealth::Healthy).count(), 6);
    assert_eq!(lab.record().answers, [(Endpoint::Balancer("front".into()), true)]);
    assert_eq!(lab.answers("shop.example"), 3);
    assert_eq!(lab.cloud.ready_instances(), 6);
}

#[test]
fn an_instance_is_ready_only_after_it_booted_and_a_check_passed() {
    let mut lab = Lab::shop();
    let boot = lab.profile.boot.running;
    for id in lab.pool().instances.iter().map(|instance| instance.id.clone()).collect::<Vec<_>>() {
        let launched = lab.told(&format!("instance {id} is launched")).unwrap();
        let ready = lab.told(&format!("instance {id} is ready")).unwrap();
        assert!(ready.since(launched) > boot.at(0.0) + lab.profile.boot.ready.at(0.0), "{id}");
    }
}

#[test]
fn a_killed_instance_is_taken_out_missed_and_replaced() {
    let mut lab = Lab::shop();
    lab.kill("web-b-1");
    let struck = lab.now;
    lab.run_for(secs(25));
    // Two bad checks ten seconds apart come before or after the provider's own look: one of both took it out.
    let healthy = lab.balancer().targets.iter().filter(|target| target.health == TargetHealth::Healthy).count();
    assert_eq!(healthy, 5);
    lab.run_for(secs(300));
    assert_eq!(lab.count(InstancePhase::Ready), 6);
    assert!(lab.told("instance web-b-1 is stopped").unwrap() > struck);
    assert_eq!(lab.pool().losses[0].why, LossReason::Gone);
    assert!(lab.pool().instances.iter().any(|instance| instance.id.as_str() == "web-b-3"));
}

#[test]
fn every_loss_can_be_followed_to_its_cause() {
    let mut lab = Lab::shop();
    lab.kill("web-b-1");
    lab.run_for(secs(300));
    let records = lab.trace.records();
    let launch = records.iter().find(|record| record.what.contains("web-b-3 is launched")).unwrap();
    let stop = &records[launch.cause.unwrap()];
    assert_eq!(stop.what, "instance web-b-1 is stopped");
    let given_up = &records[stop.cause.unwrap()];
    assert_eq!(given_up.what, "instance web-b-1 is given up: it stopped running");
    assert_eq!(records[given_up.cause.unwrap()].what, "instance web-b-1 is lost");
}

#[test]
fn checks_that_cannot_change_anything_change_nothing() {
    let run = |run_everything| {
        let mut lab = Lab { run_everything, ..Lab::new() };
        lab.make_shop();
        lab.kill("web-a-1");
        lab.run_for(secs(400));
        lab.act(|cloud, env| {
            let cut = crate::sim::plane::LinkState { cut: true, ..Default::default() };
            for other in [0, 2] {
                let (here, there) = (crate::sim::plane::Place::Zone(1), crate::sim::plane::Place::Zone(other));
                cloud.set_link(env, here, there, cut);
                cloud.set_link(env, there, here, cut);
            }
            cloud.set_link(env, crate::sim::plane::Place::Users, crate::sim::plane::Place::Zone(1), cut);
        });
        lab.run_for(secs(3600));
        (lab.trace.hash(), lab.trace.records().len(), lab.queue.pushed())
    };
    let (lazy, eager) = (run(false), run(true));
    assert_eq!((lazy.0, lazy.1), (eager.0, eager.1));
    assert!(eager.2 > 5 * lazy.2, "{} events instead of {}", lazy.2, eager.2);
}

#[test]
fn a_site_at_rest_queues_nothing() {
    let mut lab = Lab::shop();
    let pushed = lab.queue.pushed();
    lab.run_for(secs(86_400));
    assert_eq!((lab.queue.pushed(), lab.queue.len()), (pushed, 0));
}

#[test]
fn a_retired_instance_drains_and_its_place_is_refilled_if_asked() {
    for (refill, left) in [(Refill::Yes, 6), (Refill::No, 5)] {
        let mut lab = Lab::shop();
        lab.profile.balancer.drains_full_time = true;
        lab.wish(&Request::PoolBound(scope(), "web".into(), Size { min: 4, max: 9 })).unwrap();
        for _ in 0..2 {
            lab.wish(&Request::PoolRetire(scope(), "web".into(), "web-c-1".into(), refill)).unwrap();
            assert_eq!((lab.count(InstancePhase::Draining), lab.pool().desired), (1, left));
        }
        let draining = lab.balancer().targets.iter().filter(|it| it.health == TargetHealth::Draining).count();
        assert_eq!(draining, 1);
        lab.run_for(secs(29));
        assert_eq!(lab.count(InstancePhase::Draining), 1);
        lab.run_for(secs(1));
        assert_eq!(lab.count(InstancePhase::Draining), 0);
        lab.run_for(secs(300));
        assert_eq!(lab.count(InstancePhase::Ready), left as usize);
        assert!(lab.pool().losses.is_empty());
    }
}

#[test]
fn what_is_idle_need_not_drain_longer() {
    let mut lab = Lab::shop();
    lab.wish(&Request::PoolRetire(scope(), "web".into(), "web-c-1".into(), Refill::Yes)).unwrap();
    assert!(lab.told("instance web-c-1 is stopped").is_some());
}

#[test]
fn a_held_instance_leaves_and_comes_back_only_when_ready() {
    let mut lab = Lab::shop();
    lab.wish(&Request::PoolHold(scope(), "web".into(), "web-a-1".into(), HoldMode::Shrink)).unwrap();
    lab.run_for(secs(60));
    assert_eq!((lab.count(InstancePhase::Ready), lab.pool().instances.len()), (5, 6));
    assert!(lab.balancer().targets.iter().all(|target| target.instance.as_str() != "web-a-1"));
    lab.wish(&Request::PoolPutBack(scope(), "web".into(), "web-a-1".into())).unwrap();
    assert_eq!(lab.count(InstancePhase::Returning), 1);
    lab.run_for(secs(11));
    assert_eq!(lab.count(InstancePhase::Ready), 6);
}

#[test]
fn a_raised_minimum_is_met_and_given_back() {
    let mut lab = Lab::shop();
    let bound = |min| Request::PoolBound(scope(), "web".into(), Size { min, max: 9 });
    lab.wish(&bound(8)).unwrap();
    lab.run_for(secs(300));
    assert_eq!(lab.count(InstancePhase::Ready), 8);
    lab.wish(&bound(6)).unwrap();
    lab.run_for(secs(300));
    assert_eq!((lab.count(InstancePhase::Ready), lab.pool().instances.len()), (6, 6));
}

#[test]
fn thresholds_take_out_and_take_back() {
    let mut lab = Lab::shop();
    let number = lab.number("web-a-1");
    let cut = crate::sim::plane::LinkState { cut: true, ..Default::default() };
    let both = [crate::sim::plane::Place::Zone(1), crate::sim::plane::Place::Zone(2)];
    let set = |lab: &mut Lab, state| {
        lab.act(|cloud, env| {
            both.iter().for_each(|from| cloud.set_link(env, *from, crate::sim::plane::Place::Zone(0), state))
        });
    };
    let health = |lab: &Lab| lab.cloud.targets.iter().find(|((_, it), _)| *it == number).unwrap().1.checks.health;
    set(&mut lab, cut);
    lab.run_for(secs(10));
    assert_eq!(health(&lab), TargetHealth::Healthy, "one bad check is not two");
    lab.run_for(secs(10));
    assert_eq!(health(&lab), TargetHealth::Unhealthy);
    set(&mut lab, crate::sim::plane::LinkState::default());
    lab.run_for(secs(20));
    assert_eq!(health(&lab), TargetHealth::Unhealthy, "two good checks are not three");
    lab.run_for(secs(10));
    assert_eq!(health(&lab), TargetHealth::Healthy);
}
