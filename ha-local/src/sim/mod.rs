//! A deterministic cloud in memory: virtual time, faults, traffic, users, DNS caches.

pub mod cloud;
pub mod distribution;
pub mod engine;
pub mod faults;
pub mod plane;
pub mod profile;
pub mod report;
pub mod traffic;
pub mod workload;

pub use distribution::Distribution;
pub use profile::Profile;
pub use report::Report;
pub use traffic::Traffic;
pub use workload::Workload;
