//! What is written for a record, and what is refused beforehand.

use super::{
    check::check,
    marker::Marker,
    record::{Place, batch, records, removal, stands},
};
use crate::provider::Provider;
use aws_sdk_route53::types::{ChangeAction, ChangeBatch, ResourceRecordSet, RrType};
use ha_core::{
    backend::{Scope, spec::RecordSet},
    time::Timestamp,
    topology::{Answer, Endpoint, RecordKind},
};
use std::{collections::BTreeMap, time::Duration};

fn to(balancer: &str) -> Endpoint {
    Endpoint::Balancer(balancer.into())
}

fn set(kind: RecordKind) -> RecordSet {
    RecordSet { name: "shop.example".into(), kind, ttl: Duration::from_secs(60) }
}

fn weighted(weights: [u32; 2]) -> RecordSet {
    let answers = ["one", "two"].iter().zip(weights).map(|(name, weight)| Answer { to: to(name), weight }).collect();
    set(RecordKind::Weighted { answers })
}

fn places() -> BTreeMap<Endpoint, Place> {
    let place = |name: &str| Place::Balancer { dns: format!("{name}.ELB.example."), zone: "Z1".into() };
    let addresses = [("192.0.2.1", "c1"), ("192.0.2.2", "c2")].map(|(ip, check)| (ip.to_owned(), check.to_owned()));
    let mut places: BTreeMap<Endpoint, Place> = ["one", "two"].map(|name| (to(name), place(name))).into();
    places.insert(Endpoint::Pool("web".into()), Place::Pool(addresses.into()));
    places
}

fn marker(set: &RecordSet) -> Marker {
    Marker::new(&Scope { name: "shop".into(), id: "1".into() }, set, Timestamp::from_secs(1))
}

/// What stands there after a batch over what stood there, as the service does it.
#[expect(clippy::wildcard_enum_match_arm, reason = "what is not deleted is written")]
fn after(there: &[ResourceRecordSet], batch: &ChangeBatch) -> Vec<ResourceRecordSet> {
    let mut all = there.to_vec();
    for change in batch.changes() {
        let new = change.resource_record_set().unwrap();
        let same = |it: &ResourceRecordSet| {
            (it.name(), it.r#type(), it.set_identifier()) == (new.name(), new.r#type(), new.set_identifier())
        };
        let before = all.len();
        all.retain(|it| !same(it));
        match change.action() {
            ChangeAction::Delete => assert_eq!(all.len(), before - 1, "nothing to delete: {new:?}"),
            _ => {
                let simple = |it: &ResourceRecordSet| it.set_identifier().is_none();
                let mixed = all.iter().any(|it| it.r#type() == new.r#type() && simple(it) != simple(new));
                assert!(!mixed, "the service takes no record with a set beside one without");
                all.push(new.clone());
            }
        }
    }
    all
}

fn answers(all: &[ResourceRecordSet]) -> Vec<&ResourceRecordSet> {
    all.iter().filter(|it| *it.r#type() == RrType::A).collect()
}

#[test]
fn every_kind_follows_every_other_in_one_batch() {
    let kinds = [
        set(RecordKind::Alias { to: to("one") }),
        weighted([300, 100]),
        weighted([0, 100]),
        set(RecordKind::Failover { primary: to("one"), secondary: to("two") }),
        set(RecordKind::Failover { primary: to("two"), secondary: to("one") }),
        set(RecordKind::RoundRobin { to: "web".into() }),
    ];
    for before in &kinds {
        let first = batch(&[], &records(before, &places()), &marker(before)).unwrap();
        let there = after(&[], &first);
        for wish in &kinds {
            let wanted = records(wish, &places());
            let second = batch(&answers(&there), &wanted, &marker(wish)).unwrap();
            let now = after(&there, &second);
            assert!(stands(&answers(&now), &wanted), "{before:?} then {wish:?}: {now:#?}");
            assert_eq!(now.len(), wanted.len() + 1, "its marker stands beside it");
            let gone = after(&now, &removal(&now.iter().collect::<Vec<_>>()).unwrap());
            assert!(gone.is_empty(), "{gone:?}");
        }
    }
}

#[test]
fn weights_keep_their_proportions_and_dead_balancers_are_left_out() {
    let batch = batch(&[], &records(&weighted([300, 100]), &places()), &marker(&weighted([300, 100]))).unwrap();
    let all = after(&[], &batch);
    let weights: Vec<_> =
        answers(&all).iter().map(|it| (it.set_identifier().unwrap().to_owned(), it.weight())).collect();
    assert_eq!(weights, [("balancer-one".into(), Some(3)), ("balancer-two".into(), Some(1))]);
    let looks = |it: &&ResourceRecordSet| it.alias_target().is_some_and(|to| to.evaluate_target_health());
    assert!(answers(&all).iter().all(looks));
}

#[test]
fn each_address_has_its_health_check_and_its_ttl() {
    let set = set(RecordKind::RoundRobin { to: "web".into() });
    let all = after(&[], &batch(&[], &records(&set, &places()), &marker(&set)).unwrap());
    let said: Vec<_> =
        answers(&all).iter().map(|it| (it.health_check_id(), it.ttl(), it.multi_value_answer())).collect();
    assert_eq!(said, [(Some("c1"), Some(60), Some(true)), (Some("c2"), Some(60), Some(true))]);
}

#[test]
fn what_cannot_be_kept_is_refused_with_what_would_do() {
    let provider = Provider::new("eu-central-1");
    let alias = set(RecordKind::Alias { to: to("one") });
    assert_eq!(check(&provider, &alias, 1), []);
    assert_eq!(check(&provider, &weighted([300, 100]), 2), []);
    let pool = Endpoint::Pool("web".into());
    let refused = [
        (RecordSet { ttl: Duration::from_secs(30), ..alias.clone() }, "shop.example.ttl"),
        (weighted([301, 100]), "shop.example.to"),
        (set(RecordKind::Failover { primary: to("one"), secondary: pool }), "shop.example.to"),
        (RecordSet { name: "www.shop.co.uk".into(), ..alias.clone() }, "www.shop.co.uk.name"),
        (set(RecordKind::RoundRobin { to: "web".into() }), "shop.example.to"),
    ];
    assert_eq!(check(&provider, &set(RecordKind::RoundRobin { to: "web".into() }), 8), []);
    for (set, path) in refused {
        let paths: Vec<String> = check(&provider, &set, 9).into_iter().map(|problem| problem.path).collect();
        assert_eq!(paths, [format!("dns.{path}")]);
    }
    let mut given = provider;
    given.hosted_zones.insert("shop.co.uk".into(), "Z1".into());
    assert_eq!(check(&given, &RecordSet { name: "www.shop.co.uk".into(), ..alias }, 1), []);
}
