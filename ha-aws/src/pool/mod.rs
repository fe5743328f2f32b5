//! The port for pools: an Auto Scaling group each, which keeps what it was asked for while nobody calls.
//!
//! Everything that must be remembered is on the group, as tags; what is written there last is what was asked for last.

mod activity;
mod check;
mod group;
mod hooks;
mod past;
mod remove;
mod seen;
mod state;
mod template;
mod verbs;
mod wish;

#[cfg(feature = "dns")]
pub(crate) use group::{HOLD, POOL};
#[cfg(feature = "dns")]
pub(crate) use hooks::EVERYWHERE;
pub(crate) use seen::{Listed, list};

use crate::{connect::Service, error::Wish, lately::Since, mark, network::Footing};
use async_trait::async_trait;
use futures_util::future::join;
use group::Group;
use ha_core::{
    backend::{
        ComputePool, Kind, Refill, Resource, Result, Scope,
        spec::PoolSpec,
        state::{InstancePhase, PoolState, Reading},
    },
    name::{InstanceId, PoolName},
    topology::{HoldMode, Size},
    validate::Problem,
};
use seen::{Clients, Machines};
use std::sync::Arc;
use wish::Making;

/// Pools on Auto Scaling.
pub(crate) struct ScalingPools {
    clients: Clients,
    service: Arc<Service>,
    since: Since<InstancePhase>,
}

/// A pool that is there, and the wish that looked for it.
struct Found {
    group: Group,
    wish: Wish,
}

impl ScalingPools {
    pub fn new(service: Arc<Service>) -> Self {
        Self { clients: Clients::new(&service), service, since: Since::default() }
    }

    /// The pool's group; one that is not the scope's is a conflict.
    async fn find(&self, scope: &Scope, pool: &PoolName, wish: &Wish) -> Result<Option<Group>> {
        self.find_all(scope, pool, wish).await.map(|(group, _)| group)
    }

    /// The same, and all instances of the scope.
    async fn find_all(&self, scope: &Scope, pool: &PoolName, wish: &Wish) -> Result<(Option<Group>, Machines)> {
        let name = template::group_name(scope, pool);
        let (listed, machines) = join(self.clients.named(&name, wish), self.clients.machines(scope, wish)).await;
        let (listed, machines) = (listed?, machines?);
        let stranger = listed.as_ref().and_then(|it| mark::stranger(&seen::tags(it), scope));
        match stranger {
            Some(whose) => Err(wish::conflict(&name, &whose, wish)),
            None => Ok((listed.map(|it| seen::group(&it, &machines)), machines)),
        }
    }

    /// The same for a wish that makes it so: what was listed a moment ago does. Whose the name is of a group that is not
    /// the site's is asked when one is made.
    async fn known(&self, scope: &Scope, pool: &PoolName, wish: &Wish) -> Result<Option<Group>> {
        let name = template::group_name(scope, pool);
        let recent = self.service.shelves.pools.recent(scope, self.service.clock.now());
        let Some(Listed { groups, machines, .. }) = recent else { return self.find(scope, pool, wish).await };
        let own = groups.iter().find(|it| it.auto_scaling_group_name() == Some(&name));
        Ok(own.map(|listed| seen::group(listed, &machines)))
    }

    /// The same for a verb that needs it to be there.
    async fn existing(&self, scope: &Scope, pool: &PoolName, wish: Wish) -> Result<Found> {
        let group = self.find(scope, pool, &wish).await?;
        let group = group.ok_or_else(|| wish.refuse(Kind::NotFound))?;
        self.service.shelves.forget_pools();
        Ok(Found { group, wish })
    }
}

#[async_trait]
impl ComputePool for ScalingPools {
    fn check(&self, spec: &PoolSpec) -> Vec<Problem> {
        check::check(&self.service.provider, spec)
    }

    async fn observe(&self, scope: &Scope) -> Result<Reading<Vec<PoolState>>> {
        let wish = Wish::new("pool.observe", Resource::Tier);
        self.service.timed(&wish, self.look(scope, &wish)).await
    }

    async fn ensure(&self, scope: &Scope, spec: &PoolSpec) -> Result<()> {
        let wish = Wish::new("pool.ensure", Resource::Pool(spec.name.clone()));
        self.service
            .timed(&wish, async {
                let on = (&self.clients.ec2, &*self.service);
                let (group, footing) =
                    join(self.known(scope, &spec.name, &wish), Footing::read(on, scope, &wish)).await;
                let (group, footing) = (group?, footing?);
                let (clients, service) = (&self.clients, &*self.service);
                Making { clients, service, scope, spec, wish: &wish }.make(group.as_ref(), footing.as_ref()).await
            })
            .await
    }

    async fn bound(&self, scope: &Scope, pool: &PoolName, bounds: Size) -> Result<()> {
        let wish = Wish::new("pool.bound", Resource::Pool(pool.clone()));
        self.service.timed(&wish.clone(), self.set_bounds(scope, pool, bounds, wish)).await
    }

    async fn hold(&self, scope: &Scope, pool: &PoolName, instance: &InstanceId, mode: HoldMode) -> Result<()> {
        let wish = Wish::new("pool.hold", Resource::Instance(instance.clone()));
        self.service.timed(&wish.clone(), self.pull_out(scope, (pool, instance), mode, wish)).await
    }

    async fn put_back(&self, scope: &Scope, pool: &PoolName, instance: &InstanceId) -> Result<()> {
        let wish = Wish::new("pool.put_back", Resource::Instance(instance.clone()));
        self.service.timed(&wish.clone(), self.let_in(scope, (pool, instance), wish)).await
    }

    async fn retire(&self, scope: &Scope, pool: &PoolName, instance: &InstanceId, refill: Refill) -> Result<()> {
        let wish = Wish::new("pool.retire", Resource::Instance(instance.clone()));
        self.service.timed(&wish.clone(), self.terminate(scope, (pool, instance), refill, wish)).await
    }

    async fn remove(&self, scope: &Scope, pool: &PoolName) -> Result<()> {
        let wish = Wish::new("pool.remove", Resource::Pool(pool.clone()));
        self.service.timed(&wish.clone(), self.take_down(scope, pool, wish)).await
    }
}
