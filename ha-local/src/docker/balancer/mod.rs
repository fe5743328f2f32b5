//! Load balancers: one HAProxy for each, outside of all zones.
//!
//! A balancer is one container, whatever zones it is asked to have endpoints in: it is to outlive the zones that a drill
//! takes away, and on one machine more of them would fail together. Its listeners are published on 127.0.0.1, at ports
//! that stay while it lives; inside the site's network they are at its address under their own numbers.
//!
//! - An instance gets its first request after its first good check, as managed balancers do it: it weighs nothing until then.
//! - What was sent and had no answer is sent again only for `GET`, `HEAD` and `OPTIONS`; a connection that was not made is
//!   tried elsewhere for every method.
//! - An instance is out after its failed checks; five connections in a row that cannot be made count as one of them. Those who
//!   come meanwhile are sent elsewhere, so that the loss of a zone need not be waited for.
//! - Who leaves gets nothing new, from users that would stay with him either, and is reported idle when nothing is in flight.
//! - When a pool has none that is healthy, or as few as its topology says, its requests go to all that ever were, unchecked.
//! - Instances must keep idle connections longer than a minute: HAProxy keeps those of its clients for so long, and one that
//!   is closed while a `POST` is on its way would lose it.
//! - Other members, weights and health go by the runtime API; other listeners or checks are a new configuration, which a new
//!   worker takes up while the old one finishes what it has.
//! - An instance sees as the client's address what the engine shows: for who comes by a published port, the network's gateway.

mod api;
mod check;
mod config;
mod decide;
mod machine;
mod meter;
mod rows;
mod seen;
mod tend;
mod wishes;

pub use rows::{BalancerRow, Faults, Slot, TargetRow};
pub use tend::tend;

use super::{
    Docker, called,
    engine::Trouble,
    now,
    state::{Tables, key},
};
use async_trait::async_trait;
use ha_core::{
    backend::{
        Kind, LoadBalancer, Resource, Result, Scope,
        spec::BalancerSpec,
        state::{BalancerState, Reading},
    },
    name::BalancerName,
    topology::{Protocol, Route},
    validate::Problem,
};
use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

/// The port for load balancers.
#[derive(Debug)]
pub struct Balancers {
    docker: Arc<Docker>,
}

impl Balancers {
    /// The port of this provider.
    pub fn new(docker: Arc<Docker>) -> Self {
        Self { docker }
    }

    /// Refuses a balancer that would be called as something on the engine that bears no mark.
    async fn nobody_else_s(&self, scope: &Scope, name: &BalancerName) -> std::result::Result<(), Trouble> {
        if self.docker.directory.read().await?.balancers.contains_key(&key(&scope.name, name)) {
            return Ok(());
        }
        let named = called(scope, name);
        let found = self.docker.engine.list_named(&named).await?;
        if found.iter().any(|seen| seen.name == named && seen.labels.is_none()) {
            let said = format!("container {named} on the engine bears no mark: nobody's that we know");
            return Err(Kind::Conflict(said).into());
        }
        Ok(())
    }
}

#[async_trait]
impl LoadBalancer for Balancers {
    fn check(&self, spec: &BalancerSpec) -> Vec<Problem> {
        check::check(&self.docker.settings, spec)
    }

    async fn observe(&self, scope: &Scope) -> Result<Reading<Vec<BalancerState>>> {
        let tables = self.docker.directory.read().await;
        let tables = tables.map_err(|trouble| trouble.of("balancer.observe", Resource::Tier))?;
        let mine = tables.balancers.values().filter(|row| row.owner == *scope);
        let mut state: Vec<BalancerState> = mine.map(BalancerRow::state).collect();
        state.sort_by(|a, b| a.spec.name.cmp(&b.spec.name));
        Ok(Reading { state, at: now() })
    }

    async fn ensure(&self, scope: &Scope, spec: &BalancerSpec) -> Result<()> {
        let wrong = |trouble: Trouble| trouble.of("balancer.ensure", Resource::Balancer(spec.name.clone()));
        self.nobody_else_s(scope, &spec.name).await.map_err(wrong)?;
        let (scope, wish, settings) = (scope.clone(), spec.clone(), self.docker.settings.clone());
        let wished = self.docker.wish(move |tables| Ok(wishes::ensure(tables, &settings, &scope, wish)?));
        wished.await.map_err(wrong)
    }

    async fn route(&self, scope: &Scope, balancer: &BalancerName, routes: &[Route]) -> Result<()> {
        let (scope, name, routes) = (scope.clone(), balancer.clone(), routes.to_vec());
        let wished = self.docker.wish(move |tables| Ok(wishes::route(tables, &scope, &name, &routes)?)).await;
        wished.map_err(|trouble| trouble.of("balancer.route", Resource::Balancer(balancer.clone())))
    }

    async fn remove(&self, scope: &Scope, balancer: &BalancerName) -> Result<()> {
        let (scope, name) = (scope.clone(), balancer.clone());
        let wished = self.docker.wish(move |tables| Ok(wishes::remove(tables, &scope, &name)?)).await;
        wished.map_err(|trouble| trouble.of("balancer.remove", Resource::Balancer(balancer.clone())))
    }
}

/// Where requests to a balancer enter from the host: its first listener that serves, plain HTTP before HTTPS.
pub async fn entry(docker: &Docker, scope: &Scope, name: &BalancerName) -> Option<SocketAddr> {
    let tables = docker.directory.read().await.ok()?;
    let row = tables.balancers.get(&key(&scope.name, name)).filter(|row| row.owner == *scope)?;
    let plain = row.spec.listeners.iter().find(|listener| listener.protocol == Protocol::Http);
    let secure = || row.spec.listeners.iter().find(|it| matches!(it.protocol, Protocol::Https { .. }));
    let slot = Slot::of(&row.slots, plain.or_else(secure)?.port)?;
    Some(SocketAddr::from((Ipv4Addr::LOCALHOST, slot.outside)))
}

/// Lets a fault strike a balancer, or ends it: `balancer.down`, and `balancer.flap` of every check.
pub async fn strike(
    docker: &Docker,
    scope: &Scope,
    name: &BalancerName,
    (effect, on): (&str, bool),
) -> std::result::Result<(), String> {
    let (scope, name, effect) = (scope.clone(), name.clone(), effect.to_owned());
    let act = move |tables: &mut Tables| {
        let row = tables.balancers.get_mut(&key(&scope.name, &name)).ok_or(Kind::NotFound)?;
        match effect.as_str() {
            "balancer.down" => row.faults.down = on,
            "balancer.flap" => row.faults.flapping = on,
            _ => return Err(Kind::Rejected(format!("a balancer here cannot be struck by {effect}")).into()),
        }
        Ok(())
    };
    docker.wish(act).await.map_err(|trouble: Trouble| trouble.to_string())
}
