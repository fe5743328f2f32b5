//! What a change of condition does to requests at a server, and how checks end.

use super::*;

/// One server behind a balancer, one request every two seconds from second 1 on, each worked on for so long.
fn steady(service: Duration, concurrency: u32, patience: u64) -> (World, ServerId) {
    let mut config = config(Distribution::Constant { mean: service }, concurrency, 5);
    config.users.deadline = secs(60);
    config.users.patience = secs(patience);
    let (world, servers) = balanced(config, Algorithm::RoundRobin, 1);
    (world, servers[0])
}

/// The latency, in ms, of a single request at second 1 worked on for two seconds, when this happens at second 2 and that at 10.
fn disturbed(strike: impl Fn(&mut World, ServerId), heal: impl Fn(&mut World, ServerId)) -> Result<f64, Cause> {
    let (mut world, server) = steady(secs(2), 1, 30);
    world.traffic(Arrivals::Even(0.5), secs(2));
    world.run(at(2));
    strike(&mut world, server);
    world.run(at(10));
    heal(&mut world, server);
    world.finish();
    match Cause::ALL.into_iter().find(|cause| world.failed(*cause) > 0) {
        Some(cause) => Err(cause),
        None => Ok(world.plane.latency().mean_ms),
    }
}

#[test]
fn a_request_at_a_disturbed_server_fares_as_it_would_in_the_world() {
    let set = |condition| move |world: &mut World, server| world.condition(server, condition);
    let (frozen, isolated) = (Condition { frozen: true, ..READY }, Condition { isolated: true, ..READY });
    let refusing = Condition { silent: false, ..OFF };
    assert_eq!(disturbed(|_, _| {}, |_, _| {}), Ok(2000.0));
    assert_eq!(disturbed(set(frozen), set(READY)), Ok(10_000.0), "a second is left when it thaws at 10");
    assert_eq!(disturbed(set(isolated), set(READY)), Ok(9000.0), "the answer is there at 3 and travels at 10");
    assert_eq!(disturbed(set(isolated), set(isolated)), Err(Cause::TimedOut));
    assert_eq!(disturbed(set(frozen), set(frozen)), Err(Cause::TimedOut));
    assert_eq!(disturbed(set(refusing), set(READY)), Err(Cause::TargetLost));
    assert_eq!(disturbed(set(OFF), set(READY)), Err(Cause::TimedOut), "nobody says that it is gone");
    assert_eq!(disturbed(set(frozen), set(refusing)), Err(Cause::TargetLost));
    let gone = |world: &mut World, server| world.with(|plane, ctx| plane.remove_server(ctx, server));
    assert_eq!(disturbed(gone, set(READY)), Err(Cause::TimedOut));
    let link = |cut| {
        move |world: &mut World, _| {
            let state = LinkState { cut, ..LinkState::default() };
            world.with(|plane, ctx| plane.set_link(ctx, Place::Zone(0), Place::Users, state));
        }
    };
    assert_eq!(disturbed(link(true), link(false)), Ok(9000.0));
}

#[test]
fn slowness_and_errors_strike_as_told() {
    let run = |condition: Condition, rate: f64| {
        let (mut world, server) = steady(Duration::from_millis(500), 1, 30);
        world.condition(server, condition);
        world.traffic(Arrivals::Even(rate), secs(1000));
        world.finish();
        (world.plane.latency().mean_ms, world.failed(Cause::ServerError))
    };
    assert_eq!(run(Condition { slow: 1600, ..READY }, 1.0), (800.0, 0));
    let (latency, errors) = run(Condition { errors: 250_000, ..READY }, 1.0);
    assert_eq!(latency, 500.0);
    // Four standard errors of a thousand draws.
    assert!(errors.abs_diff(250) < 55, "{errors}");
    let strained = Condition { slow: 1600, above_load: 600, ..READY };
    assert_eq!(run(strained, 1.0).0, 500.0, "half its time it has nothing to do");
    assert!(run(strained, 1.5).0 > 600.0);
    assert_eq!(run(Condition { delay_ns: 3_000_000, ..READY }, 1.0).0, 506.0);
}

#[test]
fn a_full_queue_turns_away_and_a_draining_server_says_when_it_is_idle() {
    let (mut world, server) = steady(secs(10), 1, 300);
    world.traffic(Arrivals::Even(1.0), secs(10));
    world.run(at(10));
    // One is worked on, five wait, the other four of the ten were turned away.
    assert_eq!(world.plane.in_flight(server), 6);
    assert_eq!(world.failed(Cause::QueueFull), 4);
    world.with(|plane, ctx| plane.set_draining(ctx, server, true));
    assert_eq!(world.notices, []);
    world.run(at(60));
    assert_eq!(world.notices, []);
    world.run(at(61));
    assert_eq!(world.notices, [Notice::Idle(server)]);
    world.with(|plane, ctx| plane.set_draining(ctx, server, true));
    assert_eq!(world.notices, [Notice::Idle(server); 2], "at once when nothing is in flight");
    assert!(world.plane.load(server, at(61)) > 0.99);
    assert_eq!(world.plane.load(server, at(120)), 0.0);
}

#[test]
fn a_check_ends_as_the_condition_says() {
    let (mut world, server) = steady(secs(2), 1, 300);
    let mut probe = |condition| {
        world.condition(server, condition);
        world.plane.probe(server, Place::Zone(0), secs(5))
    };
    for (condition, right) in [
        (READY, Probe::Passed),
        (Condition::WELL, Probe::Failed),
        (OFF, Probe::TimedOut),
        (Condition { silent: false, ..OFF }, Probe::Failed),
        (Condition { frozen: true, ..READY }, Probe::TimedOut),
        (Condition { isolated: true, ..READY }, Probe::TimedOut),
        (Condition { errors: 1_000_000, ..READY }, Probe::Passed),
        (Condition { loss: 1_000_000, ..READY }, Probe::TimedOut),
        (Condition { delay_ns: 2_500_000_000, ..READY }, Probe::TimedOut),
    ] {
        assert_eq!(probe(condition), right, "{condition:?}");
    }
    world.condition(server, READY);
    let cut = LinkState { cut: true, ..LinkState::default() };
    world.with(|plane, ctx| plane.set_link(ctx, Place::Zone(0), Place::Users, cut));
    assert_eq!(world.plane.probe(server, Place::Users, secs(5)), Probe::TimedOut);
    assert_eq!(world.plane.probe(server, Place::Zone(0), secs(5)), Probe::Passed);
}

#[test]
fn a_long_queue_fails_checks_and_says_when_it_begins_and_ends() {
    let (mut world, server) = steady(secs(2), 1, 300);
    let check = |world: &mut World| world.plane.probe(server, Place::Zone(0), secs(5));
    assert_eq!(check(&mut world), Probe::Passed);
    world.traffic(Arrivals::Even(4.0), secs(1));
    world.run(at(1));
    // One is worked on, three wait: a fourth would wait eight seconds. It began with the second.
    assert_eq!(world.notices, [Notice::ChecksMayDiffer(server)]);
    assert_eq!(check(&mut world), Probe::TimedOut);
    world.run(at(3));
    assert_eq!((check(&mut world), world.notices.len()), (Probe::TimedOut, 1), "two wait");
    world.run(at(5));
    assert_eq!((check(&mut world), world.notices.len()), (Probe::Passed, 2), "one waits");
}
