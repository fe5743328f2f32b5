//! Backends of one machine: a deterministic simulator of a cloud, always there, and containers of a Docker engine.

#[cfg(feature = "docker")]
#[allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "a real world: its time and its client's maps")]
pub mod docker;
pub mod sim;
