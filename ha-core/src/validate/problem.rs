//! What is wrong with an input: where, what, and what would be right.

use serde::{Deserialize, Serialize};
use std::fmt::{self, Write};

/// One thing that is wrong with an input, where, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Problem {
    /// Where in the value: `pool.web.size`.
    pub path: String,
    /// Where in the file, if it came from one.
    pub place: Option<Place>,
    /// What is wrong.
    pub what: String,
    /// What would be right; empty if `what` says it all.
    pub fix: String,
}

/// A place in a file; line and column from 1.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// The file's name as it was given.
    pub file: String,
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

impl Problem {
    /// A problem at this path.
    pub fn new(path: impl Into<String>, what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { path: path.into(), place: None, what: what.into(), fix: fix.into() }
    }
    /// The same at this place in a file.
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }
}

/// One line, whatever the input holds: control characters are shown escaped.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = String::new();
        if let Some(Place { file, line: row, column }) = &self.place {
            line += &format!("{file}:{row}:{column}: ");
        }
        line += &format!("{}: {}", self.path, self.what);
        if !self.fix.is_empty() {
            line += &format!("; {}", self.fix);
        }
        for letter in line.chars() {
            if letter.is_control() { write!(f, "{}", letter.escape_default())? } else { f.write_char(letter)? }
        }
        Ok(())
    }
}

/// Every problem of an input; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
