//! Ports over the planner's toy cloud, a store with faults, and a clock that jumps to where one waits for.

use crate::{
    backend::{
        Backend, Clock, ComputePool, Dns, Error, Expect, Kind, LoadBalancer, Network, Operation, Refill, Resource,
        Rest, Result, Scope, Store, Version, Versioned,
        spec::{BalancerSpec, NetworkSpec, PoolSpec, RecordSet},
        state::{BalancerState, NetworkState, PoolState, Reading, RecordState},
    },
    name::{BalancerName, DnsName, InstanceId, PoolName, StoreKey},
    plan::{Action, BalancerStep, DnsStep, NetworkStep, PoolStep, tests::toy::Toy},
    time::Timestamp,
    topology::{HoldMode, Route, Size},
    validate::Problem,
};
use async_trait::async_trait;
use std::{
    collections::{BTreeMap, VecDeque},
    future::Future,
    pin::pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
    time::Duration,
};

/// Polls a future that waits for nothing outside until it is done.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..1_000_000 {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
    panic!("it waits for something outside");
}

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fate {
    /// It takes effect, and no answer comes.
    Lost,
    /// No effect, no answer.
    Dropped,
    /// Refused: throttled.
    Throttled(u64),
    /// Refused for good.
    Denied,
    /// Refused: somebody else wrote in between.
    Conflict,
}

/// A small world with everything in it.
pub(crate) struct World {
    pub toy: Mutex<Toy>,
    objects: Mutex<BTreeMap<String, (Vec<u8>, u64)>>,
    /// What becomes of the next calls, by verb; the others take effect.
    pub fates: Mutex<BTreeMap<String, VecDeque<Fate>>>,
    /// Every call, in order.
    pub calls: Mutex<Vec<String>>,
    /// How one waited between turns.
    pub rests: Mutex<Vec<Rest>>,
    /// How old the pools' readings are.
    pub stale: Mutex<Duration>,
    versions: Mutex<u64>,
    /// Whether wishes are accepted and take no effect.
    pub ignores: Mutex<bool>,
    /// By how many seconds the clock was set ahead, or back.
    pub set: Mutex<i64>,
}

impl World {
    pub fn new(toy: Toy) -> Arc<Self> {
        Arc::new(Self {
            toy: Mutex::new(toy),
            objects: Mutex::default(),
            fates: Mutex::default(),
            calls: Mutex::default(),
            rests: Mutex::default(),
            stale: Mutex::default(),
            versions: Mutex::default(),
            ignores: Mutex::default(),
            set: Mutex::default(),
        })
    }
    pub fn backend(self: &Arc<Self>) -> Backend {
        let backend = Backend::new(self.clone()).with_network(self.clone()).with_pool(self.clone());
        backend.with_balancer(self.clone()).with_dns(self.clone()).with_store(self.clone())
    }
    pub fn fate(&self, verb: &str, fates: &[Fate]) {
        self.fates.lock().unwrap().insert(verb.into(), fates.iter().copied().collect());
    }
    pub fn pass(&self, seconds: u64) {
        self.toy.lock().unwrap().tick(seconds);
    }
    /// How often calls of this verb were made.
    pub fn count(&self, verb: &str) -> usize {
        self.calls.lock().unwrap().iter().filter(|call| call.starts_with(verb)).count()
    }
    /// The lease as text, if there is one.
    pub fn lease(&self) -> Option<String> {
        let objects = self.objects.lock().unwrap();
        objects.values().next().map(|(value, _)| String::from_utf8(value.clone()).unwrap())
    }
    /// Does `effect` unless the call's fate is another.
    fn call<T>(&self, verb: &'static str, effect: impl FnOnce() -> Result<T>) -> Result<T> {
        self.calls.lock().unwrap().push(verb.into());
        let fate = self.fates.lock().unwrap().get_mut(verb).and_then(VecDeque::pop_front);
        let error = |kind| Err(Error::new(kind, Operation(verb), Resource::Tier));
        match fate {
            None => effect(),
            Some(Fate::Lost) => effect().and_then(|_| error(Kind::Unavailable)),
            Some(Fate::Dropped) => error(Kind::Unavailable),
            Some(Fate::Throttled(seconds)) => error(Kind::Throttled(Some(Duration::from_secs(seconds)))),
            Some(Fate::Denied) => error(Kind::Denied),
            Some(Fate::Conflict) => error(Kind::Conflict("somebody was faster".into())),
        }
    }
    fn act(&self, verb: &'static str, action: Action) -> Result<()> {
        self.call(verb, || {
            if !*self.ignores.lock().unwrap() {
                self.toy.lock().unwrap().carry_out(&action);
            }
            Ok(())
        })
    }
    fn read<T>(&self, verb: &'static str, state: impl FnOnce(&Toy) -> T) -> Result<Reading<T>> {
        self.call(verb, || {
            let at = self.now();
            Ok(Reading { state: state(&self.toy.lock().unwrap()), at })
        })
    }
}

