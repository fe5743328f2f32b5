//! Wishes to pools: what new instances are like, how many and where, and who leaves.

use super::rows::{PoolRow, desired};
use crate::docker::{
    network::stands_on_a_network,
    now,
    state::{Tables, key, owned},
};
use ha_core::{
    backend::{
        Kind, Refill, Scope,
        spec::PoolSpec,
        state::{InstancePhase, Phase},
    },
    name::{InstanceId, PoolName},
    topology::{Endpoint, HoldMode, Size},
};

pub(super) fn ensure(tables: &mut Tables, scope: &Scope, spec: PoolSpec) -> Result<(), Kind> {
    if let Some(row) = tables.pool(scope, &spec.name) {
        owned(&row.owner, scope, format!("pool {}", spec.name))?;
        if row.removing() {
            return Err(Kind::NotReady(format!("pool {} is being removed", spec.name)));
        }
    }
    stands_on_a_network(tables, scope, &spec.zones)?;
    let (version, wanted) = (tables.version, desired(&spec));
    let row = tables.pools.entry(key(&scope.name, &spec.name)).or_insert_with(|| PoolRow {
        owner: scope.clone(),
        spec: spec.clone(),
        phase: Phase::Active,
        since: now(),
        desired: wanted,
        members: Vec::new(),
        losses: Vec::new(),
        refused: Vec::new(),
        changed: version,
    });
    if row.spec != spec || row.desired != wanted {
        (row.spec, row.desired, row.changed) = (spec, wanted, version);
    }
    Ok(())
}

/// The pool of this scope, for a wish that does not make it.
pub(super) fn existing<'a>(tables: &'a mut Tables, scope: &Scope, name: &PoolName) -> Result<&'a mut PoolRow, Kind> {
    let row = tables.pool_mut(scope, name).ok_or(Kind::NotFound)?;
    owned(&row.owner, scope, format!("pool {name}"))?;
    Ok(row)
}

pub(super) fn bound(tables: &mut Tables, scope: &Scope, name: &PoolName, bounds: Size) -> Result<(), Kind> {
    let version = tables.version;
    let row = existing(tables, scope, name)?;
    if row.spec.bounds != bounds {
        row.spec.bounds = bounds;
        (row.desired, row.changed) = (desired(&row.spec), version);
    }
    Ok(())
}

pub(super) fn hold(
    tables: &mut Tables,
    (scope, name): (&Scope, &PoolName),
    id: &InstanceId,
    mode: HoldMode,
) -> Result<(), Kind> {
    let version = tables.version;
    let row = existing(tables, scope, name)?;
    let member = row.member_mut(id).ok_or(Kind::NotFound)?;
    let drained = match member.phase {
        InstancePhase::Held(other) if other == mode => return Ok(()),
        InstancePhase::Held(_) => member.drained,
        InstancePhase::Booting | InstancePhase::Ready | InstancePhase::Unready | InstancePhase::Returning => false,
        InstancePhase::Draining | InstancePhase::Lost => return Err(Kind::NotFound),
    };
    member.turn(InstancePhase::Held(mode), version);
    member.drained = drained;
    row.changed = version;
    Ok(())
}

pub(super) fn put_back(tables: &mut Tables, scope: &Scope, name: &PoolName, id: &InstanceId) -> Result<(), Kind> {
    let version = tables.version;
    let row = existing(tables, scope, name)?;
    let member = row.member_mut(id).ok_or(Kind::NotFound)?;
    if matches!(member.phase, InstancePhase::Held(_)) {
        member.turn(InstancePhase::Returning, version);
        row.changed = version;
    }
    Ok(())
}

pub(super) fn retire(
    tables: &mut Tables,
    (scope, name): (&Scope, &PoolName),
    id: &InstanceId,
    refill: Refill,
) -> Result<(), Kind> {
    let version = tables.version;
    let row = existing(tables, scope, name)?;
    let Some(member) = row.member_mut(id) else { return Ok(()) };
    if member.retiring.is_some() || member.phase == InstancePhase::Draining {
        return Ok(());
    }
    (member.retiring, row.changed) = (Some(refill), version);
    if refill == Refill::No {
        row.desired = row.desired.saturating_sub(1).max(row.spec.bounds.min);
    }
    Ok(())
}

pub(super) fn remove(tables: &mut Tables, scope: &Scope, name: &PoolName) -> Result<(), Kind> {
    let Some(row) = tables.pool(scope, name) else { return Ok(()) };
    owned(&row.owner, scope, format!("pool {name}"))?;
    is_behind_nothing(tables, scope, name)?;
    let version = tables.version;
    let Some(row) = tables.pool_mut(scope, name) else { return Ok(()) };
    if !row.removing() {
        (row.phase, row.since, row.changed) = (Phase::Removing, now(), version);
    }
    forget_if_empty(tables, scope, name);
    Ok(())
}

fn is_behind_nothing(tables: &Tables, scope: &Scope, name: &PoolName) -> Result<(), Kind> {
    let balancers = tables.balancers.values().filter(|row| row.owner == *scope);
    let naming = balancers.filter(|row| row.spec.routes.iter().any(|route| route.pool == *name));
    let balancers = naming.map(|row| format!("balancer {}", row.spec.name));
    let itself = Endpoint::Pool(name.clone());
    let records = tables.records.values().filter(|row| row.owner == *scope);
    let records = records.filter(|row| row.set.kind.endpoints().contains(&itself));
    let mut by = balancers.chain(records.map(|row| format!("record {}", row.set.name)));
    by.next().map_or(Ok(()), |by| Err(Kind::NotReady(format!("{by} names pool {name}"))))
}

/// A pool that is to go is gone when its last instance is.
pub(super) fn forget_if_empty(tables: &mut Tables, scope: &Scope, name: &PoolName) {
    if tables.pool(scope, name).is_some_and(|row| row.removing() && row.members.is_empty()) {
        tables.pools.remove(&key(&scope.name, name));
        tables.hopeless.remove(&key(&scope.name, name));
    }
}
