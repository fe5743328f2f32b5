//! The Docker engine: one connection, calls that end in time, and never too many at once.

mod container;
mod exec;
mod labels;
mod network;
mod observer;
mod trouble;
mod volume;
mod wanted;

pub use container::{Seen, Standing};
pub use exec::Ended;
pub use labels::{Labels, Part};
pub use network::{SeenNetwork, WantedNetwork};
pub use observer::{Call, Observer};
pub use trouble::Trouble;
pub use wanted::{Attached, File, Port, Transport, Wanted};

use bollard::errors::Error as Refused;
use observer::Observers;
use std::{future::Future, sync::Arc, time::Duration};
use tokio::sync::Semaphore;

/// So many calls at once: more do not make the engine faster, and slow down everybody's checks.
const AT_ONCE: usize = 6;

/// A connection to a Docker engine.
#[derive(Clone)]
pub struct Engine {
    client: bollard::Docker,
    turns: Arc<Semaphore>,
    limit: Duration,
    observers: Observers,
}

impl Engine {
    /// Connects to the engine at `address` (`unix://..`, `tcp://..`), or where `DOCKER_HOST` or the system's default says,
    /// and agrees on a version with it. A call takes at most `limit`.
    pub async fn connect(address: Option<&str>, limit: Duration) -> Result<Self, Trouble> {
        let client = match address {
            Some(address) => bollard::Docker::connect_with_host(address)?,
            None => bollard::Docker::connect_with_defaults()?,
        };
        let agreed = tokio::time::timeout(limit, client.negotiate_version());
        let client = agreed.await.map_err(|_| Trouble::late("agreeing on a version", limit))??;
        Ok(Self { client, turns: Arc::new(Semaphore::new(AT_ONCE)), limit, observers: Observers::default() })
    }

    /// The same connection, whose calls that may change something this one is told of as well. Those that are made with
    /// [`Self::client`] are nobody's.
    pub fn observed(&self, observer: Arc<dyn Observer>) -> Self {
        Self { observers: self.observers.clone().with(observer), ..self.clone() }
    }

    /// The client itself, for what is not here.
    pub fn client(&self) -> &bollard::Docker {
        &self.client
    }

    /// One call, when its turn comes; `what` is told if it does not end in time.
    async fn call<T>(&self, what: &str, call: impl Future<Output = Result<T, Refused>>) -> Result<T, Trouble> {
        self.call_within(what, self.limit, call).await
    }

    /// One call that may change something.
    async fn change<T>(
        &self,
        what: &str,
        (verb, object): (&'static str, &str),
        call: impl Future<Output = Result<T, Refused>>,
    ) -> Result<T, Trouble> {
        self.change_within(what, self.limit, (verb, object), call).await
    }

    async fn change_within<T>(
        &self,
        what: &str,
        limit: Duration,
        (verb, object): (&'static str, &str),
        call: impl Future<Output = Result<T, Refused>>,
    ) -> Result<T, Trouble> {
        let name = self.observers.called(object);
        let noted = Call { verb, object: &name };
        let observed = async {
            self.observers.before(noted)?;
            let answer = call.await;
            self.observers.after(noted);
            Ok::<T, Trouble>(answer?)
        };
        self.call_within(what, limit, observed).await
    }

    async fn call_within<T, E>(
        &self,
        what: &str,
        limit: Duration,
        call: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Trouble>
    where
        Trouble: From<E>,
    {
        let ended = tokio::time::timeout(limit, async {
            let turn = self.turns.acquire().await;
            let answer = call.await;
            drop(turn);
            answer
        });
        Ok(ended.await.map_err(|_| Trouble::late(what, limit))??)
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("limit", &self.limit).finish_non_exhaustive()
    }
}
