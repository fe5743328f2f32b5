//! Programs of this project as static ones, so that an image of one holds nothing else.

use crate::child::command;
pub use crate::{place::root, stop::said};
use ha_local::docker::image::program_tar;
use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// A program of this project.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    package: &'static str,
    name: &'static str,
    features: &'static str,
}

/// The reference application.
pub const SITE: Program = Program { package: "ha-reference-app", name: "site", features: "" };
/// What keeps sites of containers.
pub const SUPERVISOR: Program = Program { package: "ha-local", name: "ha-supervisor", features: "docker" };

/// Where what images are made from is kept.
pub fn cache() -> PathBuf {
    root().join("target/ha-images")
}

/// Builds the program, and answers the place of the tar from which its image is made. What cargo says is told line by
/// line: a first build takes minutes, and so may waiting for another cargo.
pub fn tar(program: Program, cache: &Path, told: &dyn Fn(&str)) -> Result<PathBuf, String> {
    let (root, target, Program { package, name, features }) = (root(), host()?, program);
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    // A target that is named has its flags to itself: build scripts and other packages are built as ever.
    let mut cargo = command(cargo)
        .args(["build", "--release", "--package", package, "--bin", name])
        .args(["--features", features, "--target", &target])
        .env("RUSTFLAGS", "-C target-feature=+crt-static")
        .current_dir(root)
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cargo: {error}"))?;
    let mut lines = Vec::new();
    for line in cargo.stderr.take().map(BufReader::new).into_iter().flat_map(BufRead::lines).map_while(Result::ok) {
        told(line.trim());
        lines.push(line);
    }
    if !cargo.wait().map_err(|error| format!("cargo: {error}"))?.success() {
        lines.retain(|line| !line.trim_start().starts_with("Compiling "));
        return Err(format!("{name} of {package} cannot be built:\n{}", lines.join("\n")));
    }
    let folder = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder));
    let contents = program_tar(&folder.join(&target).join("release").join(name)).map_err(|error| said(&error))?;
    let place = cache.join(format!("{name}.tar"));
    // Under its name only when it is whole: another command may be reading it.
    let whole = cache.join(format!(".{name}.{}", std::process::id()));
    let written = fs::create_dir_all(cache).and_then(|()| fs::write(&whole, contents));
    let written = written.and_then(|()| fs::rename(&whole, &place));
    written.map_err(|error| format!("{}: {error}", place.display()))?;
    Ok(place)
}

fn host() -> Result<String, String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let said =
        Command::new(rustc).arg("-vV").stderr(Stdio::inherit()).output().map_err(|error| format!("rustc: {error}"))?;
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| format!("rustc -vV does not say for which host it is:\n{said}"))
}
