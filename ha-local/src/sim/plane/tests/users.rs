//! What users and their resolvers do: caches, connections kept, addresses tried, patience, retries and their budget.

use super::*;

/// Two servers reached directly, no work to do, one request a second.
fn direct(change: impl FnOnce(&mut PlaneConfig)) -> (World, [ServerId; 2]) {
    let mut config = config(Distribution::Constant { mean: Duration::ZERO }, 1, 5);
    config.pools.insert("other".into(), config.pools[&"web".into()].clone());
    config.users.resolvers = 50;
    change(&mut config);
    let mut world = World::new(config, 3);
    let servers = [world.server("web", 0), world.server("other", 0)];
    (world, servers)
}

fn answered(world: &World, pool: &str, over: u64) -> u64 {
    world.plane.readings(&pool.into(), &"1".into(), secs(over), world.now).requests
}

fn point(world: &mut World, server: ServerId, stale: Option<(u32, Duration)>) {
    let answers = vec![Address::Server(server)];
    let record = RecordView { answers, weights: vec![], ttl: secs(60), timeouts: 0, stale };
    world.with(|plane, ctx| plane.set_record(ctx, &site(), Some(record)));
}

/// How many requests of two users a second still went to the old address during these seconds after a switch.
fn tail(change: impl FnOnce(&mut PlaneConfig), stale: Option<(u32, Duration)>) -> [u64; 3] {
    let (mut world, [old, new]) = direct(change);
    point(&mut world, old, None);
    world.traffic(Arrivals::Rate(20.0), secs(540));
    world.run(at(90));
    point(&mut world, new, stale);
    let mut gone = answered(&world, "web", 900);
    [180, 300, 540].map(|until| {
        world.run(at(until));
        let all = answered(&world, "web", 900);
        all - std::mem::replace(&mut gone, all)
    })
}

#[test]
fn caches_hold_an_answer_for_its_ttl_and_some_for_longer() {
    let [within, after, late] = tail(|_| {}, None);
    assert!(within > 300 && after == 0 && late == 0, "{within} {after} {late}");
    let [_, after, late] =
        tail(|config| (config.users.ttl_violators, config.users.ttl_extra) = (200_000, secs(200)), None);
    assert!(after > 100 && late == 0, "{after} {late}");
    let [_, after, late] = tail(|_| {}, Some((200_000, secs(7200))));
    assert!(after > 100 && late > 100, "{after} {late}");
    let [_, after, late] = tail(|config| config.users.keep_alive = secs(7200), None);
    assert!(after > 100 && late > 100, "connections outlive names: {after} {late}");
}

#[test]
fn an_answer_without_addresses_is_kept_too() {
    let (mut world, [server, _]) = direct(|config| config.users.resolvers = 1);
    world.with(|plane, ctx| plane.set_record(ctx, &site(), None));
    world.traffic(Arrivals::Even(1.0), secs(120));
    world.run(at(1));
    point(&mut world, server, None);
    world.finish();
    assert_eq!((world.failed(Cause::NoAddress), world.served()), (60, 60));
}

#[test]
fn questions_without_an_answer_time_out() {
    let (mut world, [server, _]) = direct(|config| config.users.deadline = secs(60));
    let answers = vec![Address::Server(server)];
    let record = RecordView { answers, weights: vec![], ttl: secs(0), timeouts: 300_000, stale: None };
    world.with(|plane, ctx| plane.set_record(ctx, &site(), Some(record)));
    world.traffic(Arrivals::Even(10.0), secs(100));
    world.finish();
    // Four standard errors of three tenths of a thousand.
    assert!(world.failed(Cause::DnsTimeout).abs_diff(300) < 58, "{:?}", world.plane.ledger());
}

