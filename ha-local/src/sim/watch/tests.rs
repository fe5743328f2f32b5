//! What is watched is reported: the truth of a run is broken by hand.

use super::*;
use crate::sim::{
    Run, Sim, Traffic,
    cloud::{Broken, TRUTH},
    drill,
    engine::task::ClockError,
    run,
};
use ha_core::{
    backend::{Refill, state::Reading},
    observe::Observed,
    topology::{Balancer, Dns, Guards, Pool, Share, Topology, ValidTopology},
};
use std::time::Duration;

fn site() -> ValidTopology {
    let pool = Pool::new("web").release("v1").size(3..=4).capacity(3).ready("/", Duration::from_secs(60));
    let pool = pool.guards(Guards { min_healthy: Share(600), ..Guards::default() });
    let site = Topology::new("shop").zones(["a", "b"]).with(pool).with(Balancer::http("front").to("web"));
    site.with(Dns::apex("shop.example").to("front")).validate().unwrap()
}

fn sim() -> Sim {
    Sim::new(&site(), 7).profile(drill::profile()).traffic(Traffic::poisson(1.0)).length(Duration::from_secs(600))
}

/// A run that is broken so at its zero, and what was found.
fn found(break_it: impl FnOnce(&mut World)) -> Vec<Violation> {
    let mut sim = sim();
    let mut simulation = run::at_zero(&mut sim, |_| {}).unwrap();
    simulation.run_for(Duration::from_secs(60));
    break_it(&mut simulation.state().world);
    let end = simulation.now() + Duration::from_secs(300);
    simulation.run_until(end);
    let run: Run = run::report(&simulation, &sim, Duration::from_secs(600));
    run.violations().iter().map(|(_, violation)| violation.clone()).collect()
}

/// The controller is told that all is as it was seen.
fn is_told(world: &mut World, seen: &Observed) {
    let (task, at) = (world.tasks.controllers()[0], world.now);
    let (pools, balancers) = (seen.pools.known().unwrap().clone(), seen.balancers.known().unwrap().clone());
    world.watch_look(task, &Answer::Pools(Reading { state: pools, at }));
    world.watch_look(task, &Answer::Balancers(Reading { state: balancers, at }));
}

/// The controller retires the instance of this number.
fn retires(world: &mut World, nth: usize) {
    let (task, request) = (world.tasks.controllers()[0], retire(world, nth));
    world.watch_act(task, &request);
}

/// Something asked for takes effect.
fn takes_effect(world: &mut World, request: &Request) {
    world.with_cloud(None, |cloud, env| cloud.effect(env, TRUTH, request, 0)).unwrap();
    world.settle();
}

fn retire(world: &World, nth: usize) -> Request {
    let id = world.truth().pools[0].instances[nth].id.clone();
    Request::PoolRetire(world.wanted.scope(), "web".into(), id, Refill::Yes)
}

#[test]
fn a_sound_run_breaks_nothing() {
    assert_eq!(found(|_| {}), []);
    let one = |world: &mut World| {
        let seen = world.observed();
        is_told(world, &seen);
        retires(world, 0);
    };
    assert_eq!(found(one), []);
}

#[test]
fn intents_that_only_one_side_counts_are_reported() {
    let seen = found(|world| world.plane.ledger_mut().users.served += 1);
    assert!(matches!(&seen[..], [Violation::Intents(what)] if what.starts_with("served: users say ")), "{seen:?}");
}

#[test]
fn a_request_to_what_is_unready_is_reported() {
    let seen = found(|world| {
        world.cloud.broken = Broken::just("balancer.never_routes_to_an_unready_instance");
        let request = retire(world, 0);
        takes_effect(world, &request);
    });
    let unfit =
        |violation: &Violation| matches!(violation, Violation::RequestToUnfit(front, _) if front.as_str() == "front");
    assert!(!seen.is_empty() && seen.iter().all(unfit), "what was launched in its place was asked at once: {seen:?}");
}

#[test]
fn more_out_than_the_budget_is_reported_and_so_is_what_an_earlier_turn_took() {
    let below = [Violation::BelowMinimum { pool: "web".into(), ready: 3, out: 2, floor: 2 }];
    let one_turn = |world: &mut World| {
        let seen = world.observed();
        is_told(world, &seen);
        retires(world, 0);
        retires(world, 1);
    };
    assert_eq!(found(one_turn), below);
    let two_turns = |world: &mut World| {
        let before = world.observed();
        is_told(world, &before);
        let request = retire(world, 0);
        retires(world, 0);
        takes_effect(world, &request);
        // The second turn is shown how it was before the first.
        is_told(world, &before);
        retires(world, 1);
    };
    assert_eq!(found(two_turns), below);
}

#[test]
fn a_step_without_a_look_or_without_the_lease_is_reported() {
    let blind = |world: &mut World| {
        world.watch.budgets.clear();
        retires(world, 0);
    };
    assert_eq!(found(blind), [Violation::LastTarget("web".into())]);
    let another = |world: &mut World| {
        let second = world.start(TaskKind::Controller(None), world.now, ClockError::default());
        world.watch_act(second, &Request::PoolObserve(world.wanted.scope()));
        world.stop(second);
    };
    assert!(matches!(&found(another)[..], [Violation::WithoutLease(_)]));
}

#[test]
fn a_launch_in_a_closed_zone_is_reported() {
    let closed = |world: &mut World| {
        let (zone, release) = ("c".into(), "v1".into());
        let order = Order::Launch { id: "web-c-9".into(), zone, release };
        world.watch_launch(&Request::HandsOrder(world.wanted.scope(), "web".into(), order));
    };
    assert_eq!(found(closed), [Violation::LaunchInClosedZone("web".into(), "c".into())]);
}
