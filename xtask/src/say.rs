//! Printing to somebody who may stop reading: `cargo xtask sweep ... | head` ends, and does not panic.

use std::{
    fmt::Arguments,
    io::{self, Write},
};

/// Prints a line.
macro_rules! say {
    ($($words:tt)*) => { $crate::say::line(format_args!($($words)*)) };
}

/// Prints a line. Where nobody reads any more, the command ends here, as one whose end nobody saw: with the code that a
/// shell gives to those whom a closed pipe ends.
pub fn line(words: Arguments<'_>) {
    read(writeln!(io::stdout(), "{words}"));
}

/// Prints the beginning of a line.
pub fn begin(words: &str) {
    let mut out = io::stdout();
    read(write!(out, "{words}").and_then(|()| out.flush()));
}

fn read(written: io::Result<()>) {
    const CLOSED_PIPE: i32 = 141;
    if written.is_err() {
        std::process::exit(CLOSED_PIPE);
    }
}
