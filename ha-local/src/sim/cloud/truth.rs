//! What is true, for invariants and for the end of a run: nothing that decides reads this.

use super::{Cloud, Env, objects::BalancerObject};
use crate::sim::engine::call::{Answer, Request};
use ha_core::{
    backend::{
        Scope,
        state::{InstancePhase, TargetHealth},
    },
    invariant::{BalancerTruth, InstanceTruth, PoolTruth, RecordTruth, Truth},
    keeper::health::fails_open,
    name::StoreKey,
};

impl Cloud {
    /// What an `observe` would answer if nothing hid anything.
    pub fn truly(&self, env: &Env<'_>, request: &Request) -> Answer {
        self.plain(env, request)
    }
    /// How many instances serve, over all pools.
    pub fn ready_instances(&self) -> u32 {
        let ready =
            self.instances.values().filter(|instance| instance.phase == InstancePhase::Ready && instance.condition.up);
        u32::try_from(ready.count()).unwrap_or(u32::MAX)
    }
    /// The content of an object in the store.
    pub fn object(&self, scope: &Scope, key: &StoreKey) -> Option<&[u8]> {
        self.store.content(scope, key)
    }
    /// Everything that an invariant can ask about a site.
    pub fn truth(&self, scope: &Scope) -> Truth {
        let ours = |owner: &Option<Scope>| owner.as_ref() == Some(scope);
        let pools = self.pools.values().filter(|pool| ours(&pool.owner));
        let balancers = self.balancers.values().filter(|balancer| ours(&balancer.owner));
        let records = self.records.values().filter(|record| ours(&record.owner));
        Truth {
            pools: pools
                .map(|pool| PoolTruth { spec: pool.spec.clone(), instances: self.members(&pool.members) })
                .collect(),
            balancers: balancers.map(|balancer| self.receivers(balancer)).collect(),
            records: records
                .filter_map(|record| {
                    let view = record.view.as_ref()?;
                    Some(RecordTruth { name: record.set.name.clone(), answers: view.answers.len(), emptied: false })
                })
                .collect(),
            foreign: self.foreign(scope),
        }
    }
    fn members(&self, members: &[u32]) -> Vec<InstanceTruth> {
        let known = members.iter().filter_map(|member| self.instances.get(member));
        known
            .map(|instance| InstanceTruth {
                id: instance.id.clone(),
                zone: instance.zone.clone(),
                release: instance.release.clone(),
                ready: instance.condition.up && instance.condition.ready && instance.phase == InstancePhase::Ready,
                leaving: matches!(instance.phase, InstancePhase::Draining | InstancePhase::Lost),
                held: match instance.phase {
                    InstancePhase::Held(mode) => Some(mode),
                    _ => None,
                },
            })
            .collect()
    }
    fn receivers(&self, balancer: &BalancerObject) -> BalancerTruth {
        let targets = balancer.view.as_ref().map_or(&[][..], |view| &view.targets);
        let count = |healthy: bool| {
            let counted = targets.iter().filter(|target| match target.health {
                TargetHealth::Healthy => true,
                TargetHealth::Initial | TargetHealth::Unhealthy => !healthy,
                TargetHealth::Draining => false,
            });
            u32::try_from(counted.count()).unwrap_or(u32::MAX)
        };
        let failing_open = fails_open(count(true), count(false), balancer.spec.fail_open);
        let receives = |health| match health {
            TargetHealth::Healthy => true,
            TargetHealth::Initial | TargetHealth::Unhealthy => failing_open,
            TargetHealth::Draining => false,
        };
        let chosen = targets.iter().filter(|target| receives(target.health));
        let names = chosen.filter_map(|target| self.instances.get(self.servers.get(&target.server.0)?));
        BalancerTruth {
            name: balancer.name().clone(),
            receivers: names.map(|instance| instance.id.clone()).collect(),
            failing_open,
        }
    }
    /// Everything that is not this site's, with all it is.
    fn foreign(&self, scope: &Scope) -> Vec<String> {
        let others = |owner: &Option<Scope>| owner.as_ref() != Some(scope);
        let pools = self.pools.values().filter(|pool| others(&pool.owner)).map(|pool| format!("{:?}", pool.spec));
        let balancers = self.balancers.values().filter(|one| others(&one.owner)).map(|one| format!("{:?}", one.spec));
        let records =
            self.records.values().filter(|record| others(&record.owner)).map(|record| format!("{:?}", record.set));
        let networks = self.networks.values().filter(|one| others(&one.owner)).map(|one| format!("{:?}", one.spec));
        pools.chain(balancers).chain(records).chain(networks).collect()
    }
}
