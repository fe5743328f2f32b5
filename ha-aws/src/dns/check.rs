//! What Route 53 cannot keep of a record, and what would do instead.
//!
//! Limits: the Route 53 developer guide ("Choosing between alias and non-alias records", "Values specific for weighted
//! records", "Values specific for multivalue answer records") and the API reference, `ResourceRecordSet`.

use super::{
    answers::MOST,
    marker::{self, Marker},
    record::HEAVIEST,
    zone::{given, made_for},
};
use crate::{provider::Provider, share};
use ha_core::{
    backend::{Scope, spec::RecordSet},
    time::{Timestamp, show},
    topology::{Endpoint, RecordKind},
    validate::Problem,
};
use std::time::Duration;

/// The TTL of an alias is that of a balancer's own name.
const ALIAS: Duration = Duration::from_secs(60);

/// Everything that is wrong with this record for Route 53.
pub(super) fn check(provider: &Provider, set: &RecordSet, answers: u32) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut say = |field: &str, what: String, fix: &str| {
        problems.push(Problem::new(format!("dns.{}.{field}", set.name), what, fix.to_owned()));
    };
    let pools = set.kind.endpoints().into_iter().any(|endpoint| matches!(endpoint, Endpoint::Pool(_)));
    match &set.kind {
        RecordKind::RoundRobin { .. } if set.ttl.subsec_nanos() > 0 || set.ttl.as_secs() > 2_147_483_647 => {
            say("ttl", format!("AWS takes whole seconds, not {}", show(set.ttl)), "ttl = \"60s\"");
        }
        RecordKind::RoundRobin { .. } if usize::try_from(answers).is_ok_and(|answers| answers > MOST) => {
            let what = format!("AWS answers with {MOST} instances at most, and the pool may have {answers}");
            say("to", what, "put a balancer before the pool, or let its size, head-room included, end at 8");
        }
        RecordKind::RoundRobin { .. } => {}
        RecordKind::Alias { .. } | RecordKind::Weighted { .. } | RecordKind::Failover { .. } if pools => {
            let what = "AWS answers with balancers here: it does not look at each instance of a pool".to_owned();
            say("to", what, "put a balancer before the pool, or set kind = \"round_robin\"");
        }
        RecordKind::Alias { .. } | RecordKind::Weighted { .. } | RecordKind::Failover { .. } if set.ttl != ALIAS => {
            let what = format!("a name that stands for balancers has their TTL of 60 s, not {}", show(set.ttl));
            say("ttl", what, "ttl = \"60s\"");
        }
        RecordKind::Alias { .. } | RecordKind::Weighted { .. } | RecordKind::Failover { .. } => {}
    }
    if let RecordKind::Weighted { answers } = &set.kind {
        let weights: Vec<u32> = answers.iter().map(|answer| answer.weight).collect();
        if share::within(&weights, HEAVIEST).is_none() {
            let what = "AWS takes weights from 0 to 255, and these cannot be said in so small numbers".to_owned();
            say("to", what, "give weights up to 255");
        }
    }
    let name = set.name.as_str();
    if marker::name(name).len() > 253 {
        let what = "beside it stands a record that says whose it is, and its name would be too long".to_owned();
        say("name", what, "shorten it by four characters");
    }
    if given(provider, name).is_none() && made_for(name).is_none() {
        let what = format!("it cannot be told from {name} which domain is yours");
        say("name", what, "name its hosted zone in the provider file: [hosted_zones] \"your.domain\" = \"Z...\"");
    }
    let scope = Scope { name: "s".repeat(32), id: "i".repeat(128) };
    if !Marker::new(&scope, set, Timestamp::from_secs(u64::from(u32::MAX))).fits() {
        let what = "it does not fit into a TXT record, where it is remembered".to_owned();
        say("to", what, "let it stand for fewer balancers");
    }
    problems
}
