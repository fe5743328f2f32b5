//! Made-up reports for the tests of this folder.

use super::{Bucket, Capacity, Intents, Latency, Occurrence, Report, Series};
use crate::sim::{
    engine::trace::Lane::{self, Fault, Loop, Provider, Users},
    plane::{ByCause, Cause},
};
use ha_core::time::Timestamp;

fn event(at: u64, lane: Lane, what: &str, after: Option<usize>) -> Occurrence {
    Occurrence { after, ..Occurrence::root(Timestamp::from_secs(at), lane, what.into()) }
}

fn report(bucket_s: f64, per_instance: f64, buckets: Vec<Bucket>, events: Vec<Occurrence>) -> Report {
    let offered = buckets.iter().map(|bucket| bucket.offered).sum();
    let failed = buckets.iter().map(|bucket| bucket.failed).sum();
    let ready = || buckets.iter().map(|bucket| bucket.ready);
    let intents = Intents { offered, served: offered - failed, failed };
    Report {
        topology: "shop".into(),
        seed: 42,
        trace_hash: "00000000000000aa".into(),
        length_s: bucket_s * buckets.len() as f64,
        unknown_s: 0.0,
        intents,
        failures: if failed == 0 { [].into() } else { [("queue_full".to_owned(), failed)].into() },
        attempts: offered + failed,
        availability: intents.availability(),
        latency_ms: Latency { mean: 48.2, p50: 41.0, p99: 312.0, max: 4870.0 },
        capacity: Capacity { minimum: ready().min().unwrap_or(0), maximum: ready().max().unwrap_or(0) },
        per_instance,
        mutating_calls: 31,
        converged: true,
        not_converged: Vec::new(),
        events,
        records_left_out: 0,
        series: Series { bucket_s, buckets },
    }
}

/// A hundred intents a minute, so many of them failed; perhaps a fault at the start of a minute.
pub(super) fn minutes(failed: &[u64], fault: Option<u64>) -> Report {
    let bucket = |failed: &u64| Bucket {
        offered: 100,
        served: 100 - failed,
        failed: *failed,
        causes: by(Cause::QueueFull, *failed),
        mean_ms: Some(9.0),
        p99_ms: Some(20.0),
        ready: 6,
        most_ready: 6,
    };
    let events = fault.map(|minute| event(minute * 60, Fault, "zone a loses power", None)).into_iter().collect();
    report(60.0, 0.5, failed.iter().map(bucket).collect(), events)
}

/// A day of 26 hours: a crowd in the morning, a release at noon, a bad one at 15:00, a zone lost at 19:30.
pub(super) fn evening() -> Report {
    let buckets: Vec<Bucket> = (0..26 * 60).map(evening_minute).collect();
    let events = vec![
        event(34_200, Users, "a crowd comes: load rises to 2.2 times", None),
        event(43_200, Loop, "release 2026.11.2 of web is asked for", None),
        event(43_230, Loop, "web: bounds 18..=21, release 2026.11.2, batch 3", Some(1)),
        event(43_290, Provider, "web-19 is launched in zone a", Some(2)),
        event(43_290, Provider, "web-20 is launched in zone a", Some(2)),
        event(43_290, Provider, "web-21 is launched in zone a", Some(2)),
        event(45_600, Loop, "web: release 2026.11.2 is stable", Some(2)),
        event(54_000, Fault, "release 2026.11.3 of web is asked for, and it answers 8 % with 5xx", None),
        event(54_030, Loop, "web: bounds 18..=21, release 2026.11.3, batch 3", Some(7)),
        event(54_420, Loop, "web: gate: 7.9 % of 1,204 answers of 2026.11.3 are 5xx, at most 1 %", Some(8)),
        event(54_420, Loop, "web: release 2026.11.3 is rejected; back to 2026.11.2", Some(9)),
        event(70_200, Fault, "zone a loses power", None),
        event(70_200, Provider, "6 instances of web are lost", Some(11)),
        event(70_215, Provider, "front: web-19 fails its checks and is taken out", Some(12)),
        event(70_215, Provider, "front: web-20 fails its checks and is taken out", Some(12)),
        event(70_218, Provider, "front: web-21 fails its checks and is taken out", Some(12)),
        event(70_230, Provider, "shop.example answers without zone a", Some(11)),
        event(70_260, Provider, "web-31 is launched in zone b", Some(12)),
        event(70_260, Provider, "web-32 is launched in zone b", Some(12)),
        event(70_440, Provider, "web is back at 18 ready instances", Some(12)),
        event(79_200, Provider, "zone a has power again", Some(11)),
        event(80_000, Loop, "web: spread over a, b and c again", Some(20)),
    ];
    let mut day = report(60.0, 70.0, buckets, events);
    let crowd = day.intents.failed / 5;
    let rest = day.intents.failed - crowd;
    day.failures = [("target_timeout".to_owned(), crowd), ("queue_full".to_owned(), rest)].into();
    day
}

fn evening_minute(minute: u64) -> Bucket {
    let hour = minute as f64 / 60.0;
    let daily = 430.0 - 320.0 * libm::cos((hour - 4.0) / 24.0 * std::f64::consts::TAU) + 140.0 * bell(hour, 20.0, 1.6);
    let rate = daily + 520.0 * bell(hour, 9.8, 0.25);
    let offered = (rate * 60.0) as u64;
    let ready = match minute {
        720..=760 | 900..=907 => 21,
        1170..=1174 => 12,
        _ => 18,
    };
    let failing = match minute {
        902..=907 => 0.013,
        1170 => 0.31,
        1171 => 0.17,
        1172..=1174 => 0.06,
        _ => 0.0,
    };
    let p99 = 60.0 + 90.0 * (rate / 900.0) * (rate / 900.0) + 4000.0 * failing;
    let failed = (offered as f64 * failing) as u64;
    Bucket {
        offered,
        served: offered - failed,
        failed,
        causes: by(Cause::QueueFull, failed),
        mean_ms: Some(p99 / 4.0),
        p99_ms: Some(p99),
        ready,
        most_ready: ready.max(if minute == 1175 { 18 } else { 0 }),
    }
}

/// So many failures of one cause.
pub(super) fn by(cause: Cause, failed: u64) -> ByCause {
    let mut causes = ByCause::default();
    causes[cause as usize] = failed;
    causes
}

fn bell(hour: f64, at: f64, width: f64) -> f64 {
    libm::exp(-(hour - at) * (hour - at) / (2.0 * width * width))
}
