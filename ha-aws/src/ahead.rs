//! One look at a whole site: all lists at once, so that the ports that are asked one after another need not wait for
//! each other's.

use crate::{connect::Service, error::Wish};
use ha_core::backend::Scope;
#[cfg(feature = "pool")]
use {
    futures_util::future::join_all,
    std::{future::Future, pin::Pin},
};

/// What has been listed of a site, by the port whose own it is.
#[derive(Debug, Default)]
pub(crate) struct Shelves {
    #[cfg(feature = "network")]
    pub network: crate::shelf::Shelf<crate::network::Seen>,
    #[cfg(feature = "pool")]
    pub pools: crate::shelf::Shelf<crate::pool::Listed>,
    /// The pools as a balancer sees them.
    #[cfg(feature = "balancer")]
    pub served: crate::shelf::Shelf<crate::balancer::seen::Pools>,
    #[cfg(feature = "balancer")]
    pub balancers: crate::shelf::Shelf<crate::balancer::seen::Seen>,
    /// The ids of the load balancers and target groups that are likely there.
    #[cfg(feature = "balancer")]
    pub fronts: crate::lately::Expected<String>,
    /// The load balancers as a name sees them.
    #[cfg(feature = "dns")]
    pub places: crate::shelf::Shelf<Vec<crate::balancer::seen::Alb>>,
    #[cfg(feature = "dns")]
    pub names: crate::shelf::Shelf<crate::dns::Listed>,
    /// The ids of the hosted zones that are likely there, and their domains.
    #[cfg(feature = "dns")]
    pub zones: crate::lately::Expected<(String, String)>,
}

impl Shelves {
    /// Pools are changed, and with them who is behind balancers.
    #[cfg(feature = "pool")]
    pub fn forget_pools(&self) {
        self.pools.forget();
        #[cfg(feature = "balancer")]
        {
            self.served.forget();
            self.balancers.forget();
        }
    }

    /// Balancers are being changed; each wish is about one of its own.
    #[cfg(feature = "balancer")]
    pub fn stir_balancers(&self) {
        self.pools.stir();
        self.balancers.stir();
        self.served.stir();
    }

    /// Balancers were changed, and with them into which target groups pools put their instances.
    #[cfg(feature = "balancer")]
    pub fn forget_balancers(&self) {
        self.pools.forget();
        self.balancers.forget();
        self.served.forget();
    }
}

#[cfg(feature = "pool")]
type Doing<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// No other port will be asked.
#[cfg(not(feature = "pool"))]
pub(crate) async fn look_ahead(_: &Service, _: &Scope, _: &Wish) {}

/// Lists what the ports will be asked for that come after the network. What fails is asked again by its own port, which
/// then tells the error.
#[cfg(feature = "pool")]
pub(crate) async fn look_ahead(service: &Service, scope: &Scope, wish: &Wish) {
    let mut all: Vec<Doing<'_>> = Vec::new();
    if service.shelves.pools.is_of_use() {
        all.push(Box::pin(async { drop(crate::pool::list(service, scope, wish, false).await) }));
    }
    #[cfg(feature = "balancer")]
    if service.shelves.balancers.is_of_use() {
        all.push(Box::pin(async { drop(crate::balancer::list(service, scope, wish, false).await) }));
    }
    #[cfg(feature = "dns")]
    if service.shelves.names.is_of_use() {
        all.push(Box::pin(async { drop(crate::dns::list(service, scope, wish, false).await) }));
    }
    join_all(all).await;
}
