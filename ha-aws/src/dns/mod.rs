//! The port for names: records of Route 53, in hosted zones that the provider file names or that we make.
//!
//! A name that stands for balancers is an alias, at the apex of a domain, too: the service itself looks whether the
//! balancer has a target that serves. Changes are first pending: a record is active when all of the service's servers
//! have it. Sources: the Route 53 API reference (2013-04-01) and developer guide.

mod answers;
mod check;
mod marker;
mod record;
mod state;
#[cfg(test)]
mod tests;
mod wish;
mod zone;

pub(crate) use zone::{Listed, list};

use crate::{balancer::seen::Clients, connect::Service, error::Wish, lately::Since};
use async_trait::async_trait;
use aws_sdk_route53::Client;
use ha_core::{
    backend::{
        Dns, Resource, Result, Scope,
        spec::RecordSet,
        state::{Reading, RecordState},
    },
    name::{BalancerName, DnsName},
    time::Timestamp,
    topology::Endpoint,
    validate::Problem,
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The changes that this process made: when, and which of them is not known to be everywhere.
type Changes = BTreeMap<DnsName, (Timestamp, Option<String>)>;

/// Records on Route 53.
pub(crate) struct Records {
    client: Client,
    balancers: Clients,
    service: Arc<Service>,
    changes: Mutex<Changes>,
    /// Whoever makes a zone: two names in one must not make two.
    making: tokio::sync::Mutex<()>,
    since: Since<()>,
}

impl Records {
    pub fn new(service: Arc<Service>) -> Self {
        let (client, balancers) = (Client::new(&service.config), Clients::new(&service));
        let making = tokio::sync::Mutex::default();
        Self { client, balancers, service, changes: Mutex::default(), making, since: Since::default() }
    }

    fn changes(&self) -> MutexGuard<'_, Changes> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The name, if there is one, that stands for a balancer.
pub(crate) async fn name_of(
    service: &Arc<Service>,
    scope: &Scope,
    balancer: &BalancerName,
    wish: &Wish,
) -> Result<Option<DnsName>> {
    let (listed, _) = list(service, scope, wish, true).await?;
    let to = Endpoint::Balancer(balancer.clone());
    let own = listed.all.iter().flat_map(|(_, all)| zone::markers(all)).map(|(_, marker)| marker);
    let mut own = own.filter(|marker| marker.stranger(scope).is_none());
    Ok(own.find(|marker| marker.set.kind.endpoints().contains(&to)).map(|marker| marker.set.name))
}

#[async_trait]
impl Dns for Records {
    fn check(&self, set: &RecordSet, answers: u32) -> Vec<Problem> {
        check::check(&self.service.provider, set, answers)
    }

    async fn observe(&self, scope: &Scope) -> Result<Reading<Vec<RecordState>>> {
        let wish = Wish::new("dns.observe", Resource::Tier);
        self.service.timed(&wish, self.states(scope, &wish)).await
    }

    async fn ensure(&self, scope: &Scope, set: &RecordSet) -> Result<()> {
        let wish = Wish::new("dns.ensure", Resource::Record(set.name.clone()));
        self.service.timed(&wish, self.make(scope, set, &wish)).await
    }

    async fn remove(&self, scope: &Scope, name: &DnsName) -> Result<()> {
        let wish = Wish::new("dns.remove", Resource::Record(name.clone()));
        self.service.timed(&wish, self.take_down(scope, name, &wish)).await
    }
}
