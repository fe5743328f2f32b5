//! What a loop has seen on its way to convergence: how far it got, when something last moved, and whether it is stuck.

use super::end::{Report, StallCause, Stalled, Turned};
use crate::{
    apply::Outcome,
    backend::Error,
    plan::{Plan, Step, TierName, Why},
    time::Timestamp,
};
use std::time::Duration;

/// The steps that are wanted, and what is waited for.
type Standing = (Vec<Step>, Vec<(TierName, Why)>);

/// What a loop has seen on its way to convergence.
pub(super) struct Way {
    began: Timestamp,
    turns: u64,
    accepted: u64,
    failed: u64,
    moved: Timestamp,
    look_again: Option<Timestamp>,
    /// What the last turn asked for, what is asked ever more rarely with it, and what it waited for.
    stood: Option<Standing>,
    pub(super) last: Option<Plan>,
    errors: Vec<Error>,
}

impl Way {
    pub(super) fn new(now: Timestamp) -> Self {
        Self {
            began: now,
            turns: 0,
            accepted: 0,
            failed: 0,
            moved: now,
            look_again: None,
            stood: None,
            last: None,
            errors: Vec::new(),
        }
    }

    /// How things stand: the steps, those that are held back included, and what is waited for.
    fn standing(&self, plan: &Plan) -> Standing {
        let (unseen, open): (Vec<_>, Vec<_>) = plan.waiting.iter().partition(|waiting| waiting.why == Why::Unseen);
        let mut steps: Vec<Step> = plan.steps().cloned().collect();
        for before in self.stood.iter().flat_map(|(before, _)| before) {
            let held_back = unseen.iter().any(|waiting| waiting.tier == before.tier());
            if held_back && !steps.iter().any(|step| step.is_like(before)) {
                steps.push(before.clone());
            }
        }
        (steps, open.into_iter().map(|waiting| (waiting.tier.clone(), waiting.why.clone())).collect())
    }

    /// Whether other steps are asked for than in the turn before, or something else is waited for.
    fn differs(&self, (steps, whys): &Standing) -> bool {
        self.stood.as_ref().is_none_or(|(before, waited)| {
            let same =
                before.len() == steps.len() && before.iter().all(|one| steps.iter().any(|step| step.is_like(one)));
            !same || waited != whys
        })
    }

    pub(super) fn note(&mut self, turned: &Turned, now: Timestamp) {
        self.turns += 1;
        match turned {
            Turned::Acted { plan, applied, .. } => {
                for (_, outcome) in &applied.steps {
                    self.accepted += u64::from(*outcome == Outcome::Accepted);
                }
                // What is only asked for again is no reason to be patient, and what refused it still does.
                let insists = plan.waiting.iter().any(|waiting| waiting.why == Why::Unseen);
                let errors: Vec<Error> = applied.errors().cloned().collect();
                self.failed += errors.len() as u64;
                if !errors.is_empty() || !insists {
                    self.errors = errors;
                }
                // Not the world: a pool whose instances never boot replaces them for ever.
                let stands = self.standing(plan);
                if self.differs(&stands) {
                    self.moved = now;
                }
                self.stood = Some(stands);
                self.look_again = plan.look_again.filter(|_| !insists);
                self.last = Some(plan.clone());
            }
            Turned::StoodBy { look_again, .. } => self.look_again = Some(*look_again),
            Turned::Unsure(error) => self.errors = vec![error.clone()],
            Turned::Ended(_) => {}
        }
    }

    /// Whether nothing has changed for too long, and nothing is due that could change it.
    pub(super) fn is_stuck(&self, now: Timestamp, patience: Duration) -> bool {
        now.since(self.moved) >= patience && self.look_again.is_none_or(|due| due <= now)
    }

    pub(super) fn report(&self, plan: &Plan, now: Timestamp) -> Report {
        let (turns, accepted, failed) = (self.turns, self.accepted, self.failed);
        Report { turns, accepted, failed, took: now.since(self.began), plan: plan.clone() }
    }

    pub(super) fn stalled(&self, cause: StallCause, now: Timestamp) -> Stalled {
        let waiting = self.last.as_ref().map(|plan| plan.waiting.clone()).unwrap_or_default();
        Stalled { cause, lasted: now.since(self.moved), waiting, errors: self.errors.clone() }
    }
}
