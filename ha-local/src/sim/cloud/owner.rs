//! Whose things are: finding them by name, everything that exists, and things that others made.

use super::{
    Cloud, Env,
    objects::{BalancerObject, NetworkObject, PoolObject, Progress, RecordObject},
};
use crate::sim::{
    engine::draw::{mix, who},
    plane::ServerId,
};
use ha_core::{
    backend::{
        Scope,
        spec::{NetworkSpec, PoolSpec, RecordSet},
        state::Phase,
    },
    name::{BalancerName, DnsName, InstanceId, PoolName, Release},
};
use std::collections::BTreeMap;

/// One thing that exists.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Thing {
    /// `network`, `pool`, `instance`, `balancer`, `record` or `object`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Whose it is, if it bears a mark.
    pub owner: Option<Scope>,
}

/// A thing that somebody else made: `site` and its own name are what it is called by.
#[derive(Clone, Debug, PartialEq)]
pub enum Planted {
    /// A network.
    Network {
        /// The site it is called after.
        site: String,
        /// Whose it is, if it bears a mark.
        owner: Option<Scope>,
        /// What it is like.
        spec: NetworkSpec,
    },
    /// A pool without instances, which nobody keeps if it bears no mark.
    Pool {
        /// The site it is called after.
        site: String,
        /// Whose it is, if it bears a mark.
        owner: Option<Scope>,
        /// What it is like.
        spec: PoolSpec,
    },
    /// A balancer.
    Balancer {
        /// The site it is called after.
        site: String,
        /// Whose it is, if it bears a mark.
        owner: Option<Scope>,
        /// What it is like.
        spec: ha_core::backend::spec::BalancerSpec,
    },
    /// A DNS record.
    Record {
        /// Whose it is, if it bears a mark.
        owner: Option<Scope>,
        /// What it is like.
        set: RecordSet,
    },
}

/// A number for a new thing that follows from its name, so that one more thing elsewhere changes no other's.
pub(super) fn fresh<T>(taken: &BTreeMap<u32, T>, name: &str) -> u32 {
    const LARGEST: u32 = (1 << 26) - 1;
    // The shift leaves 26 bits.
    let mut number = (mix(who(name)) >> 38) as u32;
    while number == 0 || taken.contains_key(&number) {
        number = (number + 1) & LARGEST;
    }
    number
}

impl Cloud {
    pub(super) fn network_of(&self, site: &str) -> Option<u32> {
        self.networks.iter().find(|(_, network)| network.site == site).map(|(number, _)| *number)
    }
    pub(super) fn pool_of(&self, site: &str, name: &PoolName) -> Option<u32> {
        let mut found = self.pools.iter().filter(|(_, pool)| pool.site == site && pool.spec.name == *name);
        found.next().map(|(number, _)| *number)
    }
    pub(super) fn balancer_of(&self, site: &str, name: &BalancerName) -> Option<u32> {
        let mut found = self.balancers.iter().filter(|(_, other)| other.site == site && other.name() == name);
        found.next().map(|(number, _)| *number)
    }
    pub(super) fn record_of(&self, name: &DnsName) -> Option<u32> {
        self.records.iter().find(|(_, record)| record.set.name == *name).map(|(number, _)| *number)
    }
    pub(super) fn instance_of(&self, pool: u32, id: &InstanceId) -> Option<u32> {
        let members = self.pools.get(&pool)?.members.iter();
        members.copied().find(|number| self.instances.get(number).is_some_and(|instance| instance.id == *id))
    }

    /// Whose instance a server of the plane is, which one, and what it runs; `None`: it is gone.
    pub fn on_server(&self, server: ServerId) -> Option<(PoolName, InstanceId, Release)> {
        let instance = self.instances.get(self.servers.get(&server.0)?)?;
        Some((self.pools.get(&instance.pool)?.spec.name.clone(), instance.id.clone(), instance.release.clone()))
    }
    /// What the plane calls a balancer of this site.
    pub fn called_by(&self, site: &str, name: &BalancerName) -> Option<&BalancerName> {
        self.balancers.get(&self.balancer_of(site, name)?).map(|it| &it.called)
    }
    /// The name that its owner gave to what the plane calls so.
    pub fn balancer_called(&self, called: &BalancerName) -> Option<&BalancerName> {
        self.balancers.values().find(|it| it.called == *called).map(BalancerObject::name)
    }

    /// Everything that exists, whoever made it, in order.
    pub fn everything(&self) -> Vec<Thing> {
        let thing = |kind, name: &str, owner: &Option<Scope>| Thing { kind, name: name.into(), owner: owner.clone() };
        let networks = self.networks.values().map(|it| thing("network", &it.site, &it.owner));
        let pools = self.pools.values().map(|it| thing("pool", it.spec.name.as_str(), &it.owner));
        let balancers = self.balancers.values().map(|it| thing("balancer", it.name().as_str(), &it.owner));
        let records = self.records.values().map(|it| thing("record", it.set.name.as_str(), &it.owner));
        let instances = self.instances.values().map(|it| {
            let owner = self.pools.get(&it.pool).and_then(|pool| pool.owner.clone());
            thing("instance", it.id.as_str(), &owner)
        });
        let objects = self.store.keys().map(|(scope, key)| thing("object", key.as_str(), &Some(scope.clone())));
        let mut all: Vec<Thing> =
            networks.chain(pools).chain(balancers).chain(records).chain(instances).chain(objects).collect();
        all.sort();
        all
    }

    /// Makes a thing as somebody else would: active at once.
    pub fn plant(&mut self, env: &mut Env<'_>, thing: Planted) {
        let now = env.now;
        self.version += 1;
        let progress = Progress { phase: Phase::Active, since: now, due: None };
        match thing {
            Planted::Network { site, owner, spec } => {
                let number = fresh(&self.networks, &site);
                self.networks.insert(number, NetworkObject { site, owner, spec, progress });
            }
            Planted::Pool { site, owner, spec } => {
                let number = fresh(&self.pools, &format!("{site}/{}", spec.name));
                self.pools.insert(number, PoolObject { progress, ..PoolObject::new(site, owner, spec, now) });
            }
            Planted::Balancer { site, owner, spec } => {
                let number = fresh(&self.balancers, &format!("{site}/{}", spec.name));
                let object = BalancerObject::new(site, owner, spec, now);
                let called = self.called(&object);
                self.balancers.insert(number, BalancerObject { progress, called, ..object });
                self.dirty.balancers.insert(number);
            }
            Planted::Record { owner, set } => {
                let number = fresh(&self.records, set.name.as_str());
                let live = Some(set.clone());
                self.records.insert(number, RecordObject { progress, live, ..RecordObject::new(owner, set, now) });
                self.dirty.records = true;
            }
        }
        self.flush(env);
    }
}
