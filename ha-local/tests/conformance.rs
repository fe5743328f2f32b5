//! The simulator passes the conformance suite, with the figures of every built-in profile.

use ha_core::conformance::{Port, Verdict, cases};
use ha_local::sim::{Profile, lab::SimLab};
use std::time::Duration;

/// Runs all cases of a port; each must pass, and is printed.
fn passes(port: Port, mut profile: Profile) {
    // As the laboratory on an engine: what is heard of an instance at a balancer's pace is waited for as long.
    if (port, profile.name.as_str()) == (Port::Balancer, "docker") {
        profile.keeper.policy.patience = Duration::from_secs(25);
    }
    let (name, lab) = (profile.name.clone(), SimLab::new(profile));
    let mut failed = Vec::new();
    let mut count = 0;
    for case in cases().filter(|case| case.port == port) {
        let verdict = lab.run(case);
        println!("{name}: {case}: {verdict}");
        count += 1;
        if verdict != Verdict::Passed {
            failed.push(format!("{case}: {verdict}"));
        }
    }
    assert!(failed.is_empty(), "{name}: {} of {count} cases:\n{}", failed.len(), failed.join("\n"));
}

macro_rules! ports {
    ($($test:ident: $port:ident, $profile:ident;)*) => {
        $(#[test]
        fn $test() {
            passes(Port::$port, Profile::$profile());
        })*
    };
}

ports! {
    networks_of_an_ideal_provider: Network, ideal;
    pools_of_an_ideal_provider: Pool, ideal;
    balancers_of_an_ideal_provider: Balancer, ideal;
    names_of_an_ideal_provider: Dns, ideal;
    the_store_of_an_ideal_provider: Store, ideal;
    networks_of_aws: Network, aws;
    pools_of_aws: Pool, aws;
    balancers_of_aws: Balancer, aws;
    names_of_aws: Dns, aws;
    the_store_of_aws: Store, aws;
    networks_of_docker: Network, docker;
    pools_of_docker: Pool, docker;
    balancers_of_docker: Balancer, docker;
    names_of_docker: Dns, docker;
    the_store_of_docker: Store, docker;
}
