//! Balancers and names: how many calls they take, what a caller who dies leaves, and what is pending first.

use crate::emulator::{CERTIFICATE, Death, Emulator, EmulatorLab, Kind, Request, Wire, block_on};
use ha_core::{
    backend::{
        Backend, Error, Scope,
        spec::{BalancerSpec, Marks, NetworkSpec, PoolSpec, RecordSet},
        state::Phase,
    },
    conformance::Lab,
    topology::{
        Algorithm, Boot, Capacity, ClientAddress, Endpoint, Exposure, Guards, HealthCheck, Listener, Nat, Protocol,
        RecordKind, Route, Share, Size,
    },
};
use std::time::Duration;

fn network() -> NetworkSpec {
    let zones = vec!["a".into(), "b".into()];
    NetworkSpec { zones, instances: Exposure::Private, nat: Nat::None, allow: Vec::new() }
}

fn pool(name: &str) -> PoolSpec {
    PoolSpec {
        name: name.into(),
        release: "r1".into(),
        bounds: Size { min: 1, max: 4 },
        capacity: Capacity::Fixed(1),
        zones: vec!["a".into(), "b".into()],
        max_skew: 1,
        boot: boot(),
        guards: Guards::default(),
        drain: Duration::ZERO,
        marks: Marks { stable: "r1".into(), candidate: None, rejected: Vec::new() },
    }
}

fn boot() -> Boot {
    Boot { ready: "/ready".into(), budget: Duration::from_secs(300), port: 8080 }
}

fn balancer(pools: &[(&str, u32)]) -> BalancerSpec {
    BalancerSpec {
        name: "front".into(),
        zones: vec!["a".into(), "b".into()],
        listeners: vec![Listener { port: 80, protocol: Protocol::Http }],
        routes: pools.iter().map(|(pool, weight)| Route { pool: (*pool).into(), weight: *weight }).collect(),
        health: HealthCheck::default(),
        ready: vec![boot(); pools.len()],
        algorithm: Algorithm::LeastOutstanding,
        sticky: Some(Duration::from_secs(3600)),
        drain: Duration::from_secs(30),
        slow_start: None,
        client_address: ClientAddress::Hidden,
        fail_open: Some(Share(500)),
    }
}

fn record() -> RecordSet {
    let kind = RecordKind::Alias { to: Endpoint::Balancer("front".into()) };
    RecordSet { name: "conformance.example".into(), kind, ttl: Duration::from_secs(60) }
}

/// A network and two pools in an emptied emulator.
async fn footing(lab: &EmulatorLab, scope: &Scope) {
    let backend = lab.empty().await;
    backend.network.as_ref().unwrap().ensure(scope, &network()).await.unwrap();
    for name in ["blue", "green"] {
        backend.pool.as_ref().unwrap().ensure(scope, &pool(name)).await.unwrap();
    }
}

/// Wishes the balancer, and then the name, until they are as asked; a dead caller stops at the first error.
async fn make(backend: &Backend, scope: &Scope, spec: &BalancerSpec) -> Result<(), Error> {
    let (balancers, names) = (backend.balancer.as_ref().unwrap(), backend.dns.as_ref().unwrap());
    for _ in 0..5 {
        balancers.ensure(scope, spec).await?;
        names.ensure(scope, &record()).await?;
        let there = balancers.observe(scope).await?.state;
        let named = names.observe(scope).await?.state;
        let works = there.iter().any(|it| it.spec == *spec && it.phase == Phase::Active);
        if works && named.iter().any(|it| it.set == record() && it.phase == Phase::Active) {
            return Ok(());
        }
        // What another process changed is pending for as long as changes may stay unseen.
        backend.clock.sleep(Duration::from_millis(500)).await;
    }
    panic!("it is never as asked");
}

/// Removes what can be seen, until nothing is.
async fn remove(backend: &Backend, scope: &Scope) -> Result<(), Error> {
    let (balancers, names) = (backend.balancer.as_ref().unwrap(), backend.dns.as_ref().unwrap());
    for _ in 0..5 {
        let (there, named) = (balancers.observe(scope).await?.state, names.observe(scope).await?.state);
        if there.is_empty() && named.is_empty() {
            return Ok(());
        }
        for state in named {
            names.remove(scope, &state.set.name).await?;
        }
        for state in there {
            balancers.remove(scope, &state.spec.name).await?;
        }
    }
    panic!("it is never gone");
}

