//! Declare a highly available web site once; check it, plan it, apply it and keep it, on any backend.
//!
//! ```text
//! Topology --validate--> ValidTopology ----------------.
//!                                                      v
//!   Backend --observe--> Observed ------------------> plan --> Plan --apply--> Backend
//!      ^                                                                          |
//!      +--------------------------------- again ----------------------------------+
//! ```

pub mod backend;
pub mod date;
pub mod event;
pub mod fault;
pub mod keeper;
pub mod name;
pub mod observe;
pub mod plan;
pub mod time;
pub mod topology;
pub mod validate;

pub use observe::{Observed, observe};
pub use plan::Plan;
pub use topology::{Balancer, Dns, Pool, Topology, ValidTopology};
