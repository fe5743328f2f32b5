//! What a gate lacks to judge a release by, and what somebody who waits for it can do.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Why a gate has no reading to go by. Closed: each says what would help.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lack {
    /// The balancer that is to measure it is not seen.
    Balancer,
    /// The balancer gives no figures of it, or none of this attempt alone.
    Any,
    /// What the balancer measures cannot be read, for this reason.
    Unread(String),
    /// It got fewer requests than the gate asks for.
    Requests {
        /// So many are asked for.
        least: u64,
    },
    /// What was measured does not hold its newest instance yet.
    Newest,
    /// How long its answers took is not measured.
    Latency,
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Balancer => f.write_str("the balancer before it is not seen"),
            Self::Any => f.write_str("its balancer gives none (to go on without: no_reading = \"go_on\")"),
            Self::Unread(why) => write!(f, "{why} (to go on without: no_reading = \"go_on\")"),
            Self::Requests { least } => write!(
                f,
                "fewer than {least} requests (if no more come: a smaller min_requests, or no_reading = \"go_on\")"
            ),
            Self::Newest => f.write_str("its newest instance is not in it"),
            Self::Latency => f.write_str("latency is not measured (to go on without: no max_latency)"),
        }
    }
}
