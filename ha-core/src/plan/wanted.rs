//! The specs that a topology asks for, one a tier, and the rules of the network that follow from them.

use super::Reason;
use crate::{
    backend::spec::{BalancerSpec, Marks, NetworkSpec, PoolSpec, RecordSet},
    name::{PoolName, ZoneName},
    topology::{Allow, Balancer, Capacity, Dns, Endpoint, Party, Pool, RecordKind, Size, Topology, ValidTopology},
};
use serde::Serialize;

/// The network, with all that the wanted tiers need of it.
pub(super) fn network(site: &ValidTopology) -> NetworkSpec {
    let topology = site.topology();
    let balancers: Vec<BalancerSpec> = topology.balancers.iter().map(|wish| balancer(site, wish)).collect();
    let records: Vec<RecordSet> = topology.dns.iter().map(record).collect();
    let ports: Vec<(&PoolName, u16)> = topology.pools.iter().map(|pool| (&pool.name, pool.boot.port)).collect();
    let mut allow = rules(balancers.iter(), records.iter(), &ports);
    allow.extend(topology.network.allow.iter().cloned());
    dedup(&mut allow);
    NetworkSpec {
        zones: topology.zones.clone(),
        instances: topology.network.instances,
        nat: topology.network.nat,
        allow,
    }
}

/// A balancer, in the zones that are open.
pub(super) fn balancer(site: &ValidTopology, wish: &Balancer) -> BalancerSpec {
    let ready = wish.routes.iter().filter_map(|route| site.pool(&route.pool)).map(|pool| pool.boot.clone()).collect();
    BalancerSpec {
        name: wish.name.clone(),
        zones: site.topology().open_zones().cloned().collect(),
        listeners: wish.listeners.clone(),
        routes: wish.routes.clone(),
        health: wish.health.clone(),
        ready,
        algorithm: wish.algorithm,
        sticky: wish.sticky,
        drain: wish.drain,
        slow_start: wish.slow_start,
        client_address: wish.client_address,
        fail_open: wish.fail_open,
    }
}

/// A record.
pub(super) fn record(wish: &Dns) -> RecordSet {
    RecordSet { name: wish.name.clone(), kind: wish.kind.clone(), ttl: wish.ttl }
}

/// A pool with these marks and bounds: new instances run the candidate, if there is one.
pub(super) fn pool(topology: &Topology, wish: &Pool, marks: Marks, bounds: Size) -> PoolSpec {
    PoolSpec {
        name: wish.name.clone(),
        release: marks.candidate.as_ref().map_or(&marks.stable, |candidate| &candidate.release).clone(),
        bounds,
        capacity: wish.capacity,
        zones: zones(topology, wish),
        max_skew: wish.placement.max_skew,
        boot: wish.boot.clone(),
        guards: wish.guards.clone(),
        drain: topology.kept(&wish.name),
        marks,
    }
}

/// The open zones in which a pool's instances may be launched.
pub(super) fn zones(topology: &Topology, wish: &Pool) -> Vec<ZoneName> {
    let placed = &wish.placement.zones;
    topology.open_zones().filter(|zone| placed.is_empty() || placed.contains(zone)).cloned().collect()
}

/// How many instances the owner wants of a pool; `desired` is what a scaling policy made of it.
pub(super) fn capacity(wish: &Pool, desired: u32) -> u32 {
    match wish.capacity {
        Capacity::Fixed(instances) => instances,
        Capacity::Scaled => within(desired, wish.size),
    }
}

/// How many instances a pool tries to have within these bounds.
pub(super) fn within(instances: u32, bounds: Size) -> u32 {
    instances.max(bounds.min).min(bounds.max)
}

/// Who must be able to talk to whom for these balancers and records to work.
pub(super) fn rules<'a>(
    balancers: impl Iterator<Item = &'a BalancerSpec>,
    records: impl Iterator<Item = &'a RecordSet>,
    ports: &[(&PoolName, u16)],
) -> Vec<Allow> {
    let mut allow = Vec::new();
    for balancer in balancers {
        let to = Party::Balancer(balancer.name.clone());
        for listener in &balancer.listeners {
            allow.push(Allow { from: Party::World, to: to.clone(), port: listener.port });
        }
        for (route, boot) in balancer.routes.iter().zip(&balancer.ready) {
            allow.push(Allow { from: to.clone(), to: Party::Pool(route.pool.clone()), port: boot.port });
        }
    }
    for pool in records.flat_map(|set| direct(&set.kind)) {
        if let Some((_, port)) = ports.iter().find(|(name, _)| **name == pool) {
            allow.push(Allow { from: Party::World, to: Party::Pool(pool), port: *port });
        }
    }
    allow
}

/// The pools whose instances a record answers with.
fn direct(kind: &RecordKind) -> Vec<PoolName> {
    let pools = kind.endpoints().into_iter().filter_map(|endpoint| match endpoint {
        Endpoint::Pool(pool) => Some(pool),
        Endpoint::Balancer(_) => None,
    });
    pools.collect()
}

pub(super) fn dedup<T: PartialEq>(list: &mut Vec<T>) {
    let mut index = 0;
    while index < list.len() {
        if list[..index].contains(&list[index]) {
            list.remove(index);
        } else {
            index += 1;
        }
    }
}

/// Why a spec is asked for again: what differs, or that what is there does not work.
pub(super) fn drift<T: Serialize + PartialEq>(seen: &T, wanted: &T) -> Reason {
    Reason::Drift(if seen == wanted { vec!["phase".into()] } else { differing(seen, wanted) })
}

/// The names of the fields in which two specs differ.
fn differing<T: Serialize>(seen: &T, wanted: &T) -> Vec<String> {
    let fields = |spec: &T| match serde_json::to_value(spec) {
        Ok(serde_json::Value::Object(fields)) => fields,
        Ok(_) | Err(_) => serde_json::Map::new(),
    };
    let (seen, wanted) = (fields(seen), fields(wanted));
    wanted.into_iter().filter(|(name, value)| seen.get(name) != Some(value)).map(|(name, _)| name).collect()
}
