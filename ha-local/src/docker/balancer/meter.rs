//! What a balancer counted of each release, so that a roll-out's gate has something to go by.

use super::rows::TargetRow;
use ha_core::{
    backend::state::{ReleaseReading, TargetHealth},
    name::{InstanceId, PoolName, Release},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A reading is of the last minute, or of the time since the release was first seen, whichever is shorter.
const WINDOW: Duration = Duration::from_secs(60);
/// The counters are looked at so often.
const EVERY: Duration = Duration::from_secs(2);

/// What a balancer counted. HAProxy's own counters begin anew with each of its workers, so what is kept are differences.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct Meter {
    instances: Vec<Counted>,
    releases: Vec<Series>,
}

/// Who is behind a balancer, and HAProxy's counters of him.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Counted {
    pub(super) pool: PoolName,
    pub(super) instance: InstanceId,
    pub(super) release: Release,
    pub(super) counters: Counters,
}

/// HAProxy's counters of one instance.
#[derive(Clone, Copy, Debug, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Counters {
    /// Requests that had an answer, or failed on it.
    pub(super) requests: u64,
    /// Of these, answered with 5xx or not at all.
    pub(super) errors: u64,
    /// The mean time until an answer, of the last requests (HAProxy remembers 512).
    pub(super) mean_ms: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Series {
    pool: PoolName,
    release: Release,
    samples: Vec<Sample>,
}

/// The sums until an instant.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Sample {
    at: Timestamp,
    requests: u64,
    errors: u64,
    spent_ms: f64,
}

impl Counters {
    /// What two backends counted of the same instance; the first is the one that is used but in need.
    pub(super) fn and(self, other: Self) -> Self {
        let requests = self.requests + other.requests;
        let spent = self.mean_ms * self.requests as f64 + other.mean_ms * other.requests as f64;
        let mean_ms = if requests == 0 { 0.0 } else { spent / requests as f64 };
        Self { requests, errors: self.errors + other.errors, mean_ms }
    }

    /// What was counted since `before`; a counter that is smaller began anew.
    fn since(self, before: Self) -> Self {
        if self.requests < before.requests || self.errors < before.errors {
            return self;
        }
        Self { requests: self.requests - before.requests, errors: self.errors - before.errors, ..self }
    }
}

impl Meter {
    /// Whether it is time to look at the counters.
    pub(super) fn due(&self, now: Timestamp) -> bool {
        let last = self.releases.iter().filter_map(|series| series.samples.last()).map(|sample| sample.at).max();
        last.is_none_or(|last| now.since(last) >= EVERY)
    }

    /// Adds what the counters say now.
    pub(super) fn count(&mut self, now: Timestamp, seen: Vec<Counted>) {
        for counted in &seen {
            let same = |old: &&Counted| old.pool == counted.pool && old.instance == counted.instance;
            let before = self.instances.iter().find(same).map_or(Counters::default(), |old| old.counters);
            let grown = counted.counters.since(before);
            let sample = self.sample(now, counted);
            sample.requests += grown.requests;
            sample.errors += grown.errors;
            sample.spent_ms += grown.mean_ms * grown.requests as f64;
        }
        self.instances = seen;
        for series in &mut self.releases {
            // One sample before the window is kept: the window begins with it.
            while series.samples.get(1).is_some_and(|second| now.since(second.at) >= WINDOW) {
                series.samples.remove(0);
            }
        }
        self.releases.retain(|series| series.samples.last().is_some_and(|last| now.since(last.at) < WINDOW));
    }

    /// The sample of this instant, of the instance's release.
    fn sample(&mut self, now: Timestamp, of: &Counted) -> &mut Sample {
        let found = self.releases.iter().position(|it| it.pool == of.pool && it.release == of.release);
        let index = found.unwrap_or_else(|| {
            let (pool, release) = (of.pool.clone(), of.release.clone());
            self.releases.push(Series { pool, release, samples: Vec::new() });
            self.releases.len() - 1
        });
        let samples = &mut self.releases[index].samples;
        let last = samples.last().copied();
        let zero = Sample { at: now, requests: 0, errors: 0, spent_ms: 0.0 };
        if last.is_none_or(|last| last.at != now) {
            samples.push(Sample { at: now, ..last.unwrap_or(zero) });
        }
        let end = samples.len() - 1;
        &mut samples[end]
    }

