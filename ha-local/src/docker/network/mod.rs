//! The network of a site: one bridge of its own, a /16 with a /24 for each zone.

mod rows;
mod rules;
mod settle;
mod zones;

pub use rows::NetworkRow;
pub(super) use rules::close_border;
pub(super) use settle::tend;

use super::{
    Docker, called,
    engine::Trouble,
    now,
    state::{Tables, key, owned},
};
use async_trait::async_trait;
use ha_core::{
    backend::{
        Kind, Network, Resource, Result, Scope,
        spec::NetworkSpec,
        state::{NetworkState, Phase, Reading},
    },
    name::ZoneName,
    topology::Exposure,
    validate::Problem,
};
use std::sync::Arc;

/// So many zones have a third byte of their own.
const MOST_ZONES: usize = 250;

/// The port for networks.
#[derive(Debug)]
pub struct Networks {
    docker: Arc<Docker>,
}

impl Networks {
    /// The port of this provider.
    pub fn new(docker: Arc<Docker>) -> Self {
        Self { docker }
    }

    async fn wish(&self, scope: &Scope, spec: &NetworkSpec) -> std::result::Result<(), Trouble> {
        let known = self.docker.directory.read().await?.networks.contains_key(&scope.name);
        if !known {
            self.nobody_else_s(scope).await?;
        }
        let (scope, spec) = (scope.clone(), spec.clone());
        self.docker.wish(move |tables| Ok(ensure(tables, &scope, spec)?)).await
    }

    /// A network that would be called the same and bears no mark of ours.
    async fn nobody_else_s(&self, scope: &Scope) -> std::result::Result<(), Trouble> {
        let name = called(scope, "network");
        match self.docker.engine.networks().await?.into_iter().find(|seen| seen.name == name) {
            Some(seen) if seen.labels.is_none() => {
                Err(Kind::Conflict(format!("network {name} on the engine bears no mark: nobody's that we know")).into())
            }
            Some(_) | None => Ok(()),
        }
    }
}

#[async_trait]
impl Network for Networks {
    fn check(&self, spec: &NetworkSpec) -> Vec<Problem> {
        let mut problems = Vec::new();
        if spec.zones.len() > MOST_ZONES {
            let what = format!("{} zones; a network here has room for {MOST_ZONES}", spec.zones.len());
            problems.push(Problem::new("zones", what, "name fewer zones"));
        }
        if spec.instances == Exposure::Public {
            let what = "containers have no address in the world";
            let fix = "write instances = \"private\", and let names and users lead to a balancer";
            problems.push(Problem::new("network.instances", what, fix));
        }
        problems
    }

    async fn observe(&self, scope: &Scope) -> Result<Reading<Option<NetworkState>>> {
        let tables = self.docker.directory.read().await;
        let tables = tables.map_err(|trouble| trouble.of("network.observe", Resource::Tier))?;
        let mine = tables.networks.get(&scope.name).filter(|row| row.owner == *scope);
        let state = mine.map(|row| NetworkState { spec: row.spec.clone(), phase: row.phase, since: row.since });
        Ok(Reading { state, at: now() })
    }

    async fn ensure(&self, scope: &Scope, spec: &NetworkSpec) -> Result<()> {
        self.wish(scope, spec).await.map_err(|trouble| trouble.of("network.ensure", Resource::Network))
    }

    async fn remove(&self, scope: &Scope) -> Result<()> {
        let wished = scope.clone();
        let removed = self.docker.wish(move |tables| Ok(remove(tables, &wished)?)).await;
        removed.map_err(|trouble| trouble.of("network.remove", Resource::Network))
    }
}

fn ensure(tables: &mut Tables, scope: &Scope, spec: NetworkSpec) -> std::result::Result<(), Kind> {
    let row = tables.networks.entry(scope.name.clone()).or_insert_with(|| NetworkRow {
        owner: scope.clone(),
        spec: spec.clone(),
        phase: Phase::Pending,
        since: now(),
        id: None,
        subnet: None,
        zones: Default::default(),
    });
    owned(&row.owner, scope, format!("network {}", scope.name))?;
    if row.phase == Phase::Removing {
        return Err(Kind::NotReady(format!("network {} is being removed", scope.name)));
    }
    for zone in &spec.zones {
        let free = (1..=u8::MAX - 1).find(|third| !row.zones.values().any(|taken| taken == third));
        if let (false, Some(third)) = (row.zones.contains_key(zone), free) {
            row.zones.insert(zone.clone(), third);
        }
    }
    row.spec = spec;
    Ok(())
}

fn remove(tables: &mut Tables, scope: &Scope) -> std::result::Result<(), Kind> {
    let site = key(&scope.name, "");
    let of_site = |key: &&String| key.starts_with(&site);
    let mut users = tables.pools.keys().filter(of_site).chain(tables.balancers.keys().filter(of_site));
    let user = users.next().cloned();
    let Some(row) = tables.networks.get_mut(&scope.name) else { return Ok(()) };
    owned(&row.owner, scope, format!("network {}", scope.name))?;
    if let Some(user) = user {
        return Err(Kind::NotReady(format!("{user} stands in the network")));
    }
    if row.phase != Phase::Removing {
        (row.phase, row.since) = (Phase::Removing, now());
    }
    Ok(())
}

/// Refuses what needs addresses in each of these zones and finds none.
pub(super) fn stands_on_a_network(tables: &Tables, scope: &Scope, zones: &[ZoneName]) -> std::result::Result<(), Kind> {
    let network = tables.networks.get(&scope.name).filter(|row| row.owner == *scope);
    let Some(network) = network else { return Err(Kind::NotReady("there is no network".into())) };
    if network.phase == Phase::Removing {
        return Err(Kind::NotReady("the network is being removed".into()));
    }
    match zones.iter().find(|zone| !network.spec.zones.contains(zone)) {
        Some(zone) => Err(Kind::NotReady(format!("the network has no addresses in zone {zone}"))),
        None => Ok(()),
    }
}
