//! The loop over a cloud, a store and a clock in memory.

mod insisting;
pub(crate) mod memory;
mod patience;
mod told;
mod turns;
