//! What a plan is made of: steps, nested by tier, and what is waited for.

use super::Lack;
use crate::{
    backend::{
        Refill,
        spec::{BalancerSpec, NetworkSpec, PoolSpec, RecordSet},
    },
    name::{BalancerName, DnsName, InstanceId, PoolName, Release, ZoneName},
    time::Timestamp,
    topology::{HoldMode, Route, Size},
};
use serde::{Deserialize, Serialize};

/// One wish to one port, with why it is made and what it risks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// What is asked.
    pub action: Action,
    /// How it is to be shown: a creation, a change, a replacement, a removal.
    pub change: Change,
    /// Why.
    pub reason: Reason,
    /// What it risks.
    pub risk: Risk,
    /// What is predicted to happen, for people: `2 of 6 drain and stop; 6 stay ready`.
    pub effect: String,
}

/// A wish, nested by tier.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// To the network.
    Network(NetworkStep),
    /// To a pool.
    Pool(PoolStep),
    /// To a balancer.
    Balancer(BalancerStep),
    /// To a DNS record.
    Dns(DnsStep),
}

/// A wish to the network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NetworkStep {
    /// Be so.
    Ensure(NetworkSpec),
    /// Be gone.
    Remove,
}

/// A wish to a pool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PoolStep {
    /// Be so.
    Ensure(PoolSpec),
    /// Have other bounds.
    Bound {
        /// The pool.
        pool: PoolName,
        /// Its new bounds.
        bounds: Size,
    },
    /// Pull an instance out.
    Hold {
        /// The pool.
        pool: PoolName,
        /// Which.
        instance: InstanceId,
        /// What happens to its place.
        mode: HoldMode,
    },
    /// Put an instance back.
    PutBack {
        /// The pool.
        pool: PoolName,
        /// Which.
        instance: InstanceId,
    },
    /// Drain and terminate an instance.
    Retire {
        /// The pool.
        pool: PoolName,
        /// Which.
        instance: InstanceId,
        /// What happens to its place.
        refill: Refill,
    },
    /// Be gone.
    Remove {
        /// The pool.
        pool: PoolName,
    },
}

/// A wish to a balancer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BalancerStep {
    /// Be so.
    Ensure(BalancerSpec),
    /// Weigh the pools so.
    Route {
        /// The balancer.
        balancer: BalancerName,
        /// The pools and their weights.
        routes: Vec<Route>,
    },
    /// Be gone.
    Remove {
        /// The balancer.
        balancer: BalancerName,
    },
}

/// A wish to a DNS record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DnsStep {
    /// Be so.
    Ensure(RecordSet),
    /// Be gone.
    Remove {
        /// The name.
        name: DnsName,
    },
}

/// How a step is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Something is made.
    Create,
    /// Something is made different.
    Change,
    /// Something is exchanged for another.
    Replace,
    /// Something is removed.
    Remove,
}

/// Why a step is made. Closed, so that reports can count them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The topology wants it and it is not there.
    Missing,
    /// It is not as the topology wants it: these fields differ.
    Drift(Vec<String>),
    /// Another release is to run.
    Release(Release),
    /// A release failed its gate: back to the stable one.
    Rollback(Release),
    /// The candidate passed its gate everywhere: it is the stable one now.
    Promote(Release),
    /// A zone was closed or opened.
    Zones(Vec<ZoneName>),
    /// Head-room, before instances are taken out.
    Headroom,
    /// Head-room is no longer needed.
    GiveBack,
    /// The instance runs another release than the pool.
    Outdated(Release),
    /// The instance is in a closed zone.
    Evacuate(ZoneName),
    /// The owner wants the instance out.
    Hold,
    /// The owner wants the instance back.
    PutBack,
    /// The topology does not have it any more.
    Unwanted,
}

/// What a step risks, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    /// Nothing that serves is touched.
    InPlace,
    /// Instances that serve are exchanged; capacity is kept.
    Replace,
    /// Another takes over; users may notice.
    Failover,
    /// What is removed cannot be had back.
    DataLoss,
}

/// A tier, for what is said of it as a whole.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TierName {
    /// The network.
    Network,
    /// A pool; all pools where no name is known.
    Pool(Option<PoolName>),
    /// A balancer; all where no name is known.
    Balancer(Option<BalancerName>),
    /// A record; all where no name is known.
    Dns(Option<DnsName>),
}

/// Something that cannot be done yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Waiting {
    /// Where.
    pub tier: TierName,
    /// For what.
    pub why: Why,
    /// Since when, if the observation says so.
    pub since: Option<Timestamp>,
}

