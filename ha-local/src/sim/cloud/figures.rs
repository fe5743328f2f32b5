//! How long the provider's services take, and how they behave: filled from a profile.

use crate::sim::engine::draw::{Purpose, Seed};
use ha_core::{keeper::Policy, time::nanos, topology::HealthCheck};
use std::time::Duration;

/// A duration between two, each as likely.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Span {
    /// The shortest.
    pub least: Duration,
    /// The longest.
    pub most: Duration,
}

impl Span {
    /// Always this long.
    pub const fn always(time: Duration) -> Self {
        Self { least: time, most: time }
    }
    /// Between so many seconds and so many.
    pub const fn secs(least: u64, most: u64) -> Self {
        Self { least: Duration::from_secs(least), most: Duration::from_secs(most) }
    }
    /// The duration drawn for this thing.
    pub fn draw(self, seed: Seed, who: u64, nth: u64) -> Duration {
        let width = nanos(self.most.saturating_sub(self.least));
        let more = if width == 0 { 0 } else { seed.below(Purpose::Delay, who, nth, width) };
        self.least + Duration::from_nanos(more)
    }
}

/// The figures of a provider.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    /// From launch until the machine runs.
    pub boot_running: Span,
    /// From then until the process can serve.
    pub boot_ready: Span,
    /// Until a new network is active.
    pub network: Span,
    /// Until a new pool is active; it launches at once.
    pub pool: Span,
    /// Until a new balancer is active.
    pub balancer: Span,
    /// Until a change of a record is in effect.
    pub record: Span,
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
    /// How the pools' keepers behave.
    pub policy: Policy,
    /// How long a keeper takes before it acts on what it sees.
    pub reaction: Span,
}

impl Figures {
    /// No time but that of checks: what is asked for is there.
    pub fn ideal() -> Self {
        let check = |seconds, times| HealthCheck {
            interval: Duration::from_secs(seconds),
            timeout: Duration::from_secs(2),
            healthy: times,
            unhealthy: times,
        };
        let none = Span::default();
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
            policy: Policy {
                replaces_unhealthy: true,
                keeps_brake: true,
                patience: Duration::from_secs(30),
                back_off: Duration::from_secs(60),
                rebalances: true,
            },
            reaction: none,
        }
    }
}
