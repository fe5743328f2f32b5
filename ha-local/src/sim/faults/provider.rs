//! What the provider's services ask of the faults at work, beside what ails instances.

use super::{Faults, Subject};
use ha_core::{name::PoolName, time::Timestamp};
use std::time::Duration;

/// What strikes the endpoint of a balancer in one zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct EndpointFate {
    /// It takes no connections.
    pub down: bool,
    /// Share of requests that it answers itself with 5xx, in millionths.
    pub errors: u32,
}

/// What strikes a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct NameFate {
    /// It answers that there is nothing.
    pub empty: bool,
    /// Share of questions that time out, in millionths.
    pub timeouts: u32,
    /// Caches keep answers so much longer: share of resolvers (millionths), and how long.
    pub stale: Option<(u32, Duration)>,
}

impl Faults {
    /// Whether a zone has no power: endpoints there are down and nothing is launched there.
    pub fn zone_is_off(&self, zone: u8) -> bool {
        let _ = zone;
        false
    }
    /// How long after it became able to serve the process of an instance ends by a fault of its release.
    pub fn life(&self, subject: Subject<'_>) -> Option<Duration> {
        let _ = subject;
        None
    }
    /// What strikes the endpoint of a balancer in a zone; `changes` says when accepted wishes changed the balancer.
    pub fn endpoint(&self, balancer: &str, zone: u8, changes: &[Timestamp]) -> EndpointFate {
        let _ = (balancer, zone, changes);
        EndpointFate::default()
    }
    /// Whether checks of a balancer's targets may end otherwise each time.
    pub fn flapping(&self, balancer: &str) -> bool {
        let _ = balancer;
        false
    }
    /// Whether a balancer reads this instance as unhealthy now, whatever it answers.
    pub fn flaps(&self, balancer: &str, instance: &str, now: Timestamp) -> bool {
        let _ = (balancer, instance, now);
        false
    }
    /// The instant whose targets and weights a balancer still works by.
    pub fn routes_as_of(&self, balancer: &str) -> Option<Timestamp> {
        let _ = balancer;
        None
    }
    /// What strikes a name.
    pub fn name(&self, name: &str) -> NameFate {
        let _ = name;
        NameFate::default()
    }
    /// How far back anything in this run looks: what is older need not be remembered. `None`: nothing looks back.
    pub fn history(&self) -> Option<Duration> {
        None
    }
    /// How old the answers of this service's `observe` are.
    pub fn stale(&self, service: &str) -> Option<Duration> {
        let _ = service;
        None
    }
    /// Whether this is left out of the answers of this service's `observe`, though it lives.
    pub fn unseen(&self, service: &str, name: &str) -> bool {
        let _ = (service, name);
        false
    }
    /// Which element of a list of this length is seen twice, and which not, because pages shifted while it was read.
    pub fn page_shift(&self, service: &str, now: Timestamp, length: usize) -> Option<(usize, usize)> {
        let _ = (service, now, length);
        None
    }
    /// What a metric of a pool (`healthy`, `errors`, `latency`, `requests`) reads as, given what is true.
    pub fn metric(&self, metric: &str, pool: &PoolName, truth: f64) -> Option<f64> {
        let _ = (metric, pool);
        Some(truth)
    }
    /// How late readings of a pool come.
    pub fn metric_delay(&self, pool: &PoolName) -> Duration {
        let _ = pool;
        Duration::ZERO
    }
}
