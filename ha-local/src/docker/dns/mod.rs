//! DNS records: a Knot for each scope that has names, outside of all zones and networks.
//!
//! - It is asked on one port of 127.0.0.1, by UDP and TCP, and answers with addresses inside the site's network: a balancer's,
//!   or those of a pool's instances. A Linux host reaches them, and so does every container there; elsewhere use the
//!   published ports.
//! - Each name is a zone of its own. Its addresses are changed by RFC 2136, signed with a key that is made with the server and
//!   is in the state directory and in the server's own configuration, mode 0600 both, and nowhere else.
//! - A supervisor finds out who is alive and publishes it ([`keeper::dns`](ha_core::keeper::dns)). While none runs, names are
//!   answered as they were last: who dies then is answered still.
//! - Of a weighted record each question is answered with one address, drawn by weight by Knot's module for it (`geoip`).

mod alive;
mod knot;
mod rows;
mod tend;
mod update;
mod wishes;

pub use alive::endpoint;
pub use rows::{Published, RecordRow, Secret, ServerRow, Weighed};
pub use tend::tend;

use super::{Docker, engine::Trouble, now};
use async_trait::async_trait;
use ha_core::{
    backend::{
        Dns, Resource, Result, Scope,
        spec::RecordSet,
        state::{Reading, RecordState},
    },
    name::DnsName,
    topology::Endpoint,
    validate::Problem,
};
use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

/// The port for DNS.
#[derive(Debug)]
pub struct Names {
    docker: Arc<Docker>,
}

impl Names {
    /// The port of this provider.
    pub fn new(docker: Arc<Docker>) -> Self {
        Self { docker }
    }
}

#[async_trait]
impl Dns for Names {
    fn check(&self, set: &RecordSet, _: u32) -> Vec<Problem> {
        wishes::check(set)
    }

    async fn observe(&self, scope: &Scope) -> Result<Reading<Vec<RecordState>>> {
        let tables = self.docker.directory.read().await;
        let tables = tables.map_err(|trouble| trouble.of("dns.observe", Resource::Tier))?;
        let state = tables.records.values().filter(|row| row.owner == *scope).map(RecordRow::state).collect();
        Ok(Reading { state, at: now() })
    }

    async fn ensure(&self, scope: &Scope, set: &RecordSet) -> Result<()> {
        let (scope, wish) = (scope.clone(), set.clone());
        let wished = self.docker.wish(move |tables| Ok(wishes::ensure(tables, &scope, wish)?)).await;
        wished.map_err(|trouble| trouble.of("dns.ensure", Resource::Record(set.name.clone())))
    }

    async fn remove(&self, scope: &Scope, name: &DnsName) -> Result<()> {
        let (scope, wish) = (scope.clone(), name.clone());
        let wished = self.docker.wish(move |tables| Ok(wishes::remove(tables, &scope, &wish)?)).await;
        wished.map_err(|trouble| trouble.of("dns.remove", Resource::Record(name.clone())))
    }
}

/// Where the names of a scope are asked for from the host, by UDP and TCP.
pub async fn server(docker: &Docker, scope: &Scope) -> Option<SocketAddr> {
    let tables = docker.directory.read().await.ok()?;
    let port = tables.name_servers.get(&scope.to_string())?.port;
    Some(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
}

/// What anybody finds who asks for a name now, and for how long he may keep it. Nothing, if nobody answers for it.
pub async fn resolve(docker: &Docker, name: &DnsName) -> std::result::Result<(Vec<Endpoint>, Duration), Trouble> {
    let tables = docker.directory.read().await?;
    let Some(row) = tables.records.get(name.as_str()) else { return Ok((Vec::new(), Duration::ZERO)) };
    let Some(server) = tables.name_servers.get(&row.owner.to_string()) else { return Ok((Vec::new(), Duration::ZERO)) };
    let (addresses, ttl) = update::ask(server.port, name).await?;
    let mut found: Vec<Endpoint> =
        addresses.into_iter().filter_map(|address| endpoint(&tables, &row.owner, address)).collect();
    found.sort();
    found.dedup();
    Ok((found, ttl))
}
