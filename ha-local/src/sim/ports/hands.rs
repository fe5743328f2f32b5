//! The hands of the simulated provider's pool keepers.

use super::unexpected;
use crate::sim::engine::{
    call::{Answer, Request},
    caller::Caller,
};
use async_trait::async_trait;
use ha_core::{
    backend::{Result, Scope},
    keeper::{
        Hands,
        pool::{Order, View},
    },
    name::PoolName,
    time::Timestamp,
};

/// The hands with which one pool is kept: every move is a call that can be lost, late or refused.
pub struct SimHands {
    caller: Caller,
    scope: Scope,
    pool: PoolName,
}

impl SimHands {
    /// The hands of this pool's keeper.
    pub fn new(caller: Caller, scope: Scope, pool: PoolName) -> Self {
        Self { caller, scope, pool }
    }
}

#[async_trait]
impl Hands for SimHands {
    async fn view(&self) -> Result<Option<View>> {
        let request = Request::HandsView(self.scope.clone(), self.pool.clone());
        let Answer::View(view) = self.caller.call(request).await? else { return Err(unexpected("hands.view")) };
        Ok(view.map(|view| *view))
    }
    async fn carry_out(&self, order: &Order) -> Result<()> {
        let request = Request::HandsOrder(self.scope.clone(), self.pool.clone(), order.clone());
        self.caller.call(request).await.map(|_| ())
    }
    async fn rest(&self, look_again: Option<Timestamp>, failed: bool) {
        self.caller.rest_keeper(look_again, failed).await;
    }
}
