//! How many calls go over the wire: as many as there are objects, and none that changes something when nothing is to be.

use crate::emulator::{Death, Emulator, EmulatorLab, Kind, Request, Wire, block_on};
use aws_sdk_autoscaling::types::LifecycleHook;
use ha_core::{
    backend::{
        Backend, Error, Resource, Scope,
        spec::{Marks, NetworkSpec, PoolSpec},
        state::Phase,
    },
    conformance::{Lab, Object},
    topology::{Allow, Boot, Capacity, Exposure, Guards, Nat, Party, Size},
};
use std::time::Duration;

/// A network of two zones, a balancer and a pool.
pub fn spec() -> NetworkSpec {
    let (front, web) = (Party::Balancer("front".into()), Party::Pool("web".into()));
    let allow =
        vec![Allow { from: Party::World, to: front.clone(), port: 80 }, Allow { from: front, to: web, port: 8080 }];
    NetworkSpec { zones: vec!["a".into(), "b".into()], instances: Exposure::Private, nat: Nat::One, allow }
}

fn changing(requests: &[Request]) -> usize {
    requests.iter().filter(|request| request.changes()).count()
}

fn calls(requests: &[Request]) -> Vec<String> {
    requests.iter().map(Request::call).collect()
}

/// A pool of two in it.
pub fn pool() -> PoolSpec {
    PoolSpec {
        name: "web".into(),
        release: "r1".into(),
        bounds: Size { min: 1, max: 4 },
        capacity: Capacity::Fixed(2),
        zones: vec!["a".into(), "b".into()],
        max_skew: 1,
        boot: Boot { ready: "/ready".into(), budget: Duration::from_secs(300), port: 8080 },
        guards: Guards::default(),
        drain: Duration::ZERO,
        marks: Marks { stable: "r1".into(), candidate: None, rejected: Vec::new() },
    }
}

async fn pool_calls(backend: &Backend, scope: &Scope, wire: &Wire) {
    let pools = backend.pool.as_ref().expect("it has pools");
    wire.take();
    pools.ensure(scope, &pool()).await.unwrap();
    let made = wire.take();
    // Its template and its group; its security group is the network's.
    assert_eq!(changing(&made), 2, "{:#?}", calls(&made));
    pools.ensure(scope, &pool()).await.unwrap();
    let again = wire.take();
    assert_eq!(changing(&again), 0, "{:#?}", calls(&again));
    let state = pools.observe(scope).await.unwrap().state.remove(0);
    assert_eq!((state.phase, &state.spec, state.instances.len()), (Phase::Active, &pool(), 2));
    let seen = wire.take();
    let mut listed = calls(&seen);
    listed.sort_unstable();
    assert_eq!(listed, ["DescribeAutoScalingGroups", "DescribeInstances", "DescribeScalingActivities"]);
}

/// How a group looks after its instances is put right when somebody changed it by hand: no call more is needed to see it.
async fn what_somebody_changed_is_put_right(lab: &EmulatorLab, scope: &Scope, wire: &Wire) {
    let backend = lab.another_eye().await;
    let (pools, scaling) = (backend.pool.as_ref().expect("it has pools"), &lab.eyes().scaling);
    let name = format!("{}-web", scope.name);
    let change = scaling.update_auto_scaling_group().auto_scaling_group_name(&name).health_check_type("EC2");
    change.health_check_grace_period(1).termination_policies("NewestInstance").send().await.expect("it is changed");
    let stop = scaling.suspend_processes().auto_scaling_group_name(&name);
    stop.scaling_processes("ReplaceUnhealthy").send().await.expect("it is told to");
    assert_eq!(pools.observe(scope).await.unwrap().state[0].phase, Phase::Broken);
    wire.take();
    pools.ensure(scope, &pool()).await.unwrap();
    assert_eq!(changing(&wire.take()), 2, "one for what it is to do, one for what it is not to");
    assert_eq!(pools.observe(scope).await.unwrap().state[0].phase, Phase::Active);
}

/// The hooks of the group, and for how many seconds each holds an instance.
async fn hooks(lab: &EmulatorLab, scope: &Scope) -> Vec<(String, i32)> {
    let call = lab.eyes().scaling.describe_lifecycle_hooks();
    let listed = call.auto_scaling_group_name(format!("{}-web", scope.name)).send().await.expect("they are listed");
    let hook = |it: &LifecycleHook| Some((it.lifecycle_transition()?.to_owned(), it.heartbeat_timeout()?));
    listed.lifecycle_hooks().iter().filter_map(hook).collect()
}

/// Where names of the pool's own are kept, a hook holds who leaves: made with the group, and changed with the names.
async fn who_leaves_is_held_as_long_as_names_are_kept(lab: &EmulatorLab, scope: &Scope, wire: &Wire) {
    let backend = lab.empty().await;
    backend.network.as_ref().expect("it has networks").ensure(scope, &spec()).await.unwrap();
    let pools = backend.pool.as_ref().expect("it has pools");
    let kept_for = |kept| PoolSpec { drain: Duration::from_secs(kept), ..pool() };
    wire.take();
    pools.ensure(scope, &kept_for(60)).await.unwrap();
    // Group and hook are one call; moto keeps no hook that comes so.
    let (made, hook) = (wire.take(), "LifecycleHookSpecificationList.member.1.HeartbeatTimeout=120");
    assert_eq!(changing(&made), 2, "{:#?}", calls(&made));
    assert!(made.iter().any(|it| it.call() == "CreateAutoScalingGroup" && it.body.contains(hook)), "{made:#?}");
    let leaving = |seconds| vec![("autoscaling:EC2_INSTANCE_TERMINATING".to_owned(), seconds)];
    // A minute more than names are kept.
    for (kept, held, changes) in [(300, leaving(360), 3), (300, leaving(360), 0), (0, vec![], 3)] {
        pools.ensure(scope, &kept_for(kept)).await.unwrap();
        let made = wire.take();
        assert_eq!(changing(&made), changes, "{kept} s: {:#?}", calls(&made));
        assert_eq!(hooks(lab, scope).await, held, "{kept} s");
        assert_eq!(pools.observe(scope).await.unwrap().state[0].phase, Phase::Active);
    }
}

