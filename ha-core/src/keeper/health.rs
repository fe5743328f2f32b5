//! Judges targets by their checks: thresholds, and failing open when too few are left.

use crate::{
    backend::state::TargetHealth,
    topology::{HealthCheck, Share},
};
use serde::{Deserialize, Serialize};

/// What a balancer remembers of one target's checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checks {
    /// How the target is judged now.
    pub health: TargetHealth,
    /// Checks in a row that speak against `health`.
    pub against: u32,
}

impl Checks {
    /// A target that was never checked.
    pub fn new() -> Self {
        Self { health: TargetHealth::Initial, against: 0 }
    }
}

impl Default for Checks {
    fn default() -> Self {
        Self::new()
    }
}

/// The judgement after one more check. The first good check of a new target suffices, as on AWS and HAProxy.
pub fn judge(before: Checks, passed: bool, check: &HealthCheck) -> Checks {
    let (needed, other) = match (before.health, passed) {
        (TargetHealth::Initial, true) => (1, TargetHealth::Healthy),
        (TargetHealth::Initial, false) | (TargetHealth::Healthy, false) => (check.unhealthy, TargetHealth::Unhealthy),
        (TargetHealth::Unhealthy, true) => (check.healthy, TargetHealth::Healthy),
        (TargetHealth::Healthy, true) | (TargetHealth::Unhealthy, false) | (TargetHealth::Draining, _) => {
            return Checks { against: 0, ..before };
        }
    };
    let against = before.against.saturating_add(1);
    if against >= needed { Checks { health: other, against: 0 } } else { Checks { against, ..before } }
}

/// Whether one more check like this one would change nothing: then it need not be made.
pub fn settled(checks: Checks, passed: bool) -> bool {
    checks.against == 0
        && match checks.health {
            TargetHealth::Initial => false,
            TargetHealth::Healthy => passed,
            TargetHealth::Unhealthy => !passed,
            TargetHealth::Draining => true,
        }
}

/// Whether requests go to all targets because too few are healthy.
pub fn fails_open(healthy: u32, all: u32, share: Option<Share>) -> bool {
    all > 0 && (healthy == 0 || share.is_some_and(|share| healthy <= share.of(all)))
}
