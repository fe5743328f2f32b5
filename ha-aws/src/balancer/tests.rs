//! What is asked of the service for a spec, and how a new pool gets its first requests.

use super::{
    check::check,
    seen::{Alb, Group, Life, Seen, Served},
    state::{ATTRIBUTES, phase},
    wanted::{
        Does, attributes_digest, balancer_name, beginning, checks, ears, forward, group_attributes, group_name, object,
    },
};
use crate::{mark, provider::Provider};
use ha_core::{
    backend::{
        Scope,
        spec::BalancerSpec,
        state::{Phase, TargetHealth},
    },
    topology::{Algorithm, Boot, ClientAddress, HealthCheck, Listener, Protocol, Route, Share},
};
use std::{collections::BTreeMap, time::Duration};

fn scope() -> Scope {
    Scope { name: "shop".into(), id: "1".into() }
}

fn provider() -> Provider {
    let mut provider = Provider::new("eu-central-1");
    provider.certificates.insert("shop.example".into(), "arn:aws:acm:eu-central-1:1:certificate/1".into());
    provider
}

fn spec(pools: &[(&str, u32)]) -> BalancerSpec {
    let boot = Boot { ready: "/ready".into(), budget: Duration::from_secs(300), port: 8080 };
    BalancerSpec {
        name: "front".into(),
        zones: vec!["a".into(), "b".into()],
        listeners: vec![
            Listener { port: 443, protocol: Protocol::Https { certificate: "shop.example".into() } },
            Listener { port: 80, protocol: Protocol::RedirectToHttps },
        ],
        routes: pools.iter().map(|(pool, weight)| Route { pool: (*pool).into(), weight: *weight }).collect(),
        health: HealthCheck::default(),
        ready: vec![boot; pools.len()],
        algorithm: Algorithm::RoundRobin,
        sticky: None,
        drain: Duration::from_secs(30),
        slow_start: None,
        client_address: ClientAddress::ForwardedFor,
        fail_open: None,
    }
}

fn named(spec: &BalancerSpec, pool: &str) -> String {
    let pair = spec.routes.iter().zip(&spec.ready).find(|(route, _)| route.pool.as_str() == pool);
    group_name(&scope(), &spec.name, pair.expect("it serves the pool"))
}

/// A world in which everything is as this spec asks, and these pools have a healthy instance.
fn made(spec: &BalancerSpec, healthy: &[&str]) -> (Alb, Seen) {
    let mut tags = mark::tags(&scope(), &object(&spec.name));
    let mut seen = Seen::default();
    for (route, boot) in spec.routes.iter().zip(&spec.ready) {
        let name = group_name(&scope(), &spec.name, (route, boot));
        let pool = route.pool.as_str();
        let health = if healthy.contains(&pool) { TargetHealth::Healthy } else { TargetHealth::Initial };
        seen.pools.insert(route.pool.clone(), Served { targets: [name.clone()].into(), ..Served::fresh(pool) });
        seen.groups.push(Group {
            id: name.clone(),
            name,
            tags: tags.clone(),
            checks: checks(spec, boot),
            targets: vec![(format!("i-{pool}").as_str().into(), health)],
        });
    }
    let (does, _) = forward(&scope(), spec, None, |_| true);
    let ears = ears(spec, &provider(), &does).into_iter().map(|ear| (ear.port.to_string(), ear)).collect();
    tags.extend(mark::spec_tags(spec));
    tags.insert(ATTRIBUTES.into(), attributes_digest(spec));
    let alb = Alb {
        id: "alb".into(),
        name: balancer_name(&scope(), &spec.name),
        dns: ("alb.example".into(), "Z1".into()),
        tags,
        life: Life::Works,
        subnets: ["1".into(), "2".into()].into(),
        security: vec!["sg".into()],
        ears,
    };
    (alb, seen)
}

fn phase_of(spec: &BalancerSpec, (alb, seen): (&Alb, &Seen)) -> Phase {
    phase(&scope(), spec, (alb, seen), &provider())
}

