//! The ways between the users and the zones: how long packets take, what is cut, what is lost.

use super::{LinkState, NetworkConfig, Place};
use crate::sim::engine::draw::{as_below, as_unit, mix};
use ha_core::time::nanos;

/// All ways, each direction apart.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Links {
    places: usize,
    states: Vec<LinkState>,
    cut_since: Vec<u64>,
    /// No way has anything wrong with it.
    clear: bool,
    users: u64,
    within: u64,
    across: u64,
    jitter: u64,
    resend: u64,
}

/// What a request meets on a way, there and back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Trip {
    /// How long both ways take.
    pub ns: u64,
    /// Packets lost, in millionths.
    pub loss: u32,
    /// Nothing passes in at least one direction.
    pub cut: bool,
}

impl Links {
    pub(super) fn new(zones: u8, config: &NetworkConfig) -> Self {
        let places = usize::from(zones) + 1;
        Self {
            places,
            states: vec![LinkState::default(); places * places],
            cut_since: vec![u64::MAX; places * places],
            clear: true,
            users: nanos(config.users),
            within: nanos(config.within),
            across: nanos(config.across),
            jitter: nanos(config.jitter),
            resend: nanos(config.resend),
        }
    }
    fn index(&self, from: Place, to: Place) -> usize {
        let place = |place| match place {
            Place::Users => 0,
            Place::Zone(zone) => (usize::from(zone) + 1).min(self.places - 1),
        };
        place(from) * self.places + place(to)
    }
    pub(super) fn set(&mut self, from: Place, to: Place, state: LinkState, now: u64) {
        let index = self.index(from, to);
        if !state.cut {
            self.cut_since[index] = u64::MAX;
        } else if !self.states[index].cut {
            self.cut_since[index] = now;
        }
        self.states[index] = state;
        self.clear = self.states.iter().all(|state| *state == LinkState::default());
    }
    /// Whether nothing is wrong with any way.
    pub(super) fn clear(&self) -> bool {
        self.clear
    }
    /// There and back.
    pub(super) fn trip(&self, from: Place, to: Place) -> Trip {
        let base = match (from, to) {
            (Place::Zone(from), Place::Zone(to)) if from == to => self.within,
            (Place::Zone(_), Place::Zone(_)) => self.across,
            (Place::Users, _) | (_, Place::Users) => self.users,
        };
        if self.clear {
            return Trip { ns: 2 * base, loss: 0, cut: false };
        }
        let (there, back) = (self.states[self.index(from, to)], self.states[self.index(to, from)]);
        Trip {
            ns: 2 * base + there.delay_ns + back.delay_ns,
            loss: either(there.loss, back.loss),
            cut: there.cut || back.cut,
        }
    }
    /// How much longer than usual so many trips take, each a packet there and one back.
    pub(super) fn jitter(&self, trips: u64, bits: u64) -> u64 {
        if self.jitter == 0 {
            return 0;
        }
        // Half of the bits of one draw are chance enough for one packet.
        let late = |bits: u64| as_below(bits, self.jitter.saturating_add(1));
        let drawn = (0..trips).map(|nth| mix(bits ^ (nth << 32)));
        drawn.map(|bits| late(bits) + late(bits << 32)).sum()
    }
    /// Since when nothing has passed between these places; never for an open way.
    pub(super) fn cut_since(&self, from: Place, to: Place) -> u64 {
        self.cut_since[self.index(from, to)].min(self.cut_since[self.index(to, from)])
    }
    /// How long sending again takes until a packet passes, when so many are lost.
    pub(super) fn resending(&self, loss: u32, bits: u64) -> u64 {
        let share = f64::from(loss) / 1e6;
        let (chance, mut all, mut times) = (as_unit(bits), share, 0);
        while chance < all && times < 12 {
            all *= share;
            times += 1;
        }
        self.resend.saturating_mul((1 << times) - 1)
    }
}

/// The chance, in millionths, that at least one of two things happens.
pub(super) fn either(one: u32, other: u32) -> u32 {
    let miss = |millionths: u32| u64::from(1_000_000 - millionths.min(1_000_000));
    // Both factors are at most a million, so the quotient fits.
    1_000_000 - (miss(one) * miss(other) / 1_000_000) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_in_one_direction_stops_answers_too() {
        let mut links = Links::new(2, &NetworkConfig::default());
        let cut = LinkState { cut: true, ..LinkState::default() };
        links.set(Place::Zone(0), Place::Zone(1), cut, 7);
        assert!(links.trip(Place::Zone(1), Place::Zone(0)).cut);
        assert_eq!(links.cut_since(Place::Zone(1), Place::Zone(0)), 7);
        assert!(!links.trip(Place::Users, Place::Zone(0)).cut);
        links.set(Place::Zone(0), Place::Zone(1), LinkState::default(), 9);
        assert!(links.clear && !links.trip(Place::Zone(0), Place::Zone(1)).cut);
    }

    #[test]
    fn each_packet_may_be_late_by_any_part_of_the_jitter() {
        let config = NetworkConfig { jitter: std::time::Duration::from_nanos(1000), ..NetworkConfig::default() };
        let links = Links::new(1, &config);
        let of_two: Vec<u64> = (0..10_000).map(|nth| links.jitter(1, mix(nth))).collect();
        let mean = of_two.iter().sum::<u64>() as f64 / 10_000.0;
        // Four standard errors of the mean of 10,000 sums of two uniform numbers.
        assert!((mean - 1000.0).abs() < 4.0 * 408.2 / 100.0, "{mean}");
        assert!(of_two.iter().all(|late| *late <= 2000));
        assert_eq!(Links::new(1, &NetworkConfig::default()).jitter(1, 5), 0);
    }

    #[test]
    fn lost_packets_are_sent_again_after_twice_the_time() {
        let links = Links::new(1, &NetworkConfig::default());
        // Chances of 0.7, 0.3 and 0.2 against a loss of a half: no loss, one, two.
        let bits = |chance: f64| (chance * 18_446_744_073_709_551_616.0) as u64;
        let second = 1_000_000_000;
        for (chance, times) in [(0.7, 0), (0.3, 1), (0.2, 3)] {
            assert_eq!(links.resending(500_000, bits(chance)), times * second, "{chance}");
        }
        assert_eq!(either(500_000, 500_000), 750_000);
    }
}
