//! The cloud driven by hand: a queue, a plane, the real keepers, and nobody's loop.

mod faulty;
mod keeping;
mod names;
mod refusals;
mod seeing;

use super::{Cloud, Env};
use crate::sim::{
    Distribution, Profile,
    engine::{
        call::{Answer, Effect, Request},
        draw::Seed,
        queue::{Event, Queue, Ties},
        trace::Trace,
    },
    faults::Faults,
    plane::{Notice, Plane, PlaneConfig},
};
use ha_core::{
    backend::{
        Kind, Scope,
        spec::{BalancerSpec, Marks, NetworkSpec, PoolSpec, RecordSet},
        state::{BalancerState, InstancePhase, PoolState, RecordState},
    },
    keeper::pool::{Order, decide},
    name::{DnsName, PoolName, ZoneName},
    time::Timestamp,
    topology::{
        Algorithm, Boot, Capacity, ClientAddress, Dns, Endpoint, Exposure, Guards, HealthCheck, Nat, RecordKind, Route,
        Share, Size,
    },
};
use std::{collections::BTreeMap, time::Duration};

const ME: u32 = 1;

/// A world without our loop: keepers act at once.
struct Lab {
    now: Timestamp,
    queue: Queue,
    plane: Plane,
    cloud: Cloud,
    faults: Faults,
    trace: Trace,
    profile: Profile,
    notices: Vec<Notice>,
    run_everything: bool,
    /// When each keeper looks again, and up to which version it has looked.
    keepers: BTreeMap<PoolName, (Option<Timestamp>, u64)>,
}

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn between(least: u64, most: u64) -> Distribution {
    Distribution::Uniform { least: secs(least), most: secs(most) }
}

fn zones() -> Vec<ZoneName> {
    ["a", "b", "c"].map(ZoneName::from).to_vec()
}

fn scope() -> Scope {
    Scope { name: "shop".into(), id: "s1".into() }
}

fn network() -> NetworkSpec {
    NetworkSpec { zones: zones(), instances: Exposure::Private, nat: Nat::One, allow: Vec::new() }
}

fn boot() -> Boot {
    Boot { ready: "/healthz".into(), budget: secs(300), port: 80 }
}

fn pool(name: &str, size: u32) -> PoolSpec {
    PoolSpec {
        name: name.into(),
        release: "v1".into(),
        bounds: Size { min: size, max: size + 3 },
        capacity: Capacity::Fixed(size),
        zones: zones(),
        max_skew: 1,
        boot: boot(),
        guards: Guards { brake: Some(Share(340)), min_healthy: Share(1000) },
        drain: Duration::ZERO,
        marks: Marks { stable: "v1".into(), candidate: None, rejected: Vec::new() },
    }
}

fn balancer(name: &str, pool: &str) -> BalancerSpec {
    let wanted = ha_core::topology::Balancer::http(name);
    BalancerSpec {
        name: name.into(),
        zones: zones(),
        listeners: wanted.listeners,
        routes: vec![Route { pool: pool.into(), weight: 100 }],
        health: HealthCheck { interval: secs(10), timeout: secs(2), healthy: 3, unhealthy: 2 },
        ready: vec![boot()],
        algorithm: Algorithm::RoundRobin,
        sticky: None,
        drain: secs(30),
        slow_start: None,
        client_address: ClientAddress::ForwardedFor,
        fail_open: None,
    }
}

fn record(dns: Dns) -> RecordSet {
    RecordSet { name: dns.name, kind: dns.kind, ttl: dns.ttl }
}

fn alias() -> RecordSet {
    record(Dns::apex("shop.example").to("front"))
}

