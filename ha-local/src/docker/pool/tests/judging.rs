//! What follows for an instance from its machine, its checks, and those who balance over it.

use super::{scope, web, with_member};
use crate::docker::{
    pool::{
        Machine,
        judge::{Findings, judge},
    },
    state::Tables,
};
use ha_core::{
    backend::state::{InstancePhase, TargetHealth},
    keeper::health::Checks,
    time::Timestamp,
    topology::HoldMode,
};
use std::time::Duration;

const PHASES: [InstancePhase; 7] = [
    InstancePhase::Booting,
    InstancePhase::Ready,
    InstancePhase::Unready,
    InstancePhase::Draining,
    InstancePhase::Held(HoldMode::Shrink),
    InstancePhase::Returning,
    InstancePhase::Lost,
];

/// The phase after a judgement, and whether it is drained.
fn judged(mut tables: Tables, findings: &Findings) -> (InstancePhase, bool) {
    judge(&mut tables, findings, Timestamp::ZERO);
    let member = &web(&tables).members[0];
    (member.phase, member.drained)
}

fn known() -> (String, ha_core::name::InstanceId) {
    (scope().name, "web-a-1".into())
}

#[test]
fn what_runs_no_more_is_lost_unless_it_was_leaving() {
    let stopped = Findings { stopped: [known()].into(), ..Findings::default() };
    for phase in PHASES {
        let leaves = phase == InstancePhase::Draining;
        let expected = if leaves { (phase, true) } else { (InstancePhase::Lost, false) };
        assert_eq!(judged(with_member(5, phase), &stopped), expected, "{phase:?}");
    }
}

#[test]
fn without_a_balancer_the_pool_s_own_agent_judges() {
    use InstancePhase::{Booting, Ready, Returning, Unready};
    use TargetHealth::{Healthy, Initial, Unhealthy};
    let rows = [
        (Booting, Initial, Booting),
        (Booting, Healthy, Ready),
        (Booting, Unhealthy, Booting),
        (Returning, Healthy, Ready),
        (Returning, Unhealthy, Returning),
        (Ready, Unhealthy, Unready),
        (Ready, Initial, Ready),
        (Unready, Unhealthy, Unready),
        (Unready, Healthy, Ready),
    ];
    for (phase, health, expected) in rows {
        let checks = [(known(), Checks { health, against: 0 })].into();
        let findings = Findings { checks, ..Findings::default() };
        let (after, _) = judged(with_member(5, phase), &findings);
        assert_eq!(after, expected, "{phase:?} {health:?}");
        // Nobody has checked it: nothing is known.
        assert_eq!(judged(with_member(5, phase), &Findings::default()).0, phase);
    }
}

#[test]
fn nobody_sends_requests_to_who_leaves_so_that_it_is_drained_at_once() {
    for phase in [InstancePhase::Draining, InstancePhase::Held(HoldMode::Replace)] {
        assert_eq!(judged(with_member(5, phase), &Findings::default()), (phase, true));
    }
}

#[test]
fn who_leaves_answers_on_for_as_long_as_names_are_kept() {
    for (kept, drained) in [(0, true), (1, false)] {
        let mut tables = with_member(5, InstancePhase::Draining);
        tables.pools.values_mut().for_each(|row| row.spec.drain = Duration::from_secs(kept));
        assert_eq!(judged(tables, &Findings::default()), (InstancePhase::Draining, drained), "{kept} s");
    }
}

#[test]
fn an_instance_that_cannot_be_made_leaves_when_it_is_to() {
    let unmade = |phase| {
        let mut tables = with_member(5, phase);
        tables.pools.values_mut().for_each(|row| row.members[0].machine = Machine::Wanted);
        judged(tables, &Findings::default())
    };
    assert_eq!(unmade(InstancePhase::Draining), (InstancePhase::Draining, true));
    assert_eq!(unmade(InstancePhase::Booting), (InstancePhase::Booting, false));
}
