//! What a pool asks of its Auto Scaling group: pure, from the spec and who is held.

use super::hooks::{HOOKS, Hooks};
use crate::{mark::Tags, provider::Provider};
use ha_core::{
    backend::{
        spec::PoolSpec,
        state::{InstancePhase, Phase},
    },
    name::InstanceId,
    time::Timestamp,
    topology::{Capacity, HoldMode},
};
use std::collections::BTreeSet;

/// The tag of an instance that says how it is held, or that it was put back.
pub(crate) const HOLD: &str = "ha:hold";
/// The tag of an instance that says what it runs.
pub(super) const RELEASE: &str = "ha:release";
/// The tag of an instance or a template that says whose it is.
pub(crate) const POOL: &str = "ha:pool";
/// The tag of a group that says which template was asked for last.
pub(super) const TEMPLATE: &str = "ha:template";
/// The tag of a group that is to go.
pub(super) const REMOVING: &str = "ha:removing";

/// One pool's group as it is there.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Group {
    pub name: String,
    pub tags: Tags,
    pub template: String,
    pub zones: BTreeSet<String>,
    pub limits: Limits,
    pub care: Care,
    /// The target groups that balancers attached.
    pub targets: Vec<String>,
    pub members: Vec<Member>,
}

/// How a group looks after its instances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Care {
    /// Whose word on their health it takes.
    pub health: String,
    /// For how many seconds it does not, after a launch.
    pub grace: i32,
    /// Who goes first where one is to go.
    pub policies: Vec<String>,
    /// What it was told not to do.
    pub suspended: Vec<String>,
}

impl Care {
    /// By its balancers' word, after the boot budget; who was launched by the oldest template goes first.
    pub fn wanted(spec: &PoolSpec) -> Self {
        Self {
            health: "ELB".into(),
            grace: i32::try_from(spec.boot.budget.as_secs()).unwrap_or(i32::MAX),
            policies: ["OldestLaunchTemplate", "Default"].map(String::from).into(),
            suspended: Vec::new(),
        }
    }
}

/// How many instances a group may have, and tries to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    pub min: i32,
    pub max: i32,
    pub desired: i32,
}

/// An instance of a group.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Member {
    pub id: InstanceId,
    pub zone: String,
    pub life: Life,
    pub healthy: bool,
    /// Its own tags, from EC2.
    pub tags: Tags,
    /// When it was launched, if EC2 knows it.
    pub launched: Option<Timestamp>,
    /// Whether EC2 says that it runs, or is about to.
    pub runs: bool,
}

/// Where an instance is in its group's life cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    Pending,
    InService,
    Leaving,
    Standby,
}

/// What the tag says of an instance.
pub(super) fn word(mode: HoldMode) -> &'static str {
    match mode {
        HoldMode::Replace => "replace",
        HoldMode::Shrink => "shrink",
    }
}
/// The word for one that was put back.
pub(super) const BACK: &str = "back";

impl Member {
    fn hold(&self) -> HoldMode {
        match self.tags.get(HOLD).map(String::as_str) {
            Some("shrink") => HoldMode::Shrink,
            Some(_) | None => HoldMode::Replace,
        }
    }
    /// What it is doing, as its pool knows it.
    pub fn phase(&self) -> InstancePhase {
        match (self.life, self.runs) {
            (Life::Leaving, _) => InstancePhase::Draining,
            (Life::Pending | Life::InService | Life::Standby, false) => InstancePhase::Lost,
            (Life::Standby, true) => InstancePhase::Held(self.hold()),
            (Life::Pending, true) if self.tags.get(HOLD).is_some_and(|word| word == BACK) => InstancePhase::Returning,
            (Life::Pending, true) => InstancePhase::Booting,
            (Life::InService, true) if self.healthy => InstancePhase::Ready,
            (Life::InService, true) => InstancePhase::Unready,
        }
    }
}

impl Group {
    /// How many are held in this way.
    pub fn held(&self, mode: HoldMode) -> i32 {
        let held = self.members.iter().filter(|it| it.phase() == InstancePhase::Held(mode));
        i32::try_from(held.count()).unwrap_or(i32::MAX)
    }
    /// What the group should be limited to by this spec, given who is held. What is held with `Shrink` is missed, and
    /// the minimum lets it; what is held with `Replace` has a place to come back to.
    pub fn wanted(&self, spec: &PoolSpec) -> Limits {
        let (shrunk, replaced) = (self.held(HoldMode::Shrink), self.held(HoldMode::Replace));
        let Limits { min, max, desired } = limits(spec);
        let desired = (desired - shrunk).max(0);
        Limits { min: min.min(desired), max: max.max(desired + shrunk + replaced), desired }
    }
    /// How far the pool is: what differs from its spec does not mend itself.
    pub fn phase(&self, spec: &PoolSpec, provider: &Provider) -> Phase {
        let there = self.members.iter().any(|it| it.runs);
        if self.tags.contains_key(REMOVING) {
            // Whoever wrote the tag may have died before the group was emptied, and what is held does not go by itself.
            let held = |it: &Member| it.runs && matches!(it.phase(), InstancePhase::Held(_));
            let leaves = there && self.limits.max == 0 && !self.members.iter().any(held);
            return if leaves { Phase::Removing } else { Phase::Broken };
        }
        let zones: BTreeSet<String> = spec.zones.iter().map(|zone| provider.zone(zone)).collect();
        let as_asked = self.tags.get(TEMPLATE) == Some(&self.template) && self.zones == zones;
        let signals = provider.release(&spec.release).is_some_and(|machine| machine.signals == Some(true));
        let as_asked = as_asked && self.tags.get(HOOKS) == Some(&Hooks::wanted(spec, signals).word());
        let as_asked = as_asked && self.care == Care::wanted(spec);
        if as_asked && self.limits == self.wanted(spec) { Phase::Active } else { Phase::Broken }
    }
}

