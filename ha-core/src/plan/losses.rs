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

/// Why the candidate has failed, if it has. What fails in one zone at about the same time is one accident; the first is
/// forgiven where the candidate serves in another zone, or where it only stopped.
pub(super) fn blame(tier: &Tier, seen: &PoolState, candidate: &Candidate) -> Option<String> {
    let of_it = |loss: &&Loss| loss.release == candidate.release && loss.at >= candidate.since;
    let losses = seen.losses.iter().filter(of_it).filter(|loss| !zone_failed(tier, seen, loss));
    let mut first: Option<&Loss> = None;
    for loss in losses {
        let well_elsewhere = serves_outside(tier, &loss.zone, &candidate.release);
        let window = if well_elsewhere { ZONE_FAILS } else { TOGETHER };
        let same = first.is_some_and(|first| first.zone == loss.zone && apart(first.at, loss.at) <= window);
        let forgiven = well_elsewhere || loss.why == LossReason::Gone;
        if !forgiven || (first.is_some() && !same) {
            return Some(story(loss, first.is_some()));
        }
        first = first.or(Some(loss));
    }
    overdue(tier, seen, candidate)
}

fn story(loss: &Loss, again: bool) -> String {
    let what = match loss.why {
        LossReason::NeverReady => "was never ready",
        LossReason::Unhealthy => "was ready and then failed its checks",
        LossReason::Gone => "stopped",
    };
    format!("{} {what}{}", loss.instance, if again { ", and was not the first" } else { "" })
}

/// Whether the candidate serves in another zone than this.
fn serves_outside(tier: &Tier, zone: &ZoneName, release: &Release) -> bool {
    tier.crew.live().any(|member| member.serving && member.state.release == *release && member.state.zone != *zone)
}

/// Whether the zone was lost, not the instance: the stable release lost an instance there at about the same time, and did
/// not serve there again before. What another candidate lost before this one says something of that candidate, and
/// nothing of the zone.
fn zone_failed(tier: &Tier, seen: &PoolState, loss: &Loss) -> bool {
    let window = tier.wish.boot.budget.max(ZONE_FAILS);
    let stable = |o: &Loss| o.release == seen.spec.marks.stable && o.release != loss.release;
    let lost = |o: &Loss| stable(o) && o.zone == loss.zone && apart(o.at, loss.at) <= window;
    seen.losses.iter().any(|o| lost(o) && !served_again(tier, o, loss.at))
}

/// Whether the zone had come back after a loss of the stable release, so long before this instant that whoever failed then
/// had not begun while it was away.
fn served_again(tier: &Tier, lost: &Loss, before: Timestamp) -> bool {
    let tried = tier.wish.boot.budget.max(TOGETHER);
    let mut there = tier.crew.live().filter(|member| member.serving && member.state.zone == lost.zone);
    there.any(|member| {
        let InstanceState { release, since, .. } = member.state;
        *release == lost.release && *since > lost.at && *since + tried <= before
    })
}

/// An instance of the candidate that should have served by now, in a zone where others are well.
fn overdue(tier: &Tier, seen: &PoolState, candidate: &Candidate) -> Option<String> {
    let of_it = tier.crew.live().filter(|member| member.state.release == candidate.release);
    let late: Vec<Member> = of_it.filter(|member| deadline(tier, member) <= tier.at).collect();
    let one_zone = late.iter().all(|member| member.state.zone == late[0].state.zone);
    let excused = |zone: &ZoneName| {
        zone_ails(tier, seen, zone, &candidate.release) || (one_zone && serves_outside(tier, zone, &candidate.release))
    };
    let late = late.iter().find(|member| !excused(&member.state.zone))?;
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

/// Whether an instance of the stable release in that zone was ready and does not serve either.
fn zone_ails(tier: &Tier, seen: &PoolState, zone: &ZoneName, release: &Release) -> bool {
    let stable = |state: &InstanceState| state.release == seen.spec.marks.stable && state.release != *release;
    let mut there = tier.crew.live().filter(|member| stable(member.state) && member.state.zone == *zone);
    there.any(|member| !member.serving && member.state.phase != InstancePhase::Booting)
}

fn apart(one: Timestamp, other: Timestamp) -> Duration {
    one.since(other).max(other.since(one))
}
