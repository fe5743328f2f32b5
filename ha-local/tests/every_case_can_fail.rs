//! Every conformance case goes red when just its clause is broken in the simulator's cloud: none passes whatever happens.

use ha_core::conformance::{Case, Port, Verdict, cases};
use ha_local::sim::{Profile, cloud::CLAUSES, lab::SimLab};

fn of(port: Port) -> impl Iterator<Item = &'static Case> {
    cases().filter(move |case| case.port == port)
}

/// Breaks each clause of a port, one at a time; its case must see it.
fn fail(port: Port) {
    let mut unseen = Vec::new();
    for case in of(port) {
        let lab = SimLab::new(Profile::ideal()).breaking(&case.to_string());
        let verdict = lab.unwrap_or_else(|| panic!("no switch breaks {case}")).run(case);
        println!("{case}: {}", verdict.to_string().chars().take(200).collect::<String>());
        if !matches!(verdict, Verdict::Failed(_)) {
            unseen.push(format!("{case}: {verdict}"));
        }
    }
    assert!(unseen.is_empty(), "broken, and not seen to be:\n{}", unseen.join("\n"));
}

#[test]
fn the_switches_are_the_cases() {
    let names: Vec<String> = cases().map(Case::to_string).collect();
    assert_eq!(names, CLAUSES);
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
