//! Runs independent calls at once, but not too many: the services give each account a bucket of tokens.

use futures_util::{StreamExt, stream};
use ha_core::backend::Result;
use std::{future::Future, pin::Pin};

/// So many calls of one wish are under way at once.
const AT_ONCE: usize = 16;

/// A call that may run beside others.
pub(crate) type Call<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// Runs all of them to their ends, whatever becomes of each, and answers in no particular order: the error of one does
/// not break off another whose effect would then be unknown.
pub(crate) async fn all<T>(calls: Vec<Call<'_, T>>) -> Vec<Result<T>> {
    stream::iter(calls).buffer_unordered(AT_ONCE).collect().await
}
