//! Zones that are cut off: who notices, who goes on serving, and how often what cannot work is tried again.

use ha_core::{
    Balancer, Dns, Pool, Topology,
    fault::Fault,
    topology::{Exposure, Network, ValidTopology},
};
use ha_local::sim::{Profile, Run, Sim, Traffic};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

fn web() -> Pool {
    Pool::new("web").release("1").size(6..=8).capacity(6).ready("/healthz", 120 * Duration::from_secs(1))
}

fn alone() -> ValidTopology {
    let site = Topology::new("shop").zones(["a", "b", "c"]).with(web());
    let site = site.network(Network { instances: Exposure::Public, ..Network::default() });
    site.with(Dns::round_robin("shop.example", "web").ttl(MINUTE)).validate().unwrap()
}

fn balanced() -> ValidTopology {
    let site = Topology::new("shop").zones(["a", "b", "c"]).with(web());
    let site = site.with(Balancer::http("front").to("web")).with(Dns::apex("shop.example").to("front"));
    site.validate().unwrap()
}

fn run(site: &ValidTopology, profile: Profile, fault: Fault) -> Run {
    let sim = Sim::new(site, 7).profile(profile).traffic(Traffic::poisson(30.0)).length(120 * MINUTE);
    sim.at("20m", fault.lasts(60 * MINUTE)).run()
}

fn told(run: &Run, text: &str) -> usize {
    run.records().iter().filter(|record| record.what.contains(text)).count()
}

#[test]
fn a_pool_that_no_balancer_checks_notices_that_a_zone_is_cut_off_and_refills_elsewhere() {
    let run = run(&alone(), Profile::ideal(), Fault::zone_network("a"));
    assert!(told(&run, "given up: failing checks") >= 2, "{run}");
    assert!(told(&run, "web-b-3") > 0 && told(&run, "web-c-3") > 0, "{run}");
    assert!(run.report().converged, "{run}");
    assert!(run.report().availability() > 0.98, "{run}");
}

#[test]
fn an_endpoint_that_is_cut_off_from_the_other_zones_serves_from_its_own_or_leaves_the_name() {
    for profile in [Profile::ideal(), Profile::aws()] {
        let cut = Fault::new("link.cut", "link:a-others").unwrap();
        let run = run(&balanced(), profile, cut);
        assert!(run.report().availability() > 0.99, "{run}");
        assert!(run.report().converged, "{run}");
    }
}

#[test]
fn a_cut_zone_is_no_storm_of_launches_under_a_brake() {
    let cut = Fault::new("link.cut", "link:a-others").unwrap();
    let run = run(&balanced(), Profile::aws(), cut);
    // Its places are filled elsewhere; now and then the zone is tried again, once in a boot budget and a back-off.
    let launched = told(&run, "launched with release");
    assert!(launched <= 30, "{launched}: {run}");
}
