//! The instances with which a name answers in turn: their addresses, and the health check that looks at each.
//!
//! A health check has no tags when it is made; its caller's reference, which is given with it, says for which record of
//! which site it is. A reference that was used once is never taken again, so it says when it was given, too.

use super::record::Place;
use crate::{
    balancer::seen::Clients,
    concurrent::{self, Call},
    ec2,
    error::{Told, Wish, accept_gone},
    mark::{self, ID, SITE, Tags},
    name::digest,
    pool::{HOLD, POOL},
};
use aws_sdk_autoscaling::types::Filter;
use aws_sdk_route53::{
    Client,
    types::{HealthCheck, HealthCheckConfig, HealthCheckType},
};
use futures_util::future::join;
use ha_core::{
    backend::{Kind, Result, Scope, spec::PoolSpec},
    name::{DnsName, PoolName},
    time::Timestamp,
    topology::Boot,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// So many addresses are answered at a time.
pub(super) const MOST: usize = 8;
/// A checker asks every so many seconds, and decides after so many answers.
const INTERVAL: i32 = 10;
const THRESHOLD: i32 = 3;

/// A pool as a name sees it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Crew {
    pub boot: Boot,
    /// The addresses in the world of those who may be asked.
    pub addresses: BTreeSet<String>,
}

/// A health check of ours.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Eye {
    id: String,
    ip: String,
    port: i32,
    path: String,
}

/// The pool, if it is there.
pub(super) async fn crew(clients: &Clients, scope: &Scope, pool: &PoolName, wish: &Wish) -> Result<Option<Crew>> {
    let filter = |key: &str, value: &str| Filter::builder().name(format!("tag:{key}")).values(value).build();
    let groups = clients.scaling.describe_auto_scaling_groups();
    let groups =
        groups.filters(filter(SITE, &scope.name)).filters(filter(ID, &scope.id)).into_paginator().items().send();
    let machines = clients.ec2.describe_instances().set_filters(Some(ec2::ours(scope)));
    let machines = machines.filters(ec2::filter("instance-state-name", &["running"])).into_paginator().items().send();
    let (groups, machines) =
        join(groups.collect::<std::result::Result<Vec<_>, _>>(), machines.collect::<std::result::Result<Vec<_>, _>>())
            .await;
    let (groups, machines) = (groups.told(wish)?, machines.told(wish)?);
    let known = groups.iter().find_map(|it| {
        let pairs = it.tags().iter().filter_map(|tag| Some((tag.key()?.to_owned(), tag.value()?.to_owned())));
        let tags: Tags = pairs.collect();
        let spec: PoolSpec = mark::spec(&tags).ok()?;
        (spec.name == *pool && mark::stranger(&tags, scope).is_none()).then_some((spec, it.instances()))
    });
    let Some((spec, members)) = known else { return Ok(None) };
    let leaves = |id: &str| {
        let of = members.iter().find(|it| it.instance_id() == Some(id)).and_then(|it| it.lifecycle_state());
        of.is_some_and(|state| state.as_str().starts_with("Terminating"))
    };
    let address = |it: &aws_sdk_ec2::types::Instance| {
        let tags = ec2::read(it.tags());
        let own = tags.get(POOL).is_some_and(|it| it == pool.as_str());
        let held = tags.get(HOLD).is_some_and(|word| word != "back");
        let own = own && ec2::is_ours(it.tags(), scope);
        let stays = own && !held && !it.instance_id().is_some_and(leaves);
        it.public_ip_address().filter(|_| stays).map(String::from)
    };
    let addresses = machines.iter().flat_map(|it| it.instances()).filter_map(address).collect();
    Ok(Some(Crew { boot: spec.boot, addresses }))
}

impl Crew {
    /// Refuses a pool that a name cannot answer with.
    pub fn fits(&self, pool: &PoolName, wish: &Wish) -> Result<()> {
        match self.addresses.len() {
            0 => Err(wish.not_ready(format!("pool {pool} has no instance with an address in the world"))),
            count if count > MOST => {
                let why = format!("pool {pool} has {count} instances, and AWS answers with {MOST} at most");
                Err(wish.refuse(Kind::Rejected(format!("{why}: put a balancer before it"))))
            }
            _ => Ok(()),
        }
    }

    fn port(&self) -> i32 {
        i32::from(self.boot.port)
    }

