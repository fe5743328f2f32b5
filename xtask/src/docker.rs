//! Commands that need a Docker engine or an emulator of AWS: programs of their own, so that `cargo xtask` builds without
//! what they depend on; and the tests on an engine, with how long each takes.

use crate::{
    check::World,
    part::{Parts, Stop, call},
};
use ha_examples::child::command;
use std::{
    io::{Read, Write},
    net::TcpStream,
    os::unix::net::UnixStream,
    path::Path,
    time::Duration,
};

/// What cargo is told, to build and start the program that needs a Docker engine: as the tests are built, so that what
/// both need is built once.
const DOCKER: &[&str] = &["run", "--quiet", "--package", "ha-docker-tasks"];
/// The same for what measures.
const MEASURING: &[&str] = &["run", "--quiet", "--release", "--package", "ha-docker-tasks"];

/// Hands a command over to the program that needs a Docker engine.
pub fn run(root: &Path, words: &[&str]) -> Result<(), Stop> {
    hand_over(root, if words.first() == Some(&"docker-profile") { MEASURING } else { DOCKER }, words)
}

/// Says whether an engine answers, and where.
pub fn engine() -> Result<(), Stop> {
    let place = std::env::var("DOCKER_HOST").unwrap_or_else(|_| "unix:///var/run/docker.sock".into());
    match ping(&place) {
        Ok(()) => println!("a Docker engine answers at {place}"),
        Err(why) => return Err(Stop::Usage(format!("no Docker engine answers at {place}: {why}"))),
    }
    Ok(())
}

/// Asks an engine for a sign of life.
fn ping(place: &str) -> Result<(), String> {
    let limit = Some(Duration::from_secs(10));
    let said = |error: std::io::Error| error.to_string();
    let answer = if let Some(path) = place.strip_prefix("unix://") {
        let stream = UnixStream::connect(path).map_err(said)?;
        stream.set_read_timeout(limit).map_err(said)?;
        asked(stream)
    } else if let Some(host) = place.strip_prefix("tcp://").or_else(|| place.strip_prefix("http://")) {
        let stream = TcpStream::connect(host).map_err(said)?;
        stream.set_read_timeout(limit).map_err(said)?;
        asked(stream)
    } else {
        return Err("neither unix:// nor tcp://".into());
    };
    let answer = answer.map_err(said)?;
    if answer.ends_with(b" 200") { Ok(()) } else { Err(String::from_utf8_lossy(&answer).into_owned()) }
}

fn asked(mut stream: impl Read + Write) -> std::io::Result<Vec<u8>> {
    stream.write_all(b"GET /_ping HTTP/1.0\r\nhost: docker\r\n\r\n")?;
    let mut answer = vec![0; b"HTTP/1.0 200".len()];
    stream.read_exact(&mut answer)?;
    Ok(answer)
}

/// `calls --on WORLD`.
pub fn calls(root: &Path, world: &str, rest: &[&str]) -> Result<(), Stop> {
    match world {
        "docker" => hand_over(root, DOCKER, &[&["calls"], rest].concat()),
        // A test's program, of packages that are built for tests anyway: others would be built anew.
        "moto" => hand_over(root, &[&["test", "--quiet"], World::Aws.packages(), &["--test", "calls"]].concat(), rest),
        other => Err(Stop::Usage(format!("calls --on {other:?}: there are docker and moto"))),
    }
}

/// Measures by these tests what a site takes on an emulator of AWS.
pub fn floor(root: &Path, topology: &Path, tests: &[&str]) -> Result<(), Stop> {
    let topology = topology.canonicalize().map_err(|error| Stop::Usage(format!("{}: {error}", topology.display())))?;
    // Several filters of tests stand behind the dashes.
    let test = [&["--test", "emulators", "--", "--nocapture", "--test-threads", "1"], tests].concat();
    let done = command("cargo")
        .args([&["test", "--quiet"], World::Aws.packages(), &test[..]].concat())
        .env("TOPOLOGY", topology)
        .current_dir(root)
        .status()
        .map_err(|error| Stop::Usage(format!("cargo: {error}")))?;
    if done.success() { Ok(()) } else { Err(Stop::Failed(vec!["the floor".to_owned()])) }
}

/// Builds that program, if need be, and hands the command on to it.
fn hand_over(root: &Path, cargo: &[&str], words: &[&str]) -> Result<(), Stop> {
    // Files are named from where the command is called.
    let done = command("cargo")
        .args(cargo)
        .arg("--manifest-path")
        .arg(root.join("Cargo.toml"))
        .arg("--")
        .args(words)
        .status()
        .map_err(|error| Stop::Usage(format!("cargo: {error}")))?;
    if done.success() { Ok(()) } else { Err(Stop::Failed(vec![words.join(" ")])) }
}

