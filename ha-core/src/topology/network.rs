//! The private network of a site: subnets, the way out, and who may talk to whom.

use super::Endpoint;
use crate::name::{BalancerName, PoolName};
use serde::{Deserialize, Serialize};

/// The private network of a site. That the world reaches balancers, and balancers their pools, follows from the tiers.
#[derive(Clone, Debug, PartialEq, Serialize, Default)]
pub struct Network {
    /// Whether instances have addresses of their own in the world.
    pub instances: Exposure,
    /// How instances in private subnets reach the world.
    pub nat: Nat,
    /// Who else may talk to whom.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allow: Vec<Allow>,
}

/// Whether instances have addresses of their own in the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exposure {
    /// They are reached through balancers only.
    #[default]
    Private,
    /// They are reached directly: what round-robin DNS over a pool needs.
    Public,
}

/// How instances in private subnets reach the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nat {
    /// Not at all.
    None,
    /// Through one zone: without it, no instance reaches the world.
    #[default]
    One,
    /// Through their own zone.
    PerZone,
}

/// A permission to open connections.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allow {
    /// Who opens the connection.
    pub from: Party,
    /// Who is asked.
    pub to: Party,
    /// On which port.
    pub port: u16,
}

/// One side of a connection; in TOML `"world"`, `{ balancer = "front" }` or `{ pool = "web" }`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// Everybody outside.
    World,
    /// A balancer.
    Balancer(BalancerName),
    /// The instances of a pool.
    Pool(PoolName),
}

impl From<Endpoint> for Party {
    fn from(endpoint: Endpoint) -> Self {
        match endpoint {
            Endpoint::Balancer(name) => Self::Balancer(name),
            Endpoint::Pool(name) => Self::Pool(name),
        }
    }
}
