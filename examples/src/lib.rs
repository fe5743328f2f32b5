//! The parts of `game_day`, so that the program itself reads like a table of contents.

pub mod arguments;
pub mod day;
pub mod inputs;
pub mod output;
pub mod program;
pub mod progress;
