//! Users, resolvers, balancers and servers: where requests live. It knows nothing of specs, scopes or controllers.
//!
//! The cloud says who is there and in what condition; the plane says what became of every request.

mod ask;
mod attempts;
mod balancer;
mod config;
mod connect;
mod control;
mod follow;
mod ledger;
mod names;
mod network;
mod series;
mod server;
mod servers;
mod service;
mod stream;
#[cfg(test)]
mod tests;
mod traffic;
mod types;
mod users;

pub use ask::{Asked, Ticket};
pub use balancer::receivers;
pub use config::{BalancerConfig, NetworkConfig, PlaneConfig, ServerConfig, UsersConfig};
pub use follow::{Followed, Hop};
pub use ledger::{ByCause, Cause, Ledger, Tier, TiersSide, UsersSide};
pub use series::{Bucket, Latency};
pub use traffic::Traffic;
pub use types::{
    Address, BalancerView, Condition, Ctx, EndpointView, LinkState, Measured, Notice, Place, Probe, RecordView,
    ServerId, ServerSpec, TargetView,
};

use crate::sim::Distribution;
use attempts::Attempts;
use balancer::Balancer;
use follow::Follow;
use ha_core::{
    name::{BalancerName, PoolName, Release},
    time::{Timestamp, nanos},
};
use names::Name;
use network::Links;
use series::Series;
use server::{Readings, Server};
use std::time::Duration;
use stream::Stream;

/// The data plane: plain data.
#[derive(Clone, Debug, PartialEq)]
pub struct Plane {
    config: PlaneConfig,
    figures: Figures,
    attempts: Attempts,
    streams: Vec<Stream>,
    names: Vec<Name>,
    balancers: Vec<Balancer>,
    servers: Vec<Server>,
    /// Requests in flight, by server.
    outstanding: Vec<u32>,
    /// The distributions of service times, by the number of the workload.
    work: Vec<Distribution>,
    readings: Vec<Readings>,
    links: Links,
    /// Some way, or some end of one, does not let everything pass.
    disturbed: bool,
    patience_pending: bool,
    ledger: Ledger,
    series: Series,
    follow: Follow,
}

/// Figures of the configuration in ns, for every request.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Figures {
    population: u64,
    deadline: u64,
    patience: u64,
    retries: u8,
    backoff: f64,
    retry_budget: Option<u32>,
    keep_alive: u64,
    /// How long connections to balancers are kept: either side may close them.
    keep_balancer: u64,
    lookup: u64,
    lookup_timeout: u64,
    connect_timeout: u64,
    target_timeout: u64,
}

impl Figures {
    fn of(config: &PlaneConfig) -> Self {
        let (users, network) = (&config.users, &config.network);
        Self {
            population: u64::from(users.population.max(1)),
            deadline: nanos(users.deadline),
            patience: nanos(users.patience),
            // The number of the attempt has eight bits.
            retries: users.retries.min(254),
            backoff: nanos(users.backoff) as f64,
            retry_budget: users.retry_budget,
            keep_alive: nanos(users.keep_alive),
            keep_balancer: nanos(users.keep_alive.min(config.balancer.idle_timeout)),
            lookup: nanos(network.lookup),
            lookup_timeout: nanos(network.lookup_timeout),
            connect_timeout: nanos(network.connect_timeout),
            target_timeout: nanos(config.balancer.connect_timeout),
        }
    }
}

impl Plane {
    /// Nobody there yet.
    pub fn new(config: PlaneConfig) -> Self {
        Self {
            figures: Figures::of(&config),
            attempts: Attempts::new(),
            streams: Vec::new(),
            names: Vec::new(),
            balancers: Vec::new(),
            servers: Vec::new(),
            outstanding: Vec::new(),
            work: Vec::new(),
            readings: Vec::new(),
            links: Links::new(config.zones, &config.network),
            disturbed: false,
            patience_pending: false,
            ledger: Ledger::default(),
            series: Series::new(config.bucket),
            follow: Follow::nobody(),
            config,
        }
    }
    /// What it was told at its start.
    pub fn config(&self) -> &PlaneConfig {
        &self.config
    }
    /// Something happens.
    pub fn handle(&mut self, ctx: &mut Ctx<'_>, event: PlaneEvent) {
        match event {
            PlaneEvent::Arrival(stream) => self.arrive(ctx, stream),
            PlaneEvent::Complete(slot, generation) => self.complete(ctx, slot, generation),
            PlaneEvent::Retry(slot, generation) => self.go_on(ctx, slot, generation),
            PlaneEvent::Patience => self.patience(ctx),
        }
    }
    /// Both sets of books.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }
    #[cfg(test)]
    pub(in crate::sim) fn ledger_mut(&mut self) -> &mut Ledger {
        &mut self.ledger
    }
    /// Latencies of all intents served.
    pub fn latency(&self) -> Latency {
        self.series.latency()
    }
    /// What the servers of this release answered over this time, counted in whole minutes with the one of now; 16 minutes at most.
    pub fn readings(&self, pool: &PoolName, release: &Release, over: Duration, now: Timestamp) -> Measured {
        let of = |readings: &&Readings| readings.pool == *pool && readings.release == *release;
        self.readings.iter().find(of).map_or_else(Measured::default, |readings| readings.over(over, now))
    }
    /// What users saw over time, the bucket of now included; buckets without anybody are left out.
    pub fn series(&self) -> Vec<Bucket> {
        self.series.buckets()
    }
    /// The balancer of this number.
    pub fn name_of_balancer(&self, number: u16) -> Option<&BalancerName> {
        self.balancers.get(usize::from(number)).map(|balancer| &balancer.name)
    }
    /// The followed intents so far.
    pub fn followed(&self) -> &[Followed] {
        &self.follow.found
    }
    /// How much of the streams' time has no recorded traffic: nobody is drawn in it.
    pub fn unknown(&self) -> Duration {
        self.streams.iter().map(Stream::unknown).sum()
    }
    /// Whether every stream has ended and no intent is in flight.
    pub fn quiet(&self) -> bool {
        self.ledger.users.in_flight == 0 && self.streams.iter().all(|stream| stream.ended)
    }
}

/// What happens next to users, balancers or servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlaneEvent {
    /// The next user of this stream comes.
    Arrival(u32),
    /// A server has finished a request: slot and its generation.
    Complete(u32, u32),
    /// A user, or a balancer, goes on after a wait: slot and its generation.
    Retry(u32, u32),
    /// The oldest of the pending time-outs may be due.
    Patience,
}

impl PlaneEvent {
    /// The event as a number, the same in every run.
    pub fn identity(self) -> u64 {
        match self {
            Self::Arrival(stream) => (1 << 56) ^ u64::from(stream),
            Self::Complete(slot, generation) => (2 << 56) ^ (u64::from(generation) << 24) ^ u64::from(slot),
            Self::Retry(slot, generation) => (3 << 56) ^ (u64::from(generation) << 24) ^ u64::from(slot),
            Self::Patience => 4 << 56,
        }
    }
}
