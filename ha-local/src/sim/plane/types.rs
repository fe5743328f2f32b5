//! What the cloud tells the plane, and what the plane tells the cloud.

use crate::sim::engine::{draw::Seed, queue::Queue};
use ha_core::{
    backend::state::TargetHealth,
    name::{BalancerName, PoolName, Release},
    time::Timestamp,
    topology::{Algorithm, Share},
};
use std::time::Duration;

/// A place from which packets come: the users, or a zone by its index in the topology.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Everybody outside.
    Users,
    /// A zone.
    Zone(u8),
}

/// A server by its number; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServerId(pub u32);

/// What the plane needs of the rest of the world while it works.
pub struct Ctx<'a> {
    /// Now.
    pub now: Timestamp,
    /// Where future events go.
    pub queue: &'a mut Queue,
    /// The source of chance.
    pub seed: Seed,
    /// What the cloud is told.
    pub notices: &'a mut Vec<Notice>,
}

/// What the cloud is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Checks of this server may now end otherwise than before: its queue grew long, or short again.
    ChecksMayDiffer(ServerId),
    /// Nothing is in flight any more on a server that is draining.
    Idle(ServerId),
}

/// A new server.
#[derive(Clone, Debug, PartialEq)]
pub struct ServerSpec {
    /// Names it in draws: a function of the instance's name.
    pub key: u64,
    /// The pool whose workload it has.
    pub pool: PoolName,
    /// What runs on it.
    pub release: Release,
    /// Where.
    pub zone: u8,
}

/// The condition of a server. What changes for the worse hits requests in flight as it would in the world.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Condition {
    /// Its machine is on and its process runs; else connections are refused, and what was in flight is lost.
    pub up: bool,
    /// Why it is down: a machine that is off does not even refuse, so that connections time out.
    pub silent: bool,
    /// Frozen: connections are accepted, nothing is answered until it thaws.
    pub frozen: bool,
    /// Runs on, but no packet gets in or out.
    pub isolated: bool,
    /// It answers its readiness path with 2xx.
    pub ready: bool,
    /// Share of requests answered with 5xx, in millionths.
    pub errors: u32,
    /// Factor on service times, in thousandths; 1000 is well.
    pub slow: u32,
    /// The two faults above strike only above this utilisation, in thousandths; 0: always.
    pub above_load: u32,
    /// Packets to it that are lost, in millionths.
    pub loss: u32,
    /// Added to each way of each packet, in ns.
    pub delay_ns: u64,
}

impl Condition {
    /// Up, and nothing wrong with it; not yet ready.
    pub const WELL: Self = Self {
        up: true,
        silent: false,
        frozen: false,
        isolated: false,
        ready: false,
        errors: 0,
        slow: 1000,
        above_load: 0,
        loss: 0,
        delay_ns: 0,
    };
}

/// How a health check of a server ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    /// 2xx in time.
    Passed,
    /// Another status, or the connection was refused.
    Failed,
    /// No answer in time.
    TimedOut,
}

/// A balancer as the plane needs it.
#[derive(Clone, Debug, PartialEq)]
pub struct BalancerView {
    /// Its name.
    pub name: BalancerName,
    /// Its endpoints: one a zone.
    pub endpoints: Vec<EndpointView>,
    /// How it chooses.
    pub algorithm: Algorithm,
    /// How long a user stays with one instance.
    pub sticky: Option<Duration>,
    /// How long a new target's share grows to full.
    pub slow_start: Option<Duration>,
    /// When at most this share is healthy, all get requests.
    pub fail_open: Option<Share>,
    /// The weight of each route.
    pub weights: Vec<u32>,
    /// Who is behind it.
    pub targets: Vec<TargetView>,
}

/// An endpoint of a balancer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndpointView {
    /// Its zone.
    pub zone: u8,
    /// Whether it takes connections.
    pub up: bool,
    /// Share of requests that it answers itself with 5xx, in millionths.
    pub errors: u32,
}

/// A target of a balancer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TargetView {
    /// The server.
    pub server: ServerId,
    /// Which of the balancer's routes it belongs to.
    pub route: u16,
    /// How the balancer judges it.
    pub health: TargetHealth,
    /// When it became healthy: slow start counts from here.
    pub since: Timestamp,
}

/// What a DNS name answers now.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordView {
    /// What may be answered; one question gets all (`Whole`) or one of them.
    pub answers: Vec<Address>,
    /// The weight of each answer; empty: every question gets all answers.
    pub weights: Vec<u32>,
    /// How long resolvers keep it.
    pub ttl: Duration,
    /// Share of questions that time out, in millionths.
    pub timeouts: u32,
    /// Caches keep answers so much longer than their TTL: share of resolvers (millionths), and how long.
    pub stale: Option<(u32, Duration)>,
}

/// Where a user can connect to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Address {
    /// The endpoint of a balancer in a zone.
    Balancer(BalancerName, u8),
    /// A server, directly.
    Server(ServerId),
}

/// The state of the way from one place to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct LinkState {
    /// No packet passes.
    pub cut: bool,
    /// Packets lost, in millionths.
    pub loss: u32,
    /// Added to each packet, in ns.
    pub delay_ns: u64,
}

/// What was measured of one release of a pool over some time.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Measured {
    /// Requests answered by its servers.
    pub requests: u64,
    /// Of these, with 5xx.
    pub errors: u64,
    /// The sum of their latencies, in ns.
    pub latency_ns: u64,
}
