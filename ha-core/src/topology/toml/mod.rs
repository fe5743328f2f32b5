//! A topology as TOML: what a person would want to write, saying the same as the builders.

mod balancer;
mod dns;
mod pool;
mod write;

use super::{Allow, Endpoint, Exposure, Nat, Network, Party, Topology, ValidTopology};
use crate::{
    document::{Document, Section, Value, load},
    validate::{Problems, check, paths},
};
use std::path::Path;

/// Kinds of tiers that people will look for and that nobody keeps yet.
const NOT_YET: [&str; 12] = [
    "database", "cache", "files", "storage", "scaling", "jobs", "cdn", "external", "images", "alerts", "alarm",
    "bastion",
];

impl Topology {
    /// Reads a topology; `examples/sites/every_key.toml` shows every key. Says what is wrong with its structure; what it
    /// means is [`Topology::validate`]'s to judge.
    pub fn from_toml(text: &str, file: &str) -> Result<Self, Problems> {
        let document = Document::parse(text, file)?;
        let topology = topology(document.root());
        document.finish(topology)
    }
    /// What a name stands for where balancers and pools are both possible.
    pub(super) fn endpoint(&self, name: &str) -> Endpoint {
        let is_pool = self.pools.iter().any(|pool| pool.name.as_str() == name);
        let is_balancer = self.balancers.iter().any(|balancer| balancer.name.as_str() == name);
        if is_pool && !is_balancer { Endpoint::Pool(name.into()) } else { Endpoint::Balancer(name.into()) }
    }
}

impl ValidTopology {
    /// Reads a topology and checks it: structure and meaning in one list, each problem with its place in the file.
    pub fn read(text: &str, file: &str) -> Result<Self, Problems> {
        let document = Document::parse(text, file)?;
        let topology = topology(document.root());
        document.add(check(&topology));
        document.finish(topology).map(Self::checked)
    }
    /// The same from a file on disk.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Problems> {
        let path = path.as_ref();
        Self::read(&load(path)?, &path.display().to_string())
    }
}

fn topology(root: Section<'_>) -> Topology {
    let mut site = Topology::new(root.text("name").unwrap_or_default());
    site.id = root.text("id").map(String::from);
    site.generation = root.whole("generation").unwrap_or_default();
    site.zones = root.texts("zones").into_iter().map(Into::into).collect();
    site.closed = root.texts("closed").into_iter().map(Into::into).collect();
    site.pools = tiers(&root, "pool").into_iter().map(pool::read).collect();
    site.balancers = tiers(&root, "balancer").into_iter().map(balancer::read).collect();
    site.dns = tiers(&root, "dns").into_iter().map(|section| dns::read(section, &site)).collect();
    if let Some(section) = root.section("network") {
        site.network = network(section, &site);
    }
    for kind in NOT_YET {
        let fix = "leave it out: pools, balancers and DNS records are kept";
        root.refuse(kind, format!("nobody keeps {kind:?} yet"), fix);
    }
    root.close();
    site
}

/// The tables of one kind of tier, each under the tier's name.
fn tiers<'d>(root: &Section<'d>, kind: &str) -> Vec<Section<'d>> {
    let sections = root.sections(kind);
    let names: Vec<&str> = sections.iter().map(|section| section.peek("name").unwrap_or_default()).collect();
    let paths = paths(kind, names);
    sections.into_iter().zip(paths).map(|(section, path)| section.named(path)).collect()
}

fn network(section: Section<'_>, site: &Topology) -> Network {
    let exposures = [("private", Exposure::Private), ("public", Exposure::Public)];
    let nats = [("none", Nat::None), ("one", Nat::One), ("per_zone", Nat::PerZone)];
    let network = Network {
        instances: section.choice("instances", &exposures).unwrap_or_default(),
        nat: section.choice("nat", &nats).unwrap_or_default(),
        allow: section.sections("allow").into_iter().map(|section| allow(section, site)).collect(),
    };
    section.close();
    network
}

fn allow(section: Section<'_>, site: &Topology) -> Allow {
    let party = |value: Value<'_>| {
        let world = value.is_text() && value.text() == Some("world");
        if world { Some(Party::World) } else { endpoint(&value, site).map(Party::from) }
    };
    let example = |key: &str| format!("{key} = \"world\", or the name of a balancer or a pool");
    let allow = Allow {
        from: section.required("from", &example("from")).and_then(party).unwrap_or(Party::World),
        to: section.required("to", &example("to")).and_then(party).unwrap_or(Party::World),
        port: section.required("port", "port = 9100").and_then(|port| port.whole()).unwrap_or_default(),
    };
    section.close();
    allow
}

/// A balancer or a pool: `"front"`, `{ balancer = "front" }` or `{ pool = "web" }`.
fn endpoint(value: &Value<'_>, site: &Topology) -> Option<Endpoint> {
    if value.is_text() {
        return Some(site.endpoint(value.text()?));
    }
    if !value.is_table() {
        value.refuse("the name of a balancer or a pool", "\"front\"");
        return None;
    }
    let section = value.section()?;
    let endpoint = endpoint_of(&section, value, site);
    section.close();
    endpoint
}

/// The same in a table that holds other keys as well.
fn endpoint_of(section: &Section<'_>, value: &Value<'_>, site: &Topology) -> Option<Endpoint> {
    let (balancer, pool, to) = (section.value("balancer"), section.value("pool"), section.value("to"));
    match (balancer, pool, to) {
        (Some(name), None, None) => Some(Endpoint::Balancer(name.text()?.into())),
        (None, Some(name), None) => Some(Endpoint::Pool(name.text()?.into())),
        (None, None, Some(name)) => Some(site.endpoint(name.text()?)),
        (None, None, None) | (Some(_), Some(_), _) | (Some(_), _, Some(_)) | (_, Some(_), Some(_)) => {
            value.report("it names not exactly one balancer or pool", "write it like { balancer = \"front\" }");
            None
        }
    }
}

/// One of these words; or one that is known elsewhere and that nobody keeps yet.
fn kept<T: Clone>(value: &Value<'_>, words: &[(&str, T)], not_yet: &[&str]) -> Option<T> {
    if value.is_text() && value.text().is_some_and(|text| not_yet.contains(&text)) {
        let all: Vec<String> = words.iter().map(|(word, _)| format!("{word:?}")).collect();
        let what = format!("nobody keeps {:?} yet", value.text()?);
        value.report(what, format!("write one of {}", all.join(", ")));
        return None;
    }
    value.choice(words)
}
