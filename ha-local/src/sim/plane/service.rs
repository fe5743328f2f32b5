//! How long a request is worked on: distributions with a mean, each time from one draw.

use crate::sim::engine::draw::{as_exponential, as_unit, mix};
use ha_core::time::nanos;
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

impl Service {
    /// Its mean, in ns.
    pub fn mean_ns(&self) -> f64 {
        match *self {
            Self::Exponential { mean } | Self::Constant { mean } | Self::Lognormal { mean, .. } => nanos(mean) as f64,
            Self::TwoPoint { short, long, share } => nanos(short) as f64 * (1.0 - share) + nanos(long) as f64 * share,
        }
    }
    /// The time that belongs to these 64 bits of chance, in ns.
    pub fn sample(&self, bits: u64) -> f64 {
        match *self {
            Self::Exponential { mean } => as_exponential(bits) * nanos(mean) as f64,
            Self::Constant { mean } => nanos(mean) as f64,
            Self::Lognormal { mean, sigma } => {
                nanos(mean) as f64 * libm::exp(sigma * normal(bits) - sigma * sigma / 2.0)
            }
            Self::TwoPoint { short, long, share } => nanos(if as_unit(bits) < share { long } else { short }) as f64,
        }
    }
}

/// A normal number with mean 0 and deviation 1 (Box and Muller 1958).
fn normal(bits: u64) -> f64 {
    let angle = std::f64::consts::TAU * as_unit(mix(bits));
    libm::sqrt(-2.0 * libm::log(as_unit(bits))) * libm::cos(angle)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::engine::draw::{Purpose, Seed};

    #[test]
    fn every_distribution_has_its_mean() {
        let mean = Duration::from_millis(100);
        let (short, long) = (Duration::from_millis(10), Duration::from_secs(1));
        for service in [
            Service::Exponential { mean },
            Service::Constant { mean },
            Service::Lognormal { mean, sigma: 0.8 },
            Service::TwoPoint { short, long, share: 0.1 },
        ] {
            let draws = Seed(5).draws(Purpose::Service, 1);
            let times: Vec<f64> = (0..40_000).map(|nth| service.sample(draws.bits(nth))).collect();
            let found = times.iter().sum::<f64>() / 40_000.0;
            let variance = times.iter().map(|time| (time - found) * (time - found)).sum::<f64>() / 40_000.0;
            let error = libm::sqrt(variance / 40_000.0).max(1.0);
            assert!((found - service.mean_ns()).abs() < 4.0 * error, "{service:?}: {found}");
        }
    }
}
