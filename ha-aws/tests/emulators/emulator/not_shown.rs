//! What the emulators cannot show, and why. Each is run all the same, and must fail: the day it passes it leaves the list.

/// On moto.
pub const BY_MOTO: &[(&str, &str)] = &[
    ("pool.spreads_over_open_zones", "all instances of a group are launched in its first subnet"),
    ("pool.replaces_a_lost_instance", "a group tells nothing of its past, so that no loss is noted"),
    ("pool.never_launches_into_a_closed_zone", "all instances of a group are launched in its first subnet"),
    ("pool.launches_elsewhere_when_a_zone_is_full", "no launch is refused for want of capacity"),
];

/// On ministack.
pub const BY_MINISTACK: &[(&str, &str)] = &[];
