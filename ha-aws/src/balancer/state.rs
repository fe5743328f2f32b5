//! The state of a site's balancers, from what is there.

use super::{
    Balancers, REMOVING,
    seen::{Alb, Group, Life, Pools, Seen, list},
    wanted::{Does, attributes_digest, checks, ears, forward, group_name, object},
};
use crate::{error::Wish, mark, provider::Provider};
use futures_util::future::join;
use ha_core::{
    backend::{
        Kind, Result, Scope,
        spec::BalancerSpec,
        state::{BalancerState, Phase, Reading, TargetHealth, TargetState},
    },
    name::{InstanceId, PoolName},
    time::Timestamp,
};
use std::collections::{BTreeMap, BTreeSet};

/// The tag of a load balancer that says which attributes were written last.
pub(super) const ATTRIBUTES: &str = "ha:attributes";

/// What a balancer forwards now; nothing while it listens nowhere.
pub(super) fn now_forwards(alb: &Alb) -> Option<&BTreeMap<String, i32>> {
    alb.ears.iter().find_map(|(_, ear)| match &ear.does {
        Does::Forward(weights, _) => Some(weights),
        Does::Redirect(_) | Does::Other => None,
    })
}

/// How far a balancer is. What differs from its spec does not mend itself, and is asked for again.
pub(super) fn phase(scope: &Scope, spec: &BalancerSpec, (alb, seen): (&Alb, &Seen), provider: &Provider) -> Phase {
    if alb.tags.contains_key(REMOVING) {
        // Whoever began it may be gone; what is left goes when it is asked again.
        return Phase::Broken;
    }
    let serves = |name: &str| seen.group(name).is_some_and(Group::serves);
    let (does, held) = forward(scope, spec, now_forwards(alb), serves);
    let mut there: Vec<_> = alb.ears.iter().map(|(_, ear)| ear).collect();
    there.sort_by_key(|ear| ear.port);
    let mut wanted = ears(spec, provider, &does);
    wanted.sort_by_key(|ear| ear.port);
    let mut named = BTreeSet::new();
    let routes = spec.routes.iter().zip(&spec.ready).all(|(route, boot)| {
        let name = group_name(scope, &spec.name, (route, boot));
        let group = seen.group(&name);
        named.insert(name);
        let attached = |id: &String| seen.pools.get(&route.pool).is_some_and(|pool| pool.targets.contains(id));
        group.is_some_and(|group| group.checks == checks(spec, boot) && attached(&group.id))
    });
    let object = object(&spec.name);
    let surplus = seen.groups_of(&object).filter(|group| !named.contains(&group.name));
    // What still drains goes by itself; what is over is to be taken away.
    let (draining, over): (Vec<_>, Vec<_>) = surplus.partition(|it| !it.targets.is_empty() && !seen.is_fed(&it.id));
    let attributes = alb.tags.get(ATTRIBUTES) == Some(&attributes_digest(spec));
    let as_asked = there.iter().copied().eq(&wanted) && routes && attributes && (held || over.is_empty());
    match (as_asked, alb.life) {
        (false, _) | (true, Life::Failed) => Phase::Broken,
        (true, Life::Coming) => Phase::Pending,
        (true, Life::Works) if held || !draining.is_empty() => Phase::Pending,
        (true, Life::Works) => Phase::Active,
    }
}

impl Balancers {
    /// What is there, own accepted changes included.
    pub(super) async fn look(&self, scope: &Scope, wish: &Wish) -> Result<Seen> {
        let (listed, pools) = join(list(&self.service, scope, wish, true), self.clients.pools(scope, wish)).await;
        let (seen, _) = listed?;
        Ok(Seen { pools: pools?, ..self.drift.shown(seen) })
    }

    /// The same for a wish that makes it so: what was listed a moment ago does.
    pub(super) async fn known(&self, scope: &Scope, wish: &Wish) -> Result<Seen> {
        let now = self.service.clock.now();
        let listed = async {
            match self.service.shelves.balancers.recent(scope, now) {
                Some(seen) => Ok(seen),
                None => list(&self.service, scope, wish, true).await.map(|(seen, _)| seen),
            }
        };
        let (seen, pools) = join(listed, self.pools(scope, wish)).await;
        Ok(Seen { pools: pools?, ..self.drift.shown(seen?) })
    }

    async fn pools(&self, scope: &Scope, wish: &Wish) -> Result<Pools> {
        match self.service.shelves.served.recent(scope, self.service.clock.now()) {
            Some(pools) => Ok(pools),
            None => self.clients.pools(scope, wish).await,
        }
    }

