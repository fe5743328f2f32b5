//! The reference application as a static program, and the tar of its image.

use ha_local::docker::image::program_tar;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Builds the program, and answers the place of the tar.
pub fn tar(root: &Path, cache: &Path) -> Result<PathBuf, String> {
    let target = host()?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    // A target that is named has its flags to itself: build scripts and other packages are built as ever.
    let built = Command::new(cargo)
        .args(["build", "--quiet", "--release", "--package", "ha-reference-app", "--target", &target])
        .env("RUSTFLAGS", "-C target-feature=+crt-static")
        .current_dir(root)
        .status()
        .map_err(|error| format!("cargo: {error}"))?;
    if !built.success() {
        return Err("the reference application cannot be built".to_owned());
    }
    let folder = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder));
    let contents = program_tar(&folder.join(&target).join("release/site")).map_err(|error| said(&error))?;
    let place = cache.join("site.tar");
    let written = fs::create_dir_all(cache).and_then(|()| fs::write(&place, contents));
    written.map_err(|error| format!("{}: {error}", place.display()))?;
    Ok(place)
}

/// An error with its sources.
pub fn said(error: &dyn std::error::Error) -> String {
    let sources = std::iter::successors(error.source(), |source| source.source());
    sources.fold(error.to_string(), |text, source| format!("{text}: {source}"))
}

fn host() -> Result<String, String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let said =
        Command::new(rustc).arg("-vV").stderr(Stdio::inherit()).output().map_err(|error| format!("rustc: {error}"))?;
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| format!("rustc -vV does not say for which host it is:\n{said}"))
}
