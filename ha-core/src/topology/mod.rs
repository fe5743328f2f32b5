//! What is wanted of a site: plain data, written with builders or as TOML.

mod balancer;
mod dns;
mod network;
mod pool;
mod toml;
mod valid;

pub use balancer::{Algorithm, Balancer, ClientAddress, HealthCheck, Listener, Protocol, Route};
pub use dns::{Answer, Dns, Endpoint, RecordKind};
pub use network::{Allow, Exposure, Nat, Network, Party};
pub use pool::{Boot, Capacity, Gate, Guards, Hold, HoldMode, NoReading, Placement, Pool, Rollout, Share, Size};

pub use valid::ValidTopology;

use crate::name::{PoolName, ZoneName};
use serde::Serialize;
use std::time::Duration;

/// A site as its owner wants it. Add tiers with [`Topology::with`]; `validate` finds what does not hold together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Topology {
    /// The site's name; with `id` it marks every object made for it.
    pub name: String,
    /// Written once, never changed: two sites of one name are told apart by it. Real backends insist on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Raised by the owner with each change: a controller with an older one gives way.
    pub generation: u64,
    /// The zones the site may use, in order of preference.
    pub zones: Vec<ZoneName>,
    /// Zones of `zones` that are to be empty: nothing is launched there, what is there moves out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub closed: Vec<ZoneName>,
    /// The private network of the site.
    pub network: Network,
    /// Web pools.
    #[serde(rename = "pool", skip_serializing_if = "Vec::is_empty")]
    pub pools: Vec<Pool>,
    /// Load balancers.
    #[serde(rename = "balancer", skip_serializing_if = "Vec::is_empty")]
    pub balancers: Vec<Balancer>,
    /// DNS records.
    #[serde(rename = "dns", skip_serializing_if = "Vec::is_empty")]
    pub dns: Vec<Dns>,
}

/// A tier that can be added to a topology.
#[derive(Clone, Debug, PartialEq)]
pub enum Tier {
    /// A web pool.
    Pool(Pool),
    /// A load balancer.
    Balancer(Balancer),
    /// A DNS record.
    Dns(Dns),
}

impl From<Pool> for Tier {
    fn from(pool: Pool) -> Self {
        Self::Pool(pool)
    }
}
impl From<Balancer> for Tier {
    fn from(balancer: Balancer) -> Self {
        Self::Balancer(balancer)
    }
}
impl From<Dns> for Tier {
    fn from(dns: Dns) -> Self {
        Self::Dns(dns)
    }
}

impl Topology {
    /// A site without zones and tiers.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            id: None,
            generation: 0,
            zones: Vec::new(),
            closed: Vec::new(),
            network: Network::default(),
            pools: Vec::new(),
            balancers: Vec::new(),
            dns: Vec::new(),
        }
    }
    /// The zones the site may use, in order of preference.
    pub fn zones<'a>(mut self, zones: impl IntoIterator<Item = &'a str>) -> Self {
        self.zones = zones.into_iter().map(ZoneName::from).collect();
        self
    }
    /// Empties this zone: evacuation. Without the call it is used again.
    pub fn close(mut self, zone: &str) -> Self {
        self.closed.push(zone.into());
        self
    }
    /// The mark of this very site, written once.
    pub fn id(mut self, id: &str) -> Self {
        self.id = Some(id.into());
        self
    }
    /// The number of this version of the topology.
    pub fn generation(mut self, generation: u64) -> Self {
        self.generation = generation;
        self
    }
    /// The private network of the site.
    pub fn network(mut self, network: Network) -> Self {
        self.network = network;
        self
    }
    /// Adds a tier.
    pub fn with(mut self, tier: impl Into<Tier>) -> Self {
        match tier.into() {
            Tier::Pool(pool) => self.pools.push(pool),
            Tier::Balancer(balancer) => self.balancers.push(balancer),
            Tier::Dns(dns) => self.dns.push(dns),
        }
        self
    }
    /// The zones in which instances may be launched.
    pub fn open_zones(&self) -> impl Iterator<Item = &ZoneName> {
        self.zones.iter().filter(|zone| !self.closed.contains(zone))
    }
    /// How long resolvers may keep the addresses of a pool's own instances: zero where no name stands for the pool itself.
    pub fn kept(&self, pool: &PoolName) -> Duration {
        let itself = Endpoint::Pool(pool.clone());
        let records = self.dns.iter().filter(|record| record.kind.endpoints().contains(&itself));
        records.map(|record| record.ttl).max().unwrap_or_default()
    }
}
