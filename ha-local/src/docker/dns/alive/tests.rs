//! What names are answered, as a table of who is alive.

use super::*;
use crate::docker::{
    balancer::BalancerRow,
    network::NetworkRow,
    pool::{Machine, PoolRow},
};
use ha_core::{
    backend::{
        spec::{BalancerSpec, Marks, NetworkSpec, PoolSpec, RecordSet},
        state::Phase,
    },
    name::InstanceId,
    time::Timestamp,
    topology::{Algorithm, Boot, Capacity, ClientAddress, Dns, Exposure, Guards, HealthCheck, HoldMode, Nat, Size},
};
use serde_json::json;
use std::{collections::BTreeMap, time::Duration};

const NOW: Timestamp = Timestamp(0);

fn scope() -> Scope {
    Scope { name: "shop".into(), id: "1".into() }
}

fn balancer(name: &str, last_byte: u8, alive: bool) -> BalancerRow {
    let spec = BalancerSpec {
        name: name.into(),
        zones: Vec::new(),
        listeners: Vec::new(),
        routes: Vec::new(),
        health: HealthCheck::default(),
        ready: Vec::new(),
        algorithm: Algorithm::RoundRobin,
        sticky: None,
        drain: Duration::ZERO,
        slow_start: None,
        client_address: ClientAddress::Hidden,
        fail_open: None,
    };
    let target = json!({"pool": "web", "instance": "w1", "health": "healthy", "since": NOW, "idle": false});
    let row = json!({
        "owner": scope(), "spec": spec, "phase": "active", "since": NOW, "targets": [target], "as_of": 1,
        "answers": alive, "last_byte": last_byte, "control": 1, "slots": [], "written": "",
        "meter": {"instances": [], "releases": []},
    });
    serde_json::from_value(row).unwrap()
}

fn pool(phases: &[InstancePhase]) -> PoolRow {
    let member = |(number, phase): (usize, &InstancePhase)| MemberRow {
        id: InstanceId::from(format!("w{number}")),
        zone: "a".into(),
        release: "r1".into(),
        phase: *phase,
        since: NOW,
        launched: NOW,
        retiring: None,
        drained: false,
        address: Ipv4Addr::new(10, 88, 1, 10 + number as u8),
        machine: Machine::Made,
        hopeless: false,
        changed: 0,
    };
    let boot = Boot { ready: "/".into(), budget: Duration::ZERO, port: 80 };
    let spec = PoolSpec {
        name: "web".into(),
        release: "r1".into(),
        bounds: Size { min: 1, max: 9 },
        capacity: Capacity::Fixed(1),
        zones: Vec::new(),
        max_skew: 1,
        boot,
        guards: Guards::default(),
        drain: Duration::ZERO,
        marks: Marks { stable: "r1".into(), candidate: None, rejected: Vec::new() },
    };
    PoolRow {
        owner: scope(),
        spec,
        phase: Phase::Active,
        since: NOW,
        desired: 1,
        members: phases.iter().enumerate().map(member).collect(),
        losses: Vec::new(),
        refused: Vec::new(),
        changed: 0,
    }
}

fn tables(one: bool, two: bool, phases: &[InstancePhase]) -> Tables {
    let spec = NetworkSpec { zones: Vec::new(), instances: Exposure::Private, nat: Nat::None, allow: Vec::new() };
    let network = NetworkRow {
        owner: scope(),
        spec,
        phase: Phase::Active,
        since: NOW,
        id: None,
        subnet: Some([10, 88]),
        zones: BTreeMap::new(),
    };
    Tables {
        networks: BTreeMap::from([("shop".to_owned(), network)]),
        pools: BTreeMap::from([("shop/web".to_owned(), pool(phases))]),
        balancers: BTreeMap::from([
            ("shop/one".to_owned(), balancer("one", 2, one)),
            ("shop/two".to_owned(), balancer("two", 3, two)),
        ]),
        ..Tables::default()
    }
}

