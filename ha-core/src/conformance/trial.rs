//! One run of one case: its backend, and how it waits, compares and fails.

use super::{Lab, Object, Port};
use crate::{
    backend::{
        Backend, ComputePool, Dns, Error, Kind, LoadBalancer, Network, Scope, Store, Versioned,
        state::{BalancerState, NetworkState, PoolState, RecordState},
    },
    name::StoreKey,
    time::Timestamp,
    validate::Problem,
};
use std::time::Duration;

/// Why a case did not pass.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// The clause is broken; this is what was seen.
    Broken(String),
    /// The backend has no such port.
    Lacks(Port),
    /// The backend's `check` refuses the wish.
    Refused(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Broken(format!("a call failed: {error}"))
    }
}

impl From<String> for Failure {
    fn from(what: String) -> Self {
        Self::Broken(what)
    }
}

/// How a case ends.
pub(super) type Outcome<T = ()> = Result<T, Failure>;

/// One run of one case.
pub struct Trial<'a> {
    pub(super) lab: &'a dyn Lab,
    pub(super) backend: Backend,
    pub(super) scope: Scope,
    pub(super) other: Scope,
}

/// Everything that can be seen, without the instants of looking and without measured readings.
#[derive(Clone, Debug, PartialEq, Default)]
pub(super) struct Snapshot {
    pub(super) objects: Vec<Object>,
    networks: Vec<Option<NetworkState>>,
    pools: Vec<PoolState>,
    balancers: Vec<BalancerState>,
    records: Vec<RecordState>,
    stored: Vec<(Scope, StoreKey, Option<Versioned>)>,
}

/// A wait that has an end.
pub(super) struct Wait<'a> {
    trial: &'a Trial<'a>,
    what: String,
    end: Timestamp,
}

impl Wait<'_> {
    /// Waits until the next look; `seen` is what the last one saw, for the message if it was the last.
    pub(super) async fn more(&self, seen: &(impl std::fmt::Debug + Sync)) -> Outcome {
        if self.trial.backend.clock.now() >= self.end {
            return Err(Failure::Broken(format!("never: {}; last seen: {seen:?}", self.what)));
        }
        self.trial.sleep(self.trial.lab.patience().poll).await;
        Ok(())
    }
}

impl<'a> Trial<'a> {
    pub(super) fn new(lab: &'a dyn Lab, backend: Backend) -> Self {
        let [scope, other] = lab.scopes();
        Self { lab, backend, scope, other }
    }

    pub(super) fn has(&self, port: Port) -> bool {
        match port {
            Port::Network => self.backend.network.is_some(),
            Port::Pool => self.backend.pool.is_some(),
            Port::Balancer => self.backend.balancer.is_some(),
            Port::Dns => self.backend.dns.is_some(),
            Port::Store => self.backend.store.is_some(),
        }
    }

    pub(super) fn network(&self) -> Outcome<&dyn Network> {
        self.backend.network.as_deref().ok_or(Failure::Lacks(Port::Network))
    }
    pub(super) fn pool(&self) -> Outcome<&dyn ComputePool> {
        self.backend.pool.as_deref().ok_or(Failure::Lacks(Port::Pool))
    }
    pub(super) fn balancer(&self) -> Outcome<&dyn LoadBalancer> {
        self.backend.balancer.as_deref().ok_or(Failure::Lacks(Port::Balancer))
    }
    pub(super) fn dns(&self) -> Outcome<&dyn Dns> {
        self.backend.dns.as_deref().ok_or(Failure::Lacks(Port::Dns))
    }
    pub(super) fn store(&self) -> Outcome<&dyn Store> {
        self.backend.store.as_deref().ok_or(Failure::Lacks(Port::Store))
    }

    pub(super) async fn sleep(&self, duration: Duration) {
        self.backend.clock.sleep(duration).await;
    }

    pub(super) fn wait(&'a self, what: impl Into<String>) -> Wait<'a> {
        let end = self.backend.clock.now() + self.lab.patience().limit;
        Wait { trial: self, what: what.into(), end }
    }

    /// Everything that can be seen, of both scopes, once it has been the same for as long as the lab says.
    pub(super) async fn at_rest(&self) -> Outcome<Snapshot> {
        let wait = self.wait("the world comes to rest");
        let (mut last, mut since) = (self.look().await?, self.backend.clock.now());
        loop {
            wait.more(&last).await?;
            let (seen, now) = (self.look().await?, self.backend.clock.now());
            if seen != last {
                (last, since) = (seen, now);
            } else if now.since(since) >= self.lab.patience().calm {
                return Ok(seen);
            }
        }
    }

    async fn look(&self) -> Outcome<Snapshot> {
        let mut seen = Snapshot { objects: self.lab.everything().await, ..Snapshot::default() };
        seen.objects.sort();
        for scope in [&self.scope, &self.other] {
            if let Some(port) = &self.backend.network {
                seen.networks.push(port.observe(scope).await?.state);
            }
            if let Some(port) = &self.backend.pool {
                seen.pools.extend(port.observe(scope).await?.state);
            }
            if let Some(port) = &self.backend.balancer {
                let states = port.observe(scope).await?.state;
                seen.balancers.extend(states.into_iter().map(|state| BalancerState { readings: Vec::new(), ..state }));
            }
            if let Some(port) = &self.backend.dns {
                seen.records.extend(port.observe(scope).await?.state);
            }
            if let Some(port) = &self.backend.store {
                for key in port.list(scope, "").await? {
                    let value = port.get(scope, &key).await?;
                    seen.stored.push((scope.clone(), key, value));
                }
            }
        }
        Ok(seen)
    }

    /// Fails unless the world at rest is what it was.
    pub(super) async fn is_still(&self, before: &Snapshot, what: &str) -> Outcome {
        let after = self.at_rest().await?;
        holds(after == *before, || format!("{what} changed the world from {before:?} to {after:?}"))
    }
}

/// Fails with this message unless it holds.
pub(super) fn holds(holds: bool, message: impl FnOnce() -> String) -> Outcome {
    if holds { Ok(()) } else { Err(Failure::Broken(message())) }
}

/// Fails unless `check` found nothing.
pub(super) fn accepted(problems: &[Problem]) -> Outcome {
    match problems.first() {
        None => Ok(()),
        Some(problem) => Err(Failure::Refused(problem.to_string())),
    }
}

/// Fails unless the call was refused with `NotReady`.
pub(super) fn not_ready<T: std::fmt::Debug>(answer: Result<T, Error>) -> Outcome {
    match answer {
        Err(error) if matches!(error.kind(), Kind::NotReady(_)) => Ok(()),
        other => Err(Failure::Broken(format!("expected `not ready`, not {other:?}"))),
    }
}

/// Fails unless the call was refused with `Conflict`.
pub(super) fn conflict<T: std::fmt::Debug>(answer: Result<T, Error>) -> Outcome {
    match answer {
        Err(error) if matches!(error.kind(), Kind::Conflict(_)) => Ok(()),
        other => Err(Failure::Broken(format!("expected `conflict`, not {other:?}"))),
    }
}
