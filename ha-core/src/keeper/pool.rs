//! Keeps a pool: how many instances, where, which to replace, and the brake on mass replacement.

use super::Policy;
use crate::{
    backend::{Refill, spec::PoolSpec, state::InstancePhase, state::LossReason},
    name::{InstanceId, Release, ZoneName},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// What the keeper sees of its pool.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// Now.
    pub at: Timestamp,
    /// What was asked for.
    pub spec: PoolSpec,
    /// How many instances the pool tries to have.
    pub desired: u32,
    /// Whether the pool was asked to go: everything drains and stops.
    pub removing: bool,
    /// What exists, in order of launch.
    pub members: Vec<Member>,
    /// How many instances were ever launched, by zone: the next is named after it.
    pub launched: Vec<(ZoneName, u64)>,
    /// Zones in which the last launch was refused, and since when.
    pub refused: Vec<(ZoneName, Timestamp)>,
}

/// What the keeper sees of one instance.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
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
    /// While it drains: whether nothing is in flight on it, or its drain time is over.
    pub drained: bool,
}

/// What a keeper wants done.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Launch an instance of the pool's release under this name.
    Launch {
        /// Its name.
        id: InstanceId,
        /// Where.
        zone: ZoneName,
        /// What runs on it.
        release: Release,
    },
    /// Let it get no new request.
    Drain {
        /// Which.
        id: InstanceId,
        /// Noted among the losses if it failed; `None` when it was not its fault.
        loss: Option<LossReason>,
    },
    /// End it.
    Stop {
        /// Which.
        id: InstanceId,
        /// Noted among the losses if it failed and was not drained before.
        loss: Option<LossReason>,
    },
}

/// What is to be done now, most urgent first, and when the decision could differ though nothing changed.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Decision {
    /// Orders; the driver carries out the first and asks again.
    pub orders: Vec<Order>,
    /// When to look again.
    pub look_again: Option<Timestamp>,
}

/// Decides what a pool needs now.
pub fn decide(view: &View, policy: &Policy) -> Decision {
    let _ = (view, policy);
    Decision::default()
}