fn changing(requests: &[Request]) -> Vec<String> {
    requests.iter().filter(|request| request.changes()).map(Request::call).collect()
}

/// Everything but the pools, whose templates are named for what the provider calls their network; and whose it is.
async fn everything(lab: &EmulatorLab) -> Vec<String> {
    let mut all: Vec<String> = lab.everything().await.iter().map(|it| format!("{:?} {}", it.scope, it.what)).collect();
    all.retain(|it| !it.contains("instance") && !it.contains("pool"));
    all.sort();
    all
}

#[test]
fn a_balancer_and_a_name_take_a_call_for_each_object_and_none_when_they_are_there() {
    let Ok(emulator) = Emulator::start(Kind::Moto).map_err(|why| eprintln!("ignored: {why}")) else { return };
    block_on(async {
        let wire = Wire::default();
        let lab = EmulatorLab::new(emulator).await.noting(&wire);
        let [scope, _] = lab.scopes();
        footing(&lab, &scope).await;
        let backend = lab.another_eye().await;
        wire.take();
        let one = balancer(&[("blue", 100)]);
        make(&backend, &scope, &one).await.unwrap();
        // Security group, balancer and its attributes; target group and its attributes; listener; the pool behind it.
        // Zone, and one batch for the record and its marker.
        let made = wire.take();
        assert_eq!(changing(&made).len(), 7 + 2, "{:#?}", changing(&made));
        make(&backend, &scope, &one).await.unwrap();
        let again = wire.take();
        assert!(changing(&again).is_empty(), "{:#?}", changing(&again));
        backend.balancer.as_ref().unwrap().observe(&scope).await.unwrap();
        // Balancers, target groups, tags; listeners and health are listed for each object only. The pools, perhaps.
        let looked = wire.take().len();
        assert!((5..=6).contains(&looked), "{looked}");
        backend.dns.as_ref().unwrap().observe(&scope).await.unwrap();
        // Zones, and what stands in ours; the balancers are known.
        assert_eq!(wire.take().len(), 2);
        lab.emulator().check(&made).unwrap_or_else(|wrong| panic!("the services do not allow:\n{wrong}"));
    });
}

#[test]
fn another_pool_takes_over_and_the_first_leaves_without_a_trace() {
    let Ok(emulator) = Emulator::start(Kind::Moto).map_err(|why| eprintln!("ignored: {why}")) else { return };
    block_on(async {
        let wire = Wire::default();
        let lab = EmulatorLab::new(emulator).await.noting(&wire);
        let [scope, _] = lab.scopes();
        footing(&lab, &scope).await;
        let before = everything(&lab).await;
        let backend = lab.another_eye().await;
        make(&backend, &scope, &balancer(&[("blue", 100)])).await.unwrap();
        let whole = everything(&lab).await.len();
        let two = balancer(&[("blue", 100), ("green", 300)]);
        make(&backend, &scope, &two).await.unwrap();
        wire.take();
        make(&backend, &scope, &two).await.unwrap();
        assert_eq!(changing(&wire.take()), [""; 0], "nothing differs");
        make(&backend, &scope, &balancer(&[("green", 100)])).await.unwrap();
        assert_eq!(everything(&lab).await.len(), whole);
        let state = backend.balancer.as_ref().unwrap().observe(&scope).await.unwrap().state.remove(0);
        let pools: Vec<&str> = state.targets.iter().map(|target| target.pool.as_str()).collect();
        assert_eq!(pools, ["green"]);
        remove(&backend, &scope).await.unwrap();
        assert_eq!(everything(&lab).await, before);
    });
}

/// Lets a caller die before and after every changing call of `act`, and another one finish it; answers at how many
/// points.
async fn every_death<R: Future<Output = Result<(), Error>>>(
    (lab, wire): (&EmulatorLab, &Wire),
    begin: impl AsyncFn(),
    act: impl Fn(Backend) -> R,
) -> usize {
    begin().await;
    wire.take();
    act(lab.another_eye().await).await.unwrap();
    let (whole, count) = (everything(lab).await, changing(&wire.take()).len());
    for after in 1..=count {
        for takes_effect in [false, true] {
            begin().await;
            let death = Death { after, takes_effect };
            let died = act(lab.backend(Some(&Wire::until(death))).await).await;
            assert!(died.is_err(), "{death:?} did not happen");
            act(lab.backend(None).await).await.unwrap_or_else(|why| panic!("{death:?}: {why}"));
            assert_eq!(everything(lab).await, whole, "{death:?}");
        }
    }
    2 * count
}

