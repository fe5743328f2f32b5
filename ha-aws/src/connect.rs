//! Connects to AWS, or to what stands for it: clients with time-outs, and the ports over them.

use crate::{clock::WallClock, provider::Provider};
use aws_config::{BehaviorVersion, Region, SdkConfig, timeout::TimeoutConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use ha_core::backend::{Backend, Clock, Error, Kind, Result};
use std::{future::Future, sync::Arc, time::Duration};

/// How long changes by others, or from before a crash, may stay unseen unless a setting says otherwise.
const SETTLE: Duration = Duration::from_secs(60);
/// The longest that a call of a port takes unless a setting says otherwise: it is several calls of a service.
const CALL: Duration = Duration::from_secs(60);
/// One attempt of one call of a service.
const ATTEMPT: Duration = Duration::from_secs(10);
/// One call of a service, attempts and pauses between them included.
const OPERATION: Duration = Duration::from_secs(30);

/// How AWS is reached. Every setting has a default; nothing is asked of anybody before a port is.
#[derive(Clone, Debug)]
pub struct Aws {
    provider: Provider,
    endpoint: Option<String>,
    credentials: Option<Credentials>,
    http: Option<SharedHttpClient>,
    settle: Duration,
    call_timeout: Duration,
}

impl Aws {
    /// AWS as this provider file says, with the credentials of the environment.
    pub fn new(provider: Provider) -> Self {
        Self { provider, endpoint: None, credentials: None, http: None, settle: SETTLE, call_timeout: CALL }
    }
    /// All services at this address: an emulator.
    pub fn endpoint(mut self, url: &str) -> Self {
        self.endpoint = Some(url.into());
        self
    }
    /// These credentials, not those of the environment.
    pub fn credentials(mut self, key: &str, secret: &str) -> Self {
        self.credentials = Some(Credentials::new(key, secret, None, None, "given"));
        self
    }
    /// Requests go through this client: one that breaks some of them, or tells of them ([`crate::observer::observed`]).
    pub fn http_client(mut self, client: SharedHttpClient) -> Self {
        self.http = Some(client);
        self
    }
    /// How long changes by others, or from before a crash, may stay unseen.
    pub fn settle(mut self, settle: Duration) -> Self {
        self.settle = settle;
        self
    }
    /// The longest that a call of a port takes.
    pub fn call_timeout(mut self, timeout: Duration) -> Self {
        self.call_timeout = timeout;
        self
    }

    /// The backend. Credentials are looked for when the first port is asked: a plan can be checked without any.
    pub async fn connect(self) -> Backend {
        let clock: Arc<dyn Clock> = Arc::new(WallClock::default());
        let backend = Backend::new(clock.clone()).with_settle(self.settle).with_call_timeout(self.call_timeout);
        let service = Arc::new(Service {
            config: self.config().await,
            #[cfg(feature = "store")]
            local: self.endpoint.is_some(),
            provider: self.provider,
            clock,
            #[cfg(feature = "network")]
            settle: self.settle,
            call_timeout: self.call_timeout,
            #[cfg(feature = "network")]
            lately: Default::default(),
            #[cfg(feature = "pool")]
            made: Default::default(),
            #[cfg(feature = "network")]
            shelves: Default::default(),
        });
        crate::ports(backend, &service)
    }

    async fn config(&self) -> SdkConfig {
        let timeouts = TimeoutConfig::builder()
            .operation_attempt_timeout(ATTEMPT.min(self.call_timeout))
            .operation_timeout(OPERATION.min(self.call_timeout))
            .build();
        let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .region(Region::new(self.provider.region.clone()))
            .timeout_config(timeouts);
        if let Some(url) = &self.endpoint {
            loader = loader.endpoint_url(url);
        }
        if let Some(credentials) = &self.credentials {
            loader = loader.credentials_provider(SharedCredentialsProvider::new(credentials.clone()));
        }
        if let Some(client) = &self.http {
            loader = loader.http_client(client.clone());
        }
        loader.load().await
    }
}

/// What all ports of one connection share.
pub(crate) struct Service {
    pub config: SdkConfig,
    /// Whether an emulator answers, which has one host name for all buckets.
    #[cfg(feature = "store")]
    pub local: bool,
    pub provider: Provider,
    pub clock: Arc<dyn Clock>,
    #[cfg(feature = "network")]
    pub settle: Duration,
    pub call_timeout: Duration,
    #[cfg(feature = "network")]
    pub lately: crate::lately::Lately,
    /// The groups, and the load balancers and target groups, that this process made of late.
    #[cfg(feature = "pool")]
    pub made: [crate::lately::Lately; 2],
    #[cfg(feature = "network")]
    pub shelves: crate::ahead::Shelves,
}

impl Service {
    /// Carries a wish out, but for no longer than a call may take.
    pub async fn timed<T>(&self, wish: &crate::error::Wish, work: impl Future<Output = Result<T>>) -> Result<T> {
        let out_of_time = |_| -> Error { wish.refuse(Kind::Unavailable) };
        tokio::time::timeout(self.call_timeout, work).await.map_err(out_of_time)?
    }
}
