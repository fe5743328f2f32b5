//! What names stand for, what of it is alive, and what is therefore answered: pure functions of the tables.

use super::rows::{Published, RecordRow, Weighed};
use crate::docker::{
    pool::MemberRow,
    state::{Tables, key},
};
use ha_core::{
    backend::{
        Scope,
        state::{InstancePhase, Phase, TargetHealth},
    },
    keeper::dns::answers,
    name::{BalancerName, PoolName},
    topology::{Endpoint, RecordKind},
};
use std::net::Ipv4Addr;

/// The greatest weight that the server takes.
pub(super) const WHOLE: u64 = 255;

/// Whether there is such a thing, and it is not about to go.
pub(super) fn is_there(tables: &Tables, scope: &Scope, endpoint: &Endpoint) -> bool {
    match endpoint {
        Endpoint::Balancer(name) => {
            let row = tables.balancers.get(&key(&scope.name, name));
            row.is_some_and(|row| row.owner == *scope && !row.removing())
        }
        Endpoint::Pool(name) => {
            let row = tables.pools.get(&key(&scope.name, name));
            row.is_some_and(|row| row.owner == *scope && !row.removing())
        }
    }
}

/// What a record may stand for, and whether it is alive.
pub(super) fn alive(tables: &Tables, row: &RecordRow) -> Vec<(Endpoint, bool)> {
    let is_alive = |endpoint: &Endpoint| match endpoint {
        Endpoint::Balancer(name) => balancer_lives(tables, &row.owner, name),
        Endpoint::Pool(name) => instances(tables, &row.owner, name).any(lives),
    };
    row.set.kind.endpoints().into_iter().map(|endpoint| (endpoint.clone(), is_alive(&endpoint))).collect()
}

/// What is to be answered: what is alive, and never nothing as long as there is anything.
pub(super) fn publish(tables: &Tables, row: &RecordRow) -> Published {
    let ttl = u32::try_from(row.set.ttl.as_secs()).unwrap_or(u32::MAX);
    if let RecordKind::RoundRobin { to } = &row.set.kind {
        let all: Vec<&MemberRow> = instances(tables, &row.owner, to).collect();
        let flags: Vec<bool> = all.iter().map(|member| lives(member)).collect();
        let chosen = answers(&row.set.kind, &flags).into_iter().filter_map(|index| all.get(index));
        let mut addresses: Vec<Weighed> = chosen.map(|member| Weighed { address: member.address, weight: 1 }).collect();
        addresses.sort();
        return Published { ttl, addresses, one: false };
    }
    let endpoints = alive(tables, row);
    let flags: Vec<bool> = endpoints.iter().map(|(_, alive)| *alive).collect();
    let chosen: Vec<usize> = answers(&row.set.kind, &flags);
    let weight = |index: usize| match &row.set.kind {
        RecordKind::Weighted { answers } => answers.get(index).map_or(0, |answer| u64::from(answer.weight)),
        RecordKind::Alias { .. } | RecordKind::Failover { .. } | RecordKind::RoundRobin { .. } => 1,
    };
    let heaviest = chosen.iter().map(|index| weight(*index)).max().unwrap_or(0).max(1);
    let mut addresses = Vec::new();
    for index in chosen.iter().copied() {
        let found = addresses_of(tables, &row.owner, &endpoints[index].0);
        // Only answers that weigh nothing are left when all that are chosen weigh nothing: they share alike.
        let (whole, among) =
            (weight(index).max(u64::from(heaviest == 1)) * WHOLE, heaviest * found.len().max(1) as u64);
        let nearest = ((whole + among / 2) / among).clamp(1, WHOLE);
        let weight = u8::try_from(nearest).unwrap_or(u8::MAX);
        addresses.extend(found.into_iter().map(|address| Weighed { address, weight }));
    }
    addresses.sort();
    let weighted = matches!(row.set.kind, RecordKind::Weighted { .. });
    Published { ttl, one: weighted && addresses.len() > 1, addresses }
}

/// What an address inside a site's network belongs to.
pub fn endpoint(tables: &Tables, scope: &Scope, address: Ipv4Addr) -> Option<Endpoint> {
    let balancers = tables.balancers.values().filter(|row| row.owner == *scope).map(|row| &row.spec.name);
    let balancer = balancers.cloned().map(Endpoint::Balancer);
    let pools = tables.pools.values().filter(|row| row.owner == *scope).map(|row| &row.spec.name);
    let mut all = balancer.chain(pools.cloned().map(Endpoint::Pool));
    all.find(|endpoint| match endpoint {
        Endpoint::Balancer(_) => addresses_of(tables, scope, endpoint).contains(&address),
        Endpoint::Pool(name) => instances(tables, scope, name).any(|member| member.address == address),
    })
}

fn addresses_of(tables: &Tables, scope: &Scope, endpoint: &Endpoint) -> Vec<Ipv4Addr> {
    match endpoint {
        Endpoint::Balancer(name) => {
            let row = tables.balancers.get(&key(&scope.name, name)).filter(|row| row.owner == *scope);
            let network = tables.networks.get(&scope.name);
            row.and_then(|row| network?.address(None, row.last_byte)).into_iter().collect()
        }
        Endpoint::Pool(name) => {
            let all: Vec<&MemberRow> = instances(tables, scope, name).collect();
            let living: Vec<Ipv4Addr> = all.iter().filter(|member| lives(member)).map(|it| it.address).collect();
            if living.is_empty() { all.iter().map(|member| member.address).collect() } else { living }
        }
    }
}

/// Instances that take requests, or would if they were well.
fn instances<'a>(tables: &'a Tables, scope: &Scope, pool: &PoolName) -> impl Iterator<Item = &'a MemberRow> + use<'a> {
    let row = tables.pools.get(&key(&scope.name, pool)).filter(|row| row.owner == *scope);
    row.into_iter().flat_map(|row| row.present()).filter(|member| match member.phase {
        InstancePhase::Ready | InstancePhase::Unready => true,
        InstancePhase::Booting | InstancePhase::Returning | InstancePhase::Lost => false,
        InstancePhase::Draining | InstancePhase::Held(_) => false,
    })
}

fn lives(member: &MemberRow) -> bool {
    member.phase == InstancePhase::Ready
}

/// It answers, and there is somebody healthy behind it.
fn balancer_lives(tables: &Tables, scope: &Scope, name: &BalancerName) -> bool {
    let row = tables.balancers.get(&key(&scope.name, name)).filter(|row| row.owner == *scope);
    row.is_some_and(|row| {
        row.phase == Phase::Active
            && row.answers
            && row.targets.iter().any(|target| target.health == TargetHealth::Healthy)
    })
}

#[cfg(test)]
mod tests;
