//! The state of a site's pools, from what is listed.

use super::{
    ScalingPools,
    activity::{Deed, What},
    group::{Group, Life, RELEASE},
    past,
    seen::{Machines, group, list},
};
use crate::{error::Wish, mark};
use ha_core::{
    backend::{
        Kind, Result, Scope,
        spec::PoolSpec,
        state::{InstancePhase, InstanceState, PoolState, Reading},
    },
    name::InstanceId,
    time::Timestamp,
    topology::HoldMode,
};

impl ScalingPools {
    /// All pools of the scope, own accepted changes included.
    pub(super) async fn look(&self, scope: &Scope, wish: &Wish) -> Result<Reading<Vec<PoolState>>> {
        let (listed, at) = match self.service.shelves.pools.show(scope, self.service.clock.now()) {
            Some(ahead) => ahead,
            None => list(&self.service, scope, wish, true).await?,
        };
        let state = |it| self.state(&group(it, &listed.machines), (&listed.machines, &listed.past), at, wish);
        let mut states: Vec<PoolState> = listed.groups.iter().map(state).collect::<Result<_>>()?;
        for state in &mut states {
            state.strays = listed.strays(&state.spec.name, at.back(self.service.settle));
        }
        states.sort_by(|a, b| a.spec.name.cmp(&b.spec.name));
        Ok(Reading { state: states, at })
    }

    fn state(
        &self,
        group: &Group,
        (machines, past): (&Machines, &[Deed]),
        now: Timestamp,
        wish: &Wish,
    ) -> Result<PoolState> {
        let told = |why| wish.refuse(Kind::Rejected(format!("Auto Scaling group {}: {why}", group.name)));
        let spec: PoolSpec = mark::spec(&group.tags).map_err(told)?;
        let own: Vec<&Deed> = past.iter().filter(|deed| deed.group == group.name).collect();
        let instances = group.members.iter().map(|member| {
            let (id, mut phase) = (member.id.clone(), member.phase());
            if member.life != Life::Leaving && self.service.lately.is_gone(id.as_str(), now, self.service.settle) {
                // It was asked to go, and the listing is older than that.
                phase = InstancePhase::Draining;
            }
            let launched = member.launched.unwrap_or(now);
            let known = (phase == InstancePhase::Ready).then(|| in_service(&own, &id)).flatten();
            let since = self.since.of(id.as_str(), phase, known, now);
            let zone = self.service.provider.zone_of(&member.zone);
            let release = member.tags.get(RELEASE).map_or_else(|| spec.release.clone(), |it| it.as_str().into());
            InstanceState { id, zone, release, phase, since, launched }
        });
        let shrunk = u32::try_from(group.held(HoldMode::Shrink)).unwrap_or(0);
        Ok(PoolState {
            instances: instances.collect(),
            phase: group.phase(&spec, &self.service.provider),
            desired: u32::try_from(group.limits.desired).unwrap_or(0) + shrunk,
            losses: past::losses(&own, machines, &spec, &self.service.provider),
            refused: past::refused(&own, group, now, &self.service.provider),
            strays: Vec::new(),
            spec,
        })
    }
}

/// When it got into service, if its group still tells.
fn in_service(own: &[&Deed], id: &InstanceId) -> Option<Timestamp> {
    let launch = own.iter().find(|deed| deed.what == What::Launched(id.clone()));
    launch.and_then(|deed| deed.end)
}
