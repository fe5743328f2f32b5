//! Declare a highly available web site once; check it, plan it, apply it and keep it, on any backend.
//!
//! ```text
//! Topology --validate--> ValidTopology ----------------.
//!                                                      v
//!   Backend --observe--> Observed ------------------> plan --> Plan --apply--> Backend
//!      ^                                                                          |
//!      +--------------------------------- again ----------------------------------+
//! ```

pub mod apply;
pub mod backend;
pub mod event;
pub mod fault;
pub mod keeper;
pub mod lease;
#[cfg(feature = "mock")]
pub mod mock;
pub mod name;
pub mod observe;
pub mod plan;
pub mod reconcile;
pub mod time;
pub mod topology;
pub mod validate;

pub use apply::apply;
pub use observe::{Observed, observe};
pub use plan::{Plan, plan};
pub use reconcile::{Controller, converge, teardown};
pub use topology::{Balancer, Dns, Pool, Topology, ValidTopology};
