//! Pools: wishes and orders are rows; a pass makes containers follow them.

mod agent;
mod hands;
mod judge;
mod machine;
mod orders;
mod rows;
mod tend;
#[cfg(test)]
mod tests;
mod wishes;

pub use hands::PoolHands;
pub use rows::{Machine, MemberRow, PoolRow};
pub use tend::Tending;

use super::{Docker, called, engine::Trouble, now, state::Tables};
use async_trait::async_trait;
use ha_core::{
    backend::{
        ComputePool, Error, Kind, Refill, Resource, Result, Scope,
        spec::PoolSpec,
        state::{InstancePhase, InstanceState, PoolState, Reading},
    },
    name::{InstanceId, PoolName},
    time::Timestamp,
    topology::{Capacity, HoldMode, Size},
    validate::Problem,
};
use std::{sync::Arc, time::Duration};

/// For how long a pool remembers who failed.
const MEMORY: Duration = Duration::from_secs(3600);

/// The port for pools.
#[derive(Debug)]
pub struct Pools {
    docker: Arc<Docker>,
}

impl Pools {
    /// The port of this provider.
    pub fn new(docker: Arc<Docker>) -> Self {
        Self { docker }
    }

    async fn wish(
        &self,
        verb: &'static str,
        resource: Resource,
        act: impl FnOnce(&mut Tables) -> std::result::Result<(), Kind> + Send + 'static,
    ) -> Result<()> {
        let wished = self.docker.wish(move |tables| Ok(act(tables)?)).await;
        wished.map_err(|trouble| trouble.of(verb, resource))
    }

    /// Refuses a new pool whose instances would be called as something on the engine that bears no mark.
    async fn nobody_else_s(&self, scope: &Scope, name: &PoolName) -> Result<()> {
        let wrong = |trouble: Trouble| trouble.of("pool.ensure", Resource::Pool(name.clone()));
        if self.docker.directory.read().await.map_err(wrong)?.pool(scope, name).is_some() {
            return Ok(());
        }
        let found = self.docker.engine.list_named(&called(scope, format!("{name}-"))).await.map_err(wrong)?;
        match found.into_iter().find(|seen| seen.labels.is_none()) {
            Some(seen) => {
                let said = format!("container {} on the engine bears no mark: nobody's that we know", seen.name);
                Err(wrong(Kind::Conflict(said).into()))
            }
            None => Ok(()),
        }
    }
}

#[async_trait]
impl ComputePool for Pools {
    fn check(&self, spec: &PoolSpec) -> Vec<Problem> {
        let path = |field| format!("pool.{}.{field}", spec.name);
        let mut problems = Vec::new();
        if spec.capacity == Capacity::Scaled {
            let what = "no scaling policy is kept here yet";
            problems.push(Problem::new(path("capacity"), what, "state a fixed capacity"));
        }
        if self.docker.settings.program(&spec.release).is_none() {
            let what = format!("the provider's file says of no release {} what it runs from", spec.release);
            problems.push(Problem::new(path("release"), what, format!("add [releases.\"{}\"]", spec.release)));
        }
        problems
    }

    async fn observe(&self, scope: &Scope) -> Result<Reading<Vec<PoolState>>> {
        let tables = self.docker.directory.read().await;
        let tables = tables.map_err(|trouble| trouble.of("pool.observe", Resource::Tier))?;
        let at = now();
        let mine = tables.pools.values().filter(|row| row.owner == *scope);
        let mut states: Vec<PoolState> = mine.map(|row| state(row, at)).collect();
        states.sort_by(|a, b| a.spec.name.cmp(&b.spec.name));
        Ok(Reading { state: states, at })
    }

    async fn ensure(&self, scope: &Scope, spec: &PoolSpec) -> Result<()> {
        self.nobody_else_s(scope, &spec.name).await?;
        let (scope, spec) = (scope.clone(), spec.clone());
        let resource = Resource::Pool(spec.name.clone());
        self.wish("pool.ensure", resource, move |tables| wishes::ensure(tables, &scope, spec)).await
    }

    async fn bound(&self, scope: &Scope, pool: &PoolName, bounds: Size) -> Result<()> {
        let (scope, name) = (scope.clone(), pool.clone());
        let resource = Resource::Pool(pool.clone());
        self.wish("pool.bound", resource, move |tables| wishes::bound(tables, &scope, &name, bounds)).await
    }

    async fn hold(&self, scope: &Scope, pool: &PoolName, instance: &InstanceId, mode: HoldMode) -> Result<()> {
        let (scope, name, id) = (scope.clone(), pool.clone(), instance.clone());
        let resource = Resource::Instance(instance.clone());
        self.wish("pool.hold", resource, move |tables| wishes::hold(tables, (&scope, &name), &id, mode)).await
    }

    async fn put_back(&self, scope: &Scope, pool: &PoolName, instance: &InstanceId) -> Result<()> {
        let (scope, name, id) = (scope.clone(), pool.clone(), instance.clone());
        let resource = Resource::Instance(instance.clone());
        self.wish("pool.put_back", resource, move |tables| wishes::put_back(tables, &scope, &name, &id)).await
    }

    async fn retire(&self, scope: &Scope, pool: &PoolName, instance: &InstanceId, refill: Refill) -> Result<()> {
        let (scope, name, id) = (scope.clone(), pool.clone(), instance.clone());
        let resource = Resource::Instance(instance.clone());
        self.wish("pool.retire", resource, move |tables| wishes::retire(tables, (&scope, &name), &id, refill)).await
    }

    async fn remove(&self, scope: &Scope, pool: &PoolName) -> Result<()> {
        let (scope, name) = (scope.clone(), pool.clone());
        let resource = Resource::Pool(pool.clone());
        self.wish("pool.remove", resource, move |tables| wishes::remove(tables, &scope, &name)).await
    }
}

fn state(row: &PoolRow, at: Timestamp) -> PoolState {
    let instances = row.present().map(|member| InstanceState {
        id: member.id.clone(),
        zone: member.zone.clone(),
        release: member.release.clone(),
        phase: if member.retiring.is_some() { InstancePhase::Draining } else { member.phase },
        since: member.since,
        launched: member.launched,
    });
    PoolState {
        spec: row.spec.clone(),
        phase: row.phase,
        desired: row.desired,
        instances: instances.collect(),
        losses: row.losses.iter().filter(|loss| at.since(loss.at) < MEMORY).cloned().collect(),
        refused: row.refused.clone(),
        strays: Vec::new(),
    }
}

impl Tables {
    /// The row of a pool, whoever owns it.
    pub fn pool(&self, scope: &Scope, name: &PoolName) -> Option<&PoolRow> {
        self.pools.get(&super::state::key(&scope.name, name))
    }
    /// The same, to be changed.
    pub fn pool_mut(&mut self, scope: &Scope, name: &PoolName) -> Option<&mut PoolRow> {
        self.pools.get_mut(&super::state::key(&scope.name, name))
    }
}

/// An error of the keeper's hands.
fn of_hands(trouble: Trouble, name: &PoolName) -> Error {
    trouble.of("hands.order", Resource::Pool(name.clone()))
}
