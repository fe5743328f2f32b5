//! What the emulators cannot show, and why. Each is run all the same, and must fail: the day it passes it leaves the list.

/// On moto.
pub const BY_MOTO: &[(&str, &str)] = &[];

/// On ministack.
pub const BY_MINISTACK: &[(&str, &str)] = &[];
