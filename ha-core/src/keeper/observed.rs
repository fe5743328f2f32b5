//! Hands that tell which orders were accepted: for whoever records what keepers decide.

use super::{
    Hands,
    pool::{Order, View},
};
use crate::{backend::Result, name::PoolName, time::Timestamp};
use async_trait::async_trait;
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

/// Is told every order of a pool's keeper that was accepted.
pub trait OrderObserver: Send + Sync {
    /// Takes note of an order that was decided at this instant. It must not block.
    fn accepted(&self, at: Timestamp, pool: &PoolName, order: &Order);
}

impl<F: Fn(Timestamp, &PoolName, &Order) + Send + Sync> OrderObserver for F {
    fn accepted(&self, at: Timestamp, pool: &PoolName, order: &Order) {
        self(at, pool, order);
    }
}

/// Hands whose accepted orders are told to an observer.
pub struct ObservedHands<H> {
    hands: H,
    observer: Arc<dyn OrderObserver>,
    /// When the last view was made, and of which pool.
    seen: Mutex<Option<(Timestamp, PoolName)>>,
}

impl<H> ObservedHands<H> {
    /// These hands, with this observer.
    pub fn new(hands: H, observer: Arc<dyn OrderObserver>) -> Self {
        Self { hands, observer, seen: Mutex::default() }
    }
}

impl<H> fmt::Debug for ObservedHands<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObservedHands").field("seen", &self.seen).finish_non_exhaustive()
    }
}

#[async_trait]
impl<H: Hands> Hands for ObservedHands<H> {
    async fn view(&self) -> Result<Option<View>> {
        let view = self.hands.view().await?;
        let seen = view.as_ref().map(|view| (view.at, view.spec.name.clone()));
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = seen;
        Ok(view)
    }
    async fn carry_out(&self, order: &Order) -> Result<()> {
        self.hands.carry_out(order).await?;
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((at, pool)) = seen {
            self.observer.accepted(at, &pool, order);
        }
        Ok(())
    }
    async fn rest(&self, look_again: Option<Timestamp>, failed: bool) {
        self.hands.rest(look_again, failed).await;
    }
}