async fn network_calls(backend: &Backend, scope: &Scope, wire: &Wire) {
    let network = backend.network.as_ref().expect("it has networks");
    wire.take();
    network.ensure(scope, &spec()).await.unwrap();
    let made = wire.take();
    // VPC, gateway and its attachment; four subnets and three tables, each subnet with its table; an address, a NAT
    // gateway and three ways out; two security groups with a rule each.
    assert_eq!(changing(&made), 3 + 4 + 3 + 4 + 2 + 3 + 4, "{:#?}", calls(&made));
    assert!(made.len() - changing(&made) <= 8, "{:#?}", calls(&made));
    network.ensure(scope, &spec()).await.unwrap();
    let again = wire.take();
    // It rests on what was listed a moment ago and on what was done since.
    assert_eq!(again.len(), 0, "{:#?}", calls(&again));
    let state = network.observe(scope).await.unwrap().state.unwrap();
    assert_eq!((state.phase, state.spec), (Phase::Active, spec()));
    // One list for each type, and what the other ports will be asked for at the same time.
    let mut looked = calls(&wire.take());
    let count = looked.len();
    looked.sort_unstable();
    looked.dedup();
    assert_eq!((looked.len(), looked.iter().filter(|call| call.starts_with("Describe")).count()), (count, 12));
    network.observe(scope).await.unwrap();
    assert_eq!(wire.take().len(), 7, "nobody asked for the others");
}

#[test]
fn an_object_takes_a_call_and_none_when_it_is_there() {
    let Ok(emulator) = Emulator::start(Kind::Moto).map_err(|why| eprintln!("ignored: {why}")) else { return };
    block_on(async {
        let wire = Wire::default();
        let lab = EmulatorLab::new(emulator).await.noting(&wire);
        let [scope, _] = lab.scopes();
        let backend = lab.empty().await;
        network_calls(&backend, &scope, &wire).await;
        pool_calls(&backend, &scope, &wire).await;
        what_somebody_changed_is_put_right(&lab, &scope, &wire).await;
        who_leaves_is_held_as_long_as_names_are_kept(&lab, &scope, &wire).await;
    });
}

/// Wishes network and pool as our loop does, until both are as asked; a dead caller stops at the first error.
async fn make(backend: &Backend, scope: &Scope) -> Result<(), Error> {
    let network = backend.network.as_ref().expect("it has networks");
    let pools = backend.pool.as_ref().expect("it has pools");
    for _ in 0..5 {
        network.ensure(scope, &spec()).await?;
        pools.ensure(scope, &pool()).await?;
        let state = network.observe(scope).await?.state;
        let there = pools.observe(scope).await?.state;
        let whole = there.iter().any(|it| it.phase == Phase::Active && it.instances.len() == 2);
        if whole && state.is_some_and(|it| it.phase == Phase::Active) {
            return Ok(());
        }
    }
    panic!("it is never as asked");
}

/// How many objects of each kind there are, and whose; names that hold a provider's ids differ from run to run.
async fn kinds(lab: &EmulatorLab) -> Vec<String> {
    let kind = |object: &Object| match &object.what {
        Resource::Pool(_) => format!("{:?} pool", object.scope),
        Resource::Instance(_) => format!("{:?} instance", object.scope),
        other @ (Resource::Tier
        | Resource::Network
        | Resource::Balancer(_)
        | Resource::Record(_)
        | Resource::Object(_)
        | _) => {
            format!("{:?} {other}", object.scope)
        }
    };
    let mut kinds: Vec<String> = lab.everything().await.iter().map(kind).collect();
    kinds.sort();
    kinds
}

#[test]
fn a_caller_who_dies_at_any_call_leaves_nothing_that_the_next_does_not_finish() {
    let Ok(emulator) = Emulator::start(Kind::Moto).map_err(|why| eprintln!("ignored: {why}")) else { return };
    block_on(async {
        let wire = Wire::default();
        let lab = EmulatorLab::new(emulator).await.noting(&wire);
        let [scope, _] = lab.scopes();
        make(&lab.empty().await, &scope).await.unwrap();
        let (whole, count) = (kinds(&lab).await, changing(&wire.take()));
        assert!(count > 20, "{count} changing calls");
        let mut points = 0;
        for after in 1..=count {
            for takes_effect in [false, true] {
                lab.empty().await;
                let death = Death { after, takes_effect };
                let died = make(&lab.backend(Some(&Wire::until(death))).await, &scope).await;
                assert!(died.is_err(), "{death:?} did not happen");
                make(&lab.backend(None).await, &scope).await.unwrap_or_else(|why| panic!("{death:?}: {why}"));
                assert_eq!(kinds(&lab).await, whole, "{death:?}");
                points += 1;
            }
        }
        assert_eq!(points, 2 * count);
    });
}
