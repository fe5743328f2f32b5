//! What time it is, and how to wait: never the machine's own clock.

use crate::time::Timestamp;
use async_trait::async_trait;
use std::time::Duration;

/// The clock of a backend.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Clock: Send + Sync {
    /// The instant, by this clock. Whoever sets the clock makes it jump, in either direction.
    fn now(&self) -> Timestamp;
    /// The time since an instant of this clock's own choosing, the same for as long as the process lives. It never jumps
    /// and never runs backwards, and it counts on while the process is frozen or its machine sleeps: who was frozen finds
    /// that time has passed. What must not outlast something is measured by this.
    fn elapsed(&self) -> Duration;
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

/// However soon something is due, or overdue, a loop rests for so long: it never spins.
const SHORTEST: Duration = Duration::from_secs(1);

impl Rest {
    /// How long to sleep at `now`: until `look_again` or for the period, whichever is sooner, but at least for a second.
    pub fn longest(&self, now: Timestamp) -> Duration {
        self.due(now).map_or(self.period, |at| at.since(now).min(self.period))
    }
    /// When the next turn is due at `now` because the plan could differ; never before a second, or a period, is over.
    pub fn due(&self, now: Timestamp) -> Option<Timestamp> {
        self.look_again.map(|at| at.max(now + SHORTEST.min(self.period)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_never_spins_on_what_is_overdue() {
        let at = |seconds| Some(Timestamp::from_secs(seconds));
        let rest = |look_again| Rest { period: Duration::from_secs(30), look_again, quiet: true };
        let now = Timestamp::from_secs(100);
        let seconds = [at(50), at(100), at(110), at(500), None].map(|due| rest(due).longest(now).as_secs());
        assert_eq!(seconds, [1, 1, 10, 30, 30]);
    }
}
