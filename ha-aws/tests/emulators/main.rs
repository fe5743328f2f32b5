//! The backend against emulators of AWS on loopback. One binary, so that each emulator's packages are installed once.

mod bench;
mod calls;
mod emulator;
mod floor;
mod front;
mod on_ministack;
mod on_moto;
mod refusals;
mod rollout;
mod secrets;
mod site;
mod strays;
