//! How often one wish is repeated: what is accepted and never shown, or refused for good, is asked ever more rarely.
//!
//! An observation may lack what is there (the provider lost its list, not the thing). The planner cannot know that, and
//! asking again is harmless once; asking every turn for hours is a storm of writes onto something that works.

use crate::{
    apply::{Applied, Outcome},
    backend::Kind,
    plan::{Plan, Step, Waiting, Why},
    time::Timestamp,
};
use std::time::Duration;

/// However long a wish was repeated in vain, it is repeated after this long.
pub const LONGEST_WAIT: Duration = Duration::from_secs(3600);

/// The wishes that were answered and are planned again turn after turn. Losing them costs a few calls.
#[derive(Debug, Default)]
pub(super) struct Insisting {
    wishes: Vec<Wish>,
}

#[derive(Debug)]
struct Wish {
    step: Step,
    answered: Timestamp,
    times: u32,
}

impl Insisting {
    /// Takes out of the plan what was accepted before and is not due again; it is waited for instead.
    pub(super) fn hold_back(&mut self, plan: &mut Plan, period: Duration) {
        self.wishes.retain(|wish| {
            let planned = plan.steps().any(|step| step.is_like(&wish.step));
            // Of a tier that could not be read it is not known whether the wish was fulfilled.
            let kind = std::mem::discriminant(&wish.step.tier());
            let unknown = |waiting: &Waiting| matches!(waiting.why, Why::Unknown(_));
            planned || plan.waiting.iter().any(|w| unknown(w) && std::mem::discriminant(&w.tier) == kind)
        });
        let now = plan.at;
        let (mut waiting, mut due) = (Vec::new(), plan.look_again);
        for wave in &mut plan.waves {
            wave.retain(|step| {
                let Some(wish) = self.wishes.iter().find(|wish| wish.step.is_like(step)) else { return true };
                let again = wish.answered + wait(wish.times, period);
                // Where the clock was set back, nobody knows how long ago it was.
                if again <= now || wish.answered > now {
                    return true;
                }
                due = Some(due.map_or(again, |due| due.min(again)));
                waiting.push(Waiting { tier: step.tier(), why: Why::Unseen, since: Some(wish.answered) });
                false
            });
        }
        plan.waves.retain(|wave| !wave.is_empty());
        plan.waiting.extend(waiting);
        plan.look_again = due;
    }
    /// Notes what was accepted, or refused for good.
    pub(super) fn note(&mut self, applied: &Applied, now: Timestamp) {
        for (step, outcome) in &applied.steps {
            if !settles(outcome) {
                continue;
            }
            match self.wishes.iter_mut().find(|wish| wish.step.is_like(step)) {
                Some(wish) => (wish.answered, wish.times) = (now, wish.times.saturating_add(1)),
                None => self.wishes.push(Wish { step: step.clone(), answered: now, times: 1 }),
            }
        }
    }
}

/// Whether asking again at once would be answered the same: it was accepted, or refused for a reason that stays.
fn settles(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Accepted => true,
        Outcome::NotStarted => false,
        Outcome::Failed(error) => match error.kind() {
            Kind::Quota | Kind::NoCapacity | Kind::Denied | Kind::Rejected(_) | Kind::Conflict(_) => true,
            Kind::NotReady(_) | Kind::NotFound | Kind::Unavailable | Kind::Throttled(_) => false,
        },
    }
}

/// After the first time no wait but the period itself; then twice as long each time.
fn wait(times: u32, period: Duration) -> Duration {
    match times {
        0 | 1 => Duration::ZERO,
        more => period.saturating_mul(1 << more.min(20)).min(LONGEST_WAIT),
    }
}

#[cfg(test)]
mod tests;
