//! Single requests and questions.

use super::*;

#[test]
fn what_is_asked_for_is_worked_on_as_long_as_it_is_said() {
    let service = Distribution::Constant { mean: secs(3) };
    let mut network = config(service, 1, 10);
    network.network.users = Duration::from_millis(20);
    let mut world = World::new(network, 42);
    let server = world.server("web", 0);
    world.balancer(front(Algorithm::RoundRobin, &[server]));
    world.record(vec![endpoint(0)]);
    let first = world.with(|plane, ctx| plane.ask(ctx, &site(), 1, secs(2)));
    let second = world.with(|plane, ctx| plane.ask(ctx, &site(), 2, Duration::ZERO));
    assert_eq!(world.plane.reached(&first), Some(server));
    world.run(Timestamp(1_999_999_999));
    assert_eq!(world.plane.asked(&first), None);
    world.finish();
    // A connection and a request, there and back.
    let ended = Asked { at: at(2) + Duration::from_millis(80), outcome: Ok(server) };
    assert_eq!((world.plane.asked(&first), world.plane.asked(&second)), (Some(ended), Some(ended)));
    world.plane.forget(second);
    world.plane.forget(first);
    assert_eq!(world.plane.followed(), []);
}

#[test]
fn what_nobody_can_answer_fails_with_its_cause() {
    let mut world = World::new(config(Distribution::Constant { mean: secs(1) }, 1, 10), 42);
    let nowhere = world.with(|plane, ctx| plane.ask(ctx, &site(), 1, Duration::ZERO));
    assert_eq!(world.plane.asked(&nowhere).map(|asked| asked.outcome), Some(Err(Cause::NoAddress)));
    world.balancer(front(Algorithm::RoundRobin, &[]));
    world.now = at(100);
    world.record(vec![endpoint(0)]);
    let empty = world.with(|plane, ctx| plane.ask(ctx, &site(), 1, Duration::ZERO));
    assert_eq!(world.plane.asked(&empty).map(|asked| asked.outcome), Some(Err(Cause::NoTarget)));
    world.finish();
}

#[test]
fn a_user_finds_what_his_resolver_keeps() {
    let mut world = World::new(config(Distribution::Constant { mean: secs(1) }, 1, 10), 42);
    world.balancer(front(Algorithm::RoundRobin, &[]));
    world.record(vec![endpoint(0)]);
    assert_eq!(world.with(|plane, ctx| plane.find(ctx, &site(), 7)), [endpoint(0)]);
    world.record(vec![]);
    world.now = at(59);
    assert_eq!(world.with(|plane, ctx| plane.find(ctx, &site(), 7)), [endpoint(0)]);
    world.now = at(60);
    assert_eq!(world.with(|plane, ctx| plane.find(ctx, &site(), 7)), []);
}
