//! What must move with what, in a few seeds of small traffic; `cargo xtask laws` tries many sites, faults and seeds.

use ha_core::{
    fault::Fault,
    topology::{Balancer, Dns, Exposure, Network, Pool, Topology, ValidTopology},
};
use ha_local::sim::{Distribution, Profile, Report, Sim, Traffic, Workload, workload::Service};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
const SEEDS: u64 = 4;

fn balanced(instances: u32) -> ValidTopology {
    let web = Pool::new("web").release("1").size(instances..=instances + 4).capacity(instances).ready("/", MINUTE * 4);
    let site = Topology::new("site").zones(["a", "b", "c"]).with(web).with(Balancer::http("front").to("web"));
    site.with(Dns::apex("shop.example").to("front")).validate().unwrap()
}

fn direct(ttl: Duration) -> ValidTopology {
    let network = Network { instances: Exposure::Public, ..Network::default() };
    let web = Pool::new("web").release("1").size(6..=9).capacity(6).ready("/", MINUTE * 4);
    let site = Topology::new("site").zones(["a", "b"]).network(network).with(web);
    site.with(Dns::round_robin("shop.example", "web").ttl(ttl)).validate().unwrap()
}

/// An hour of six instances at a load of 0.56; the sum of a figure over the seeds.
fn sum(site: &ValidTopology, profile: &Profile, faults: &[&str], figure: fn(&Report) -> f64) -> f64 {
    let service =
        Service { time: Distribution::Constant { mean: Duration::from_millis(400) }, concurrency: 1, queue: 64 };
    let run = |seed| {
        let mut sim = Sim::new(site, seed)
            .profile(profile.clone())
            .workload(Workload::of([("web".into(), service)]))
            .traffic(Traffic::poisson(8.4).to("shop.example"))
            .length(MINUTE * 60);
        for text in faults {
            let fault: Fault = text.parse().unwrap();
            sim = sim.at(&ha_core::time::show(fault.at), fault);
        }
        figure(sim.run().report())
    };
    (1..=SEEDS).map(run).sum()
}

fn failed(report: &Report) -> f64 {
    report.intents.failed as f64
}
/// When the last dip ended.
fn tail(report: &Report) -> f64 {
    report.dips().iter().map(|dip| dip.until.0 as f64 / 1e9).fold(600.0, f64::max)
}
/// When the worst dip began.
fn dip(report: &Report) -> f64 {
    report.dips().into_iter().max_by_key(|dip| dip.failed).map_or(0.0, |dip| dip.from.0 as f64 / 1e9)
}

const KILL: &str = r#"{ at = "10m", where = "instances:4 of pool:web", fault = "instances.kill" }"#;
const POWER: &str = r#"{ at = "10m", lasts = "20m", where = "zone:a", fault = "zone.power" }"#;

#[test]
fn a_removed_fault_never_raises_what_fails() {
    let (site, aws) = (balanced(6), Profile::aws());
    let (none, kill) = (sum(&site, &aws, &[], failed), sum(&site, &aws, &[KILL], failed));
    let (power, both) = (sum(&site, &aws, &[POWER], failed), sum(&site, &aws, &[KILL, POWER], failed));
    assert!(none < kill && none < power && power < both, "{none} {kill} {power} {both}");
}

#[test]
fn a_moved_fault_moves_the_dip() {
    let later = r#"{ at = "30m", where = "instances:4 of pool:web", fault = "instances.kill" }"#;
    let (site, aws) = (balanced(6), Profile::aws());
    let moved = sum(&site, &aws, &[later], dip) - sum(&site, &aws, &[KILL], dip);
    assert_eq!(moved, SEEDS as f64 * 1200.0);
}

#[test]
fn slower_boots_recover_later_and_more_servers_fail_less() {
    let (aws, mut slow) = (Profile::aws(), Profile::aws());
    slow.boot.ready = Distribution::Constant { mean: MINUTE * 3 };
    let site = balanced(6);
    let (quick, slow) = (sum(&site, &aws, &[KILL], tail), sum(&site, &slow, &[KILL], tail));
    assert!(quick < slow, "{quick} {slow}");
    let (few, many) = (sum(&site, &aws, &[KILL], failed), sum(&balanced(9), &aws, &[KILL], failed));
    assert!(many < few, "{many} {few}");
}

#[test]
fn longer_caching_has_a_longer_tail() {
    let aws = Profile::aws();
    let (short, long) = (sum(&direct(MINUTE), &aws, &[KILL], tail), sum(&direct(MINUTE * 10), &aws, &[KILL], tail));
    assert!(short < long, "{short} {long}");
}
