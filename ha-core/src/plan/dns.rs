//! Plans records: a name is moved to what can serve, and keeps its old TTL until resolvers have forgotten the old answer.

use super::{
    Action, DnsStep, Reason, TierName, Why,
    draft::{Draft, Seen},
    footing, wanted,
};
use crate::{
    backend::{
        spec::RecordSet,
        state::{Phase, RecordState},
    },
    time::{Timestamp, show},
    topology::{Dns, Endpoint},
};

pub(super) fn plan(draft: &mut Draft) {
    match draft.records() {
        Seen::Unknown(story) => draft.wait(TierName::Dns(None), Why::Unknown(story), None),
        Seen::NotManaged if draft.wanted_records().is_empty() => {}
        Seen::NotManaged => draft.lacks("dns", "DNS records"),
        Seen::Known(reading) => {
            for wish in draft.wanted_records() {
                match reading.state.iter().find(|seen| seen.set.name == wish.name) {
                    Some(seen) => keep(draft, wish, seen, reading.at),
                    None => create(draft, wish),
                }
            }
            for seen in &reading.state {
                if !draft.wanted_records().iter().any(|wish| wish.name == seen.set.name) {
                    remove(draft, seen);
                }
            }
        }
    }
}

fn create(draft: &mut Draft, wish: &Dns) {
    let effect = format!("users find {}", wish.name);
    draft.step(Action::Dns(DnsStep::Ensure(wanted::record(wish))), Reason::Missing, effect);
}

fn keep(draft: &mut Draft, wish: &Dns, seen: &RecordState, at: Timestamp) {
    let tier = || TierName::Dns(Some(wish.name.clone()));
    if seen.phase == Phase::Removing {
        return draft.wait(tier(), Why::Removing, Some(seen.since));
    }
    let mut set = wanted::record(wish);
    if let Some(footing) = not_ready(draft, &seen.set, &set) {
        set.kind = seen.set.kind.clone();
        draft.wait(tier(), Why::Footing(footing), None);
    }
    keep_the_old_ttl(draft, &mut set, seen, at);
    if set != seen.set || seen.phase == Phase::Broken {
        let reason = wanted::drift(&seen.set, &set);
        let effect = format!("users see it within {}", show(seen.set.ttl));
        draft.step(Action::Dns(DnsStep::Ensure(set)), reason, effect);
    }
    match seen.phase {
        Phase::Pending => draft.wait(tier(), Why::Pending, Some(seen.since)),
        Phase::Broken => draft.wait(tier(), Why::Broken(format!("record {}", wish.name)), Some(seen.since)),
        Phase::Active | Phase::Removing => {}
    }
}

/// Resolvers keep an old answer for the old TTL. It stays written on the record until they have forgotten, so that what
/// the name stood for is not removed too soon.
fn keep_the_old_ttl(draft: &mut Draft, set: &mut RecordSet, seen: &RecordState, at: Timestamp) {
    let forgotten = seen.since + seen.set.ttl;
    if set.ttl >= seen.set.ttl || (set.kind == seen.set.kind && forgotten <= at) {
        return;
    }
    set.ttl = seen.set.ttl;
    let tier = TierName::Dns(Some(set.name.clone()));
    draft.wait(tier, Why::Footing("resolvers forgetting the old answer".into()), Some(seen.since));
    draft.look_again(forgotten, at);
}

/// What must be there before the name may answer with `wanted`: users must not be sent to what cannot serve.
fn not_ready(draft: &Draft, seen: &RecordSet, wanted: &RecordSet) -> Option<String> {
    let before = seen.kind.endpoints();
    let (pools, balancers) = (draft.pools().all(), draft.balancers().all());
    let endpoints = wanted.kind.endpoints();
    let mut added = endpoints.iter().filter(|endpoint| !before.contains(endpoint));
    added.find_map(|endpoint| match endpoint {
        Endpoint::Balancer(name) => {
            let serves = balancers.is_some_and(|balancers| footing::balancer_serves(balancers, name));
            (!serves).then(|| format!("balancer {name} serving"))
        }
        Endpoint::Pool(name) => {
            let serves = pools.is_some_and(|pools| footing::pool_serves(draft.site, pools, name));
            (!serves).then(|| format!("pool {name} ready"))
        }
    })
}

fn remove(draft: &mut Draft, seen: &RecordState) {
    if seen.phase == Phase::Removing {
        return draft.wait(TierName::Dns(Some(seen.set.name.clone())), Why::Removing, Some(seen.since));
    }
    let action = Action::Dns(DnsStep::Remove { name: seen.set.name.clone() });
    draft.step(action, Reason::Unwanted, format!("{} answers no more", seen.set.name));
}
