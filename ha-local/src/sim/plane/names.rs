//! Names, the resolvers that keep their answers, and the connections that users keep.

use super::{PlaneConfig, UsersConfig};
use crate::sim::engine::draw::{as_below, as_unit, mix};
use ha_core::{name::DnsName, time::nanos};
use std::time::Duration;

/// Where a user connects to, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Goal {
    /// The endpoint of a balancer in a zone.
    Endpoint(u16, u8),
    /// A server.
    Server(u32),
}

/// An answer that a resolver keeps.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Cached {
    until: u64,
    version: u32,
    choice: u32,
}

/// The version of a resolver that was never asked.
const NEVER: u32 = u32::MAX;

/// Every address of the version.
const WHOLE: u32 = u32::MAX;

/// A connection that a user keeps.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Kept {
    until: u64,
    goal: Goal,
}

/// A name that users go to.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Name {
    pub name: DnsName,
    /// Answers that are given or still kept by some resolver.
    versions: Vec<Vec<Goal>>,
    current: u32,
    weights: Vec<u32>,
    ttl: u64,
    timeouts: u32,
    stale: (u32, u64),
    violators: (u32, u64),
    cache: Vec<Cached>,
    /// By user, up to the last one who ever kept a connection.
    kept: Vec<Kept>,
    /// Users came before the run: what a resolver is asked first has an age already.
    pub warm: bool,
}

/// What a name answers, in the plane's numbers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Answers {
    pub goals: Vec<Goal>,
    pub weights: Vec<u32>,
    pub ttl: Duration,
    pub timeouts: u32,
    pub stale: Option<(u32, Duration)>,
}

/// What a resolver does with a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lookup {
    /// It knows.
    Cached,
    /// It asked.
    Asked,
    /// It asked and got no answer.
    TimedOut,
}

impl Name {
    pub(super) fn new(name: DnsName, config: &PlaneConfig) -> Self {
        let users = &config.users;
        let nothing = Cached { until: 0, version: NEVER, choice: WHOLE };
        Self {
            name,
            versions: vec![Vec::new()],
            current: 0,
            weights: Vec::new(),
            ttl: nanos(config.network.negative_ttl),
            timeouts: 0,
            stale: (0, 0),
            violators: (users.ttl_violators, nanos(users.ttl_extra)),
            cache: vec![nothing; users.resolvers.max(1) as usize],
            kept: Vec::new(),
            warm: false,
        }
    }
    /// What is answered from now on; what resolvers keep stays, as long as they may answer with it.
    pub(super) fn set(&mut self, answers: Answers, now: u64) {
        let stale = self.stale.1;
        for cached in self.cache.iter_mut().filter(|cached| cached.until.saturating_add(stale) <= now) {
            cached.until = 0;
        }
        self.weights = answers.weights;
        self.ttl = nanos(answers.ttl);
        self.timeouts = answers.timeouts;
        self.stale = answers.stale.map_or((0, 0), |(share, extra)| (share, nanos(extra)));
        if let Some(known) = self.versions.iter().position(|goals| *goals == answers.goals) {
            self.current = known as u32;
            return;
        }
        let unused = (0..self.versions.len() as u32)
            .find(|version| self.cache.iter().all(|cached| cached.until == 0 || cached.version != *version));
        match unused {
            Some(version) => self.versions[version as usize] = answers.goals,
            None => self.versions.push(answers.goals),
        }
        self.current = unused.unwrap_or(self.versions.len() as u32 - 1);
    }
    /// A resolver is asked: afterwards it has an answer, or the question timed out.
    pub(super) fn ask(&mut self, resolver: u32, now: u64, bits: u64) -> Lookup {
        let hit = |millionths: u32| as_below(mix(u64::from(resolver) + 1), 1_000_000) < u64::from(millionths);
        let cached = &mut self.cache[resolver as usize];
        let stale = if self.stale.0 > 0 && hit(self.stale.0) { self.stale.1 } else { 0 };
        if cached.until > 0 && now < cached.until.saturating_add(stale) {
            return Lookup::Cached;
        }
        if self.timeouts > 0 && as_below(mix(bits ^ 1), 1_000_000) < u64::from(self.timeouts) {
            return Lookup::TimedOut;
        }
        let extra = if hit(self.violators.0) { self.violators.1 } else { 0 };
        let choice = if self.weights.is_empty() { WHOLE } else { weighted(&self.weights, mix(bits ^ 2)) };
        let whole = self.ttl.saturating_add(extra);
        let left =
            if self.warm && cached.version == NEVER { (whole as f64 * as_unit(mix(bits ^ 4))) as u64 } else { whole };
        // At least 1, since 0 means that nothing is kept.
        *cached = Cached { until: now.saturating_add(left).max(1), version: self.current, choice };
        Lookup::Asked
    }
    /// The address that is tried after so many others; `None`: there is no other.
    pub(super) fn answer(&self, resolver: u32, tried: u8, bits: u64) -> Option<Goal> {
        let cached = self.cache[resolver as usize];
        let goals = self.versions.get(cached.version as usize)?;
        if cached.choice != WHOLE {
            return if tried == 0 { goals.get(cached.choice as usize).copied() } else { None };
        }
        let count = goals.len();
        if usize::from(tried) >= count {
            return None;
        }
        let first = if count == 1 { 0 } else { as_below(bits, count as u64) as usize };
        Some(goals[(first + usize::from(tried)) % count])
    }
    /// The connection that this user still has.
    pub(super) fn kept(&self, user: u32, now: u64) -> Option<Goal> {
        self.kept.get(user as usize).filter(|kept| kept.until > now).map(|kept| kept.goal)
    }
    /// The user keeps this connection; 0: it is broken.
    pub(super) fn keep(&mut self, user: u32, goal: Goal, until: u64) {
        let user = user as usize;
        if until > 0 && user >= self.kept.len() {
            self.kept.resize(user + 1, Kept { until: 0, goal });
        }
        if let Some(kept) = self.kept.get_mut(user) {
            *kept = Kept { until, goal };
        }
    }
}

/// One of several by weight; all alike when no weight is above zero.
pub(super) fn weighted(weights: &[u32], bits: u64) -> u32 {
    let total: u64 = weights.iter().map(|weight| u64::from(*weight)).sum();
    if total == 0 {
        return as_below(bits, weights.len().max(1) as u64) as u32;
    }
    let mut left = as_below(bits, total);
    for (weight, nth) in weights.iter().zip(0..) {
        if left < u64::from(*weight) {
            return nth;
        }
        left -= u64::from(*weight);
    }
    0
}

/// The resolver that a user asks.
pub(super) fn resolver_of(user: u32, users: &UsersConfig) -> u32 {
    as_below(mix(u64::from(user) ^ 0x7265_736f_6c76_6572), u64::from(users.resolvers.max(1))) as u32
}

/// Whether something of this chance, in millionths, happens.
pub(super) fn happens(millionths: u32, bits: u64) -> bool {
    millionths > 0 && as_below(bits, 1_000_000) < u64::from(millionths)
}
