//! `cargo xtask check`: everything that a change has to pass.

mod claims;
mod files;
mod patches;
mod rules;
mod testing;
mod tree;
mod world;

use crate::part::{Parts, Stop, call, none};
pub use files::Source;
use rules::Rules;
use std::path::Path;
pub use world::World;

/// How much is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Everything.
    Full,
    /// Everything but the tests.
    Fast,
    /// Of the tests those alone that need nothing else.
    Units,
}

/// What is asked for by words.
pub fn asked(words: &[&str]) -> Result<(World, Depth), Stop> {
    let mut asked = (World::Rust, Depth::Full);
    for word in words {
        match *word {
            "docker" => asked.0 = World::Docker,
            "aws" => asked.0 = World::Aws,
            "--fast" => asked.1 = Depth::Fast,
            "--units" => asked.1 = Depth::Units,
            other => {
                let what = format!("check: no such world or option: {other}; docker, aws, --fast, --units");
                return Err(Stop::Usage(what));
            }
        }
    }
    Ok(asked)
}

/// Runs every part of a world's check, even after one failed.
pub fn run(root: &Path, world: World, depth: Depth) -> Result<(), Stop> {
    let mut parts = Parts::default();
    let cargo = |arguments: &[&str]| call(root, "cargo", arguments).map(drop);
    if depth == Depth::Units {
        parts.run("unit tests", || testing::units(root, world));
        return parts.end();
    }
    if world == World::Rust {
        words(root, &mut parts)?;
        parts.run("fmt", || cargo(&["fmt", "--all", "--check"]));
    }
    let which = [world.packages(), &["--quiet"]].concat();
    let clippy = ["--all-targets", "--message-format", "short", "--", "-D", "warnings"];
    parts.run("clippy", || cargo(&[&["clippy"], &which[..], &clippy[..]].concat()));
    for (packages, feature) in
        world.subsets().iter().flat_map(|it| it.features.iter().map(|feature| (it.packages, feature)))
    {
        // With what tests want, so that the service crates are those of the whole.
        let part =
            [&["clippy"], packages, &["--lib", "--tests", "--no-default-features", "--features", feature]].concat();
        let options = ["--quiet", "--message-format", "short", "--", "-D", "warnings"];
        parts.run(&format!("{feature} alone"), || cargo(&[&part[..], &options[..]].concat()));
    }
    parts.run("doc", || cargo(&[&["doc", "--no-deps"], &which[..]].concat()));
    if depth == Depth::Full {
        if world == World::Docker {
            parts.run("images", || cargo(&["xtask", "images"]));
        }
        parts.run("test", || testing::run(root, world));
    }
    parts.end()
}

/// What is looked for in files, and in the dependencies of packages.
fn words(root: &Path, parts: &mut Parts) -> Result<(), Stop> {
    let rules = Rules::read().map_err(Stop::Usage)?;
    let sources = Source::all(root).map_err(Stop::Usage)?;
    parts.run("files and words", || none(&rules.check(&sources)));
    parts.run("claims", || none(&claims::check(&sources)));
    parts.run("planted bugs apply", || none(&patches::check(root, &sources)?));
    for limit in &rules.trees {
        parts.run(&format!("dependencies of {}", limit.package), || limit.check(root));
    }
    Ok(())
}
