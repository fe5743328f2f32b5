//! Tells whether a candidate is to blame for instances that failed. A zone's loss is not the release's fault, and one
//! instance that simply stops is chance; whatever else fails under the candidate is held against it.

use super::{crew::Member, pool::Tier};
use crate::{
    backend::{
        spec::Candidate,
        state::{InstancePhase, InstanceState, Loss, LossReason, PoolState},
    },
    name::{Release, ZoneName},
    time::Timestamp,
};
use std::time::Duration;

/// What fails in one zone within this time fails together.
const TOGETHER: Duration = Duration::from_secs(60);
/// A zone that fails shows itself in several ways, over at least this time.
const ZONE_FAILS: Duration = Duration::from_secs(300);

/// Why the candidate has failed, if it has.
pub(super) fn blame(tier: &Tier, seen: &PoolState, candidate: &Candidate) -> Option<String> {
    let of_it = |loss: &&Loss| loss.release == candidate.release && loss.at >= candidate.since;
    let losses = seen.losses.iter().filter(of_it).filter(|loss| !zone_failed(tier, seen, loss));
    let (mut first_gone, mut accidents): (Option<&Loss>, u32) = (None, 0);
    for loss in losses {
        match loss.why {
            LossReason::NeverReady => return Some(format!("{} was never ready", loss.instance)),
            LossReason::Unhealthy => return Some(format!("{} was ready and then failed its checks", loss.instance)),
            LossReason::Gone => {
                let same =
                    first_gone.is_some_and(|first| first.zone == loss.zone && apart(first.at, loss.at) <= TOGETHER);
                if !same {
                    accidents += 1;
                    first_gone = first_gone.or(Some(loss));
                }
                if accidents > 1 {
                    return Some(format!("{} stopped, and was not the first", loss.instance));
                }
            }
        }
    }
    overdue(tier, candidate)
}

/// Whether the zone was lost, not the instance: another release lost an instance there at about the same time.
fn zone_failed(tier: &Tier, seen: &PoolState, loss: &Loss) -> bool {
    let window = tier.wish.boot.budget.max(ZONE_FAILS);
    let other = |o: &Loss| o.release != loss.release && o.zone == loss.zone && apart(o.at, loss.at) <= window;
    seen.losses.iter().any(other)
}

/// An instance of the candidate that should have served by now, in a zone where others are well.
fn overdue(tier: &Tier, candidate: &Candidate) -> Option<String> {
    let of_it = tier.crew.live().filter(|member| member.state.release == candidate.release);
    let mut late = of_it.filter(|member| deadline(tier, member) <= tier.at);
    let late = late.find(|member| !zone_ails(tier, &member.state.zone, &candidate.release))?;
    Some(format!("{} does not serve after {}", late.state.id, crate::time::show(tier.wish.boot.budget)))
}

/// When an instance that does not serve has failed; never for one that does.
pub(super) fn deadline(tier: &Tier, member: &Member) -> Timestamp {
    let state = member.state;
    let given = tier.wish.boot.budget + TOGETHER;
    match state.phase {
        InstancePhase::Ready if member.serving => Timestamp::NEVER,
        InstancePhase::Ready => judged(tier, state) + given,
        InstancePhase::Booting => state.launched + given,
        InstancePhase::Unready | InstancePhase::Returning => state.since + given,
        InstancePhase::Draining | InstancePhase::Held(_) | InstancePhase::Lost => Timestamp::NEVER,
    }
}

/// Since when a ready instance has been kept from serving by a balancer.
fn judged(tier: &Tier, state: &InstanceState) -> Timestamp {
    let targets = tier.balancers.unwrap_or_default().iter().flat_map(|balancer| &balancer.targets);
    targets.filter(|target| target.instance == state.id).map(|target| target.since).fold(state.since, Timestamp::max)
}

/// Whether an instance of another release in that zone was ready and does not serve either.
fn zone_ails(tier: &Tier, zone: &ZoneName, release: &Release) -> bool {
    let there = |state: &InstanceState| state.zone == *zone && state.release != *release;
    tier.crew.live().any(|m| there(m.state) && !m.serving && m.state.phase != InstancePhase::Booting)
}

fn apart(one: Timestamp, other: Timestamp) -> Duration {
    one.since(other).max(other.since(one))
}
