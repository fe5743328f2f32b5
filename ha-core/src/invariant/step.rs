//! What must hold of a step: the budget, the last target, closed zones, rejected releases, generations and the lease.

use super::{PoolTruth, Truth, Violation};
use crate::{
    backend::spec::PoolSpec,
    name::{Holder, InstanceId, PoolName, Release, ZoneName},
    topology::Capacity,
};
use std::collections::{BTreeMap, BTreeSet};

/// A step of a controller, as the truth sees it when it is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Act {
    /// Who asks.
    pub holder: Holder,
    /// Of which generation.
    pub generation: u64,
    /// Who holds the lease just now, and of which generation; `None`: nobody ever took it.
    pub lease: Option<(Holder, u64)>,
    /// The instance that it takes out of service, if it takes one.
    pub takes_out: Option<(PoolName, InstanceId)>,
}

/// What one turn of a controller has taken out so far.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Budget {
    /// Ready instances by pool, and the fewest that must stay, when the turn looked.
    ready: BTreeMap<PoolName, (u32, u32)>,
    out: BTreeMap<PoolName, BTreeSet<InstanceId>>,
}

impl Budget {
    /// What a turn that looks now may take out.
    pub fn at(truth: &Truth) -> Self {
        let ready =
            truth.pools.iter().map(|pool| (pool.spec.name.clone(), (serving(pool), floor(&pool.spec)))).collect();
        Self { ready, out: BTreeMap::new() }
    }
}

/// How many instances serve.
fn serving(pool: &PoolTruth) -> u32 {
    let fit = pool.instances.iter().filter(|instance| instance.ready && !instance.leaving && instance.held.is_none());
    u32::try_from(fit.count()).unwrap_or(u32::MAX)
}

/// The fewest that our own steps must leave.
fn floor(spec: &PoolSpec) -> u32 {
    match spec.capacity {
        Capacity::Fixed(wanted) => spec.guards.min_healthy.of_at_least(wanted),
        Capacity::Scaled => spec.guards.min_healthy.of_at_least(spec.bounds.min),
    }
}

/// What is wrong with a step that is asked now.
pub fn check(truth: &Truth, act: &Act, budget: &mut Budget) -> Vec<Violation> {
    let mut found = Vec::new();
    match &act.lease {
        Some((holder, _)) if *holder != act.holder => found.push(Violation::WithoutLease(act.holder.to_string())),
        None => found.push(Violation::WithoutLease(act.holder.to_string())),
        Some((_, lease)) if *lease > act.generation => {
            found.push(Violation::OlderGeneration { step: act.generation, lease: *lease });
        }
        Some(_) => {}
    }
    if let Some((pool, id)) = &act.takes_out {
        found.extend(takes_out(truth, pool, id, budget));
    }
    found
}

fn takes_out(truth: &Truth, name: &PoolName, id: &InstanceId, budget: &mut Budget) -> Option<Violation> {
    let pool = truth.pools.iter().find(|pool| pool.spec.name == *name)?;
    let instance = pool.instances.iter().find(|instance| instance.id == *id)?;
    if !instance.ready || instance.leaving || instance.held.is_some() {
        return None;
    }
    let (ready, floor) = *budget.ready.get(name)?;
    let out = budget.out.entry(name.clone()).or_default();
    out.insert(id.clone());
    let out = u32::try_from(out.len()).unwrap_or(u32::MAX);
    if ready.saturating_sub(out) < floor {
        return Some(Violation::BelowMinimum { pool: name.clone(), ready, out, floor });
    }
    (ready <= out).then(|| Violation::LastTarget(name.clone()))
}

/// What is wrong with a launch that happens now.
pub fn launch(spec: &PoolSpec, zone: &ZoneName, release: &Release) -> Vec<Violation> {
    let mut found = Vec::new();
    if !spec.zones.contains(zone) {
        found.push(Violation::LaunchInClosedZone(spec.name.clone(), zone.clone()));
    }
    let stands = spec.marks.candidate.as_ref().is_some_and(|candidate| candidate.release == *release);
    if !stands
        && spec.marks.stable != *release
        && spec.marks.rejected.iter().any(|rejected| rejected.release == *release)
    {
        found.push(Violation::RejectedLaunched(spec.name.clone(), release.clone()));
    }
    found
}
