//! The one stream of events: what the loop did and why. Progress bars, logs and traces are observers.

use crate::{
    backend::Error,
    name::Holder,
    plan::{Plan, Step, Waiting},
    time::Timestamp,
};

/// One thing that the loop did or met.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Event {
    /// When, on the backend's clock.
    pub at: Timestamp,
    /// Which turn of this controller, from 1.
    pub turn: u64,
    /// What.
    pub what: What,
}

/// What the loop did or met.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum What {
    /// A turn planned this.
    Planned(Plan),
    /// A step is about to be asked.
    Asked(Step),
    /// The provider accepted the step.
    Accepted(Step),
    /// The step was refused, or its outcome is unknown.
    Failed(Step, Error),
    /// This is waited for, and was not after the last turn.
    Waiting(Waiting),
    /// The site is as it is wanted, and was not after the last turn.
    Converged,
    /// This controller took the lease.
    LeaseTaken(Holder),
    /// Another controller acts; this one stands by.
    LeaseHeld(Holder),
    /// The lease could not be read or written: no turn starts.
    LeaseUnknown(Error),
    /// A controller with a newer topology exists: this one ends.
    Superseded(u64),
}

/// Is told every event, in order.
pub trait Observer: Send + Sync {
    /// Takes note of an event. It must not block.
    fn event(&self, event: &Event);
}

impl<F: Fn(&Event) + Send + Sync> Observer for F {
    fn event(&self, event: &Event) {
        self(event);
    }
}

impl Event {
    /// An event of this turn at this instant.
    pub fn new(at: Timestamp, turn: u64, what: What) -> Self {
        Self { at, turn, what }
    }
}
