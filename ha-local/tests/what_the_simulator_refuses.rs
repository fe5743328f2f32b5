//! The ports' `check` refuses what the simulated provider cannot keep, and nothing that it can.

use ha_core::{
    backend::{
        Backend,
        spec::{BalancerSpec, Marks, NetworkSpec, PoolSpec, RecordSet},
    },
    topology::{
        Algorithm, Capacity, ClientAddress, Exposure, Guards, HealthCheck, Listener, Nat, Pool, Protocol, RecordKind,
        Size, Topology,
    },
    validate::Problem,
};
use ha_local::sim::{Profile, Sim};
use std::time::Duration;

fn backend(profile: Profile) -> Backend {
    let pool = Pool::new("web").release("r1").capacity(3).size(1..=6).ready("/ready", Duration::from_secs(90));
    let site = Topology::new("shop").zones(["a", "b"]).with(pool).validate().unwrap();
    Sim::new(&site, 1).profile(profile).start().unwrap().backend("eye")
}

fn pool() -> PoolSpec {
    let boot = ha_core::topology::Boot { ready: "/ready".into(), budget: Duration::from_secs(90), port: 80 };
    let marks = Marks { stable: "r1".into(), candidate: None, rejected: Vec::new() };
    PoolSpec {
        name: "web".into(),
        release: "r1".into(),
        bounds: Size { min: 1, max: 3 },
        capacity: Capacity::Fixed(3),
        zones: vec!["a".into(), "b".into()],
        max_skew: 1,
        boot,
        guards: Guards::default(),
        drain: Duration::ZERO,
        marks,
    }
}

fn balancer() -> BalancerSpec {
    BalancerSpec {
        name: "front".into(),
        zones: vec!["a".into()],
        listeners: vec![Listener { port: 80, protocol: Protocol::Http }],
        routes: Vec::new(),
        health: HealthCheck::default(),
        ready: Vec::new(),
        algorithm: Algorithm::RoundRobin,
        sticky: None,
        drain: Duration::from_secs(30),
        slow_start: None,
        client_address: ClientAddress::ForwardedFor,
        fail_open: None,
    }
}

fn paths(problems: &[Problem]) -> Vec<&str> {
    assert!(problems.iter().all(|problem| !problem.fix.is_empty()), "what would do instead? {problems:?}");
    problems.iter().map(|problem| problem.path.as_str()).collect()
}

#[test]
fn a_pool_that_cannot_be_kept_is_refused() {
    let backend = backend(Profile::aws());
    let port = backend.pool.unwrap();
    assert_eq!(paths(&port.check(&pool())), [""; 0]);
    let nowhere = PoolSpec { zones: vec!["a".into(), "z".into()], ..pool() };
    assert_eq!(paths(&port.check(&nowhere)), ["pool.web.zones"]);
    let scaled = PoolSpec { capacity: Capacity::Scaled, zones: Vec::new(), ..pool() };
    assert_eq!(paths(&port.check(&scaled)), ["pool.web.zones", "pool.web.capacity"]);
}

#[test]
fn a_brake_is_refused_where_nobody_brakes() {
    let mut profile = Profile::aws();
    profile.keeper.policy.keeps_brake = false;
    let port = backend(profile).pool.unwrap();
    assert_eq!(paths(&port.check(&pool())), ["pool.web.guards.brake"]);
    let unbraked = PoolSpec { guards: Guards { brake: None, ..Guards::default() }, ..pool() };
    assert_eq!(paths(&port.check(&unbraked)), [""; 0]);
}

#[test]
fn a_network_without_a_known_zone_is_refused() {
    let port = backend(Profile::ideal()).network.unwrap();
    let of = |zones: &[&str]| {
        let zones = zones.iter().map(|zone| (*zone).into()).collect();
        port.check(&NetworkSpec { zones, instances: Exposure::Private, nat: Nat::One, allow: Vec::new() })
    };
    assert_eq!(paths(&of(&["a", "b"])), [""; 0]);
    assert_eq!(paths(&of(&[])), ["network.zones"]);
    assert_eq!(paths(&of(&["a", "z"])), ["network.zones"]);
}

#[test]
fn a_balancer_that_serves_nobody_is_refused() {
    let port = backend(Profile::ideal()).balancer.unwrap();
    assert_eq!(paths(&port.check(&balancer())), [""; 0]);
    let redirects = vec![Listener { port: 80, protocol: Protocol::RedirectToHttps }];
    let spec = BalancerSpec { listeners: redirects, zones: vec!["z".into()], ..balancer() };
    assert_eq!(paths(&port.check(&spec)), ["balancer.front.zones", "balancer.front.listener"]);
}

#[test]
fn a_name_for_nothing_is_refused() {
    let port = backend(Profile::ideal()).dns.unwrap();
    let of = |kind| port.check(&RecordSet { name: "shop.example".into(), kind, ttl: Duration::from_secs(60) }, 1);
    assert_eq!(paths(&of(RecordKind::Alias { to: ha_core::topology::Endpoint::Balancer("front".into()) })), [""; 0]);
    assert_eq!(paths(&of(RecordKind::Weighted { answers: Vec::new() })), ["dns.shop.example"]);
}
