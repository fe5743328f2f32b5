//! What the state directory keeps of DNS: records, and the server that answers for them.

use ha_core::{
    backend::{
        Scope,
        spec::RecordSet,
        state::Phase,
    },
    keeper::health::Checks,
    time::Timestamp,
    topology::Endpoint,
};
use serde::{Deserialize, Serialize};
use std::{fmt, net::Ipv4Addr};

/// A DNS record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordRow {
    /// Whose it is.
    pub owner: Scope,
    /// What was asked for last.
    pub set: RecordSet,
    /// How far it is.
    pub phase: Phase,
    /// Since when.
    pub since: Timestamp,
    /// What it may stand for, and what is known of the life of each; for a round robin, the instances of its pool.
    #[serde(default)]
    pub answers: Vec<AnswerRow>,
    /// What the server answers since the last pass.
    #[serde(default)]
    pub published: Vec<Published>,
}

/// What a record may stand for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnswerRow {
    /// What.
    pub to: Endpoint,
    /// Its address inside the site's network.
    pub address: Ipv4Addr,
    /// What its checks said.
    pub checks: Checks,
    /// When it was checked last.
    pub checked: Timestamp,
}

/// An address that a name is answered with, and how often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Published {
    /// The address.
    pub address: Ipv4Addr,
    /// Its share of the answers is its weight over the sum of all.
    pub weight: u32,
}

/// The server that answers for all names of this provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServerRow {
    /// The port on loopback, UDP and TCP.
    pub port: u16,
    /// The key by which its records are changed.
    pub key: Secret,
    /// What its configuration is, as a digest.
    pub written: String,
}

/// What nobody is told: it is shown as stars wherever a person could read it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret(pub(super) String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
