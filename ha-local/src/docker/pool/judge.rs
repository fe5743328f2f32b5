//! What a pool makes of its instances: ready, unready, lost, drained.

use super::{Machine, MemberRow, PoolRow, agent::Known};
use crate::docker::{balancer::BalancerRow, state::Tables};
use ha_core::{
    backend::state::{InstancePhase, TargetHealth},
    keeper::health::Checks,
    time::Timestamp,
};
use std::collections::{BTreeMap, BTreeSet};

/// What was found out since the last judgement.
#[derive(Clone, Debug, Default)]
pub(super) struct Findings {
    /// Instances whose machines were made and do not run.
    pub(super) stopped: BTreeSet<Known>,
    /// How the pool's own agent judges.
    pub(super) checks: BTreeMap<Known, Checks>,
}

/// Writes down what follows for each instance.
pub(super) fn judge(tables: &mut Tables, findings: &Findings, now: Timestamp) {
    let version = tables.version;
    for key in tables.pools.keys().cloned().collect::<Vec<_>>() {
        let Some(pool) = tables.pools.get(&key) else { continue };
        let mut judged = pool.clone();
        for member in &mut judged.members {
            // One that cannot be made leaves as well: nothing is in flight on it.
            let leaves = member.machine == Machine::Wanted && member.phase == InstancePhase::Draining;
            if member.machine == Machine::Made || leaves {
                judge_member(tables, pool, member, findings, now);
            }
        }
        if judged.members != pool.members {
            judged.changed = version;
            tables.pools.insert(key, judged);
        }
    }
}

fn judge_member(tables: &Tables, pool: &PoolRow, member: &mut MemberRow, findings: &Findings, now: Timestamp) {
    let known = (pool.owner.name.clone(), member.id.clone());
    let stopped = findings.stopped.contains(&known);
    match member.phase {
        InstancePhase::Lost => {}
        InstancePhase::Draining => {
            member.drained = member.drained || stopped || is_drained(tables, pool, member, now);
        }
        InstancePhase::Booting
        | InstancePhase::Ready
        | InstancePhase::Unready
        | InstancePhase::Held(_)
        | InstancePhase::Returning
            if stopped =>
        {
            member.turn(InstancePhase::Lost, tables.version);
        }
        InstancePhase::Held(_) => member.drained = member.drained || is_drained(tables, pool, member, now),
        InstancePhase::Booting | InstancePhase::Ready | InstancePhase::Unready | InstancePhase::Returning => {
            let health = healths(tables, pool, member, findings.checks.get(&known));
            let all_good = !health.is_empty() && health.iter().all(|health| *health == TargetHealth::Healthy);
            let any_bad = health.contains(&TargetHealth::Unhealthy);
            match (member.phase, all_good, any_bad) {
                (InstancePhase::Ready, _, true) => member.turn(InstancePhase::Unready, tables.version),
                (InstancePhase::Ready, ..) | (_, false, _) => {}
                (_, true, _) => member.turn(InstancePhase::Ready, tables.version),
            }
        }
    }
}

/// How those who check an instance judge it: the balancers that name its pool, or the pool's own agent if none does.
fn healths(tables: &Tables, pool: &PoolRow, member: &MemberRow, own: Option<&Checks>) -> Vec<TargetHealth> {
    let balancers: Vec<&BalancerRow> = naming(tables, pool).collect();
    if balancers.is_empty() {
        return own.map(|checks| checks.health).into_iter().collect();
    }
    let judged = balancers.into_iter().map(|balancer| {
        let target = balancer.targets.iter().find(|target| target.instance == member.id);
        // What it judged before the instance changed is no judgement of what it is now.
        let current = target.filter(|_| balancer.as_of >= member.changed);
        current.map_or(TargetHealth::Initial, |target| target.health)
    });
    judged.collect()
}

/// The balancers that name a pool.
pub(super) fn naming<'a>(tables: &'a Tables, pool: &'a PoolRow) -> impl Iterator<Item = &'a BalancerRow> {
    let mine = tables.balancers.values().filter(|row| row.owner == pool.owner);
    mine.filter(|row| row.spec.routes.iter().any(|route| route.pool == pool.spec.name))
}

/// Whether nothing is in flight on an instance that leaves, or its time is over: the longest drain of its balancers, and
/// as long as caches keep names that answer it directly.
fn is_drained(tables: &Tables, pool: &PoolRow, member: &MemberRow, now: Timestamp) -> bool {
    let kept = pool.spec.drain;
    let drain = naming(tables, pool).map(|row| row.spec.drain).max().unwrap_or_default().max(kept);
    let idle = naming(tables, pool).all(|balancer| {
        let target = balancer.targets.iter().find(|target| target.instance == member.id);
        balancer.as_of >= member.changed && target.is_none_or(|it| it.health == TargetHealth::Draining && it.idle)
    });
    now.since(member.since) >= drain || (idle && kept.is_zero())
}
