//! How long a request is worked on: distributions with a mean, drawn by inversion so that one draw gives one time.

use std::time::Duration;

/// A distribution of service times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Service {
    /// Without memory.
    Exponential {
        /// The mean.
        mean: Duration,
    },
    /// Always the same.
    Constant {
        /// The mean.
        mean: Duration,
    },
    /// Long-tailed.
    Lognormal {
        /// The mean.
        mean: Duration,
        /// Standard deviation of the logarithm.
        sigma: f64,
    },
    /// Mostly short, sometimes long.
    TwoPoint {
        /// The short time.
        short: Duration,
        /// The long time.
        long: Duration,
        /// Share of long ones, from 0 to 1.
        share: f64,
    },
}
