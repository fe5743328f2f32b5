//! The real program, on loopback: connections, faults, the log, and the stop.
#![allow(clippy::disallowed_methods, reason = "a real program takes real time")]

mod connections;
mod faults;
mod log;
mod server;
mod stop;
