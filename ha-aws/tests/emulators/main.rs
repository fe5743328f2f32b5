//! The backend against emulators of AWS on loopback. One binary, so that each emulator's packages are installed once.

#[cfg(feature = "dns")]
mod bench;
mod calls;
mod emulator;
#[cfg(feature = "dns")]
mod floor;
#[cfg(feature = "dns")]
mod front;
mod on_ministack;
mod on_moto;
mod refusals;
#[cfg(all(feature = "dns", feature = "readings"))]
mod rollout;
#[cfg(feature = "dns")]
mod secrets;
mod site;
mod strays;
