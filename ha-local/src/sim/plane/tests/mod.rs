//! Tests of the plane, by what they prove; and a small world in which it runs alone.

mod asking;
mod balancing;
mod chance;
mod faults;
mod storms;
mod theory;
mod users;

use super::*;
use crate::sim::{
    Distribution,
    engine::{
        draw::Seed,
        queue::{Event, Queue, Ties},
    },
    traffic::{Arrivals, Segment},
};
use ha_core::{
    backend::state::TargetHealth,
    name::{BalancerName, DnsName},
    topology::Algorithm,
};
use std::collections::BTreeMap;

/// The plane, a queue and a clock.
#[derive(Clone, Debug, PartialEq)]
struct World {
    plane: Plane,
    queue: Queue,
    seed: Seed,
    now: Timestamp,
    notices: Vec<Notice>,
}

impl World {
    fn new(config: PlaneConfig, seed: u64) -> Self {
        let seed = Seed(seed);
        let queue = Queue::new(seed, Ties::Drawn);
        Self { plane: Plane::new(config), queue, seed, now: Timestamp::ZERO, notices: Vec::new() }
    }
    /// Does something with the plane now.
    fn with<T>(&mut self, act: impl FnOnce(&mut Plane, &mut Ctx<'_>) -> T) -> T {
        let notices = &mut self.notices;
        act(&mut self.plane, &mut Ctx { now: self.now, queue: &mut self.queue, seed: self.seed, notices })
    }
    /// Lets happen what happens until then.
    fn run(&mut self, until: Timestamp) {
        while let Some((at, event)) = self.queue.pop(until) {
            self.now = at;
            let Event::Plane(event) = event else { unreachable!("only the plane is there") };
            self.with(|plane, ctx| plane.handle(ctx, event));
        }
        self.now = until.max(self.now);
    }
    /// Lets happen everything.
    fn finish(&mut self) {
        let far = Timestamp(u64::MAX - 1);
        while let Some((at, event)) = self.queue.pop(far) {
            self.now = at;
            let Event::Plane(event) = event else { unreachable!("only the plane is there") };
            self.with(|plane, ctx| plane.handle(ctx, event));
        }
        assert!(self.plane.quiet(), "{:?}", self.plane.ledger());
        self.plane.ledger().agree().unwrap();
    }
    fn server(&mut self, pool: &str, zone: u8) -> ServerId {
        let key = self.plane.servers.len() as u64;
        let id = self.plane.add_server(ServerSpec { key, pool: pool.into(), release: "1".into(), zone });
        self.condition(id, READY);
        id
    }
    fn condition(&mut self, id: ServerId, condition: Condition) {
        self.with(|plane, ctx| plane.set_condition(ctx, id, condition));
    }
    fn balancer(&mut self, view: BalancerView) {
        self.with(|plane, ctx| plane.set_balancer(ctx, view));
    }
    fn record(&mut self, answers: Vec<Address>) {
        let record = RecordView { answers, weights: vec![], ttl: secs(60), timeouts: 0, stale: None };
        self.with(|plane, ctx| plane.set_record(ctx, &site(), Some(record)));
    }
    fn traffic(&mut self, arrivals: Arrivals, length: Duration) {
        let segments = [Segment { start: self.now, length, arrivals }].into();
        self.with(|plane, ctx| plane.start(ctx, &site(), Traffic { key: 1, segments }));
    }
    fn failed(&self, cause: Cause) -> u64 {
        self.plane.ledger().users.failed[cause as usize]
    }
    fn served(&self) -> u64 {
        self.plane.ledger().users.served
    }
}

const READY: Condition = Condition { ready: true, ..Condition::WELL };
const OFF: Condition = Condition { up: false, silent: true, ..Condition::WELL };

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_secs(seconds)
}

fn site() -> DnsName {
    "shop.example".into()
}

/// A configuration of one zone in which pool `web` works so.
fn config(service: Distribution, concurrency: u32, queue: u32) -> PlaneConfig {
    let pools = BTreeMap::from([("web".into(), ServerConfig { service, concurrency, queue })]);
    PlaneConfig { pools, ..PlaneConfig::ideal(1) }
}

/// A balancer with one endpoint and these healthy targets.
fn front(algorithm: Algorithm, targets: &[ServerId]) -> BalancerView {
    BalancerView {
        name: "front".into(),
        endpoints: vec![EndpointView { zone: 0, up: true, errors: 0 }],
        algorithm,
        sticky: None,
        slow_start: None,
        fail_open: None,
        weights: vec![1],
        targets: targets.iter().map(|server| healthy(*server)).collect(),
    }
}

fn healthy(server: ServerId) -> TargetView {
    TargetView { server, route: 0, health: TargetHealth::Healthy, since: Timestamp::ZERO }
}

fn endpoint(zone: u8) -> Address {
    Address::Balancer(BalancerName::from("front"), zone)
}

/// A site of so many servers behind one balancer.
fn balanced(config: PlaneConfig, algorithm: Algorithm, servers: usize) -> (World, Vec<ServerId>) {
    let mut world = World::new(config, 42);
    let servers: Vec<_> = (0..servers).map(|_| world.server("web", 0)).collect();
    world.balancer(front(algorithm, &servers));
    world.record(vec![endpoint(0)]);
    (world, servers)
}
