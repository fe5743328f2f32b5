//! What a run showed: numbers for machines, accessors for tests, and the story for whoever reads a failed assertion.

mod chart;
mod dip;
mod event;
mod hint;
mod measured;
mod outline;
mod panel;
#[cfg(test)]
mod sample;
mod series;
mod show;
mod since;
mod story;
mod users;

pub use chart::{Colour, charts};
pub use dip::{Dip, STEADY};
pub use event::{Occurrence, decisive};
pub use series::{Bucket, Series};
pub(crate) use show::clock_ms;
pub(crate) use since::decisive_since;

use serde::Serialize;
use std::{collections::BTreeMap, time::Duration};

/// What a run showed. As JSON it is what `game_day --json` writes.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The topology's name.
    pub topology: String,
    /// The run's only source of chance: the same seed gives the same report.
    pub seed: u64,
    /// The hash of everything that happened, in hexadecimal.
    pub trace_hash: String,
    /// How long the run was, in virtual seconds.
    pub length_s: f64,
    /// In how many of these seconds the recorded traffic has a gap: nobody arrived, and nobody knows.
    pub unknown_s: f64,
    /// What users wanted, and what they got.
    pub intents: Intents,
    /// Why intents failed: each has one cause, so that the counts add up to `intents.failed`.
    pub failures: BTreeMap<String, u64>,
    /// Requests sent, retries included.
    pub attempts: u64,
    /// The share of intents that were served well and in time; 1 when nobody came.
    pub availability: f64,
    /// How long served intents took, from the wish to the answer.
    pub latency_ms: Latency,
    /// Ready instances, from the first arrival on.
    pub capacity: Capacity,
    /// Requests a second that one ready instance can answer, in the mean over the pools.
    pub per_instance: f64,
    /// Calls of the loop that change something, from the first arrival on.
    pub mutating_calls: u64,
    /// Whether the site ended as it is wanted.
    pub converged: bool,
    /// What kept it from that; empty when converged.
    pub not_converged: Vec<String>,
    /// What decided the run, in order.
    pub events: Vec<Occurrence>,
    /// How many records of the trace were not kept, for it grew too long; events after them may be missing.
    pub records_left_out: u64,
    /// The run over time.
    pub series: Series,
}

/// What users wanted, and what they got; attempts and retries are counted apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize)]
pub struct Intents {
    /// Wanted.
    pub offered: u64,
    /// Answered well and in time.
    pub served: u64,
    /// Not.
    pub failed: u64,
}

impl Intents {
    /// The share that was served; 1 when nobody came.
    pub fn availability(self) -> f64 {
        if self.offered == 0 { 1.0 } else { self.served as f64 / self.offered as f64 }
    }
}

/// How long served intents took, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Default, Serialize)]
pub struct Latency {
    /// On average.
    pub mean: f64,
    /// Half of them took at most this.
    pub p50: f64,
    /// All but one in a hundred took at most this.
    pub p99: f64,
    /// The slowest.
    pub max: f64,
}

/// The fewest and the most ready instances at any instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize)]
pub struct Capacity {
    /// The fewest.
    pub minimum: u32,
    /// The most.
    pub maximum: u32,
}

impl Report {
    /// The share of intents that were served well and in time.
    pub fn availability(&self) -> f64 {
        self.availability
    }
    /// All but one in a hundred served intents took at most this.
    pub fn p99(&self) -> Duration {
        Duration::from_secs_f64(self.latency_ms.p99.max(0.0) / 1000.0)
    }
    /// The fewest ready instances at any instant after the first arrival.
    pub fn capacity_floor(&self) -> u32 {
        self.capacity.minimum
    }
    /// What decided the run, in order, each with its cause.
    pub fn events(&self) -> &[Occurrence] {
        &self.events
    }
    /// The stretches in which users fared worse than before; see [`Dip`].
    pub fn dips(&self) -> Vec<Dip> {
        dip::dips(self)
    }
    /// How long the first dip at or after the first fault lasted: from the start of its first bucket until the end of
    /// its last. Nothing when no dip followed a fault; `None` when that dip lasted until the end of the run.
    pub fn time_to_recover(&self) -> Option<Duration> {
        let fault = dip::first_fault(self);
        match self.dips().iter().find(|dip| fault.is_some_and(|at| dip.until > at)) {
            Some(dip) if dip.recovered => Some(dip.until.since(dip.from)),
            Some(_) => None,
            None => Some(Duration::ZERO),
        }
    }
}
