//! The parts of `game_day` and `docker_site`, so that the programs themselves read like a table of contents.

pub mod arguments;
pub mod day;
#[cfg(feature = "docker")]
pub mod docker;
pub mod inputs;
pub mod output;
pub mod program;
pub mod progress;
