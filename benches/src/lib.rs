//! What the figures of the README come from; the binaries of this package print them.

pub mod by_hand;
pub mod measure;
pub mod theory;
