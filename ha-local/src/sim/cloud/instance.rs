//! An instance: its machine, what its pool makes of it, and how it is checked.

use crate::sim::plane::{Condition, ServerId};
use ha_core::{
    backend::{Refill, state::InstancePhase},
    keeper::health::Checks,
    name::{InstanceId, Release, ZoneName},
    time::Timestamp,
};

/// What the machine of an instance does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Power {
    /// It boots.
    Booting,
    /// Its process runs and cannot serve yet.
    Running,
    /// Its process can serve.
    Serving,
    /// It has no power; its disks are kept.
    Off,
    /// It is gone for good.
    Gone,
}

impl Power {
    pub(super) fn is_down(self) -> bool {
        match self {
            Self::Off | Self::Gone => true,
            Self::Booting | Self::Running | Self::Serving => false,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Instance {
    pub(super) id: InstanceId,
    pub(super) pool: u32,
    pub(super) zone: ZoneName,
    pub(super) zone_index: u8,
    pub(super) release: Release,
    pub(super) server: ServerId,
    /// Names it in draws.
    pub(super) key: u64,
    pub(super) launched: Timestamp,
    pub(super) phase: InstancePhase,
    pub(super) since: Timestamp,
    pub(super) retiring: Option<Refill>,
    pub(super) drained: bool,
    /// Counts its drains: an older drain's end means nothing.
    pub(super) drains: u32,
    pub(super) power: Power,
    /// Counts the changes of `power`: what was to come before one does not come.
    pub(super) epoch: u32,
    /// How often it has booted.
    pub(super) boots: u32,
    /// This boot never becomes ready.
    pub(super) hopeless: bool,
    /// Reached only from then on.
    pub(super) reached: Timestamp,
    /// When its process became able to serve.
    pub(super) served: Option<Timestamp>,
    pub(super) condition: Condition,
    /// The record of what last befell it.
    pub(super) story: Option<usize>,
}

/// An instance as one checker judges it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Target {
    pub(super) checks: Checks,
    pub(super) since: Timestamp,
    /// When it is checked next, if a check could change anything.
    pub(super) next: Option<Timestamp>,
}
