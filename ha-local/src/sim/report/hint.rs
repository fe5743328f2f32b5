//! The first fix that would help: rules from why intents failed in the worst dip; where none fits, nothing is said.

use super::{Bucket, Dip, Report, show};
use crate::sim::{engine::trace::Lane, plane::Cause};
use std::{collections::BTreeMap, time::Duration};

/// From this load on requests wait for each other so long that some come too late.
const BUSY: f64 = 0.8;

/// Causes that one fix ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Trouble {
    Waiting,
    Nobody,
    Gone,
    Errors,
    Names,
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
            Cause::NoAddress | Cause::DnsTimeout => Self::Names,
            Cause::Unreachable => Self::Addresses,
            Cause::BalancerError => Self::Balancer,
        }
    }
}

/// The first fix, for the dip with the most failures and the trouble behind at least half of its failures.
pub(super) fn first_fix(report: &Report) -> Option<String> {
    let dip = report.dips().into_iter().max_by_key(|dip| dip.failed)?;
    let (_, inside) = around(report, &dip);
    let mut troubles: BTreeMap<Trouble, u64> = BTreeMap::new();
    for bucket in inside {
        for (cause, failed) in Cause::ALL.iter().zip(bucket.causes) {
            *troubles.entry(Trouble::of(*cause)).or_default() += failed;
        }
    }
    let (trouble, failed) = troubles.into_iter().max_by_key(|(_, count)| *count)?;
    if failed == 0 || failed * 2 < dip.failed {
        return None;
    }
    match trouble {
        Trouble::Waiting => slow_release(report, &dip).or_else(|| match load(report, inside) >= BUSY {
            true => overload(report, &dip),
            false => undetected(report, &dip),
        }),
        Trouble::Nobody => Some(
            "Nobody was there to answer: more instances in more zones, so that no single loss takes all of them."
                .into(),
        ),
        Trouble::Gone => undetected(report, &dip),
        Trouble::Errors => bad_release(report, &dip),
        Trouble::Names => Some(
            "The name was not answered for: a longer DNS TTL (an alias has its provider's own), so that resolvers go on \
             with what they know while the name servers are away."
                .into(),
        ),
        Trouble::Addresses => gone_address(report, &dip),
        Trouble::Balancer => Some(
            "The balancer itself answered with errors: a second one under the same name, with failover by DNS.".into(),
        ),
    }
}

/// How busy those that were ready were at most, if all of them shared what users wanted: 1 is all they can do.
fn load(report: &Report, buckets: &[Bucket]) -> f64 {
    let can = |bucket: &Bucket| f64::from(bucket.ready) * report.per_instance * report.series.bucket_s;
    buckets.iter().map(|bucket| bucket.offered as f64 / can(bucket).max(1e-9)).fold(0.0, f64::max)
}

/// What happened from what a dip follows until a while after its end.
fn found_out<'a>(report: &'a Report, dip: &Dip, word: &'a str) -> Option<Duration> {
    let struck = report.events.get(dip.event?)?.at;
    let until = dip.until + Duration::from_secs_f64(report.series.bucket_s);
    let meanwhile = report.events.iter().filter(|event| event.at >= struck && event.at <= until);
    let last = meanwhile.filter(|event| event.what.contains(word)).map(|event| event.at).max()?;
    Some(last.since(struck))
}

/// Requests went on to instances that were gone, until checks found it out; and that was all.
fn undetected(report: &Report, dip: &Dip) -> Option<String> {
    let led = report.events.get(dip.event?)?;
    if led.lane != Lane::Fault || led.what.contains("release") {
        return None;
    }
    let after = found_out(report, dip, "taken out")?;
    (dip.until.since(led.at) <= after + Duration::from_secs_f64(2.0 * report.series.bucket_s)).then(|| {
        format!(
            "For {} requests went on to instances that were gone, until their checks had failed often enough: a \
             shorter interval of the balancer's health check, or fewer failures before a target is taken out.",
            show::lasting(after)
        )
    })
}

fn slow_release(report: &Report, dip: &Dip) -> Option<String> {
    let led = &report.events.get(dip.event?)?.what;
    led.contains("release").then(|| {
        "The new release was too slow for the load: `max_latency` in the gate rejects it at its first batch.".into()
    })
}

