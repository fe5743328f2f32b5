//! The loop: observe, plan, apply, again; once, until converged or stalled, or for ever.

mod controller;
mod end;
mod insisting;
#[cfg(test)]
pub(crate) mod tests;
mod way;

pub use controller::Controller;
pub use end::{End, Report, StallCause, Stalled, Turned, Wanted};
pub use insisting::LONGEST_WAIT;

use crate::{backend::Backend, name::Holder, topology::ValidTopology};

/// Makes the site as it is wanted, and waits until it works. Dropping the future leaves a site on its way, which the
/// next call finishes.
pub async fn converge(site: &ValidTopology, backend: &Backend) -> Result<Report, Stalled> {
    Controller::new(backend.clone(), named("converge", backend)).until_converged(site).await
}

/// Removes every object of the site, the lease included, and waits until they are gone. Dropping the future leaves a
/// site partly removed, which the next call finishes.
pub async fn teardown(site: &ValidTopology, backend: &Backend) -> Result<Report, Stalled> {
    Controller::new(backend.clone(), named("teardown", backend)).until_converged(&site.removed()).await
}

/// A holder's name that no other controller has: two that start in the same nanosecond are given names by their owner.
fn named(task: &str, backend: &Backend) -> Holder {
    format!("{task}-{}", backend.clock.now().0).into()
}
