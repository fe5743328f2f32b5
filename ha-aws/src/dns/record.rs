//! Records as the service has them: pure, from a spec to what is to stand under its name, and what is to be changed.

use super::marker::{self, Marker};
use crate::share;
use aws_sdk_route53::types::{
    AliasTarget, Change, ChangeAction, ChangeBatch, ResourceRecord, ResourceRecordSet, ResourceRecordSetFailover,
    RrType, builders::ResourceRecordSetBuilder,
};
use aws_smithy_types::error::operation::BuildError;
use ha_core::{
    backend::spec::RecordSet,
    topology::{Endpoint, RecordKind},
};
use std::collections::BTreeMap;

/// The highest weight of a record.
pub(super) const HEAVIEST: u32 = 255;
/// How long resolvers may keep a marker, in seconds: nobody asks for it.
const MARKER: i64 = 60;

/// Where an endpoint answers.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Place {
    /// A balancer's own name, and the hosted zone of that.
    Balancer { dns: String, zone: String },
    /// The addresses of a pool's instances, each with the health check that looks at it.
    Pool(BTreeMap<String, String>),
}

/// When a record is the answer.
#[derive(Clone, Debug, PartialEq)]
enum Rule {
    Always,
    Weight(i64),
    First,
    Second,
    Many,
}

/// What a record answers.
#[derive(Clone, Debug, PartialEq)]
enum Says {
    Alias { dns: String, zone: String },
    Address { ip: String, ttl: i64, check: String },
}

/// One record under a name.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Record {
    set: Option<String>,
    rule: Rule,
    says: Says,
}

