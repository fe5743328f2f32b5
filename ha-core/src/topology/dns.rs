//! DNS records: the names under which the site is found.

use super::Route;
use crate::name::{BalancerName, DnsName, PoolName};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A name and what it answers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Dns {
    /// The name, without the final dot.
    pub name: DnsName,
    /// What it answers.
    #[serde(flatten)]
    pub kind: RecordKind,
    /// How long resolvers may keep an answer.
    #[serde(with = "crate::time::text")]
    pub ttl: Duration,
}

fn default_ttl() -> Duration {
    Duration::from_secs(60)
}

/// What a name answers. Answers that are not alive are left out, but never the last ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RecordKind {
    /// The addresses of a balancer, at the apex of a domain as well.
    Alias {
        /// What it stands for.
        to: Endpoint,
    },
    /// Each question is answered by one of these, by weight.
    Weighted {
        /// What it may stand for.
        answers: Vec<Answer>,
    },
    /// The first while it is alive, else the second.
    Failover {
        /// Used while it is alive.
        primary: Endpoint,
        /// Used while the primary is not.
        secondary: Endpoint,
    },
    /// The addresses of all instances of a pool that are alive, in turn.
    RoundRobin {
        /// The pool.
        to: PoolName,
    },
}

/// What a record can stand for; in TOML `{ balancer = "front" }` or `{ pool = "web" }`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// A balancer.
    Balancer(BalancerName),
    /// The instances of a pool, asked directly.
    Pool(PoolName),
}

/// One answer of a weighted record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// What it stands for.
    pub to: Endpoint,
    /// Its share of the answers is its weight over the sum of all weights of those alive.
    pub weight: u32,
}

impl Dns {
    /// The addresses of a balancer under this name; it may be the apex of a domain. Set the balancer with [`Dns::to`].
    pub fn apex(name: &str) -> Self {
        Self::of(name, RecordKind::Alias { to: Endpoint::Balancer("".into()) })
    }
    /// The balancer, or for [`Dns::round_robin`] the pool, that the name stands for.
    pub fn to(mut self, tier: &str) -> Self {
        match &mut self.kind {
            RecordKind::Alias { to } => *to = Endpoint::Balancer(tier.into()),
            RecordKind::RoundRobin { to } => *to = tier.into(),
            RecordKind::Weighted { answers } => {
                answers.push(Answer { to: Endpoint::Balancer(tier.into()), weight: Route::DEFAULT_WEIGHT });
            }
            RecordKind::Failover { primary, .. } => *primary = Endpoint::Balancer(tier.into()),
        }
        self
    }
    /// The addresses of all living instances of a pool.
    pub fn round_robin(name: &str, pool: &str) -> Self {
        Self::of(name, RecordKind::RoundRobin { to: pool.into() })
    }
    /// One endpoint while it is alive, else the other.
    pub fn failover(name: &str, primary: Endpoint, secondary: Endpoint) -> Self {
        Self::of(name, RecordKind::Failover { primary, secondary })
    }
    /// Several endpoints, each question answered by one of them.
    pub fn weighted(name: &str, answers: impl IntoIterator<Item = (Endpoint, u32)>) -> Self {
        let answers = answers.into_iter().map(|(to, weight)| Answer { to, weight }).collect();
        Self::of(name, RecordKind::Weighted { answers })
    }
    /// How long resolvers may keep an answer.
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = ttl;
        self
    }
    fn of(name: &str, kind: RecordKind) -> Self {
        Self { name: name.into(), kind, ttl: default_ttl() }
    }
}

impl RecordKind {
    /// Everything the record may stand for.
    pub fn endpoints(&self) -> Vec<Endpoint> {
        match self {
            Self::Alias { to } => vec![to.clone()],
            Self::Weighted { answers } => answers.iter().map(|answer| answer.to.clone()).collect(),
            Self::Failover { primary, secondary } => vec![primary.clone(), secondary.clone()],
            Self::RoundRobin { to } => vec![Endpoint::Pool(to.clone())],
        }
    }
}
