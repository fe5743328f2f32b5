//! Every conformance case goes red when just its clause is broken in the simulator's cloud: none passes whatever happens.

use ha_core::conformance::{Case, Port, Verdict, cases};
use ha_local::sim::{Profile, lab::SimLab};
use std::{collections::BTreeSet, fs, path::Path};

fn of(port: Port) -> impl Iterator<Item = &'static Case> {
    cases().filter(move |case| case.port == port)
}

/// Breaks each clause of a port, one at a time; its case must see it.
fn fail(port: Port) {
    let mut unseen = Vec::new();
    for case in of(port) {
        let verdict = SimLab::new(Profile::ideal()).breaking(&case.to_string()).run(case);
        println!("{case}: {}", verdict.to_string().chars().take(200).collect::<String>());
        if !matches!(verdict, Verdict::Failed(_)) {
            unseen.push(format!("{case}: {verdict}"));
        }
    }
    assert!(unseen.is_empty(), "broken, and not seen to be:\n{}", unseen.join("\n"));
}

/// The clauses that the simulator's cloud can break, as its source asks for them.
fn switches() -> BTreeSet<String> {
    let cloud = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sim/cloud");
    let files = fs::read_dir(cloud).unwrap().map(|entry| entry.unwrap().path());
    let sources = files.filter(|path| path.is_file() && !path.ends_with("broken.rs")).map(fs::read_to_string);
    let asked = |source: String| {
        let names =
            source.split("breaks(").skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next());
        names.map(str::to_owned).collect::<Vec<_>>()
    };
    sources.flat_map(|source| asked(source.unwrap())).collect()
}

#[test]
fn the_switches_are_the_cases() {
    assert_eq!(switches(), cases().map(Case::to_string).collect());
}

#[test]
fn every_case_of_networks_can_fail() {
    fail(Port::Network);
}

#[test]
fn every_case_of_pools_can_fail() {
    fail(Port::Pool);
}

#[test]
fn every_case_of_balancers_can_fail() {
    fail(Port::Balancer);
}

#[test]
fn every_case_of_names_can_fail() {
    fail(Port::Dns);
}

#[test]
fn every_case_of_the_store_can_fail() {
    fail(Port::Store);
}
