//! The port for balancers: an application load balancer each, with a target group for each pool behind it.
//!
//! Everything that must be remembered is on the load balancer, as tags. Instances come and go by their pool's own hand:
//! each target group is attached to the Auto Scaling group of its pool. Sources: the Elastic Load Balancing API
//! reference (2015-12-01) and the user guide for application load balancers.

mod check;
mod details;
mod drift;
mod make;
mod read;
mod remove;
pub(crate) mod seen;
mod state;
#[cfg(test)]
mod tests;
mod wanted;

use crate::{connect::Service, error::Wish, lately::Since, mark, network::Footing};
use async_trait::async_trait;
use futures_util::future::join;
use ha_core::{
    backend::{
        Kind, LoadBalancer, Resource, Result, Scope,
        spec::BalancerSpec,
        state::{BalancerState, Phase, Reading, TargetHealth},
    },
    name::BalancerName,
    topology::Route,
    validate::Problem,
};
use make::Making;
pub(crate) use seen::list;
use seen::{Clients, Seen};
use std::sync::Arc;
pub(crate) use wanted::balancer_name;

/// The tag of a load balancer that is to go, and of its target groups.
pub(crate) const REMOVING: &str = "ha:removing";

/// Balancers on Elastic Load Balancing.
pub(crate) struct Balancers {
    clients: Clients,
    service: Arc<Service>,
    since: Since<Phase>,
    judged: Since<TargetHealth>,
    drift: drift::Drift,
    #[cfg(feature = "readings")]
    meters: crate::readings::Meters,
}

impl Balancers {
    pub fn new(service: Arc<Service>) -> Self {
        Self {
            clients: Clients::new(&service),
            #[cfg(feature = "readings")]
            meters: crate::readings::Meters::new(&service),
            service,
            since: Since::default(),
            judged: Since::default(),
            drift: drift::Drift::default(),
        }
    }

    async fn make(&self, scope: &Scope, spec: &BalancerSpec, seen: &Seen, wish: &Wish) -> Result<()> {
        let footing = Footing::read((&self.clients.ec2, &self.service), scope, wish).await?;
        self.make_on(scope, spec, (seen, footing.as_ref()), wish).await
    }

    async fn make_on(
        &self,
        scope: &Scope,
        spec: &BalancerSpec,
        (seen, footing): (&Seen, Option<&Footing>),
        wish: &Wish,
    ) -> Result<()> {
        let (clients, service) = (&self.clients, &*self.service);
        let making = Making { clients, service, scope, spec, wish };
        let subnets = making.footing(seen, footing)?;
        // `footing` refuses where there is none.
        let Some(footing) = footing else { return Ok(()) };
        service.shelves.stir_balancers();
        let made = making.make(seen, footing, &subnets).await;
        service.shelves.forget_balancers();
        if made.is_ok() {
            let name = balancer_name(scope, &spec.name);
            seen.albs.iter().filter(|alb| alb.name == name).for_each(|alb| self.drift.mended(&alb.id));
        }
        made
    }
}

#[async_trait]
impl LoadBalancer for Balancers {
    fn check(&self, spec: &BalancerSpec) -> Vec<Problem> {
        check::check(&self.service.provider, spec)
    }

    async fn observe(&self, scope: &Scope) -> Result<Reading<Vec<BalancerState>>> {
        let wish = Wish::new("balancer.observe", Resource::Tier);
        self.service.timed(&wish, self.states(scope, &wish)).await
    }

    async fn ensure(&self, scope: &Scope, spec: &BalancerSpec) -> Result<()> {
        let wish = Wish::new("balancer.ensure", Resource::Balancer(spec.name.clone()));
        self.service
            .timed(&wish, async {
                let on = (&self.clients.ec2, &*self.service);
                let (seen, footing) = join(self.known(scope, &wish), Footing::read(on, scope, &wish)).await;
                self.make_on(scope, spec, (&seen?, footing?.as_ref()), &wish).await
            })
            .await
    }

    async fn route(&self, scope: &Scope, balancer: &BalancerName, routes: &[Route]) -> Result<()> {
        let wish = Wish::new("balancer.route", Resource::Balancer(balancer.clone()));
        self.service
            .timed(&wish, async {
                let seen = self.look(scope, &wish).await?;
                let name = balancer_name(scope, balancer);
                let alb = seen.albs.iter().find(|it| it.name == name).ok_or_else(|| wish.refuse(Kind::NotFound))?;
                let told = |why| wish.refuse(Kind::Rejected(format!("load balancer {name}: {why}")));
                let mut spec: BalancerSpec = mark::spec(&alb.tags).map_err(told)?;
                for route in &mut spec.routes {
                    let other = routes.iter().find(|other| other.pool == route.pool);
                    let other = other.ok_or_else(|| told(format!("no weight is given for pool {}", route.pool)))?;
                    route.weight = other.weight;
                }
                if let Some(unknown) = routes.iter().find(|it| !spec.routes.iter().any(|own| own.pool == it.pool)) {
                    return Err(told(format!("it does not serve pool {}", unknown.pool)));
                }
                self.make(scope, &spec, &seen, &wish).await
            })
            .await
    }

    async fn remove(&self, scope: &Scope, balancer: &BalancerName) -> Result<()> {
        let wish = Wish::new("balancer.remove", Resource::Balancer(balancer.clone()));
        self.service.timed(&wish, self.take_down(scope, balancer, &wish)).await
    }
}
