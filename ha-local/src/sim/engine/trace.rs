//! What happened, in order, with causes; and its hash, the same for the same seed on every machine.

use super::draw::{join, who};
use ha_core::time::Timestamp;
use serde::Serialize;
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

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Record {
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub lane: Lane,
    /// How much it matters.
    pub weight: Weight,
    /// What, for people.
    pub what: String,
    /// What led to it: the number of an earlier record.
    pub cause: Option<usize>,
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
}

impl Trace {
    /// A trace that keeps at most this many records (the hash counts all).
    pub fn keeping(keep: usize) -> Self {
        Self { records: Vec::new(), hash: 0, keep }
    }
    /// Adds a record and answers its number, by which later ones name it as their cause.
    pub fn add(&mut self, record: Record) -> usize {
        let cause = record.cause.map_or(u64::MAX, |cause| cause as u64);
        self.hash = join(self.hash, join(join(record.at.0, record.lane as u64), join(who(&record.what), cause)));
        if self.records.len() < self.keep {
            self.records.push(record);
        }
        self.records.len().saturating_sub(1)
    }
    /// What is kept.
    pub fn records(&self) -> &[Record] {
        &self.records
    }
    /// The hash of all records ever added.
    pub fn hash(&self) -> u64 {
        self.hash
    }
}
