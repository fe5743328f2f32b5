//! What happened, in order, with causes; and its hash, the same for the same seed on every machine.

use super::draw::{join, who};
use ha_core::time::Timestamp;
use serde::{Serialize, Serializer};
use std::fmt;

/// Who did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// The scenario.
    Fault,
    /// The provider's own services.
    Provider,
    /// Our loop.
    Loop,
    /// The users.
    Users,
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Fault => "fault",
            Self::Provider => "provider",
            Self::Loop => "loop",
            Self::Users => "users",
        })
    }
}

/// How much a record matters to a person who reads the story of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// Every step of everything.
    Detail,
    /// A decision or its result.
    Decisive,
}

/// What befell one thing of several of a kind, so that what befell many can be told in a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneOfMany {
    /// Which one: `web-a-3`.
    pub name: String,
    /// What it is one of: `instances of web`.
    pub of: String,
    /// Where it is, a zone; empty where that does not matter.
    pub place: String,
    /// What befell it, after `is` or `are`: `lost`.
    pub fate: String,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Record {
    /// When; written as text like `19h30m`.
    #[serde(serialize_with = "as_text")]
    pub at: Timestamp,
    /// Who did it.
    pub lane: Lane,
    /// How much it matters.
    pub weight: Weight,
    /// What, for people.
    pub what: String,
    /// What led to it: the number of an earlier record.
    pub cause: Option<usize>,
    /// The same as what befell one of many.
    #[serde(skip)]
    pub one: Option<OneOfMany>,
    /// Of a fault: whether users can feel it by itself.
    #[serde(skip)]
    pub felt: bool,
}

/// Writes an instant as text like `19h30m`.
pub(in crate::sim) fn as_text<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(at)
}

impl Record {
    /// The same, with its time counted from another zero.
    pub fn since(self, zero: Timestamp) -> Self {
        Self { at: Timestamp(self.at.0.saturating_sub(zero.0)), ..self }
    }
}

/// What happened, in order.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Trace {
    records: Vec<Record>,
    hash: u64,
    keep: usize,
    left_out: u64,
}

impl Trace {
    /// A trace that keeps so many records; of the decisive ones twice as many. The hash counts all.
    pub fn keeping(keep: usize) -> Self {
        Self { keep, ..Self::default() }
    }
    /// Adds a record and answers its number, by which later ones name it as their cause. One that is not kept answers
    /// the number of its own cause, so that chains of causes stay whole.
    pub fn add(&mut self, record: Record) -> usize {
        let led = u64::from(record.cause.is_some());
        self.hash = join(self.hash, join(join(record.at.0, record.lane as u64), join(who(&record.what), led)));
        let room = match record.weight {
            Weight::Detail => self.keep,
            Weight::Decisive => self.keep.saturating_mul(2),
        };
        if self.records.len() < room {
            self.records.push(record);
            return self.records.len() - 1;
        }
        self.left_out += 1;
        record.cause.unwrap_or(self.records.len().saturating_sub(1))
    }
    /// What is kept.
    pub fn records(&self) -> &[Record] {
        &self.records
    }
    /// How many records were not kept.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }
    /// The hash of all records ever added.
    pub fn hash(&self) -> u64 {
        self.hash
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(weight: Weight, cause: Option<usize>) -> Record {
        Record { at: Timestamp::ZERO, lane: Lane::Loop, weight, what: "x".into(), cause, one: None, felt: false }
    }

    #[test]
    fn what_is_not_kept_is_counted_and_leads_on_to_its_cause() {
        let mut trace = Trace::keeping(1);
        let first = trace.add(record(Weight::Detail, None));
        assert_eq!(trace.add(record(Weight::Detail, Some(first))), first);
        assert_eq!(trace.add(record(Weight::Decisive, Some(first))), 1);
        assert_eq!((trace.records().len(), trace.left_out()), (2, 1));
    }
}
