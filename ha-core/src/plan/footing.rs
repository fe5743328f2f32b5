//! What rests on what: whether an endpoint can serve, and whether something still points at it.

use super::{
    TierName, Why,
    draft::{Draft, Seen},
    wanted,
};
use crate::{
    backend::state::{BalancerState, InstancePhase, Phase, PoolState, TargetHealth},
    name::{BalancerName, PoolName},
    topology::{Endpoint, ValidTopology},
};
use std::time::Duration;

/// Whether a pool has enough ready instances to be given requests.
pub(super) fn pool_serves(site: &ValidTopology, pools: &[PoolState], name: &PoolName) -> bool {
    let (Some(seen), Some(wish)) = (pools.iter().find(|seen| seen.spec.name == *name), site.pool(name)) else {
        return false;
    };
    let ready = seen.instances.iter().filter(|instance| instance.phase == InstancePhase::Ready).count();
    let least = wish.guards.min_healthy.of_at_least(wanted::capacity(wish, seen.desired)).max(1);
    u32::try_from(ready).is_ok_and(|ready| ready >= least)
}

/// Whether a balancer has a target that gets requests.
pub(super) fn balancer_serves(balancers: &[BalancerState], name: &BalancerName) -> bool {
    balancers.iter().any(|seen| {
        let healthy = seen.targets.iter().any(|target| target.health == TargetHealth::Healthy);
        seen.spec.name == *name && seen.phase == Phase::Active && healthy
    })
}

pub(super) fn is_balancer(endpoint: &Endpoint, name: &BalancerName) -> bool {
    matches!(endpoint, Endpoint::Balancer(balancer) if balancer == name)
}

/// How long an instance of a pool that leaves has to answer on: as long as is wanted, and as the pool was told before
/// while a record still leads to it for longer, or one was changed less than that ago. That is noted as waited for.
pub(super) fn drain(draft: &mut Draft, seen: &PoolState, wanted: Duration) -> Duration {
    let (before, itself) = (seen.spec.drain, Endpoint::Pool(seen.spec.name.clone()));
    let reading = match draft.records() {
        Seen::Unknown(_) => return before.max(wanted),
        Seen::NotManaged => return wanted,
        Seen::Known(_) if before <= wanted => return wanted,
        Seen::Known(reading) => reading,
    };
    let mut drain = wanted;
    for record in &reading.state {
        let forgotten = record.since + before;
        let leads_there = record.set.ttl > wanted && record.set.kind.endpoints().contains(&itself);
        if leads_there || forgotten > reading.at {
            let why = Why::Footing(format!("resolvers forgetting what {} was", record.set.name));
            draft.wait(TierName::Pool(Some(seen.spec.name.clone())), why, Some(record.since));
            if forgotten > reading.at {
                draft.look_again(forgotten, reading.at);
            }
            drain = before;
        }
    }
    drain
}

/// Whether a name may still lead users to an endpoint: a record that stands for it, a record changed less than its TTL
/// ago, or records that are not known. If so, that is noted as what `tier` waits for.
pub(super) fn in_use_by_names(draft: &mut Draft, tier: &TierName, is_it: impl Fn(&Endpoint) -> bool) -> bool {
    let reading = match draft.records() {
        Seen::Unknown(_) => {
            draft.wait(tier.clone(), Why::Footing("knowing the records".into()), None);
            return true;
        }
        Seen::NotManaged => return false,
        Seen::Known(reading) => reading,
    };
    let mut in_use = false;
    for record in &reading.state {
        let name = &record.set.name;
        let forgotten = record.since + record.set.ttl;
        if record.set.kind.endpoints().iter().any(&is_it) {
            draft.wait(tier.clone(), Why::Footing(format!("{name} standing for something else")), None);
            in_use = true;
        } else if forgotten > reading.at {
            draft.wait(tier.clone(), Why::Footing(format!("resolvers forgetting what {name} was")), Some(record.since));
            draft.look_again(forgotten, reading.at);
            in_use = true;
        }
    }
    in_use
}
