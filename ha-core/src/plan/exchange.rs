//! Exchanges instances that run another release than the pool, or stand where it may not launch.

use super::{
    Action, PoolStep, Reason, Why,
    crew::{Member, misplaced},
    draft::Draft,
    gate::Verdict,
    losses,
    pool::Tier,
    rollout::Course,
};
use crate::backend::{Refill, spec::PoolSpec, state::InstancePhase};

/// Retires what is to be exchanged: what serves within batch and budget, and only while the pool is complete; what does
/// not serve as soon as no gate forbids it. A closed zone is left without asking the gate: that is not about a release.
pub(super) fn retire(tier: &mut Tier, draft: &mut Draft, wanted: &PoolSpec, course: &Course) {
    let outdated = tier.outdated(wanted);
    let complete = tier.crew.living() >= tier.expected(wanted.bounds);
    let mut batch = tier.wish.rollout.batch;
    let mut refused = false;
    for member in &outdated {
        let gate_open = misplaced(member, wanted) || matches!(course.verdict, Verdict::Pass);
        // Where nobody serves, a balancer may be giving requests to all: then who fails its checks stays. Below the floor
        // who is about to serve is still needed.
        let hopeless = member.state.phase == InstancePhase::Unready || losses::deadline(tier, member) <= tier.at;
        let spared = hopeless || tier.crew.serving() >= tier.floor;
        let free = !member.serving && tier.crew.serving() > 0 && spared;
        let free = free && (misplaced(member, wanted) || !course.rolling());
        if free {
            step(tier, draft, wanted, member);
        } else if gate_open && complete && batch > 0 {
            if member.serving && tier.budget == 0 {
                refused = true;
                continue;
            }
            batch -= 1;
            tier.budget -= u32::from(member.serving);
            step(tier, draft, wanted, member);
        }
    }
    if refused && batch == tier.wish.rollout.batch {
        draft.wait(tier.name(), Why::Budget, None);
    }
}

fn step(tier: &Tier, draft: &mut Draft, wanted: &PoolSpec, member: &Member) {
    let state = member.state;
    let reason = if misplaced(member, wanted) {
        Reason::Evacuate(state.zone.clone())
    } else {
        Reason::Outdated(state.release.clone())
    };
    let effect = if member.serving {
        format!("drains and stops; {} stay ready", tier.crew.serving().saturating_sub(1))
    } else {
        "does not serve; another is launched".into()
    };
    let (pool, instance) = (tier.wish.name.clone(), state.id.clone());
    draft.step(Action::Pool(PoolStep::Retire { pool, instance, refill: Refill::Yes }), reason, effect);
}
