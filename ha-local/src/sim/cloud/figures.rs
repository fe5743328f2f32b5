//! How long the provider's services take, and how they behave: filled from a profile.

use crate::sim::{Distribution, engine::call::Effect};
use ha_core::{keeper::Policy, topology::HealthCheck};
use std::time::Duration;

/// The figures of a provider.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    /// From launch until the machine runs.
    pub boot_running: Distribution,
    /// From then until the process can serve.
    pub boot_ready: Distribution,
    /// Until a new network is active.
    pub network: Distribution,
    /// Until a new pool is active; it launches at once.
    pub pool: Distribution,
    /// Until a new balancer is active.
    pub balancer: Distribution,
    /// Until a change of a record is in effect.
    pub record: Distribution,
    /// How long changes by others may stay unseen.
    pub settle: Duration,
    /// Until the provider finds out that a machine does not run: it looks so often.
    pub status_check: Duration,
    /// Whether a target stays draining for its full time, even if nothing is in flight.
    pub drains_full_time: bool,
    /// How often, and how often in a row, an endpoint of a balancer is looked at before its name drops it.
    pub endpoint_check: HealthCheck,
    /// The same for instances that a name answers directly.
    pub record_check: HealthCheck,
    /// How an instance is checked that no balancer checks.
    pub agent_check: HealthCheck,
    /// The time to live of a name that stands for one balancer, whatever was asked for.
    pub alias_ttl: Option<Duration>,
    /// How long a measurement of a release lasts.
    pub reading: Duration,
    /// How long after its end a measurement can be read.
    pub reading_delay: Duration,
    /// How the pools' keepers behave.
    pub policy: Policy,
    /// How long an `observe` takes.
    pub read: Distribution,
    /// How long a wish takes to be accepted.
    pub write: Distribution,
    /// How much longer for each part after the first in which it takes effect.
    pub part: Distribution,
    /// After how long a caller gives a call up.
    pub call_timeout: Duration,
}

impl Figures {
    /// How long a call takes from being sent to being answered; `u` is drawn evenly between 0 and 1.
    pub fn latency(&self, u: f64, effect: Effect) -> Duration {
        match effect {
            Effect::Read => self.read.at(u),
            Effect::Write { parts } => self.write.at(u) + self.part.at(u) * u32::from(parts.saturating_sub(1)),
        }
    }
    /// No time but that of checks: what is asked for is there.
    pub fn ideal() -> Self {
        let check = |seconds, times| HealthCheck {
            interval: Duration::from_secs(seconds),
            timeout: Duration::from_secs(2),
            healthy: times,
            unhealthy: times,
        };
        let none = Distribution::NOTHING;
        Self {
            boot_running: none,
            boot_ready: none,
            network: none,
            pool: none,
            balancer: none,
            record: none,
            settle: Duration::ZERO,
            status_check: Duration::from_secs(10),
            drains_full_time: false,
            endpoint_check: check(10, 1),
            record_check: check(10, 2),
            agent_check: check(10, 2),
            alias_ttl: None,
            reading: Duration::from_secs(60),
            reading_delay: Duration::ZERO,
            policy: Policy {
                replaces_unhealthy: true,
                keeps_brake: true,
                patience: Duration::from_secs(30),
                back_off: Duration::from_secs(60),
                rebalances: true,
            },
            read: none,
            write: none,
            part: none,
            call_timeout: Duration::from_secs(30),
        }
    }
}
