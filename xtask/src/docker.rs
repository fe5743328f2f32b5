//! Commands that need a Docker engine or an emulator of AWS: programs of their own, so that `cargo xtask` builds without what they depend on.

use crate::part::Stop;
use std::{path::Path, process::Command};

/// Builds that program, if need be, and hands the command on to it.
pub fn run(root: &Path, words: &[&str]) -> Result<(), Stop> {
    hand_over(root, "ha-docker-tasks", words)
}

/// `calls --on WORLD`.
pub fn calls(root: &Path, world: &str, rest: &[&str]) -> Result<(), Stop> {
    let package = match world {
        "docker" => "ha-docker-tasks",
        "moto" => "ha-aws-tasks",
        other => return Err(Stop::Usage(format!("calls --on {other:?}: there are docker and moto"))),
    };
    hand_over(root, package, &[&["calls"], rest].concat())
}

fn hand_over(root: &Path, package: &str, words: &[&str]) -> Result<(), Stop> {
    let done = Command::new("cargo")
        .args(["run", "--quiet", "--release", "--package", package, "--"])
        .args(words)
        .current_dir(root)
        .status()
        .map_err(|error| Stop::Usage(format!("cargo: {error}")))?;
    if done.success() { Ok(()) } else { Err(Stop::Failed(vec![words.join(" ")])) }
}