/// A name without its final dot, in small letters.
pub(super) fn plain(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// What is to stand under the name of a set whose endpoints are at these places.
pub(super) fn records(set: &RecordSet, places: &BTreeMap<Endpoint, Place>) -> Vec<Record> {
    let ttl = i64::try_from(set.ttl.as_secs()).unwrap_or(i64::MAX);
    let alias = |to: &Endpoint, id: Option<String>, rule: Rule| match places.get(to) {
        Some(Place::Balancer { dns, zone }) => {
            Some(Record { set: id, rule, says: Says::Alias { dns: plain(dns), zone: zone.clone() } })
        }
        // `check` refuses pools but in turn.
        Some(Place::Pool(_)) | None => None,
    };
    match &set.kind {
        RecordKind::Alias { to } => alias(to, None, Rule::Always).into_iter().collect(),
        RecordKind::Weighted { answers } => {
            let asked: Vec<u32> = answers.iter().map(|answer| answer.weight).collect();
            let weights = share::within(&asked, HEAVIEST).unwrap_or_default();
            let record = |(answer, weight): (&ha_core::topology::Answer, u32)| {
                alias(&answer.to, Some(spelled(&answer.to)), Rule::Weight(i64::from(weight)))
            };
            let mut records: Vec<Record> = answers.iter().zip(weights).filter_map(record).collect();
            records.sort_by(|a, b| a.set.cmp(&b.set));
            records
        }
        RecordKind::Failover { primary, secondary } => {
            let first = alias(primary, Some("primary".into()), Rule::First);
            let second = alias(secondary, Some("secondary".into()), Rule::Second);
            first.into_iter().chain(second).collect()
        }
        RecordKind::RoundRobin { to } => match places.get(&Endpoint::Pool(to.clone())) {
            Some(Place::Pool(addresses)) => {
                let says = |ip: &String, check: &String| Says::Address { ip: ip.clone(), ttl, check: check.clone() };
                let record =
                    |(ip, check)| Record { set: Some(String::clone(ip)), rule: Rule::Many, says: says(ip, check) };
                addresses.iter().map(record).collect()
            }
            Some(Place::Balancer { .. }) | None => Vec::new(),
        },
    }
}

fn spelled(endpoint: &Endpoint) -> String {
    match endpoint {
        Endpoint::Balancer(name) => format!("balancer-{name}"),
        Endpoint::Pool(name) => format!("pool-{name}"),
    }
}

/// A record as it was listed; nothing if it is none that we would write.
fn read(it: &ResourceRecordSet) -> Option<Record> {
    let rule = match (it.weight(), it.failover(), it.multi_value_answer()) {
        (Some(weight), None, None) => Rule::Weight(weight),
        (None, Some(ResourceRecordSetFailover::Primary), None) => Rule::First,
        (None, Some(_), None) => Rule::Second,
        (None, None, Some(true)) => Rule::Many,
        (None, None, None | Some(false)) => Rule::Always,
        (_, _, _) => return None,
    };
    let says = match (it.alias_target(), it.resource_records()) {
        (Some(to), _) => Says::Alias { dns: plain(to.dns_name()), zone: to.hosted_zone_id().into() },
        (None, [record]) => Says::Address {
            ip: record.value().into(),
            ttl: it.ttl()?,
            check: it.health_check_id().unwrap_or_default().into(),
        },
        (None, _) => return None,
    };
    Some(Record { set: it.set_identifier().map(String::from), rule, says })
}

impl Record {
    fn written(&self, name: &str) -> Result<ResourceRecordSet, BuildError> {
        let it = ResourceRecordSet::builder().name(name).r#type(RrType::A).set_set_identifier(self.set.clone());
        let it: ResourceRecordSetBuilder = match &self.rule {
            Rule::Always => it,
            Rule::Weight(weight) => it.weight(*weight),
            Rule::First => it.failover(ResourceRecordSetFailover::Primary),
            Rule::Second => it.failover(ResourceRecordSetFailover::Secondary),
            Rule::Many => it.multi_value_answer(true),
        };
        match &self.says {
            Says::Alias { dns, zone } => {
                let to = AliasTarget::builder().dns_name(dns).hosted_zone_id(zone).evaluate_target_health(true);
                it.alias_target(to.build()?).build()
            }
            Says::Address { ip, ttl, check } => {
                let record = ResourceRecord::builder().value(ip).build()?;
                it.ttl(*ttl).health_check_id(check).resource_records(record).build()
            }
        }
    }
}

/// Whether exactly these records stand there.
pub(super) fn stands(there: &[&ResourceRecordSet], records: &[Record]) -> bool {
    let mut found: Vec<Record> = there.iter().filter_map(|it| read(it)).collect();
    found.sort_by(|a, b| a.set.cmp(&b.set));
    found == records && there.len() == records.len()
}

/// The batch that writes these records and the marker in place of what stands there.
pub(super) fn batch(
    there: &[&ResourceRecordSet],
    records: &[Record],
    marker: &Marker,
) -> Result<ChangeBatch, BuildError> {
    let stays = |it: &ResourceRecordSet| records.iter().any(|record| record.set.as_deref() == it.set_identifier());
    let mut changes = Vec::new();
    for it in there.iter().filter(|it| !stays(it)) {
        changes.push(change(ChangeAction::Delete, (*it).clone())?);
    }
    let name = marker.set.name.as_str();
    for record in records.iter().filter(|record| !there.iter().any(|it| read(it).as_ref() == Some(record))) {
        changes.push(change(ChangeAction::Upsert, record.written(name)?)?);
    }
    let text = ResourceRecord::builder().value(marker.written()).build()?;
    let text =
        ResourceRecordSet::builder().name(marker::name(name)).r#type(RrType::Txt).ttl(MARKER).resource_records(text);
    changes.push(change(ChangeAction::Upsert, text.build()?)?);
    ChangeBatch::builder().set_changes(Some(changes)).build()
}

/// The batch that removes all of these.
pub(super) fn removal(there: &[&ResourceRecordSet]) -> Result<ChangeBatch, BuildError> {
    let changes = there.iter().map(|it| change(ChangeAction::Delete, (*it).clone()));
    ChangeBatch::builder().set_changes(Some(changes.collect::<Result<_, _>>()?)).build()
}

fn change(action: ChangeAction, set: ResourceRecordSet) -> Result<Change, BuildError> {
    Change::builder().action(action).resource_record_set(set).build()
}
