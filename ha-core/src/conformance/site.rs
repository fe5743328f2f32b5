//! What cases build: networks, pools, balancers and names, and how they wait for them.

use super::{
    Answer, Entry, Port, Request, Trial,
    trial::{Outcome, Snapshot, accepted, holds},
};
use crate::{
    backend::{
        spec::{BalancerSpec, Marks, NetworkSpec, PoolSpec, RecordSet},
        state::{BalancerState, InstancePhase, InstanceState, Phase, PoolState, RecordState, TargetHealth},
    },
    fault::Fault,
    name::{BalancerName, InstanceId, PoolName},
    topology::{
        Algorithm, Capacity, ClientAddress, Endpoint, Exposure, Guards, Listener, Nat, Protocol, RecordKind, Route,
        Share, Size,
    },
};
use std::time::Duration;

/// No name of these cases has more answers.
const ANSWERS: u32 = 8;

impl Trial<'_> {
    pub(super) fn network_spec(&self) -> NetworkSpec {
        let zones = self.lab.material().zones.to_vec();
        NetworkSpec { zones, instances: Exposure::Private, nat: Nat::One, allow: Vec::new() }
    }

    /// Makes the network and waits for it; nothing where the backend has no port for it.
    pub(super) async fn make_network(&self) -> Outcome {
        let Some(port) = &self.backend.network else { return Ok(()) };
        accepted(&port.check(&self.network_spec()))?;
        port.ensure(&self.scope, &self.network_spec()).await?;
        let wait = self.wait("the network becomes active");
        loop {
            let state = port.observe(&self.scope).await?.state;
            if state.as_ref().is_some_and(|state| state.phase == Phase::Active) {
                return Ok(());
            }
            wait.more(&state).await?;
        }
    }

    /// A pool of this many of the first release, in all zones, with a brake of a third where the backend keeps one.
    pub(super) fn pool_spec(&self, name: &str, capacity: u32) -> Outcome<PoolSpec> {
        let material = self.lab.material();
        let release = material.releases[0].clone();
        let mut spec = PoolSpec {
            name: name.into(),
            release: release.clone(),
            bounds: Size { min: 0, max: 20 },
            capacity: Capacity::Fixed(capacity),
            zones: material.zones.to_vec(),
            max_skew: 1,
            boot: material.boot,
            guards: Guards { brake: Some(Share(340)), min_healthy: Share(1000) },
            drain: Duration::ZERO,
            marks: Marks { stable: release, candidate: None, rejected: Vec::new() },
        };
        if !self.pool()?.check(&spec).is_empty() {
            spec.guards.brake = None;
        }
        Ok(spec)
    }

    /// Makes the pool, on its network, and waits until it is full and ready.
    pub(super) async fn make_pool(&self, spec: &PoolSpec) -> Outcome<PoolState> {
        self.make_network().await?;
        accepted(&self.pool()?.check(spec))?;
        self.pool()?.ensure(&self.scope, spec).await?;
        let Capacity::Fixed(capacity) = spec.capacity else { return self.pool_state(&spec.name).await };
        self.until_ready(&spec.name, capacity as usize).await
    }

    pub(super) async fn pool_state(&self, name: &PoolName) -> Outcome<PoolState> {
        let pools = self.pool()?.observe(&self.scope).await?.state;
        let found = pools.into_iter().find(|pool| pool.spec.name == *name);
        found.ok_or_else(|| format!("pool {name} is not observed").into())
    }

    /// Waits until the pool is so.
    pub(super) async fn until_pool(
        &self,
        name: &PoolName,
        what: &str,
        is: impl Fn(&PoolState) -> bool + Send + Sync,
    ) -> Outcome<PoolState> {
        let wait = self.wait(format!("pool {name}: {what}"));
        loop {
            let state = self.pool_state(name).await?;
            if is(&state) {
                return Ok(state);
            }
            wait.more(&state).await?;
        }
    }

    /// Waits until the pool has exactly this many instances, all ready.
    pub(super) async fn until_ready(&self, name: &PoolName, count: usize) -> Outcome<PoolState> {
        let is = move |pool: &PoolState| pool.instances.len() == count && ready(pool).count() == count;
        self.until_pool(name, &format!("exactly {count} instances, all ready"), is).await
    }

    pub(super) fn balancer_spec(&self, name: &str, pools: &[(&str, u32)]) -> BalancerSpec {
        let material = self.lab.material();
        let route = |(pool, weight): &(&str, u32)| Route { pool: (*pool).into(), weight: *weight };
        BalancerSpec {
            name: name.into(),
            zones: material.zones.to_vec(),
            listeners: vec![Listener { port: 80, protocol: Protocol::Http }],
            routes: pools.iter().map(route).collect(),
            health: material.health,
            ready: vec![material.boot; pools.len()],
            algorithm: Algorithm::RoundRobin,
            sticky: None,
            drain: Duration::from_secs(30),
            slow_start: None,
            client_address: ClientAddress::ForwardedFor,
            fail_open: None,
        }
    }

    /// Makes the balancer and waits until it works and some target is healthy, and none is not.
    pub(super) async fn make_balancer(&self, spec: &BalancerSpec) -> Outcome<BalancerState> {
        accepted(&self.balancer()?.check(spec))?;
        self.balancer()?.ensure(&self.scope, spec).await?;
        let is = |state: &BalancerState| {
            let healthy = state.targets.iter().all(|target| target.health == TargetHealth::Healthy);
            state.phase == Phase::Active && healthy && !state.targets.is_empty()
        };
        self.until_balancer(&spec.name, "active, with healthy targets", is).await
    }

    pub(super) async fn balancer_state(&self, name: &BalancerName) -> Outcome<BalancerState> {
        let balancers = self.balancer()?.observe(&self.scope).await?.state;
        let found = balancers.into_iter().find(|balancer| balancer.spec.name == *name);
        found.ok_or_else(|| format!("balancer {name} is not observed").into())
    }

    /// Waits until the balancer is so.
    pub(super) async fn until_balancer(
        &self,
        name: &BalancerName,
        what: &str,
        is: impl Fn(&BalancerState) -> bool + Send + Sync,
    ) -> Outcome<BalancerState> {
        let wait = self.wait(format!("balancer {name}: {what}"));
        loop {
            let state = self.balancer_state(name).await?;
            if is(&state) {
                return Ok(state);
            }
            wait.more(&state).await?;
        }
    }

    /// A pool `web` of this many behind a balancer `front`, all ready and healthy.
    pub(super) async fn make_site(&self, capacity: u32) -> Outcome<PoolState> {
        self.balancer()?;
        let pool = self.make_pool(&self.pool_spec("web", capacity)?).await?;
        let balancer = self.make_balancer(&self.balancer_spec("front", &[("web", 100)])).await?;
        let all = balancer.targets.len() == capacity as usize;
        holds(all, || format!("{capacity} instances, but the targets are {:?}", balancer.targets))?;
        Ok(pool)
    }

    /// One request of this user at balancer `front`.
    pub(super) async fn ask(&self, user: u32) -> Answer {
        let entry = Entry::Balancer("front".into());
        self.lab.request(&self.scope, &Request { entry, user, takes: Duration::ZERO }).await
    }

    /// Who answered one request of this user at balancer `front`; it must be answered well.
    pub(super) async fn served(&self, user: u32) -> Outcome<(PoolName, InstanceId)> {
        match self.ask(user).await {
            Answer::Served { pool, instance, .. } => Ok((pool, instance)),
            Answer::Failed(why) => Err(format!("a request of user {user} failed: {why}").into()),
        }
    }

    /// Waits until an instance answers a user.
    pub(super) async fn until_served_by(&self, instance: &InstanceId) -> Outcome {
        let wait = self.wait(format!("{instance} answers a user"));
        for user in 0.. {
            let (_, by) = self.served(user).await?;
            if by == *instance {
                break;
            }
            // A balancer that takes turns comes round before the next wait.
            if user % 20 == 19 {
                wait.more(&by).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn strike(&self, effect: &str, target: &str) -> Outcome {
        Ok(self.lab.strike(&fault(effect, target)?).await?)
    }

    pub(super) async fn heal(&self, effect: &str, target: &str) -> Outcome {
        Ok(self.lab.heal(&fault(effect, target)?).await?)
    }

    /// Two endpoints for names: the lab's own, or two balancers `one` and `two`, each with a pool.
    pub(super) async fn endpoints(&self) -> Outcome<[Endpoint; 2]> {
        if let Some(endpoints) = self.lab.endpoints() {
            return Ok(endpoints);
        }
        for (pool, balancer) in [("web-one", "one"), ("web-two", "two")] {
            self.make_pool(&self.pool_spec(pool, 1)?).await?;
            self.make_balancer(&self.balancer_spec(balancer, &[(pool, 100)])).await?;
        }
        Ok(["one", "two"].map(|balancer| Endpoint::Balancer(balancer.into())))
    }

    /// Makes one of [`Trial::endpoints`] dead or alive.
    pub(super) async fn set_endpoint(&self, index: usize, alive: bool) -> Outcome {
        let target = ["balancer:one", "balancer:two"][index];
        match (self.lab.endpoints(), alive) {
            (Some(_), _) => Ok(self.lab.set_endpoint(index, alive).await?),
            (None, false) => self.strike("balancer.down", target).await,
            (None, true) => self.heal("balancer.down", target).await,
        }
    }

    pub(super) fn record(&self, kind: RecordKind) -> RecordSet {
        let material = self.lab.material();
        RecordSet { name: material.domain.as_str().into(), kind, ttl: material.ttl }
    }

    /// Wishes the record and waits until it is active.
    pub(super) async fn make_record(&self, set: &RecordSet) -> Outcome<RecordState> {
        accepted(&self.dns()?.check(set, ANSWERS))?;
        self.dns()?.ensure(&self.scope, set).await?;
        self.until_record("active, and as asked", |state| state.phase == Phase::Active && state.set == *set).await
    }

    /// Waits until the record is so.
    pub(super) async fn until_record(
        &self,
        what: &str,
        is: impl Fn(&RecordState) -> bool + Send + Sync,
    ) -> Outcome<RecordState> {
        let wait = self.wait(format!("the record: {what}"));
        loop {
            let states = self.dns()?.observe(&self.scope).await?.state;
            match states.into_iter().next() {
                Some(state) if is(&state) => return Ok(state),
                seen => wait.more(&seen).await?,
            }
        }
    }

    /// Waits until everything that exists, and is observed, is as it was before.
    pub(super) async fn until_gone(&self, before: &Snapshot) -> Outcome {
        let wait = self.wait("all that was made is gone");
        loop {
            let now = self.at_rest().await?;
            if now == *before {
                return Ok(());
            }
            wait.more(&now).await?;
        }
    }

    /// Fails with [`super::Failure::Lacks`] where the backend has no such port.
    pub(super) fn needs(&self, port: Port) -> Outcome {
        if self.has(port) { Ok(()) } else { Err(super::Failure::Lacks(port)) }
    }
}

/// A fault of the vocabulary that lasts, if it lasts, until it is healed.
pub(super) fn fault(effect: &str, target: &str) -> Outcome<Fault> {
    Ok(Fault::new(effect, target).map_err(|problem| problem.to_string())?)
}

/// The instances that are ready.
pub(super) fn ready(pool: &PoolState) -> impl Iterator<Item = &InstanceState> {
    pool.instances.iter().filter(|instance| instance.phase == InstancePhase::Ready)
}

/// Whether the pool has an instance of this name in this phase.
pub(super) fn is(pool: &PoolState, id: &InstanceId, phase: InstancePhase) -> bool {
    pool.instances.iter().any(|instance| instance.id == *id && instance.phase == phase)
}

/// Whether the pool knows an instance of this name.
pub(super) fn knows(pool: &PoolState, id: &InstanceId) -> bool {
    pool.instances.iter().any(|instance| instance.id == *id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_suite_strikes_with_is_in_the_vocabulary() {
        for (effect, target) in [
            ("balancer.down", "balancer:one"),
            ("balancer.flap", "balancer:front"),
            ("boot.never_serves", "pool:web"),
            ("capacity.none", "zone:a"),
            ("instances.hang", "pool:web"),
            ("instances.hang", "instance:web-a-1"),
            ("instances.kill", "instance:web-a-1"),
        ] {
            assert!(fault(effect, target).is_ok(), "{effect} at {target}");
        }
    }
}
