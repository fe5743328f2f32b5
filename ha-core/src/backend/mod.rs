//! The ports: what a provider must be able to do, at the level at which managed services do it.
//!
//! The grammar is the same for every port. `check` is plain: what this backend cannot keep of a wish, and what would do
//! instead. `observe` reads a whole tier in one answer; nothing there is an empty answer, not knowing is an error. Every
//! other verb states a wish, returns once the provider has accepted it, and may be repeated with the same arguments; a
//! wish whose footing is missing is refused with [`Kind::NotReady`] and changes nothing. The caller chooses all names.
//! Own accepted changes are seen by the next `observe` of the same backend value; anything else may stay unseen for
//! [`Backend::settle`]. Dropping a future of a port leaves a call that may or may not have taken effect.

pub(crate) mod clock;
mod error;
pub(crate) mod port;
pub mod spec;
pub mod state;
pub(crate) mod store;

pub use clock::{Clock, Rest};
pub use error::{Error, Kind, Operation, Resource, Result};
pub use port::{ComputePool, Dns, LoadBalancer, Network, Refill};
pub use store::{Expect, Store, Version, Versioned};

use crate::{topology::ValidTopology, validate::Problem};
use serde::{Deserialize, Serialize};
use std::{fmt, sync::Arc, time::Duration};

/// Whose an object is: written on every object made, and the only objects that are ever changed or removed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Scope {
    /// The topology's name.
    pub name: String,
    /// The topology's `id`.
    pub id: String,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.name, self.id)
    }
}

/// The ports of one provider. A tier in the topology without its port is a problem; ports may be left out.
#[derive(Clone)]
#[non_exhaustive]
pub struct Backend {
    /// What time it is, and how to wait.
    pub clock: Arc<dyn Clock>,
    /// How long changes by others, or by oneself before a crash, may stay unseen.
    pub settle: Duration,
    /// The longest that a call of any port takes; then it ends with [`Kind::Unavailable`].
    pub call_timeout: Duration,
    /// Whether a topology without `id` is served: true for a simulator only.
    pub anonymous: bool,
    /// Private networks.
    pub network: Option<Arc<dyn Network>>,
    /// Pools of instances.
    pub pool: Option<Arc<dyn ComputePool>>,
    /// Load balancers.
    pub balancer: Option<Arc<dyn LoadBalancer>>,
    /// DNS records.
    pub dns: Option<Arc<dyn Dns>>,
    /// Small objects with compare-and-set. Without it a second controller is not kept out.
    pub store: Option<Arc<dyn Store>>,
}

impl Backend {
    /// A backend without ports, whose calls take at most 30 s and whose reads are never stale.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            settle: Duration::ZERO,
            call_timeout: Duration::from_secs(30),
            anonymous: false,
            network: None,
            pool: None,
            balancer: None,
            dns: None,
            store: None,
        }
    }
    /// How long changes by others may stay unseen.
    pub fn with_settle(mut self, settle: Duration) -> Self {
        self.settle = settle;
        self
    }
    /// The longest that a call of any port takes.
    pub fn with_call_timeout(mut self, timeout: Duration) -> Self {
        self.call_timeout = timeout;
        self
    }
    /// Serves a topology without `id` as well.
    pub fn with_anonymous(mut self) -> Self {
        self.anonymous = true;
        self
    }
    /// Adds the port for networks.
    pub fn with_network(mut self, port: Arc<dyn Network>) -> Self {
        self.network = Some(port);
        self
    }
    /// Adds the port for pools.
    pub fn with_pool(mut self, port: Arc<dyn ComputePool>) -> Self {
        self.pool = Some(port);
        self
    }
    /// Adds the port for balancers.
    pub fn with_balancer(mut self, port: Arc<dyn LoadBalancer>) -> Self {
        self.balancer = Some(port);
        self
    }
    /// Adds the port for DNS.
    pub fn with_dns(mut self, port: Arc<dyn Dns>) -> Self {
        self.dns = Some(port);
        self
    }
    /// Adds the store.
    pub fn with_store(mut self, port: Arc<dyn Store>) -> Self {
        self.store = Some(port);
        self
    }
    /// What this backend cannot keep of `site`: missing ports, a missing `id`, and what each port's `check` says.
    pub fn check(&self, site: &ValidTopology) -> Vec<Problem> {
        crate::plan::check(self, site)
    }
}

impl fmt::Debug for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backend")
            .field("settle", &self.settle)
            .field("call_timeout", &self.call_timeout)
            .finish_non_exhaustive()
    }
}
