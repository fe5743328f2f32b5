//! What exists at the provider: networks, pools, balancers and records, each with whose it is.

use crate::sim::plane::{BalancerView, RecordView};
use ha_core::{
    backend::{
        Kind, Scope,
        spec::{BalancerSpec, NetworkSpec, PoolSpec, RecordSet},
        state::{Loss, Phase},
    },
    keeper::health::Checks,
    name::{BalancerName, ZoneName},
    time::Timestamp,
    topology::Capacity,
};
use std::collections::BTreeMap;

/// How far an object is, and when it will be further.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Progress {
    pub(super) phase: Phase,
    pub(super) since: Timestamp,
    /// When it becomes active, or is gone.
    pub(super) due: Option<Timestamp>,
}

impl Progress {
    pub(super) fn begun(now: Timestamp) -> Self {
        Self { phase: Phase::Pending, since: now, due: None }
    }
    pub(super) fn turn(&mut self, phase: Phase, now: Timestamp) {
        if self.phase != phase {
            *self = Self { phase, since: now, due: None };
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct NetworkObject {
    pub(super) site: String,
    pub(super) owner: Option<Scope>,
    pub(super) spec: NetworkSpec,
    pub(super) progress: Progress,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct PoolObject {
    pub(super) site: String,
    pub(super) owner: Option<Scope>,
    pub(super) spec: PoolSpec,
    pub(super) progress: Progress,
    pub(super) desired: u32,
    /// Numbers of its instances, in order of launch.
    pub(super) members: Vec<u32>,
    pub(super) losses: Vec<Loss>,
    pub(super) refused: Vec<(ZoneName, Timestamp)>,
    /// How many launches were tried: tells draws of refusals apart.
    pub(super) tries: u64,
    pub(super) version: u64,
    /// The record of what last made its keeper act.
    pub(super) story: Option<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct BalancerObject {
    pub(super) site: String,
    pub(super) owner: Option<Scope>,
    pub(super) spec: BalancerSpec,
    /// What the plane calls it.
    pub(super) called: BalancerName,
    pub(super) progress: Progress,
    /// The record of what last befell its endpoints.
    pub(super) story: Option<usize>,
    /// When wishes changed it.
    pub(super) changes: Vec<Timestamp>,
    /// Zones that were taken from it: no name answers with them, and they serve who still knows them until then.
    pub(super) leaving: Vec<(ZoneName, Timestamp)>,
    /// Zones in which the provider has no server for its endpoint yet, and when it tries again.
    pub(super) lacking: Vec<(ZoneName, Timestamp)>,
    /// What the plane was told last.
    pub(super) view: Option<BalancerView>,
    /// What it was told before, for balancers that work by old knowledge.
    pub(super) past: Vec<(Timestamp, BalancerView)>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct RecordObject {
    pub(super) owner: Option<Scope>,
    /// What was asked for last.
    pub(super) set: RecordSet,
    /// What is in effect.
    pub(super) live: Option<RecordSet>,
    pub(super) progress: Progress,
    pub(super) leaves: BTreeMap<Leaf, Checks>,
    /// When its answers are looked at next.
    pub(super) next: Option<Timestamp>,
    /// How often it was changed: tells draws of delays apart.
    pub(super) changes: u64,
    /// What the plane was told last.
    pub(super) view: Option<RecordView>,
    /// Whether a fault makes it answer nothing.
    pub(super) emptied: bool,
}

/// One address behind a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Leaf {
    /// The endpoint of a balancer in a zone.
    Endpoint(u32, u8),
    /// An instance.
    Instance(u32),
}

impl BalancerObject {
    pub(super) fn name(&self) -> &BalancerName {
        &self.spec.name
    }
    /// How far it is: without a server in each of its zones it is not yet what was asked for.
    pub(super) fn phase(&self) -> Phase {
        match self.progress.phase {
            Phase::Active if !self.lacking.is_empty() => Phase::Pending,
            phase @ (Phase::Pending | Phase::Active | Phase::Removing | Phase::Broken) => phase,
        }
    }
}

/// Whether `scope` may change what is `owner`'s.
pub(super) fn owned(owner: Option<&Scope>, scope: &Scope, what: &str) -> Result<(), Kind> {
    match owner {
        Some(other) if other == scope => Ok(()),
        Some(other) => Err(Kind::Conflict(format!("{what} was made for {other}"))),
        None => Err(Kind::Conflict(format!("{what} bears no mark: nobody's that we know"))),
    }
}

impl PoolObject {
    /// A new pool that tries to have what its spec says.
    pub(super) fn new(site: String, owner: Option<Scope>, spec: PoolSpec, now: Timestamp) -> Self {
        Self {
            site,
            owner,
            desired: desired(&spec),
            spec,
            progress: Progress::begun(now),
            members: Vec::new(),
            losses: Vec::new(),
            refused: Vec::new(),
            tries: 0,
            version: 0,
            story: None,
        }
    }
    pub(super) fn removing(&self) -> bool {
        self.progress.phase == Phase::Removing
    }
}

impl BalancerObject {
    /// A new balancer of which the plane knows nothing yet.
    pub(super) fn new(site: String, owner: Option<Scope>, spec: BalancerSpec, now: Timestamp) -> Self {
        let (called, progress, story) = (spec.name.clone(), Progress::begun(now), None);
        Self {
            site,
            owner,
            spec,
            called,
            progress,
            story,
            changes: Vec::new(),
            leaving: Vec::new(),
            lacking: Vec::new(),
            view: None,
            past: Vec::new(),
        }
    }
}

impl RecordObject {
    /// A new record that answers nothing yet.
    pub(super) fn new(owner: Option<Scope>, set: RecordSet, now: Timestamp) -> Self {
        let progress = Progress::begun(now);
        let leaves = BTreeMap::new();
        let (view, emptied) = (None, false);
        Self { owner, set, live: None, progress, leaves, next: None, changes: 0, view, emptied }
    }
}

/// How many instances a pool of this spec tries to have.
pub(super) fn desired(spec: &PoolSpec) -> u32 {
    let wanted = match spec.capacity {
        Capacity::Fixed(count) => count,
        Capacity::Scaled => spec.bounds.min,
    };
    wanted.max(spec.bounds.min).min(spec.bounds.max)
}