/// Too little capacity for the load: either less of the one, or more of the other than before.
fn overload(report: &Report, dip: &Dip) -> Option<String> {
    let led = dip.event.and_then(|event| report.events.get(event));
    let (before, inside) = around(report, dip);
    let ready = |buckets: &[Bucket]| buckets.iter().map(|bucket| bucket.ready).min();
    let offered = |buckets: &[Bucket]| buckets.iter().map(|bucket| bucket.offered).max();
    let (ready_before, ready_inside) = (ready(before)?, ready(inside)?);
    let (load_before, load_inside) = (offered(before)?, offered(inside)?);
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
            "Users met a release that answers with errors: a smaller first batch (`surge` and `batch`) and a longer bake \
             time before the next one let fewer of them meet it."
                .into()
        })
    }
}

/// Some of the addresses that a name answered with did not answer, and were taken out: until then users went on trying.
fn gone_address(report: &Report, dip: &Dip) -> Option<String> {
    let after = found_out(report, dip, "dead by checks")?;
    let long = dip.until.since(dip.from).max(after);
    Some(format!(
        "For {} users went on trying addresses that did not answer: a shorter DNS TTL (an alias has its provider's own) \
         lets resolvers forget them sooner.",
        show::lasting(long)
    ))
}

#[cfg(test)]
mod tests {
    use super::super::{Occurrence, Report, sample};
    use super::first_fix;
    use crate::sim::{engine::trace::Lane, plane::Cause};
    use ha_core::time::Timestamp;

    fn failing(by: Cause) -> Report {
        let mut report = sample::minutes(&[0, 0, 0, 40, 30, 0, 0, 0, 0, 0, 0, 0], Some(3));
        report.series.buckets.iter_mut().for_each(|bucket| bucket.causes = sample::by(by, bucket.failed));
        report
    }

    fn told(report: &mut Report, at: u64, what: &str) {
        let told = Occurrence::root(Timestamp::from_secs(at), Lane::Provider, what.to_owned());
        report.events.push(Occurrence { after: Some(0), ..told });
    }

    #[test]
    fn a_full_queue_after_lost_capacity_asks_for_a_larger_pool() {
        let mut report = failing(Cause::QueueFull);
        assert_eq!(first_fix(&report), None, "neither capacity nor load changed");
        report.series.buckets[3].ready = 5;
        assert_eq!(first_fix(&report), None, "five had time to spare");
        report.series.buckets[3].ready = 4;
        assert!(first_fix(&report).unwrap().contains("4 of 6 ready instances"));
    }

    #[test]
    fn a_full_queue_in_a_crowd_names_the_crowd() {
        let mut report = failing(Cause::QueueFull);
        report.series.buckets[4].offered = 300;
        assert!(first_fix(&report).unwrap().contains("3.0 times"));
    }

    #[test]
    fn endpoints_out_of_reach_point_to_the_addresses() {
        let mut report = failing(Cause::Unreachable);
        assert_eq!(first_fix(&report), None, "nobody else was there to be answered with");
        told(&mut report, 240, "answers of shop.example: balancer front in zone a is dead by checks");
        assert!(first_fix(&report).unwrap().contains("For 2m users went on trying"));
        assert!(first_fix(&failing(Cause::DnsTimeout)).unwrap().contains("a longer DNS TTL"));
    }

    #[test]
    fn time_outs_until_the_checks_have_failed_point_to_the_checks() {
        let mut report = failing(Cause::TimedOut);
        assert_eq!(first_fix(&report), None);
        told(&mut report, 198, "instance web-1 is taken out by balancer front: checks fail");
        assert!(first_fix(&report).unwrap().contains("For 18s requests went on"), "{:?}", first_fix(&report));
    }

    #[test]
    fn errors_point_to_a_release_only_if_there_was_one() {
        let mut report = failing(Cause::ServerError);
        assert_eq!(first_fix(&report), None);
        report.events[0].what = "a bad release of web is asked for".into();
        assert!(first_fix(&report).unwrap().contains("smaller first batch"));
        report.events[0].what = "the release in service of pool web turns bad".into();
        assert!(first_fix(&report).unwrap().contains("only another release"));
        report.series.buckets.iter_mut().for_each(|bucket| bucket.causes = sample::by(Cause::Late, bucket.failed));
        assert!(first_fix(&report).unwrap().contains("max_latency"));
    }

    #[test]
    fn of_many_causes_none_is_blamed() {
        let mut report = failing(Cause::QueueFull);
        report.series.buckets[3].causes = sample::by(Cause::ServerError, 30);
        report.series.buckets[3].causes[Cause::NoTarget as usize] = 10;
        report.series.buckets[3].ready = 4;
        assert_eq!(first_fix(&report), None);
    }
}
