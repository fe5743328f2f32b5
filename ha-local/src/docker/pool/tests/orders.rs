//! Orders count when they are carried out, not when they were decided.

use super::{scope, site, spec, web, web_mut, with_member};
use crate::docker::{
    pool::{
        Machine,
        orders::{Seen, carry_out},
        wishes,
    },
    state::{Tables, ZoneRow, key},
};
use ha_core::{
    backend::{Kind, state::InstancePhase},
    keeper::pool::Order,
    topology::HoldMode,
};

fn launch(id: &str, zone: &str) -> Order {
    Order::Launch { id: id.into(), zone: zone.into(), release: "r1".into() }
}

/// What an order comes to that was decided when instance `web-a-1` had changed last at `seen`.
fn order(tables: &mut Tables, order: Order, seen: u64) -> Result<(), Kind> {
    let pool = web(tables).changed;
    let seen = Seen { pool, members: [("web-a-1".into(), seen)].into() };
    carry_out(tables, (&scope(), &"web".into()), order, &seen)?
}

fn pool() -> Tables {
    let mut tables = site(5);
    wishes::ensure(&mut tables, &scope(), spec(2)).unwrap();
    tables
}

#[test]
fn a_name_is_used_once_and_an_address_by_one() {
    let mut tables = pool();
    for _ in 0..2 {
        order(&mut tables, launch("web-a-1", "a"), 0).unwrap();
    }
    order(&mut tables, launch("web-a-2", "a"), 0).unwrap();
    let launched: Vec<_> = web(&tables).members.iter().map(|it| (it.id.as_str(), it.address.to_string())).collect();
    assert_eq!(launched, [("web-a-1", "10.88.1.2".into()), ("web-a-2", "10.88.1.3".into())]);
    // It is gone, and its name is not given again; its address is.
    web_mut(&mut tables).members.remove(0);
    order(&mut tables, launch("web-a-1", "a"), 0).unwrap();
    order(&mut tables, launch("web-a-3", "a"), 0).unwrap();
    let addresses: Vec<_> = web(&tables).members.iter().map(|it| (it.id.as_str(), it.address.octets()[3])).collect();
    assert_eq!(addresses, [("web-a-2", 3), ("web-a-3", 2)]);
}

#[test]
fn nothing_is_launched_where_or_what_is_not_to_be_any_more() {
    let mut tables = pool();
    web_mut(&mut tables).spec.zones.retain(|zone| zone.as_str() == "a");
    assert!(matches!(order(&mut tables, launch("web-b-1", "b"), 0), Err(Kind::NotReady(_))));
    web_mut(&mut tables).spec.release = "r2".into();
    assert!(matches!(order(&mut tables, launch("web-a-1", "a"), 0), Err(Kind::NotReady(_))));
    assert!(web(&tables).members.is_empty());
}

#[test]
fn a_refused_launch_is_remembered_and_uses_no_name() {
    let well = ZoneRow::default();
    for (befell, kind) in [
        (ZoneRow { full: true, ..well }, Kind::NoCapacity),
        (ZoneRow { dark: true, ..well }, Kind::NoCapacity),
        (ZoneRow { cut: true, ..well }, Kind::Unavailable),
    ] {
        let mut tables = pool();
        tables.zones.insert(key("shop", "a"), befell);
        assert_eq!(order(&mut tables, launch("web-a-1", "a"), 0), Err(kind));
        assert_eq!(web(&tables).refused.len(), 1);
        assert!(web(&tables).members.is_empty());
        tables.zones.clear();
        order(&mut tables, launch("web-a-1", "a"), 0).unwrap();
        assert!(web(&tables).refused.is_empty());
    }
}

#[test]
fn a_launch_from_an_older_view_is_refused() {
    let mut tables = pool();
    let seen = Seen { pool: web(&tables).changed - 1, ..Seen::default() };
    let launched = carry_out(&mut tables, (&scope(), &"web".into()), launch("web-a-1", "a"), &seen);
    assert!(matches!(launched, Err(Kind::NotReady(_))));
    assert!(web(&tables).members.is_empty());
}

#[test]
fn who_has_changed_since_is_not_drained() {
    let drain = || Order::Drain { id: "web-a-1".into(), loss: None };
    let mut tables = with_member(5, InstancePhase::Ready);
    assert!(matches!(order(&mut tables, drain(), 4), Err(Kind::NotReady(_))));
    assert_eq!(web(&tables).members[0].phase, InstancePhase::Ready);
    order(&mut tables, drain(), 5).unwrap();
    assert_eq!(web(&tables).members[0].phase, InstancePhase::Draining);
}

#[test]
fn a_pool_that_is_to_go_is_gone_with_its_last_instance() {
    let mut tables = with_member(5, InstancePhase::Draining);
    wishes::remove(&mut tables, &scope(), &"web".into()).unwrap();
    order(&mut tables, Order::Stop { id: "web-a-1".into(), loss: None }, 5).unwrap();
    // Its machine is still there.
    assert_eq!(web(&tables).members[0].machine, Machine::Unwanted);
    assert_eq!(web(&tables).present().count(), 0);
    web_mut(&mut tables).members.clear();
    wishes::forget_if_empty(&mut tables, &scope(), &"web".into());
    assert!(tables.pools.is_empty());
}

#[test]
fn who_is_held_another_way_stays_drained_and_who_returns_begins_anew() {
    let mut tables = with_member(5, InstancePhase::Ready);
    let (scope, web_a_1) = (scope(), "web-a-1".into());
    wishes::hold(&mut tables, (&scope, &"web".into()), &web_a_1, HoldMode::Shrink).unwrap();
    web_mut(&mut tables).members[0].drained = true;
    wishes::hold(&mut tables, (&scope, &"web".into()), &web_a_1, HoldMode::Replace).unwrap();
    assert!(web(&tables).members[0].drained);
    wishes::put_back(&mut tables, &scope, &"web".into(), &web_a_1).unwrap();
    let member = &web(&tables).members[0];
    assert_eq!((member.phase, member.drained), (InstancePhase::Returning, false));
}

#[test]
fn nobody_is_launched_and_nothing_refused_before_the_network_is_made() {
    let mut tables = pool();
    tables.networks.values_mut().for_each(|network| network.id = None);
    let early = order(&mut tables, launch("web-a-1", "a"), 0);
    assert!(matches!(early, Err(Kind::NotReady(_))), "{early:?}");
    assert!(web(&tables).members.is_empty() && web(&tables).refused.is_empty());
}
