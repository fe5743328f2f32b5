//! The side of the process that is killed: it is told of each call, notes it, and dies at the one it was given.

use crate::{
    Failed,
    point::{Call, When, heard},
};
use std::{
    collections::BTreeMap,
    env,
    fs::{File, OpenOptions},
    io::Write,
    sync::{Mutex, PoisonError},
};

/// The file in which calls are noted.
pub(crate) const NOTES: &str = "HA_CALLS_NOTES";
/// Where to die.
pub(crate) const DEATH: &str = "HA_CALLS_DEATH";

/// Is told of the calls of a process.
#[derive(Debug, Default)]
pub struct Hook {
    death: Option<(Call, When)>,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    notes: Option<File>,
    times: BTreeMap<(When, String), usize>,
}

impl Hook {
    /// As the environment says: a process that no life started notes nothing and lives on.
    pub fn from_environment() -> Result<Self, Failed> {
        let death = match env::var(DEATH) {
            Ok(text) => Some(heard(&text).ok_or_else(|| Failed(format!("{DEATH}: {text:?} is no point")))?),
            Err(_) => None,
        };
        let open = |place| {
            let file = OpenOptions::new().append(true).create(true).open(&place);
            file.map_err(|error| Failed(format!("{}: {error}", std::path::Path::new(&place).display())))
        };
        let notes = env::var_os(NOTES).map(open).transpose()?;
        Ok(Self { death, inner: Mutex::new(Inner { notes, times: BTreeMap::new() }) })
    }

    /// A call is about to be sent.
    pub fn before(&self, name: &str) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(notes) = &mut inner.notes {
            // A note that is missing shows as a point that is missing.
            let _ = writeln!(notes, "{name}");
        }
        let time = inner.next(name, When::Before);
        self.die(name, time, When::Before);
    }

    /// A call was answered.
    pub fn after(&self, name: &str) {
        let time = self.inner.lock().unwrap_or_else(PoisonError::into_inner).next(name, When::After);
        self.die(name, time, When::After);
    }

    fn die(&self, name: &str, time: usize, when: When) {
        let here = |(call, side): &(Call, When)| call.name == name && call.time == time && *side == when;
        if self.death.as_ref().is_some_and(here) {
            // It does not return.
            let _ = signal_hook::low_level::raise(signal_hook::consts::SIGKILL);
        }
    }
}

impl Inner {
    /// The how many-th time this is.
    fn next(&mut self, name: &str, when: When) -> usize {
        let times = self.times.entry((when, name.to_owned())).or_default();
        *times += 1;
        *times
    }
}
