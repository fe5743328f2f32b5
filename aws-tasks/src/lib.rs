//! What tests and commands about AWS share: emulators on loopback, a proxy that records and delays what goes over the
//! wire, and the calls that a plan cannot do without. It knows the services by their protocols only, and needs no SDK.

pub mod emulator;
pub mod floor;
mod http;
pub mod proxy;
pub mod request;

pub use emulator::{Emulator, Kind};
pub use proxy::{Exchange, Proxy};
pub use request::Request;
