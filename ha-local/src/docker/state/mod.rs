//! The state directory: this provider's own database, shared by all processes that are given the same place.

mod directory;
mod moves;
mod objects;
mod tables;
#[cfg(test)]
mod tests;

pub use directory::Directory;
pub use tables::{Tables, Turn, ZoneRow, key, owned};
