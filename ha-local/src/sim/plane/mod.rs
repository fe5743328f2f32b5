//! Users, resolvers, balancers and servers: where requests live. It knows nothing of specs, scopes or controllers.
//!
//! The cloud says who is there and in what condition; the plane says what became of every request.

mod config;
mod follow;
mod ledger;
mod series;
mod service;
mod traffic;
mod types;

pub use config::{BalancerConfig, NetworkConfig, PlaneConfig, ServerConfig, UsersConfig};
pub use follow::{Followed, Hop};
pub use ledger::{ByCause, Cause, Ledger, Tier, TiersSide, UsersSide};
pub use series::{Bucket, Latency};
pub use service::Service;
pub use traffic::{Arrivals, Segment, Traffic};
pub use types::{
    Address, BalancerView, Condition, Ctx, EndpointView, LinkState, Measured, Notice, Place, Probe, RecordView,
    ServerId, ServerSpec, TargetView,
};

use ha_core::{
    name::{BalancerName, DnsName, PoolName, Release},
    time::Timestamp,
};
use std::time::Duration;

/// The data plane: plain data.
#[derive(Clone, Debug, PartialEq)]
pub struct Plane {
    config: PlaneConfig,
    ledger: Ledger,
}

impl Plane {
    /// Nobody there yet.
    pub fn new(config: PlaneConfig) -> Self {
        Self { config, ledger: Ledger::default() }
    }
    /// What it was told at its start.
    pub fn config(&self) -> &PlaneConfig {
        &self.config
    }
    /// A new server: up, not ready, behind no balancer.
    pub fn add_server(&mut self, spec: ServerSpec) -> ServerId {
        let _ = spec;
        ServerId(0)
    }
    /// The server is gone, with all it had in flight.
    pub fn remove_server(&mut self, ctx: &mut Ctx<'_>, id: ServerId) {
        let _ = (ctx, id);
    }
    /// The condition of a server changes; what is in flight feels it at once.
    pub fn set_condition(&mut self, ctx: &mut Ctx<'_>, id: ServerId, condition: Condition) {
        let _ = (ctx, id, condition);
    }
    /// The condition of a server; a removed one is down and silent.
    pub fn condition(&self, id: ServerId) -> Condition {
        let _ = id;
        Condition::WELL
    }
    /// How a health check from there ends now; the time-out is remembered for [`Notice::ChecksMayDiffer`].
    pub fn probe(&mut self, id: ServerId, from: Place, timeout: Duration) -> Probe {
        let _ = (id, from, timeout);
        Probe::Passed
    }
    /// Requests in work and in the queue of a server.
    pub fn in_flight(&self, id: ServerId) -> u32 {
        let _ = id;
        0
    }
    /// The share of its places that a server used lately, from 0 to 1.
    pub fn load(&self, id: ServerId, now: Timestamp) -> f64 {
        let _ = (id, now);
        0.0
    }
    /// Says [`Notice::Idle`] as soon as nothing is in flight on this server; at once if nothing is.
    pub fn set_draining(&mut self, ctx: &mut Ctx<'_>, id: ServerId, draining: bool) {
        let _ = (ctx, id, draining);
    }
    /// A balancer is there, or is different.
    pub fn set_balancer(&mut self, ctx: &mut Ctx<'_>, view: BalancerView) {
        let _ = (ctx, view);
    }
    /// A balancer is gone; connections to it get no answer.
    pub fn remove_balancer(&mut self, ctx: &mut Ctx<'_>, name: &BalancerName) {
        let _ = (ctx, name);
    }
    /// What a name answers from now on; resolvers keep what they have.
    pub fn set_record(&mut self, ctx: &mut Ctx<'_>, name: &DnsName, record: Option<RecordView>) {
        let _ = (ctx, name, record);
    }
    /// The state of the way from one place to another, in this direction.
    pub fn set_link(&mut self, ctx: &mut Ctx<'_>, from: Place, to: Place, state: LinkState) {
        let _ = (ctx, from, to, state);
    }
    /// Users of this name begin to come.
    pub fn start(&mut self, ctx: &mut Ctx<'_>, entry: &DnsName, traffic: Traffic) {
        let _ = (ctx, entry, traffic);
    }
    /// The factor on the arrival rate of streams to this name, in thousandths, from now on (a flash crowd).
    pub fn set_demand(&mut self, ctx: &mut Ctx<'_>, entry: &DnsName, times: u32) {
        let _ = (ctx, entry, times);
    }
    /// Keeps the lives of so many intents, spread by chance over this time; call it before [`Plane::start`].
    pub fn follow(&mut self, ctx: &mut Ctx<'_>, count: usize, until: Timestamp) {
        let _ = (ctx, count, until);
    }
    /// Something happens.
    pub fn handle(&mut self, ctx: &mut Ctx<'_>, event: PlaneEvent) {
        let _ = (ctx, event);
    }
    /// Both sets of books.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }
    /// Latencies of all intents served.
    pub fn latency(&self) -> Latency {
        Latency::default()
    }
    /// What the servers of this release answered over the last so many whole minutes, fifteen at most.
    pub fn readings(&self, pool: &PoolName, release: &Release, over: Duration, now: Timestamp) -> Measured {
        let _ = (pool, release, over, now);
        Measured::default()
    }
    /// What users saw over time, the bucket of now included.
    pub fn series(&self) -> Vec<Bucket> {
        Vec::new()
    }
    /// The followed intents so far.
    pub fn followed(&self) -> &[Followed] {
        &[]
    }
    /// Whether every stream has ended and no intent is in flight.
    pub fn quiet(&self) -> bool {
        true
    }
    /// How much of the time that has begun is without recorded traffic.
    pub fn unknown(&self) -> Duration {
        Duration::ZERO
    }
}

/// What happens next to users, balancers or servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlaneEvent {
    /// The next user of this stream comes.
    Arrival(u32),
    /// A server has finished a request: server, slot, and the slot's generation.
    Complete(u32, u32, u32),
    /// A user tries again: slot and its generation.
    Retry(u32, u32),
    /// The oldest of the pending time-outs may be due.
    Patience,
}

impl PlaneEvent {
    /// The event as a number, the same in every run.
    pub fn identity(self) -> u64 {
        match self {
            Self::Arrival(stream) => (1 << 56) ^ u64::from(stream),
            Self::Complete(server, slot, generation) => {
                (2 << 56) ^ (u64::from(server) << 40) ^ (u64::from(generation) << 20) ^ u64::from(slot)
            }
            Self::Retry(slot, generation) => (3 << 56) ^ (u64::from(generation) << 24) ^ u64::from(slot),
            Self::Patience => 4 << 56,
        }
    }
}
