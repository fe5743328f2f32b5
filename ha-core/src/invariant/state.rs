//! What must hold of any instant, whatever led to it.

use super::{BalancerTruth, PoolTruth, Truth, Violation};
use crate::{
    backend::state::TargetHealth,
    keeper::health,
    name::{InstanceId, PoolName},
};
use std::collections::BTreeSet;

/// What is wrong with this instant; `before` is an earlier one of the same run.
pub fn check(before: &Truth, now: &Truth) -> Vec<Violation> {
    let mut found = Vec::new();
    for balancer in &now.balancers {
        found.extend(unfit(balancer, &now.pools));
    }
    for record in now.records.iter().filter(|record| record.answers == 0 && !record.emptied) {
        found.push(Violation::LastAnswer(record.name.clone()));
    }
    found.extend(twice(now));
    for object in before.foreign.iter().filter(|object| !now.foreign.contains(object)) {
        found.push(Violation::ForeignTouched(object.clone()));
    }
    found
}

/// Who gets requests and must not: a balancer that fails open may try what is unready, never what is held or leaving.
fn unfit<'a>(balancer: &'a BalancerTruth, pools: &'a [PoolTruth]) -> impl Iterator<Item = Violation> + 'a {
    let out = |id: &InstanceId| {
        let instance = pools.iter().flat_map(|pool| &pool.instances).find(|instance| instance.id == *id);
        instance.is_some_and(|instance| instance.leaving || instance.held.is_some())
    };
    let unready = |id: &InstanceId| {
        let target = balancer.targets.iter().find(|target| target.instance == *id);
        target.is_some_and(|target| target.health != TargetHealth::Healthy && !fails_open(balancer, &target.pool))
    };
    let unfit = balancer.receivers.iter().filter(move |id| !balancer.stale && (out(id) || unready(id)));
    unfit.map(|id| Violation::RequestToUnfit(balancer.name.clone(), id.clone()))
}

fn fails_open(balancer: &BalancerTruth, pool: &PoolName) -> bool {
    let staying = || balancer.targets.iter().filter(|it| it.pool == *pool && it.health != TargetHealth::Draining);
    let healthy = staying().filter(|target| target.health == TargetHealth::Healthy).count();
    // No pool has four thousand million instances.
    health::fails_open(healthy as u32, staying().count() as u32, balancer.fail_open)
}

/// Logical names that exist more than once.
fn twice(now: &Truth) -> Vec<Violation> {
    let pools = now.pools.iter().map(|pool| format!("pool {}", pool.spec.name));
    let instances =
        now.pools.iter().flat_map(|pool| &pool.instances).map(|instance| format!("instance {}", instance.id));
    let balancers = now.balancers.iter().map(|balancer| format!("balancer {}", balancer.name));
    let records = now.records.iter().map(|record| format!("record {}", record.name));
    let mut seen = BTreeSet::new();
    let all = pools.chain(instances).chain(balancers).chain(records);
    all.filter(|name| !seen.insert(name.clone())).map(Violation::Twice).collect()
}
