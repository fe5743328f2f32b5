//! The AWS backend of ha-core: EC2 and Auto Scaling, Elastic Load Balancing, CloudWatch, Route 53 and S3 behind its ports.
//!
//! A topology says what is wanted; a [`Provider`] file says what is AWS's own: region, images, certificates. Nothing is
//! kept on the caller's side: names derive from the topology, whose an object is and what was asked for last is written
//! on it as tags, and what is to be done follows from what is there.
//!
//! ```no_run
//! # async fn connect() -> Result<(), Box<dyn std::error::Error>> {
//! let provider = ha_aws::Provider::parse(&std::fs::read_to_string("aws.toml")?, "aws.toml")?;
//! let backend = ha_aws::Aws::new(provider).connect().await;
//! # Ok(())
//! # }
//! ```

#[cfg(feature = "network")]
mod ahead;
#[cfg(feature = "balancer")]
mod balancer;
mod clock;
#[cfg(feature = "network")]
mod concurrent;
mod connect;
#[cfg(feature = "dns")]
mod dns;
#[cfg(feature = "network")]
mod ec2;
mod error;
#[cfg(feature = "network")]
mod lately;
#[cfg(feature = "network")]
mod making;
#[cfg(feature = "network")]
mod mark;
#[cfg(any(feature = "network", feature = "store"))]
mod name;
#[cfg(feature = "network")]
mod network;
pub mod observer;
#[cfg(feature = "pool")]
mod pool;
mod provider;
#[cfg(feature = "readings")]
mod readings;
#[cfg(feature = "balancer")]
mod share;
#[cfg(feature = "network")]
mod shelf;
#[cfg(feature = "store")]
mod store;

pub use clock::WallClock;
pub use connect::Aws;
pub use provider::{Machine, Provider};

use connect::Service;
use ha_core::backend::Backend;
use std::sync::Arc;

/// The backend with the ports whose features are on.
fn ports(mut backend: Backend, service: &Arc<Service>) -> Backend {
    #[cfg(feature = "network")]
    {
        backend = backend.with_network(Arc::new(network::Ec2Network::new(service.clone())));
    }
    #[cfg(feature = "pool")]
    {
        backend = backend.with_pool(Arc::new(pool::ScalingPools::new(service.clone())));
    }
    #[cfg(feature = "balancer")]
    {
        backend = backend.with_balancer(Arc::new(balancer::Balancers::new(service.clone())));
    }
    #[cfg(feature = "dns")]
    {
        backend = backend.with_dns(Arc::new(dns::Records::new(service.clone())));
    }
    #[cfg(feature = "store")]
    if let Some(bucket) = service.provider.bucket.clone() {
        backend = backend.with_store(Arc::new(store::BucketStore::new(service.clone(), bucket)));
    }
    backend
}
