//! What a failing assertion says first: the dip, what led to it, and the first fix that would help.

use ha_core::{Balancer, Dns, Pool, Topology, fault::Fault};
use ha_local::sim::{Run, Sim, Traffic};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

fn shop(instances: u32) -> Sim {
    let site = Topology::new("shop")
        .zones(["a", "b", "c"])
        .with(
            Pool::new("web")
                .release("1")
                .size(instances..=instances + 1)
                .capacity(instances)
                .ready("/healthz", Duration::from_secs(90)),
        )
        .with(Balancer::http("front").to("web"))
        .with(Dns::apex("shop.example").to("front"));
    Sim::new(&site.validate().unwrap(), 42).length(45 * MINUTE)
}

/// The lines before the first empty one, in one.
fn told(run: &Run) -> String {
    let text = run.to_string();
    let first = text.split("\n\n").next().unwrap_or_default();
    first.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn says(run: &Run, parts: &[&str]) {
    let told = told(run);
    for part in parts {
        assert!(told.contains(part), "{part:?} is not in: {told}\n{run}");
    }
}

#[test]
fn a_crowd_that_is_too_large_asks_for_a_larger_pool() {
    let crowd = Traffic::poisson(60.0).crowd(20 * MINUTE, MINUTE, 5 * MINUTE, 8.0);
    let run = shop(3).traffic(crowd).run();
    says(&run, &["after 00:20:00 users: a crowd comes", "first fix: ", "a larger pool"]);
}

#[test]
fn a_bad_release_for_everybody_asks_for_smaller_batches() {
    let run =
        shop(3).traffic(Traffic::poisson(20.0)).at("20m", Fault::release_errors("web", 0.5)).without_loop(true).run();
    says(&run, &["fault: a bad release of pool web is asked for: 50 % of its answers", "a smaller first batch"]);
    assert_eq!(run.time_to_recover(), None, "{run}");
}

#[test]
fn a_zone_that_is_lost_with_servers_to_spare_asks_for_faster_checks() {
    let run = shop(6).traffic(Traffic::poisson(60.0)).at("20m", Fault::zone_power("a")).run();
    says(&run, &["after 00:20:00 fault: zone a loses power", "a shorter interval of the balancer's health check"]);
    assert!(run.time_to_recover() < Some(3 * MINUTE), "{run}");
}

#[test]
fn what_nobody_feels_is_no_dip() {
    let run = shop(6).traffic(Traffic::poisson(20.0)).at("20m", Fault::api_down("pool").lasts(10 * MINUTE)).run();
    says(&run, &["100 % of", "No dip"]);
    assert_eq!(run.time_to_recover(), Some(Duration::ZERO), "{run}");
}
