//! A stream of users to one name, with its own chance: no other stream changes what it draws.

use super::{
    Ctx, PlaneEvent,
    traffic::{Cursor, Traffic},
};
use crate::sim::engine::{
    draw::{Draws, Purpose, Seed},
    queue::Event,
};
use std::time::Duration;

/// A stream.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stream {
    /// The number of the name.
    pub name: u32,
    pub key: u64,
    /// How many have come.
    pub come: u64,
    pub ended: bool,
    pub arrival: Draws,
    pub user: Draws,
    pub service: Draws,
    pub choice: Draws,
    pub failure: Draws,
    pub backoff: Draws,
    cursor: Cursor,
    /// How long servers work on each request; `None`: as the workload says.
    pub takes: Option<u64>,
    /// What is left of the budget for retries, in thousandths of a retry.
    tokens: u32,
}

/// What one retry costs, and how many retries are saved up at most.
const RETRY: u32 = 1000;
const SAVED: u32 = 100 * RETRY;

impl Stream {
    pub(super) fn new(name: u32, traffic: Traffic, seed: Seed) -> Self {
        let draws = |purpose| seed.draws(purpose, traffic.key);
        Self {
            name,
            key: traffic.key,
            come: 0,
            ended: false,
            arrival: draws(Purpose::Arrival),
            user: draws(Purpose::User),
            service: draws(Purpose::Service),
            choice: draws(Purpose::Choice),
            failure: draws(Purpose::Failure),
            backoff: draws(Purpose::Backoff),
            cursor: Cursor::new(traffic.segments),
            takes: None,
            tokens: SAVED,
        }
    }
    /// How much of its time has no recorded traffic.
    pub(super) fn unknown(&self) -> Duration {
        self.cursor.unknown()
    }
    /// An intent pays its share of retries into the budget, if there is one.
    pub(super) fn earn(&mut self, budget: Option<u32>) {
        if let Some(share) = budget {
            self.tokens = self.tokens.saturating_add(share).min(SAVED);
        }
    }
    /// Whether the budget, if there is one, pays for a retry; then it is paid.
    pub(super) fn spend(&mut self, budget: Option<u32>) -> bool {
        if budget.is_none() {
            return true;
        }
        let pays = self.tokens >= RETRY;
        self.tokens -= if pays { RETRY } else { 0 };
        pays
    }
    /// Has the next arrival happen.
    pub(super) fn expect(&mut self, ctx: &mut Ctx<'_>, number: u32) {
        match self.cursor.next(self.arrival.bits(self.come)) {
            Some(at) => {
                // It is told from others by its name, which no other stream changes.
                let event = Event::Plane(PlaneEvent::Arrival(number));
                ctx.queue.push_as(at.max(ctx.now), event, self.key);
            }
            None => self.ended = true,
        }
    }
}
