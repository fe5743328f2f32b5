//! What a wish asks for: one spec for each tier, complete in itself.

use crate::{
    name::{BalancerName, DnsName, PoolName, Release, ZoneName},
    time::Timestamp,
    topology::{
        Algorithm, Allow, Boot, Capacity, ClientAddress, Exposure, Guards, HealthCheck, Listener, Nat, RecordKind,
        Route, Share, Size,
    },
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The network of a site.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NetworkSpec {
    /// Every zone of the site, closed ones included, in the topology's order.
    pub zones: Vec<ZoneName>,
    /// Whether instances have addresses in the world.
    pub instances: Exposure,
    /// How instances reach the world.
    pub nat: Nat,
    /// Who may talk to whom: what follows from the tiers, then what the topology adds.
    pub allow: Vec<Allow>,
}

/// A pool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PoolSpec {
    /// Its name.
    pub name: PoolName,
    /// What new instances run; living ones keep what they have.
    pub release: Release,
    /// Bounds on the number of instances; `min` is raised for head-room.
    pub bounds: Size,
    /// Who decides the number within the bounds.
    pub capacity: Capacity,
    /// Zones in which instances may be launched, in order of preference.
    pub zones: Vec<ZoneName>,
    /// By how much the fullest zone may exceed the emptiest before instances are moved.
    pub max_skew: u32,
    /// What an instance promises while it boots.
    pub boot: Boot,
    /// What limits the pool's own repairs.
    pub guards: Guards,
    /// How long an instance that leaves still answers whoever was told its address: the longest that a name which stands
    /// for the pool itself may be kept. Zero where no name does; balancers have a drain of their own.
    // A spec that was written before there was such a time has none.
    #[serde(default)]
    pub drain: Duration,
    /// What a roll-out must remember.
    pub marks: Marks,
}

/// What a roll-out must remember, written on the pool itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marks {
    /// The release to which the pool returns.
    pub stable: Release,
    /// The release that is being rolled out.
    pub candidate: Option<Candidate>,
    /// Releases that failed their gate.
    pub rejected: Vec<Rejected>,
}

/// A release that is being rolled out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// The release.
    pub release: Release,
    /// Since when, by the planner's now.
    pub since: Timestamp,
}

/// A release that failed its gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejected {
    /// The release.
    pub release: Release,
    /// The topology's `retry` of the pool when it failed: a higher one tries again.
    pub retry: u32,
    /// Why, for people.
    pub why: String,
}

/// A balancer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BalancerSpec {
    /// Its name.
    pub name: BalancerName,
    /// The zones in which it has endpoints.
    pub zones: Vec<ZoneName>,
    /// Where it listens.
    pub listeners: Vec<Listener>,
    /// The pools it serves.
    pub routes: Vec<Route>,
    /// How it finds out who can serve.
    pub health: HealthCheck,
    /// The path that each pool's instances answer when they can serve, and the port, in the order of `routes`.
    pub ready: Vec<Boot>,
    /// How it chooses among those who can.
    pub algorithm: Algorithm,
    /// How long a user stays with one instance.
    pub sticky: Option<Duration>,
    /// How long requests in flight may finish on an instance that leaves.
    pub drain: Duration,
    /// How long a new instance's share grows to full.
    pub slow_start: Option<Duration>,
    /// How the client's address reaches the instances.
    pub client_address: ClientAddress,
    /// The share of healthy targets at or below which requests go to all; `None`: only when none is healthy.
    pub fail_open: Option<Share>,
}

/// A DNS record set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordSet {
    /// The name.
    pub name: DnsName,
    /// What it answers.
    pub kind: RecordKind,
    /// How long resolvers may keep an answer.
    pub ttl: Duration,
}
