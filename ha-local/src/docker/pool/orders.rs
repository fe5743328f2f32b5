//! Orders of a pool's keeper, as changes of rows: they count when they are carried out, not when they were decided.

use super::{
    Machine, MemberRow,
    wishes::{existing, forget_if_empty},
};
use crate::docker::{
    network::stands_on_a_network,
    now,
    state::{Tables, key},
};
use ha_core::{
    backend::{
        Kind, Scope,
        state::{InstancePhase, Loss, LossReason},
    },
    keeper::pool::Order,
    name::{InstanceId, PoolName, Release, ZoneName},
    time::Timestamp,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    net::Ipv4Addr,
};

/// When the pool, and each of its instances, had changed last in the view from which the next orders come. An order from an
/// older view is refused: whoever was frozen between looking and acting does nothing that another did meanwhile.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    pub(super) pool: u64,
    pub(super) members: BTreeMap<InstanceId, u64>,
}

/// What an order came to: a refusal that is written down as well.
pub(super) type Done = Result<(), Kind>;

pub(super) fn carry_out(
    tables: &mut Tables,
    (scope, pool): (&Scope, &PoolName),
    order: Order,
    seen: &Seen,
) -> Result<Done, Kind> {
    let version = tables.version;
    match order {
        Order::Launch { id, zone, release } => {
            if existing(tables, scope, pool)?.changed != seen.pool {
                return Err(Kind::NotReady(format!("pool {pool} has changed meanwhile")));
            }
            launch(tables, (scope, pool), id, (zone, release))
        }
        Order::Drain { id, loss } => {
            let row = existing(tables, scope, pool)?;
            let Some(member) = row.member_mut(&id) else { return Ok(Ok(())) };
            if seen.members.get(&id) != Some(&member.changed) {
                return Err(Kind::NotReady(format!("instance {id} has changed meanwhile")));
            }
            if matches!(member.phase, InstancePhase::Draining | InstancePhase::Lost) {
                return Ok(Ok(()));
            }
            let drained = matches!(member.phase, InstancePhase::Held(_)) && member.drained;
            member.turn(InstancePhase::Draining, version);
            member.drained = drained;
            note_loss(tables, (scope, pool), &id, loss)?;
            Ok(Ok(()))
        }
        Order::Stop { id, loss } => {
            let row = existing(tables, scope, pool)?;
            let Some(member) = row.member_mut(&id) else { return Ok(Ok(())) };
            if member.machine == Machine::Unwanted {
                return Ok(Ok(()));
            }
            (member.machine, member.changed) = (Machine::Unwanted, version);
            note_loss(tables, (scope, pool), &id, loss)?;
            forget_if_empty(tables, scope, pool);
            Ok(Ok(()))
        }
    }
}

/// Writes a failed instance into its pool's memory.
fn note_loss(
    tables: &mut Tables,
    (scope, pool): (&Scope, &PoolName),
    id: &InstanceId,
    why: Option<LossReason>,
) -> Result<(), Kind> {
    let (version, at) = (tables.version, now());
    let row = existing(tables, scope, pool)?;
    row.changed = version;
    if let (Some(why), Some(member)) = (why, row.member(id)) {
        let (zone, release) = (member.zone.clone(), member.release.clone());
        row.losses.push(Loss { instance: id.clone(), zone, release, at, why });
        // Older ones are never shown again.
        row.losses.retain(|loss| at.since(loss.at) < super::MEMORY);
    }
    Ok(())
}

fn launch(
    tables: &mut Tables,
    (scope, pool): (&Scope, &PoolName),
    id: InstanceId,
    (zone, release): (ZoneName, Release),
) -> Result<Done, Kind> {
    let (version, at) = (tables.version, now());
    stands_on_a_network(tables, scope, std::slice::from_ref(&zone))?;
    // Until it is made its addresses may become others. Nothing is refused meanwhile: a zone that refuses is left alone for
    // longer, and others take its instances.
    if tables.networks.get(&scope.name).is_none_or(|network| network.id.is_none()) {
        return Err(Kind::NotReady("the network is not made yet".into()));
    }
    let state = tables.zone(&scope.name, &zone);
    let address = free_address(tables, scope, &zone);
    let hopeless = tables.hopeless.contains(&key(&scope.name, pool));
    let count = tables.launched.get(&key(&scope.name, pool)).and_then(|zones| zones.get(&zone)).copied().unwrap_or(0);
    let row = existing(tables, scope, pool)?;
    // The order was decided from an older view: what the pool is to be counts when it is carried out.
    if row.removing() || row.spec.release != release || !row.spec.zones.contains(&zone) {
        return Err(Kind::NotReady(format!("{pool} launches no {release} in zone {zone} any more")));
    }
    if format!("{pool}-{zone}-{}", count + 1) != id.as_str() {
        return Ok(Ok(()));
    }
    row.changed = version;
    let refused = match address {
        _ if state.dark || state.full => Some(Kind::NoCapacity),
        // Whoever keeps the pool stands outside of all zones, and reaches nothing behind a closed border.
        _ if state.cut => Some(Kind::Unavailable),
        None => Some(Kind::NoCapacity),
        Some(_) => None,
    };
    let (Some(address), None) = (address, &refused) else {
        refuse(&mut row.refused, &zone, at);
        return Ok(Err(refused.unwrap_or(Kind::NoCapacity)));
    };
    row.refused.retain(|(refusing, _)| *refusing != zone);
    row.members.push(MemberRow {
        id,
        zone: zone.clone(),
        release,
        phase: InstancePhase::Booting,
        since: at,
        launched: at,
        retiring: None,
        drained: false,
        address,
        machine: Machine::Wanted,
        hopeless,
        changed: version,
    });
    tables.launched.entry(key(&scope.name, pool)).or_default().insert(zone, count + 1);
    Ok(Ok(()))
}

/// Notes that a zone refused a launch.
pub(super) fn refuse(refused: &mut Vec<(ZoneName, Timestamp)>, zone: &ZoneName, at: Timestamp) {
    refused.retain(|(refusing, _)| refusing != zone);
    refused.push((zone.clone(), at));
}

/// An address of the zone that no instance has.
fn free_address(tables: &Tables, scope: &Scope, zone: &ZoneName) -> Option<Ipv4Addr> {
    let network = tables.networks.get(&scope.name)?;
    let members = tables.pools.values().filter(|row| row.owner == *scope).flat_map(|row| &row.members);
    let taken: BTreeSet<Ipv4Addr> = members.map(|member| member.address).collect();
    let mut all = (2..=254).filter_map(|last| network.address(Some(zone), last));
    all.find(|address| !taken.contains(address))
}
