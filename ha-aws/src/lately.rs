//! What this process has seen and done of late: so that its own accepted changes are seen by its next look, and that
//! `since` is when a phase was first seen.

use ha_core::{backend::Scope, time::Timestamp};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// What was made and what was removed, by the provider's ids, and when.
#[derive(Debug, Default)]
pub(crate) struct Lately {
    changes: Mutex<Changes>,
}

#[derive(Debug, Default)]
struct Changes {
    made: BTreeMap<(Scope, String), Timestamp>,
    gone: BTreeMap<String, Timestamp>,
}

impl Lately {
    fn lock(&self) -> MutexGuard<'_, Changes> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Notes that this was made for a scope.
    pub fn made(&self, scope: &Scope, id: &str, now: Timestamp) {
        self.lock().made.insert((scope.clone(), id.into()), now);
    }
    /// Notes that this was asked to go.
    pub fn gone(&self, id: &str, now: Timestamp) {
        let mut changes = self.lock();
        changes.made.retain(|(_, made), _| made != id);
        changes.gone.insert(id.into(), now);
    }
    /// Whether something made for the scope within `settle` is not listed: the listing is older than our change.
    pub fn misses(&self, scope: &Scope, listed: &BTreeSet<&str>, now: Timestamp, settle: Duration) -> bool {
        let mut changes = self.lock();
        let missed = |of: &Scope, id: &str| of == scope && !listed.contains(id);
        changes.made.retain(|(of, id), at| now.since(*at) < settle && (of != scope || missed(of, id)));
        changes.made.keys().any(|(of, id)| missed(of, id))
    }
    /// Whether this was asked to go within `settle`.
    pub fn is_gone(&self, id: &str, now: Timestamp, settle: Duration) -> bool {
        self.lock().gone.get(id).is_some_and(|at| now.since(*at) < settle)
    }
}

/// Since when things are as they are: the first time this process saw them so, unless somebody knows better.
#[derive(Debug)]
pub(crate) struct Since<T>(Mutex<BTreeMap<String, (T, Timestamp)>>);

impl<T> Default for Since<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: PartialEq> Since<T> {
    /// Since when `key` is so; `known` is what the provider says of it.
    pub fn of(&self, key: &str, so: T, known: Option<Timestamp>, now: Timestamp) -> Timestamp {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match seen.get(key) {
            Some((before, since)) if *before == so => known.unwrap_or(*since),
            Some(_) | None => {
                let since = known.unwrap_or(now);
                seen.insert(key.into(), (so, since));
                since
            }
        }
    }
}

/// What was there of each site when it was looked at last, or was made since: it is likely there again.
#[cfg(feature = "balancer")]
#[derive(Debug)]
pub(crate) struct Expected<T>(Mutex<BTreeMap<Scope, BTreeSet<T>>>);

#[cfg(feature = "balancer")]
impl<T> Default for Expected<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

#[cfg(feature = "balancer")]
impl<T: Ord + Clone> Expected<T> {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Scope, BTreeSet<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// What is likely there.
    pub fn of(&self, scope: &Scope) -> Vec<T> {
        self.lock().get(scope).into_iter().flatten().cloned().collect()
    }
    /// Notes what is there.
    pub fn are(&self, scope: &Scope, all: impl Iterator<Item = T>) {
        self.lock().insert(scope.clone(), all.collect());
    }
    /// Notes that this was made.
    pub fn add(&self, scope: &Scope, one: T) {
        self.lock().entry(scope.clone()).or_default().insert(one);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTLE: Duration = Duration::from_secs(60);

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_secs(seconds)
    }

    #[test]
    fn what_was_made_is_missed_until_it_is_listed_or_settled() {
        let (lately, mine) = (Lately::default(), Scope { name: "shop".into(), id: "1".into() });
        let other = Scope { id: "2".into(), ..mine.clone() };
        let misses =
            |scope, listed: &[&str], now| lately.misses(scope, &listed.iter().copied().collect(), at(now), SETTLE);
        lately.made(&mine, "a", at(0));
        lately.made(&mine, "b", at(30));
        assert!(misses(&mine, &["c"], 40) && !misses(&other, &["c"], 40));
        assert!(misses(&mine, &["a"], 50), "b is not listed yet");
        assert!(!misses(&mine, &["b"], 55), "a was listed before");
        lately.made(&mine, "d", at(60));
        assert!(misses(&mine, &[], 119) && !misses(&mine, &[], 120));
        lately.made(&mine, "e", at(200));
        lately.gone("e", at(201));
        assert!(!misses(&mine, &[], 202));
        assert!(lately.is_gone("e", at(260), SETTLE) && !lately.is_gone("e", at(261), SETTLE));
    }

    #[test]
    fn a_phase_lasts_since_it_was_first_seen() {
        let since = Since::default();
        let times = [(true, 5), (true, 9), (false, 12), (false, 13)].map(|(so, now)| since.of("x", so, None, at(now)));
        assert_eq!(times, [at(5), at(5), at(12), at(12)]);
        assert_eq!(since.of("x", false, Some(at(3)), at(14)), at(3));
    }
}
