//! Counts what really changed at the provider, object by object: a wish that is repeated counts once.

use super::{cloud::Asked, world::World};
use std::{collections::BTreeMap, fmt};

/// How often an object was made, made different and removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Changes {
    /// Made.
    pub created: u32,
    /// Made different.
    pub updated: u32,
    /// Removed.
    pub removed: u32,
}

impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} made, {} changed, {} removed", self.created, self.updated, self.removed)
    }
}

/// What has changed since it was switched on.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Tally {
    before: BTreeMap<String, Asked>,
    counts: BTreeMap<String, Changes>,
}

impl Tally {
    /// The changes of each object; instances of a pool are counted together.
    pub fn counts(&self) -> &BTreeMap<String, Changes> {
        &self.counts
    }
    fn note(&mut self, now: BTreeMap<String, Asked>) {
        for (name, asked) in &now {
            match self.before.get(name) {
                None => self.of(asked).created += 1,
                Some(before) if before != asked => self.of(asked).updated += 1,
                Some(_) => {}
            }
        }
        let before = std::mem::replace(&mut self.before, now);
        for (name, asked) in &before {
            if !self.before.contains_key(name) {
                self.of(asked).removed += 1;
            }
        }
    }
    fn of(&mut self, asked: &Asked) -> &mut Changes {
        self.counts.entry(asked.counted_as()).or_default()
    }
}

impl World {
    /// From now on what changes is counted.
    pub fn begin_tally(&mut self) {
        let before = self.cloud.asked(&self.wanted.scope());
        self.counts.changes = Some(Tally { before, counts: BTreeMap::new() });
    }
    /// After a change.
    pub(super) fn tally(&mut self) {
        if let Some(tally) = &mut self.counts.changes {
            tally.note(self.cloud.asked(&self.wanted.scope()));
        }
    }
}
