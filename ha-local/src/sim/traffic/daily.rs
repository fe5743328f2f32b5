//! A day's curve: hour by hour, straight between.

use std::time::Duration;

/// A curve that repeats each day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Daily {
    /// The most, a second.
    pub peak: f64,
    /// When that is.
    pub peak_at: Duration,
    /// The least, as a share of the peak.
    pub trough: f64,
}

impl Default for Daily {
    fn default() -> Self {
        Self { peak: 0.0, peak_at: Duration::from_secs(20 * 3600), trough: 0.25 }
    }
}

pub(super) const HOUR: u64 = 3_600_000_000_000;
const DAY: u64 = 24 * HOUR;

/// The day in percent of the way from its trough to its peak, from the hour of the peak on: a steep evening, the least
/// eight hours after the peak, a broad day. Ours, drawn after the daily shape of public web traces.
const CURVE: [f64; 24] = [
    100.0, 95.0, 80.0, 60.0, 40.0, 23.0, 11.0, 3.0, 0.0, 4.0, 15.0, 31.0, 47.0, 59.0, 67.0, 71.0, 73.0, 72.0, 69.0,
    68.0, 69.0, 73.0, 83.0, 93.0,
];

impl Daily {
    /// How many a second at this instant of the run, whose zero is midnight.
    pub fn rate(&self, at: u64) -> f64 {
        let since_peak = self.since_peak(at);
        let hour = usize::try_from(since_peak / HOUR).unwrap_or(0) % 24;
        let within = (since_peak % HOUR) as f64 / HOUR as f64;
        let height = (CURVE[hour] + (CURVE[(hour + 1) % 24] - CURVE[hour]) * within) / 100.0;
        self.peak * (self.trough + (1.0 - self.trough) * height)
    }
    /// The next instant after this one at which the curve has a corner.
    pub fn next_corner(&self, after: u64) -> u64 {
        after.saturating_add(HOUR - self.since_peak(after) % HOUR)
    }
    fn since_peak(&self, at: u64) -> u64 {
        let peak_at = ha_core::time::nanos(self.peak_at) % DAY;
        (at % DAY + DAY - peak_at) % DAY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_has_its_peak_and_its_trough_where_it_says() {
        let daily = Daily { peak: 100.0, ..Daily::default() };
        let at = |hour: u64| daily.rate(hour * HOUR);
        assert_eq!((at(20), at(4), at(44)), (100.0, 25.0, 100.0));
        assert!((0..=24).all(|hour| (25.0..=100.0).contains(&at(hour))));
        assert_eq!(daily.rate(4 * HOUR + HOUR / 2), f64::midpoint(at(4), at(5)));
        let early = Daily { peak_at: Duration::from_secs(12 * 3600), ..daily };
        assert_eq!((early.rate(12 * HOUR), early.rate(20 * HOUR)), (100.0, 25.0));
    }

    #[test]
    fn corners_are_at_the_hours_of_the_curve() {
        let daily = Daily { peak_at: Duration::from_secs(20 * 3600 + 1800), ..Daily::default() };
        assert_eq!(daily.next_corner(0), HOUR / 2);
        assert_eq!(daily.next_corner(HOUR / 2), HOUR + HOUR / 2);
    }
}
