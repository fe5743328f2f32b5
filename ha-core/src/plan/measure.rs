//! Reads what a balancer measured of a candidate: enough requests, few enough errors, fast enough.

use super::{Lack, pool::Tier};
use crate::{
    backend::{
        spec::Candidate,
        state::{BalancerState, ReleaseReading},
    },
    time::Timestamp,
    topology::Gate,
};
use std::cmp::Reverse;

/// What a balancer's readings say.
pub(super) enum Measured {
    /// It is good enough.
    Good,
    /// This is missing to say it.
    Lacks(Lack),
    /// It is not good enough, for this reason.
    Bad(String),
}

/// What a balancer measured of the candidate. Readings count if they are of this attempt only; to be good the latest must
/// also be newer than the newest instance that serves.
pub(super) fn measured(
    tier: &Tier,
    balancer: &BalancerState,
    candidate: &Candidate,
    newest: Option<Timestamp>,
) -> Measured {
    let Some(newest) = newest else { return Measured::Good };
    let of_it = |r: &&ReleaseReading| r.pool == tier.wish.name && r.release == candidate.release;
    let this_attempt = |r: &&ReleaseReading| r.at.back(r.over) >= candidate.since;
    let mut readings: Vec<&ReleaseReading> = balancer.readings.iter().filter(of_it).filter(this_attempt).collect();
    readings.sort_by_key(|reading| Reverse(reading.at));
    let Some(latest) = readings.first() else {
        return Measured::Lacks(balancer.unread.clone().map_or(Lack::Any, Lack::Unread));
    };
    let judged = judge(&readings, &tier.wish.rollout.gate, balancer);
    let serving = tier.crew.live().filter(|m| m.serving && m.state.release == candidate.release).count();
    let all_healthy = latest.healthy.is_some_and(|healthy| healthy.round() >= serving as f64);
    match judged {
        Measured::Good if latest.at < newest || !all_healthy => Measured::Lacks(Lack::Newest),
        Measured::Good | Measured::Lacks(_) | Measured::Bad(_) => judged,
    }
}

fn judge(readings: &[&ReleaseReading], gate: &Gate, balancer: &BalancerState) -> Measured {
    let least = gate.min_requests as f64;
    let Some(Sum { requests, errors, latency_ms }) = sum(readings, least) else { return Measured::Lacks(Lack::Any) };
    if requests < least {
        return Measured::Lacks(Lack::Requests { least: gate.min_requests });
    }
    let most = f64::from(gate.max_errors);
    if errors > most * requests {
        let share = 100.0 * errors / requests.max(1.0);
        let name = &balancer.spec.name;
        return Measured::Bad(format!("{share:.1}% of its answers at {name} were 5xx, at most {:.1}%", 100.0 * most));
    }
    match (gate.max_latency, latency_ms) {
        (None, _) => Measured::Good,
        (Some(_), None) => Measured::Lacks(Lack::Latency),
        (Some(most), Some(mean)) if mean > most.as_secs_f64() * 1000.0 => {
            Measured::Bad(format!("it took {mean:.0} ms in the mean, at most {}", crate::time::show(most)))
        }
        (Some(_), Some(_)) => Measured::Good,
    }
}

/// Several readings taken together.
struct Sum {
    requests: f64,
    errors: f64,
    latency_ms: Option<f64>,
}

/// The latest readings that together hold `least` requests, or all of them: where few users come, a minute says nothing
/// and a quarter of an hour does. What overlaps is counted once; a reading without figures ends the row.
fn sum(latest_first: &[&ReleaseReading], least: f64) -> Option<Sum> {
    let mut sum: Option<Sum> = None;
    let mut from = Timestamp::NEVER;
    for reading in latest_first {
        if sum.as_ref().is_some_and(|sum| sum.requests >= least) {
            break;
        }
        if reading.at > from {
            continue;
        }
        let (Some(requests), Some(errors)) = (usable(reading.requests), usable(reading.errors)) else { break };
        let latency_ms = usable(reading.latency_ms);
        sum = Some(match sum {
            None => Sum { requests, errors, latency_ms },
            Some(before) => before.and(&Sum { requests, errors, latency_ms }),
        });
        from = reading.at.back(reading.over);
    }
    sum
}

impl Sum {
    fn and(&self, other: &Self) -> Self {
        let requests = self.requests + other.requests;
        let total =
            |sum: &Self| if sum.requests > 0.0 { sum.latency_ms.map(|mean| mean * sum.requests) } else { Some(0.0) };
        let total = total(self).zip(total(other)).map(|(one, other)| one + other);
        let latency_ms = if requests > 0.0 { total.map(|total| total / requests) } else { self.latency_ms };
        Self { requests, errors: self.errors + other.errors, latency_ms }
    }
}

fn usable(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite() && *value >= 0.0)
}
