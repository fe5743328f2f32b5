//! The tiers as containers of a Docker engine.
//!
//! The ports' verbs write wishes into a state directory, this provider's own database, and return; a [`Supervisor`] makes
//! the engine follow. Without one the site goes on serving, and nothing is repaired.

pub mod balancer;
pub mod dns;
pub mod engine;
pub mod image;
#[cfg(feature = "conformance")]
pub mod lab;
pub mod network;
pub mod pool;
pub mod settings;
pub mod state;
mod supervisor;

pub use settings::Settings;
pub use supervisor::{Acting, Supervisor};

use async_trait::async_trait;
use engine::{Engine, Observer, Trouble};
use ha_core::{
    backend::{Backend, Clock, Rest, Scope},
    time::{Timestamp, nanos},
};
use state::{Directory, Tables};
use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use tokio::sync::Notify;

/// A provider of one's own: an engine, and the directory in which it remembers.
#[derive(Debug)]
pub struct Docker {
    /// The engine.
    pub engine: Engine,
    /// What the provider remembers.
    pub directory: Directory,
    /// What is the provider's own.
    pub settings: Settings,
    poked: Arc<Notify>,
}

/// The instant, by the clock that all processes of this machine share.
pub fn now() -> Timestamp {
    Timestamp(nanos(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()))
}

/// What an object of this scope is called on the engine: `shop.1f`, `shop.1f.web-a-1`.
pub fn called(scope: &Scope, name: impl std::fmt::Display) -> String {
    format!("{}.{}.{name}", scope.name, scope.id)
}

/// What the container of a site's DNS server is called, in the place of a balancer's or an instance's name.
const NAMES: &str = "names";
/// What the container of a site's supervisor is called there, if it is one.
pub const SUPERVISOR: &str = "supervisor";

impl Docker {
    /// Connects to the engine that the settings name.
    pub async fn connect(settings: Settings) -> Result<Arc<Self>, Trouble> {
        let engine = Engine::connect(settings.engine.as_deref(), settings.timers.call).await?;
        let directory = Directory::new(&settings.directory);
        Ok(Arc::new(Self { engine, directory, settings, poked: Arc::default() }))
    }

    /// The same provider, of whose calls that may change something at the engine this one is told as well: by it a
    /// program notes them, or ends at one of them.
    pub fn observed(&self, observer: Arc<dyn Observer>) -> Arc<Self> {
        let (directory, settings, poked) = (self.directory.clone(), self.settings.clone(), self.poked.clone());
        Arc::new(Self { engine: self.engine.observed(observer), directory, settings, poked })
    }

    /// The ports to it. Somebody must run a [`Supervisor`].
    pub fn backend(self: &Arc<Self>) -> Backend {
        Backend::new(Arc::new(Real(Instant::now())))
            .with_settle(self.settings.timers.settle)
            .with_call_timeout(self.settings.timers.call)
            .with_network(Arc::new(network::Networks::new(self.clone())))
            .with_pool(Arc::new(pool::Pools::new(self.clone())))
            .with_balancer(Arc::new(balancer::Balancers::new(self.clone())))
            .with_dns(Arc::new(dns::Names::new(self.clone())))
            .with_store(Arc::new(self.directory.clone()))
    }

    /// Changes the tables, and tells this process's supervisor that there is something to do.
    pub async fn wish<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Tables) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Trouble> {
        let answer = self.directory.change(act).await;
        self.poke();
        answer
    }

    /// Tells this process's supervisor, and its keepers, to look.
    pub fn poke(&self) {
        self.poked.notify_waiters();
    }

    /// Waits until somebody pokes, or for so long.
    pub async fn rest(&self, longest: Duration) {
        let _ = tokio::time::timeout(longest, self.poked.notified()).await;
    }
}

/// The clock of this machine, and when somebody began to look at it.
#[derive(Debug)]
struct Real(Instant);

#[async_trait]
impl Clock for Real {
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
    fn now(&self) -> Timestamp {
        now()
    }
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
    async fn rest(&self, rest: Rest) {
        tokio::time::sleep(rest.longest(now())).await;
    }
}
