//! The same seed is the same day in debug and in release, on every thread, in every directory and on every machine.
//!
//! After a change of the simulator: `UPDATE=1 cargo test -p ha-local --test golden` writes the hashes anew.

use ha_core::{ValidTopology, fault::Fault};
use ha_local::sim::{Profile, Run, Sim, Traffic};
use std::{path::PathBuf, thread, time::Duration};

const GOLDEN: &str = include_str!("golden.txt");

/// A site, its provider, a seed, and what befalls it after half an hour.
const DAYS: [(&str, &str, u64, &str); 6] = [
    ("web.toml", "aws", 1, r#"{ at = "30m", lasts = "30m", where = "zone:a", fault = "zone.power" }"#),
    (
        "web.toml",
        "aws",
        2,
        r#"{ at = "30m", lasts = "forever", where = "pool:web", fault = "release.errors", rate = 0.4 }"#,
    ),
    ("web.toml", "ideal", 3, r#"{ at = "30m", where = "zone:b", fault = "operator.evacuate" }"#),
    ("round_robin.toml", "aws", 4, r#"{ at = "30m", where = "instances:1 of pool:web", fault = "instances.kill" }"#),
    (
        "shop_and_admin.toml",
        "aws",
        5,
        r#"{ at = "30m", lasts = "20m", where = "service:*", fault = "api.error", rate = 0.3 }"#,
    ),
    (
        "blue_green.toml",
        "ideal",
        6,
        r#"{ at = "30m", lasts = "20m", where = "zone:a", fault = "zone.slow", times = 8, ramp = "10m" }"#,
    ),
];

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../examples/sites").join(name)
}

fn run((site, profile, seed, fault): (&str, &str, u64, &str)) -> Run {
    let site = ValidTopology::load(file(site)).unwrap_or_else(|problems| panic!("{problems}"));
    let profile = if profile == "aws" { Profile::aws() } else { Profile::ideal() };
    let fault: Fault = fault.parse().unwrap();
    Sim::new(&site, seed)
        .profile(profile)
        .traffic(Traffic::poisson(3.0))
        .length(Duration::from_secs(5400))
        .at("30m", fault)
        .run()
}

/// A line for each day: what it is, and the hash of all that happened.
fn hashes() -> String {
    let line = |day: (&str, &str, u64, &str)| format!("{} {} {}: {}\n", day.0, day.1, day.2, run(day).trace_hash);
    DAYS.into_iter().map(line).collect()
}

#[test]
fn a_day_has_the_same_hash_in_every_build_on_every_thread_and_in_every_directory() {
    let told = hashes();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden.txt"), &told).unwrap();
    } else {
        assert!(told == GOLDEN, "other days than in tests/golden.txt; UPDATE=1 writes these:\n{told}");
    }
    std::env::set_current_dir(std::env::temp_dir()).unwrap();
    let threads = [thread::spawn(hashes), thread::spawn(hashes)];
    for thread in threads {
        assert_eq!(thread.join().unwrap(), told);
    }
}
