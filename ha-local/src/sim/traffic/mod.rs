//! When users come: curves and recordings, as segments of time with a rate or a count.

mod csv;
mod daily;
mod read;
mod segments;
#[cfg(test)]
mod tests;

pub use segments::{Arrivals, Segment};

use daily::Daily;
use std::{sync::Arc, time::Duration};

/// How many users come when, and what they ask for.
#[derive(Clone, Debug, PartialEq)]
pub struct Traffic {
    /// The name that users ask for: a DNS record of the site. `None`: its only one, or its first.
    pub to: Option<String>,
    shape: Shape,
    crowds: Vec<Crowd>,
    scale: f64,
}

/// The curve before crowds and scale.
#[derive(Clone, Debug, PartialEq)]
enum Shape {
    /// At equal distances, this many a second.
    Constant(f64),
    /// Independently, this many a second.
    Poisson(f64),
    /// A curve that repeats each day.
    Daily(Daily),
    /// What was counted.
    Recorded(Arc<Recording>),
}

/// More users than usual, for a while.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::sim) struct Crowd {
    pub at: Duration,
    pub ramp: Duration,
    pub lasts: Duration,
    pub times: f64,
}

/// Users that were counted, step by step.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// How long a step is.
    pub step: Duration,
    /// The steps that were counted, by number from 0, and how many came; the others are gaps.
    pub counts: Vec<(u64, f64)>,
}

impl Recording {
    /// From its first step to the end of its last.
    pub fn length(&self) -> Duration {
        self.times(self.counts.last().map_or(0, |(last, _)| last + 1))
    }
    /// How many steps lie in gaps.
    pub fn unknown_steps(&self) -> u64 {
        self.counts.last().map_or(0, |(last, _)| last + 1) - self.counts.len() as u64
    }
    /// How many users were counted.
    pub fn total(&self) -> f64 {
        self.counts.iter().map(|(_, count)| count).sum()
    }
    fn times(&self, steps: u64) -> Duration {
        let nanos = self.step.as_nanos().saturating_mul(u128::from(steps));
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

impl Traffic {
    fn of(shape: Shape) -> Self {
        Self { to: None, shape, crowds: Vec::new(), scale: 1.0 }
    }
    /// So many a second, at equal distances.
    pub fn constant(per_second: f64) -> Self {
        Self::of(Shape::Constant(rate(per_second)))
    }
    /// So many a second on average, independently of each other.
    pub fn poisson(per_second: f64) -> Self {
        Self::of(Shape::Poisson(rate(per_second)))
    }
    /// A day like most sites have it: its peak, so many a second, at eight in the evening; a quarter of it at four.
    pub fn daily(peak_per_second: f64) -> Self {
        Self::of(Shape::Daily(Daily { peak: rate(peak_per_second), ..Daily::default() }))
    }
    /// What was counted.
    pub fn recorded(recording: Recording) -> Self {
        Self::of(Shape::Recorded(Arc::new(recording)))
    }
    /// A flash crowd: from `at` on, the traffic grows over `ramp` to so many times the usual, stays there for `lasts`,
    /// and goes back over `ramp`.
    pub fn crowd(mut self, at: Duration, ramp: Duration, lasts: Duration, times: f64) -> Self {
        self.crowds.push(Crowd { at, ramp, lasts, times: rate(times) });
        self
    }
    /// So many times the traffic. Counts stay whole; their sum is the nearest whole number to the scaled sum.
    pub fn scale(mut self, times: f64) -> Self {
        self.scale *= rate(times);
        self
    }
    /// The name that users ask for.
    pub fn to(mut self, name: &str) -> Self {
        self.to = Some(name.into());
        self
    }
    /// The crowds that come.
    pub(super) fn crowds(&self) -> &[Crowd] {
        &self.crowds
    }
    /// How long the traffic is by itself; `None`: as long as the run.
    pub fn length(&self) -> Option<Duration> {
        self.recording().map(Recording::length)
    }
    /// What was counted, of a recorded traffic.
    pub fn recording(&self) -> Option<&Recording> {
        match &self.shape {
            Shape::Recorded(recording) => Some(recording),
            Shape::Constant(_) | Shape::Poisson(_) | Shape::Daily(_) => None,
        }
    }
}

/// A number of users that can be: not negative, not endless.
fn rate(number: f64) -> f64 {
    if number.is_finite() { number.clamp(0.0, 1e12) } else { 0.0 }
}
