//! The language of faults: what strikes whom, when, and for how long. One language for simulator, laboratory and drills.

mod constructors;
mod event;
mod file;
mod fit;
mod hint;
mod needs;
mod parameters;
mod record;
mod scenario;
mod selector;
#[cfg(test)]
mod tests;
mod value;
mod vocabulary;
mod words;

pub use file::FaultFile;
pub use fit::zone_of;
pub use needs::Need;
pub use parameters::Parameters;
pub use scenario::{Scenario, Told};
pub use selector::{Amount, LinkEnd, Selector, Subject};
pub use vocabulary::{Effect, effect, effects};

use crate::{time, validate::Problem};
use std::{fmt, str::FromStr, time::Duration};

/// How long the cause of a fault lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lasts {
    /// It strikes once; what it left stays until somebody repairs it.
    Once,
    /// It is gone after this long.
    For(Duration),
    /// It stays.
    Forever,
}

/// One fault: what strikes whom, when, how strongly.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// From the start of the run.
    pub at: Duration,
    /// How long the cause lasts.
    pub lasts: Lasts,
    /// Whom: a selector of the vocabulary.
    pub target: Selector,
    /// What: `family.effect`, one of the vocabulary's.
    pub effect: &'static str,
    /// How strongly.
    pub parameters: Parameters,
}

impl Fault {
    /// When the cause is gone; `None`: never, or it strikes once.
    pub fn ends(&self) -> Option<Duration> {
        match self.lasts {
            Lasts::For(lasts) => Some(self.at.saturating_add(lasts)),
            Lasts::Once | Lasts::Forever => None,
        }
    }
}

/// Prints the fault as one event of a fault file: `{ at = "19h30m", lasts = "1h", where = "zone:a", fault = "zone.power" }`.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{ at = \"{}\", ", time::show(self.at))?;
        match self.lasts {
            Lasts::Once => {}
            Lasts::For(lasts) => write!(f, "lasts = \"{}\", ", time::show(lasts))?,
            Lasts::Forever => f.write_str("lasts = \"forever\", ")?,
        }
        write!(f, "where = \"{}\", fault = \"{}\"", self.target, self.effect)?;
        for (name, value) in self.parameters.given() {
            write!(f, ", {name} = {value}")?;
        }
        f.write_str(" }")
    }
}

/// Reads what [`Fault`] prints; the error is the first problem.
impl FromStr for Fault {
    type Err = Problem;
    fn from_str(text: &str) -> Result<Self, Problem> {
        let read = toml::from_str::<serde_json::Value>(&format!("event = {text}"));
        let wrong = |_| Problem::new("event", format!("not an event: {text:?}"), "write it like { at = \"1h\", .. }");
        let table = read.map_err(wrong)?;
        let mut problems = Vec::new();
        let fault = event::read(&table["event"], &mut problems, &mut Vec::new());
        match (fault, problems.into_iter().next()) {
            (Some(fault), None) => Ok(fault),
            (_, Some(problem)) => Err(problem),
            (None, None) => Err(Problem::new("event", "not an event", "")),
        }
    }
}
