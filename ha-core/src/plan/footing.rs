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
