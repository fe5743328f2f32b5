//! The one error of all ports. A kind is a decision of the caller; the story is in the source.

use crate::name::{BalancerName, DnsName, InstanceId, PoolName, StoreKey};
use serde::{Deserialize, Serialize};
use std::{fmt, sync::Arc, time::Duration};

/// What a port answers.
pub type Result<T> = std::result::Result<T, Error>;

/// A call of a port that did not do what it was asked to, or is not known to have done it.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{operation} {resource}: {}", Told(.kind, *.operation))]
#[non_exhaustive]
pub struct Error {
    kind: Kind,
    operation: Operation,
    resource: Resource,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

/// What the caller can do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// What it rests on is not there yet: ask again later. Nothing was changed.
    NotReady(String),
    /// It names something that does not exist. Nothing was changed.
    NotFound,
    /// It exists and is not ours, or somebody was faster; the text says who. Nothing was changed.
    Conflict(String),
    /// No answer, or a failure at the other end: it may have taken effect or not. Observe, then ask again.
    Unavailable,
    /// Too many calls: ask again after this long. Nothing was changed.
    Throttled(Option<Duration>),
    /// The account's limit is reached. Nothing was changed.
    Quota,
    /// The provider has no room. Nothing was changed.
    NoCapacity,
    /// We may not. Nothing was changed.
    Denied,
    /// The wish itself is at fault; the text says how. Nothing was changed.
    Rejected(String),
}

/// A kind as it is told of this verb.
struct Told<'a>(&'a Kind, Operation);

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // A question has no effect.
            Self(Kind::Unavailable, verb) if verb.reads() => f.write_str("no answer"),
            Self(kind, _) => write!(f, "{kind}"),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotReady(what) => write!(f, "not ready: {what}"),
            Self::NotFound => f.write_str("not found"),
            Self::Conflict(with) => write!(f, "conflict: {with}"),
            Self::Unavailable => f.write_str("no answer; it may have taken effect"),
            Self::Throttled(Some(wait)) => write!(f, "throttled; asks to wait {}", crate::time::show(*wait)),
            Self::Throttled(None) => f.write_str("throttled"),
            Self::Quota => f.write_str("over the account's quota"),
            Self::NoCapacity => f.write_str("the provider has no capacity"),
            Self::Denied => f.write_str("denied"),
            Self::Rejected(why) => write!(f, "rejected: {why}"),
        }
    }
}

/// The verb that was called, as `port.verb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Operation(pub &'static str);

impl Operation {
    /// Whether the verb only asks.
    pub fn reads(self) -> bool {
        let verb = self.0.rsplit('.').next().unwrap_or_default();
        matches!(verb, "observe" | "get" | "list")
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// What the verb was called on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Resource {
    /// All of a tier, as `observe` reads it.
    Tier,
    /// The site's network.
    Network,
    /// A pool.
    Pool(PoolName),
    /// An instance.
    Instance(InstanceId),
    /// A balancer.
    Balancer(BalancerName),
    /// A DNS record.
    Record(DnsName),
    /// An object in the store.
    Object(StoreKey),
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tier => f.write_str("tier"),
            Self::Network => f.write_str("network"),
            Self::Pool(name) => write!(f, "pool {name}"),
            Self::Instance(name) => write!(f, "instance {name}"),
            Self::Balancer(name) => write!(f, "balancer {name}"),
            Self::Record(name) => write!(f, "record {name}"),
            Self::Object(key) => write!(f, "object {key}"),
        }
    }
}

impl Error {
    /// An error without a source.
    pub fn new(kind: Kind, operation: Operation, resource: Resource) -> Self {
        Self { kind, operation, resource, source: None }
    }
    /// The same error with what caused it.
    pub fn because(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }
    /// What the caller can do about it.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }
    /// The verb that was called.
    pub fn operation(&self) -> Operation {
        self.operation
    }
    /// What it was called on.
    pub fn resource(&self) -> &Resource {
        &self.resource
    }
}

/// Equal if a caller would do the same; the source is for people.
impl PartialEq for Error {
    fn eq(&self, other: &Self) -> bool {
        (&self.kind, self.operation, &self.resource) == (&other.kind, other.operation, &other.resource)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_change_may_have_taken_effect() {
        let told = |verb| Error::new(Kind::Unavailable, Operation(verb), Resource::Tier).to_string();
        for verb in ["pool.observe", "store.get", "store.list"] {
            assert_eq!(told(verb), format!("{verb} tier: no answer"));
        }
        assert_eq!(told("pool.ensure"), "pool.ensure tier: no answer; it may have taken effect");
    }
}
