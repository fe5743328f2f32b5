//! Chance as a function of (seed, purpose, who, how many before for this who): disturbing one thing moves nothing else.

/// What a draw is for; draws of different purposes are independent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Purpose {
    /// When the next user comes.
    Arrival = 1,
    /// Who that user is.
    User,
    /// How long a request is worked on.
    Service,
    /// Which of several targets, endpoints or answers is taken.
    Choice,
    /// Whether a packet, answer or request is lost or fails.
    Failure,
    /// How long something takes: boots, calls, phases.
    Delay,
    /// Which of two simultaneous events comes first.
    Tie,
    /// Which things a fault strikes.
    Strike,
    /// When a change by others becomes visible.
    Visibility,
    /// At which instant of its period a repeated thing begins.
    Offset,
    /// How long a user waits before trying again.
    Backoff,
    /// Which intents are followed.
    Follow,
    /// What a random scenario is made of.
    Scenario,
}

/// The seed of a run: the only source of chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed(pub u64);

/// All draws of one purpose and one who: the part of the work that is the same for each is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draws(u64);

impl Draws {
    /// 64 bits of chance.
    pub const fn bits(self, nth: u64) -> u64 {
        mix(self.0.wrapping_add(nth.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }
}

/// 64 bits of chance as a number above 0 and below 1.
pub fn as_unit(bits: u64) -> f64 {
    // 53 bits fit a double exactly; the half keeps 0 out.
    ((bits >> 11) as f64 + 0.5) / 9_007_199_254_740_992.0
}

/// 64 bits of chance as a whole number below `end`, which must be above 0.
pub const fn as_below(bits: u64, end: u64) -> u64 {
    // The high half of the product is below `end`, so it fits.
    ((bits as u128 * end as u128) >> 64) as u64
}

/// 64 bits of chance as an exponential number of mean 1.
pub fn as_exponential(bits: u64) -> f64 {
    super::exponential::as_exponential(bits)
}

/// The finalizer of `SplitMix64` (Steele, Lea, Flood 2014): every input bit moves every output bit.
pub const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A name as a number, for `who` (FNV-1a).
pub fn who(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// Two numbers as one, order mattering.
pub const fn join(a: u64, b: u64) -> u64 {
    mix(a ^ mix(b.wrapping_add(0x9e37_79b9_7f4a_7c15)))
}

impl Seed {
    /// The draws of one purpose for one who.
    pub const fn draws(self, purpose: Purpose, who: u64) -> Draws {
        Draws(mix(mix(self.0 ^ (purpose as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)) ^ who))
    }
    /// 64 bits of chance.
    pub const fn bits(self, purpose: Purpose, who: u64, nth: u64) -> u64 {
        self.draws(purpose, who).bits(nth)
    }
    /// A number above 0 and below 1.
    pub fn unit(self, purpose: Purpose, who: u64, nth: u64) -> f64 {
        as_unit(self.bits(purpose, who, nth))
    }
    /// A whole number below `end`, which must be above 0.
    pub fn below(self, purpose: Purpose, who: u64, nth: u64, end: u64) -> u64 {
        as_below(self.bits(purpose, who, nth), end)
    }
    /// Whether something of this probability, in millionths, happens.
    pub fn happens(self, purpose: Purpose, who: u64, nth: u64, millionths: u32) -> bool {
        millionths > 0 && self.below(purpose, who, nth, 1_000_000) < u64::from(millionths)
    }
    /// A seed of its own for a part.
    pub const fn derive(self, who: u64) -> Self {
        Self(join(self.0, who))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_depends_on_nothing_but_its_own_arguments() {
        let seed = Seed(7);
        let first = seed.bits(Purpose::Delay, who("web-a-1"), 0);
        let _ = seed.bits(Purpose::Delay, who("web-a-2"), 0);
        assert_eq!(seed.bits(Purpose::Delay, who("web-a-1"), 0), first);
        assert_ne!(seed.bits(Purpose::Delay, who("web-a-1"), 1), first);
        assert_ne!(seed.bits(Purpose::Service, who("web-a-1"), 0), first);
        assert_ne!(Seed(8).bits(Purpose::Delay, who("web-a-1"), 0), first);
    }

    #[test]
    fn units_are_spread_evenly() {
        let mean = (0..100_000).map(|n| Seed(1).unit(Purpose::Service, 3, n)).sum::<f64>() / 100_000.0;
        // Four standard errors of the mean of 100,000 uniform numbers.
        assert!((mean - 0.5).abs() < 4.0 * 0.2887 / 316.2, "{mean}");
    }
}
