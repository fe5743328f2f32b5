//! The Docker backend passes the conformance suite, with real containers and real faults. Run with one test thread.
#![cfg(feature = "docker")]

use ha_core::conformance::{Port, Verdict, cases, run_case};
use ha_local::docker::{
    Settings,
    lab::DockerLab,
    settings::{Program, Timers},
};
use std::{collections::BTreeMap, env, time::Duration};

fn settings(port: Port) -> Settings {
    let directory = env::temp_dir().join(format!("ha-conformance-{}", std::process::id()));
    let program = Program {
        image: "ha-site/app:{release}".into(),
        command: None,
        environment: BTreeMap::new(),
        mounts: BTreeMap::new(),
    };
    let mut settings = Settings::new(directory);
    settings.releases.insert("*".into(), program);
    settings.timers = Timers { turn: Duration::from_secs(2), grace: Duration::from_secs(2), ..Timers::default() };
    // Two that fail are both taken out by their balancer, whose checks are seconds apart, before either is given up.
    settings.policy.patience = Duration::from_secs(if port == Port::Balancer { 25 } else { 3 });
    settings.policy.back_off = Duration::from_secs(5);
    settings
}

/// Runs all cases of a port, or those that `CASE` names; each must pass, and is printed.
fn passes(port: Port) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let failed = runtime.block_on(async {
        let lab = DockerLab::new(settings(port), port).await.expect("an engine answers");
        let mut failed = Vec::new();
        for case in cases().filter(|case| case.port == port) {
            if env::var("CASE").is_ok_and(|only| only.split(',').all(|name| name != case.name)) {
                continue;
            }
            let verdict = run_case(case, &lab).await;
            println!("docker: {case}: {verdict}");
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
