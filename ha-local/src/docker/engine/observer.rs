//! Whoever is told of each call that may change something at the engine: to count them, to refuse one, to die at one.

use super::Trouble;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// A call that may change something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call<'a> {
    /// What is done: `create`, `upload`, `start`, `remove`, ...
    pub verb: &'static str,
    /// To what: a name on the engine where it is known, else an id.
    pub object: &'a str,
}

/// Is told of each call that may change something, in the order in which they are sent.
pub trait Observer: Send + Sync {
    /// It is about to be sent. An error is answered to whoever calls, and nothing is sent.
    fn before(&self, call: Call<'_>) -> Result<(), Trouble>;
    /// The engine has answered it. Whoever stopped waiting hears no answer.
    fn after(&self, call: Call<'_>);
}

/// All who are told, and the names of the ids that were seen.
#[derive(Clone, Default)]
pub(super) struct Observers {
    all: Vec<Arc<dyn Observer>>,
    names: Arc<Mutex<BTreeMap<String, String>>>,
}

impl Observers {
    pub(super) fn with(mut self, observer: Arc<dyn Observer>) -> Self {
        self.all.push(observer);
        self
    }

    /// Remembers what an object is called, if anybody is told of calls.
    pub(super) fn meet(&self, id: &str, name: &str) {
        if !self.all.is_empty() {
            self.names.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned(), name.to_owned());
        }
    }

    /// What was removed is not met again.
    pub(super) fn forget(&self, id: &str) {
        self.names.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }

    pub(super) fn called(&self, object: &str) -> String {
        let names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.get(object).map_or(object, String::as_str).to_owned()
    }

    pub(super) fn before(&self, call: Call<'_>) -> Result<(), Trouble> {
        self.all.iter().try_for_each(|observer| observer.before(call))
    }

    pub(super) fn after(&self, call: Call<'_>) {
        self.all.iter().for_each(|observer| observer.after(call));
    }
}
