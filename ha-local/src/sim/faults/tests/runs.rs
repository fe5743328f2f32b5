//! Faults in whole runs: what is told, what changes, and that it is over when it is over.

use super::{read, site};
use crate::sim::{Profile, Sim, run::Run};
use ha_core::{fault::Fault, topology::Capacity};
use std::time::Duration;

/// Three hours of the site with these faults, given as they are written.
fn run(events: &[&str]) -> Run {
    let mut sim = Sim::new(&site(), 7).profile(Profile::aws()).length(Duration::from_secs(3 * 3600));
    for event in events {
        let fault: Fault = read(event);
        let at = ha_core::time::show(fault.at);
        sim = sim.at(&at, fault);
    }
    sim.run()
}

fn told(run: &Run, text: &str) -> usize {
    run.records().iter().filter(|record| record.what.contains(text)).count()
}

/// How often the effect changed something.
fn consequences(run: &Run, effect: &str) -> u64 {
    run.world().faults.consequences().get(effect).copied().unwrap_or(0)
}

fn story(run: &Run) -> String {
    let lines = run.records().iter().map(|record| format!("{} {} {}", record.at, record.lane, record.what));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_zone_without_power_is_empty_until_it_is_back() {
    let run = run(&["{ at = \"30m\", lasts = \"1h\", where = \"zone:a\", fault = \"zone.power\", tail = \"10m\" }"]);
    assert_eq!((told(&run, "zone a loses power"), told(&run, "zone a has power again")), (1, 1), "{}", story(&run));
    assert!(told(&run, "is lost") >= 2, "{}", story(&run));
    assert!(consequences(&run, "zone.power") >= 2);
}

#[test]
fn a_lost_instance_is_gone_for_good() {
    let run =
        run(&["{ at = \"30m\", where = \"instances:2 of pool:web\", fault = \"instances.kill\", stagger = \"5m\" }"]);
    assert_eq!(consequences(&run, "instances.kill"), 2);
    assert_eq!(told(&run, "gone with memory and disks"), 1);
    assert_eq!(told(&run, "is lost"), 2, "{}", story(&run));
}

#[test]
fn a_release_is_asked_for_and_a_bad_one_fails() {
    let run = run(&["{ at = \"30m\", lasts = \"forever\", where = \"pool:web\", fault = \"release.never_ready\" }"]);
    let wanted = run.world().wanted.topology();
    assert_eq!(wanted.pools[0].release.as_str(), "v1+1");
    assert_eq!(wanted.generation, 1);
    assert_eq!(told(&run, "it is called release v1+1 of pool web"), 1, "{}", story(&run));
    assert!(consequences(&run, "release.never_ready") > 1, "{}", story(&run));
}

#[test]
fn a_release_that_crashes_dies_so_long_after_it_could_serve() {
    let event =
        "{ at = \"30m\", lasts = \"forever\", where = \"pool:web\", fault = \"release.crashes\", after = \"90s\" }";
    assert!(told(&run(&[event]), "dies") > 0);
    let named =
        "{ at = \"30m\", lasts = \"forever\", where = \"release:a1\", fault = \"release.crashes\", after = \"1h\" }";
    let run = run(&[named]);
    assert_eq!(consequences(&run, "release.crashes") > 1, told(&run, "is lost") > 1, "{}", story(&run));
}

#[test]
fn an_operator_changes_the_topology_or_is_refused() {
    let resized = run(&["{ at = \"30m\", where = \"pool:web\", fault = \"operator.resize\", most = 8 }"]);
    assert_eq!(resized.world().wanted.topology().pools[0].capacity, Capacity::Fixed(8));
    let refused = run(&["{ at = \"30m\", where = \"pool:web\", fault = \"operator.resize\", most = 80 }"]);
    assert_eq!(refused.world().wanted.topology().pools[0].capacity, Capacity::Fixed(6));
    assert_eq!(told(&refused, "it is refused: "), 1, "{}", story(&refused));
    let moved = run(&[
        "{ at = \"30m\", where = \"zone:a\", fault = \"operator.evacuate\" }",
        "{ at = \"2h\", where = \"zone:a\", fault = \"operator.reopen\" }",
        "{ at = \"30m\", where = \"instances:1 of pool:admin\", fault = \"operator.hold\" }",
    ]);
    let wanted = moved.world().wanted.topology();
    assert_eq!((wanted.closed.len(), wanted.pools[1].hold.len(), wanted.generation), (0, 1, 3), "{}", story(&moved));
}

#[test]
fn our_loop_dies_pauses_and_comes_back() {
    let down = run(&[
        "{ at = \"30m\", lasts = \"1h\", where = \"controller\", fault = \"controller.down\" }",
        "{ at = \"1h\", lasts = \"1h\", where = \"controller\", fault = \"controller.down\" }",
        "{ at = \"70m\", where = \"pool:web\", fault = \"operator.resize\", most = 8 }",
    ]);
    assert_eq!(down.world().tasks.controllers().len(), 1, "{}", story(&down));
    let loops = |run: &Run, from: u64, to: u64| {
        let within = |at: ha_core::time::Timestamp| (from..to).contains(&(at.0 / 60_000_000_000));
        let ours = |record: &&crate::sim::engine::trace::Record| record.lane == crate::sim::engine::trace::Lane::Loop;
        run.records().iter().filter(ours).filter(|record| within(record.at)).count()
    };
    assert_eq!(loops(&down, 71, 120), 0, "{}", story(&down));
    assert!(loops(&down, 120, 180) > 0, "{}", story(&down));
    let paused = run(&[
        "{ at = \"30m\", lasts = \"1h\", where = \"controller\", fault = \"controller.pause\" }",
        "{ at = \"40m\", where = \"pool:web\", fault = \"operator.resize\", most = 8 }",
    ]);
    assert_eq!(loops(&paused, 31, 90), 0, "{}", story(&paused));
    assert!(loops(&paused, 90, 180) > 0, "{}", story(&paused));
}

#[test]
fn a_second_loop_comes_and_goes_and_clocks_go_wrong() {
    let run = run(&[
        "{ at = \"30m\", lasts = \"1h\", where = \"controller\", fault = \"controller.second\" }",
        "{ at = \"2h\", where = \"controller\", fault = \"clock.jump\", seconds = -90 }",
        "{ at = \"2h\", lasts = \"10m\", where = \"controller\", fault = \"clock.drift\", ppm = 1000 }",
    ]);
    let controllers = run.world().tasks.controllers();
    assert_eq!(controllers.len(), 1, "{}", story(&run));
    let clock = run.world().tasks.get(controllers[0]).unwrap().clock;
    assert_eq!((clock.ppm, clock.offset_ns, clock.ran_ns), (0, -90_000_000_000, 600_000_000));
}

#[test]
fn what_is_struck_by_hand_is_healed_by_hand() {
    let mut sim = Sim::new(&site(), 7).length(Duration::from_secs(3600));
    let mut simulation = sim.start().unwrap();
    simulation.run_for(Duration::from_secs(3600));
    let power = Fault::zone_power("b");
    let number = simulation.state().world.strike(&power).unwrap();
    assert!(simulation.state().world.faults.zone_is_off(1));
    simulation.run_for(Duration::from_secs(600));
    simulation.state().world.heal(number);
    assert!(!simulation.state().world.faults.zone_is_off(1));
    assert!(simulation.state().world.strike(&Fault::new("cache.flush", "cache:*").unwrap()).is_err());
}

#[test]
fn every_fault_with_users_or_checks_in_its_way_has_a_consequence() {
    let traffic = crate::sim::Traffic::daily(20.0);
    let events = [
        "lasts = \"20m\", where = \"link:users-all\", fault = \"link.loss\", rate = 0.3",
        "lasts = \"20m\", where = \"link:users-all\", fault = \"link.congested\", carries = 0.5",
        "lasts = \"20m\", where = \"link:a-others\", fault = \"link.cut\"",
        "lasts = \"20m\", where = \"link:balancer:front-pool:web\", fault = \"link.delay\", delay = \"80ms\"",
        "lasts = \"20m\", where = \"balancer:front in zone:a\", fault = \"balancer.down\"",
        "lasts = \"20m\", where = \"balancer:*\", fault = \"balancer.error\", rate = 0.1, ramp = \"10m\"",
        "lasts = \"20m\", where = \"balancer:*\", fault = \"balancer.flap\", rate = 0.5, period = \"1m\"",
        "lasts = \"20m\", where = \"balancer:*\", fault = \"balancer.stale\", age = \"1h\"",
        "lasts = \"20m\", where = \"record:*\", fault = \"dns.empty\"",
        "lasts = \"20m\", where = \"users\", fault = \"dns.unresolvable\", rate = 1",
        "lasts = \"20m\", where = \"share:0.1 of users\", fault = \"dns.stale\"",
        "lasts = \"20m\", where = \"zone:b\", fault = \"zone.network\"",
        "lasts = \"20m\", where = \"zone:b\", fault = \"zone.slow\", times = 3, rate = 0.1",
        "lasts = \"20m\", where = \"share:0.3 of pool:web\", fault = \"instances.stop\", lost = 0.5, tail = \"5m\"",
        "lasts = \"20m\", where = \"pool:web\", fault = \"release.latent\", rate = 0.9",
        "lasts = \"2h\", where = \"pool:web\", fault = \"release.one_way\"",
        "lasts = \"2h\", where = \"pool:web\", fault = \"release.leaks\", after = \"20m\"",
        "lasts = \"20m\", where = \"service:pool\", fault = \"view.stale\", age = \"2m\"",
        "lasts = \"20m\", where = \"service:*\", fault = \"view.page_shift\", rate = 1",
        "lasts = \"20m\", where = \"service:*\", fault = \"api.throttle\", rate = 0.8",
        "lasts = \"20m\", where = \"store:*\", fault = \"store.down\"",
        "lasts = \"20m\", where = \"metric:*\", fault = \"metrics.gap\"",
    ];
    for event in events {
        let fault = read(&format!("{{ at = \"30m\", {event} }}"));
        let effect = fault.effect;
        let sim = Sim::new(&site(), 7).traffic(traffic.clone()).length(Duration::from_secs(3600 * 5 / 2));
        let run = sim.at("30m", fault).run();
        assert!(consequences(&run, effect) > 0, "{effect}\n{}", story(&run));
    }
}

#[test]
fn those_struck_come_back_one_after_the_other_and_the_lost_ones_never() {
    let mut simulation = Sim::new(&site(), 7).start().unwrap();
    simulation.run_for(Duration::from_secs(3600));
    let fault = "{ at = \"0s\", lasts = \"10m\", where = \"pool:web\", fault = \"instances.stop\", tail = \"10m\", lost = 0.5 }";
    let number = simulation.state().world.strike(&read(fault)).unwrap() as usize;
    let mut struck = Vec::new();
    for minutes in [1, 8, 2, 5, 5] {
        let now = |simulation: &crate::sim::Simulation| simulation.state().world.faults.all[number].memory.struck.len();
        simulation.run_for(Duration::from_secs(minutes * 60));
        struck.push(now(&simulation));
    }
    // Of six, three never come back; of the other three the first is back at once, the last within the tail.
    assert_eq!(struck, [6, 6, 2, 1, 0]);
}

#[test]
fn who_boots_where_no_name_is_answered_never_serves() {
    let lost = "{ at = \"40m\", where = \"instance:web-a-1\", fault = \"instances.kill\" }";
    let names = "{ at = \"30m\", lasts = \"1h\", where = \"zone:*\", fault = \"dns.unresolvable\", rate = 1 }";
    let run = run(&[names, lost]);
    assert!(consequences(&run, "dns.unresolvable") >= 1, "{}", story(&run));
    assert!(told(&run, "given up: not ready in time") >= 1, "{}", story(&run));
    assert!(run.report().converged, "{run}");
}

#[test]
fn caches_that_hold_no_address_of_the_store_prolong_its_loss() {
    let empty = "{ at = \"30m\", lasts = \"20m\", where = \"store:*\", fault = \"dns.empty\" }";
    let stale = "{ at = \"50m\", lasts = \"20m\", where = \"store:*\", fault = \"dns.stale\" }";
    assert!(consequences(&run(&[empty, stale]), "dns.stale") > 0);
    assert_eq!(consequences(&run(&[stale]), "dns.stale"), 0, "a good address that is kept too long does no harm");
}

#[test]
fn a_second_loop_that_is_down_when_its_time_is_over_does_not_come_back() {
    let second = "{ at = \"30m\", lasts = \"20m\", where = \"controller\", fault = \"controller.second\" }";
    let down = "{ at = \"40m\", lasts = \"30m\", where = \"controller\", fault = \"controller.down\" }";
    let run = run(&[second, down]);
    assert_eq!(run.world().tasks.controllers().len(), 1, "{}", story(&run));
}