fn row(record: Dns) -> RecordRow {
    let set = RecordSet { name: record.name, kind: record.kind, ttl: Duration::from_secs(30) };
    RecordRow { owner: scope(), set, phase: Phase::Active, since: NOW, answers: Vec::new(), published: None }
}

/// What is answered: the last bytes of addresses, and their weights where one is drawn.
fn told(tables: &Tables, record: Dns) -> String {
    let published = publish(tables, &row(record));
    assert_eq!(published.ttl, 30);
    let each = published.addresses.iter().map(|it| match published.one {
        true => format!("{}x{}", it.address.octets()[3], it.weight),
        false => it.address.octets()[3].to_string(),
    });
    each.collect::<Vec<_>>().join(" ")
}

#[test]
fn names_are_answered_by_what_lives_and_never_by_nothing() {
    use InstancePhase::{Booting, Draining, Held, Ready, Unready};
    let to = |name: &str| Endpoint::Balancer(name.into());
    let alias = || Dns::apex("shop.example").to("one");
    let failover = || Dns::failover("shop.example", to("one"), to("two"));
    let weighted = |one, two| Dns::weighted("shop.example", [(to("one"), one), (to("two"), two)]);
    let robin = || Dns::round_robin("shop.example", "web");
    let balancers = [
        (alias(), [true, true], "2"),
        (alias(), [false, true], "2"),
        (failover(), [true, true], "2"),
        (failover(), [false, true], "3"),
        (failover(), [false, false], "2"),
        (weighted(300, 100), [true, true], "2x255 3x85"),
        (weighted(300, 100), [false, true], "3"),
        (weighted(300, 100), [false, false], "2x255 3x85"),
        (weighted(0, 100), [true, true], "3"),
        (weighted(0, 100), [true, false], "2"),
        (weighted(0, 0), [true, true], "2x255 3x255"),
        (weighted(1, u32::MAX), [true, true], "2x1 3x255"),
    ];
    for (record, [one, two], expected) in balancers {
        assert_eq!(told(&tables(one, two, &[]), record.clone()), expected, "{record:?} {one} {two}");
    }
    let instances: [(&[InstancePhase], &str); 5] = [
        (&[Ready, Ready, Booting], "10 11"),
        (&[Ready, Unready, Draining], "10"),
        (&[Unready, Unready, Held(HoldMode::Shrink)], "10 11"),
        (&[Booting, Draining], ""),
        (&[], ""),
    ];
    for (phases, expected) in instances {
        assert_eq!(told(&tables(true, true, phases), robin()), expected, "{phases:?}");
    }
}

#[test]
fn a_pool_s_weight_is_its_instances_together() {
    use InstancePhase::{Ready, Unready};
    let answers = [(Endpoint::Balancer("one".into()), 100), (Endpoint::Pool("web".into()), 100)];
    let record = Dns::weighted("shop.example", answers);
    assert_eq!(told(&tables(true, true, &[Ready, Ready, Unready]), record), "2x255 10x128 11x128");
}

#[test]
fn an_address_belongs_to_what_it_is_of() {
    let tables = tables(true, true, &[InstancePhase::Ready]);
    let of = |a, b, c, d| endpoint(&tables, &scope(), Ipv4Addr::new(a, b, c, d));
    assert_eq!(of(10, 88, 0, 3), Some(Endpoint::Balancer("two".into())));
    assert_eq!(of(10, 88, 1, 10), Some(Endpoint::Pool("web".into())));
    assert_eq!(of(10, 88, 1, 99), None);
    let other = Scope { id: "2".into(), ..scope() };
    assert_eq!(endpoint(&tables, &other, Ipv4Addr::new(10, 88, 0, 3)), None);
    assert!(is_there(&tables, &scope(), &Endpoint::Pool("web".into())));
    assert!(!is_there(&tables, &other, &Endpoint::Balancer("one".into())));
    assert!(!is_there(&tables, &scope(), &Endpoint::Balancer("absent".into())));
}
