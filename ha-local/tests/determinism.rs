//! A seed is a day: whatever else is different, the same things happen at the same instants.

use ha_core::{
    fault::Fault,
    topology::{Balancer, Dns, Pool, Topology, ValidTopology},
};
use ha_local::sim::{Profile, Run, Sim, Traffic};
use std::{sync::atomic::AtomicUsize, sync::atomic::Ordering, thread, time::Duration};

const MINUTE: Duration = Duration::from_secs(60);

/// Faults of every level, at round times and for round times: when a turn might begin as well.
const FAULTS: [&str; 29] = [
    r#"{ at = "30m", lasts = "30m", where = "zone:a", fault = "zone.power" }"#,
    r#"{ at = "30m", lasts = "20m", where = "zone:b", fault = "zone.network" }"#,
    r#"{ at = "30m", where = "instances:2 of pool:web", fault = "instances.kill" }"#,
    r#"{ at = "30m", lasts = "10m", where = "instances:2 of pool:web", fault = "instances.hang" }"#,
    r#"{ at = "30m", lasts = "30m", where = "share:0.5 of pool:web", fault = "instances.errors", rate = 0.5 }"#,
    r#"{ at = "30m", lasts = "30m", where = "zone:c", fault = "zone.slow", times = 8, ramp = "10m" }"#,
    r#"{ at = "30m", lasts = "20m", where = "link:users-all", fault = "link.loss", rate = 0.3 }"#,
    r#"{ at = "30m", lasts = "20m", where = "link:a-others", fault = "link.cut" }"#,
    r#"{ at = "0s", lasts = "1h", where = "zone:b", fault = "capacity.none" }"#,
    r#"{ at = "30m", lasts = "10m", where = "service:pool", fault = "api.down" }"#,
    r#"{ at = "30m", lasts = "30m", where = "service:*", fault = "api.error", rate = 0.3 }"#,
    r#"{ at = "30m", lasts = "30m", where = "service:dns", fault = "api.throttle", rate = 0.8 }"#,
    r#"{ at = "30m", lasts = "30m", where = "balancer:*", fault = "balancer.flap", rate = 0.3, period = "1m" }"#,
    r#"{ at = "30m", lasts = "10m", where = "balancer:front in zone:a", fault = "balancer.down" }"#,
    r#"{ at = "30m", lasts = "10m", where = "balancer:*", fault = "balancer.stale", age = "20m" }"#,
    r#"{ at = "30m", lasts = "10m", where = "record:*", fault = "dns.empty" }"#,
    r#"{ at = "30m", lasts = "10m", where = "share:0.5 of users", fault = "dns.unresolvable", rate = 0.5 }"#,
    r#"{ at = "30m", lasts = "10m", where = "store:*", fault = "store.down" }"#,
    r#"{ at = "30m", lasts = "1h", where = "pool:web", fault = "release.crashes", after = "10m" }"#,
    r#"{ at = "30m", lasts = "1h", where = "pool:web", fault = "release.errors", rate = 0.4 }"#,
    r#"{ at = "30m", lasts = "30m", where = "service:pool", fault = "view.stale", age = "2m" }"#,
    r#"{ at = "30m", lasts = "30m", where = "share:0.3 of service:pool", fault = "view.missing" }"#,
    r#"{ at = "30m", lasts = "30m", where = "metric:*", fault = "metrics.gap" }"#,
    r#"{ at = "30m", lasts = "30m", where = "metric:errors", fault = "metrics.delay", delay = "5m" }"#,
    r#"{ at = "30m", where = "controller", fault = "clock.jump", seconds = -90 }"#,
    r#"{ at = "30m", lasts = "30m", where = "controller", fault = "controller.down" }"#,
    r#"{ at = "30m", lasts = "5m", where = "controller", fault = "controller.pause" }"#,
    r#"{ at = "30m", lasts = "30m", where = "controller", fault = "controller.second" }"#,
    r#"{ at = "30m", where = "zone:a", fault = "operator.evacuate" }"#,
];

fn shop() -> Topology {
    let web = Pool::new("web").release("1").size(4..=8).capacity(6).ready("/", MINUTE * 3);
    Topology::new("shop")
        .zones(["a", "b", "c"])
        .with(web)
        .with(Balancer::http("front").to("web"))
        .with(Dns::apex("shop.example").to("front"))
}

