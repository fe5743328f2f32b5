//! Wishes to balancers, as rows: who asks, what it rests on, what is kept.

use super::rows::{BalancerRow, SLOTS, Slot};
use crate::docker::{
    network::stands_on_a_network,
    now,
    settings::Settings,
    state::{Tables, key, owned},
};
use ha_core::{
    backend::{Kind, Scope, spec::BalancerSpec, state::Phase},
    name::{BalancerName, PoolName},
    topology::{Endpoint, Route},
};
use std::collections::BTreeSet;

pub(super) fn ensure(tables: &mut Tables, settings: &Settings, scope: &Scope, spec: BalancerSpec) -> Result<(), Kind> {
    let name = key(&scope.name, &spec.name);
    if let Some(row) = tables.balancers.get(&name) {
        may_change(row, scope)?;
    }
    stands_on_a_network(tables, scope, &spec.zones)?;
    let there = |pool: &PoolName| {
        let row = tables.pools.get(&key(&scope.name, pool));
        row.is_some_and(|row| row.owner == *scope && !row.removing())
    };
    if let Some(route) = spec.routes.iter().find(|route| !there(&route.pool)) {
        return Err(Kind::NotReady(format!("there is no pool {}", route.pool)));
    }
    let mut row = match tables.balancers.remove(&name) {
        Some(row) => row,
        None => {
            let mut row = BalancerRow::new(scope.clone(), spec.clone(), now());
            let site = tables.balancers.iter().filter(|(other, _)| other.starts_with(&key(&scope.name, "")));
            let taken: BTreeSet<u8> = site.map(|(_, other)| other.last_byte).collect();
            // Zero is the network itself, one the gateway.
            row.last_byte = (2..u8::MAX).find(|byte| !taken.contains(byte)).ok_or(Kind::Quota)?;
            allot(tables, settings, &mut row)?;
            row
        }
    };
    row.spec = spec;
    Slot::lead_to(&mut row.slots, &row.spec.listeners);
    tables.balancers.insert(name, row);
    Ok(())
}

/// Gives it ports of the host that nobody has.
pub(super) fn allot(tables: &Tables, settings: &Settings, row: &mut BalancerRow) -> Result<(), Kind> {
    let balancers = tables.balancers.values().flat_map(BalancerRow::ports);
    let mut taken: BTreeSet<u16> = balancers.chain(tables.name_servers.values().map(|row| row.port)).collect();
    let mut next = || {
        let port = settings.free_port(&taken)?;
        taken.insert(port);
        Ok::<u16, Kind>(port)
    };
    let ports: Result<Vec<u16>, Kind> = (0..SLOTS).map(|_| next()).collect();
    row.slots = Slot::all(ports?);
    row.control = next()?;
    Slot::lead_to(&mut row.slots, &row.spec.listeners);
    Ok(())
}

pub(super) fn route(tables: &mut Tables, scope: &Scope, name: &BalancerName, routes: &[Route]) -> Result<(), Kind> {
    let row = tables.balancers.get_mut(&key(&scope.name, name)).ok_or(Kind::NotFound)?;
    may_change(row, scope)?;
    let mut next = row.spec.clone();
    for wish in routes {
        let served = next.routes.iter_mut().find(|route| route.pool == wish.pool);
        served.ok_or_else(|| Kind::Rejected(format!("{name} does not serve {}", wish.pool)))?.weight = wish.weight;
    }
    row.spec = next;
    Ok(())
}

pub(super) fn remove(tables: &mut Tables, scope: &Scope, name: &BalancerName) -> Result<(), Kind> {
    let itself = Endpoint::Balancer(name.clone());
    let records = tables.records.values().filter(|row| row.owner == *scope);
    let naming = records.filter(|row| row.set.kind.endpoints().contains(&itself));
    let naming = naming.map(|row| row.set.name.clone()).next();
    let Some(row) = tables.balancers.get_mut(&key(&scope.name, name)) else { return Ok(()) };
    owned(&row.owner, scope, format!("balancer {name}"))?;
    if let Some(record) = naming {
        return Err(Kind::NotReady(format!("{record} names balancer {name}")));
    }
    row.turn(Phase::Removing, now());
    Ok(())
}

fn may_change(row: &BalancerRow, scope: &Scope) -> Result<(), Kind> {
    let name = &row.spec.name;
    owned(&row.owner, scope, format!("balancer {name}"))?;
    if row.removing() { Err(Kind::NotReady(format!("balancer {name} is being removed"))) } else { Ok(()) }
}
