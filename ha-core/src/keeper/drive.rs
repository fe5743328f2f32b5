//! The one driver: decides from a fresh view, carries out one order, decides again.

use super::{Policy, pool};
use crate::{backend::Result, time::Timestamp};
use async_trait::async_trait;

/// What a keeper's orders are carried out with. Every call can be lost, late, refused, or the last one.
#[async_trait]
pub trait Hands: Send + Sync {
    /// The pool as it is now; `None` when it is gone and the keeper may end.
    async fn view(&self) -> Result<Option<pool::View>>;
    /// Carries out one order. It may be repeated with the same order.
    async fn carry_out(&self, order: &pool::Order) -> Result<()>;
    /// Waits until something that `view` answers has changed, or until `look_again`, or a while after a failure.
    async fn rest(&self, look_again: Option<Timestamp>, failed: bool);
}

/// Keeps one pool until it is gone. Dropping the future leaves at most one order whose outcome is unknown; a new driver
/// finishes what it began.
pub async fn drive(hands: &dyn Hands, policy: &Policy) {
    loop {
        let decision = match hands.view().await {
            Ok(Some(view)) => pool::decide(&view, policy),
            Ok(None) => return,
            Err(_) => {
                hands.rest(None, true).await;
                continue;
            }
        };
        match decision.orders.first() {
            Some(order) => {
                if hands.carry_out(order).await.is_err() {
                    hands.rest(decision.look_again, true).await;
                }
            }
            None => hands.rest(decision.look_again, false).await,
        }
    }
}
