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

/// The judgement after one more check. The first good check of a new target suffices (as managed balancers document it:
/// one passed check after registration makes a target healthy), and a new one that fails needs as many bad checks as an
/// old one. Who drains is judged no more.
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

/// Whether requests go to all targets because too few are healthy: none, or at most `share` of them, rounded down (AWS:
/// `target_group_health.unhealthy_state_routing`, off by default).
pub fn fails_open(healthy: u32, all: u32, share: Option<Share>) -> bool {
    all > 0 && (healthy == 0 || share.is_some_and(|share| healthy <= share.of(all)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check() -> HealthCheck {
        HealthCheck { healthy: 3, unhealthy: 2, ..HealthCheck::default() }
    }

    /// The judgements after each of these checks, `+` or `-`, as letters.
    fn judged(from: TargetHealth, checks: &str) -> String {
        let mut now = Checks { health: from, against: 0 };
        let letters = checks.chars().map(|passed| {
            now = judge(now, passed == '+', &check());
            match now.health {
                TargetHealth::Initial => 'i',
                TargetHealth::Healthy => 'h',
                TargetHealth::Unhealthy => 'u',
                TargetHealth::Draining => 'd',
            }
        });
        letters.collect()
    }

    #[test]
    fn thresholds_count_checks_in_a_row() {
        let rows = [
            (TargetHealth::Initial, "+", "h"),
            (TargetHealth::Initial, "-+", "ih"),
            (TargetHealth::Initial, "--", "iu"),
            (TargetHealth::Initial, "--++++", "iuuuhh"),
            (TargetHealth::Healthy, "-+-+--", "hhhhhu"),
            (TargetHealth::Unhealthy, "++-+++", "uuuuuh"),
            (TargetHealth::Draining, "+-+++--", "ddddddd"),
        ];
        for (from, checks, expected) in rows {
            assert_eq!(judged(from, checks), expected, "{from:?} {checks}");
        }
        assert_eq!(judge(Checks::new(), true, &check()), Checks { health: TargetHealth::Healthy, against: 0 });
        assert_eq!(Checks::default(), Checks { health: TargetHealth::Initial, against: 0 });
    }

    #[test]
    fn a_settled_target_is_one_that_a_like_check_leaves_as_it_is() {
        let all = [TargetHealth::Initial, TargetHealth::Healthy, TargetHealth::Unhealthy, TargetHealth::Draining];
        for health in all {
            for against in 0..3 {
                for passed in [true, false] {
                    let checks = Checks { health, against };
                    let stays = judge(checks, passed, &check()) == checks;
                    assert_eq!(settled(checks, passed), stays, "{checks:?} {passed}");
                }
            }
        }
    }

    #[test]
    fn requests_go_to_all_when_too_few_are_healthy() {
        let rows = [
            (0, 0, None, false),
            (0, 1, None, true),
            (0, 3, None, true),
            (1, 3, None, false),
            (0, 0, Some(Share(500)), false),
            (0, 4, Some(Share(500)), true),
            (2, 4, Some(Share(500)), true),
            (3, 4, Some(Share(500)), false),
            // Half of five, rounded down.
            (2, 5, Some(Share(500)), true),
            (3, 5, Some(Share(500)), false),
            (1, 4, Some(Share(0)), false),
        ];
        for (healthy, all, share, expected) in rows {
            assert_eq!(fails_open(healthy, all, share), expected, "{healthy} of {all}, {share:?}");
        }
    }
}
