//! Commands that need a Docker engine or an emulator of AWS: programs of their own, so that `cargo xtask` builds without
//! what they depend on.

use crate::part::Stop;
use std::{path::Path, process::Command};

/// What cargo is told, to build and start the program that needs a Docker engine.
const DOCKER: &[&str] = &["run", "--quiet", "--release", "--package", "ha-docker-tasks", "--"];
/// And the one that needs an emulator of AWS: a test's, whose packages are built for tests anyway.
const MOTO: &[&str] = &["test", "--quiet", "--package", "ha-aws", "--test", "calls", "--"];

/// Hands a command over to the program that needs a Docker engine.
pub fn run(root: &Path, words: &[&str]) -> Result<(), Stop> {
    hand_over(root, DOCKER, words)
}

/// `calls --on WORLD`.
pub fn calls(root: &Path, world: &str, rest: &[&str]) -> Result<(), Stop> {
    match world {
        "docker" => hand_over(root, DOCKER, &[&["calls"], rest].concat()),
        "moto" => hand_over(root, MOTO, rest),
        other => Err(Stop::Usage(format!("calls --on {other:?}: there are docker and moto"))),
    }
}

/// Builds that program, if need be, and hands the command on to it.
fn hand_over(root: &Path, cargo: &[&str], words: &[&str]) -> Result<(), Stop> {
    let done = Command::new("cargo")
        .args(cargo)
        .args(words)
        .current_dir(root)
        .status()
        .map_err(|error| Stop::Usage(format!("cargo: {error}")))?;
    if done.success() { Ok(()) } else { Err(Stop::Failed(vec![words.join(" ")])) }
}
