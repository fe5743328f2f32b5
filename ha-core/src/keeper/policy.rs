//! What a provider does of its own accord: the same keeper behaves as one provider's service or as another's.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How a provider's own services behave where a topology leaves it to them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Whether failing health checks (not only death) get an instance replaced.
    pub replaces_unhealthy: bool,
    /// Whether the brake that a pool asks for is kept. Without it, all that fail are replaced at once.
    pub keeps_brake: bool,
    /// How long an instance that was ready must fail its checks before it is given up.
    #[serde(with = "crate::time::text")]
    pub patience: Duration,
    /// How long a zone that refused a launch is left alone while others have room.
    #[serde(with = "crate::time::text")]
    pub back_off: Duration,
    /// Whether instances are moved when zones are out of balance: launched first, then terminated.
    pub rebalances: bool,
}
