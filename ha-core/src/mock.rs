//! Mocks of every port and of the clock, for users' own tests, by the crate `mockall`: each method has an `expect_..`.
//!
//! ```
//! use ha_core::{backend::{Dns, Scope}, mock::MockDns};
//!
//! let mut dns = MockDns::new();
//! dns.expect_remove().withf(|_, name| name.as_str() == "shop.example").times(1).returning(|_, _| Ok(()));
//! let scope = Scope { name: "shop".into(), id: "shop-1".into() };
//! let name = "shop.example".into();
//! let removed = dns.remove(&scope, &name);
//! # let mut context = std::task::Context::from_waker(std::task::Waker::noop());
//! # assert!(std::pin::pin!(removed).as_mut().poll(&mut context).is_ready());
//! ```

pub use crate::backend::{clock::MockClock, port::MockComputePool, port::MockDns, port::MockLoadBalancer};
pub use crate::backend::{port::MockNetwork, store::MockStore};
