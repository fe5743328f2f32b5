//! What a failing assertion says first: the dip, what led to it, and the first fix that would help.

use ha_core::{
    Balancer, Dns, Pool, Topology,
    fault::Fault,
    topology::{Endpoint, HealthCheck, Rollout},
};
use ha_local::sim::{Run, Sim, Traffic};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

fn shop(instances: u32) -> Sim {
    shop_of(pool(instances), front(), apex())
}

fn pool(instances: u32) -> Pool {
    let pool = Pool::new("web").release("1").size(instances..=instances + 3).capacity(instances);
    pool.ready("/healthz", Duration::from_secs(90))
}

fn front() -> Balancer {
    Balancer::http("front").to("web")
}

fn apex() -> Dns {
    Dns::apex("shop.example").to("front")
}

fn shop_of(pool: Pool, front: Balancer, name: Dns) -> Sim {
    let site = Topology::new("shop").zones(["a", "b", "c"]).with(pool).with(front);
    let site = site.with(Balancer::http("spare").to("web")).with(name);
    Sim::new(&site.validate().unwrap(), 42).length(45 * MINUTE)
}

/// Checks that find out in a few seconds.
fn quick() -> HealthCheck {
    HealthCheck { interval: Duration::from_secs(2), timeout: Duration::from_secs(1), healthy: 2, unhealthy: 2 }
}

/// The first fix for what happens to `site` names this, and the site that has it fares better.
fn helps(site: Sim, fix: &str, fixed: Sim, happens: impl Fn(Sim) -> Sim) {
    let (before, after) = (happens(site).run(), happens(fixed).run());
    says(&before, &["first fix: ", fix]);
    assert!(after.report().availability() > before.report().availability(), "{before}\n{after}");
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
    let run = shop(3).traffic(crowd.clone()).run();
    says(&run, &["after 00:20:00 users: a crowd comes", "first fix: ", "a larger pool"]);
    helps(shop(3), "a larger pool", shop(9), |sim| sim.traffic(crowd.clone()));
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

#[test]
fn what_is_lost_of_a_pool_at_its_limit_asks_for_a_larger_one() {
    let lost = |sim: Sim| sim.traffic(Traffic::poisson(210.0)).at("20m", Fault::zone_power("a").lasts(20 * MINUTE));
    helps(shop(3), "of 3 ready instances and the rest could not keep up: a larger pool", shop(6), lost);
}

#[test]
fn what_is_lost_of_a_pool_with_time_to_spare_asks_for_faster_checks_and_they_help() {
    let lost = |sim: Sim| sim.traffic(Traffic::poisson(60.0)).at("20m", Fault::zone_power("a").lasts(20 * MINUTE));
    let fixed = shop_of(pool(6), front().health(quick()), apex());
    helps(shop(6), "a shorter interval of the balancer's health check", fixed, lost);
}

#[test]
fn frozen_instances_ask_for_faster_checks_and_they_help() {
    let frozen = Fault::instances_hang("instances:2 of pool:web").lasts(10 * MINUTE);
    let happens = |sim: Sim| sim.traffic(Traffic::poisson(60.0)).at("20m", frozen.clone());
    let fixed = shop_of(pool(6), front().health(quick()), apex());
    helps(shop(6), "a shorter interval of the balancer's health check", fixed, happens);
}

#[test]
fn a_release_that_fails_its_gate_asks_for_smaller_batches_and_they_help() {
    let in_threes = Rollout { surge: 3, batch: 3, ..Rollout::default() };
    let happens = |sim: Sim| sim.traffic(Traffic::poisson(60.0)).at("20m", Fault::release_errors("web", 0.9));
    let site = shop_of(pool(6).rollout(in_threes), front(), apex());
    helps(site, "a smaller first batch (`surge` and `batch`)", shop(6), happens);
}

#[test]
fn answers_that_caches_keep_ask_for_a_shorter_ttl_and_it_helps() {
    let name = |ttl| {
        let (first, second) = (Endpoint::Balancer("front".into()), Endpoint::Balancer("spare".into()));
        shop_of(pool(6), front(), Dns::failover("shop.example", first, second).ttl(ttl))
    };
    let down = Fault::new("balancer.down", "balancer:front").unwrap().lasts(20 * MINUTE);
    let happens = |sim: Sim| sim.traffic(Traffic::poisson(30.0)).at("20m", down.clone());
    helps(name(15 * MINUTE), "a shorter DNS TTL", name(MINUTE / 2), happens);
}

#[test]
fn a_name_that_is_not_answered_asks_for_a_longer_ttl_and_it_helps() {
    let name = |ttl| {
        let answers = [(Endpoint::Balancer("front".into()), 1), (Endpoint::Balancer("spare".into()), 1)];
        shop_of(pool(6), front(), Dns::weighted("shop.example", answers).ttl(ttl))
    };
    let silent = Fault::new("dns.unresolvable", "record:*").unwrap().rate(1.0).lasts(10 * MINUTE);
    let happens = |sim: Sim| sim.traffic(Traffic::poisson(30.0)).at("20m", silent.clone());
    helps(name(MINUTE), "a longer DNS TTL", name(60 * MINUTE), happens);
}

#[test]
fn one_slow_instance_among_idle_ones_is_no_lack_of_capacity() {
    let slow = Fault::instances_slow("instances:1 of pool:web", 200.0).lasts(10 * MINUTE);
    let run = shop(6).traffic(Traffic::poisson(30.0)).at("20m", slow).run();
    assert!(run.report().availability() < 1.0, "{run}");
    assert!(!told(&run).contains("larger pool"), "{run}");
}
