//! The figures of users, networks, balancers and servers: what the profile and the workload say, as plain numbers.

use crate::sim::Distribution;
use ha_core::name::PoolName;
use std::{collections::BTreeMap, time::Duration};

/// Everything the plane is told at its start.
#[derive(Clone, Debug, PartialEq)]
pub struct PlaneConfig {
    /// How many zones there are.
    pub zones: u8,
    /// How long packets travel.
    pub network: NetworkConfig,
    /// How balancers reach their targets.
    pub balancer: BalancerConfig,
    /// How users behave.
    pub users: UsersConfig,
    /// The workload of each pool; one that is not named has the workload's default.
    pub pools: BTreeMap<PoolName, ServerConfig>,
    /// The length of a bucket of the series.
    pub bucket: Duration,
}

impl PlaneConfig {
    /// No network time, users that never give up or try again: a site is its formula.
    pub fn ideal(zones: u8) -> Self {
        Self {
            zones,
            network: NetworkConfig::default(),
            balancer: BalancerConfig::default(),
            users: UsersConfig::default(),
            pools: BTreeMap::new(),
            bucket: Duration::from_secs(300),
        }
    }
}

/// How long packets travel, one way, without faults.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkConfig {
    /// Between the users and any zone.
    pub users: Duration,
    /// Within a zone.
    pub within: Duration,
    /// From one zone to another.
    pub across: Duration,
    /// Each packet may take so much longer, any time up to it as likely.
    pub jitter: Duration,
    /// A question that a resolver cannot answer from its cache.
    pub lookup: Duration,
    /// After how long a question without an answer is given up.
    pub lookup_timeout: Duration,
    /// After how long a user takes a connection without an answer for dead and tries the next address.
    pub connect_timeout: Duration,
    /// After how long a lost packet is sent again; twice as long after each further loss.
    pub resend: Duration,
    /// How long resolvers keep that a name does not exist.
    pub negative_ttl: Duration,
}

impl Default for NetworkConfig {
    fn default() -> Self {
        Self {
            users: Duration::ZERO,
            within: Duration::ZERO,
            across: Duration::ZERO,
            jitter: Duration::ZERO,
            lookup: Duration::ZERO,
            lookup_timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(3),
            resend: Duration::from_secs(1),
            negative_ttl: Duration::from_secs(60),
        }
    }
}

/// How balancers reach their targets.
#[derive(Clone, Debug, PartialEq)]
pub struct BalancerConfig {
    /// After how long a connection to a target without an answer is given up.
    pub connect_timeout: Duration,
    /// After how long a connection of a user on which no request is under way is closed.
    pub idle_timeout: Duration,
    /// How many other targets are tried when a connection fails.
    pub other_targets: u8,
    /// Whether a health check waits in the queue as a request does, so that overload looks like illness.
    pub checks_wait: bool,
    /// How long after a link was cut its endpoints leave out what is behind it.
    pub notices_cut: Duration,
}

impl Default for BalancerConfig {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(60),
            other_targets: 0,
            checks_wait: true,
            notices_cut: Duration::from_secs(30),
        }
    }
}

/// How users behave.
#[derive(Clone, Debug, PartialEq)]
pub struct UsersConfig {
    /// How many different users there are, from 1.
    pub population: u32,
    /// How many resolvers they share, from 1.
    pub resolvers: u32,
    /// An answer counts when it comes within this time since the user first wanted it.
    pub deadline: Duration,
    /// How long a user waits for one attempt.
    pub patience: Duration,
    /// How often a failed attempt is repeated.
    pub retries: u8,
    /// The mean wait before the first repetition; twice as long before each further one.
    pub backoff: Duration,
    /// Repetitions that each intent pays for, in thousandths, for all users together; `None`: no budget.
    pub retry_budget: Option<u32>,
    /// How long an unused connection is kept; zero: never.
    pub keep_alive: Duration,
    /// Share of resolvers, in millionths, that keep answers beyond their TTL.
    pub ttl_violators: u32,
    /// How much longer they keep them.
    pub ttl_extra: Duration,
}

impl Default for UsersConfig {
    fn default() -> Self {
        Self {
            population: 10_000,
            resolvers: 200,
            deadline: Duration::from_secs(5),
            patience: Duration::from_secs(10),
            retries: 0,
            backoff: Duration::from_millis(500),
            retry_budget: None,
            keep_alive: Duration::ZERO,
            ttl_violators: 0,
            ttl_extra: Duration::ZERO,
        }
    }
}

/// The servers of a pool.
#[derive(Clone, Debug, PartialEq)]
pub struct ServerConfig {
    /// How long one request is worked on.
    pub service: Distribution,
    /// How many requests are worked on at once, from 1.
    pub concurrency: u32,
    /// How many wait at most.
    pub queue: u32,
}

impl Default for ServerConfig {
    fn default() -> Self {
        let work = crate::sim::workload::Service::default();
        Self { service: work.time, concurrency: work.concurrency, queue: work.queue }
    }
}
