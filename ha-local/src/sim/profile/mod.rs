//! Every figure of a simulated provider: how long its things take, and how its services behave.

mod read;
#[cfg(test)]
mod tests;

use super::Distribution;
use ha_core::{keeper::Policy, topology::HealthCheck, validate::Problems};
use std::{path::Path, time::Duration};

/// A provider. [`Profile::aws`], [`Profile::docker`], [`Profile::ideal`], or a file that says what is different from one of these.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// What it is called.
    pub name: String,
    /// How instances come up.
    pub boot: Boot,
    /// How long packets travel.
    pub network: Network,
    /// How the provider's API answers.
    pub api: Api,
    /// How long after a wish its object is there.
    pub phases: Phases,
    /// How balancers reach their targets.
    pub balancer: Balancer,
    /// How names are kept and cached.
    pub dns: Dns,
    /// How the provider watches over pools.
    pub keeper: Keeper,
    /// How measurements come.
    pub metrics: Metrics,
    /// How simultaneous events are ordered.
    pub ties: Ties,
}

/// How instances come up.
#[derive(Clone, Debug, PartialEq)]
pub struct Boot {
    /// From launch until the machine runs.
    pub running: Distribution,
    /// From then until the application can serve.
    pub ready: Distribution,
}

/// How long packets travel, one way.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// Between a user and any zone.
    pub users: Duration,
    /// Within a zone: from balancer to instance.
    pub within: Duration,
    /// From one zone to another.
    pub across: Duration,
    /// Each packet may take so much longer, any time up to it as likely.
    pub jitter: Duration,
    /// A question that a resolver cannot answer from its cache, there and back.
    pub lookup: Duration,
    /// After how long a question without an answer is given up.
    pub lookup_timeout: Duration,
    /// After how long a user takes a connection without an answer for dead, and tries the next address.
    pub connect_timeout: Duration,
    /// After how long a lost packet is sent again; twice as long after each further loss.
    pub resend: Duration,
}

/// How the provider's API answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Api {
    /// How long an `observe` takes.
    pub read: Distribution,
    /// How long a wish takes to be accepted.
    pub write: Distribution,
    /// Between two parts of a wish that takes effect in parts.
    pub part: Distribution,
    /// After how long a caller gives a call up.
    pub timeout: Duration,
    /// How long what others changed may stay unseen.
    pub settle: Duration,
    /// How many calls of all ports are let through; a further one is refused as throttled.
    pub calls: Option<Bucket>,
    /// How many calls of the DNS port are let through, besides.
    pub dns_calls: Option<Bucket>,
}

/// A bucket of tokens, one for each call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    /// How many tokens come a second.
    pub per_second: f64,
    /// How many it holds.
    pub burst: u32,
}

/// How long after a wish its object is there.
#[derive(Clone, Debug, PartialEq)]
pub struct Phases {
    /// A network.
    pub network: Distribution,
    /// A pool; its instances boot from then on.
    pub pool: Distribution,
    /// A balancer.
    pub balancer: Distribution,
    /// A change of a record, in all name servers.
    pub record: Distribution,
}

/// How balancers reach their targets.
#[derive(Clone, Debug, PartialEq)]
pub struct Balancer {
    /// After how long a connection to a target without an answer is given up.
    pub connect_timeout: Duration,
    /// After how long a connection of a user on which no request is under way is closed.
    pub idle_timeout: Duration,
    /// How many other targets are tried when a connection fails.
    pub other_targets: u8,
    /// Whether a health check waits in the queue as a request does, so that overload looks like illness.
    pub checks_wait: bool,
    /// Whether an instance stays draining for its full time, even with nothing in flight.
    pub drains_full_time: bool,
    /// How often an endpoint (one in each zone) is looked at before its name drops it or takes it back.
    pub endpoint_interval: Duration,
    /// How many looks in a row that takes.
    pub endpoint_threshold: u32,
    /// How long after a link was cut its endpoints leave out what is behind it.
    pub notices_cut: Duration,
}

/// How names are kept and cached.
#[derive(Clone, Debug, PartialEq)]
pub struct Dns {
    /// Time between two checks of an answer that is an instance.
    pub check_interval: Duration,
    /// How long an answer to a check may take.
    pub check_timeout: Duration,
    /// This many checks in a row change the judgement.
    pub check_threshold: u32,
    /// The time to live of a name that stands for one balancer, whatever was asked for; `None`: as asked for.
    pub alias_ttl: Option<Duration>,
    /// How long resolvers keep that a name does not exist.
    pub negative_ttl: Duration,
    /// Share of resolvers that keep answers beyond their TTL.
    pub ignores_ttl: f64,
    /// How much longer these keep them.
    pub ignores_ttl_for: Duration,
}

/// How the provider watches over pools.
#[derive(Clone, Debug, PartialEq)]
pub struct Keeper {
    /// From what is seen until it is acted on.
    pub reaction: Distribution,
    /// How often the provider looks whether a machine runs.
    pub status_check: Duration,
    /// How it behaves.
    pub policy: Policy,
}

/// How measurements come.
#[derive(Clone, Debug, PartialEq)]
pub struct Metrics {
    /// How long a measurement lasts.
    pub period: Duration,
    /// How long after its end it can be read.
    pub delay: Duration,
}

/// How simultaneous events are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ties {
    /// By a draw.
    Drawn,
    /// First in, first out.
    Fifo,
}

impl Profile {
    /// Amazon Web Services, as far as they are documented or were measured; what is neither is marked as ours.
    pub fn aws() -> Self {
        Self::read(include_str!("aws.toml"), "aws.toml")
            .expect("the table is part of the program, and `every_figure_of_a_built_in_profile_is_stated` reads it")
    }

    /// This package's own Docker backend, as it was measured and as it is set.
    pub fn docker() -> Self {
        Self::read(include_str!("docker.toml"), "docker.toml")
            .expect("the table is part of the program, and `every_figure_of_a_built_in_profile_is_stated` reads it")
    }

    /// A provider that takes no time: a site is its formula.
    pub fn ideal() -> Self {
        Self::read(include_str!("ideal.toml"), "ideal.toml")
            .expect("the table is part of the program, and `every_figure_of_a_built_in_profile_is_stated` reads it")
    }

    /// How an instance is checked that a name answers directly.
    pub fn record_check(&self) -> HealthCheck {
        Self::check(self.dns.check_interval, self.dns.check_timeout, self.dns.check_threshold)
    }

    /// How an endpoint of a balancer is checked that a name answers.
    pub fn endpoint_check(&self) -> HealthCheck {
        Self::check(self.balancer.endpoint_interval, self.dns.check_timeout, self.balancer.endpoint_threshold)
    }

    fn check(interval: Duration, timeout: Duration, times: u32) -> HealthCheck {
        HealthCheck { interval, timeout, healthy: times, unhealthy: times }
    }

    /// The built-in profile of this name.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "aws" => Some(Self::aws()),
            "docker" => Some(Self::docker()),
            "ideal" => Some(Self::ideal()),
            _ => None,
        }
    }

    /// Reads a profile file.
    pub fn load(path: &Path) -> Result<Self, Problems> {
        Self::read(&ha_core::document::load(path)?, &path.display().to_string())
    }
}
