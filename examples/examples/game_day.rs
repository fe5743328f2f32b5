//! A day in the life of a web site, as a page in a terminal: `cargo run --release --example game_day`.

use ha_examples::program::game_day;
use std::{
    io::{stderr, stdout},
    process::ExitCode,
};

fn main() -> ExitCode {
    ExitCode::from(game_day(std::env::args_os().skip(1), &mut stdout(), &mut stderr()))
}
