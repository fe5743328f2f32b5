//! What users ask of a site: how long a request is worked on in each pool, and how users wait, retry and keep connections.

mod read;
#[cfg(test)]
mod tests;

use super::Distribution;
use ha_core::{
    document::suggest,
    name::PoolName,
    topology::{Share, Topology},
    validate::Problem,
};
use std::{collections::BTreeMap, time::Duration};

/// The work of each pool, and the users. Written beside the topology, because it is measured, not wanted.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Workload {
    /// The work of pools by name; one that is not named has [`Service::default`].
    pub pools: BTreeMap<PoolName, Service>,
    /// How users behave.
    pub users: Users,
}

/// The work of one pool.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Service {
    /// How long one request is worked on.
    pub time: Distribution,
    /// How many requests an instance works on at once, from 1.
    pub concurrency: u32,
    /// How many requests wait on an instance at most; one more is answered with 503.
    pub queue: u32,
}

impl Default for Service {
    /// 80 requests a second and instance: 4 at once, 50 ms each.
    fn default() -> Self {
        let time = Distribution::Exponential { mean: Duration::from_millis(50) };
        Self { time, concurrency: 4, queue: 256 }
    }
}

impl Service {
    /// How many requests a second one instance can answer.
    pub fn per_second(&self) -> f64 {
        f64::from(self.concurrency) / self.time.mean().as_secs_f64()
    }
    /// How busy so many instances are at so many requests a second: 1 is all they can do.
    pub fn load(&self, per_second: f64, instances: u32) -> f64 {
        per_second / (self.per_second() * f64::from(instances))
    }
}

/// How users behave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Users {
    /// How many different users there are, from 1.
    pub population: u32,
    /// How many resolvers they share, from 1.
    pub resolvers: u32,
    /// An answer is in time if it comes so soon after the user first wanted it.
    pub deadline: Duration,
    /// How long a user waits for one attempt.
    pub patience: Duration,
    /// How often a failed attempt is repeated.
    pub retries: u8,
    /// The mean wait before the first repetition; twice as long before each further one.
    pub backoff: Duration,
    /// Repetitions that each intent pays for, for all users together: with 0.1, a tenth more requests at most.
    /// `None`: no budget, as many as `retries` allows.
    pub retry_budget: Option<Share>,
    /// How long an unused connection is kept; zero: each request opens its own.
    pub keep_alive: Duration,
}

impl Default for Users {
    fn default() -> Self {
        Self {
            population: 10_000,
            resolvers: 200,
            deadline: Duration::from_secs(5),
            patience: Duration::from_secs(10),
            retries: 2,
            backoff: Duration::from_millis(500),
            retry_budget: Some(Share(100)),
            keep_alive: Duration::from_secs(60),
        }
    }
}

impl Users {
    /// Users of queueing theory: they come once, wait for ever, and every answer is in time.
    pub fn ideal() -> Self {
        let for_ever = Duration::from_secs(365 * 86_400);
        Self {
            deadline: for_ever,
            patience: for_ever,
            retries: 0,
            retry_budget: None,
            keep_alive: Duration::ZERO,
            ..Self::default()
        }
    }
}

impl Workload {
    /// The same work for every pool.
    pub fn of(pools: impl IntoIterator<Item = (PoolName, Service)>) -> Self {
        Self { pools: pools.into_iter().collect(), users: Users::default() }
    }
    /// The work of this pool.
    pub fn service(&self, pool: &PoolName) -> Service {
        self.pools.get(pool).copied().unwrap_or_default()
    }
    /// Pools that are named here and that the site has not.
    pub fn check(&self, site: &Topology) -> Vec<Problem> {
        let has = |name: &PoolName| site.pools.iter().any(|pool| pool.name == *name);
        let unknown = self.pools.keys().filter(|name| !has(name));
        let problem = |name: &PoolName| {
            let known: Vec<&str> = site.pools.iter().map(|pool| pool.name.as_str()).collect();
            let fix = suggest(name.as_str(), known.iter().copied()).map(|word| format!("did you mean {word:?}?"));
            let what = format!("no pool \"{name}\" in the topology (has: {})", known.join(", "));
            Problem::new(format!("pool.{name}"), what, fix.unwrap_or_default())
        };
        unknown.map(problem).collect()
    }
}
