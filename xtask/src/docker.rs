//! Commands that need a Docker engine or an emulator of AWS: programs of their own, so that `cargo xtask` builds without
//! what they depend on; and the tests on an engine, with how long each takes.

use crate::{
    check::World,
    part::{Parts, Stop, call},
};
use std::{path::Path, process::Command};

/// What cargo is told, to build and start the program that needs a Docker engine.
const DOCKER: &[&str] = &["run", "--quiet", "--release", "--package", "ha-docker-tasks", "--"];

/// Hands a command over to the program that needs a Docker engine.
pub fn run(root: &Path, words: &[&str]) -> Result<(), Stop> {
    hand_over(root, DOCKER, words)
}

/// `calls --on WORLD`.
pub fn calls(root: &Path, world: &str, rest: &[&str]) -> Result<(), Stop> {
    match world {
        "docker" => hand_over(root, DOCKER, &[&["calls"], rest].concat()),
        // A test's program, of packages that are built for tests anyway: others would be built anew.
        "moto" => {
            hand_over(root, &[&["test", "--quiet"], World::Aws.packages(), &["--test", "calls", "--"]].concat(), rest)
        }
        other => Err(Stop::Usage(format!("calls --on {other:?}: there are docker and moto"))),
    }
}

/// Measures what a site takes on an emulator of AWS.
pub fn floor(root: &Path, topology: &Path) -> Result<(), Stop> {
    let topology = topology.canonicalize().map_err(|error| Stop::Usage(format!("{}: {error}", topology.display())))?;
    let test = ["--test", "emulators", "floor::", "--", "--nocapture", "--test-threads", "1"];
    let done = Command::new("cargo")
        .args([&["test", "--quiet"], World::Aws.packages(), &test[..]].concat())
        .env("TOPOLOGY", topology)
        .current_dir(root)
        .status()
        .map_err(|error| Stop::Usage(format!("cargo: {error}")))?;
    if done.success() { Ok(()) } else { Err(Stop::Failed(vec!["the floor".to_owned()])) }
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

/// The conformance suite, by port: its cases are shared out.
const PORTS: [&str; 5] = ["networks", "pools", "balancers", "names", "the_store"];
/// The other tests: all of them are run for each share.
const OTHERS: [&str; 4] = ["docker_images", "docker_site", "docker_balancing", "docker_secrets"];

/// Runs the tests on an engine, one after the other: of the conformance suite all cases, or a share of them.
pub fn tests(root: &Path, arguments: &[&str]) -> Result<(), Stop> {
    let share = share(arguments)?;
    let mut parts = Parts::default();
    parts.run("build", || cargo(root, &[], &["--no-run"]).map(drop));
    for port in PORTS {
        parts.run(&format!("conformance: {port}"), || conformance(root, port, &share));
    }
    for test in OTHERS {
        let ends = ["--test", test, "--", "--ignored", "--test-threads=1"];
        parts.run(test, || cargo(root, &[], &ends).map(drop));
    }
    parts.end()
}

/// Prints what each case took.
fn conformance(root: &Path, port: &str, share: &str) -> Result<(), String> {
    let ends = ["--test", "docker_conformance", "--", "--ignored", "--test-threads=1", "--nocapture", "--exact", port];
    let said = cargo(root, &[("SHARE", share)], &ends)?;
    let cases: Vec<&str> = said.lines().filter(|line| line.starts_with("docker: ")).collect();
    say!("{}", cases.join("\n"));
    Ok(())
}

fn cargo(root: &Path, told: &[(&str, &str)], ends: &[&str]) -> Result<String, String> {
    let begins = ["test", "--quiet", "--package", "ha-local", "--features", "docker,conformance"];
    let told: Vec<String> = told.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let words: Vec<&str> = told.iter().map(String::as_str).chain(["cargo"]).chain(begins).collect();
    call(root, "env", &[&words, ends].concat())
}

/// `I/N`: the cases whose places in the table are I, I + N, I + 2 N and so on, from 1.
fn share(arguments: &[&str]) -> Result<String, Stop> {
    let wrong = |said: String| Stop::Usage(format!("{said}: want nothing, --share I/N, or --of N --by HASH"));
    match arguments {
        [] => Ok("1/1".to_owned()),
        ["--share", share] => Ok((*share).to_owned()),
        ["--of", number, "--by", by] | ["--by", by, "--of", number] => {
            let of = number.parse::<u64>().ok().filter(|of| *of > 0).ok_or_else(|| wrong(format!("--of {number}")))?;
            Ok(format!("{}/{of}", ha_local::sim::engine::draw::who(by) % of + 1))
        }
        other => Err(wrong(format!("docker {}", other.join(" ")))),
    }
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn a_hash_chooses_a_share_and_the_shares_take_turns() {
        assert_eq!(share(&[]).unwrap(), "1/1");
        assert_eq!(share(&["--share", "2/5"]).unwrap(), "2/5");
        let by = |hash: &str| share(&["--of", "4", "--by", hash]).unwrap();
        assert_eq!(by("c0ffee"), by("c0ffee"));
        let all: std::collections::BTreeSet<String> = (0..64).map(|hash| by(&hash.to_string())).collect();
        assert_eq!(all.into_iter().collect::<Vec<_>>(), ["1/4", "2/4", "3/4", "4/4"]);
        for wrong in [["--of", "0", "--by", "x"], ["--of", "x", "--by", "x"], ["a", "b", "c", "d"]] {
            assert!(share(&wrong).is_err(), "{wrong:?}");
        }
    }
}
