//! Who gets a request: by turn, load, weight, warmth, stickiness and health.

use super::*;
use ha_core::topology::Share;

/// How many of `count` requests each of `servers` answered, each worked on for no time.
fn shares(servers: usize, count: u64, change: impl FnOnce(&mut BalancerView)) -> (Vec<u64>, World) {
    let mut config = config(Distribution::Constant { mean: Duration::ZERO }, 1, 5);
    config.users.population = 100;
    let mut world = World::new(config, 7);
    let targets: Vec<_> = (0..servers)
        .map(|nth| {
            let pool = "web".into();
            let id = world.plane.add_server(ServerSpec { key: 0, pool, release: nth.to_string().into(), zone: 0 });
            world.condition(id, READY);
            id
        })
        .collect();
    let mut view = front(Algorithm::RoundRobin, &targets);
    change(&mut view);
    world.balancer(view);
    world.record(vec![endpoint(0)]);
    world.traffic(Arrivals::Even(count as f64 / 600.0), secs(600));
    world.finish();
    let read = |nth: usize| world.plane.readings(&"web".into(), &nth.to_string().into(), secs(900), at(600));
    ((0..servers).map(|nth| read(nth).requests).collect(), world)
}

#[test]
fn in_turn_is_even_and_chance_nearly_so() {
    assert_eq!(shares(4, 4000, |_| {}).0, [1000; 4]);
    for (_, algorithm) in Algorithm::ALL {
        let (found, _) = shares(4, 4000, |view| view.algorithm = algorithm);
        // Four standard errors of a quarter of four thousand.
        assert!(found.iter().all(|count| count.abs_diff(1000) < 110), "{algorithm:?}: {found:?}");
    }
}

#[test]
fn only_the_healthy_get_requests_until_too_few_are() {
    use TargetHealth::{Draining, Healthy, Initial, Unhealthy};
    let open = Some(Share(250));
    for (health, fail_open, right) in [
        ([Healthy, Healthy, Unhealthy, Healthy], None, [400, 400, 0, 400]),
        ([Healthy, Initial, Draining, Unhealthy], None, [1200, 0, 0, 0]),
        ([Unhealthy, Unhealthy, Initial, Unhealthy], None, [300, 300, 300, 300]),
        ([Unhealthy, Unhealthy, Draining, Unhealthy], None, [400, 400, 0, 400]),
        ([Healthy, Unhealthy, Unhealthy, Unhealthy], open, [300, 300, 300, 300]),
        ([Healthy, Healthy, Unhealthy, Unhealthy], open, [600, 600, 0, 0]),
        ([Draining, Draining, Draining, Draining], None, [0, 0, 0, 0]),
    ] {
        let (found, world) = shares(4, 1200, |view| {
            view.fail_open = fail_open;
            view.targets.iter_mut().zip(health).for_each(|(target, health)| target.health = health);
        });
        assert_eq!(found, right, "{health:?}, {fail_open:?}");
        assert_eq!(world.failed(Cause::NoTarget), 1200 - right.iter().sum::<u64>());
    }
}

#[test]
fn routes_share_by_weight() {
    let (found, _) = shares(4, 8000, |view| {
        view.weights = vec![9, 1, 0];
        view.targets.iter_mut().zip([0, 0, 1, 2]).for_each(|(target, route)| target.route = route);
    });
    assert_eq!(found[0] + found[1] + found[2], 8000);
    assert!(found[0].abs_diff(found[1]) <= 1 && found[3] == 0, "{found:?}");
    // Four standard errors of a tenth of eight thousand.
    assert!(found[2].abs_diff(800) < 108, "{found:?}");
}

#[test]
fn a_new_target_begins_with_a_small_share() {
    for (_, algorithm) in Algorithm::ALL {
        let (cold, _) = shares(2, 6000, |view| {
            view.algorithm = algorithm;
            view.slow_start = Some(secs(600));
            view.targets[0].since = Timestamp::ZERO;
            // Warm for ever, since it was healthy long before.
            view.slow_start = Some(secs(1200));
            view.targets[1].since = at(600);
        });
        assert!(cold[1] < cold[0] / 2, "{algorithm:?}: {cold:?}");
    }
    let (warm, _) = shares(2, 6000, |view| view.slow_start = Some(secs(1)));
    assert!(warm[0].abs_diff(warm[1]) < 20, "{warm:?}");
}

#[test]
fn a_sticky_user_stays_with_one_server_until_it_is_gone() {
    let pinned = |sticky| {
        let (_, world) = shares(4, 3000, |view| view.sticky = sticky);
        let (mut world, mut moved) = (world, 0);
        for _ in 0..50 {
            let choice = |world: &mut World| {
                let now = world.now.0;
                let outstanding = vec![0; 4];
                let choice =
                    balancer::Choice { zone: 0, user: 3, now, bits: 0, outstanding: &outstanding, not: u32::MAX };
                world.plane.balancers[0].choose(choice)
            };
            moved += u64::from(choice(&mut world) != choice(&mut world));
        }
        (moved, world)
    };
    let (moved, mut world) = pinned(Some(secs(3600)));
    assert_eq!(moved, 0);
    assert!(pinned(None).0 > 40);
    let mut view = world.plane.balancers[0].view.clone().unwrap();
    view.targets.iter_mut().take(3).for_each(|target| target.health = TargetHealth::Unhealthy);
    world.balancer(view);
    let read = |world: &World| world.plane.readings(&"web".into(), &"3".into(), secs(900), world.now).requests;
    let before = read(&world);
    world.traffic(Arrivals::Count(100), secs(10));
    world.finish();
    assert_eq!(read(&world), before + 100);
}

#[test]
fn a_refused_connection_goes_to_another_target_if_the_balancer_may() {
    for (others, served, lost) in [(0, 50, 50), (1, 100, 0)] {
        let mut config = config(Distribution::Constant { mean: Duration::ZERO }, 1, 5);
        config.balancer.other_targets = others;
        let (mut world, servers) = balanced(config, Algorithm::RoundRobin, 2);
        world.condition(servers[0], Condition { silent: false, ..OFF });
        world.traffic(Arrivals::Even(1.0), secs(100));
        world.finish();
        assert_eq!((world.served(), world.failed(Cause::TargetLost)), (served, lost), "{others}");
    }
}

#[test]
fn a_silent_target_costs_the_time_out_and_a_cut_way_is_noticed() {
    let mut config = config(Distribution::Constant { mean: Duration::ZERO }, 1, 5);
    config.zones = 2;
    config.balancer = BalancerConfig { connect_timeout: secs(2), other_targets: 1, ..BalancerConfig::default() };
    let mut world = World::new(config, 1);
    let servers = [world.server("web", 0), world.server("web", 1)];
    world.balancer(front(Algorithm::RoundRobin, &servers));
    world.record(vec![endpoint(0)]);
    let cut = LinkState { cut: true, ..LinkState::default() };
    world.with(|plane, ctx| plane.set_link(ctx, Place::Zone(0), Place::Zone(1), cut));
    world.traffic(Arrivals::Even(1.0), secs(60));
    world.run(at(33));
    // Some of the first thirty wait two seconds; then nobody is sent there.
    let waited = world.plane.series.total_ns();
    assert!((8..24).contains(&(waited / 2_000_000_000)), "{waited}");
    world.finish();
    assert_eq!((world.served(), world.plane.series.total_ns()), (60, waited));
    world.condition(servers[0], OFF);
    world.traffic(Arrivals::Even(1.0), secs(10));
    world.finish();
    assert_eq!(world.failed(Cause::TargetTimeout), 10);
}