#[test]
fn a_caller_who_dies_at_any_call_of_a_balancer_or_a_name_leaves_nothing_that_the_next_does_not_finish() {
    let Ok(emulator) = Emulator::start(Kind::Moto).map_err(|why| eprintln!("ignored: {why}")) else { return };
    block_on(async {
        let wire = Wire::default();
        let lab = EmulatorLab::new(emulator).await.noting(&wire);
        let [scope, _] = &lab.scopes();
        let (one, two) = (&balancer(&[("blue", 100)]), &balancer(&[("blue", 50), ("green", 50)]));
        let empty = async || footing(&lab, scope).await;
        let made = async || {
            footing(&lab, scope).await;
            make(&lab.backend(None).await, scope, one).await.unwrap();
        };
        let points = every_death((&lab, &wire), empty, |backend| async move { make(&backend, scope, one).await }).await;
        assert_eq!(points, 2 * 9);
        let points = every_death((&lab, &wire), made, |backend| async move { make(&backend, scope, two).await }).await;
        assert!(points >= 2 * 4, "{points}");
        let points = every_death((&lab, &wire), made, |backend| async move { remove(&backend, scope).await }).await;
        // The batch, the zone; marks, the pool's way in, the balancer, its security group, its target group.
        assert_eq!(points, 2 * 7);
    });
}

#[test]
fn attributes_that_somebody_changed_are_put_right_by_a_loop_that_goes_on() {
    let Ok(emulator) = Emulator::start(Kind::Moto).map_err(|why| eprintln!("ignored: {why}")) else { return };
    block_on(async {
        let wire = Wire::default();
        let lab = EmulatorLab::new(emulator).await.noting(&wire);
        let [scope, _] = &lab.scopes();
        footing(&lab, scope).await;
        let (spec, backend) = (balancer(&[("blue", 100)]), lab.another_eye().await);
        let balancers = backend.balancer.as_ref().unwrap();
        make(&backend, scope, &spec).await.unwrap();
        let groups = lab.eyes().elb.describe_target_groups().send().await.expect("target groups are listed");
        let group = groups.target_groups()[0].target_group_arn().unwrap();
        let key = "deregistration_delay.timeout_seconds";
        let other = aws_sdk_elasticloadbalancingv2::types::TargetGroupAttribute::builder().key(key).value("77").build();
        let change = lab.eyes().elb.modify_target_group_attributes().target_group_arn(group).attributes(other);
        change.send().await.expect("it is changed");
        wire.take();
        assert_eq!(balancers.observe(scope).await.unwrap().state[0].phase, Phase::Active);
        assert!(!wire.take().iter().any(|it| it.call().ends_with("Attributes")), "it is not looked at each time");
        backend.clock.sleep(Duration::from_secs(31)).await;
        assert_eq!(balancers.observe(scope).await.unwrap().state[0].phase, Phase::Broken);
        balancers.ensure(scope, &spec).await.unwrap();
        assert_eq!(balancers.observe(scope).await.unwrap().state[0].phase, Phase::Active);
        let there = lab.eyes().elb.describe_target_group_attributes().target_group_arn(group).send().await;
        let there = there.expect("attributes are told").attributes.unwrap_or_default();
        assert!(there.iter().any(|it| it.key() == Some(key) && it.value() == Some("30")), "{there:?}");
    });
}

