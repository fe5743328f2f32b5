//! Traffic as consecutive segments: what an engine draws arrivals from.

use super::{Crowd, Shape, Traffic, daily::HOUR};
use ha_core::time::{Timestamp, nanos};
use std::time::Duration;

/// How many come during a segment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Arrivals {
    /// Independently, this many a second on average.
    Rate(f64),
    /// Independently, at a rate a second that changes linearly from the first to the second.
    Linear(f64, f64),
    /// This many a second, at equal distances.
    Even(f64),
    /// Exactly this many, anywhere in it.
    Count(u64),
    /// Nobody; and it is not known how many there would have been.
    Unknown,
}

/// A piece of time and who comes in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    /// When it begins.
    pub start: Timestamp,
    /// How long it is; above zero.
    pub length: Duration,
    /// Who comes.
    pub arrivals: Arrivals,
}

impl Segment {
    /// The same, counted from another zero.
    pub fn shifted(self, zero: Timestamp) -> Self {
        Self { start: zero + self.start.since(Timestamp::ZERO), ..self }
    }
    /// How many come on average.
    pub fn expected(&self) -> f64 {
        match self.arrivals {
            Arrivals::Rate(rate) | Arrivals::Even(rate) => rate * self.length.as_secs_f64(),
            Arrivals::Linear(from, to) => f64::midpoint(from, to) * self.length.as_secs_f64(),
            Arrivals::Count(count) => count as f64,
            Arrivals::Unknown => 0.0,
        }
    }
}

impl Traffic {
    /// The traffic of a run of this length: segments without a gap between them, from the start of the run to its end. After
    /// the end of a recording all is unknown. Between the corners of curves and crowds, rates change in straight lines.
    pub fn segments(&self, run: Duration) -> Vec<Segment> {
        let end = nanos(run);
        match &self.shape {
            Shape::Recorded(_) => self.counted(end),
            Shape::Constant(_) | Shape::Poisson(_) | Shape::Daily(_) => self.curve(end),
        }
    }

    fn curve(&self, end: u64) -> Vec<Segment> {
        let mut segments = Vec::new();
        let mut start = 0;
        while start < end {
            let corner = match &self.shape {
                Shape::Daily(daily) => daily.next_corner(start),
                // At most an hour, so that every curve can be looked at piece by piece.
                Shape::Constant(_) | Shape::Poisson(_) | Shape::Recorded(_) => start.saturating_add(HOUR),
            };
            let crowds = self.crowds.iter().flat_map(Crowd::corners).filter(|corner| *corner > start);
            let next = crowds.fold(corner.min(end), u64::min);
            // One nanosecond before the next corner belongs to this segment, whatever jumps at the corner.
            let (from, to) = (self.rate(start, start), self.rate(next, next - 1));
            let arrivals = match (&self.shape, from == to) {
                (Shape::Constant(_), true) => Arrivals::Even(from),
                (_, true) => Arrivals::Rate(from),
                (_, false) => Arrivals::Linear(from, to),
            };
            segments.push(segment(start, next, arrivals));
            start = next;
        }
        segments
    }

    /// The rate of the curve at one instant, with the crowds of another.
    fn rate(&self, at: u64, crowds_at: u64) -> f64 {
        let usual = match &self.shape {
            Shape::Constant(rate) | Shape::Poisson(rate) => *rate,
            Shape::Daily(daily) => daily.rate(at),
            Shape::Recorded(_) => 0.0,
        };
        usual * self.scale * self.crowds.iter().map(|crowd| crowd.factor(at, crowds_at)).product::<f64>()
    }

    fn counted(&self, end: u64) -> Vec<Segment> {
        let Some(recording) = self.recording() else { return Vec::new() };
        let step = nanos(recording.step).max(1);
        let mut segments = Vec::with_capacity(recording.counts.len());
        // Whole numbers of users are given out so that what was given never differs from the sum by more than a half.
        let (mut sum, mut given, mut next) = (0.0, 0, 0);
        for (index, count) in &recording.counts {
            let start = nanos(recording.times(*index));
            if start > next {
                segments.push(segment(next, start, Arrivals::Unknown));
            }
            next = start.saturating_add(step);
            sum += count * self.crowds.iter().map(|crowd| crowd.mean_factor(start, next)).product::<f64>();
            let so_far = libm::round(sum * self.scale) as u64;
            segments.push(segment(start, next, Arrivals::Count(so_far - given)));
            given = so_far;
        }
        if end > next {
            segments.push(segment(next, end, Arrivals::Unknown));
        }
        cut(segments, end)
    }
}

fn segment(start: u64, end: u64, arrivals: Arrivals) -> Segment {
    Segment { start: Timestamp(start), length: Duration::from_nanos(end - start), arrivals }
}

/// The segments before `end`; of a count, the part of its step that is left.
fn cut(mut segments: Vec<Segment>, end: u64) -> Vec<Segment> {
    segments.retain(|segment| segment.start.0 < end);
    if let Some(last) = segments.last_mut() {
        let length = last.length.min(Duration::from_nanos(end - last.start.0));
        if let Arrivals::Count(count) = &mut last.arrivals {
            let part = length.as_secs_f64() / last.length.as_secs_f64();
            *count = libm::round(*count as f64 * part) as u64;
        }
        last.length = length;
    }
    segments
}

impl Crowd {
    /// Where its factor begins or ends to change.
    fn corners(&self) -> [u64; 4] {
        let (at, ramp, lasts) = (nanos(self.at), nanos(self.ramp), nanos(self.lasts));
        let full = at.saturating_add(ramp);
        let ebbs = full.saturating_add(lasts);
        [at, full, ebbs, ebbs.saturating_add(ramp)]
    }
    /// The factor at an instant; at a jump, the one of the side on which `side` lies.
    fn factor(&self, at: u64, side: u64) -> f64 {
        let [begins, full, ebbs, ends] = self.corners();
        let within = |from: u64, to: u64| (at.max(from) - from) as f64 / (to - from) as f64;
        let grown = if side < begins || side >= ends {
            0.0
        } else if side < full {
            within(begins, full)
        } else if side < ebbs {
            1.0
        } else {
            1.0 - within(ebbs, ends)
        };
        1.0 + (self.times - 1.0) * grown
    }
    /// The mean factor between two instants.
    fn mean_factor(&self, from: u64, to: u64) -> f64 {
        let mut corners = vec![from];
        corners.extend(self.corners().into_iter().filter(|corner| (from + 1..to).contains(corner)));
        corners.push(to);
        let area = |pair: &[u64]| {
            let ends = self.factor(pair[0], pair[0]) + self.factor(pair[1], pair[1] - 1);
            ends / 2.0 * (pair[1] - pair[0]) as f64
        };
        corners.windows(2).filter(|pair| pair[1] > pair[0]).map(area).sum::<f64>() / (to - from) as f64
    }
}
