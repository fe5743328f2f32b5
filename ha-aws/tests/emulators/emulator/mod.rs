//! Emulators of AWS on loopback, started by the tests themselves from pinned packages; they end with the test.

pub mod eyes;
mod front;
pub mod lab;
mod not_shown;
pub mod plant;
mod wire;

pub use ha_aws_tasks::{Emulator, Kind, Request};
pub use lab::{CERTIFICATE, EmulatorLab};
pub use wire::{Death, Refusal, Wire};

use ha_core::conformance::{Port, Verdict, cases};

/// Runs all cases of a port on an emulator, one after another, each in an emptied one.
pub fn passes(kind: Kind, port: Port) {
    block_on(cases_pass(kind, port));
}

/// Runs a test's future to its end.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.unwrap_or_else(|error| panic!("no runtime: {error}")).block_on(future)
}

async fn cases_pass(kind: Kind, port: Port) {
    let emulator = match Emulator::start(kind) {
        Ok(emulator) => emulator,
        Err(why) => {
            eprintln!("ignored: {kind} cannot be started: {why}");
            return;
        }
    };
    let wire = Wire::default();
    let lab = EmulatorLab::new(emulator).await.noting(&wire);
    let chosen = std::env::var("CASE").unwrap_or_default();
    let (mut failed, mut count) = (Vec::new(), 0);
    for case in cases().filter(|case| case.port == port && case.name.contains(&chosen)) {
        let verdict = lab.run(case).await;
        println!("{kind}: {case}: {verdict}");
        count += 1;
        match verdict {
            Verdict::Passed | Verdict::NotShown(_) => {}
            // A port that is not built is no answer; of those that are, all cases are claimed.
            Verdict::NotApplicable(_) if !cfg!(feature = "dns") => {}
            Verdict::NotApplicable(_) | Verdict::Failed(_) => failed.push(format!("{case}: {verdict}")),
        }
    }
    assert!(failed.is_empty(), "{kind}: {} of {count} cases:\n{}", failed.len(), failed.join("\n"));
    let requests = wire.take();
    assert!(!requests.is_empty(), "nothing was asked of {kind}");
    lab.emulator().check(&requests).unwrap_or_else(|wrong| panic!("requests that the services do not allow:\n{wrong}"));
}
