//! Reads `[[dns]]`.

use super::{endpoint, endpoint_of, kept};
use crate::{
    document::{Section, Value},
    topology::{Answer, Dns, Endpoint, RecordKind, Route, Topology},
};

/// A kind of record without what it answers.
#[derive(Clone, Copy)]
enum Kind {
    Alias,
    Weighted,
    Failover,
    RoundRobin,
}

const KINDS: [(&str, Kind); 4] = [
    ("alias", Kind::Alias),
    ("weighted", Kind::Weighted),
    ("failover", Kind::Failover),
    ("round_robin", Kind::RoundRobin),
];
const NOT_YET: [&str; 7] = ["latency", "geolocation", "geoproximity", "multivalue", "cname", "a", "aaaa"];

pub(super) fn read(section: Section<'_>, site: &Topology) -> Dns {
    let mut dns = Dns::apex(section.text("name").unwrap_or_default());
    let kind = section.value("kind").map(|value| kept(&value, &KINDS, &NOT_YET));
    // A kind that could not be read says nothing about what the other keys mean.
    let Some(kind) = kind.unwrap_or(Some(Kind::Alias)) else {
        ["to", "primary", "secondary", "ttl"].iter().for_each(|key| section.set_aside(key));
        section.close();
        return dns;
    };
    dns.kind = answers(&section, kind, site);
    dns.ttl = section.duration("ttl").unwrap_or(dns.ttl);
    section.close();
    dns
}

fn answers(section: &Section<'_>, kind: Kind, site: &Topology) -> RecordKind {
    let one = |key: &str| {
        let value = section.value(key).and_then(|value| endpoint(&value, site));
        value.unwrap_or(Endpoint::Balancer("".into()))
    };
    match kind {
        Kind::Alias => RecordKind::Alias { to: one("to") },
        Kind::Weighted => {
            RecordKind::Weighted { answers: section.list("to").iter().map(|value| answer(value, site)).collect() }
        }
        Kind::Failover => RecordKind::Failover { primary: one("primary"), secondary: one("secondary") },
        Kind::RoundRobin => RecordKind::RoundRobin { to: section.text("to").unwrap_or_default().into() },
    }
}

/// `"front"`, `{ balancer = "front", weight = 3 }` or `{ pool = "web", weight = 3 }`.
/// What cannot be read keeps its place in the list.
fn answer(value: &Value<'_>, site: &Topology) -> Answer {
    let mut weight = Route::DEFAULT_WEIGHT;
    let to = match value.is_table().then(|| value.section()).flatten() {
        None => endpoint(value, site),
        Some(section) => {
            let to = endpoint_of(&section, value, site);
            weight = section.whole("weight").unwrap_or(weight);
            section.close();
            to
        }
    };
    Answer { to: to.unwrap_or(Endpoint::Balancer("".into())), weight }
}
