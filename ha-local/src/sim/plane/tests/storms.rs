//! Whatever strikes, nothing is lost from the books: both sets agree at every instant, and every intent ends.

use super::*;
use crate::sim::engine::draw::{Purpose, mix};
use ha_core::topology::Share;

fn stormy(seed: u64) -> World {
    let mut config = config(Distribution::Exponential { mean: Duration::from_millis(300) }, 2, 4);
    config.zones = 3;
    config.network = NetworkConfig {
        users: Duration::from_millis(20),
        across: Duration::from_millis(1),
        lookup: Duration::from_millis(30),
        ..NetworkConfig::default()
    };
    config.balancer.other_targets = 1;
    config.users = UsersConfig {
        population: 50,
        resolvers: 7,
        retries: 2,
        retry_budget: seed.is_multiple_of(2).then_some(300),
        keep_alive: secs(seed % 3 * 20),
        ttl_violators: 300_000,
        ttl_extra: secs(90),
        patience: secs(4 + seed % 3 * 4),
        ..UsersConfig::default()
    };
    let mut world = World::new(config, seed);
    for nth in 0..8 {
        world.server("web", nth % 3);
    }
    world
}

/// A number below `end`.
fn roll(world: &World, nth: u64, end: u64) -> u64 {
    world.seed.below(Purpose::Scenario, world.now.0, nth, end)
}

fn any_condition(world: &World, nth: u64) -> Condition {
    let bits = roll(world, nth, 1 << 40);
    let one_in = |shift: u64, n: u64| (bits >> shift).is_multiple_of(n);
    Condition {
        up: !one_in(0, 3),
        silent: one_in(2, 2),
        frozen: one_in(4, 4),
        isolated: one_in(7, 4),
        ready: true,
        errors: if one_in(10, 3) { 400_000 } else { 0 },
        slow: if one_in(13, 3) { 5000 } else { 1000 },
        above_load: if one_in(16, 2) { 500 } else { 0 },
        loss: if one_in(18, 4) { 300_000 } else { 0 },
        delay_ns: if one_in(21, 4) { 40_000_000 } else { 0 },
    }
}

fn any_front(world: &World, servers: &[ServerId]) -> BalancerView {
    let (_, algorithm) = Algorithm::ALL[roll(world, 50, Algorithm::ALL.len() as u64) as usize];
    let mut view = front(algorithm, servers);
    let all = [TargetHealth::Healthy, TargetHealth::Healthy, TargetHealth::Unhealthy, TargetHealth::Draining];
    for (target, nth) in view.targets.iter_mut().zip(100..) {
        target.health = all[roll(world, nth, 4) as usize];
        target.route = roll(world, nth + 100, 2) as u16;
        target.since = world.now;
    }
    view.endpoints = (0..3)
        .map(|zone| EndpointView { zone, up: roll(world, 60 + u64::from(zone), 4) > 0, errors: 50_000 })
        .collect();
    view.weights = vec![3, roll(world, 51, 2) as u32];
    view.sticky = (roll(world, 52, 2) == 0).then_some(secs(30));
    view.slow_start = (roll(world, 53, 2) == 0).then_some(secs(20));
    view.fail_open = (roll(world, 54, 2) == 0).then_some(Share(300));
    view
}

fn strike(world: &mut World) {
    let servers: Vec<ServerId> = (0..world.plane.servers.len() as u32).map(ServerId).collect();
    let one = servers[roll(world, 1, servers.len() as u64) as usize];
    match roll(world, 0, 12) {
        0..=4 => {
            let condition = any_condition(world, 2);
            world.condition(one, condition);
        }
        5..=7 => {
            let view = any_front(world, &servers);
            world.balancer(view);
        }
        8 => {
            let place = |bits| if bits == 0 { Place::Users } else { Place::Zone(bits as u8 - 1) };
            let (from, to) = (place(roll(world, 3, 4)), place(roll(world, 4, 4)));
            let cut = roll(world, 5, 4) == 0;
            let state = LinkState { cut, loss: roll(world, 6, 300_000) as u32, delay_ns: 5_000_000 };
            world.with(|plane, ctx| plane.set_link(ctx, from, to, state));
        }
        9 => {
            let answers = [endpoint(0), endpoint(1), endpoint(2), Address::Server(one)];
            let answers = answers[roll(world, 7, 5) as usize..].to_vec();
            let weights = if roll(world, 8, 2) == 0 { vec![1; answers.len()] } else { vec![] };
            let record =
                RecordView { answers, weights, ttl: secs(5), timeouts: 100_000, stale: Some((500_000, secs(9))) };
            world.with(|plane, ctx| plane.set_record(ctx, &site(), Some(record)));
        }
        10 => world.with(|plane, ctx| plane.remove_server(ctx, one)),
        _ => drop(world.server("web", one.0 as u8 % 3)),
    }
}

#[test]
fn the_books_agree_at_every_instant_of_any_storm() {
    let (mut seen, mut wasted) = ([0u64; Cause::ALL.len()], 0);
    for seed in 0..12 {
        let mut world = stormy(seed);
        let servers: Vec<ServerId> = (0..8).map(ServerId).collect();
        let view = BalancerView {
            endpoints: (0..3).map(|zone| EndpointView { zone, up: true, errors: 0 }).collect(),
            ..front(Algorithm::RoundRobin, &servers)
        };
        world.balancer(view);
        world.record(vec![endpoint(0), endpoint(1), endpoint(2)]);
        world.traffic(Arrivals::Rate(12.0), secs(240));
        for step in 1..=600 {
            world.run(Timestamp(step * 400_000_000 + mix(step) % 1000));
            world.plane.ledger().agree().unwrap_or_else(|why| panic!("seed {seed}, {}: {why}", world.now));
            strike(&mut world);
            world.plane.ledger().agree().unwrap_or_else(|why| panic!("seed {seed}, {}: {why}", world.now));
            let servers = world.plane.servers.iter();
            let flights: Vec<u32> = servers.map(super::server::Server::in_flight).collect();
            assert_eq!(flights, world.plane.outstanding, "seed {seed}, {}", world.now);
        }
        for id in (0..world.plane.servers.len() as u32).map(ServerId) {
            world.condition(id, READY);
        }
        world.finish();
        assert!(world.plane.outstanding.iter().all(|outstanding| *outstanding == 0), "seed {seed}");
        for (seen, failed) in seen.iter_mut().zip(world.plane.ledger().users.failed) {
            *seen += failed;
        }
        let tiers = &world.plane.ledger().tiers;
        wasted += tiers.wasted;
        assert!(tiers.served() > 100, "seed {seed}: {tiers:?}");
    }
    assert!(wasted > 0, "nobody gave up on a server that went on");
    for cause in Cause::ALL {
        assert!(seen[cause as usize] > 0, "no intent failed with {cause}");
    }
}

#[test]
fn a_clone_goes_on_as_the_original_does() {
    let mut world = stormy(5);
    world.balancer(front(Algorithm::TwoChoices, &[ServerId(0), ServerId(3)]));
    world.record(vec![endpoint(0)]);
    world.traffic(Arrivals::Rate(20.0), secs(60));
    world.run(at(20));
    let mut other = world.clone();
    world.finish();
    assert_ne!(world, other);
    other.finish();
    assert_eq!(world, other);
}
