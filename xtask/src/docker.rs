//! Commands that need a Docker engine: a program of their own, so that `cargo xtask` builds without what they depend on.

use crate::part::Stop;
use std::{path::Path, process::Command};

/// Builds that program, if need be, and hands the command on to it.
pub fn run(root: &Path, words: &[&str]) -> Result<(), Stop> {
    let done = Command::new("cargo")
        .args(["run", "--quiet", "--release", "--package", "ha-docker-tasks", "--"])
        .args(words)
        .current_dir(root)
        .status()
        .map_err(|error| Stop::Usage(format!("cargo: {error}")))?;
    if done.success() { Ok(()) } else { Err(Stop::Failed(vec![words.join(" ")])) }
}
