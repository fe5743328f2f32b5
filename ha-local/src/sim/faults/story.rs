//! What is told of a fault when it begins and when it ends: its sentences in the vocabulary, with whom it picked.

use super::{injected::Injected, strike::Strike};

/// So many machines are named; of the others, how many they are.
const NAMED: usize = 4;

impl Injected {
    /// What is told when it begins; `names` are the machines that it picked.
    pub(super) fn begins(&self, names: &[String]) -> String {
        let who = some(names, &self.target);
        let words = self.words.replace("{who}", &who);
        let of_a_zone = matches!(&self.strike, Strike::Zone(whom, _) if whom.is_some_of());
        if of_a_zone { format!("{words}: {who}") } else { words }
    }
}

/// The machines by name, the rest by number; without any, the selector.
fn some(names: &[String], target: &str) -> String {
    match names.len() {
        0 => format!("nobody ({target} matches nothing now)"),
        count if count > NAMED => format!("{} and {} more", names[..NAMED].join(", "), count - NAMED),
        _ => names.join(", "),
    }
}
