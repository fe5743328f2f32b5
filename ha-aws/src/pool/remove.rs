//! Takes a pool down: its instances first, then what only it needed, its group last, so that until then it can be seen.

use super::{
    ScalingPools,
    group::{Group, REMOVING},
    seen::of_pool,
    template::{group_name, object},
    wish::written,
};
use crate::{
    error::{Told, Wish, accept_gone},
    network::Footing,
};
use ha_core::{
    backend::{Kind, Result, Scope},
    name::PoolName,
};
use std::collections::BTreeSet;

impl ScalingPools {
    /// Goes as far as it can now: instances take their time to stop, and what is left goes when this is asked again.
    pub(super) async fn take_down(&self, scope: &Scope, pool: &PoolName, wish: Wish) -> Result<()> {
        let Some(group) = self.find(scope, pool, &wish).await? else {
            return self.stop_all(scope, pool, &wish).await.map(drop);
        };
        self.service.shelves.forget_pools();
        if let Some(target) = group.targets.first() {
            return Err(wish.not_ready(format!("a balancer serves it: target group {target}")));
        }
        let name = &group_name(scope, pool);
        if !self.is_emptied(scope, pool, &group, &wish).await? {
            return Ok(());
        }
        for template in self.clients.templates(scope, pool, &wish).await? {
            self.clients.forget_template(&template, &wish).await?;
        }
        if !self.without_security_group(scope, pool, &wish).await? {
            return Ok(());
        }
        let done = self.clients.scaling.delete_auto_scaling_group().auto_scaling_group_name(name).send().await;
        match accept_gone(done.map(drop).told(&wish)) {
            // The last instance is still on its way out.
            Err(error) if matches!(error.kind(), Kind::NotReady(_)) => Ok(()),
            other => other,
        }
    }

    /// Asks all instances to stop, and answers whether none runs then.
    async fn is_emptied(&self, scope: &Scope, pool: &PoolName, group: &Group, wish: &Wish) -> Result<bool> {
        let scaling = &self.clients.scaling;
        if !group.tags.contains_key(REMOVING) {
            let tag = written(&group.name, &[(REMOVING.to_owned(), "yes".to_owned())].into());
            scaling.create_or_update_tags().set_tags(Some(tag)).send().await.told(wish)?;
        }
        if group.limits.max > 0 {
            let call = scaling.update_auto_scaling_group().auto_scaling_group_name(&group.name);
            call.min_size(0).max_size(0).desired_capacity(0).send().await.told(wish)?;
        }
        // What is held or protected does not go by itself.
        self.stop_all(scope, pool, wish).await
    }

    /// Stops whatever is in the pool's group or bears its mark; answers whether nothing runs then.
    async fn stop_all(&self, scope: &Scope, pool: &PoolName, wish: &Wish) -> Result<bool> {
        let running = self.running(scope, pool, wish).await?;
        if running.is_empty() {
            return Ok(true);
        }
        let call = self.clients.ec2.terminate_instances().set_instance_ids(Some(running.into_iter().collect()));
        call.send().await.told(wish)?;
        Ok(self.running(scope, pool, wish).await?.is_empty())
    }

    async fn running(&self, scope: &Scope, pool: &PoolName, wish: &Wish) -> Result<BTreeSet<String>> {
        let (group, machines) = self.find_all(scope, pool, wish).await?;
        let members = group.iter().flat_map(|group| &group.members).filter(|it| it.runs).map(|it| &it.id);
        Ok(members.chain(of_pool(&machines, pool).map(|(id, _)| id)).map(ToString::to_string).collect())
    }

    /// Removes the pool's security group; answers whether it is gone, or the network's.
    async fn without_security_group(&self, scope: &Scope, pool: &PoolName, wish: &Wish) -> Result<bool> {
        let on = (&self.clients.ec2, &*self.service);
        let Some(footing) = Footing::read(on, scope, wish).await? else { return Ok(true) };
        let Some(id) = footing.group(&object(pool)) else { return Ok(true) };
        let done = self.clients.ec2.delete_security_group().group_id(id).send().await.map(drop).told(wish);
        match accept_gone(done) {
            // An interface lingers, or a rule of the network names it: the network takes it along.
            Err(error) if matches!(error.kind(), Kind::NotReady(_)) => Ok(footing.names(&object(pool))),
            Ok(()) => {
                self.service.lately.gone(id, self.service.clock.now());
                self.service.shelves.network.forget();
                Ok(true)
            }
            Err(error) => Err(error),
        }
    }
}
