//! What the state directory keeps of a network.

use ha_core::{
    backend::{Scope, spec::NetworkSpec, state::Phase},
    name::ZoneName,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, net::Ipv4Addr};

/// The network of a site.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NetworkRow {
    /// Whose it is.
    pub owner: Scope,
    /// What was asked for last.
    pub spec: NetworkSpec,
    /// How far it is.
    pub phase: Phase,
    /// Since when.
    pub since: Timestamp,
    /// The engine's id of it, once it is made.
    pub id: Option<String>,
    /// Its first two bytes: it is a /16.
    pub subnet: Option<[u8; 2]>,
    /// The third byte of each zone's addresses. Zero is outside of all zones: the gateway, balancers.
    pub zones: BTreeMap<ZoneName, u8>,
}

impl NetworkRow {
    /// The address with this last byte in a zone, or outside of all zones.
    pub fn address(&self, zone: Option<&ZoneName>, last: u8) -> Option<Ipv4Addr> {
        let [a, b] = self.subnet?;
        let third = match zone {
            Some(zone) => *self.zones.get(zone)?,
            None => 0,
        };
        Some(Ipv4Addr::new(a, b, third, last))
    }
}
