//! A deterministic cloud in memory: virtual time, faults, traffic, users, DNS caches.

pub mod cloud;
pub mod engine;
pub mod faults;
pub mod plane;
pub mod report;
