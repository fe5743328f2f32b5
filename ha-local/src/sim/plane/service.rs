//! How long a request is worked on: nearly every run draws exponential times, so these have a short way.

use crate::sim::{
    Distribution,
    engine::draw::{as_exponential, as_unit},
};
use ha_core::time::nanos;

/// The time that belongs to these 64 bits of chance, in ns.
pub(super) fn time_ns(service: Distribution, bits: u64) -> f64 {
    match service {
        Distribution::Exponential { mean } => as_exponential(bits) * nanos(mean) as f64,
        Distribution::Constant { mean } => nanos(mean) as f64,
        Distribution::Uniform { .. } | Distribution::Lognormal { .. } | Distribution::TwoPoint { .. } => {
            nanos(service.at(as_unit(bits))) as f64
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::engine::draw::{Purpose, Seed};
    use std::time::Duration;

    #[test]
    fn every_distribution_has_its_mean() {
        let mean = Duration::from_millis(100);
        let (short, long) = (Duration::from_millis(10), Duration::from_secs(1));
        for service in [
            Distribution::Exponential { mean },
            Distribution::Constant { mean },
            Distribution::Uniform { least: short, most: long },
            Distribution::Lognormal { mean, sigma: 0.8 },
            Distribution::TwoPoint { short, long, share: 0.1 },
        ] {
            let draws = Seed(5).draws(Purpose::Service, 1);
            let times: Vec<f64> = (0..40_000).map(|nth| time_ns(service, draws.bits(nth))).collect();
            let found = times.iter().sum::<f64>() / 40_000.0;
            let variance = times.iter().map(|time| (time - found) * (time - found)).sum::<f64>() / 40_000.0;
            let error = libm::sqrt(variance / 40_000.0).max(1.0);
            let right = nanos(service.mean()) as f64;
            assert!((found - right).abs() < 4.0 * error, "{service:?}: {found}");
        }
    }
}
