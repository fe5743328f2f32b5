//! Judges a candidate: its instances stayed ready, and what the balancers measured of it is good enough. A pool that no
//! balancer gives requests to is judged by the first alone: nobody could ever measure it.

use super::{
    Lack, Why,
    crew::routes_to,
    losses,
    measure::{Measured, measured},
    pool::Tier,
};
use crate::{
    backend::{
        spec::Candidate,
        state::{BalancerState, PoolState},
    },
    time::Timestamp,
    topology::NoReading,
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

/// Judges a candidate by what is seen of it now.
pub(super) fn judge(tier: &Tier, seen: &PoolState, candidate: &Candidate) -> Verdict {
    let candidate = &Candidate { since: began(tier, candidate), ..candidate.clone() };
    if let Some(why) = losses::blame(tier, seen, candidate) {
        return Verdict::Fail(why);
    }
    let mut waits = Waits { whys: Vec::new(), until: None };
    let lacks = |lack| Why::Reading { release: candidate.release.clone(), lack };
    let newest = ready_and_baked(tier, candidate, &mut waits);
    let Some(balancers) = tier.balancers else {
        waits.whys.push(lacks(Lack::Balancer));
        return Verdict::Wait { whys: waits.whys, until: waits.until };
    };
    let giving: Vec<&BalancerState> =
        balancers.iter().filter(|balancer| routes_to(balancer, &seen.spec.name)).collect();
    let missing = tier.measured_by.iter().any(|name| giving.iter().all(|balancer| balancer.spec.name != **name));
    let mut said: Vec<Measured> =
        giving.into_iter().map(|balancer| measured(tier, balancer, candidate, newest)).collect();
    said.extend(missing.then_some(Measured::Lacks(Lack::Balancer)));
    for measured in said {
        match measured {
            Measured::Good => {}
            Measured::Bad(why) => return Verdict::Fail(why),
            Measured::Lacks(lack) => match tier.wish.rollout.gate.no_reading {
                NoReading::Wait => waits.whys.push(lacks(lack)),
                NoReading::GoOn => {}
            },
        }
    }
    let Waits { whys, until } = waits;
    if whys.is_empty() { Verdict::Pass } else { Verdict::Wait { whys, until } }
}

/// When this attempt began, on the clock of the observation. It was written by another clock, perhaps: one that is ahead
/// would let us look away from all that happened until then, so that the first launch of the candidate counts instead.
fn began(tier: &Tier, candidate: &Candidate) -> Timestamp {
    if candidate.since <= tier.at {
        return candidate.since;
    }
    let of_it = tier.crew.live().filter(|member| member.state.release == candidate.release);
    of_it.map(|member| member.state.launched).min().unwrap_or(tier.at)
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