/// The conformance suite, by port: its cases are shared out.
const PORTS: [&str; 5] = ["networks", "pools", "balancers", "names", "the_store"];
/// The other tests: they are shared out as well.
const OTHERS: [&str; 6] =
    ["docker_images", "docker_site", "docker_balancing", "docker_secrets", "docker_frozen", "docker_pull"];

/// Runs the tests on an engine, one after the other: all of them, or a share. The images are seen to first: one that
/// somebody made by hand under a standard name, as a release with a fault, is made anew.
pub fn tests(root: &Path, arguments: &[&str]) -> Result<(), Stop> {
    let share = share(arguments)?;
    let mut parts = Parts::default();
    let own = format!("{}/{}", share.0, share.1);
    parts.run("images", || images(root));
    parts.run("build", || cargo(root, &[], &["--test", "docker_*", "--no-run"]).map(drop));
    for port in PORTS {
        parts.run(&format!("conformance: {port}"), || conformance(root, port, &own));
    }
    for (_, test) in (0..).zip(OTHERS).filter(|(place, _)| place % share.1 == share.0 - 1) {
        let ends = ["--test", test, "--", "--ignored", "--test-threads=1"];
        parts.run(test, || cargo(root, &[], &ends).map(drop));
    }
    parts.end()
}

/// Makes sure that the images that tests run from are what they should be, and prints which were not.
fn images(root: &Path) -> Result<(), String> {
    let said = call(root, "cargo", &["xtask", "images", "--no-supervisor"])?;
    let made: Vec<&str> = said.lines().filter(|line| line.ends_with("  made")).collect();
    if !made.is_empty() {
        say!("{}", made.join("\n"));
    }
    Ok(())
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
    let begins = [&["test", "--quiet"], World::Docker.packages()].concat();
    let told: Vec<String> = told.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let words: Vec<&str> = told.iter().map(String::as_str).chain(["cargo"]).chain(begins).collect();
    call(root, "env", &[&words, ends].concat())
}

/// `I/N`: what stands in a table in the places I, I + N, I + 2 N and so on, from 1.
fn share(arguments: &[&str]) -> Result<(u64, u64), Stop> {
    let wrong = |said: String| Stop::Usage(format!("{said}: want nothing, --share I/N, or --of N --by HASH"));
    match arguments {
        [] => Ok((1, 1)),
        ["--share", share] => {
            let read = share.split_once('/').and_then(|(nth, of)| Some((nth.parse().ok()?, of.parse().ok()?)));
            read.filter(|(nth, of)| (1..=*of).contains(nth)).ok_or_else(|| wrong(format!("--share {share}")))
        }
        ["--of", number, "--by", by] | ["--by", by, "--of", number] => {
            let of = number.parse::<u64>().ok().filter(|of| *of > 0).ok_or_else(|| wrong(format!("--of {number}")))?;
            Ok((ha_local::sim::engine::draw::who(by) % of + 1, of))
        }
        other => Err(wrong(format!("docker {}", other.join(" ")))),
    }
}

#[cfg(test)]
mod tests {
    use super::{ping, share};

    #[test]
    fn an_engine_is_what_answers_its_ping() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let place = format!("tcp://{}", listener.local_addr().unwrap());
        let answering = std::thread::spawn(move || {
            for answer in ["HTTP/1.0 200 OK\r\n\r\nOK", "HTTP/1.0 404 Not Found\r\n\r\n"] {
                let (mut stream, _) = listener.accept().unwrap();
                std::io::Read::read(&mut stream, &mut [0; 99]).unwrap();
                std::io::Write::write_all(&mut stream, answer.as_bytes()).unwrap();
            }
        });
        assert_eq!(ping(&place), Ok(()));
        assert_eq!(ping(&place), Err("HTTP/1.0 404".into()));
        answering.join().unwrap();
        assert!(ping(&place).is_err(), "nobody listens there any more");
        assert!(ping("unix:///nowhere.sock").is_err() && ping("ssh://me").is_err());
    }

    #[test]
    fn a_hash_chooses_a_share_and_the_shares_take_turns() {
        assert_eq!(share(&[]).unwrap(), (1, 1));
        assert_eq!(share(&["--share", "2/5"]).unwrap(), (2, 5));
        let by = |hash: &str| share(&["--of", "4", "--by", hash]).unwrap();
        assert_eq!(by("c0ffee"), by("c0ffee"));
        let all: std::collections::BTreeSet<_> = (0..64).map(|hash| by(&hash.to_string())).collect();
        assert_eq!(all.into_iter().collect::<Vec<_>>(), [(1, 4), (2, 4), (3, 4), (4, 4)]);
        for wrong in ["--of 0 --by x", "--of x --by x", "a b c d", "--share 5/4", "--share 0/4", "--share 2", "--share"]
        {
            let words: Vec<&str> = wrong.split(' ').collect();
            assert!(share(&words).is_err(), "{wrong}");
        }
    }
}
