//! Judges a candidate: its instances stayed ready, and what the balancers measured of it is good enough.

use super::{Why, crew::routes_to, losses, pool::Tier};
use crate::{
    backend::{
        spec::Candidate,
        state::{BalancerState, PoolState, ReleaseReading},
    },
    time::Timestamp,
    topology::{Gate, NoReading},
};

/// What a gate says of a candidate.
pub(super) enum Verdict {
    /// More of it may be launched.
    Pass,
    /// It cannot be said yet.
    Wait {
        /// What is waited for.
        whys: Vec<Why>,
        /// When it can be said though nothing changed.
        until: Option<Timestamp>,
    },
    /// It has failed, for this reason.
    Fail(String),
}

/// What one reading says.
enum Measured {
    Good,
    Nothing,
    Bad(String),
}

/// Judges a candidate by what is seen of it now.
pub(super) fn judge(tier: &Tier, seen: &PoolState, candidate: &Candidate) -> Verdict {
    if let Some(why) = losses::blame(tier, seen, candidate) {
        return Verdict::Fail(why);
    }
    let mut waits = Waits { whys: Vec::new(), until: None };
    let newest = ready_and_baked(tier, candidate, &mut waits);
    match tier.balancers {
        None => waits.whys.push(Why::Reading(candidate.release.clone())),
        Some(balancers) => {
            for balancer in balancers.iter().filter(|balancer| routes_to(balancer, &seen.spec.name)) {
                match measured(tier, balancer, candidate, newest) {
                    Measured::Good => {}
                    Measured::Bad(why) => return Verdict::Fail(why),
                    Measured::Nothing => match tier.wish.rollout.gate.no_reading {
                        NoReading::Wait => waits.whys.push(Why::Reading(candidate.release.clone())),
                        NoReading::GoOn => {}
                    },
                }
            }
        }
    }
    let Waits { whys, until } = waits;
    if whys.is_empty() { Verdict::Pass } else { Verdict::Wait { whys, until } }
}

struct Waits {
    whys: Vec<Why>,
    until: Option<Timestamp>,
}

impl Waits {
    fn until(&mut self, then: Timestamp) {
        self.until = Some(self.until.map_or(then, |before| before.min(then)));
    }
}

/// Waits for every instance of the candidate to serve and to have been ready for the bake time; answers since when the
/// newest of those that serve is ready.
fn ready_and_baked(tier: &Tier, candidate: &Candidate, waits: &mut Waits) -> Option<Timestamp> {
    let mut newest = None;
    for member in tier.crew.live().filter(|member| member.state.release == candidate.release) {
        if member.serving {
            newest = newest.max(Some(member.state.since));
        } else {
            waits.whys.push(Why::Settling);
            waits.until(losses::deadline(tier, &member));
        }
    }
    if let Some(baked) = newest.map(|since| since + tier.wish.rollout.bake).filter(|baked| *baked > tier.at) {
        waits.whys.push(Why::Bake(baked));
        waits.until(baked);
    }
    newest
}

/// What a balancer measured of the candidate. A reading counts if it is of this attempt only; to be good it must also
/// be newer than the newest instance that serves.
fn measured(tier: &Tier, balancer: &BalancerState, candidate: &Candidate, newest: Option<Timestamp>) -> Measured {
    let Some(newest) = newest else { return Measured::Good };
    let of_it = |r: &&ReleaseReading| r.pool == tier.wish.name && r.release == candidate.release;
    let this_attempt = |r: &&ReleaseReading| r.at.back(r.over) >= candidate.since;
    let mut readings = balancer.readings.iter().filter(of_it).filter(this_attempt);
    let Some(reading) = readings.next() else { return Measured::Nothing };
    let judged = judge_reading(reading, &tier.wish.rollout.gate, balancer);
    let serving = tier.crew.live().filter(|m| m.serving && m.state.release == candidate.release).count();
    let all_healthy = reading.healthy.is_some_and(|healthy| healthy.round() >= serving as f64);
    match judged {
        Measured::Good if reading.at < newest || !all_healthy => Measured::Nothing,
        Measured::Good | Measured::Nothing | Measured::Bad(_) => judged,
    }
}

fn judge_reading(reading: &ReleaseReading, gate: &Gate, balancer: &BalancerState) -> Measured {
    let usable = |value: Option<f64>| value.filter(|value| value.is_finite() && *value >= 0.0);
    let (Some(requests), Some(errors)) = (usable(reading.requests), usable(reading.errors)) else {
        return Measured::Nothing;
    };
    if requests < gate.min_requests as f64 {
        return Measured::Nothing;
    }
    let most = f64::from(gate.max_errors);
    if errors > most * requests {
        let share = 100.0 * errors / requests.max(1.0);
        let name = &balancer.spec.name;
        return Measured::Bad(format!("{share:.1}% of its answers at {name} were 5xx, at most {:.1}%", 100.0 * most));
    }
    match (gate.max_latency, usable(reading.latency_ms)) {
        (None, _) => Measured::Good,
        (Some(_), None) => Measured::Nothing,
        (Some(most), Some(mean)) if mean > most.as_secs_f64() * 1000.0 => {
            Measured::Bad(format!("it took {mean:.0} ms in the mean, at most {}", crate::time::show(most)))
        }
        (Some(_), Some(_)) => Measured::Good,
    }
}