impl Lab {
    fn new() -> Self {
        let mut profile = Profile::ideal();
        (profile.boot.running, profile.boot.ready) = (between(20, 60), between(20, 30));
        profile.phases.network = between(5, 10);
        profile.phases.balancer = between(60, 120);
        profile.phases.record = between(10, 60);
        let seed = Seed(1);
        Self {
            now: Timestamp::ZERO,
            queue: Queue::new(seed, Ties::Drawn),
            plane: Plane::new(PlaneConfig::ideal(3)),
            cloud: Cloud::new(zones()),
            faults: Faults::default(),
            trace: Trace::keeping(10_000),
            profile,
            notices: Vec::new(),
            run_everything: false,
            keepers: BTreeMap::new(),
        }
    }
    /// The site of most tests, as it is after ten minutes: six instances behind `front`, under `shop.example`.
    fn shop() -> Self {
        let mut lab = Self::new();
        lab.make_shop();
        lab
    }
    fn make_shop(&mut self) {
        self.wish(&Request::NetworkEnsure(scope(), network())).unwrap();
        self.wish(&Request::PoolEnsure(scope(), pool("web", 6))).unwrap();
        self.wish(&Request::BalancerEnsure(scope(), balancer("front", "web"))).unwrap();
        self.wish(&Request::DnsEnsure(scope(), alias())).unwrap();
        self.run_for(secs(600));
    }
    fn act<T>(&mut self, act: impl FnOnce(&mut Cloud, &mut Env<'_>) -> T) -> T {
        let mut env = Env {
            now: self.now,
            seed: Seed(1),
            queue: &mut self.queue,
            plane: &mut self.plane,
            faults: &self.faults,
            trace: &mut self.trace,
            profile: &self.profile,
            notices: &mut self.notices,
            cause: None,
            run_everything: self.run_everything,
        };
        let result = act(&mut self.cloud, &mut env);
        while !env.notices.is_empty() {
            for notice in std::mem::take(env.notices) {
                self.cloud.notice(&mut env, notice);
            }
        }
        result
    }
    fn part(&mut self, viewer: u32, request: &Request, part: u16) -> Result<Answer, Kind> {
        let answer = self.act(|cloud, env| cloud.effect(env, viewer, request, part));
        self.keep();
        answer
    }
    /// All parts of a wish, as the only controller.
    fn wish(&mut self, request: &Request) -> Result<Answer, Kind> {
        let parts = match self.cloud.kind(request) {
            Effect::Read => 1,
            Effect::Write { parts } => parts,
        };
        let mut answer = Ok(Answer::Done);
        for part in 0..parts {
            answer = self.part(ME, request, part);
            answer.clone()?;
        }
        answer
    }
    /// A wish that is refused changes nothing at all.
    fn refused(&mut self, request: &Request) -> Kind {
        let before = self.cloud.clone();
        let kind = self.wish(request).expect_err("the wish is to be refused");
        assert_eq!(self.cloud, before, "{request:?}");
        kind
    }
    /// The keepers act until nothing is left to do now.
    fn keep(&mut self) {
        for (scope, pool) in self.cloud.keepers() {
            let mut failed: Vec<Order> = Vec::new();
            loop {
                let view = Request::HandsView(scope.clone(), pool.clone());
                let Ok(Answer::View(Some(view))) = self.act(|cloud, env| cloud.effect(env, 0, &view, 0)) else { break };
                let decision = decide(&view, &self.profile.keeper.policy);
                let look_again = decision.look_again;
                let Some(order) = decision.orders.into_iter().find(|order| !failed.contains(order)) else {
                    let seen = self.cloud.pool_version(&scope, &pool);
                    self.keepers.insert(pool.clone(), (look_again, seen));
                    break;
                };
                let request = Request::HandsOrder(scope.clone(), pool.clone(), order.clone());
                if self.act(|cloud, env| cloud.effect(env, 0, &request, 0)).is_err() {
                    failed.push(order);
                }
            }
        }
    }
    fn run_for(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            let looks = self.keepers.values().filter_map(|(at, _)| *at).filter(|at| *at > self.now).min();
            let next = self.queue.next().into_iter().chain(looks).min().filter(|next| *next <= end);
            let Some(next) = next else { break };
            self.now = next;
            while let Some((_, event)) = self.queue.pop(next) {
                if let Event::Cloud(event) = event {
                    self.act(|cloud, env| cloud.handle(env, event));
                }
            }
            self.keep();
        }
        self.now = end;
    }
    fn pool(&mut self) -> PoolState {
        let answer = self.part(ME, &Request::PoolObserve(scope()), 0);
        let Ok(Answer::Pools(mut reading)) = answer else { panic!("a pool's tier answers pools") };
        reading.state.remove(0)
    }
    fn balancer(&mut self) -> BalancerState {
        let answer = self.part(ME, &Request::BalancerObserve(scope()), 0);
        let Ok(Answer::Balancers(mut reading)) = answer else { panic!("a balancer's tier answers balancers") };
        reading.state.remove(0)
    }
    fn record(&mut self) -> RecordState {
        let answer = self.part(ME, &Request::DnsObserve(scope()), 0);
        let Ok(Answer::Records(mut reading)) = answer else { panic!("names answer records") };
        reading.state.remove(0)
    }
    /// How many instances of the first pool are in this phase.
    fn count(&mut self, phase: InstancePhase) -> usize {
        self.pool().instances.iter().filter(|instance| instance.phase == phase).count()
    }
    fn kill(&mut self, name: &str) {
        let number = self.number(name);
        self.act(|cloud, env| cloud.kill(env, number));
        self.keep();
    }
    fn number(&self, name: &str) -> u32 {
        self.cloud.machines().iter().find(|machine| machine.name.as_str() == name).unwrap().number
    }
    /// When something was first told that contains this text.
    fn told(&self, text: &str) -> Option<Timestamp> {
        self.trace.records().iter().find(|record| record.what.contains(text)).map(|record| record.at)
    }
    fn answers(&self, name: &str) -> usize {
        let number = self.cloud.record_of(&DnsName::from(name)).unwrap();
        self.cloud.records[&number].view.as_ref().map_or(0, |view| view.answers.len())
    }
}
