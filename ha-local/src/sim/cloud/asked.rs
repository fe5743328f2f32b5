//! What exists of a site, as it was asked for: what its end and its changes are compared by.

use super::Cloud;
use ha_core::{
    backend::{
        Scope,
        spec::{BalancerSpec, NetworkSpec, PoolSpec, RecordSet},
        state::InstancePhase,
    },
    name::{PoolName, Release, ZoneName},
};
use std::collections::BTreeMap;

/// One object of a site.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    /// The network.
    Network(NetworkSpec),
    /// A pool.
    Pool(PoolSpec),
    /// A balancer.
    Balancer(BalancerSpec),
    /// A record.
    Record(RecordSet),
    /// An instance.
    Instance {
        /// Its pool.
        pool: PoolName,
        /// Where.
        zone: ZoneName,
        /// What runs on it.
        release: Release,
        /// Whether it is pulled out.
        held: bool,
        /// Whether it is on its way out.
        leaving: bool,
    },
}

impl Asked {
    /// Under what its changes are counted: instances are counted together, for their names are drawn anew.
    pub fn counted_as(&self) -> String {
        match self {
            Self::Network(_) => "network".into(),
            Self::Pool(spec) => format!("pool {}", spec.name),
            Self::Balancer(spec) => format!("balancer {}", spec.name),
            Self::Record(set) => format!("record {}", set.name),
            Self::Instance { pool, .. } => format!("instances of {pool}"),
        }
    }
}

impl Cloud {
    /// Every object of a site, by its name.
    pub fn asked(&self, scope: &Scope) -> BTreeMap<String, Asked> {
        let mine = |owner: &Option<Scope>| owner.as_ref() == Some(scope);
        let mut all = Vec::new();
        let networks = self.networks.values().filter(|it| mine(&it.owner));
        all.extend(networks.map(|it| (String::new(), Asked::Network(it.spec.clone()))));
        for pool in self.pools.values().filter(|it| mine(&it.owner)) {
            all.push((String::new(), Asked::Pool(pool.spec.clone())));
            for instance in pool.members.iter().filter_map(|number| self.instances.get(number)) {
                let asked = Asked::Instance {
                    pool: pool.spec.name.clone(),
                    zone: instance.zone.clone(),
                    release: instance.release.clone(),
                    held: matches!(instance.phase, InstancePhase::Held(_)),
                    leaving: instance.retiring.is_some() || instance.phase == InstancePhase::Draining,
                };
                all.push((instance.id.to_string(), asked));
            }
        }
        let balancers = self.balancers.values().filter(|it| mine(&it.owner));
        all.extend(balancers.map(|it| (String::new(), Asked::Balancer(it.spec.clone()))));
        let records = self.records.values().filter(|it| mine(&it.owner));
        all.extend(records.map(|it| (String::new(), Asked::Record(it.set.clone()))));
        all.into_iter().map(|(name, asked)| (format!("{} {name}", asked.counted_as()), asked)).collect()
    }
}
