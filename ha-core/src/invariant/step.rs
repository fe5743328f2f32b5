//! What must hold of a step: the budget, the last target, closed zones, rejected releases, generations and the lease.

use super::Violation;
use crate::{
    backend::{
        spec::PoolSpec,
        state::{BalancerState, InstancePhase, InstanceState, PoolState, TargetHealth},
    },
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

/// What one turn of a controller saw, and what is taken out of it so far.
///
/// A step is judged by what its turn could know. What a fault takes away after the look, or what the provider does not
/// show, is no step's doing; what our own steps took out counts, whether the look shows it or not.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Budget {
    pools: BTreeMap<PoolName, Spare>,
    /// Whether the balancers were seen: else nobody knows who serves, and nobody is taken out.
    balancers: bool,
}

#[derive(Clone, Debug, PartialEq)]
struct Spare {
    serving: BTreeSet<InstanceId>,
    /// The fewest that must stay.
    floor: u32,
    out: BTreeSet<InstanceId>,
}

impl Budget {
    /// What a turn that saw these pools may take out.
    pub fn of(pools: &[PoolState]) -> Self {
        let ready = |it: &&InstanceState| it.phase == InstancePhase::Ready;
        let spare = |pool: &PoolState| Spare {
            serving: pool.instances.iter().filter(ready).map(|it| it.id.clone()).collect(),
            floor: floor(&pool.spec),
            out: BTreeSet::new(),
        };
        Self { pools: pools.iter().map(|pool| (pool.spec.name.clone(), spare(pool))).collect(), balancers: false }
    }
    /// The turn saw these balancers, too: whom one of them does not take for healthy does not serve behind it.
    pub fn behind(&mut self, balancers: &[BalancerState]) {
        self.balancers = true;
        for balancer in balancers {
            for route in balancer.spec.routes.iter().filter(|route| route.weight > 0) {
                let Some(spare) = self.pools.get_mut(&route.pool) else { continue };
                let healthy = |id: &InstanceId| {
                    let mut targets = balancer.targets.iter();
                    targets.any(|target| target.instance == *id && target.health == TargetHealth::Healthy)
                };
                spare.serving.retain(healthy);
            }
        }
    }
    /// One of our own steps took this out before, and it serves no more.
    pub fn spent(&mut self, pool: &PoolName, id: &InstanceId) {
        if let Some(spare) = self.pools.get_mut(pool).filter(|spare| spare.serving.contains(id)) {
            spare.out.insert(id.clone());
        }
    }
}

/// The fewest that our own steps must leave.
fn floor(spec: &PoolSpec) -> u32 {
    match spec.capacity {
        Capacity::Fixed(wanted) => spec.guards.min_healthy.of_at_least(wanted),
        Capacity::Scaled => spec.guards.min_healthy.of_at_least(spec.bounds.min),
    }
}

/// What is wrong with a step that is asked now.
pub fn check(act: &Act, budget: &mut Budget) -> Vec<Violation> {
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
        found.extend(takes_out(pool, id, budget));
    }
    found
}

fn takes_out(name: &PoolName, id: &InstanceId, budget: &mut Budget) -> Option<Violation> {
    budget.spent(name, id);
    let known = budget.balancers;
    // Of a pool that was not seen nothing is known to be left.
    let Some(spare) = budget.pools.get(name) else { return Some(Violation::LastTarget(name.clone())) };
    if !spare.serving.contains(id) {
        return None;
    }
    let count = |set: &BTreeSet<InstanceId>| u32::try_from(set.len()).unwrap_or(u32::MAX);
    let (ready, out) = (count(&spare.serving), count(&spare.out));
    let floor = if known { spare.floor } else { ready };
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
