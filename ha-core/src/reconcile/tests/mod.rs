//! The loop over a cloud, a store and a clock in memory.

pub(crate) mod memory;
mod patience;
mod told;
mod turns;
