//! What the state directory keeps of a pool and its instances.

use ha_core::{
    backend::{
        Refill, Scope,
        spec::PoolSpec,
        state::{InstancePhase, Loss, Phase},
    },
    name::{InstanceId, Release, ZoneName},
    time::Timestamp,
    topology::Capacity,
};
use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;

/// A pool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PoolRow {
    /// Whose it is.
    pub owner: Scope,
    /// What was asked for last.
    pub spec: PoolSpec,
    /// How far it is.
    pub phase: Phase,
    /// Since when.
    pub since: Timestamp,
    /// How many instances it tries to have.
    pub desired: u32,
    /// Its instances, in order of launch.
    pub members: Vec<MemberRow>,
    /// Instances that failed, oldest first.
    pub losses: Vec<Loss>,
    /// Zones in which the last launch was refused, and since when.
    pub refused: Vec<(ZoneName, Timestamp)>,
    /// The version of the tables since which nothing in it has changed that a keeper decides from.
    pub changed: u64,
}

/// An instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MemberRow {
    /// Its name.
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
    /// Whether somebody asked for its end, and what happens to its place.
    pub retiring: Option<Refill>,
    /// While it leaves: whether nothing is in flight on it any more, its time is over, or it runs no more.
    #[serde(default)]
    pub drained: bool,
    /// Its address.
    pub address: Ipv4Addr,
    /// How far its machine is.
    pub machine: Machine,
    /// It never becomes ready: a fault made it so when it was launched.
    #[serde(default)]
    pub hopeless: bool,
    /// The version of the tables when its phase changed last: who has seen it has seen the change.
    pub changed: u64,
}

/// How far the machine of an instance is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Machine {
    /// It is to be made.
    Wanted,
    /// It was made and started.
    Made,
    /// It is to be ended and removed.
    Unwanted,
}

impl PoolRow {
    /// Whether it was asked to go.
    pub fn removing(&self) -> bool {
        self.phase == Phase::Removing
    }
    /// The instance of this name.
    pub fn member(&self, id: &InstanceId) -> Option<&MemberRow> {
        self.members.iter().find(|member| member.id == *id)
    }
    /// The instance of this name, to be changed.
    pub fn member_mut(&mut self, id: &InstanceId) -> Option<&mut MemberRow> {
        self.members.iter_mut().find(|member| member.id == *id)
    }
    /// Its instances, those excepted whose end is under way.
    pub fn present(&self) -> impl Iterator<Item = &MemberRow> {
        self.members.iter().filter(|member| member.machine != Machine::Unwanted)
    }
}

/// How many instances a pool of this spec tries to have.
pub fn desired(spec: &PoolSpec) -> u32 {
    let wanted = match spec.capacity {
        Capacity::Fixed(count) => count,
        Capacity::Scaled => spec.bounds.min,
    };
    wanted.max(spec.bounds.min).min(spec.bounds.max)
}

impl MemberRow {
    /// From now on it does this.
    pub(super) fn turn(&mut self, phase: InstancePhase, version: u64) {
        (self.phase, self.since, self.changed) = (phase, crate::docker::now(), version);
        self.drained = false;
    }
}
