//! What is true of a site, for invariants and for the figures of a run; nothing that decides may ask.

use super::{Cloud, instance::Instance, objects::BalancerObject};
use crate::sim::plane::receivers;
use ha_core::{
    backend::{Scope, state::InstancePhase},
    invariant::{BalancerTruth, InstanceTruth, PoolTruth, RecordTruth, TargetTruth, Truth},
    name::StoreKey,
};
use std::collections::BTreeSet;

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
        let id = |instance: u32| self.instances[&instance].id.clone();
        let targets = self.targets_of(number, balancer).map(|(pool, instance, target)| {
            let (instance, health) = (id(instance), target.checks.health);
            TargetTruth { pool: pool.clone(), instance, health }
        });
        // Who gets requests is what the balancer does, not what its checks say: the one is judged by the other.
        let chosen: BTreeSet<u32> = balancer.view.iter().flat_map(receivers).collect();
        let behind = self.targets_of(number, balancer).map(|(_, instance, _)| &self.instances[&instance]);
        let receivers = behind.filter(|instance| chosen.contains(&instance.server.0));
        BalancerTruth {
            name: balancer.name().clone(),
            targets: targets.collect(),
            fail_open: balancer.spec.fail_open,
            receivers: receivers.map(|instance| instance.id.clone()).collect(),
            stale: false,
        }
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
        ready: instance.phase == InstancePhase::Ready && instance.retiring.is_none(),
        leaving: instance.phase == InstancePhase::Draining,
        held: match instance.phase {
            InstancePhase::Held(mode) => Some(mode),
            InstancePhase::Booting | InstancePhase::Ready | InstancePhase::Unready => None,
            InstancePhase::Draining | InstancePhase::Returning | InstancePhase::Lost => None,
        },
    }
}