    pub(super) async fn states(&self, scope: &Scope, wish: &Wish) -> Result<Reading<Vec<BalancerState>>> {
        let listed = async {
            match self.service.shelves.balancers.show(scope, self.service.clock.now()) {
                Some(ahead) => Ok(ahead),
                None => list(&self.service, scope, wish, true).await,
            }
        };
        let (listed, pools) = join(listed, self.pools(scope, wish)).await;
        let (seen, at) = listed?;
        self.look_for_drift(scope, &seen, at, wish).await;
        let seen = Seen { pools: pools?, ..self.drift.shown(seen) };
        let mut states: Vec<BalancerState> =
            seen.albs.iter().map(|alb| self.state(scope, (alb, &seen), at, wish)).collect::<Result<_>>()?;
        #[cfg(feature = "readings")]
        self.measure(scope, &seen, &mut states, at).await;
        for state in self.leftovers(&seen, at) {
            if !states.iter().any(|known| known.spec.name == state.spec.name) {
                states.push(state);
            }
        }
        states.sort_by(|a, b| a.spec.name.cmp(&b.spec.name));
        Ok(Reading { state: states, at })
    }

    fn state(&self, scope: &Scope, (alb, seen): (&Alb, &Seen), at: Timestamp, wish: &Wish) -> Result<BalancerState> {
        let told = |why| wish.refuse(Kind::Rejected(format!("load balancer {}: {why}", alb.name)));
        let spec: BalancerSpec = mark::spec(&alb.tags).map_err(told)?;
        let phase = phase(scope, &spec, (alb, seen), &self.service.provider);
        let since = self.since.of(&alb.id, phase, None, at);
        let mut targets = Vec::new();
        for (route, boot) in spec.routes.iter().zip(&spec.ready) {
            let group = seen.group(&group_name(scope, &spec.name, (route, boot)));
            for (instance, health) in group.into_iter().flat_map(|group| &group.targets) {
                targets.push(self.target((&route.pool, instance), *health, &alb.id, at));
            }
        }
        Ok(BalancerState { spec, phase, since, targets, readings: Vec::new(), unread: None })
    }

    /// Adds what was measured of the releases that are being rolled out behind them.
    #[cfg(feature = "readings")]
    async fn measure(&self, scope: &Scope, seen: &Seen, states: &mut [BalancerState], at: Timestamp) {
        let mut watched = Vec::new();
        for (alb, state) in seen.albs.iter().zip(&*states) {
            for (route, boot) in state.spec.routes.iter().zip(&state.spec.ready) {
                let trial = seen.pools.get(&route.pool).and_then(|pool| pool.trial.clone());
                let group = seen.group(&group_name(scope, &state.spec.name, (route, boot)));
                let (Some(trial), Some(group)) = (trial, group) else { continue };
                let healthy = group.targets.iter().filter(|(_, health)| *health == TargetHealth::Healthy);
                watched.push(crate::readings::Watched {
                    pool: route.pool.clone(),
                    trial,
                    balancer: alb.id.clone(),
                    group: group.id.clone(),
                    alone: state.spec.routes.len() == 1,
                    healthy: healthy.map(|(instance, _)| instance.clone()).collect(),
                });
            }
        }
        let (mut readings, barred) = self.meters.read(&watched, at).await;
        for (alb, state) in seen.albs.iter().zip(states) {
            state.readings = readings.remove(&alb.id).unwrap_or_default();
            state.unread = barred.clone().filter(|_| watched.iter().any(|it| it.balancer == alb.id));
        }
    }

    fn target(
        &self,
        (pool, instance): (&PoolName, &InstanceId),
        health: TargetHealth,
        alb: &str,
        at: Timestamp,
    ) -> TargetState {
        let since = self.judged.of(&format!("{alb} {instance}"), health, None, at);
        TargetState { pool: pool.clone(), instance: instance.clone(), health, since }
    }

    /// Balancers of which only target groups are left: the last part bears the spec.
    fn leftovers(&self, seen: &Seen, at: Timestamp) -> Vec<BalancerState> {
        let leaving = seen.groups.iter().filter(|it| it.tags.contains_key(REMOVING));
        let specs = leaving.filter_map(|it| mark::spec::<BalancerSpec>(&it.tags).ok());
        let mut states: Vec<BalancerState> = Vec::new();
        for spec in specs {
            if !states.iter().any(|known| known.spec.name == spec.name) {
                let since = self.since.of(&format!("rest of {}", spec.name), Phase::Broken, None, at);
                let (targets, readings) = (Vec::new(), Vec::new());
                states.push(BalancerState { spec, phase: Phase::Broken, since, targets, readings, unread: None });
            }
        }
        states
    }
}
