//! The first fix that would help: simple rules from why intents failed; where none fits, nothing is said.

use super::{Bucket, Dip, Report, show};
use crate::sim::{engine::trace::Lane, plane::Cause};
use std::{collections::BTreeMap, time::Duration};

/// Causes that one fix ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Trouble {
    Waiting,
    Nobody,
    Gone,
    Errors,
    Addresses,
    Balancer,
}

impl Trouble {
    fn of(cause: Cause) -> Self {
        match cause {
            Cause::QueueFull | Cause::TimedOut | Cause::Late => Self::Waiting,
            Cause::NoTarget => Self::Nobody,
            Cause::TargetLost | Cause::TargetTimeout => Self::Gone,
            Cause::ServerError => Self::Errors,
            Cause::NoAddress | Cause::DnsTimeout | Cause::Unreachable => Self::Addresses,
            Cause::BalancerError => Self::Balancer,
        }
    }
}

/// The first fix, for the dip with the most failures and the trouble behind at least half of all failures.
pub(super) fn first_fix(report: &Report) -> Option<String> {
    let dip = report.dips().into_iter().max_by_key(|dip| dip.failed)?;
    let mut troubles: BTreeMap<Trouble, u64> = BTreeMap::new();
    for cause in Cause::ALL {
        *troubles.entry(Trouble::of(cause)).or_default() += report.failures.get(cause.word()).copied().unwrap_or(0);
    }
    let (trouble, failed) = troubles.into_iter().max_by_key(|(_, count)| *count)?;
    if failed == 0 || failed * 2 < report.intents.failed {
        return None;
    }
    match trouble {
        Trouble::Waiting => undetected(report, &dip).or_else(|| overload(report, &dip)),
        Trouble::Nobody => Some(
            "Nobody was there to answer: more instances in more zones, so that no single loss takes all of them."
                .into(),
        ),
        Trouble::Gone => undetected(report, &dip),
        Trouble::Errors => bad_release(report, &dip),
        Trouble::Addresses => Some(gone_address(&dip)),
        Trouble::Balancer => Some(
            "The balancer itself answered with errors: a second one under the same name, with failover by DNS.".into(),
        ),
    }
}

/// Requests went on to instances that were gone, until checks found it out; and that was all.
fn undetected(report: &Report, dip: &Dip) -> Option<String> {
    let led = report.events.get(dip.event?)?;
    if led.lane != Lane::Fault || led.what.contains("release") {
        return None;
    }
    let struck = led.at;
    let until = dip.until + Duration::from_secs_f64(report.series.bucket_s);
    let found_out = report.events.iter().filter(|event| event.at >= struck && event.at <= until);
    let last = found_out.filter(|event| event.what.contains("taken out")).map(|event| event.at).max()?;
    let after = last.since(struck);
    (dip.until.since(struck) <= after + Duration::from_secs_f64(2.0 * report.series.bucket_s)).then(|| {
        format!(
            "For {} requests went on to instances that were gone, until their checks had failed often enough: a \
             shorter interval of the balancer's health check, or fewer failures before a target is taken out.",
            show::lasting(after)
        )
    })
}

/// Too little capacity for the load: either less of the one, or more of the other than before.
fn overload(report: &Report, dip: &Dip) -> Option<String> {
    let led = dip.event.and_then(|event| report.events.get(event));
    if led.is_some_and(|event| event.what.contains("release")) {
        let fix = "The new release was too slow for the load: `max_latency` in the gate rejects it at its first batch.";
        return Some(fix.into());
    }
    let (before, inside) = around(report, dip);
    let ready = |buckets: &[Bucket]| buckets.iter().map(|bucket| bucket.ready).min();
    let load = |buckets: &[Bucket]| buckets.iter().map(|bucket| bucket.offered).max();
    let (ready_before, ready_inside) = (ready(before)?, ready(inside)?);
    let (load_before, load_inside) = (load(before)?, load(inside)?);
    let crowd = led.is_some_and(|event| event.lane == Lane::Users);
    if ready_inside < ready_before && !crowd {
        Some(format!(
            "Capacity fell to {ready_inside} of {ready_before} ready instances and the rest could not keep up: a \
             larger pool, so that those left after such a loss carry the load by themselves."
        ))
    } else if load_inside as f64 > load_before as f64 * 1.3 {
        let times = load_inside as f64 / load_before.max(1) as f64;
        Some(format!("The load rose to {times:.1} times that of the hour before: a larger pool before it comes."))
    } else {
        None
    }
}

