//! Who leaves a pool for a reason of its own: what has left, retires, does not boot, or is ill.

use super::{Decision, Member, Order, Policy, View};
use crate::{
    backend::state::{InstancePhase, LossReason},
    name::ZoneName,
    time::Timestamp,
    topology::HoldMode,
};
use std::collections::BTreeMap;

/// One decision in the making: who still fills a place, and what was decided so far.
pub(super) struct Keeping<'a> {
    pub(super) view: &'a View,
    pub(super) policy: &'a Policy,
    /// Who fills a place and is not about to leave it, in order of launch.
    pub(super) live: Vec<&'a Member>,
    /// Pulled out, and the pool is smaller by one for each.
    pub(super) shrunk: Vec<&'a Member>,
    /// Places filled in each zone, once it is known who leaves.
    pub(super) filled: BTreeMap<&'a ZoneName, usize>,
    /// Launches ordered in each zone.
    pub(super) ordered: BTreeMap<&'a ZoneName, u64>,
    pub(super) decision: Decision,
}

impl<'a> Keeping<'a> {
    pub(super) fn of(view: &'a View, policy: &'a Policy) -> Self {
        let staying = |member: &&Member| member.retiring.is_none();
        let live = view.members.iter().filter(|member| fills_a_place(member.phase)).collect();
        let shrunk = view.members.iter().filter(staying).filter(|member| shrinks_the_pool(member.phase)).collect();
        let (filled, ordered) = (BTreeMap::new(), BTreeMap::new());
        Self { view, policy, live, shrunk, filled, ordered, decision: Decision::default() }
    }

    /// How many are to live.
    pub(super) fn wanted(&self) -> usize {
        (self.view.desired as usize).saturating_sub(self.shrunk.len())
    }

    pub(super) fn count(&self, phase: InstancePhase) -> usize {
        self.live.iter().filter(|member| member.phase == phase).count()
    }

    pub(super) fn stop_what_has_left(&mut self) {
        for member in &self.view.members {
            let loss = match member.phase {
                // Who was to leave anyway is no loss.
                InstancePhase::Lost if self.view.removing || member.retiring.is_some() => None,
                InstancePhase::Lost => Some(LossReason::Gone),
                InstancePhase::Draining if member.drained => None,
                InstancePhase::Draining
                | InstancePhase::Booting
                | InstancePhase::Ready
                | InstancePhase::Unready
                | InstancePhase::Held(_)
                | InstancePhase::Returning => continue,
            };
            self.decision.orders.push(Order::Stop { id: member.id.clone(), loss });
        }
    }

    pub(super) fn drain_everything(&mut self) {
        self.drain_where(|_| true);
    }

    pub(super) fn drain_what_retires(&mut self) {
        self.drain_where(|member| member.retiring.is_some());
    }

    fn drain_where(&mut self, leaves: fn(&Member) -> bool) {
        for member in self.view.members.iter().filter(|member| leaves(member)) {
            if !matches!(member.phase, InstancePhase::Draining | InstancePhase::Lost) {
                self.drain(member, None);
            }
        }
    }

    /// Lets a member leave: from here on it fills no place.
    pub(super) fn drain(&mut self, member: &Member, loss: Option<LossReason>) {
        self.live.retain(|other| other.id != member.id);
        self.decision.orders.push(Order::Drain { id: member.id.clone(), loss });
    }

    pub(super) fn give_up_what_does_not_boot(&mut self) {
        for member in self.live.clone() {
            let begun = match member.phase {
                InstancePhase::Booting => member.launched,
                InstancePhase::Returning => member.since,
                InstancePhase::Ready
                | InstancePhase::Unready
                | InstancePhase::Draining
                | InstancePhase::Held(_)
                | InstancePhase::Lost => continue,
            };
            if self.is_over(begun + self.view.spec.boot.budget) {
                self.drain(member, Some(LossReason::NeverReady));
            }
        }
    }

    pub(super) fn give_up_what_is_ill(&mut self) {
        if !self.policy.replaces_unhealthy {
            return;
        }
        let allowed = self.may_be_taken_out();
        let unready: Vec<&Member> =
            self.live.iter().copied().filter(|member| member.phase == InstancePhase::Unready).collect();
        let mut ill: Vec<&Member> =
            unready.into_iter().filter(|member| self.is_over(member.since + self.policy.patience)).collect();
        ill.sort_by_key(|member| member.since);
        for member in ill.into_iter().take(allowed) {
            self.drain(member, Some(LossReason::Unhealthy));
        }
    }

    /// How many places the brake still lets be vacated for ill health.
    fn may_be_taken_out(&self) -> usize {
        match self.view.spec.guards.brake {
            Some(brake) if self.policy.keeps_brake => {
                let serving = self.live.len() - self.count(InstancePhase::Booting);
                let out = self.wanted().saturating_sub(serving);
                (brake.of(self.view.desired).max(1) as usize).saturating_sub(out)
            }
            Some(_) | None => usize::MAX,
        }
    }

    /// Whether that instant has come; if not, the decision is looked at again then.
    fn is_over(&mut self, end: Timestamp) -> bool {
        let over = end <= self.view.at;
        if !over {
            self.look_again(end);
        }
        over
    }

    pub(super) fn look_again(&mut self, at: Timestamp) {
        self.decision.look_again = Some(self.decision.look_again.map_or(at, |other| other.min(at)));
    }
}

fn fills_a_place(phase: InstancePhase) -> bool {
    match phase {
        InstancePhase::Booting | InstancePhase::Ready | InstancePhase::Unready | InstancePhase::Returning => true,
        InstancePhase::Draining | InstancePhase::Held(_) | InstancePhase::Lost => false,
    }
}

fn shrinks_the_pool(phase: InstancePhase) -> bool {
    phase == InstancePhase::Held(HoldMode::Shrink)
}
