//! The store passes the conformance suite on ministack, whose conditional writes are atomic.

use crate::emulator::{Kind, passes};
use ha_core::conformance::Port;

#[test]
fn the_store_on_ministack() {
    passes(Kind::Ministack, Port::Store);
}
