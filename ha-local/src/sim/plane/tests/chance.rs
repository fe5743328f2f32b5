//! Chance belongs to what it is for: disturbing one thing moves nothing else.

use super::*;
use crate::sim::engine::draw::who;

fn with_second(second: bool) -> World {
    let config = config(Distribution::Exponential { mean: secs(1) }, 1, 100);
    let (mut world, _) = balanced(PlaneConfig { zones: 2, ..config }, Algorithm::RoundRobin, 4);
    world.with(|plane, ctx| plane.follow(ctx, 20, at(1000)));
    world.traffic(Arrivals::Rate(3.0), secs(1000));
    if second {
        let other = world.server("api", 1);
        let name = DnsName::from("api.example");
        let answers = vec![Address::Server(other)];
        let record = RecordView { answers, weights: vec![], ttl: secs(60), timeouts: 0, stale: None };
        world.with(|plane, ctx| {
            plane.set_record(ctx, &name, Some(record));
            let segments = [Segment { start: ctx.now, length: secs(1000), arrivals: Arrivals::Rate(2.0) }].into();
            plane.start(ctx, &name, Traffic { key: who("api.example"), segments });
        });
    }
    world.finish();
    world
}

#[test]
fn another_pool_changes_no_draw_of_the_first() {
    let (alone, both) = (with_second(false), with_second(true));
    let readings = |world: &World| world.plane.readings(&"web".into(), &"1".into(), secs(900), at(1000));
    assert_eq!(readings(&alone), readings(&both));
    assert!(readings(&alone).requests > 2000);
    assert!(both.served() > alone.served());
    let of_first = |world: &World| -> Vec<Followed> {
        world.plane.followed().iter().filter(|followed| followed.stream == 0).cloned().collect()
    };
    let lives: Vec<_> = of_first(&alone).into_iter().map(|life| (life.intent, life)).collect();
    let shared = of_first(&both);
    assert!(!shared.is_empty());
    for life in shared {
        if let Some((_, same)) = lives.iter().find(|(intent, _)| *intent == life.intent) {
            assert_eq!(*same, life);
        }
    }
}

#[test]
fn more_servers_change_no_service_time() {
    let busy = |servers| {
        let config = config(Distribution::Exponential { mean: secs(1) }, 1000, 0);
        let (mut world, _) = balanced(config, Algorithm::RoundRobin, servers);
        world.traffic(Arrivals::Count(500), secs(100));
        world.finish();
        (world.plane.series.total_ns(), world.served())
    };
    // Nobody waits, so the latencies are the service times.
    assert_eq!(busy(1), busy(7));
}

#[test]
fn a_seed_is_a_run() {
    let run = |seed| {
        let mut world = World::new(config(Distribution::Exponential { mean: secs(1) }, 1, 100), seed);
        let server = world.server("web", 0);
        world.record(vec![Address::Server(server)]);
        world.traffic(Arrivals::Rate(0.5), secs(1000));
        world.finish();
        world
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1).plane.latency(), run(2).plane.latency());
}

#[test]
fn as_many_are_followed_as_were_asked_for_to_their_end() {
    let world = with_second(false);
    assert_eq!(world.plane.followed().len(), 20);
    for followed in world.plane.followed() {
        assert!(followed.hops.is_sorted_by_key(|(at, _)| *at), "{followed:?}");
        assert_eq!(followed.hops.last().map(|(_, hop)| *hop), Some(Hop::Answered), "{followed:?}");
    }
}
