//! Wishes to DNS, as rows: who asks, what it rests on, what is kept; and what cannot be kept.

use super::{
    alive::{WHOLE, is_there},
    rows::RecordRow,
};
use crate::docker::{
    now,
    state::{Tables, owned},
};
use ha_core::{
    backend::{Kind, Scope, spec::RecordSet, state::Phase},
    name::DnsName,
    topology::{Endpoint, RecordKind},
    validate::Problem,
};

pub(super) fn check(set: &RecordSet) -> Vec<Problem> {
    let path = |field: &str| format!("dns.{}.{field}", set.name);
    let mut problems = Vec::new();
    if set.kind.endpoints().is_empty() {
        problems.push(Problem::new(format!("dns.{}", set.name), "the name stands for nothing", "name an endpoint"));
    }
    if u32::try_from(set.ttl.as_secs()).is_err() || set.ttl.subsec_nanos() != 0 {
        problems.push(Problem::new(path("ttl"), "resolvers count it in whole seconds", "write whole seconds"));
    }
    if let RecordKind::Weighted { answers } = &set.kind {
        let weights = || answers.iter().map(|answer| u64::from(answer.weight)).filter(|weight| *weight > 0);
        let (least, most) = (weights().min().unwrap_or(1), weights().max().unwrap_or(1));
        if least.saturating_mul(WHOLE) < most {
            let what = format!("weights from {least} to {most}; the DNS server weighs from 1 to {WHOLE}");
            problems.push(Problem::new(
                path("answers"),
                what,
                "let none be more than 255 times another, or weigh the pools of one balancer instead",
            ));
        }
    }
    problems
}

pub(super) fn ensure(tables: &mut Tables, scope: &Scope, set: RecordSet) -> Result<(), Kind> {
    let name = set.name.to_string();
    if let Some(row) = tables.records.get(&name) {
        owned(&row.owner, scope, format!("record {name}"))?;
        if row.removing() {
            return Err(Kind::NotReady(format!("record {name} is being removed")));
        }
    }
    if let Some(missing) = set.kind.endpoints().iter().find(|endpoint| !is_there(tables, scope, endpoint)) {
        let missing = match missing {
            Endpoint::Balancer(name) => format!("balancer {name}"),
            Endpoint::Pool(name) => format!("pool {name}"),
        };
        return Err(Kind::NotReady(format!("there is no {missing}")));
    }
    let row = tables.records.entry(name).or_insert_with(|| RecordRow {
        owner: scope.clone(),
        set: set.clone(),
        phase: Phase::Pending,
        since: now(),
        answers: Vec::new(),
        published: None,
    });
    row.set = set;
    Ok(())
}

pub(super) fn remove(tables: &mut Tables, scope: &Scope, name: &DnsName) -> Result<(), Kind> {
    let Some(row) = tables.records.get_mut(name.as_str()) else { return Ok(()) };
    owned(&row.owner, scope, format!("record {name}"))?;
    if row.phase != Phase::Removing {
        (row.phase, row.since) = (Phase::Removing, now());
    }
    Ok(())
}
