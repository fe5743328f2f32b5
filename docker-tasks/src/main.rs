//! Those of the project's own commands that need a Docker engine.

mod app;
mod calls;
mod images;

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.split_first() {
        Some((command, rest)) if command == "images" => images::run(rest).await,
        Some((command, rest)) if command == "calls" => calls::run(rest).await,
        _ => Err(format!("called by cargo xtask only\n\n{}", images::HELP)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}
