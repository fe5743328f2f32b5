//! Pulls out the instances that the owner lists, within the budget, and puts back those that he lists no more.

use super::{Action, PoolStep, Reason, Why, draft::Draft, pool::Tier};
use crate::{
    backend::state::InstancePhase,
    topology::{Hold, HoldMode},
};

/// What is to be done for one listed instance.
enum Wish {
    Done,
    Missing,
    /// It is leaving, or on its way to being held.
    OnItsWay,
    /// It is to be pulled out; whether that takes somebody out of service.
    Pull {
        costs: u32,
    },
}

fn wish(tier: &Tier, hold: &Hold) -> Wish {
    let Some(member) = tier.crew.find(&hold.instance) else { return Wish::Missing };
    match member.state.phase {
        InstancePhase::Held(mode) if mode == hold.mode => Wish::Done,
        InstancePhase::Held(_) | InstancePhase::Booting | InstancePhase::Unready | InstancePhase::Returning => {
            Wish::Pull { costs: 0 }
        }
        InstancePhase::Ready => Wish::Pull { costs: u32::from(member.serving) },
        InstancePhase::Draining | InstancePhase::Lost => Wish::OnItsWay,
    }
}

/// Whether somebody who serves is to be replaced for a time and cannot be spared now.
pub(super) fn needs_headroom(tier: &Tier) -> bool {
    let replaced = tier.wish.hold.iter().filter(|hold| hold.mode == HoldMode::Replace);
    let costs: u32 = replaced
        .map(|hold| match wish(tier, hold) {
            Wish::Pull { costs } => costs,
            Wish::Done | Wish::Missing | Wish::OnItsWay => 0,
        })
        .sum();
    costs > 0 && tier.wish.guards.min_healthy.of_at_least(tier.capacity) >= tier.capacity
}

/// Pulls out who is listed.
pub(super) fn pull_out(tier: &mut Tier, draft: &mut Draft) {
    for hold in &tier.wish.hold {
        match wish(tier, hold) {
            Wish::Done => {}
            Wish::Missing => draft.wait(tier.name(), Why::NoSuchInstance(hold.instance.clone()), None),
            Wish::OnItsWay => draft.wait(tier.name(), Why::Settling, None),
            Wish::Pull { costs } if costs > tier.budget || !may_shrink(tier, hold) => {
                draft.wait(tier.name(), Why::Budget, None);
            }
            Wish::Pull { costs } => {
                tier.budget -= costs;
                let (pool, instance) = (tier.wish.name.clone(), hold.instance.clone());
                let effect = match hold.mode {
                    HoldMode::Replace => "it drains and runs on; another takes its place",
                    HoldMode::Shrink => "it drains and runs on; the pool is smaller by one",
                };
                draft.step(Action::Pool(PoolStep::Hold { pool, instance, mode: hold.mode }), Reason::Hold, effect);
            }
        }
    }
}

/// Whether the pool stays above its minimum when it is smaller by all that are to be held so.
fn may_shrink(tier: &Tier, hold: &Hold) -> bool {
    let shrinks = tier.wish.hold.iter().filter(|hold| hold.mode == HoldMode::Shrink).count();
    let left = tier.capacity.saturating_sub(u32::try_from(shrinks).unwrap_or(u32::MAX));
    hold.mode == HoldMode::Replace || left >= tier.wish.guards.min_healthy.of_at_least(tier.capacity).max(1)
}

/// Puts back who is held and not listed.
pub(super) fn put_back(tier: &Tier, draft: &mut Draft) {
    for state in tier.crew.to_put_back(&tier.wish.hold) {
        let (pool, instance) = (tier.wish.name.clone(), state.id.clone());
        draft.step(Action::Pool(PoolStep::PutBack { pool, instance }), Reason::PutBack, "it serves when it is ready");
    }
}