#[test]
fn a_name_answers_with_a_pools_instances_and_somebody_looks_at_each() {
    let Ok(emulator) = Emulator::start(Kind::Moto).map_err(|why| eprintln!("ignored: {why}")) else { return };
    block_on(async {
        let wire = Wire::default();
        let lab = EmulatorLab::new(emulator).await.noting(&wire);
        let [scope, _] = &lab.scopes();
        let (public, web) = (NetworkSpec { instances: Exposure::Public, ..network() }, pool("web"));
        let set = RecordSet { kind: RecordKind::RoundRobin { to: "web".into() }, ..record() };
        let begin = async || {
            let backend = lab.empty().await;
            backend.network.as_ref().unwrap().ensure(scope, &public).await.unwrap();
            let two = PoolSpec { capacity: Capacity::Fixed(2), ..web.clone() };
            backend.pool.as_ref().unwrap().ensure(scope, &two).await.unwrap();
            lab.give_addresses().await;
        };
        let make = |backend: Backend| {
            let set = &set;
            async move {
                let names = backend.dns.as_ref().unwrap();
                for _ in 0..5 {
                    names.ensure(scope, set).await?;
                    let state = names.observe(scope).await?.state.remove(0);
                    assert!(state.answers[0].1, "{state:?}");
                    if state.phase == Phase::Active {
                        return Ok(());
                    }
                    backend.clock.sleep(Duration::from_millis(500)).await;
                }
                panic!("it is never as asked");
            }
        };
        // Zone, marker, two health checks, and the batch with the records.
        assert_eq!(every_death((&lab, &wire), begin, make).await, 2 * 5);
        let begun = async || {
            begin().await;
            lab.backend(None).await.dns.as_ref().unwrap().ensure(scope, &set).await.unwrap();
        };
        // Records, two health checks, the marker, the zone.
        let removed = |backend| async move { remove(&backend, scope).await };
        assert_eq!(every_death((&lab, &wire), begun, removed).await, 2 * 5);
        begun().await;
        let backend = lab.another_eye().await;
        backend.pool.as_ref().unwrap().ensure(scope, &web).await.unwrap();
        let names = backend.dns.as_ref().unwrap();
        assert_eq!(names.observe(scope).await.unwrap().state[0].phase, Phase::Broken);
        names.ensure(scope, &set).await.unwrap();
        assert_eq!(names.observe(scope).await.unwrap().state[0].phase, Phase::Active);
        let looking = lab.everything().await.iter().filter(|it| it.what.to_string().contains("health check")).count();
        assert_eq!(looking, 1);
    });
}

#[test]
fn a_balancer_speaks_https_and_its_name_is_pending_first() {
    let Ok(emulator) = Emulator::start(Kind::Ministack).map_err(|why| eprintln!("ignored: {why}")) else { return };
    block_on(async {
        let wire = Wire::default();
        let lab = EmulatorLab::new(emulator).await.noting(&wire);
        let [scope, _] = lab.scopes();
        footing(&lab, &scope).await;
        let backend = lab.another_eye().await;
        let listeners = vec![
            Listener { port: 443, protocol: Protocol::Https { certificate: CERTIFICATE.into() } },
            Listener { port: 80, protocol: Protocol::RedirectToHttps },
        ];
        let spec = BalancerSpec { listeners, ..balancer(&[("blue", 100)]) };
        let (balancers, names) = (backend.balancer.as_ref().unwrap(), backend.dns.as_ref().unwrap());
        assert_eq!(balancers.check(&spec), []);
        // This emulator's pools cannot be put behind anything: all but that is done.
        let lacks = balancers.ensure(&scope, &spec).await.unwrap_err().to_string();
        assert!(lacks.contains("AttachLoadBalancerTargetGroups"), "{lacks}");
        let made = wire.take();
        let listeners = made.iter().filter(|request| request.call() == "CreateListener");
        assert_eq!(
            listeners.filter(|it| it.body.contains("Protocol=HTTPS")).count(),
            2,
            "one speaks it, one leads to it"
        );
        lab.emulator().check(&made).unwrap_or_else(|wrong| panic!("the services do not allow:\n{wrong}"));
        assert_eq!(balancers.observe(&scope).await.unwrap().state[0].phase, Phase::Broken);
        names.ensure(&scope, &record()).await.unwrap();
        let mut phases = Vec::new();
        for _ in 0..3 {
            phases.push(names.observe(&scope).await.unwrap().state[0].phase);
        }
        assert_eq!(phases, [Phase::Pending, Phase::Active, Phase::Active]);
        wire.take();
        names.ensure(&scope, &record()).await.unwrap();
        assert!(changing(&wire.take()).is_empty());
    });
}
