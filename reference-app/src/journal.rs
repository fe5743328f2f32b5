//! The log of executed POSTs: it outlives the instance, and all instances may write to the same one.

use std::{
    fs::{File, OpenOptions},
    io::Write,
    path::Path,
};

/// A file that only grows.
pub struct Journal(File);

impl Journal {
    /// Opens the file, or makes it.
    pub fn open(path: &Path) -> Result<Self, String> {
        let opened = OpenOptions::new().append(true).create(true).open(path);
        opened.map(Self).map_err(|error| format!("SITE_LOG={}: {error}", path.display()))
    }
    /// Appends a line: by one write, so that the lines of several instances never mix. It outlives the process and not
    /// the power, which a counting of executions does not need.
    pub fn append(&self, line: &str) -> Result<(), String> {
        let line = format!("{line}\n");
        match (&self.0).write(line.as_bytes()) {
            Ok(written) if written == line.len() => Ok(()),
            Ok(written) => Err(format!("the log took {written} of {} bytes", line.len())),
            Err(error) => Err(format!("the log: {error}")),
        }
    }
}
