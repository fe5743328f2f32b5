//! Keepers decide what a provider's managed services decide. Pure decisions over views, and the one driver that carries
//! them out: the simulated cloud and a supervisor of one's own run the same code.

pub mod dns;
mod drive;
pub mod health;
mod observed;
mod policy;
pub mod pool;

pub use drive::{Hands, drive};
pub use observed::{ObservedHands, OrderObserver};
pub use policy::Policy;
