//! Dips: the stretches in which users fared worse than before, and when that was over.

use super::{Bucket, Occurrence, Report};
use crate::sim::engine::trace::Lane;
use ha_core::time::Timestamp;
use std::time::Duration;

/// A dip is over once users fared as before for this long.
pub const STEADY: Duration = Duration::from_secs(300);

/// No site's level is better than one failure in so many.
const LEAST: f64 = 1e-4;

/// A stretch in which users fared worse than before.
///
/// *Before* is the level: the failing share of the median bucket among those that ended before the first fault and in
/// which an intent ended (of all buckets, if no fault struck), and one in ten thousand at least. A bucket is *down* when more of its intents failed than
/// that level explains: above its mean by more than three standard deviations. Buckets that are down form one dip
/// when less than [`STEADY`] lies between them. Times are exact to a bucket.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Dip {
    /// The start of the first bucket that is down.
    pub from: Timestamp,
    /// The end of the last one.
    pub until: Timestamp,
    /// Whether users fared as before for [`STEADY`] afterwards, or until the end of the run.
    pub recovered: bool,
    /// Intents that ended meanwhile.
    pub ended: u64,
    /// Of these, those that failed.
    pub failed: u64,
    /// The largest failing share of a bucket.
    pub worst: f64,
    /// What it follows, as a number in the report's events: the latest fault or crowd that began before its end.
    pub event: Option<usize>,
}

/// When the first fault struck.
pub(super) fn first_fault(report: &Report) -> Option<Timestamp> {
    report.events.iter().find(|event| event.lane == Lane::Fault).map(|event| event.at)
}

pub(super) fn dips(report: &Report) -> Vec<Dip> {
    let series = &report.series;
    let level = level_before(report);
    let mut dips: Vec<Dip> = Vec::new();
    for index in (0..series.buckets.len()).filter(|index| is_down(&series.buckets[*index], level)) {
        let (from, until) = (series.start(index), series.start(index + 1));
        match dips.last_mut() {
            Some(dip) if from.since(dip.until) < STEADY => dip.until = until,
            Some(_) | None => dips.push(Dip {
                from,
                until,
                recovered: true,
                ended: 0,
                failed: 0,
                worst: 0.0,
                event: blamed(report, until),
            }),
        }
    }
    for dip in &mut dips {
        measure(report, dip);
    }
    dips
}

fn measure(report: &Report, dip: &mut Dip) {
    let series = &report.series;
    let inside = series.bucket_of(dip.from)..series.bucket_of(dip.until).min(series.buckets.len());
    for bucket in series.buckets.get(inside).unwrap_or_default() {
        dip.ended += bucket.ended();
        dip.failed += bucket.failed;
        dip.worst = dip.worst.max(bucket.failing());
    }
    dip.recovered = dip.until.since(Timestamp::ZERO).as_secs_f64() < report.length_s;
}

fn level_before(report: &Report) -> f64 {
    let series = &report.series;
    let before = first_fault(report).map_or(series.buckets.len(), |at| series.bucket_of(at));
    let mut shares: Vec<f64> =
        series.buckets.iter().take(before).filter(|bucket| bucket.ended() > 0).map(Bucket::failing).collect();
    shares.sort_by(f64::total_cmp);
    shares.get(shares.len() / 2).copied().unwrap_or(0.0).max(LEAST)
}

fn is_down(bucket: &Bucket, level: f64) -> bool {
    let expected = bucket.ended() as f64 * level;
    let deviation = (expected * (1.0 - level)).sqrt();
    bucket.failed as f64 > expected + 3.0 * deviation
}

/// The latest fault that users can feel, or crowd of users, before this instant; else the latest fault.
fn blamed(report: &Report, until: Timestamp) -> Option<usize> {
    let before = &report.events[..report.events.partition_point(|event| event.at < until)];
    let is_felt = |event: &Occurrence| match event.lane {
        Lane::Fault => event.felt,
        Lane::Users => event.after.is_none(),
        Lane::Provider | Lane::Loop => false,
    };
    before.iter().rposition(is_felt).or_else(|| before.iter().rposition(|event| event.lane == Lane::Fault))
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn a_dip_lasts_from_the_first_bucket_that_is_down_until_users_fare_as_before() {
        let report = sample::minutes(&[0, 0, 0, 40, 10, 0, 5, 0, 0, 0, 0, 0, 0], Some(3));
        let dips = report.dips();
        assert_eq!(dips.len(), 1, "a pause of one minute does not end a dip");
        assert_eq!((dips[0].from, dips[0].until), (Timestamp::from_secs(180), Timestamp::from_secs(420)));
        assert_eq!((dips[0].failed, dips[0].worst), (55, 0.4));
        assert_eq!(report.time_to_recover(), Some(Duration::from_secs(240)));
    }

    #[test]
    fn a_dip_that_reaches_the_end_of_the_run_is_not_recovered() {
        assert_eq!(sample::minutes(&[0, 0, 9, 9], Some(2)).time_to_recover(), None);
    }

    #[test]
    fn a_fault_that_no_user_feels_takes_no_time() {
        assert_eq!(sample::minutes(&[0, 0, 0, 0], Some(2)).time_to_recover(), Some(Duration::ZERO));
        assert_eq!(sample::minutes(&[0, 30, 0, 0, 0, 0, 0, 0, 0], Some(7)).time_to_recover(), Some(Duration::ZERO));
    }

    #[test]
    fn a_site_that_always_fails_a_little_dips_only_when_it_fails_more() {
        let report = sample::minutes(&[10, 9, 11, 10, 12, 60, 10, 9], Some(5));
        let dips = report.dips();
        assert_eq!(dips.len(), 1);
        assert_eq!(dips[0].from, Timestamp::from_secs(300));
    }
}
