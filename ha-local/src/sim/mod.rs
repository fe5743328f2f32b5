//! A deterministic cloud in memory: virtual time, faults, traffic, users, DNS caches.

mod build;
mod by_hand;
pub mod cloud;
pub mod distribution;
pub mod drill;
pub mod engine;
pub mod faults;
#[cfg(feature = "conformance")]
pub mod lab;
mod life;
mod measure;
pub mod plane;
pub mod ports;
pub mod profile;
pub mod report;
mod run;
pub mod simulation;
mod starter;
pub mod sweep;
pub mod tally;
mod telling;
pub mod traffic;
mod truth;
mod watch;
mod wiring;
pub mod workload;
pub mod world;

pub use build::{ORIGIN, Sim};
pub use distribution::Distribution;
pub use life::Life;
pub use profile::Profile;
pub use report::Report;
pub use run::Run;
pub use simulation::Simulation;
pub use starter::LoopSetup;
pub use traffic::Traffic;
pub use watch::Watch;
pub use workload::Workload;
