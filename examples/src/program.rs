//! The program itself: from arguments to an exit code.

use crate::{
    arguments::{self, Asked, HELP, Options},
    day::run_day,
    inputs::Inputs,
    output::{Outputs, page},
    progress::Progress,
};
use ha_core::validate::Problems;
use std::{ffi::OsString, io::Write};

/// Runs the day that these arguments ask for. The exit code is 0, or 2 with a line for each wrong argument or file.
pub fn game_day(
    arguments: impl IntoIterator<Item = impl Into<OsString>>,
    out: &mut impl Write,
    err: &mut impl Write,
) -> u8 {
    let ended = match arguments::read(arguments) {
        // Who reads it may have seen enough and gone, as `head` does; so may who reads the page.
        Ok(Asked::Help) => {
            out.write_all(HELP.as_bytes()).ok();
            Ok(())
        }
        Ok(Asked::Run(options)) => run(&options, out, err).map_err(|problems| problems.to_string()),
        Err(line) => Err(line),
    };
    match ended {
        Ok(()) => 0,
        Err(lines) => {
            writeln!(err, "{lines}").ok();
            2
        }
    }
}

fn run(options: &Options, out: &mut impl Write, err: &mut impl Write) -> Result<(), Problems> {
    let inputs = Inputs::read(options)?;
    let outputs = Outputs::open(options)?;
    for note in &inputs.notes {
        writeln!(err, "{note}").ok();
    }
    let run = run_day(&inputs, options, Progress::on_terminal())?;
    // The page comes first: a disk that is full by now does not take it away.
    out.write_all(page(&run).as_bytes()).ok();
    outputs.write(&run)
}
