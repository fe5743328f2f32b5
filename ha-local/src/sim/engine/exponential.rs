//! Exponential draws by the ziggurat (Marsaglia and Tsang 2000): nearly always one product, seldom a logarithm.

use super::draw::{as_unit, mix};
use std::sync::LazyLock;

const LAYERS: usize = 256;
/// Where the tail begins, and the area of each layer, for 256 layers.
const TAIL: f64 = 7.697_117_470_131_05;
const AREA: f64 = 0.003_949_659_822_581_557;

struct Layers {
    /// The right ends, the longest first; the last is 0.
    ends: [f64; LAYERS + 1],
    /// The density there.
    densities: [f64; LAYERS + 1],
}

static TABLE: LazyLock<Layers> = LazyLock::new(|| {
    let mut ends = [0.0; LAYERS + 1];
    (ends[0], ends[1]) = (AREA * libm::exp(TAIL), TAIL);
    for layer in 2..LAYERS {
        let before: f64 = ends[layer - 1];
        ends[layer] = -libm::log(AREA / before + libm::exp(-before));
    }
    Layers { ends, densities: ends.map(|end| libm::exp(-end)) }
});

/// 64 bits of chance as an exponential number of mean 1.
pub(super) fn as_exponential(bits: u64) -> f64 {
    let Layers { ends, densities } = &*TABLE;
    let mut bits = bits;
    loop {
        // The layer is in the low bits, the place in it in the high ones.
        let layer = (bits & 255) as usize;
        let found = as_unit(bits) * ends[layer];
        if found < ends[layer + 1] {
            return found;
        }
        bits = mix(bits.wrapping_add(0x9e37_79b9_7f4a_7c15));
        if layer == 0 {
            return TAIL - libm::log(as_unit(bits));
        }
        let height = densities[layer + 1] + (densities[layer] - densities[layer + 1]) * as_unit(bits);
        if height < libm::exp(-found) {
            return found;
        }
        bits = mix(bits.wrapping_add(0x9e37_79b9_7f4a_7c15));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_draws_are_exponential() {
        let count = 400_000;
        let draws: Vec<f64> = (0..count).map(|nth| as_exponential(mix(nth + 1))).collect();
        let n = count as f64;
        let mean = draws.iter().sum::<f64>() / n;
        assert!((mean - 1.0).abs() < 4.0 / libm::sqrt(n), "{mean}");
        let square = draws.iter().map(|draw| draw * draw).sum::<f64>() / n;
        // The variance of a square is 24 - 4.
        assert!((square - 2.0).abs() < 4.0 * libm::sqrt(20.0 / n), "{square}");
        for limit in [0.01, 0.1, 1.0, 3.0, 7.0, 8.0, 9.0] {
            let right = libm::exp(-limit);
            let found = draws.iter().filter(|draw| **draw > limit).count() as f64 / n;
            assert!((found - right).abs() < 4.0 * libm::sqrt(right * (1.0 - right) / n), "{limit}: {found} {right}");
        }
    }
}
