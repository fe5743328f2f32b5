//! What was listed last of a site, kept for a moment: the wishes of a turn rest on the look that they were planned from,
//! and two ports that need one list make one call.
//!
//! A port's own look is never answered twice from here. What we change is changed here, too, or forgotten; what others
//! change is seen by the next look, and a service refuses what rests on something that is gone.

use ha_core::{backend::Scope, time::Timestamp};
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// A wish rests on nothing older: a turn whose calls take half a second each.
const RECENT: Duration = Duration::from_secs(10);

/// One list of one site.
#[derive(Debug)]
pub(crate) struct Shelf<T>(Mutex<Content<T>>);

#[derive(Debug)]
struct Content<T> {
    kept: Option<Kept<T>>,
    /// How often something was changed: a list that was begun before is not kept.
    changes: u64,
    /// Whether what was listed ahead was of use, the last time.
    #[cfg(feature = "pool")]
    of_use: bool,
}

#[derive(Debug)]
struct Kept<T> {
    scope: Scope,
    at: Timestamp,
    list: T,
    #[cfg(feature = "pool")]
    shown: bool,
}

/// How things stood when a list was begun.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Begun(u64, Timestamp);

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self(Mutex::new(Content {
            kept: None,
            changes: 0,
            #[cfg(feature = "pool")]
            of_use: true,
        }))
    }
}

impl<T: Clone> Shelf<T> {
    fn lock(&self) -> MutexGuard<'_, Content<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Before a list is made.
    pub fn begin(&self, now: Timestamp) -> Begun {
        Begun(self.lock().changes, now)
    }

    /// Keeps a list, unless something was changed since it was begun. `shown`: to the port whose own it is.
    pub fn keep(
        &self,
        scope: &Scope,
        Begun(changes, at): Begun,
        list: T,
        #[cfg_attr(not(feature = "pool"), expect(unused_variables, reason = "nobody looks ahead"))] shown: bool,
    ) {
        let mut content = self.lock();
        if content.changes == changes {
            content.kept = Some(Kept {
                scope: scope.clone(),
                at,
                list,
                #[cfg(feature = "pool")]
                shown,
            });
        }
    }

    /// What was listed ahead for the port's own look, and when: once.
    #[cfg(feature = "pool")]
    pub fn show(&self, scope: &Scope, now: Timestamp) -> Option<(T, Timestamp)> {
        let mut content = self.lock();
        content.of_use = true;
        let kept = content.kept.as_mut().filter(|kept| kept.fits(scope, now) && !kept.shown)?;
        kept.shown = true;
        Some((kept.list.clone(), kept.at))
    }

    /// What a wish may rest on.
    pub fn recent(&self, scope: &Scope, now: Timestamp) -> Option<T> {
        self.lock().kept.as_ref().filter(|kept| kept.fits(scope, now)).map(|kept| kept.list.clone())
    }

    /// Whether it is worth listing ahead: the port is asked at all.
    #[cfg(feature = "pool")]
    pub fn is_of_use(&self) -> bool {
        let mut content = self.lock();
        content.of_use &= content.kept.as_ref().is_none_or(|kept| kept.shown);
        content.of_use
    }

    /// Something was changed, and it is known how the list is now.
    #[cfg(feature = "pool")]
    pub fn change(&self, scope: &Scope, change: impl FnOnce(&mut T)) {
        let mut content = self.lock();
        content.changes += 1;
        if let Some(kept) = content.kept.as_mut().filter(|kept| kept.scope == *scope) {
            change(&mut kept.list);
            // A look is to see it with its own eyes.
            kept.shown = true;
        }
    }

    /// Something is being changed that others of the same turn do not rest on: what is listed meanwhile is not kept.
    #[cfg(feature = "balancer")]
    pub fn stir(&self) {
        self.lock().changes += 1;
    }

    /// Something was changed, or may have been.
    pub fn forget(&self) {
        let mut content = self.lock();
        content.changes += 1;
        content.kept = None;
    }
}

impl<T> Kept<T> {
    fn fits(&self, scope: &Scope, now: Timestamp) -> bool {
        self.scope == *scope && now >= self.at && now.since(self.at) < RECENT
    }
}

#[cfg(all(test, feature = "pool"))]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_secs(seconds)
    }

    fn scope(id: &str) -> Scope {
        Scope { name: "shop".into(), id: id.into() }
    }

    #[test]
    fn a_look_is_answered_once_and_wishes_as_long_as_it_is_recent() {
        let (shelf, mine) = (Shelf::default(), scope("1"));
        shelf.keep(&mine, shelf.begin(at(1)), 5, false);
        assert_eq!(shelf.show(&scope("2"), at(2)), None);
        assert_eq!(shelf.show(&mine, at(2)), Some((5, at(1))));
        assert_eq!(shelf.show(&mine, at(2)), None);
        assert_eq!([shelf.recent(&mine, at(10)), shelf.recent(&mine, at(11))], [Some(5), None]);
        assert_eq!(shelf.recent(&mine, at(0)), None, "the clock was set back");
    }

    #[test]
    fn what_we_change_is_changed_or_forgotten() {
        let (shelf, mine) = (Shelf::default(), scope("1"));
        shelf.keep(&mine, shelf.begin(at(1)), 5, false);
        shelf.change(&mine, |list| *list += 1);
        assert_eq!((shelf.recent(&mine, at(2)), shelf.show(&mine, at(2))), (Some(6), None));
        let begun = shelf.begin(at(3));
        shelf.forget();
        shelf.keep(&mine, begun, 7, false);
        assert_eq!(shelf.recent(&mine, at(3)), None, "it was begun before the change");
    }

    #[test]
    fn nothing_is_listed_ahead_for_a_port_that_nobody_asks() {
        let (shelf, mine) = (Shelf::default(), scope("1"));
        assert!(shelf.is_of_use());
        shelf.keep(&mine, shelf.begin(at(1)), 5, false);
        assert!(!shelf.is_of_use());
        assert_eq!(shelf.show(&mine, at(2)), Some((5, at(1))));
        assert!(shelf.is_of_use());
    }
}
