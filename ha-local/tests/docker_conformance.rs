//! The Docker backend passes the conformance suite, with real containers and real faults. Run with one test thread.
#![cfg(feature = "docker")]

use ha_core::conformance::{Case, Port, Verdict, cases, run_case};
use ha_local::docker::{
    Settings,
    image::APP,
    lab::{DockerLab, run_place},
    settings::{Program, Timers},
};
use std::{collections::BTreeMap, env, time::Duration};
use tokio::time::Instant;

fn settings(port: Port) -> Settings {
    let directory = run_place("conformance");
    let program = Program {
        image: format!("{APP}:{{release}}"),
        command: None,
        environment: BTreeMap::new(),
        mounts: BTreeMap::new(),
    };
    let mut settings = Settings::new(directory);
    settings.releases.insert("*".into(), program);
    settings.timers = Timers { turn: Duration::from_secs(2), grace: Duration::from_secs(2), ..Timers::default() };
    // Two that fail are both taken out by their balancer, whose checks are seconds apart, before either is given up.
    settings.policy.patience = Duration::from_secs(if port == Port::Balancer { 8 } else { 3 });
    settings.policy.back_off = Duration::from_secs(5);
    settings
}

/// Whether the case in this place of the table is run: all are, or those that `CASE` names, or those of a `SHARE`. Of `I/N`
/// it is every Nth case from the Ith.
fn is_run(place: usize, case: &Case) -> bool {
    let named = env::var("CASE").map_or(true, |names| names.split(',').any(|name| name == case.name));
    let shared = env::var("SHARE").map_or(true, |share| {
        let (nth, of) = share.split_once('/').expect("SHARE=I/N");
        let [nth, of]: [usize; 2] = [nth, of].map(|number| number.parse().expect("SHARE=I/N"));
        (1..=of).contains(&nth) && place % of == nth - 1
    });
    named && shared
}

/// Runs the cases of a port; each must pass, and is printed.
fn passes(port: Port) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let failed = runtime.block_on(async {
        let lab = DockerLab::new(settings(port), port).await.expect("an engine answers");
        let mut failed = Vec::new();
        let all = cases().enumerate().filter(|(place, case)| is_run(*place, case));
        for (_, case) in all.filter(|(_, case)| case.port == port) {
            let begun = Instant::now();
            let verdict = run_case(case, &lab).await;
            println!("docker: {case}: {verdict} ({:.0} s)", begun.elapsed().as_secs_f64());
            if verdict != Verdict::Passed {
                failed.push(format!("{case}: {verdict}"));
            }
        }
        lab.clear().await.expect("nothing is left behind");
        failed
    });
    assert!(failed.is_empty(), "{} cases:\n{}", failed.len(), failed.join("\n"));
}

#[test]
#[ignore = "needs a Docker engine and the images of cargo xtask images"]
fn networks() {
    passes(Port::Network);
}

#[test]
#[ignore = "needs a Docker engine and the images of cargo xtask images"]
fn pools() {
    passes(Port::Pool);
}

#[test]
#[ignore = "needs a Docker engine and the images of cargo xtask images"]
fn balancers() {
    passes(Port::Balancer);
}

#[test]
#[ignore = "needs a Docker engine and the images of cargo xtask images"]
fn names() {
    passes(Port::Dns);
}

#[test]
#[ignore = "needs a Docker engine and the images of cargo xtask images"]
fn the_store() {
    passes(Port::Store);
}
