//! What users saw over time: buckets of equal length whose memory does not grow with requests.

use super::ledger::{ByCause, Cause};
use ha_core::time::{Timestamp, nanos};
use hdrhistogram::Histogram;
use std::time::Duration;

/// One bucket: intents by when they began (`offered`) and when they ended (the rest).
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Bucket {
    /// When it begins.
    pub start: Timestamp,
    /// Intents begun.
    pub offered: u64,
    /// Answered well and in time.
    pub served: u64,
    /// Failed.
    pub failed: u64,
    /// Why.
    pub causes: ByCause,
    /// Sum of the latencies of those served, in ns.
    pub latency_ns: u64,
    /// The longest of them.
    pub latency_max_ns: u64,
    /// The 99th percentile of them, to a sixteenth of its size.
    pub latency_p99_ns: u64,
}

/// The latencies of intents served, over the whole run, in ms.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Latency {
    /// The exact mean.
    pub mean_ms: f64,
    /// The median.
    pub p50_ms: f64,
    /// The 99th percentile.
    pub p99_ms: f64,
    /// The longest.
    pub max_ms: f64,
}

/// A histogram with sixteen steps to each doubling, for the bucket of now.
const STEPS: usize = 512;

/// Longer latencies count as this one: 50 days.
const LONGEST_US: u64 = 1 << 42;

/// All buckets, and the latencies of the whole run.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Series {
    length: u64,
    buckets: Vec<Bucket>,
    current: Bucket,
    ends: u64,
    steps: Vec<u32>,
    total_ns: u128,
    latencies: Histogram<u64>,
}

impl Series {
    pub(super) fn new(length: Duration) -> Self {
        let length = nanos(length).max(1);
        Self {
            length,
            buckets: Vec::new(),
            current: Bucket::default(),
            ends: length,
            steps: vec![0; STEPS],
            total_ns: 0,
            // It grows with the longest latency: a world in which nobody waited long is small to copy.
            latencies: Histogram::new(3).unwrap_or_else(|_| unreachable!("three digits are within one to five")),
        }
    }
    /// Buckets without anybody are left out.
    fn at(&mut self, now: Timestamp) -> &mut Bucket {
        if now.0 >= self.ends {
            self.close();
            let start = now.0 - now.0 % self.length;
            self.ends = start.saturating_add(self.length);
            self.current = Bucket { start: Timestamp(start), ..Bucket::default() };
        }
        &mut self.current
    }
    fn close(&mut self) {
        self.buckets.extend(self.with_percentile());
        self.steps.fill(0);
    }
    fn with_percentile(&self) -> Option<Bucket> {
        let mut bucket = self.current;
        let mut above = bucket.served / 100;
        for (step, count) in self.steps.iter().enumerate().rev() {
            if u64::from(*count) > above {
                bucket.latency_p99_ns = top(step).min(bucket.latency_max_ns);
                break;
            }
            above -= u64::from(*count);
        }
        (bucket.offered + bucket.served + bucket.failed > 0).then_some(bucket)
    }
    pub(super) fn offered(&mut self, now: Timestamp) {
        self.at(now).offered += 1;
    }
    pub(super) fn failed(&mut self, now: Timestamp, cause: Cause) {
        let bucket = self.at(now);
        bucket.failed += 1;
        bucket.causes[cause as usize] += 1;
    }
    pub(super) fn served(&mut self, now: Timestamp, latency_ns: u64) {
        let bucket = self.at(now);
        bucket.served += 1;
        bucket.latency_ns += latency_ns;
        bucket.latency_max_ns = bucket.latency_max_ns.max(latency_ns);
        self.steps[step(latency_ns)] += 1;
        self.total_ns += u128::from(latency_ns);
        let recorded = self.latencies.record((latency_ns / 1000).min(LONGEST_US));
        recorded.unwrap_or_else(|_| unreachable!("a histogram that grows takes every latency"));
    }
    pub(super) fn buckets(&self) -> Vec<Bucket> {
        self.buckets.iter().copied().chain(self.with_percentile()).collect()
    }
    /// The sum of all latencies.
    #[cfg(test)]
    pub(super) fn total_ns(&self) -> u128 {
        self.total_ns
    }
    pub(super) fn latency(&self) -> Latency {
        let ms = |us: u64| us as f64 / 1000.0;
        Latency {
            mean_ms: self.total_ns as f64 / 1e6 / self.latencies.len().max(1) as f64,
            p50_ms: ms(self.latencies.value_at_quantile(0.5)),
            p99_ms: ms(self.latencies.value_at_quantile(0.99)),
            max_ms: ms(self.latencies.max()),
        }
    }
}

/// The step of a latency: sixteen for each doubling of a microsecond.
fn step(ns: u64) -> usize {
    let us = (ns / 1000).max(16);
    let doublings = us.ilog2() - 4;
    // The top five bits, without the first.
    let within = (us >> doublings) & 15;
    ((u64::from(doublings) * 16 + within) as usize).min(STEPS - 1)
}

/// The end of a step, in ns.
fn top(step: usize) -> u64 {
    (((step as u64 & 15) + 17) << (step / 16)) * 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_knows_its_percentile_to_a_sixteenth() {
        let mut series = Series::new(Duration::from_secs(300));
        for ms in 1..=1000 {
            series.offered(Timestamp::from_secs(1));
            series.served(Timestamp::from_secs(1), ms * 1_000_000);
        }
        series.failed(Timestamp::from_secs(700), Cause::Late);
        let buckets = series.buckets();
        assert_eq!(buckets.len(), 2, "one without anybody is left out");
        assert_eq!((buckets[0].offered, buckets[0].served, buckets[1].failed), (1000, 1000, 1));
        assert_eq!(buckets[1].causes[Cause::Late as usize], 1);
        assert_eq!(buckets[1].start, Timestamp::from_secs(600));
        let p99 = buckets[0].latency_p99_ns as f64 / 990e6;
        assert!((1.0..1.0 + 1.0 / 16.0).contains(&p99), "{p99}");
        assert_eq!(series.latency().mean_ms, 500.5);
    }
}
