//! Keeps a pool: how many instances, where, which to replace, and the brake on mass replacement.

mod leave;
mod place;
#[cfg(test)]
mod tests;

use super::Policy;
use crate::{
    backend::{
        Refill,
        spec::PoolSpec,
        state::{InstancePhase, Loss, LossReason},
    },
    name::{InstanceId, Release, ZoneName},
    time::Timestamp,
};
use leave::Keeping;
use serde::{Deserialize, Serialize};

/// What the keeper sees of its pool.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// Now.
    pub at: Timestamp,
    /// What was asked for.
    pub spec: PoolSpec,
    /// How many instances the pool tries to have.
    pub desired: u32,
    /// Whether the pool was asked to go: everything drains and stops.
    pub removing: bool,
    /// What exists, in order of launch.
    pub members: Vec<Member>,
    /// How many instances were ever launched, by zone: the next is named after it.
    pub launched: Vec<(ZoneName, u64)>,
    /// Zones in which the last launch was refused, or came to nothing ([`View::after`]), and when that was.
    pub refused: Vec<(ZoneName, Timestamp)>,
}

impl View {
    /// The same, seen with what the pool lost: where it asks for a brake, a zone in which two instances in turn were not
    /// ready in time and none is ready, while others of their release are ready elsewhere, is left alone like one that
    /// refused. It is cut off, perhaps: launching there again and again is a storm, and the places stay empty meanwhile.
    pub fn after(mut self, losses: &[Loss]) -> Self {
        let is_ready = |loss: &Loss, here: bool| {
            let ready = |member: &Member| member.phase == InstancePhase::Ready && member.release == loss.release;
            self.members.iter().any(|member| ready(member) && (member.zone == loss.zone) == here)
        };
        let in_vain = losses.iter().filter(|loss| loss.why == LossReason::NeverReady);
        let in_vain: Vec<&Loss> = in_vain.filter(|loss| is_ready(loss, false) && !is_ready(loss, true)).collect();
        // Each but the first of its zone: one slow boot is chance.
        let again = |(nth, loss): &(usize, &&Loss)| in_vain[..*nth].iter().any(|before| before.zone == loss.zone);
        if self.spec.guards.brake.is_some() {
            let shunned = in_vain.iter().enumerate().filter(again).map(|(_, loss)| (loss.zone.clone(), loss.at));
            self.refused.extend(shunned);
        }
        self
    }
}

/// What the keeper sees of one instance.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// Its name.
    pub id: InstanceId,
    /// Where it is.
    pub zone: ZoneName,
    /// What runs on it.
    pub release: Release,
    /// What it is doing.
    pub phase: InstancePhase,
    /// Since when.
    pub since: Timestamp,
    /// When it was launched.
    pub launched: Timestamp,
    /// Whether somebody asked for its end, and what happens to its place.
    pub retiring: Option<Refill>,
    /// While it drains: whether nothing is in flight on it, its drain time is over, or it stopped running meanwhile.
    pub drained: bool,
}

/// What a keeper wants done.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Launch an instance of the pool's release under this name.
    Launch {
        /// Its name.
        id: InstanceId,
        /// Where.
        zone: ZoneName,
        /// What runs on it.
        release: Release,
    },
    /// Let it get no new request.
    Drain {
        /// Which.
        id: InstanceId,
        /// Noted among the losses if it failed; `None` when it was not its fault.
        loss: Option<LossReason>,
    },
    /// End it.
    Stop {
        /// Which.
        id: InstanceId,
        /// Noted among the losses if it failed and was not drained before.
        loss: Option<LossReason>,
    },
}

/// What is to be done now, most urgent first, and when the decision could differ though nothing changed.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Decision {
    /// Orders; the driver carries out the first and asks again.
    pub orders: Vec<Order>,
    /// When to look again.
    pub look_again: Option<Timestamp>,
}

/// Decides what a pool needs now, most urgent first.
///
/// 1. What has left is stopped: the drained and the lost.
/// 2. What was asked to retire drains. When the pool is to go, everything drains, and nothing else happens.
/// 3. What is not ready within its boot budget is given up. A release that never boots is launched again and again, but
///    each place only once in a boot budget.
/// 4. What was unready for longer than the policy's patience is given up, longest first, within the brake: while places
///    are out (empty, or filled by what boots), no more than the brake's share of places is. So overload, which makes
///    everybody unready at once, is not answered by terminating everybody. Death is not braked: nothing is left to lose.
/// 5. Missing places are filled, each in the open zone with the fewest; a zone that refused is left alone for a while.
/// 6. What is too much drains: what fails its checks, then what runs another release, then what is in a closed zone, then
///    from the zone with the most, what boots before what is ready, the youngest first (so that a replacement for the
///    time goes, not the instance that was put back). Something ready goes only when enough that is ready is left.
///    Held and returning instances are never chosen.
/// 7. When all is ready and the zones are out of balance, one more is launched in the emptiest; when it is ready, the
///    last rule takes one from the fullest.
pub fn decide(view: &View, policy: &Policy) -> Decision {
    let mut keeping = Keeping::of(view, policy);
    keeping.stop_what_has_left();
    if view.removing {
        keeping.drain_everything();
    } else {
        keeping.drain_what_retires();
        keeping.give_up_what_does_not_boot();
        keeping.give_up_what_is_ill();
        keeping.fit_the_number();
    }
    keeping.decision
}