/// What a port says that cannot keep something.
fn refused(it: bool) -> Vec<Problem> {
    if it { vec![Problem::new("it", "no", "yes")] } else { Vec::new() }
}

#[async_trait]
impl Clock for World {
    fn now(&self) -> Timestamp {
        let ahead = *self.set.lock().unwrap() * 1_000_000_000;
        Timestamp(self.toy.lock().unwrap().at.0.saturating_add_signed(ahead))
    }
    fn elapsed(&self) -> Duration {
        self.toy.lock().unwrap().at.since(Timestamp::ZERO)
    }
    async fn sleep(&self, duration: Duration) {
        self.pass(duration.as_secs());
    }
    async fn rest(&self, rest: Rest) {
        self.rests.lock().unwrap().push(rest);
        self.pass(rest.longest(self.now()).as_secs().max(1));
    }
}

#[async_trait]
impl Network for World {
    fn check(&self, spec: &NetworkSpec) -> Vec<Problem> {
        refused(spec.allow.iter().any(|rule| rule.port == 99))
    }
    async fn observe(&self, _: &Scope) -> Result<Reading<Option<NetworkState>>> {
        self.read("network.observe", |toy| toy.network.clone())
    }
    async fn ensure(&self, _: &Scope, spec: &NetworkSpec) -> Result<()> {
        self.act("network.ensure", Action::Network(NetworkStep::Ensure(spec.clone())))
    }
    async fn remove(&self, _: &Scope) -> Result<()> {
        self.act("network.remove", Action::Network(NetworkStep::Remove))
    }
}

#[async_trait]
impl ComputePool for World {
    fn check(&self, spec: &PoolSpec) -> Vec<Problem> {
        refused(spec.max_skew == 99)
    }
    async fn observe(&self, _: &Scope) -> Result<Reading<Vec<PoolState>>> {
        let age = *self.stale.lock().unwrap();
        self.read("pool.observe", |toy| toy.pools.clone()).map(|r| Reading { at: r.at.back(age), ..r })
    }
    async fn ensure(&self, _: &Scope, spec: &PoolSpec) -> Result<()> {
        self.act("pool.ensure", Action::Pool(PoolStep::Ensure(spec.clone())))
    }
    async fn bound(&self, _: &Scope, pool: &PoolName, bounds: Size) -> Result<()> {
        self.act("pool.bound", Action::Pool(PoolStep::Bound { pool: pool.clone(), bounds }))
    }
    async fn hold(&self, _: &Scope, pool: &PoolName, instance: &InstanceId, mode: HoldMode) -> Result<()> {
        let (pool, instance) = (pool.clone(), instance.clone());
        self.act("pool.hold", Action::Pool(PoolStep::Hold { pool, instance, mode }))
    }
    async fn put_back(&self, _: &Scope, pool: &PoolName, instance: &InstanceId) -> Result<()> {
        let (pool, instance) = (pool.clone(), instance.clone());
        self.act("pool.put_back", Action::Pool(PoolStep::PutBack { pool, instance }))
    }
    async fn retire(&self, _: &Scope, pool: &PoolName, instance: &InstanceId, refill: Refill) -> Result<()> {
        let (pool, instance) = (pool.clone(), instance.clone());
        self.act("pool.retire", Action::Pool(PoolStep::Retire { pool, instance, refill }))
    }
    async fn remove(&self, _: &Scope, pool: &PoolName) -> Result<()> {
        self.act("pool.remove", Action::Pool(PoolStep::Remove { pool: pool.clone() }))
    }
}

