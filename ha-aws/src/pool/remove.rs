//! Takes a pool down: its instances first, then what only it needed, its group last, so that until then it can be seen.

use super::{
    ScalingPools,
    group::{Group, REMOVING},
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

impl ScalingPools {
    /// Goes as far as it can now: instances take their time to stop, and what is left goes when this is asked again.
    pub(super) async fn take_down(&self, scope: &Scope, pool: &PoolName, wish: Wish) -> Result<()> {
        let Some(group) = self.find(scope, pool, &wish).await? else { return Ok(()) };
        self.service.shelves.forget_pools();
        if let Some(target) = group.targets.first() {
            return Err(wish.not_ready(format!("a balancer serves it: target group {target}")));
        }
        let (group, name) = (self.emptied(scope, pool, group, &wish).await?, &group_name(scope, pool));
        if group.is_some_and(|group| group.members.iter().any(|it| it.runs)) {
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

    /// Asks all instances to stop, and answers what is there then.
    async fn emptied(&self, scope: &Scope, pool: &PoolName, group: Group, wish: &Wish) -> Result<Option<Group>> {
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
        let left = self.find(scope, pool, wish).await?;
        let members = left.iter().flat_map(|group| &group.members).filter(|it| it.runs);
        let ids: Vec<String> = members.map(|it| it.id.to_string()).collect();
        if ids.is_empty() {
            return Ok(left);
        }
        self.clients.ec2.terminate_instances().set_instance_ids(Some(ids)).send().await.told(wish)?;
        self.find(scope, pool, wish).await
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
