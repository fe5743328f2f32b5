//! Reading and changing the tables: one change at a time among all processes, each whole or not at all.
//!
//! A change holds a lock for milliseconds. A process that is frozen within one (SIGSTOP, a debugger, a hung disk) keeps the
//! lock: whoever else changes anything waits ten seconds and fails with `Unavailable`, which names that process. Nothing is
//! broken open, since it may thaw and write; reading goes on, and so does the site. It ends when that process does.

use super::Tables;
use crate::docker::engine::Trouble;
use ha_core::backend::Kind;
use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

const TABLES: &str = "state.json";
/// A change holds the lock for milliseconds; who waits longer than this meets a process that is frozen.
const PATIENCE: Duration = Duration::from_secs(10);

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

    /// The same, where nobody waits longer than this for another's change.
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
    /// will have after it.
    pub async fn change<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Tables) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Trouble> {
        self.locked(move |place| {
            let mut before = load(place)?;
            before.version = next_version(before.version);
            let mut tables = before.clone();
            let answer = act(&mut tables)?;
            if tables != before {
                store(place, &tables)?;
            }
            Ok(answer)
        })
        .await
    }

    /// Does something while nobody else changes anything here; a directory that is empty afterwards is removed.
    pub(super) async fn locked<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Path) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Trouble> {
        let place = self.place.clone();
        let lock = self.lock().await?;
        blocking(move || {
            let answer = act(&place);
            // It fails when something is in it.
            let _ = fs::remove_dir(&*place);
            drop(lock);
            answer
        })
        .await
    }

    async fn lock(&self) -> Result<File, Trouble> {
        let begun = Instant::now();
        loop {
            let place = self.place.clone();
            if let Some(lock) = blocking(move || try_lock(&place)).await? {
                return Ok(lock);
            }
            if begun.elapsed() >= self.patience {
                let place = self.place.clone();
                return Err(blocking(move || Ok(held(&place))).await?);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// Another process does not let go of the lock: which one, and what to do.
fn held(place: &Path) -> Trouble {
    let locks = fs::read_to_string("/proc/locks").unwrap_or_default();
    let inode = fs::metadata(place).map(|metadata| format!(":{}", metadata.ino())).unwrap_or_default();
    // `1: FLOCK  ADVISORY  WRITE 4711 fe:00:1234 0 EOF`
    let words = locks.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let mut holders =
        words.filter(|words| words.get(1) == Some(&"FLOCK") && words.get(5).is_some_and(|it| it.ends_with(&inode)));
    let who = holders.next().and_then(|words| words.get(4).map(|process| format!("process {process}")));
    let who = who.unwrap_or_else(|| "another process".to_owned());
    let said = format!("{}: {who} holds its lock; if it is frozen, let it go on or end it", place.display());
    Trouble::said(Kind::Unavailable, said)
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

/// The lock is on the directory itself, so that none is left behind; one that was removed meanwhile locks nothing.
fn try_lock(place: &Path) -> Result<Option<File>, Trouble> {
    fs::create_dir_all(place).map_err(|error| at(place, &error))?;
    let directory = match File::open(place) {
        Ok(directory) => directory,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(at(place, &error)),
    };
    match directory.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(error)) => return Err(at(place, &error)),
    }
    let inode = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    let locked = directory.metadata().map(inode).map_err(|error| at(place, &error))?;
    match fs::metadata(place).map(inode) {
        Ok(there) if there == locked => Ok(Some(directory)),
        Ok(_) | Err(_) => Ok(None),
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

fn store(place: &Path, tables: &Tables) -> Result<(), Trouble> {
    let file = place.join(TABLES);
    if tables.is_empty() {
        return gone(&file);
    }
    let text = serde_json::to_vec(tables).map_err(|error| Trouble::said(Kind::Unavailable, error.to_string()))?;
    replace(&file, &text)
}

/// Puts a whole new content in place of the old one: whoever reads sees one of them, and it outlasts a loss of power.
pub(super) fn replace(file: &Path, content: &[u8]) -> Result<(), Trouble> {
    let fresh = file.with_extension("new");
    let write = || {
        let options = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).clone();
        let mut written = options.open(&fresh)?;
        written.write_all(content)?;
        written.sync_all()?;
        fs::rename(&fresh, file)?;
        file.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all())
    };
    write().map_err(|error| at(file, &error))
}

/// Removes a file; one that is not there is gone.
pub(super) fn gone(file: &Path) -> Result<(), Trouble> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(file, &error)),
        _ => Ok(()),
    }
}

/// Greater than every version before it, in this directory and in any that stood at its place before.
pub(super) fn next_version(before: u64) -> u64 {
    crate::docker::now().0.max(before + 1)
}

/// What happened to which file.
pub(super) fn at(file: &Path, error: &io::Error) -> Trouble {
    io::Error::new(error.kind(), format!("{}: {error}", file.display())).into()
}
