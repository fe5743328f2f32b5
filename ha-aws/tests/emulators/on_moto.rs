//! The ports pass the conformance suite on moto, but for what it cannot show.

use crate::emulator::{Kind, passes};
use ha_core::conformance::Port;

#[test]
fn networks_on_moto() {
    passes(Kind::Moto, Port::Network);
}

#[test]
fn pools_on_moto() {
    passes(Kind::Moto, Port::Pool);
}

#[test]
fn balancers_on_moto() {
    passes(Kind::Moto, Port::Balancer);
}

#[test]
fn names_on_moto() {
    passes(Kind::Moto, Port::Dns);
}

#[test]
fn the_store_on_moto() {
    passes(Kind::Moto, Port::Store);
}