/// Ninety minutes with this fault, and a release before it.
fn day(site: &ValidTopology, seed: u64, fault: &str) -> Sim {
    let fault: Fault = fault.parse().unwrap();
    let traffic = Traffic::poisson(3.0).to("shop.example");
    let sim = Sim::new(site, seed).profile(Profile::aws()).traffic(traffic).length(MINUTE * 90);
    let at = ha_core::time::show(fault.at);
    sim.at("20m", Fault::operator_release("web")).at(&at, fault)
}

/// Everything that a run tells: with another, equal only if nothing happened otherwise.
fn told(run: &Run) -> String {
    let records: Vec<String> = run.records().iter().map(|it| format!("{} {} {}", it.at, it.lane, it.what)).collect();
    format!("{}\n{:#?}", records.join("\n"), run.report())
}

/// The first line in which two runs differ.
fn difference<'a>(one: &'a str, other: &'a str) -> Option<(&'a str, &'a str)> {
    one.lines().zip(other.lines()).find(|(one, other)| one != other)
}

#[test]
fn what_cannot_change_anything_changes_nothing() {
    let site = shop().validate().unwrap();
    for fault in FAULTS {
        let lazy = day(&site, 7, fault).run();
        let eager = day(&site, 7, fault).run_everything(true).run();
        let (lazy_told, eager_told) = (told(&lazy), told(&eager));
        assert_eq!(difference(&lazy_told, &eager_told), None, "{fault}");
        assert_eq!(lazy.trace_hash, eager.trace_hash, "{fault}");
        assert!(lazy_told == eager_told, "{fault}");
    }
}

#[test]
fn a_seed_is_the_same_day_twice_and_on_another_thread_and_under_somebodys_eyes() {
    let site = shop().validate().unwrap();
    let first = told(&day(&site, 3, FAULTS[0]).run());
    assert!(first == told(&day(&site, 3, FAULTS[0]).run()));
    let threads: Vec<_> =
        (0..2).map(|_| day(&site, 3, FAULTS[0])).map(|sim| thread::spawn(|| told(&sim.run()))).collect();
    for thread in threads {
        assert!(first == thread.join().unwrap());
    }
    static TOLD: AtomicUsize = AtomicUsize::new(0);
    let watched = day(&site, 3, FAULTS[0]).progress(|_| {
        TOLD.fetch_add(1, Ordering::Relaxed);
    });
    assert!(first == told(&watched.run()));
    assert_eq!(TOLD.load(Ordering::Relaxed), 100);
}

#[test]
fn another_seed_is_another_day_of_the_same_kind() {
    let site = shop().validate().unwrap();
    let runs: Vec<Run> = (0..4).map(|seed| day(&site, seed, FAULTS[0]).run()).collect();
    for (nth, run) in runs.iter().enumerate() {
        // Four standard deviations of a Poisson count.
        let expected = 3.0 * 5400.0;
        let offered = run.intents.offered as f64;
        assert!((offered - expected).abs() < 4.0 * f64::sqrt(expected), "{offered}");
        assert!(runs[..nth].iter().all(|other| other.trace_hash != run.trace_hash));
    }
}

#[test]
fn another_pool_changes_no_draw_of_the_others() {
    let alone = shop().validate().unwrap();
    let admin = Pool::new("admin").release("1").size(2..=4).capacity(2).ready("/", MINUTE * 3);
    // Named so that it comes first in every order.
    let backstage = Pool::new("a-first").release("1").size(2..=4).capacity(3).ready("/", MINUTE * 3);
    let beside = shop()
        .with(admin)
        .with(backstage)
        .with(Balancer::http("back").to("admin"))
        .with(Dns::apex("admin.example").to("back"))
        .validate()
        .unwrap();
    for fault in [
        FAULTS[0],
        FAULTS[3],
        FAULTS[5],
        FAULTS[16],
        r#"{ at = "30m", where = "instances:2 of pool:web", fault = "instances.kill" }"#,
    ] {
        let (one, other) = (day(&alone, 5, fault).run(), day(&beside, 5, fault).run());
        assert_eq!(one.intents, other.intents, "{fault}");
        assert_eq!(one.failures, other.failures, "{fault}");
        assert_eq!(one.latency_ms, other.latency_ms, "{fault}");
        let seen =
            |run: &Run| run.series.buckets.iter().map(|it| (it.offered, it.served, it.mean_ms)).collect::<Vec<_>>();
        assert_eq!(seen(&one), seen(&other), "{fault}");
    }
}
