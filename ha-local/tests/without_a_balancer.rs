//! Roll-outs that few users or no balancer measure: what their gate sees, what it does not, and who is told.

use ha_core::{
    Balancer, Dns, Pool, Topology,
    fault::Fault,
    topology::{Exposure, Network, ValidTopology},
};
use ha_local::sim::{Run, Sim, Traffic};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

fn web() -> Pool {
    Pool::new("web").release("1").size(4..=5).capacity(4).ready("/healthz", 90 * Duration::from_secs(1))
}

/// Four instances that a name answers directly.
fn alone() -> ValidTopology {
    let site = Topology::new("shop").zones(["a", "b"]).with(web());
    let site = site.network(Network { instances: Exposure::Public, ..Network::default() });
    site.with(Dns::round_robin("shop.example", "web").ttl(MINUTE)).validate().unwrap()
}

fn balanced() -> ValidTopology {
    let site = Topology::new("shop").zones(["a", "b"]).with(web());
    let site = site.with(Balancer::http("front").to("web")).with(Dns::apex("shop.example").to("front"));
    site.validate().unwrap()
}

fn run(site: &ValidTopology, per_second: f64, fault: Fault) -> Run {
    let sim = Sim::new(site, 7).traffic(Traffic::poisson(per_second)).length(180 * MINUTE);
    sim.at("20m", fault).run()
}

fn for_ever(effect: &str) -> Fault {
    Fault::new(effect, "pool:web").unwrap().lasts(160 * MINUTE)
}

fn told(run: &Run, text: &str) -> usize {
    run.records().iter().filter(|record| record.what.contains(text)).count()
}

#[test]
fn a_release_that_is_never_ready_is_rejected_without_a_balancer() {
    let run = run(&alone(), 2.0, for_ever("release.never_ready"));
    assert_eq!(told(&run, "is rejected: "), 1, "{run}");
    assert_eq!(run.report().capacity_floor(), 4, "nobody that serves was taken out for it: {run}");
}

#[test]
fn a_release_that_dies_is_rejected_without_a_balancer() {
    let crashes = for_ever("release.crashes").with(|set| set.after = Some(Duration::from_secs(100)));
    let run = run(&alone(), 2.0, crashes);
    assert_eq!(told(&run, "is rejected: "), 1, "{run}");
    assert!(run.report().capacity_floor() >= 3, "{run}");
}

#[test]
fn errors_that_nobody_measures_reach_everybody_and_that_was_said_before() {
    let run = run(&alone(), 2.0, Fault::release_errors("web", 0.5));
    assert!(told(&run, "passed its gate everywhere") > 0, "{run}");
    assert!(told(&run, ha_core::plan::UNMEASURED) > 0, "{run}");
    let measured = run_balanced();
    assert_eq!((told(&measured, "is rejected: "), told(&measured, ha_core::plan::UNMEASURED)), (1, 0), "{measured}");
}

/// The same behind a balancer.
fn run_balanced() -> Run {
    run(&balanced(), 2.0, Fault::release_errors("web", 0.5))
}

#[test]
fn a_small_site_rolls_out_by_the_requests_of_many_minutes() {
    let good = || Fault::operator_release("web");
    let small = run(&balanced(), 0.2, good());
    assert!(told(&small, "passed its gate everywhere") > 0, "three requests a minute reach the candidate: {small}");
    let tiny = run(&balanced(), 0.01, good());
    assert_eq!(told(&tiny, "passed its gate everywhere"), 0, "{tiny}");
    let waits = tiny.report().not_converged.join("; ");
    assert!(waits.contains("fewer than 20 requests") && waits.contains("no_reading"), "{waits}");
}

#[test]
fn a_small_site_rejects_what_answers_with_errors() {
    let small = run(&balanced(), 0.2, Fault::release_errors("web", 0.5));
    assert_eq!(told(&small, "is rejected: "), 1, "{small}");
}
