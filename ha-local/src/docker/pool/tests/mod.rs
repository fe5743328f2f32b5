//! What pools make of wishes, orders and findings, on tables without any engine.

mod judging;
mod orders;

use super::{Machine, MemberRow, PoolRow, wishes};
use crate::docker::{network::NetworkRow, state::Tables};
use ha_core::{
    backend::{
        Scope,
        spec::{Marks, NetworkSpec, PoolSpec},
        state::{InstancePhase, Phase},
    },
    name::ZoneName,
    time::Timestamp,
    topology::{Boot, Capacity, Exposure, Guards, Nat, Size},
};
use std::time::Duration;

pub(super) fn scope() -> Scope {
    Scope { name: "shop".into(), id: "1".into() }
}

pub(super) fn spec(capacity: u32) -> PoolSpec {
    PoolSpec {
        name: "web".into(),
        release: "r1".into(),
        bounds: Size { min: 0, max: 9 },
        capacity: Capacity::Fixed(capacity),
        zones: zones(),
        max_skew: 1,
        boot: Boot { ready: "/ready".into(), budget: Duration::from_secs(9), port: 80 },
        guards: Guards::default(),
        drain: Duration::ZERO,
        marks: Marks { stable: "r1".into(), candidate: None, rejected: Vec::new() },
    }
}

fn zones() -> Vec<ZoneName> {
    ["a", "b"].map(ZoneName::from).to_vec()
}

/// A site with a network, at this version of the tables.
pub(super) fn site(version: u64) -> Tables {
    let spec = NetworkSpec { zones: zones(), instances: Exposure::Private, nat: Nat::One, allow: Vec::new() };
    let network = NetworkRow {
        owner: scope(),
        spec,
        phase: Phase::Active,
        since: Timestamp::ZERO,
        id: Some("net".into()),
        subnet: Some([10, 88]),
        zones: [("a".into(), 1), ("b".into(), 2)].into(),
    };
    let mut tables = Tables { version, ..Tables::default() };
    tables.networks.insert("shop".into(), network);
    tables
}

/// The same with a pool `web` and one instance in it that is made and in this phase since the clock's zero.
pub(super) fn with_member(version: u64, phase: InstancePhase) -> Tables {
    let mut tables = site(version);
    wishes::ensure(&mut tables, &scope(), spec(1)).unwrap();
    let member = MemberRow {
        id: "web-a-1".into(),
        zone: "a".into(),
        release: "r1".into(),
        phase,
        since: Timestamp::ZERO,
        launched: Timestamp::ZERO,
        retiring: None,
        drained: false,
        address: [10, 88, 1, 2].into(),
        machine: Machine::Made,
        hopeless: false,
        changed: version,
    };
    web_mut(&mut tables).members.push(member);
    tables
}

pub(super) fn web(tables: &Tables) -> &PoolRow {
    tables.pool(&scope(), &"web".into()).unwrap()
}

pub(super) fn web_mut(tables: &mut Tables) -> &mut PoolRow {
    tables.pool_mut(&scope(), &"web".into()).unwrap()
}
