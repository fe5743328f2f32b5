//! How a program ends that a person runs: done, not done, or asked wrongly.

use std::io::Write;

/// What stopped a command: what is told, and the exit code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// An argument or a file is wrong.
    Wrong(String),
    /// It was not done.
    Failed(String),
}

impl From<String> for Stop {
    fn from(why: String) -> Self {
        Self::Failed(why)
    }
}

/// Tells on standard error why a command was stopped, if it was; answers the exit code.
pub fn end(done: Result<(), Stop>) -> u8 {
    let (why, code) = match done {
        Ok(()) => return 0,
        Err(Stop::Wrong(why)) => (why, 2),
        Err(Stop::Failed(why)) => (why, 1),
    };
    eprintln!("{why}");
    code
}

/// Writes a help text. Who reads it may have seen enough and gone, as `head` does.
pub fn help(text: &str) {
    std::io::stdout().write_all(text.as_bytes()).ok();
}

/// An error with its sources.
pub fn said(error: &dyn std::error::Error) -> String {
    let sources = std::iter::successors(error.source(), |source| source.source());
    sources.fold(error.to_string(), |text, source| format!("{text}: {source}"))
}
