//! Chance for what a random run is made of: each question is asked by name, so that one more moves no other.

use crate::sim::engine::draw::{Purpose, Seed, join, who};
use std::time::Duration;

/// The draws of one seed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dice {
    seed: Seed,
    /// Tells like questions apart.
    about: u64,
}

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed: Seed(seed), about: 0 }
    }
    /// The draws about one of several like things.
    pub(super) fn about(self, what: &str, nth: u64) -> Self {
        Self { about: join(self.about, join(who(what), nth)), ..self }
    }
    /// A number above 0 and below 1.
    pub(super) fn unit(self, question: &str) -> f64 {
        self.seed.unit(Purpose::Scenario, join(self.about, who(question)), 0)
    }
    /// A whole number from `least` to `most`.
    pub(super) fn between(self, question: &str, least: u32, most: u32) -> u32 {
        let range = u64::from(most.saturating_sub(least)) + 1;
        let drawn = self.seed.below(Purpose::Scenario, join(self.about, who(question)), 0, range);
        least + u32::try_from(drawn).unwrap_or(0)
    }
    pub(super) fn one_in(self, question: &str, of: u32) -> bool {
        self.between(question, 1, of) == 1
    }
    pub(super) fn pick<T: Clone>(self, question: &str, among: &[T]) -> Option<T> {
        let last = u32::try_from(among.len()).unwrap_or(u32::MAX).checked_sub(1)?;
        among.get(self.between(question, 0, last) as usize).cloned()
    }
    /// Whole seconds between two times, shorter ones more often: each doubling is as likely as the next.
    pub(super) fn time(self, question: &str, least: Duration, most: Duration) -> Duration {
        let (least, most) = (least.as_secs_f64().max(1.0), most.as_secs_f64().max(1.0));
        let drawn = least * libm::exp(self.unit(question) * libm::log(most / least));
        Duration::from_secs(drawn.round() as u64)
    }
}
