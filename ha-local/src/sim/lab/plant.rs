//! Things that bear no mark, as somebody makes them by hand under the names that a site would use.

use crate::sim::cloud::Planted;
use ha_core::{
    backend::{
        Resource, Scope,
        spec::{BalancerSpec, Marks, NetworkSpec, PoolSpec, RecordSet},
    },
    conformance::Material,
    name::{BalancerName, DnsName, PoolName},
    topology::{
        Algorithm, Capacity, ClientAddress, Endpoint, Exposure, Guards, HealthCheck, Listener, Nat, Protocol,
        RecordKind, Size,
    },
};
use std::time::Duration;

/// The unmarked thing that a wish of this scope would make; an error says that there is no such thing to make by hand.
pub(super) fn planted(scope: &Scope, what: &Resource) -> Result<Planted, String> {
    let (site, owner) = (scope.name.clone(), None);
    match what {
        Resource::Network => Ok(Planted::Network { site, owner, spec: network() }),
        Resource::Pool(name) => Ok(Planted::Pool { site, owner, spec: pool(name) }),
        Resource::Balancer(name) => Ok(Planted::Balancer { site, owner, spec: balancer(name) }),
        Resource::Record(name) => Ok(Planted::Record { owner, set: record(name) }),
        other @ (Resource::Tier | Resource::Instance(_) | Resource::Object(_) | _) => {
            Err(format!("nobody makes {other} by hand"))
        }
    }
}

fn network() -> NetworkSpec {
    let zones = Material::default().zones.to_vec();
    NetworkSpec { zones, instances: Exposure::Private, nat: Nat::One, allow: Vec::new() }
}

fn pool(name: &PoolName) -> PoolSpec {
    let Material { zones, releases: [release, _], boot, .. } = Material::default();
    PoolSpec {
        name: name.clone(),
        release: release.clone(),
        bounds: Size { min: 0, max: 1 },
        capacity: Capacity::Fixed(0),
        zones: zones.to_vec(),
        max_skew: 1,
        boot,
        guards: Guards::default(),
        drain: Duration::ZERO,
        marks: Marks { stable: release, candidate: None, rejected: Vec::new() },
    }
}

fn balancer(name: &BalancerName) -> BalancerSpec {
    BalancerSpec {
        name: name.clone(),
        zones: Material::default().zones.to_vec(),
        listeners: vec![Listener { port: 80, protocol: Protocol::Http }],
        routes: Vec::new(),
        health: HealthCheck::default(),
        ready: Vec::new(),
        algorithm: Algorithm::RoundRobin,
        sticky: None,
        drain: Duration::from_secs(30),
        slow_start: None,
        client_address: ClientAddress::ForwardedFor,
        fail_open: None,
    }
}

fn record(name: &DnsName) -> RecordSet {
    let kind = RecordKind::Alias { to: Endpoint::Balancer("planted".into()) };
    RecordSet { name: name.clone(), kind, ttl: Duration::from_secs(60) }
}
