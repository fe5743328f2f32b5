//! The planner: from what is wanted and what was seen to what is to be done now. Pure.
//!
//! Any subset of a plan's steps, run in any order, keeps every invariant and leaves nothing that the next turn cannot
//! finish. The waves only decide how far one turn gets.

mod balancer;
mod check;
mod crew;
mod dns;
mod draft;
mod exchange;
mod footing;
mod gate;
mod hold;
mod lack;
mod losses;
mod measure;
mod network;
mod pool;
mod review;
mod rollout;
mod show;
mod step;
#[cfg(test)]
pub(crate) mod tests;
mod wanted;
mod world;

pub(crate) use check::check;
pub use lack::Lack;
pub use review::{NotAPlan, Stale};
pub use rollout::UNMEASURED;
pub use step::{
    Action, BalancerStep, Change, DnsStep, NetworkStep, PoolStep, Reason, Risk, Step, TierName, Waiting, Why,
};

use crate::{observe::Observed, time::Timestamp, topology::ValidTopology, validate::Problem};
use draft::Draft;
use serde::{Deserialize, Serialize};

/// What is to be done now, what is waited for, and when to look again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The topology's name.
    pub topology: String,
    /// The topology's generation.
    pub generation: u64,
    /// When the observation was made that the plan rests on.
    pub at: Timestamp,
    /// What that observation was, as a number: readings and instants do not count.
    pub world: u64,
    /// Steps; those of one wave are independent of each other.
    pub waves: Vec<Vec<Step>>,
    /// What cannot be done yet.
    pub waiting: Vec<Waiting>,
    /// What the backend cannot keep of the wish; while there is any, nothing is applied.
    pub problems: Vec<Problem>,
    /// When the plan could differ though nothing changed.
    pub look_again: Option<Timestamp>,
}

/// Plans one turn. Pure: the same topology and the same observation give the same plan, and `observed.at` is its only
/// now. A tier that is unknown, or was read more than a minute ago, is left alone; the others go on.
pub fn plan(site: &ValidTopology, observed: &Observed) -> Plan {
    let mut draft = Draft::new(site, observed);
    network::plan(&mut draft);
    pool::plan(&mut draft);
    balancer::plan(&mut draft);
    dns::plan(&mut draft);
    draft.finish()
}

impl Plan {
    /// All steps, in the order of the waves.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.waves.iter().flatten()
    }
    /// Whether the site is as it is wanted: no step, nothing waited for but the owner's own decision, no problem.
    pub fn converged(&self) -> bool {
        self.steps().next().is_none() && self.problems.is_empty() && self.waiting.iter().all(|w| w.why.is_the_owners())
    }
    /// The same plan with what else `backend` cannot keep of `site`.
    pub fn checked(mut self, site: &ValidTopology, backend: &crate::backend::Backend) -> Self {
        for problem in check(backend, site) {
            if !self.problems.contains(&problem) {
                self.problems.push(problem);
            }
        }
        self
    }
}
