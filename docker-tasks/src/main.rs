//! Those of the project's own commands that need a Docker engine.

#![allow(clippy::disallowed_methods, reason = "what happens on an engine is timed by the real clock")]

mod calls;
mod drill;
mod images;
mod load;
mod profile;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.split_first() {
        Some((command, rest)) if command == "images" => images::run(rest).await,
        Some((command, rest)) if command == "calls" => calls::run(rest).await,
        Some((command, rest)) if command == "drill" => drill::run(rest, &root()).await,
        Some((command, rest)) if command == "docker-load" => load::run(rest, &root()).await,
        Some((command, rest)) if command == "docker-profile" => profile::run(rest, &root()).await,
        _ => Err(format!(
            "called by cargo xtask only\n\n{}\n{}\n{}\n{}",
            images::HELP,
            drill::HELP,
            load::HELP,
            profile::HELP
        )),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// The project's folder.
fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().map_or_else(|| own.to_owned(), Path::to_owned)
}
