//! Backends of one machine: a deterministic simulator of a cloud, always there.

pub mod sim;
