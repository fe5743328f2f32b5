//! Two sets of books, kept apart: what users saw, and what became of each attempt at the hop where it ended.

use serde::Serialize;
use std::fmt;

/// Why an attempt failed; an intent has the cause of its last attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The name has no address.
    NoAddress,
    /// The question for the address was not answered.
    DnsTimeout,
    /// No address of the answer took a connection.
    Unreachable,
    /// The balancer answered 5xx by itself.
    BalancerError,
    /// The balancer had no target.
    NoTarget,
    /// The connection to the target was refused, or broke before the answer.
    TargetLost,
    /// The target did not take the balancer's connection in time.
    TargetTimeout,
    /// The server's queue was full.
    QueueFull,
    /// The server answered 5xx.
    ServerError,
    /// No answer within the user's patience.
    TimedOut,
    /// A good answer, but after the deadline.
    Late,
}

impl Cause {
    /// Every cause, in order.
    pub const ALL: [Self; 11] = [
        Self::NoAddress,
        Self::DnsTimeout,
        Self::Unreachable,
        Self::BalancerError,
        Self::NoTarget,
        Self::TargetLost,
        Self::TargetTimeout,
        Self::QueueFull,
        Self::ServerError,
        Self::TimedOut,
        Self::Late,
    ];
    /// The cause as it is written in reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NoAddress => "no_address",
            Self::DnsTimeout => "dns_timeout",
            Self::Unreachable => "unreachable",
            Self::BalancerError => "balancer_error",
            Self::NoTarget => "no_target",
            Self::TargetLost => "target_lost",
            Self::TargetTimeout => "target_timeout",
            Self::QueueFull => "queue_full",
            Self::ServerError => "server_error",
            Self::TimedOut => "timed_out",
            Self::Late => "late",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// Counts by cause.
pub type ByCause = [u64; Cause::ALL.len()];

/// Where an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// At the resolver.
    Resolver,
    /// On the way to an address.
    Network,
    /// At a balancer.
    Balancer,
    /// At a server.
    Server,
}

impl Tier {
    /// Every tier, in order.
    pub const ALL: [Self; 4] = [Self::Resolver, Self::Network, Self::Balancer, Self::Server];
}

/// What users saw.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct UsersSide {
    /// Intents begun.
    pub offered: u64,
    /// Answered well and in time.
    pub served: u64,
    /// Failed, by cause.
    pub failed: ByCause,
    /// Begun and not ended.
    pub in_flight: u64,
    /// Of these, waiting to try again, by the cause of the attempt before.
    pub waiting: ByCause,
    /// Attempts.
    pub attempts: u64,
    /// Of these, repetitions.
    pub retries: u64,
}

/// What the tiers saw.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct TiersSide {
    /// Attempts seen arriving.
    pub arrived: u64,
    /// Of these, repetitions, by the cause of the attempt before.
    pub repeated: ByCause,
    /// Attempts that ended in each tier with a good answer in time.
    pub good: [u64; Tier::ALL.len()],
    /// Attempts that ended in each tier otherwise, by cause.
    pub bad: [ByCause; Tier::ALL.len()],
    /// Requests that servers worked on for nobody.
    pub wasted: u64,
}

/// The two sets of books.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Ledger {
    /// What users saw.
    pub users: UsersSide,
    /// What the tiers saw.
    pub tiers: TiersSide,
}

impl UsersSide {
    /// Failed intents of all causes.
    pub fn failed_total(&self) -> u64 {
        self.failed.iter().sum()
    }
}

impl TiersSide {
    /// An attempt is seen arriving; a repetition says how the attempt before it failed.
    pub(super) fn arrive(&mut self, before: Option<Cause>) {
        self.arrived += 1;
        if let Some(cause) = before {
            self.repeated[cause as usize] += 1;
        }
    }
    /// An attempt is seen ending here.
    pub(super) fn end(&mut self, tier: Tier, outcome: Option<Cause>) {
        match outcome {
            None => self.good[tier as usize] += 1,
            Some(cause) => self.bad[tier as usize][cause as usize] += 1,
        }
    }
    /// Intents begun, from what arrived.
    pub fn offered(&self) -> u64 {
        self.arrived - self.repeated.iter().sum::<u64>()
    }
    /// Intents served, from how attempts ended.
    pub fn served(&self) -> u64 {
        self.good.iter().sum()
    }
    /// Attempts that ended with this cause and were not (yet) repeated.
    pub fn failed(&self, cause: Cause) -> u64 {
        self.bad.iter().map(|bad| bad[cause as usize]).sum::<u64>() - self.repeated[cause as usize]
    }
    /// Attempts that have not ended.
    pub fn in_flight(&self) -> u64 {
        self.arrived - self.served() - self.bad.iter().flatten().sum::<u64>()
    }
}

impl Ledger {
    /// Whether both sides say the same; if not, what differs.
    pub fn agree(&self) -> Result<(), String> {
        let (users, tiers) = (&self.users, &self.tiers);
        let same = |what: &str, ours: u64, theirs: u64| {
            if ours == theirs { Ok(()) } else { Err(format!("{what}: users say {ours}, tiers say {theirs}")) }
        };
        same("offered", users.offered, tiers.offered())?;
        same("served", users.served, tiers.served())?;
        same("attempts", users.attempts, tiers.arrived)?;
        for cause in Cause::ALL {
            let ours = users.failed[cause as usize] + users.waiting[cause as usize];
            same(cause.word(), ours, tiers.failed(cause))?;
        }
        let waiting = users.waiting.iter().sum::<u64>();
        same("in flight", users.in_flight, tiers.in_flight() + waiting)?;
        same("the sum", users.offered, users.served + users.failed_total() + users.in_flight)
    }
}
