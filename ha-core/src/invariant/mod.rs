//! What must always hold, as functions of the ground truth. Backends that know the truth (the simulator, a laboratory)
//! ask after every change; nothing that decides may ask.

mod state;
mod step;
#[cfg(test)]
mod tests;

pub use state::check as check_state;
pub use step::{Act, Budget, check as check_act, launch as check_launch};

use crate::{
    backend::{spec::PoolSpec, state::TargetHealth},
    name::{BalancerName, DnsName, InstanceId, PoolName, Release, ZoneName},
    topology::{HoldMode, Share},
};
use std::fmt;

/// What is true at one instant.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Truth {
    /// Every pool of the site.
    pub pools: Vec<PoolTruth>,
    /// Every balancer of the site.
    pub balancers: Vec<BalancerTruth>,
    /// Every record of the site.
    pub records: Vec<RecordTruth>,
    /// Every object that is not the site's, with all it is: none of it may ever change.
    pub foreign: Vec<String>,
}

/// A pool as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolTruth {
    /// What was asked for.
    pub spec: PoolSpec,
    /// What exists.
    pub instances: Vec<InstanceTruth>,
}

/// An instance as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceTruth {
    /// Its name.
    pub id: InstanceId,
    /// Where.
    pub zone: ZoneName,
    /// What runs on it.
    pub release: Release,
    /// Whether it is in service as far as its pool can know, and is to stay so.
    pub ready: bool,
    /// Whether it is on its way out.
    pub leaving: bool,
    /// Whether it is pulled out.
    pub held: Option<HoldMode>,
}

/// A balancer as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BalancerTruth {
    /// Its name.
    pub name: BalancerName,
    /// How its checks judge who is behind it.
    pub targets: Vec<TargetTruth>,
    /// At or below this share of healthy ones it asks all of a pool; always when none is healthy.
    pub fail_open: Option<Share>,
    /// Who would get a new request now.
    pub receivers: Vec<InstanceId>,
    /// Whether a fault makes it work by old knowledge.
    pub stale: bool,
}

/// An instance behind a balancer as the balancer's checks judge it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetTruth {
    /// The pool it comes from.
    pub pool: PoolName,
    /// Which.
    pub instance: InstanceId,
    /// The judgement.
    pub health: TargetHealth,
}

/// A record as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordTruth {
    /// Its name.
    pub name: DnsName,
    /// How many answers a question gets.
    pub answers: usize,
    /// Whether a fault makes it answer nothing.
    pub emptied: bool,
}

/// Something that must never be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Violation {
    /// A step of ours takes the ready capacity below the minimum, or more out than the budget.
    BelowMinimum {
        /// The pool.
        pool: PoolName,
        /// Ready when the turn looked.
        ready: u32,
        /// Taken out by this turn so far.
        out: u32,
        /// The fewest that must stay.
        floor: u32,
    },
    /// A step of ours takes the last target of a pool.
    LastTarget(PoolName),
    /// A step of ours leaves a name without an answer.
    LastAnswer(DnsName),
    /// A launch in a zone that is closed.
    LaunchInClosedZone(PoolName, ZoneName),
    /// A launch of a release that was rejected.
    RejectedLaunched(PoolName, Release),
    /// A new request would go to what is not ready, held, or leaving.
    RequestToUnfit(BalancerName, InstanceId),
    /// Two objects of one logical name.
    Twice(String),
    /// A step under an older generation than the lease names.
    OlderGeneration {
        /// The step's.
        step: u64,
        /// The lease's.
        lease: u64,
    },
    /// A step of a controller that does not hold the lease.
    WithoutLease(String),
    /// Something that is not ours was changed or removed.
    ForeignTouched(String),
    /// Requests were lost or counted twice.
    Intents(String),
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BelowMinimum { pool, ready, out, floor } => {
                write!(f, "pool {pool}: {out} of {ready} ready taken out in one turn, {floor} must stay")
            }
            Self::LastTarget(pool) => write!(f, "pool {pool}: the last ready instance is taken out"),
            Self::LastAnswer(name) => write!(f, "record {name}: no answer is left"),
            Self::LaunchInClosedZone(pool, zone) => write!(f, "pool {pool}: a launch in closed zone {zone}"),
            Self::RejectedLaunched(pool, release) => write!(f, "pool {pool}: rejected release {release} is launched"),
            Self::RequestToUnfit(balancer, id) => {
                write!(f, "balancer {balancer}: {id} would get a request and is unfit")
            }
            Self::Twice(what) => write!(f, "{what} exists twice"),
            Self::OlderGeneration { step, lease } => write!(f, "a step of generation {step} under a lease of {lease}"),
            Self::WithoutLease(holder) => write!(f, "{holder} acts and does not hold the lease"),
            Self::ForeignTouched(what) => write!(f, "not ours and touched: {what}"),
            Self::Intents(what) => write!(f, "intents: {what}"),
        }
    }
}
