//! Faults on the same thing add up: rates are drawn apart, factors multiply, delays add.

use ha_core::time::nanos;
use std::time::Duration;

const WHOLE: u64 = 1_000_000;

/// A rate in millionths.
pub(super) fn millionths(rate: f64) -> u32 {
    // In range by the clamp, so the cast neither wraps nor loses the sign.
    (rate.clamp(0.0, 1.0) * WHOLE as f64).round() as u32
}

/// The rate, in millionths, at which one of two independent faults strikes.
pub(super) fn either(a: u32, b: u32) -> u32 {
    let (a, b) = (u64::from(a).min(WHOLE), u64::from(b).min(WHOLE));
    // At most a million.
    (a + b - a * b / WHOLE) as u32
}

/// A factor in thousandths.
pub(super) fn thousandths(times: f64) -> u32 {
    // A float cast saturates.
    (times * 1000.0).round() as u32
}

/// The product of two factors in thousandths.
pub(super) fn product(a: u32, b: u32) -> u32 {
    u32::try_from(u64::from(a) * u64::from(b) / 1000).unwrap_or(u32::MAX)
}

/// A factor of which only a part of the strength has grown, in thousandths.
pub(super) fn grown_factor(times: f64, strength: f64) -> u32 {
    thousandths(1.0 + (times - 1.0) * strength)
}

/// A delay of which only a part of the strength has grown, in ns.
pub(super) fn grown_delay(delay: Duration, strength: f64) -> u64 {
    nanos(delay.mul_f64(strength))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_drawn_apart_and_factors_multiply() {
        for (a, b, expected) in
            [(0, 0, 0), (500_000, 500_000, 750_000), (1_000_000, 3, 1_000_000), (100_000, 0, 100_000)]
        {
            assert_eq!(either(a, b), expected, "{a} {b}");
        }
        assert_eq!(product(2000, 3000), 6000);
        assert_eq!(product(u32::MAX, u32::MAX), u32::MAX);
    }

    #[test]
    fn what_grows_starts_from_nothing_and_ends_in_full() {
        assert_eq!((grown_factor(5.0, 0.0), grown_factor(5.0, 0.5), grown_factor(5.0, 1.0)), (1000, 3000, 5000));
        assert_eq!(grown_delay(Duration::from_secs(4), 0.25), 1_000_000_000);
    }
}