    fn is_watched_by(&self, ip: &str, eye: &Eye) -> bool {
        eye.ip == ip && eye.port == self.port() && eye.path == self.boot.ready
    }

    /// Where the pool answers, as far as somebody looks.
    pub fn place(&self, eyes: &[Eye]) -> Place {
        let watched = |ip: &String| Some((ip.clone(), eyes.iter().find(|eye| self.is_watched_by(ip, eye))?.id.clone()));
        Place::Pool(self.addresses.iter().filter_map(watched).collect())
    }

    /// The addresses at which nobody looks.
    pub fn unwatched(&self, eyes: &[Eye]) -> Vec<String> {
        let seen = |ip: &String| eyes.iter().any(|eye| self.is_watched_by(ip, eye));
        self.addresses.iter().filter(|ip| !seen(ip)).cloned().collect()
    }
}

/// The health checks for which no record asks.
pub(super) fn idle<'a>(eyes: &'a [Eye], place: &Place) -> Vec<&'a Eye> {
    let asked: BTreeSet<&String> = match place {
        Place::Pool(addresses) => addresses.values().collect(),
        Place::Balancer { .. } => BTreeSet::new(),
    };
    eyes.iter().filter(|eye| !asked.contains(&eye.id)).collect()
}

fn beginning(scope: &Scope, name: &DnsName) -> String {
    let site = digest(&format!("{}\u{0}{}", scope.name, scope.id));
    format!("ha-{site}-{}-", digest(name.as_str()))
}

/// The health checks of each of these records.
pub(super) async fn eyes<'a>(
    client: &Client,
    scope: &Scope,
    names: &[&'a DnsName],
    wish: &Wish,
) -> Result<BTreeMap<&'a DnsName, Vec<Eye>>> {
    let pages = client.list_health_checks().into_paginator().items().send();
    let listed: Vec<HealthCheck> = pages.collect::<std::result::Result<Vec<_>, _>>().await.told(wish)?;
    let eye = |it: &HealthCheck| {
        let config = it.health_check_config()?;
        let (ip, path) = (config.ip_address()?.into(), config.resource_path()?.into());
        Some(Eye { id: it.id().into(), ip, port: config.port()?, path })
    };
    let of = |name: &'a DnsName| {
        let start = beginning(scope, name);
        let own = listed.iter().filter(|it| it.caller_reference().starts_with(&start));
        (name, own.filter_map(eye).collect())
    };
    Ok(names.iter().copied().map(of).collect())
}

/// Makes a health check for each of these addresses.
pub(super) async fn watch(
    client: &Client,
    (scope, name): (&Scope, &DnsName),
    (crew, addresses): (&Crew, Vec<String>),
    (now, settle): (Timestamp, Duration),
    wish: &Wish,
) -> Result<Vec<Eye>> {
    let window = now.0 / u64::try_from(settle.as_nanos()).unwrap_or(u64::MAX).max(1);
    let call = |ip: String| -> Call<'_, Eye> {
        Box::pin(async move {
            let (port, path) = (crew.port(), crew.boot.ready.clone());
            let reference = beginning(scope, name) + &digest(&format!("{ip} {port} {path} {window}"));
            let config = HealthCheckConfig::builder().r#type(HealthCheckType::Http).ip_address(&ip).port(port);
            let config = config.resource_path(&path).request_interval(INTERVAL).failure_threshold(THRESHOLD);
            let config = config.build().map_err(|error| wish.refuse(Kind::Rejected(error.to_string())))?;
            let call = client.create_health_check().caller_reference(reference).health_check_config(config);
            let made = call.send().await.told(wish)?;
            let id = made.health_check().map(|it| it.id().to_owned());
            let id = id.ok_or_else(|| wish.strange("a health check was made, and it is not said which"))?;
            Ok(Eye { id, ip, port, path })
        })
    };
    concurrent::all(addresses.into_iter().map(call).collect()).await.into_iter().collect()
}

/// Removes these health checks.
pub(super) async fn close(client: &Client, eyes: Vec<&Eye>, wish: &Wish) -> Result<()> {
    let call = |eye: &Eye| -> Call<'_, ()> {
        let call = client.delete_health_check().health_check_id(&eye.id);
        Box::pin(async move { accept_gone(call.send().await.map(drop).told(wish)) })
    };
    concurrent::all(eyes.into_iter().map(call).collect()).await.into_iter().collect()
}