#[test]
fn the_next_address_is_tried_when_one_does_not_answer() {
    for (condition, delayed) in [(OFF, true), (Condition { silent: false, ..OFF }, false)] {
        let (mut world, [one, other]) = direct(|_| {});
        world.condition(one, condition);
        world.record(vec![Address::Server(one), Address::Server(other)]);
        world.traffic(Arrivals::Even(1.0), secs(200));
        world.finish();
        assert_eq!(world.served(), 200);
        // Those that begin with the silent one wait three seconds for it.
        let waited = world.plane.series.total_ns() / 3_000_000_000;
        assert!(if delayed { waited.abs_diff(100) < 29 } else { waited == 0 }, "{waited}");
        world.condition(other, condition);
        world.traffic(Arrivals::Even(1.0), secs(10));
        world.finish();
        assert_eq!(world.failed(Cause::Unreachable), 10);
    }
}

#[test]
fn who_gives_up_leaves_work_for_nobody() {
    let (mut world, [server, _]) = direct(|config| config.users.patience = secs(4));
    world.plane.work[0] = Distribution::Constant { mean: secs(6) };
    point(&mut world, server, None);
    world.traffic(Arrivals::Even(0.1), secs(100));
    world.finish();
    let ledger = world.plane.ledger();
    assert_eq!((world.failed(Cause::TimedOut), ledger.tiers.wasted), (10, 10));
    assert_eq!(answered(&world, "web", 900), 10, "the server answered all the same");
}

#[test]
fn a_good_answer_after_the_deadline_is_late() {
    let (mut world, [server, _]) = direct(|config| config.users.retries = 3);
    world.plane.work[0] = Distribution::Constant { mean: secs(6) };
    point(&mut world, server, None);
    world.traffic(Arrivals::Even(0.1), secs(100));
    world.finish();
    assert_eq!((world.failed(Cause::Late), world.plane.ledger().users.retries), (10, 0));
}

#[test]
fn failed_attempts_are_repeated_as_often_as_allowed_and_paid_for() {
    // A budget begins full with a hundred, so that the first intent pays nothing in.
    for (retries, budget, right) in [(0, None, 0), (2, None, 2000), (2, Some(100), 199), (1, Some(0), 100)] {
        let (mut world, [server, _]) = direct(|config| {
            (config.users.retries, config.users.retry_budget) = (retries, budget);
            config.users.backoff = Duration::from_millis(10);
        });
        world.condition(server, Condition { errors: 1_000_000, ..READY });
        point(&mut world, server, None);
        world.traffic(Arrivals::Even(1.0), secs(1000));
        world.finish();
        let ledger = world.plane.ledger();
        assert_eq!((ledger.users.retries, ledger.users.attempts), (right, 1000 + right), "{retries} {budget:?}");
        assert_eq!(world.failed(Cause::ServerError), 1000);
        assert_eq!(ledger.tiers.repeated[Cause::ServerError as usize], right);
    }
}

#[test]
fn a_repeated_attempt_keeps_the_clock_of_the_intent() {
    let (mut world, [server, _]) = direct(|config| {
        config.users.retries = 1;
        config.users.backoff = secs(8);
    });
    world.condition(server, Condition { errors: 1_000_000, ..READY });
    point(&mut world, server, None);
    world.traffic(Arrivals::Even(1.0), secs(2));
    world.run(at(2));
    world.condition(server, READY);
    world.finish();
    // The first comes back after 4 to 12 seconds.
    let late = world.failed(Cause::Late);
    assert_eq!(world.served() + late, 2);
    assert!(late > 0, "{:?}", world.plane.ledger());
}

#[test]
fn delays_of_the_network_are_added() {
    let (mut world, [server, _]) = direct(|config| {
        config.network.users = Duration::from_millis(20);
        config.network.lookup = Duration::from_millis(7);
        config.users.resolvers = 1;
    });
    point(&mut world, server, None);
    world.traffic(Arrivals::Even(1.0), secs(10));
    world.finish();
    // There and back to connect and again to ask; one of ten had to wait for the name.
    assert_eq!(world.plane.series.total_ns(), 10 * 80_000_000 + 7_000_000);
}
