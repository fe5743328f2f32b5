//! Declare a highly available web site once; check it, plan it, apply it and keep it, on any backend.
//!
//! ```text
//! Topology --validate--> ValidTopology ----------------.
//!                                                      v
//!   Backend --observe--> Observed ------------------> plan --> Plan --apply--> Backend
//!      ^                                                                          |
//!      +--------------------------------- again ----------------------------------+
//! ```
//!
//! What is wanted is a plain value, written with builders or as TOML; `validate` finds every problem at once:
//!
//! ```
//! use ha_core::{Balancer, Dns, Pool, Topology, ValidTopology};
//! use std::time::Duration;
//!
//! fn shop() -> Topology {
//!     Topology::new("shop").zones(["a", "b", "c"])
//!         .with(Pool::new("web").release("2026.11.1").size(6..=24).capacity(12)
//!             .ready("/healthz", Duration::from_secs(90)))
//!         .with(Balancer::https("front", "shop.example").to("web"))
//!         .with(Dns::apex("shop.example").to("front"))
//! }
//! let site = shop().validate()?;
//! let same = ValidTopology::read(&site.topology().to_toml(), "shop.toml")?;
//! assert_eq!(site, same);
//!
//! let problems = shop().with(Dns::apex("www.shop.example").to("frnot")).validate().unwrap_err();
//! assert_eq!(problems.to_string(), "dns.www.shop.example.to: there is no balancer \"frnot\"; did you mean \"front\"?");
//! # Ok::<(), ha_core::validate::Problems>(())
//! ```

pub mod apply;
pub mod backend;
mod both;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod date;
pub mod document;
pub mod event;
pub mod fault;
pub mod invariant;
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
