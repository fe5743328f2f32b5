//! A day in the life of a web site, as a page in a terminal: `cargo run --release --example game_day`.

use ha_core::validate::Problems;
use ha_examples::{
    arguments::{self, Asked, HELP, Options},
    day::run_day,
    output::{self, Outputs},
    progress::Progress,
};
use std::process::ExitCode;

fn main() -> ExitCode {
    match arguments::read(std::env::args_os().skip(1)) {
        Ok(Asked::Help) => {
            print!("{HELP}");
            ExitCode::SUCCESS
        }
        Ok(Asked::Run(options)) => match run(&options) {
            Ok(()) => ExitCode::SUCCESS,
            Err(problems) => refuse(&problems.to_string()),
        },
        Err(line) => refuse(&line),
    }
}

fn run(options: &Options) -> Result<(), Problems> {
    let outputs = Outputs::open(options.json.as_deref(), options.trace.as_deref())?;
    let mut progress = Progress::on_terminal();
    let day = run_day(options, &mut progress)?;
    drop(progress);
    outputs.write(&day)?;
    output::print(&day);
    Ok(())
}

/// One line a problem, and the exit code of a wrong argument or file.
fn refuse(problems: &str) -> ExitCode {
    eprintln!("{problems}");
    ExitCode::from(2)
}
