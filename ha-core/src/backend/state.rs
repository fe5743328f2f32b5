//! What `observe` answers: the state of a whole tier, with its age.

use super::spec::{BalancerSpec, NetworkSpec, PoolSpec, RecordSet};
use crate::{
    name::{InstanceId, PoolName, Release, ZoneName},
    time::Timestamp,
    topology::{Endpoint, HoldMode},
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A state and the instant at which it was true.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading<T> {
    /// What was seen.
    pub state: T,
    /// When it was so, by the clock of the backend that answers: its age is that clock's now less this.
    pub at: Timestamp,
}

/// How far an object is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Accepted; it does not yet work as wished.
    Pending,
    /// It works as its spec says.
    Active,
    /// Asked to go; still there.
    Removing,
    /// It does not work, and will not by itself.
    Broken,
}

/// The network of a site, if there is one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NetworkState {
    /// What was asked for last.
    pub spec: NetworkSpec,
    /// How far it is.
    pub phase: Phase,
    /// Since when.
    pub since: Timestamp,
}

/// A pool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PoolState {
    /// What was asked for last.
    pub spec: PoolSpec,
    /// How far it is.
    pub phase: Phase,
    /// How many instances it tries to have, held ones that are replaced not counted.
    pub desired: u32,
    /// What exists, in order of launch.
    pub instances: Vec<InstanceState>,
    /// Instances that failed within the last hour, oldest first.
    pub losses: Vec<Loss>,
    /// Zones in which the last launch was refused, and since when.
    pub refused: Vec<(ZoneName, Timestamp)>,
    /// Instances that bear the pool's mark and that it does not keep: somebody took them out by hand. They are not among
    /// `instances`, nobody replaces them, and they go with the pool.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub strays: Vec<InstanceId>,
}

/// An instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InstanceState {
    /// Its name, never used twice.
    pub id: InstanceId,
    /// Where it is.
    pub zone: ZoneName,
    /// What runs on it.
    pub release: Release,
    /// What it is doing.
    pub phase: InstancePhase,
    /// Since when.
    pub since: Timestamp,
    /// When it was launched.
    pub launched: Timestamp,
}

/// What an instance is doing, as its pool knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InstancePhase {
    /// Launched, not yet ready for the first time.
    Booting,
    /// In service.
    Ready,
    /// Was ready; now it fails its checks.
    Unready,
    /// On its way out, from the moment at which that was asked for: it gets no new request as soon as its pool has acted,
    /// those in flight may finish, then it is stopped.
    Draining,
    /// Pulled out: gets no request, is not replaced for ill health.
    Held(HoldMode),
    /// Put back; serves when ready.
    Returning,
    /// Not running any more, or not reachable for the provider; about to be forgotten.
    Lost,
}

/// An instance that failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Loss {
    /// Which.
    pub instance: InstanceId,
    /// Where it was.
    pub zone: ZoneName,
    /// What ran on it.
    pub release: Release,
    /// When the pool gave it up.
    pub at: Timestamp,
    /// Why.
    pub why: LossReason,
}

/// Why a pool gave an instance up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LossReason {
    /// It was not ready within its boot budget.
    NeverReady,
    /// It was ready and then failed its checks.
    Unhealthy,
    /// It stopped running.
    Gone,
}

/// A balancer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BalancerState {
    /// What was asked for last.
    pub spec: BalancerSpec,
    /// How far it is.
    pub phase: Phase,
    /// Since when.
    pub since: Timestamp,
    /// Who is behind it, and how it judges them.
    pub targets: Vec<TargetState>,
    /// What it measured of each release behind it: the latest time, and earlier ones as far back as they are kept (where
    /// few users come, one time alone says nothing). Times of one release do not overlap.
    pub readings: Vec<ReleaseReading>,
    /// What keeps its measurements from being read, for people; `None`: nothing does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread: Option<String>,
}

/// An instance behind a balancer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TargetState {
    /// The pool it comes from.
    pub pool: PoolName,
    /// Which.
    pub instance: InstanceId,
    /// How the balancer judges it.
    pub health: TargetHealth,
    /// Since when.
    pub since: Timestamp,
}

/// How a balancer judges an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetHealth {
    /// Not yet checked often enough.
    Initial,
    /// Gets requests.
    Healthy,
    /// Gets requests only when all are unhealthy.
    Unhealthy,
    /// Finishes what it has.
    Draining,
}

/// What a balancer measured of one release over the last `over`; a field without a reading is `None`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReleaseReading {
    /// The pool.
    pub pool: PoolName,
    /// The release.
    pub release: Release,
    /// The end of the time that was measured; readings may come late.
    pub at: Timestamp,
    /// How long was measured.
    #[serde(with = "crate::time::text")]
    pub over: Duration,
    /// Healthy targets of that release.
    pub healthy: Option<f64>,
    /// Requests answered.
    pub requests: Option<f64>,
    /// Of these, answered with 5xx.
    pub errors: Option<f64>,
    /// Mean latency, in milliseconds.
    pub latency_ms: Option<f64>,
}

/// A DNS record set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordState {
    /// What was asked for last.
    pub set: RecordSet,
    /// How far it is.
    pub phase: Phase,
    /// Since when.
    pub since: Timestamp,
    /// What it may stand for, and whether that is alive.
    pub answers: Vec<(Endpoint, bool)>,
}
