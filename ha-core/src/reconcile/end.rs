//! How a turn and a loop end.

use crate::{
    apply::Applied,
    backend::Error,
    name::Holder,
    plan::{Plan, Waiting},
    time::{Timestamp, show},
    topology::ValidTopology,
    validate::Problem,
};
use std::{fmt, time::Duration};

/// What the site should be, asked at the start of each turn: the owner may change it while the loop runs.
pub trait Wanted: Send + Sync {
    /// The site as it is wanted now.
    fn wanted(&self) -> ValidTopology;
}

impl Wanted for ValidTopology {
    fn wanted(&self) -> ValidTopology {
        self.clone()
    }
}

impl<F: Fn() -> ValidTopology + Send + Sync> Wanted for F {
    fn wanted(&self) -> ValidTopology {
        self()
    }
}

/// What one turn came to.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Turned {
    /// It planned and applied.
    Acted {
        /// What it planned.
        plan: Plan,
        /// What became of the steps.
        applied: Applied,
        /// Whether a tier could not be read.
        partial: bool,
    },
    /// Another controller acts.
    StoodBy {
        /// Who.
        holder: Holder,
        /// When its lease may be taken.
        look_again: Timestamp,
    },
    /// The lease is not known: nobody acts.
    Unsure(Error),
    /// The loop is over.
    Ended(End),
}

/// Why a loop ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// It was asked to.
    Stopped,
    /// A controller with this newer generation of the topology exists.
    Superseded(u64),
}

/// How a site came to be as it is wanted.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Report {
    /// Turns taken.
    pub turns: u64,
    /// Steps accepted.
    pub accepted: u64,
    /// Steps that failed and were made good later.
    pub failed: u64,
    /// How long it took.
    pub took: Duration,
    /// The last plan: nothing to do, and what only the owner can end.
    pub plan: Plan,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { turns, accepted, failed, took, plan } = self;
        write!(f, "{} is as wanted after {}: ", plan.topology, show(*took))?;
        write!(f, "{turns} turns, {accepted} steps accepted, {failed} failed")?;
        plan.waiting.iter().try_for_each(|waiting| write!(f, "\n  {waiting}"))
    }
}

/// A site that does not become as it is wanted.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Stalled {
    /// Why it was given up.
    pub cause: StallCause,
    /// For how long nothing had changed.
    pub lasted: Duration,
    /// What is waited for.
    pub waiting: Vec<Waiting>,
    /// The errors of the last turn.
    pub errors: Vec<Error>,
}

/// Why a site was given up.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum StallCause {
    /// Nothing changed for longer than one is patient.
    Patience,
    /// The backend cannot keep what is wished; nothing was applied.
    Problems(Vec<Problem>),
    /// The loop ended.
    Ended(End),
}

impl fmt::Display for Stalled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            StallCause::Patience => write!(f, "nothing has changed for {}", show(self.lasted))?,
            StallCause::Problems(_) => f.write_str("the backend cannot keep this site")?,
            StallCause::Ended(End::Stopped) => f.write_str("stopped before the site was as wanted")?,
            StallCause::Ended(End::Superseded(by)) => write!(f, "generation {by} of the topology has taken over")?,
        }
        if let StallCause::Problems(problems) = &self.cause {
            problems.iter().try_for_each(|problem| write!(f, "\n  {problem}"))?;
        }
        self.waiting.iter().try_for_each(|waiting| write!(f, "\n  waiting: {waiting}"))?;
        self.errors.iter().try_for_each(|error| write!(f, "\n  error: {error}"))
    }
}

impl std::error::Error for Stalled {}
