//! `cargo xtask check`: everything that a change has to pass.

mod claims;
mod files;
mod rules;
mod testing;
mod tree;

use crate::part::{Parts, Stop, call, none};
pub use files::Source;
use rules::Rules;
use std::path::Path;

/// How much is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Everything.
    Full,
    /// Everything but the tests.
    Fast,
    /// Everything, of the AWS backend alone: its service crates take minutes to build, so it is left out otherwise.
    Aws,
}

/// Runs every part, even after one failed.
pub fn run(root: &Path, depth: Depth) -> Result<(), Stop> {
    let rules = Rules::read().map_err(Stop::Usage)?;
    let sources = Source::all(root).map_err(Stop::Usage)?;
    let mut parts = Parts::default();
    let cargo = |arguments: &[&str]| call(root, "cargo", arguments).map(drop);
    parts.run("files and words", || none(&rules.check(&sources)));
    parts.run("claims", || none(&claims::check(&sources)));
    for limit in &rules.trees {
        parts.run(&format!("dependencies of {}", limit.package), || limit.check(root));
    }
    parts.run("fmt", || cargo(&["fmt", "--all", "--check"]));
    let strict = match depth {
        Depth::Full | Depth::Fast => &["--workspace", "--exclude", "ha-aws", "--all-features", "--quiet"][..],
        Depth::Aws => &["--package", "ha-aws", "--all-features", "--quiet"],
    };
    let clippy = ["--all-targets", "--message-format", "short", "--", "-D", "warnings"];
    parts.run("clippy", || cargo(&[&["clippy"], strict, &clippy[..]].concat()));
    parts.run("doc", || cargo(&[&["doc", "--no-deps"], strict].concat()));
    match depth {
        Depth::Full | Depth::Aws => parts.run("test", || testing::run(root, strict)),
        Depth::Fast => {}
    }
    parts.end()
}
