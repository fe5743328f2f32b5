//! The parts of `game_day`, `docker_site` and `aws_site`, so that the programs themselves read like a table of contents.

pub mod arguments;
#[cfg(feature = "aws")]
pub mod aws;
pub mod child;
pub mod day;
#[cfg(feature = "docker")]
pub mod docker;
pub mod inputs;
pub mod output;
pub mod place;
pub mod program;
pub mod progress;
pub mod show;
pub mod stop;
pub mod telling;
pub mod words;
