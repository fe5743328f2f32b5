//! Two futures at once, without a runtime.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
};

/// Runs both to their ends.
pub(crate) async fn both<A, B>(one: impl Future<Output = A>, other: impl Future<Output = B>) -> (A, B) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    let mut done = (None, None);
    poll_fn(|context| {
        if done.0.is_none()
            && let Poll::Ready(answer) = one.as_mut().poll(context)
        {
            done.0 = Some(answer);
        }
        if done.1.is_none()
            && let Poll::Ready(answer) = other.as_mut().poll(context)
        {
            done.1 = Some(answer);
        }
        match (done.0.take(), done.1.take()) {
            (Some(one), Some(other)) => Poll::Ready((one, other)),
            unfinished => {
                done = unfinished;
                Poll::Pending
            }
        }
    })
    .await
}
