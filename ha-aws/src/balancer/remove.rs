//! Takes a balancer down: the names first, then itself, and its target groups last: they bear its spec, so that until
//! then it can be seen.

use super::{
    Balancers, REMOVING,
    make::written,
    seen::{Clients, Seen},
    wanted::{balancer_name, object},
};
use crate::{
    error::{Told, Wish, accept_gone},
    mark::{self, Tags},
    network::Footing,
};
use ha_core::{
    backend::{Kind, Result, Scope, spec::BalancerSpec},
    name::BalancerName,
};

impl Clients {
    /// Lets no pool put its instances into this target group any more; those in it drain.
    pub(super) async fn detach(&self, seen: &Seen, group: &String, wish: &Wish) -> Result<()> {
        for pool in seen.pools.values().filter(|pool| pool.targets.contains(group)) {
            let call = self.scaling.detach_load_balancer_target_groups();
            let call = call.auto_scaling_group_name(&pool.name).target_group_arns(group);
            call.send().await.told(wish)?;
        }
        Ok(())
    }

    pub(super) async fn delete_group(&self, group: &str, wish: &Wish) -> Result<()> {
        let done = self.elb.delete_target_group().target_group_arn(group).send().await.map(drop).told(wish);
        accept_gone(done)
    }
}

impl Balancers {
    /// Goes as far as it can now; what is left goes when this is asked again.
    pub(super) async fn take_down(&self, scope: &Scope, balancer: &BalancerName, wish: &Wish) -> Result<()> {
        let seen = self.look(scope, wish).await?;
        self.service.shelves.forget_balancers();
        #[cfg(feature = "dns")]
        self.service.shelves.places.forget();
        let (name, object) = (balancer_name(scope, balancer), object(balancer));
        let alb = seen.albs.iter().find(|it| it.name == name);
        let groups: Vec<_> = seen.groups_of(&object).collect();
        if alb.is_none() && groups.is_empty() {
            return Ok(());
        }
        self.stands_for_nothing(scope, balancer, wish).await?;
        if let Some(alb) = alb {
            let mut tags: Tags = [(REMOVING.to_owned(), "yes".to_owned())].into();
            tags.extend(mark::spec::<BalancerSpec>(&alb.tags).iter().flat_map(mark::spec_tags));
            if !alb.tags.contains_key(REMOVING) {
                let all = groups.iter().map(|it| it.id.clone()).chain([alb.id.clone()]).collect();
                let call = self.clients.elb.add_tags().set_resource_arns(Some(all)).set_tags(Some(written(&tags)));
                call.send().await.told(wish)?;
            }
        }
        for group in &groups {
            self.clients.detach(&seen, &group.id, wish).await?;
        }
        if let Some(alb) = alb {
            let done = self.clients.elb.delete_load_balancer().load_balancer_arn(&alb.id).send().await;
            accept_gone(done.map(drop).told(wish))?;
            self.service.lately.gone(&alb.id, self.service.clock.now());
        }
        if !self.without_security_group(scope, balancer, wish).await? {
            return Ok(());
        }
        for group in &groups {
            match self.clients.delete_group(&group.id, wish).await {
                // The listener that forwarded to it is still on its way out.
                Err(error) if matches!(error.kind(), Kind::NotReady(_)) => {}
                other => {
                    other?;
                    self.service.lately.gone(&group.id, self.service.clock.now());
                }
            }
        }
        Ok(())
    }

    /// Refuses while a name stands for the balancer.
    #[cfg(feature = "dns")]
    async fn stands_for_nothing(&self, scope: &Scope, balancer: &BalancerName, wish: &Wish) -> Result<()> {
        match crate::dns::name_of(&self.service, scope, balancer, wish).await? {
            Some(name) => Err(wish.not_ready(format!("{name} stands for it"))),
            None => Ok(()),
        }
    }

    /// Nobody here makes names.
    #[cfg(not(feature = "dns"))]
    async fn stands_for_nothing(&self, _: &Scope, _: &BalancerName, _: &Wish) -> Result<()> {
        Ok(())
    }

    /// Removes the balancer's security group; answers whether it is gone, or the network's.
    async fn without_security_group(&self, scope: &Scope, balancer: &BalancerName, wish: &Wish) -> Result<bool> {
        let object = object(balancer);
        let on = (&self.clients.ec2, &*self.service);
        let Some(footing) = Footing::read(on, scope, wish).await? else { return Ok(true) };
        let Some(id) = footing.group(&object) else { return Ok(true) };
        let done = self.clients.ec2.delete_security_group().group_id(id).send().await.map(drop).told(wish);
        match accept_gone(done) {
            // An interface of the balancer lingers, or a rule of the network names it: the network takes it along.
            Err(error) if matches!(error.kind(), Kind::NotReady(_)) => Ok(footing.names(&object)),
            Ok(()) => {
                self.service.lately.gone(id, self.service.clock.now());
                self.service.shelves.network.forget();
                Ok(true)
            }
            Err(error) => Err(error),
        }
    }
}
