//! Reading and changing what is in the directory: one change at a time among all processes, each whole or not at all.
//!
//! Whoever changes something takes the file `writer`, reads, decides, writes a new file beside the old one, and puts it in
//! the old one's place. Only that last move decides: it is made under the lock of the directory itself, in a fraction of a
//! millisecond, and only if the old file is still the one that was read. So nobody waits for a process that is frozen
//! (SIGSTOP, a debugger) with `writer` in its hands: after two seconds it is taken away, and when that process thaws, its
//! move is refused with `Unavailable` and changes nothing. One that is frozen in the very move keeps the others waiting: they
//! fail with `Unavailable`, which names that process, until it goes on or ends; reading goes on, and so does the site.

use super::{
    Tables,
    moves::{Held, identity},
};
use crate::docker::engine::Trouble;
use ha_core::backend::Kind;
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

const TABLES: &str = "state.json";
/// Who has `writer` for longer is frozen.
const PATIENCE: Duration = Duration::from_secs(2);

/// The place where a provider remembers everything.
#[derive(Clone, Debug)]
pub struct Directory {
    place: Arc<PathBuf>,
    patience: Duration,
}

impl Directory {
    /// The directory at this place; it is made when something is written.
    pub fn new(place: impl Into<PathBuf>) -> Self {
        Self { place: Arc::new(place.into()), patience: PATIENCE }
    }

    /// The same, where nobody waits longer than this for another who is frozen.
    #[cfg(test)]
    pub(super) fn patient_for(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Where it is.
    pub fn place(&self) -> &Path {
        &self.place
    }

    /// The tables as they are now.
    pub async fn read(&self) -> Result<Tables, Trouble> {
        let place = self.place.clone();
        blocking(move || load(&place)).await
    }

    /// Changes the tables. When `act` refuses, or changes nothing, nothing is written. It finds the version that the tables
    /// will have after it. Nothing is changed either when this process was frozen meanwhile and others went on: that is
    /// `Unavailable`, and may be asked again.
    pub async fn change<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Tables) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Trouble> {
        self.held(move |held| {
            let file = held.place().join(TABLES);
            let read = identity(&file)?;
            let mut before = load(held.place())?;
            before.version = next_version(before.version);
            let mut tables = before.clone();
            let answer = act(&mut tables)?;
            if tables != before {
                let text = (!tables.is_empty()).then(|| serde_json::to_vec(&tables)).transpose();
                let text = text.map_err(|error| Trouble::said(Kind::Unavailable, error.to_string()))?;
                held.put(&file, text.as_deref(), || Ok(identity(&file)? == read))?;
            }
            Ok(answer)
        })
        .await
    }

    /// Does something while nobody else means to change anything here; a directory that is empty afterwards is removed.
    pub(super) async fn held<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Held) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Trouble> {
        let mut begun = Instant::now();
        let held = loop {
            let (place, patience) = (self.place.clone(), self.patience);
            if let Some(held) = blocking(move || Held::take(&place, patience)).await? {
                break held;
            }
            if begun.elapsed() >= self.patience {
                let place = self.place.clone();
                blocking(move || Held::take_away(&place)).await?;
                begun = Instant::now();
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        blocking(move || act(&held)).await
    }
}

/// Runs what waits for a disk where nobody else waits for it.
pub(super) async fn blocking<T: Send + 'static>(
    act: impl FnOnce() -> Result<T, Trouble> + Send + 'static,
) -> Result<T, Trouble> {
    match tokio::task::spawn_blocking(act).await {
        Ok(answer) => answer,
        Err(_) => Err(Trouble::said(Kind::Unavailable, "the runtime is shutting down")),
    }
}

fn load(place: &Path) -> Result<Tables, Trouble> {
    let file = place.join(TABLES);
    let text = match fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Tables::default()),
        Err(error) => return Err(at(&file, &error)),
    };
    serde_json::from_str(&text).map_err(|error| {
        let said = format!("{}: not what this version writes: {error}; restore it, or remove it", file.display());
        Trouble::said(Kind::Unavailable, said)
    })
}

/// Greater than every version before it, in this directory and in any that stood at its place before.
pub(super) fn next_version(before: u64) -> u64 {
    crate::docker::now().0.max(before + 1)
}

/// What happened to which file.
pub(super) fn at(file: &Path, error: &io::Error) -> Trouble {
    io::Error::new(error.kind(), format!("{}: {error}", file.display())).into()
}
