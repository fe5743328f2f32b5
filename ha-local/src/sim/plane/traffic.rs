//! When users come: segments of time with a rate or a count, walked by a cursor that is plain data.

use crate::sim::{
    engine::draw::as_exponential,
    traffic::{Arrivals, Segment},
};
use ha_core::time::{Timestamp, nanos};
use std::{sync::Arc, time::Duration};

/// A stream of users to one name.
#[derive(Clone, Debug, PartialEq)]
pub struct Traffic {
    /// Names it in draws.
    pub key: u64,
    /// In the order of time.
    pub segments: Arc<[Segment]>,
}

/// Where a stream is.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Cursor {
    segments: Arc<[Segment]>,
    segment: usize,
    /// When the last one came, or this segment began.
    from: u64,
    /// How many have come in this segment.
    come: u64,
}

impl Cursor {
    pub(super) fn new(segments: Arc<[Segment]>) -> Self {
        let from = segments.first().map_or(0, |segment| segment.start.0);
        Self { segments, segment: 0, from, come: 0 }
    }
    /// How much of it is unknown.
    pub(super) fn unknown(&self) -> Duration {
        let unknown = self.segments.iter().filter(|segment| segment.arrivals == Arrivals::Unknown);
        unknown.map(|segment| segment.length).sum()
    }
    /// When the next one comes: these bits are the only chance in it. `None`: nobody comes any more.
    pub(super) fn next(&mut self, bits: u64) -> Option<Timestamp> {
        // What a Poisson stream of rate one would wait.
        let mut wait = as_exponential(bits);
        while let Some(segment) = self.segments.get(self.segment) {
            if let Some(at) = self.within(*segment, &mut wait) {
                self.from = at;
                self.come += 1;
                return Some(Timestamp(at));
            }
            self.segment += 1;
            self.come = 0;
            self.from = self.segments.get(self.segment).map_or(self.from, |next| next.start.0);
        }
        None
    }
    /// When the next one comes in this segment; what was waited in vain is taken off `wait`.
    fn within(&self, segment: Segment, wait: &mut f64) -> Option<u64> {
        let length = nanos(segment.length);
        let end = segment.start.0.saturating_add(length);
        let left = end.saturating_sub(self.from) as f64 / 1e9;
        let after = match segment.arrivals {
            Arrivals::Unknown => None,
            Arrivals::Rate(rate) => along(rate, rate, left, wait),
            Arrivals::Linear(first, last) => {
                let now = first + (last - first) * (1.0 - left * 1e9 / length.max(1) as f64);
                along(now, last, left, wait)
            }
            Arrivals::Even(rate) => {
                let at = (self.come as f64 + 0.5) / rate - (self.from - segment.start.0) as f64 / 1e9;
                (at < left).then_some(at)
            }
            // The first of so many uniform instants of what is left.
            Arrivals::Count(count) if self.come < count => {
                Some(left * share_passed(*wait / (count - self.come) as f64))
            }
            Arrivals::Count(_) => None,
        }?;
        Some(self.from + (after.max(0.0) * 1e9) as u64)
    }
}

/// 1 - exp(-t); by its series where that is exact to twelve digits and much faster.
fn share_passed(t: f64) -> f64 {
    if t > 0.01 {
        return -libm::expm1(-t);
    }
    t * (1.0 - t / 2.0 * (1.0 - t / 3.0 * (1.0 - t / 4.0 * (1.0 - t / 5.0))))
}

/// When a stream whose rate goes from `first` to `last` has waited enough; if not before the end, what is still to wait.
fn along(first: f64, last: f64, left: f64, wait: &mut f64) -> Option<f64> {
    let area = (first + last) / 2.0 * left;
    if *wait >= area {
        *wait -= area;
        return None;
    }
    let slope = (last - first) / left;
    Some(2.0 * *wait / (first + libm::sqrt((first * first + 2.0 * slope * *wait).max(0.0))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::engine::draw::{Purpose, Seed};

    fn all(arrivals: &[Arrivals], seconds: u64) -> Vec<f64> {
        let length = Duration::from_secs(seconds);
        let segments = arrivals
            .iter()
            .zip(0..)
            .map(|(arrivals, nth)| Segment { start: Timestamp::from_secs(nth * seconds), length, arrivals: *arrivals })
            .collect();
        let (mut cursor, draws) = (Cursor::new(segments), Seed(3).draws(Purpose::Arrival, 1));
        (0..).map_while(|nth| cursor.next(draws.bits(nth))).map(|at| at.0 as f64 / 1e9).collect()
    }

    #[test]
    fn a_counted_segment_has_exactly_its_count() {
        let found = all(&[Arrivals::Count(1000), Arrivals::Unknown, Arrivals::Count(3), Arrivals::Count(0)], 60);
        assert_eq!(found.iter().filter(|at| **at < 60.0).count(), 1000);
        assert_eq!(found.iter().filter(|at| (120.0..180.0).contains(*at)).count(), 3);
        assert_eq!(found.len(), 1003);
        let mean = found[..1000].iter().sum::<f64>() / 1000.0;
        // Four standard errors of the mean of 1000 uniform instants.
        assert!((mean - 30.0).abs() < 4.0 * 17.32 / 31.6, "{mean}");
    }

    #[test]
    fn a_rate_may_change_linearly() {
        let found = all(&[Arrivals::Linear(0.0, 200.0), Arrivals::Rate(200.0)], 100);
        let first = found.iter().filter(|at| **at < 100.0).count() as f64;
        let early = found.iter().filter(|at| **at < 50.0).count() as f64;
        assert!((first - 10_000.0).abs() < 4.0 * 100.0, "{first}");
        assert!((early - 2500.0).abs() < 4.0 * 50.0, "{early}");
        assert!((found.len() as f64 - 30_000.0).abs() < 4.0 * 173.2, "{}", found.len());
        assert!(found.is_sorted());
    }

    #[test]
    fn even_arrivals_are_even() {
        assert_eq!(all(&[Arrivals::Even(0.5)], 8), [1.0, 3.0, 5.0, 7.0]);
    }
}
