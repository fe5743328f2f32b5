//! A server: so many places, a bounded queue, its condition, and how much it was used.

use super::{Condition, Measured, ServerConfig, ServerSpec, attempts::NONE};
use ha_core::{
    name::{PoolName, Release},
    time::{Timestamp, nanos},
};
use std::time::Duration;

/// A server.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Server {
    pub key: u64,
    pub zone: u8,
    /// The number of its workload.
    pub work: u16,
    /// The number of its readings.
    pub readings: u16,
    pub concurrency: u32,
    pub bound: u32,
    pub condition: Condition,
    /// Nothing is wrong with it that a request would meet.
    pub well: bool,
    pub gone: bool,
    pub draining: bool,
    pub busy: u32,
    pub waiting: u32,
    pub head: u32,
    pub tail: u32,
    /// The length of the queue from which on a check does not pass, as of the last check.
    pub alarm: u32,
    pub timeout: u64,
    pub usage: Usage,
}

impl Server {
    pub(super) fn new(spec: &ServerSpec, config: &ServerConfig, work: u16, readings: u16) -> Self {
        Self {
            key: spec.key,
            zone: spec.zone,
            work,
            readings,
            concurrency: config.concurrency.max(1),
            bound: config.queue,
            condition: Condition::WELL,
            well: true,
            gone: false,
            draining: false,
            busy: 0,
            waiting: 0,
            head: NONE,
            tail: NONE,
            alarm: NONE,
            timeout: u64::MAX,
            usage: Usage::default(),
        }
    }
    pub(super) fn set(&mut self, condition: Condition) {
        self.condition = condition;
        let Condition { up, silent: _, frozen, isolated, ready: _, errors, slow, above_load: _, loss, delay_ns } =
            condition;
        self.well = up && !frozen && !isolated && errors == 0 && slow == 1000 && loss == 0 && delay_ns == 0;
    }
    pub(super) fn in_flight(&self) -> u32 {
        self.busy + self.waiting
    }
    /// Whether faults that strike only above some load strike now.
    pub(super) fn strained(&self) -> bool {
        self.condition.above_load == 0 || self.usage.share * 1000.0 > f64::from(self.condition.above_load)
    }
    /// The length of the queue from which on a check with this time-out does not pass, at this mean service time.
    pub(super) fn alarm_for(&self, mean_ns: f64, timeout: u64) -> u32 {
        let each = mean_ns * f64::from(self.condition.slow) / 1000.0 / f64::from(self.concurrency);
        let within = timeout as f64 / each.max(1.0);
        // A float becomes the nearest number that fits.
        (within as u32).min(self.bound)
    }
    pub(super) fn alarmed(&self) -> bool {
        self.busy >= self.concurrency && self.waiting >= self.alarm
    }
    pub(super) fn touch(&mut self, now: u64) {
        self.usage.touch(now, self.busy, self.concurrency);
    }
}

/// How long usage is averaged.
const WINDOW: u64 = 15_000_000_000;

/// The share of the places in use, over windows of equal length.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub(super) struct Usage {
    start: u64,
    since: u64,
    busy_ns: u64,
    /// In the last whole window.
    pub share: f64,
}

impl Usage {
    /// So many places were in use since the last call.
    pub(super) fn touch(&mut self, now: u64, busy: u32, places: u32) {
        let end = self.start + WINDOW;
        if now < end {
            self.busy_ns += u64::from(busy) * (now - self.since);
        } else {
            self.busy_ns += u64::from(busy) * (end - self.since);
            let passed = (now - end) / WINDOW;
            let share = if passed > 0 { u64::from(busy) * WINDOW } else { self.busy_ns };
            self.share = share as f64 / (WINDOW as f64 * f64::from(places));
            self.start = end + passed * WINDOW;
            self.busy_ns = u64::from(busy) * (now - self.start);
        }
        self.since = now;
    }
}

/// How many minutes are kept.
const MINUTES: u64 = 16;
const MINUTE: u64 = 60_000_000_000;

/// What the servers of one release of a pool answered, minute by minute.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Readings {
    pub pool: PoolName,
    pub release: Release,
    minutes: [(u64, Measured); MINUTES as usize],
}

impl Readings {
    pub(super) fn new(pool: PoolName, release: Release) -> Self {
        Self { pool, release, minutes: [(0, Measured::default()); MINUTES as usize] }
    }
    pub(super) fn add(&mut self, now: u64, latency_ns: u64, failed: bool) {
        let minute = now / MINUTE;
        let (of, measured) = &mut self.minutes[(minute % MINUTES) as usize];
        if *of != minute {
            (*of, *measured) = (minute, Measured::default());
        }
        measured.requests += 1;
        measured.errors += u64::from(failed);
        measured.latency_ns += latency_ns;
    }
    pub(super) fn over(&self, over: Duration, now: Timestamp) -> Measured {
        let (first, last) = (now.0.saturating_sub(nanos(over)) / MINUTE, now.0 / MINUTE);
        let first = first.max((last + 1).saturating_sub(MINUTES));
        let mut sum = Measured::default();
        for (_, measured) in self.minutes.iter().filter(|(minute, _)| (first..=last).contains(minute)) {
            sum.requests += measured.requests;
            sum.errors += measured.errors;
            sum.latency_ns += measured.latency_ns;
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_is_the_share_of_places_in_the_last_whole_window() {
        let mut usage = Usage::default();
        usage.touch(WINDOW / 2, 1, 2);
        usage.touch(WINDOW * 3 / 2, 2, 2);
        assert_eq!(usage.share, 0.75, "one of two for half of it, two for the rest");
        usage.touch(WINDOW * 9 / 2, 1, 2);
        assert_eq!(usage.share, 0.5, "nothing changed for whole windows");
    }

    #[test]
    fn readings_reach_back_as_far_as_asked_and_no_further_than_fifteen_minutes() {
        let mut readings = Readings::new("web".into(), "1".into());
        for minute in 0..60 {
            readings.add(minute * MINUTE, 5, minute == 59);
        }
        let now = Timestamp(59 * MINUTE + 1);
        assert_eq!(readings.over(Duration::from_secs(120), now).requests, 3);
        assert_eq!(readings.over(Duration::from_secs(120), now).errors, 1);
        assert_eq!(readings.over(Duration::from_secs(36_000), now).requests, 16);
        assert_eq!(readings.over(Duration::from_secs(120), now + Duration::from_secs(3600)).requests, 0);
    }
}
