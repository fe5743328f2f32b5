//! The project's own commands: `cargo xtask`.

mod calls;
mod check;
mod docker;
mod laws;
mod mutants;
mod part;
mod readme;
mod story;
mod sweep;
mod together;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

const HELP: &str = "\
cargo xtask COMMAND

  check [--fast|--aws]           everything that a change has to pass; --fast leaves the tests out, --aws checks ha-aws,
                                 which is left out otherwise: its service crates take minutes to build
  calls [--only SCRIPT] [--at N] [--outcome NAME] [--seed N] [--threads N]
                                 disturbs every call of every script in every way that applies
  calls --on docker|moto [--shard I/N] [--most 5m] [--act NAME] [--only TEXT] [--threads N] [--anew]
                                 kills a real process before and after every call that changes something
  sim FILE [--script NAME] [--all]
                                 runs a fault file and tells what happened; NAME: as a counterexample of calls
  sweep --seeds 1..1000 [--threads N]
                                 random sites under random faults, two virtual days and more each
  mutants [--some N --by HASH]   plants each bug of mutants/ and wants its test to fail; or N of them, chosen by HASH
  laws [--seeds N] [--only WORD] what must move with what, in the mean of N seeds (30)
  readme                         runs game_day and puts its page into the README
  images [--help]                puts the images on a Docker engine that sites on Docker run from
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["check"] => check::run(&root(), check::Depth::Full),
        ["check", "--fast"] => check::run(&root(), check::Depth::Fast),
        ["check", "--aws"] => check::run(&root(), check::Depth::Aws),
        ["readme"] => readme::run(&root()),
        ["calls", "--on", world, rest @ ..] => docker::calls(&root(), world, rest),
        ["calls", rest @ ..] => calls::run(rest),
        ["sim", rest @ ..] => story::run(&root(), rest),
        ["sweep", rest @ ..] => sweep::run(rest),
        ["mutants", rest @ ..] => mutants::run(&root(), rest),
        ["laws", rest @ ..] => laws::run(rest),
        ["images", ..] => docker::run(&root(), &words),
        ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            Ok(())
        }
        other => Err(part::Stop::Usage(format!("no such command: {:?}\n\n{HELP}", other.join(" ")))),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(stop) => {
            eprintln!("{stop}");
            ExitCode::from(stop.code())
        }
    }
}

/// The project's folder.
fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().map_or_else(|| own.to_owned(), Path::to_owned)
}