/// What is waited for. Closed, so that reports can count them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The tier could not be read: the error, for people.
    Unknown(String),
    /// It was accepted and does not work yet.
    Pending,
    /// It is on its way out.
    Removing,
    /// Fewer instances are ready than are wanted.
    Capacity {
        /// Ready now.
        ready: u32,
        /// Wanted.
        wanted: u32,
    },
    /// More instances exist than are wanted, or in other places.
    Settling,
    /// A batch must stay ready until then.
    Bake(Timestamp),
    /// The gate has no reading of this release that it can go by.
    Reading {
        /// The release.
        release: Release,
        /// What is missing.
        lack: Lack,
    },
    /// Another tier must be there first.
    Footing(String),
    /// It does not work and nothing that we may do mends it: what it is, for people.
    Broken(String),
    /// The release was rejected: the owner names another, or raises `retry`.
    Rejected(Release),
    /// The instance to be held does not exist: the owner takes it from the list.
    NoSuchInstance(InstanceId),
    /// No step may be taken without going below the minimum.
    Budget,
    /// It was asked for more than once, and accepted or refused, and is not there: it is asked ever more rarely.
    Unseen,
}

impl Why {
    /// Whether only the owner can end it: a site that waits for nothing else is converged.
    pub fn is_the_owners(&self) -> bool {
        match self {
            Self::Rejected(_) | Self::NoSuchInstance(_) => true,
            Self::Unknown(_) | Self::Pending | Self::Removing | Self::Capacity { .. } | Self::Settling => false,
            Self::Bake(_) | Self::Reading { .. } | Self::Footing(_) => false,
            Self::Broken(_) | Self::Budget | Self::Unseen => false,
        }
    }
}

impl Step {
    /// A step; how it is shown and what it risks follow from what is asked and why.
    pub(super) fn new(action: Action, reason: Reason, effect: String) -> Self {
        Self { change: change(&action, &reason), risk: risk(&action, &reason), action, reason, effect }
    }
    /// The tier that is asked.
    pub fn tier(&self) -> TierName {
        match &self.action {
            Action::Network(_) => TierName::Network,
            Action::Pool(PoolStep::Ensure(spec)) => TierName::Pool(Some(spec.name.clone())),
            Action::Pool(
                PoolStep::Bound { pool, .. } | PoolStep::Hold { pool, .. } | PoolStep::PutBack { pool, .. },
            ) => TierName::Pool(Some(pool.clone())),
            Action::Pool(PoolStep::Retire { pool, .. } | PoolStep::Remove { pool }) => {
                TierName::Pool(Some(pool.clone()))
            }
            Action::Balancer(BalancerStep::Ensure(spec)) => TierName::Balancer(Some(spec.name.clone())),
            Action::Balancer(BalancerStep::Route { balancer, .. } | BalancerStep::Remove { balancer }) => {
                TierName::Balancer(Some(balancer.clone()))
            }
            Action::Dns(DnsStep::Ensure(set)) => TierName::Dns(Some(set.name.clone())),
            Action::Dns(DnsStep::Remove { name }) => TierName::Dns(Some(name.clone())),
        }
    }
}

fn change(action: &Action, reason: &Reason) -> Change {
    match action {
        Action::Network(NetworkStep::Remove)
        | Action::Pool(PoolStep::Remove { .. })
        | Action::Balancer(BalancerStep::Remove { .. })
        | Action::Dns(DnsStep::Remove { .. }) => Change::Remove,
        Action::Pool(PoolStep::Retire { .. }) => Change::Replace,
        Action::Network(NetworkStep::Ensure(_))
        | Action::Pool(PoolStep::Ensure(_))
        | Action::Balancer(BalancerStep::Ensure(_))
        | Action::Dns(DnsStep::Ensure(_)) => match *reason == Reason::Missing {
            true => Change::Create,
            false => Change::Change,
        },
        Action::Pool(PoolStep::Bound { .. } | PoolStep::Hold { .. } | PoolStep::PutBack { .. })
        | Action::Balancer(BalancerStep::Route { .. }) => Change::Change,
    }
}

fn risk(action: &Action, reason: &Reason) -> Risk {
    match action {
        Action::Network(NetworkStep::Remove)
        | Action::Pool(PoolStep::Remove { .. })
        | Action::Balancer(BalancerStep::Remove { .. } | BalancerStep::Route { .. })
        | Action::Dns(DnsStep::Remove { .. }) => Risk::Failover,
        Action::Pool(PoolStep::Retire { .. } | PoolStep::Hold { .. }) => Risk::Replace,
        Action::Pool(PoolStep::Ensure(_) | PoolStep::Bound { .. } | PoolStep::PutBack { .. })
        | Action::Network(NetworkStep::Ensure(_)) => Risk::InPlace,
        Action::Balancer(BalancerStep::Ensure(_)) | Action::Dns(DnsStep::Ensure(_)) => match reason {
            Reason::Drift(fields) if fields.iter().any(|field| field == "routes" || field == "kind") => Risk::Failover,
            Reason::Drift(_)
            | Reason::Missing
            | Reason::Release(_)
            | Reason::Rollback(_)
            | Reason::Promote(_)
            | Reason::Zones(_)
            | Reason::Headroom
            | Reason::GiveBack
            | Reason::Outdated(_)
            | Reason::Evacuate(_)
            | Reason::Hold
            | Reason::PutBack
            | Reason::Unwanted => Risk::InPlace,
        },
    }
}
