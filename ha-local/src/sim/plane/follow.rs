//! The lives of a few intents, hop by hop with times.

use super::ledger::Cause;
use crate::sim::engine::draw::{Purpose, Seed};
use ha_core::time::Timestamp;

/// One hop of a followed intent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Hop {
    /// A user wants something: user and resolver.
    Wants(u32, u32),
    /// The resolver knew the address.
    Cached,
    /// The resolver asked.
    Asked,
    /// A connection from before is used.
    Kept,
    /// Connected to the endpoint of this balancer, in this zone.
    Endpoint(u16, u8),
    /// No connection to that endpoint.
    NoEndpoint(u16, u8),
    /// Sent to this server.
    Server(u32),
    /// No connection to this server.
    NoServer(u32),
    /// Waits in this server's queue behind so many.
    Queued(u32, u32),
    /// Work begins.
    Started(u32),
    /// Work ends.
    Finished(u32),
    /// A good answer arrives.
    Answered,
    /// The attempt failed.
    Failed(Cause),
    /// Tries again at this instant.
    Again(Timestamp),
}

/// A followed intent.
#[derive(Clone, Debug, PartialEq)]
pub struct Followed {
    /// Which stream.
    pub stream: u16,
    /// Its number in the stream, from 0.
    pub intent: u64,
    /// What happened to it and when.
    pub hops: Vec<(Timestamp, Hop)>,
}

/// Which intents are followed, and what happened to them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Follow {
    /// The first intent from here on is followed.
    pub next: u64,
    /// The instants after it, the latest first.
    instants: Vec<u64>,
    pub found: Vec<Followed>,
}

impl Follow {
    pub(super) fn nobody() -> Self {
        Self { next: u64::MAX, instants: Vec::new(), found: Vec::new() }
    }
    /// So many, at drawn instants from `from` to `until`.
    pub(super) fn some(count: usize, seed: Seed, from: Timestamp, until: Timestamp) -> Self {
        let span = until.0.saturating_sub(from.0).max(1);
        // Sixteen bits name a followed intent; a person reads fewer.
        let count = count.min(usize::from(u16::MAX) - 1) as u64;
        let mut instants: Vec<u64> = (0..count).map(|nth| from.0 + seed.below(Purpose::Follow, 0, nth, span)).collect();
        instants.sort_unstable_by(|one, other| other.cmp(one));
        let next = instants.pop().unwrap_or(u64::MAX);
        Self { next, instants, found: Vec::new() }
    }
    /// An intent is followed; its number plus one.
    pub(super) fn begin(&mut self, stream: u16, intent: u64) -> u16 {
        self.next = self.instants.pop().unwrap_or(u64::MAX);
        self.add(stream, intent)
    }
    /// This intent is followed, whenever it comes; its number plus one.
    pub(super) fn add(&mut self, stream: u16, intent: u64) -> u16 {
        self.found.push(Followed { stream, intent, hops: Vec::new() });
        self.found.len() as u16
    }
    pub(super) fn note(&mut self, followed: u16, at: u64, hop: Hop) {
        if let Some(found) = self.found.get_mut(usize::from(followed) - 1) {
            found.hops.push((Timestamp(at), hop));
        }
    }
}
