//! A day in the life of a web site, as a page in a terminal: `cargo run --release --example game_day`.

use ha_core::validate::Problems;
use ha_examples::{
    arguments::{self, Asked, HELP, Options},
    day::run_day,
    inputs::Inputs,
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
    let inputs = Inputs::read(options)?;
    let outputs = Outputs::open(options.json.as_deref(), options.trace.as_deref())?;
    for note in &inputs.notes {
        eprintln!("{note}");
    }
    let run = run_day(&inputs, options, Progress::on_terminal())?;
    outputs.write(&run)?;
    output::print(&run);
    Ok(())
}

/// One line a problem, and the exit code of a wrong argument or file.
fn refuse(problems: &str) -> ExitCode {
    eprintln!("{problems}");
    ExitCode::from(2)
}
