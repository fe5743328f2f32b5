//! The machine's clock: the one place of this crate that reads it.

use async_trait::async_trait;
use ha_core::{
    backend::{Clock, Rest},
    time::Timestamp,
};
use std::{
    sync::OnceLock,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// When this process looked at it first.
static BEGUN: OnceLock<Instant> = OnceLock::new();

/// Wall-clock time; sleeps on the runtime of the caller.
#[derive(Clone, Copy, Debug, Default)]
pub struct WallClock;

#[async_trait]
impl Clock for WallClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everybody else asks")]
    fn elapsed(&self) -> Duration {
        BEGUN.get_or_init(Instant::now).elapsed()
    }
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everybody else asks")]
    fn now(&self) -> Timestamp {
        // A clock before 1970 is a machine without one; it reads as the epoch.
        Timestamp::ZERO + SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
    }
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
    async fn rest(&self, rest: Rest) {
        tokio::time::sleep(rest.longest(self.now())).await;
    }
}
