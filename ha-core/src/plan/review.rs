//! A plan that was saved, read by somebody, and is to be applied: it is still that plan, or it is stale.

use super::{Action, Plan, PoolStep, Step};
use crate::time::Timestamp;
use std::fmt;

/// A text that is not a saved plan.
#[derive(Debug, thiserror::Error)]
#[error("this is not a saved plan")]
pub struct NotAPlan(#[from] serde_json::Error);

/// Why a reviewed plan is not applied: the world, or what would be done in it, is not what was reviewed.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Stale {
    /// Whether the world itself changed since.
    pub world_changed: bool,
    /// Steps that were reviewed and would not be made now.
    pub gone: Vec<Step>,
    /// Steps that would be made now and were not reviewed.
    pub new: Vec<Step>,
}

impl fmt::Display for Stale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the plan is stale: ")?;
        f.write_str(if self.world_changed { "the world has changed" } else { "other steps would be made now" })?;
        for (sign, steps) in [("no more", &self.gone), ("now", &self.new)] {
            for step in steps {
                write!(f, "\n  {sign}: {step}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Stale {}

impl Plan {
    /// The plan as text, to be reviewed and loaded again.
    pub fn save(&self) -> String {
        // Plain data with text keys: JSON can hold all of it.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
    /// A plan from the text that [`Plan::save`] made.
    pub fn load(text: &str) -> Result<Self, NotAPlan> {
        Ok(serde_json::from_str(text)?)
    }
    /// Whether `now`, planned from a new observation, is still this plan.
    pub fn still_holds(&self, now: &Self) -> Result<(), Stale> {
        let missing = |from: &Self, other: &Self| -> Vec<Step> {
            let there: Vec<Step> = other.steps().map(timeless).collect();
            from.steps().filter(|step| !there.contains(&timeless(step))).cloned().collect()
        };
        let stale = Stale { world_changed: self.world != now.world, gone: missing(self, now), new: missing(now, self) };
        let same_site = self.topology == now.topology && self.generation == now.generation;
        let holds = same_site && !stale.world_changed && stale.gone.is_empty() && stale.new.is_empty();
        if holds { Ok(()) } else { Err(stale) }
    }
}

impl Step {
    /// Whether it asks for the same: instants that are written into marks do not count.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        timeless(self).action == timeless(other).action
    }
}

/// A step without the instant that is written into a roll-out's marks when it begins.
fn timeless(step: &Step) -> Step {
    let mut step = step.clone();
    if let Action::Pool(PoolStep::Ensure(spec)) = &mut step.action
        && let Some(candidate) = &mut spec.marks.candidate
    {
        candidate.since = Timestamp::ZERO;
    }
    step
}