#[async_trait]
impl LoadBalancer for World {
    fn check(&self, spec: &BalancerSpec) -> Vec<Problem> {
        refused(spec.drain == Duration::from_secs(99))
    }
    async fn observe(&self, _: &Scope) -> Result<Reading<Vec<BalancerState>>> {
        self.read("balancer.observe", |toy| toy.balancers.clone())
    }
    async fn ensure(&self, _: &Scope, spec: &BalancerSpec) -> Result<()> {
        self.act("balancer.ensure", Action::Balancer(BalancerStep::Ensure(spec.clone())))
    }
    async fn route(&self, _: &Scope, balancer: &BalancerName, routes: &[Route]) -> Result<()> {
        let (balancer, routes) = (balancer.clone(), routes.to_vec());
        self.act("balancer.route", Action::Balancer(BalancerStep::Route { balancer, routes }))
    }
    async fn remove(&self, _: &Scope, balancer: &BalancerName) -> Result<()> {
        self.act("balancer.remove", Action::Balancer(BalancerStep::Remove { balancer: balancer.clone() }))
    }
}

#[async_trait]
impl Dns for World {
    fn check(&self, set: &RecordSet, answers: u32) -> Vec<Problem> {
        refused(set.ttl == Duration::from_secs(99) || answers == 99)
    }
    async fn observe(&self, _: &Scope) -> Result<Reading<Vec<RecordState>>> {
        self.read("dns.observe", |toy| toy.records.clone())
    }
    async fn ensure(&self, _: &Scope, set: &RecordSet) -> Result<()> {
        self.act("dns.ensure", Action::Dns(DnsStep::Ensure(set.clone())))
    }
    async fn remove(&self, _: &Scope, name: &DnsName) -> Result<()> {
        self.act("dns.remove", Action::Dns(DnsStep::Remove { name: name.clone() }))
    }
}

#[async_trait]
impl Store for World {
    async fn get(&self, _: &Scope, key: &StoreKey) -> Result<Option<Versioned>> {
        self.call("store.get", || {
            let objects = self.objects.lock().unwrap();
            let versioned = |(value, version): &(Vec<u8>, u64)| Versioned {
                value: value.clone(),
                version: Version(version.to_string()),
            };
            Ok(objects.get(key.as_str()).map(versioned))
        })
    }
    async fn put(&self, _: &Scope, key: &StoreKey, value: &[u8], expect: &Expect) -> Result<Version> {
        self.call("store.put", || {
            let mut objects = self.objects.lock().unwrap();
            let there = objects.get(key.as_str()).map(|(_, version)| Version(version.to_string()));
            let expected = match expect {
                Expect::Absent => there.is_none(),
                Expect::Version(version) => there.as_ref() == Some(version),
            };
            if !expected {
                let kind = Kind::Conflict("somebody was faster".into());
                return Err(Error::new(kind, Operation("store.put"), Resource::Object(key.clone())));
            }
            let mut version = self.versions.lock().unwrap();
            *version += 1;
            objects.insert(key.as_str().into(), (value.to_vec(), *version));
            Ok(Version(version.to_string()))
        })
    }
    async fn delete(&self, _: &Scope, key: &StoreKey, _: &Version) -> Result<()> {
        self.call("store.delete", || {
            self.objects.lock().unwrap().remove(key.as_str());
            Ok(())
        })
    }
    async fn list(&self, _: &Scope, _: &str) -> Result<Vec<StoreKey>> {
        Ok(Vec::new())
    }
}
