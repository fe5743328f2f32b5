//! What the state directory keeps of DNS: records, and the servers that answer for them.

use ha_core::{
    backend::{
        Scope,
        spec::RecordSet,
        state::{Phase, RecordState},
    },
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
    /// What it may stand for, and whether that is alive.
    pub answers: Vec<(Endpoint, bool)>,
    /// What the server was told last; `None`: nothing yet.
    pub published: Option<Published>,
}

/// What a server answers to a name.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Published {
    /// How long resolvers may keep it, in seconds.
    pub ttl: u32,
    /// The addresses.
    pub addresses: Vec<Weighed>,
    /// Whether each question is answered with one of them, by weight; else with all.
    pub one: bool,
}

/// An address that a name is answered with, and how often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Weighed {
    /// The address.
    pub address: Ipv4Addr,
    /// Its share of the answers is its weight over the sum of all.
    pub weight: u8,
}

/// The server that answers for the names of a scope.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServerRow {
    /// Whose it is.
    pub owner: Scope,
    /// The port on loopback, UDP and TCP.
    pub port: u16,
    /// The key by which its records are changed.
    pub key: Secret,
    /// What was put into it last, as a digest.
    pub written: String,
}

/// What nobody is told: it is shown as stars wherever a person could read it. It is written to files of mode 0600 only.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret(pub(super) String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl RecordRow {
    /// Whether it was asked to go.
    pub fn removing(&self) -> bool {
        self.phase == Phase::Removing
    }

    /// What `observe` answers of it.
    pub(super) fn state(&self) -> RecordState {
        RecordState { set: self.set.clone(), phase: self.phase, since: self.since, answers: self.answers.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_never_shown() {
        let owner = Scope { name: "shop".into(), id: "1".into() };
        let row = ServerRow { owner, port: 1, key: Secret("c2VjcmV0".into()), written: String::new() };
        let shown = format!("{row:?} {row:#?}");
        assert!(shown.contains("***") && !shown.contains("c2VjcmV0"), "{shown}");
    }
}
