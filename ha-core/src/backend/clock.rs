//! What time it is, and how to wait: never the machine's own clock.

use crate::time::Timestamp;
use async_trait::async_trait;
use std::time::Duration;

/// The clock of a backend.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Clock: Send + Sync {
    /// The instant, by this clock.
    fn now(&self) -> Timestamp;
    /// Waits for a duration. Dropping the future leaves nothing.
    async fn sleep(&self, duration: Duration);
    /// Waits between two turns of a loop. A real clock sleeps for [`Rest::longest`]; a simulator may skip the turns
    /// that would see what the last one saw. Dropping the future leaves nothing.
    async fn rest(&self, rest: Rest);
}

/// How a loop waits for its next turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rest {
    /// The time between two turns.
    pub period: Duration,
    /// When the next turn could differ though nothing changed.
    pub look_again: Option<Timestamp>,
    /// Whether the last turn had nothing to do: then the same view leads to the same turn.
    pub quiet: bool,
}

impl Rest {
    /// How long to sleep at `now`: until `look_again` or for the period, whichever is sooner.
    pub fn longest(&self, now: Timestamp) -> Duration {
        self.look_again.map_or(self.period, |at| at.since(now).min(self.period))
    }
}