#[test]
fn what_is_as_asked_is_active_and_every_difference_is_broken() {
    let spec = spec(&[("blue", 300), ("green", 100)]);
    let (alb, seen) = made(&spec, &["blue", "green"]);
    assert_eq!(phase_of(&spec, (&alb, &seen)), Phase::Active);
    assert_eq!(phase_of(&spec, (&Alb { life: Life::Coming, ..alb.clone() }, &seen)), Phase::Pending);
    let without_a_listener = Alb { ears: alb.ears[1..].to_vec(), ..alb.clone() };
    assert_eq!(phase_of(&spec, (&without_a_listener, &seen)), Phase::Broken);
    let mut tags = alb.tags.clone();
    tags.remove(ATTRIBUTES);
    assert_eq!(phase_of(&spec, (&Alb { tags, ..alb.clone() }, &seen)), Phase::Broken);
    let mut unfed = seen.clone();
    unfed.pools.get_mut(&"green".into()).unwrap().targets.clear();
    assert_eq!(phase_of(&spec, (&alb, &unfed)), Phase::Broken);
    let mut lacking = seen.clone();
    lacking.groups.pop();
    assert_eq!(phase_of(&spec, (&alb, &lacking)), Phase::Broken);
    let mut differing = seen.clone();
    differing.groups[0].checks.path = "/other".into();
    assert_eq!(phase_of(&spec, (&alb, &differing)), Phase::Broken);
}

#[test]
fn a_target_group_that_is_over_drains_and_then_goes() {
    let (both, blue) = (spec(&[("blue", 100), ("green", 100)]), spec(&[("blue", 100)]));
    let (mut alb, mut seen) = made(&blue, &["blue"]);
    alb.tags.extend(mark::spec_tags(&blue));
    let (_, more) = made(&both, &["blue", "green"]);
    let green = more.groups.iter().find(|it| it.name == named(&both, "green")).unwrap();
    seen.groups.push(green.clone());
    assert_eq!(phase_of(&blue, (&alb, &seen)), Phase::Pending, "its target still drains");
    seen.pools = more.pools.clone();
    assert_eq!(phase_of(&blue, (&alb, &seen)), Phase::Broken, "its pool still feeds it");
    seen.pools.remove(&"green".into());
    seen.groups[1].targets.clear();
    assert_eq!(phase_of(&blue, (&alb, &seen)), Phase::Broken, "it is to be deleted");
}

#[test]
fn a_pool_gets_its_first_request_when_it_can_answer_and_until_then_the_others_keep_theirs() {
    let (before, after) = (spec(&[("blue", 100)]), spec(&[("blue", 0), ("green", 100)]));
    let [blue, green] = ["blue", "green"].map(|pool| named(&after, pool));
    let weights = |pairs: &[(&String, i32)]| -> BTreeMap<String, i32> {
        pairs.iter().map(|(name, weight)| ((*name).clone(), *weight)).collect()
    };
    let now = weights(&[(&blue, 1)]);
    let serves = |healthy: &'static [&'static str]| {
        let names: Vec<String> = healthy.iter().map(|pool| named(&after, pool)).collect();
        move |name: &str| names.iter().any(|it| it == name)
    };
    let held = forward(&scope(), &after, Some(&now), serves(&["blue"]));
    assert_eq!(held, (Does::Forward(weights(&[(&blue, 1), (&green, 0)]), None), true));
    let moved = forward(&scope(), &after, Some(&weights(&[(&blue, 1), (&green, 0)])), serves(&["blue", "green"]));
    assert_eq!(moved, (Does::Forward(weights(&[(&blue, 0), (&green, 100)]), None), false));
    // Nobody serves, or nobody was asked yet: waiting would help nobody.
    assert!(!forward(&scope(), &after, Some(&now), serves(&[])).1);
    assert!(!forward(&scope(), &after, None, serves(&[])).1);
    // Who gets requests keeps them though it is ill: only its own balancer takes it out.
    assert!(!forward(&scope(), &before, Some(&now), serves(&[])).1);
}

#[test]
fn a_pool_that_is_waited_for_is_pending_and_broken_as_soon_as_it_can_serve() {
    let (before, after) = (spec(&[("blue", 100)]), spec(&[("blue", 100), ("green", 100)]));
    let (mut alb, mut seen) = made(&before, &["blue"]);
    let (_, both) = made(&after, &["blue"]);
    seen.groups = both.groups;
    seen.pools = both.pools;
    alb.tags.extend(mark::spec_tags(&after));
    let weights = [(named(&after, "blue"), 1), (named(&after, "green"), 0)].into();
    alb.ears =
        ears(&after, &provider(), &Does::Forward(weights, None)).into_iter().map(|it| ("e".into(), it)).collect();
    assert_eq!(phase_of(&after, (&alb, &seen)), Phase::Pending);
    seen.groups[1].targets[0].1 = TargetHealth::Healthy;
    assert_eq!(phase_of(&after, (&alb, &seen)), Phase::Broken);
}

