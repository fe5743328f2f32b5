//! A deterministic cloud in memory: virtual time, faults, traffic, users, DNS caches.

pub mod distribution;
pub mod profile;
pub mod traffic;
pub mod workload;

pub use distribution::Distribution;
pub use profile::Profile;
pub use traffic::Traffic;
pub use workload::Workload;
