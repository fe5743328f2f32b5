//! What is true of a site, for invariants and for the figures of a run; nothing that decides may ask.

use super::{Cloud, instance::Instance, objects::BalancerObject};
use ha_core::{
    backend::{
        Scope,
        state::{InstancePhase, TargetHealth},
    },
    invariant::{BalancerTruth, InstanceTruth, PoolTruth, RecordTruth, Truth},
    keeper::health::fails_open,
    name::{PoolName, StoreKey},
};

impl Cloud {
    /// Everything that invariants look at.
    pub fn truth(&self, scope: &Scope) -> Truth {
        let mine = |owner: &Option<Scope>| owner.as_ref() == Some(scope);
        let pools = self.pools.values().filter(|pool| mine(&pool.owner)).map(|pool| PoolTruth {
            spec: pool.spec.clone(),
            instances: pool.members.iter().filter_map(|it| self.instances.get(it)).map(instance_truth).collect(),
        });
        let balancers = self.balancers.iter().filter(|(_, it)| mine(&it.owner));
        let records = self.records.values().filter(|record| mine(&record.owner));
        let records = records.filter_map(|record| {
            let view = record.view.as_ref()?;
            let emptied = record.emptied || record.leaves.is_empty();
            Some(RecordTruth { name: record.set.name.clone(), answers: view.answers.len(), emptied })
        });
        Truth {
            pools: pools.collect(),
            balancers: balancers.map(|(number, it)| self.balancer_truth(*number, it)).collect(),
            records: records.collect(),
            foreign: self.foreign(scope),
        }
    }

    fn balancer_truth(&self, number: u32, balancer: &BalancerObject) -> BalancerTruth {
        let weighs = |pool: &PoolName| balancer.spec.routes.iter().any(|route| route.pool == *pool && route.weight > 0);
        let targets: Vec<_> = self.targets_of(number, balancer).filter(|(pool, _, _)| weighs(pool)).collect();
        let staying = targets.iter().filter(|(_, _, target)| target.checks.health != TargetHealth::Draining);
        let staying: Vec<_> = staying.collect();
        let is_healthy = |health| health == TargetHealth::Healthy;
        let healthy = staying.iter().filter(|(_, _, target)| is_healthy(target.checks.health)).count();
        // No pool has four thousand million instances.
        let failing_open = fails_open(healthy as u32, staying.len() as u32, balancer.spec.fail_open);
        let receivers = staying.iter().filter(|(_, _, target)| failing_open || is_healthy(target.checks.health));
        let receivers = receivers.map(|(_, instance, _)| self.instances[instance].id.clone()).collect();
        BalancerTruth { name: balancer.name().clone(), receivers, failing_open }
    }

    /// Every object that is not the site's, with all it is.
    fn foreign(&self, scope: &Scope) -> Vec<String> {
        let foreign = |owner: &Option<Scope>| owner.as_ref() != Some(scope);
        let networks = self.networks.values().filter(|it| foreign(&it.owner));
        let networks = networks.map(|it| format!("network {} {:?} {:?}", it.site, it.owner, it.spec));
        let pools = self.pools.values().filter(|it| foreign(&it.owner));
        let pools = pools.map(|it| format!("pool {} {:?} {:?}", it.site, it.owner, it.spec));
        let balancers = self.balancers.values().filter(|it| foreign(&it.owner));
        let balancers = balancers.map(|it| format!("balancer {} {:?} {:?}", it.site, it.owner, it.spec));
        let records = self.records.values().filter(|it| foreign(&it.owner));
        let records = records.map(|it| format!("record {:?} {:?}", it.owner, it.set));
        networks.chain(pools).chain(balancers).chain(records).collect()
    }

    /// Instances in service that could serve a request now.
    pub fn ready_instances(&self) -> u32 {
        let ready = self.instances.values().filter(|it| it.phase == InstancePhase::Ready && serves(it));
        u32::try_from(ready.count()).unwrap_or(u32::MAX)
    }

    /// What an object in the store holds.
    pub fn object(&self, scope: &Scope, key: &StoreKey) -> Option<&[u8]> {
        self.store.value(scope, key)
    }
}

fn serves(instance: &Instance) -> bool {
    let it = &instance.condition;
    it.up && it.ready && !it.frozen && !it.isolated
}

fn instance_truth(instance: &Instance) -> InstanceTruth {
    InstanceTruth {
        id: instance.id.clone(),
        zone: instance.zone.clone(),
        release: instance.release.clone(),
        ready: instance.phase == InstancePhase::Ready,
        leaving: instance.phase == InstancePhase::Draining,
        held: match instance.phase {
            InstancePhase::Held(mode) => Some(mode),
            InstancePhase::Booting | InstancePhase::Ready | InstancePhase::Unready => None,
            InstancePhase::Draining | InstancePhase::Returning | InstancePhase::Lost => None,
        },
    }
}