#[test]
fn names_are_short_plain_and_their_own() {
    let spec = spec(&[("blue", 100), ("green", 100)]);
    let other_port = Boot { port: 9090, ..spec.ready[0].clone() };
    let long = Scope { name: "a--site-with-a-very-long-name-of-it".into(), id: "1".into() };
    let mut names = vec![named(&spec, "blue"), named(&spec, "green")];
    names.push(group_name(&scope(), &spec.name, (&spec.routes[0], &other_port)));
    names.push(group_name(&scope(), &"back".into(), (&spec.routes[0], &spec.ready[0])));
    names.push(group_name(&long, &spec.name, (&spec.routes[0], &spec.ready[0])));
    let ends = |name: &String| name.starts_with('-') || name.ends_with('-') || name.contains("--");
    assert!(names.iter().all(|name| name.len() <= 32 && !ends(name)), "{names:?}");
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 5, "{names:?}");
    for (scope, name) in [(&long, names.iter().find(|it| it.starts_with("a-")).unwrap()), (&scope(), &names[1])] {
        assert!(name.starts_with(&beginning(scope)), "{name} does not begin with {:?}", beginning(scope));
        assert!(balancer_name(scope, &"front".into()).starts_with(&beginning(scope)));
    }
}

#[test]
fn attributes_say_what_the_spec_says() {
    let mut spec = spec(&[("web", 100)]);
    spec.sticky = Some(Duration::from_secs(3600));
    spec.slow_start = Some(Duration::from_secs(60));
    spec.fail_open = Some(Share(500));
    let attributes: BTreeMap<_, _> = group_attributes(&spec).into_iter().collect();
    for (key, value) in [
        ("deregistration_delay.timeout_seconds", "30"),
        ("slow_start.duration_seconds", "60"),
        ("stickiness.enabled", "true"),
        ("stickiness.lb_cookie.duration_seconds", "3600"),
        // At half or below is below 51 in the hundred.
        ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage", "51"),
        ("target_group_health.dns_failover.minimum_healthy_targets.percentage", "51"),
    ] {
        assert_eq!(attributes.get(key).map(String::as_str), Some(value), "{key}");
    }
    let hidden = BalancerSpec { client_address: ClientAddress::Hidden, ..spec.clone() };
    assert_ne!(attributes_digest(&hidden), attributes_digest(&spec));
}

#[test]
fn what_cannot_be_kept_is_refused_with_what_would_do() {
    let good = spec(&[("web", 100)]);
    assert_eq!(check(&provider(), &good), []);
    let second = Duration::from_secs(1);
    let many: Vec<(&str, u32)> = ["a", "b", "c", "d", "e", "f"].map(|pool| (pool, 1)).to_vec();
    let refused: Vec<(BalancerSpec, &str)> = vec![
        (BalancerSpec { zones: vec!["a".into()], ..good.clone() }, "zones"),
        (spec(&many), "to"),
        (spec(&[("a", 1000), ("b", 1)]), "to"),
        (
            BalancerSpec { health: HealthCheck { interval: second, ..good.health.clone() }, ..good.clone() },
            "health.interval",
        ),
        (BalancerSpec { health: HealthCheck { healthy: 1, ..good.health.clone() }, ..good.clone() }, "health.healthy"),
        (BalancerSpec { drain: 3601 * second, ..good.clone() }, "drain"),
        (BalancerSpec { sticky: Some(second / 2), ..good.clone() }, "sticky"),
        (BalancerSpec { slow_start: Some(second), ..good.clone() }, "slow_start"),
        (BalancerSpec { algorithm: Algorithm::TwoChoices, ..good.clone() }, "algorithm"),
        (
            BalancerSpec { algorithm: Algorithm::LeastOutstanding, slow_start: Some(60 * second), ..good.clone() },
            "slow_start",
        ),
        (BalancerSpec { client_address: ClientAddress::ProxyProtocol, ..good.clone() }, "client_address"),
        (BalancerSpec { fail_open: Some(Share(1000)), ..good.clone() }, "fail_open"),
        (BalancerSpec { fail_open: Some(Share(335)), ..good.clone() }, "fail_open"),
    ];
    for (spec, field) in refused {
        let problems = check(&provider(), &spec);
        let paths: Vec<String> = problems.iter().map(|problem| problem.path.clone()).collect();
        assert_eq!(paths, [format!("balancer.front.{field}")], "{problems:?}");
    }
    // Who does as told is not refused again.
    let slow = BalancerSpec { algorithm: Algorithm::TwoChoices, slow_start: Some(60 * second), ..good.clone() };
    assert!(check(&provider(), &slow)[0].to_string().contains("algorithm = \"round_robin\""));
    assert_eq!(check(&provider(), &BalancerSpec { algorithm: Algorithm::RoundRobin, ..slow }), []);
    let told = check(&Provider::new("eu-central-1"), &good);
    assert!(told[0].to_string().contains("[certificates]"), "{told:?}");
}
