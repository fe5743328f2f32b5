//! The tiers as containers of a Docker engine.

pub mod image;
