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
    /// Waits until something that `view` answers has changed, or until `look_again`; if an order or the view `failed`, at
    /// most a while, and then it is tried again.
    async fn rest(&self, look_again: Option<Timestamp>, failed: bool);
}

/// Keeps one pool until it is gone: carries out the most urgent order, looks again, and so on; rests when there is none.
/// An order that failed, or was accepted and is not seen to have taken effect, is left for after the next rest and the
/// others go on, so that an instance that cannot be stopped keeps nobody from being launched. A launch that failed must
/// not count in [`pool::View::launched`] unless the instance exists. Dropping the future leaves at most one order whose
/// outcome is unknown; a new driver finishes what it began.
pub async fn drive(hands: &dyn Hands, policy: &Policy) {
    let mut tried: Vec<pool::Order> = Vec::new();
    loop {
        let decision = match hands.view().await {
            Ok(Some(view)) => pool::decide(&view, policy),
            Ok(None) => return,
            Err(_) => {
                hands.rest(None, true).await;
                continue;
            }
        };
        match decision.orders.iter().find(|order| !tried.contains(order)) {
            Some(order) => {
                // Whether it was accepted or not, the next view tells whether it is still wanted.
                let _ = hands.carry_out(order).await;
                tried.push(order.clone());
            }
            None => {
                hands.rest(decision.look_again, !decision.orders.is_empty()).await;
                tried.clear();
            }
        }
    }
}

#[cfg(test)]
mod tests;
