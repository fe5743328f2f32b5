//! Puts a whole new file in the place of an old one, if nobody else has done so since the old one was read.

use super::directory::at;
use crate::docker::{engine::Trouble, now};
use ha_core::backend::Kind;
use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// Who has it means to change something.
const WRITER: &str = "writer";
/// What files that are to be put somewhere end in.
const FRESH: &str = "new";
/// A move takes a fraction of a millisecond; who waits this many times longer than for `writer` meets one who is frozen.
const TIMES: u32 = 5;

/// The right to change something in a directory, until somebody takes it away from a process that is frozen.
pub(super) struct Held {
    place: PathBuf,
    writer: File,
    patience: Duration,
}

impl Held {
    /// Takes it, if nobody else has it.
    pub(super) fn take(place: &Path, patience: Duration) -> Result<Option<Self>, Trouble> {
        fs::create_dir_all(place).map_err(|error| at(place, &error))?;
        let file = place.join(WRITER);
        let writer = match OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&file) {
            // Somebody else was the last to leave.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(|error| at(&file, &error))?,
        };
        let taken = locked(&writer, &file)?;
        Ok(taken.then(|| Self { place: place.to_owned(), writer, patience }))
    }

    /// Takes it away from whoever has it: the next to take it finds another file.
    pub(super) fn take_away(place: &Path) -> Result<(), Trouble> {
        gone(&place.join(WRITER))
    }

    /// The directory.
    pub(super) fn place(&self) -> &Path {
        &self.place
    }

    /// Puts this content, or nothing, in the place of a file: whoever reads sees the old one or the new, and what was put
    /// outlasts a loss of power. Refused with `Unavailable` if by then it is not as it was read.
    pub(super) fn put(
        &self,
        file: &Path,
        content: Option<&[u8]>,
        is_as_read: impl Fn() -> Result<bool, Trouble>,
    ) -> Result<(), Trouble> {
        let fresh = content.map(|content| written(file, content)).transpose()?;
        let moved = self.moved(file, fresh.as_deref(), is_as_read);
        if moved.is_ok() {
            abandoned(file).iter().try_for_each(|left| gone(left))?;
        } else if let Some(fresh) = fresh {
            gone(&fresh)?;
        }
        moved?;
        let parent = file.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all());
        parent.map_err(|error| at(file, &error))
    }

    fn moved(
        &self,
        file: &Path,
        fresh: Option<&Path>,
        is_as_read: impl Fn() -> Result<bool, Trouble>,
    ) -> Result<(), Trouble> {
        let _lock = self.lock()?;
        if !is_as_read()? {
            let said = format!("{}: another process has changed it meanwhile, and nothing was changed", file.display());
            return Err(Trouble::said(Kind::Unavailable, said));
        }
        match fresh {
            Some(fresh) => fs::rename(fresh, file).map_err(|error| at(file, &error)),
            None => gone(file),
        }
    }

    /// The lock of the directory itself, so that none is left behind.
    fn lock(&self) -> Result<File, Trouble> {
        let begun = Instant::now();
        loop {
            let directory = File::open(&self.place).map_err(|error| at(&self.place, &error))?;
            if locked(&directory, &self.place)? {
                return Ok(directory);
            }
            if begun.elapsed() >= self.patience * TIMES {
                return Err(frozen(&self.place));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let file = self.place.join(WRITER);
        // If it was taken away, it is another's by now.
        if inode(&self.writer).is_ok_and(|own| fs::metadata(&file).is_ok_and(|there| own == (there.dev(), there.ino())))
        {
            let _ = fs::remove_file(&file);
        }
        // It fails when something is in it.
        let _ = fs::remove_dir(&self.place);
    }
}

/// Locks what was opened, if nobody else has it; one that was removed meanwhile locks nothing.
fn locked(opened: &File, place: &Path) -> Result<bool, Trouble> {
    match opened.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(false),
        Err(TryLockError::Error(error)) => return Err(at(place, &error)),
    }
    let own = inode(opened).map_err(|error| at(place, &error))?;
    Ok(fs::metadata(place).is_ok_and(|there| own == (there.dev(), there.ino())))
}

fn inode(file: &File) -> io::Result<(u64, u64)> {
    file.metadata().map(|metadata| (metadata.dev(), metadata.ino()))
}

/// Which file this is: one that was put in its place since is another. `None`: there is none.
pub(super) fn identity(file: &Path) -> Result<Option<(u64, i64, i64)>, Trouble> {
    match fs::metadata(file) {
        Ok(it) => Ok(Some((it.ino(), it.ctime(), it.ctime_nsec()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(at(file, &error)),
    }
}

/// A new file beside this one, with this content.
fn written(file: &Path, content: &[u8]) -> Result<PathBuf, Trouble> {
    let fresh = file.with_extension(format!("{}.{FRESH}", now().0));
    let write = || {
        let mut written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
        written.write_all(content)?;
        written.sync_all()
    };
    match write() {
        Ok(()) => Ok(fresh),
        Err(error) => {
            // What is half written is nobody's.
            let _ = fs::remove_file(&fresh);
            Err(at(&fresh, &error))
        }
    }
}

/// New files beside this one that were never put anywhere: their processes died, or were frozen and come too late.
fn abandoned(file: &Path) -> Vec<PathBuf> {
    let entries = file.parent().map(fs::read_dir).into_iter().flatten().flatten().filter_map(Result::ok);
    entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|it| it == FRESH)).collect()
}

/// Removes a file; one that is not there is gone.
fn gone(file: &Path) -> Result<(), Trouble> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(file, &error)),
        _ => Ok(()),
    }
}

/// Another process does not let go of the directory: which one, and what to do.
fn frozen(place: &Path) -> Trouble {
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
