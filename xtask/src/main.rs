//! The project's own commands: `cargo xtask`.

#[macro_use]
mod say;

mod calls;
mod check;
mod docker;
mod floor;
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

  check [docker | aws] [--fast | --units]
                     everything that a change has to pass, with Rust alone, or
                     what needs a Docker engine, or what speaks to AWS (tested
                     against emulators from PyPI); --fast: not the tests;
                     --units: the tests that need neither, and nothing else
  calls [--only SCRIPT] [--at N] [--outcome NAME] [--seed N] [--threads N]
                     disturbs every call of every script in every way
  calls --on docker|moto [--shard I/N] [--most 5m] [--act NAME] [--only TEXT]
        [--threads N] [--anew]
                     kills a real process before and after every call that
                     changes something; can be stopped and goes on
  sim FILE [--script NAME] [--all]
                     runs a fault file and tells what happened; NAME: as a
                     counterexample of calls
  sweep --seeds 1..1000 [--threads N]
                     random sites under random faults, two days and more each
  mutants [--some N --by HASH]
                     plants each bug of mutants/ and wants its test to fail; or
                     N of them, chosen by HASH
  laws [--seeds N] [--only WORD]
                     what must move with what, in the mean of N seeds (30)
  readme             runs game_day and puts its page into the README
  engine             says whether a Docker engine answers
  images [--help]    puts the images on a Docker engine that sites on Docker run
                     from
  docker [--share I/N | --of N --by HASH]
                     the tests on a Docker engine (images comes first), and how
                     long each takes; or the Ith of N shares of them, or one
                     chosen by HASH
  drill [--faults FILE] [--topology FILE] [--simulator] [--help]
                     the same drill in the simulator and on Docker: are the
                     decisions the same?
  aws-floor [--topology FILE] [--on moto] [--against boto3]
                     the calls that a site takes at AWS at least, counted from
                     its plan; --on moto: and those that it really takes there;
                     --against boto3: and how long a script takes that makes it
                     object by object, and we, at 0, 100 and 500 ms a call more
  docker-load [--help]
                     a site on Docker under load while releases are rolled out,
                     instances die and zones are lost: what fails?
  docker-profile     measures how Docker behaves on this machine, as rows of the
                     simulator's profile
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["images" | "drill" | "docker-load" | "docker-profile", ..] => docker::run(&root(), &words),
        ["help" | "--help" | "-h"] | [_, "--help" | "-h"] => {
            say!("{}", HELP.trim_end());
            Ok(())
        }
        ["check", rest @ ..] => check::asked(rest).and_then(|(world, depth)| check::run(&root(), world, depth)),
        ["engine"] => docker::engine(),
        ["docker", rest @ ..] => docker::tests(&root(), rest),
        ["readme"] => readme::run(&root()),
        ["calls", "--on", world, rest @ ..] => docker::calls(&root(), world, rest),
        ["calls", rest @ ..] => calls::run(rest),
        ["aws-floor", rest @ ..] => floor::run(&root(), rest),
        ["sim", rest @ ..] => story::run(&root(), rest),
        ["sweep", rest @ ..] => sweep::run(rest),
        ["mutants", rest @ ..] => mutants::run(&root(), rest),
        ["laws", rest @ ..] => laws::run(rest),
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
