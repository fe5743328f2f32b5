//! What follows from a group's past: who was lost, and where nothing can be launched.

use super::{
    activity::{Deed, PAST, What, lost},
    group::{Group, RELEASE},
    seen::Machines,
};
use crate::provider::Provider;
use ha_core::{
    backend::{spec::PoolSpec, state::Loss},
    name::{InstanceId, Release, ZoneName},
    time::Timestamp,
};
use std::collections::{BTreeMap, BTreeSet};

/// Who was lost of late, oldest first.
pub(super) fn losses(own: &[&Deed], machines: &Machines, spec: &PoolSpec, provider: &Provider) -> Vec<Loss> {
    let loss = |deed: &&Deed| {
        let known = |id: &InstanceId| machines.get(id);
        let launched = match &deed.what {
            What::GaveUp(id, _) => known(id).and_then(|it| it.launched),
            What::Abandoned(_) | What::Launched(_) | What::Refused => None,
        };
        let (instance, why) = lost(deed, launched, spec.boot.budget)?;
        let machine = known(&instance);
        let release = machine.and_then(|it| it.tags.get(RELEASE)).map_or(spec.release.as_str(), String::as_str);
        let place = deed.zone.as_deref().unwrap_or_default();
        Some(Loss { zone: provider.zone_of(place), release: Release::from(release), instance, at: deed.start, why })
    };
    let mut losses: Vec<Loss> = own.iter().filter_map(loss).collect();
    losses.sort_by(|a, b| (a.at, &a.instance).cmp(&(b.at, &b.instance)));
    losses
}

/// The zones in which the last launch was refused, and since when none succeeded.
pub(super) fn refused(own: &[&Deed], group: &Group, now: Timestamp, provider: &Provider) -> Vec<(ZoneName, Timestamp)> {
    let mut zones: BTreeMap<&str, Timestamp> = BTreeMap::new();
    let mut decided: BTreeSet<&str> = BTreeSet::new();
    // Newest first: each older refusal moves the beginning back, until a launch that succeeded.
    for deed in own {
        let Some(place) = deed.zone.as_deref() else { continue };
        match &deed.what {
            What::Launched(_) => drop(decided.insert(place)),
            What::Refused if !decided.contains(place) => drop(zones.insert(place, deed.start)),
            What::Refused | What::Abandoned(_) | What::GaveUp(_, _) => {}
        }
    }
    zones.extend(passed_over(own, group, now));
    zones.into_iter().map(|(place, since)| (provider.zone_of(place), since)).collect()
}

/// A group that launched within the hour, and tells of none of it, is an emulator's, which launches in one zone only: it
/// is not waited for to spread. Auto Scaling itself tells of every launch.
fn passed_over<'g>(own: &[&Deed], group: &'g Group, now: Timestamp) -> Vec<(&'g str, Timestamp)> {
    let of_late = group.members.iter().filter_map(|it| it.launched).filter(|at| now.since(*at) < PAST);
    let (Some(first), false) = (of_late.min(), own.iter().any(|deed| matches!(deed.what, What::Launched(_)))) else {
        return Vec::new();
    };
    let count = |zone: &str| group.members.iter().filter(|it| it.zone == zone).count();
    let most = group.zones.iter().map(|zone| count(zone)).max().unwrap_or(0);
    group.zones.iter().filter(|zone| count(zone) + 1 < most).map(|zone| (zone.as_str(), first)).collect()
}

#[cfg(test)]
mod tests {
    use super::{
        super::group::{Care, Life, Limits, Member},
        *,
    };
    use ha_core::backend::state::LossReason;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_secs(seconds)
    }

    fn deed(what: What, zone: &str, start: u64) -> Deed {
        let zone = Some(format!("eu-central-1{zone}"));
        Deed { group: "g".into(), zone, what, start: at(start), end: None }
    }

    fn group(zones: [usize; 2], launched: u64) -> Group {
        let places = ["eu-central-1a", "eu-central-1b"];
        let member = |zone: &str, index: usize| Member {
            id: format!("i-{zone}-{index}").into(),
            zone: zone.into(),
            life: Life::InService,
            healthy: true,
            tags: Default::default(),
            launched: Some(at(launched)),
            runs: true,
        };
        let members = places.iter().zip(zones).flat_map(|(zone, count)| (0..count).map(|index| member(zone, index)));
        Group {
            name: "g".into(),
            tags: Default::default(),
            template: "t".into(),
            zones: places.map(String::from).into(),
            limits: Limits { min: 0, max: 9, desired: 3 },
            care: Care::wanted(&crate::pool::group::tests::spec(3, 1, 4)),
            targets: Vec::new(),
            members: members.collect(),
        }
    }

    fn told(deeds: &[Deed], group: &Group, now: u64) -> Vec<(String, u64)> {
        let own: Vec<&Deed> = deeds.iter().collect();
        let zones = refused(&own, group, at(now), &Provider::new("eu-central-1"));
        zones.iter().map(|(zone, since)| (zone.to_string(), since.0 / 1_000_000_000)).collect()
    }

    #[test]
    fn a_zone_is_refused_since_its_first_refusal_after_its_last_launch() {
        let launched = |zone, at| deed(What::Launched("i-1".into()), zone, at);
        let deeds = [
            deed(What::Refused, "a", 90),
            launched("b", 80),
            deed(What::Refused, "b", 70),
            deed(What::Refused, "a", 60),
            launched("a", 50),
            deed(What::Refused, "a", 40),
        ];
        assert_eq!(told(&deeds, &group([2, 2], 50), 100), [("a".to_owned(), 60)]);
    }

    #[test]
    fn only_a_group_that_tells_nothing_of_its_launches_is_not_waited_for_to_spread() {
        let skewed = group([3, 0], 50);
        assert_eq!(told(&[], &skewed, 100), [("b".to_owned(), 50)]);
        assert_eq!(told(&[deed(What::Launched("i-1".into()), "a", 50)], &skewed, 100), []);
        assert_eq!(told(&[], &skewed, 50 + 3600), [], "too long ago to be told");
        assert_eq!(told(&[], &group([2, 1], 50), 100), []);
    }

    #[test]
    fn who_was_lost_is_told_with_its_zone_and_release() {
        let gone = deed(What::GaveUp("i-1".into(), LossReason::Gone), "b", 70);
        let tags = [(RELEASE.to_owned(), "r0".to_owned())].into();
        let machine = super::super::seen::Machine { tags, launched: None, runs: false };
        let spec = crate::pool::group::tests::spec(3, 1, 4);
        let machines = [("i-1".into(), machine)].into();
        let losses = losses(&[&gone], &machines, &spec, &Provider::new("eu-central-1"));
        let told: Vec<String> =
            losses.iter().map(|it| format!("{} {} {} {:?}", it.instance, it.zone, it.release, it.why)).collect();
        assert_eq!(told, ["i-1 b r0 Gone"]);
    }
}