/// The limits of a group none of whose instances is held.
pub(super) fn limits(spec: &PoolSpec) -> Limits {
    let whole = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
    let (min, max) = (spec.bounds.min, spec.bounds.max);
    let desired = match spec.capacity {
        Capacity::Fixed(count) => count.max(min).min(max),
        // Refused by `check`: nobody scales yet.
        Capacity::Scaled => min,
    };
    Limits { min: whole(min), max: whole(max), desired: whole(desired) }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use ha_core::{
        backend::spec::Marks,
        topology::{Boot, Guards, Size},
    };
    use std::time::Duration;

    pub fn spec(capacity: u32, min: u32, max: u32) -> PoolSpec {
        PoolSpec {
            name: "web".into(),
            release: "r1".into(),
            bounds: Size { min, max },
            capacity: Capacity::Fixed(capacity),
            zones: vec!["a".into(), "b".into()],
            max_skew: 1,
            boot: Boot { ready: "/ready".into(), budget: Duration::from_secs(300), port: 80 },
            guards: Guards::default(),
            drain: Duration::ZERO,
            marks: Marks { stable: "r1".into(), candidate: None, rejected: Vec::new() },
        }
    }

    fn member(life: Life, hold: Option<&str>) -> Member {
        let tags = hold.map(|word| (HOLD.to_owned(), word.to_owned())).into_iter().collect();
        let (id, zone) = ("i-1".into(), "eu-central-1a".into());
        Member { id, zone, life, healthy: true, tags, launched: None, runs: true }
    }

    fn group(members: Vec<Member>, limits: Limits) -> Group {
        let tags = [(TEMPLATE.to_owned(), "t".to_owned()), (HOOKS.to_owned(), "none".to_owned())].into();
        let zones = ["eu-central-1a", "eu-central-1b"].map(String::from).into();
        let care = Care::wanted(&spec(1, 1, 1));
        Group { name: "shop-web".into(), tags, template: "t".into(), zones, limits, care, targets: Vec::new(), members }
    }

    #[test]
    fn what_an_instance_does_follows_from_group_machine_and_tag() {
        let lost = Member { runs: false, ..member(Life::InService, None) };
        let ill = Member { healthy: false, ..member(Life::InService, None) };
        for (member, phase) in [
            (member(Life::Pending, None), InstancePhase::Booting),
            (member(Life::Pending, Some(BACK)), InstancePhase::Returning),
            (member(Life::InService, Some(BACK)), InstancePhase::Ready),
            (ill, InstancePhase::Unready),
            (lost, InstancePhase::Lost),
            (member(Life::Leaving, None), InstancePhase::Draining),
            (member(Life::Standby, Some("shrink")), InstancePhase::Held(HoldMode::Shrink)),
            (member(Life::Standby, None), InstancePhase::Held(HoldMode::Replace)),
        ] {
            assert_eq!(member.phase(), phase, "{member:?}");
        }
    }

    #[test]
    fn limits_leave_room_for_what_is_held() {
        let of = |members, spec: &PoolSpec| group(members, limits(spec)).wanted(spec);
        assert_eq!(
            of(vec![member(Life::Standby, Some("shrink"))], &spec(3, 1, 3)),
            Limits { min: 1, max: 3, desired: 2 }
        );
        let spec = spec(3, 3, 3);
        assert_eq!(of(vec![], &spec), Limits { min: 3, max: 3, desired: 3 });
        assert_eq!(of(vec![member(Life::Standby, Some("shrink"))], &spec), Limits { min: 2, max: 3, desired: 2 });
        assert_eq!(of(vec![member(Life::Standby, Some("replace"))], &spec), Limits { min: 3, max: 4, desired: 3 });
    }

    #[test]
    fn what_somebody_changed_by_hand_is_broken() {
        let (spec, provider) = (spec(3, 2, 6), Provider::new("eu-central-1"));
        let right = group(vec![member(Life::InService, None)], limits(&spec));
        assert_eq!(right.phase(&spec, &provider), Phase::Active);
        let mut other = right.clone();
        other.limits.desired = 5;
        assert_eq!(other.phase(&spec, &provider), Phase::Broken);
        let mut other = right.clone();
        other.zones.pop_last();
        assert_eq!(other.phase(&spec, &provider), Phase::Broken);
        let mut other = right.clone();
        other.tags.remove(HOOKS);
        assert_eq!(other.phase(&spec, &provider), Phase::Broken);
        let mut other = right.clone();
        other.template = "theirs".into();
        assert_eq!(other.phase(&spec, &provider), Phase::Broken);
        let changes: [fn(&mut Care); 4] = [
            |care| care.health = "EC2".into(),
            |care| care.grace += 1,
            |care| care.policies.reverse(),
            |care| care.suspended.push("Launch".into()),
        ];
        for change in changes {
            let mut other = right.clone();
            change(&mut other.care);
            assert_eq!(other.phase(&spec, &provider), Phase::Broken, "{:?}", other.care);
        }
        let mut leaving = right;
        leaving.tags.insert(REMOVING.into(), "yes".into());
        assert_eq!(leaving.phase(&spec, &provider), Phase::Broken, "nobody has emptied it yet");
        leaving.limits = Limits { min: 0, max: 0, desired: 0 };
        assert_eq!(leaving.phase(&spec, &provider), Phase::Removing);
        leaving.members.push(member(Life::Standby, None));
        assert_eq!(leaving.phase(&spec, &provider), Phase::Broken, "what is held does not go by itself");
        leaving.members.clear();
        assert_eq!(leaving.phase(&spec, &provider), Phase::Broken, "what is left of it goes when it is asked again");
    }
}
