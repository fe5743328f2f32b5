//! The ports of the simulated provider: each verb is a call like any other.

mod check;
mod hands;
mod tiers;

pub use hands::SimHands;

use super::engine::caller::Caller;
use ha_core::backend::{Backend, Error, Kind, Operation, Resource};
use std::sync::Arc;

/// One task's ports to the simulated provider.
pub struct Ports {
    caller: Caller,
    means: check::Means,
}

/// A backend value by which one task sees the simulated provider.
pub fn backend(caller: Caller) -> Backend {
    let (settle, timeout, means) = {
        let world = &caller.shared().lock().world;
        let means =
            check::Means { zones: world.cloud.zones().to_vec(), brakes: world.profile.keeper.policy.keeps_brake };
        (world.profile.api.settle, world.profile.api.timeout, means)
    };
    let clock = Arc::new(caller.clone());
    let ports = Arc::new(Ports { caller, means });
    Backend::new(clock)
        .with_settle(settle)
        .with_call_timeout(timeout)
        .with_anonymous()
        .with_network(ports.clone())
        .with_pool(ports.clone())
        .with_balancer(ports.clone())
        .with_dns(ports.clone())
        .with_store(ports)
}

/// An answer to another question: the world never gives one, and a caller could only observe again.
fn unexpected(operation: &'static str) -> Error {
    Error::new(Kind::Unavailable, Operation(operation), Resource::Tier)
}