    /// What was measured of each release over the window.
    pub(super) fn readings(&self, targets: &[TargetRow]) -> Vec<ReleaseReading> {
        let of = |series: &Series| {
            let (first, last) = (series.samples.first()?, series.samples.last()?);
            let runs = |target: &&TargetRow| {
                let it = |counted: &&Counted| counted.pool == target.pool && counted.instance == target.instance;
                target.pool == series.pool
                    && self.instances.iter().find(it).is_some_and(|counted| counted.release == series.release)
            };
            let healthy = targets.iter().filter(runs).filter(|target| target.health == TargetHealth::Healthy).count();
            let requests = (last.requests - first.requests) as f64;
            Some(ReleaseReading {
                pool: series.pool.clone(),
                release: series.release.clone(),
                at: last.at,
                over: last.at.since(first.at),
                healthy: Some(healthy as f64),
                requests: Some(requests),
                errors: Some((last.errors - first.errors) as f64),
                latency_ms: (requests > 0.0).then(|| (last.spent_ms - first.spent_ms) / requests),
            })
        };
        self.releases.iter().filter_map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(instance: &str, release: &str, requests: u64, errors: u64, mean_ms: f64) -> Counted {
        let counters = Counters { requests, errors, mean_ms };
        Counted { pool: "web".into(), instance: instance.into(), release: release.into(), counters }
    }

    fn healthy(instance: &str) -> TargetRow {
        let (health, since) = (TargetHealth::Healthy, Timestamp::from_secs(0));
        TargetRow { pool: "web".into(), instance: instance.into(), health, since, idle: false }
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_secs(seconds)
    }

    #[test]
    fn a_reading_is_what_was_counted_since_the_release_was_first_seen() {
        let mut meter = Meter::default();
        assert!(meter.due(at(100)));
        meter.count(at(100), vec![counted("a", "r1", 0, 0, 0.0)]);
        assert!(!meter.due(at(101)) && meter.due(at(102)));
        meter.count(at(105), vec![counted("a", "r1", 100, 10, 20.0), counted("b", "r2", 50, 0, 5.0)]);
        let targets = [healthy("a"), healthy("b")];
        let readings = meter.readings(&targets);
        let expected = ReleaseReading {
            pool: "web".into(),
            release: "r1".into(),
            at: at(105),
            over: Duration::from_secs(5),
            healthy: Some(1.0),
            requests: Some(100.0),
            errors: Some(10.0),
            latency_ms: Some(20.0),
        };
        assert_eq!(readings[0], expected);
        assert_eq!((readings[1].over, readings[1].requests), (Duration::ZERO, Some(0.0)));
    }

    #[test]
    fn counters_that_begin_anew_are_counted_on() {
        let mut meter = Meter::default();
        meter.count(at(0), vec![counted("a", "r1", 0, 0, 0.0)]);
        meter.count(at(5), vec![counted("a", "r1", 100, 4, 10.0)]);
        meter.count(at(10), vec![counted("a", "r1", 20, 1, 40.0)]);
        let reading = &meter.readings(&[])[0];
        assert_eq!((reading.requests, reading.errors), (Some(120.0), Some(5.0)));
        assert_eq!(reading.latency_ms, Some((1000.0 + 800.0) / 120.0));
        assert_eq!(reading.healthy, Some(0.0));
    }

    #[test]
    fn a_reading_is_of_the_last_minute_and_who_is_gone_is_forgotten() {
        let mut meter = Meter::default();
        for step in 0..40_u64 {
            let mut seen = vec![counted("a", "r1", step * 10, 0, 1.0)];
            if step < 5 {
                seen.push(counted("b", "r0", step, 0, 1.0));
            }
            meter.count(at(step * 5), seen);
        }
        let readings = meter.readings(&[]);
        assert_eq!(readings.len(), 1);
        assert_eq!((readings[0].over, readings[0].requests), (Duration::from_secs(60), Some(120.0)));
    }
}
