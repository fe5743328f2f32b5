//! Plans the network: it is there first and goes last, and nothing that still uses it is cut off.

use super::{
    Action, NetworkStep, Reason, TierName, Why,
    draft::{Draft, Seen},
    wanted,
};
use crate::{
    backend::{
        spec::NetworkSpec,
        state::{NetworkState, Phase},
    },
    name::PoolName,
};

pub(super) fn plan(draft: &mut Draft) {
    match draft.network() {
        Seen::Unknown(story) => draft.wait(TierName::Network, Why::Unknown(story), None),
        Seen::NotManaged if draft.wanted_pools().is_empty() && draft.wanted_balancers().is_empty() => {}
        Seen::NotManaged => draft.lacks("network", "networks"),
        Seen::Known(reading) => match (&reading.state, draft.site.is_removed()) {
            (None, true) => {}
            (None, false) => {
                let spec = wanted::network(draft.site);
                let effect = format!("a network over {} zones is made", spec.zones.len());
                draft.step(Action::Network(NetworkStep::Ensure(spec)), Reason::Missing, effect);
            }
            (Some(seen), true) => remove(draft, seen),
            (Some(seen), false) => keep(draft, seen),
        },
    }
}

fn keep(draft: &mut Draft, seen: &NetworkState) {
    if seen.phase == Phase::Removing {
        return draft.wait(TierName::Network, Why::Removing, Some(seen.since));
    }
    let spec = without_cutting_off(draft, &seen.spec);
    if spec != seen.spec || seen.phase == Phase::Broken {
        let reason = wanted::drift(&seen.spec, &spec);
        let effect = "the network is changed in place; what uses it stays connected";
        draft.step(Action::Network(NetworkStep::Ensure(spec)), reason, effect);
    }
    match seen.phase {
        Phase::Pending => draft.wait(TierName::Network, Why::Pending, Some(seen.since)),
        Phase::Broken => draft.wait(TierName::Network, Why::Broken("the network".into()), Some(seen.since)),
        Phase::Active | Phase::Removing => {}
    }
}

/// The wanted network, and what it has beyond that while somebody still uses it: a rule that an existing balancer or
/// record needs, a zone in which an instance still is. From tiers that are not known, all of it is in use.
fn without_cutting_off(draft: &Draft, seen: &NetworkSpec) -> NetworkSpec {
    let mut spec = wanted::network(draft.site);
    let pools = draft.pools().all();
    let zone_used = |zone| pools.is_none_or(|pools| pools.iter().any(|p| p.instances.iter().any(|i| i.zone == zone)));
    spec.zones.extend(seen.zones.iter().filter(|zone| zone_used((*zone).clone())).cloned());
    wanted::dedup(&mut spec.zones);
    match (pools, draft.balancers().all(), draft.records().all()) {
        (Some(pools), Some(balancers), Some(records)) => {
            let ports: Vec<(&PoolName, u16)> = pools.iter().map(|p| (&p.spec.name, p.spec.boot.port)).collect();
            let used =
                wanted::rules(balancers.iter().map(|b| &b.spec), records.iter().map(|record| &record.set), &ports);
            spec.allow.extend(seen.allow.iter().filter(|rule| used.contains(rule)).cloned());
        }
        (_, _, _) => spec.allow.extend(seen.allow.iter().cloned()),
    }
    wanted::dedup(&mut spec.allow);
    spec
}

fn remove(draft: &mut Draft, seen: &NetworkState) {
    if seen.phase == Phase::Removing {
        return draft.wait(TierName::Network, Why::Removing, Some(seen.since));
    }
    let in_it = match (draft.pools().all(), draft.balancers().all()) {
        (Some([]), Some([])) => None,
        (Some([]), Some(_)) => Some("the balancers in it"),
        (Some(_), Some(_)) => Some("the pools in it"),
        (None, _) | (_, None) => Some("knowing what is in it"),
    };
    match in_it {
        Some(footing) => draft.wait(TierName::Network, Why::Footing(footing.into()), None),
        None => draft.step(Action::Network(NetworkStep::Remove), Reason::Unwanted, "the network goes; it is empty"),
    }
}