/// The buckets of the hour before a dip, and those of the dip.
fn around<'a>(report: &'a Report, dip: &Dip) -> (&'a [Bucket], &'a [Bucket]) {
    let series = &report.series;
    let end = series.buckets.len();
    let (from, until) = (series.bucket_of(dip.from).min(end), series.bucket_of(dip.until).min(end));
    let hour = (3600.0 / series.bucket_s.max(1.0)) as usize;
    (&series.buckets[from.saturating_sub(hour)..from], &series.buckets[from..until.max(from)])
}

fn bad_release(report: &Report, dip: &Dip) -> Option<String> {
    let what = &report.events.get(dip.event?)?.what;
    if what.contains("turns bad") {
        Some("What was in service turned bad by itself: no gate sees that; only another release ends it.".into())
    } else {
        what.contains("release").then(|| {
            "Users met a release that answers with errors: a smaller first batch and a longer bake time before the \
             next one let fewer of them meet it."
                .into()
        })
    }
}

fn gone_address(dip: &Dip) -> String {
    let long = dip.until.since(dip.from);
    format!(
        "For {} users went on trying addresses that did not answer: a shorter DNS TTL and faster health checks take \
         them out sooner.",
        show::lasting(long)
    )
}

#[cfg(test)]
mod tests {
    use super::super::{Occurrence, Report, sample};
    use super::first_fix;
    use crate::sim::engine::trace::Lane;
    use ha_core::time::Timestamp;

    fn failing(by: &str) -> Report {
        let mut report = sample::minutes(&[0, 0, 0, 40, 30, 0, 0, 0, 0, 0, 0, 0], Some(3));
        report.failures = [(by.to_owned(), 70)].into();
        report
    }

    #[test]
    fn a_full_queue_after_lost_capacity_asks_for_a_larger_pool() {
        let mut report = failing("queue_full");
        assert_eq!(first_fix(&report), None, "neither capacity nor load changed");
        report.series.buckets[3].ready = 4;
        assert!(first_fix(&report).unwrap().contains("4 of 6 ready instances"));
    }

    #[test]
    fn a_full_queue_in_a_crowd_names_the_crowd() {
        let mut report = failing("queue_full");
        report.series.buckets[4].offered = 300;
        assert!(first_fix(&report).unwrap().contains("3.0 times"));
    }

    #[test]
    fn endpoints_out_of_reach_point_to_the_addresses() {
        assert!(first_fix(&failing("unreachable")).unwrap().contains("DNS TTL"));
    }

    #[test]
    fn time_outs_until_the_checks_have_failed_point_to_the_checks() {
        let mut report = failing("timed_out");
        assert_eq!(first_fix(&report), None);
        let at = Timestamp::from_secs(198);
        let what = "instance web-1 is taken out by balancer front: checks fail".to_owned();
        report.events.push(Occurrence { after: Some(0), ..Occurrence::root(at, Lane::Provider, what) });
        assert!(first_fix(&report).unwrap().contains("For 18s requests went on"), "{:?}", first_fix(&report));
    }

    #[test]
    fn errors_point_to_a_release_only_if_there_was_one() {
        let mut report = failing("server_error");
        assert_eq!(first_fix(&report), None);
        report.events[0].what = "a bad release of web is asked for".into();
        assert!(first_fix(&report).unwrap().contains("smaller first batch"));
        report.events[0].what = "the release in service of pool web turns bad".into();
        assert!(first_fix(&report).unwrap().contains("only another release"));
        report.failures = [("queue_full".to_owned(), 70)].into();
        assert!(first_fix(&report).unwrap().contains("max_latency"));
    }

    #[test]
    fn of_many_causes_none_is_blamed() {
        let mut report = failing("queue_full");
        report.failures =
            [("server_error".to_owned(), 30), ("queue_full".to_owned(), 34), ("no_target".to_owned(), 6)].into();
        report.series.buckets[3].ready = 4;
        assert_eq!(first_fix(&report), None);
    }
}
