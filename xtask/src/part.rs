//! The parts of a command: each is named before it runs, and its minutes and failures are printed after it.

use crate::say;
use ha_examples::child::command;
use std::{
    fmt,
    path::Path,
    time::{Duration, Instant},
};

/// Why a command ends without success.
#[derive(Debug, PartialEq)]
pub enum Stop {
    /// It was called wrongly.
    Usage(String),
    /// These parts failed.
    Failed(Vec<String>),
}

impl Stop {
    /// The exit code: 2 for a wrong call, 1 for a failure.
    pub fn code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Failed(_) => 1,
        }
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(what) => f.write_str(what),
            Self::Failed(parts) => write!(f, "failed: {}", parts.join(", ")),
        }
    }
}

/// One thing that is wrong, and where: `file:line: what`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file, from the project's folder.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

/// The parts of a command so far.
#[derive(Default)]
pub struct Parts {
    failed: Vec<String>,
}

impl Parts {
    /// Runs a part, which answers what is wrong: nothing if it passed.
    pub fn run(&mut self, name: &str, part: impl FnOnce() -> Result<(), String>) {
        say::begin(&format!("{name:<28}"));
        let watch = Watch::start();
        let done = part();
        let minutes = watch.elapsed().as_secs_f64() / 60.0;
        match done {
            Ok(()) => say!("ok     {minutes:5.2} min"),
            Err(wrong) => {
                say!("FAILED {minutes:5.2} min");
                say!("{}", wrong.trim_end());
                self.failed.push(name.to_owned());
            }
        }
    }
    /// The end of the command.
    pub fn end(self) -> Result<(), Stop> {
        if self.failed.is_empty() { Ok(()) } else { Err(Stop::Failed(self.failed)) }
    }
}

/// Findings as the result of a part.
pub fn none(findings: &[Finding]) -> Result<(), String> {
    let lines: Vec<String> = findings.iter().map(Finding::to_string).collect();
    if lines.is_empty() { Ok(()) } else { Err(lines.join("\n")) }
}

/// Runs a program in the project's folder; a failure carries all it said.
pub fn call(root: &Path, program: &str, arguments: &[&str]) -> Result<String, String> {
    let output = command(program)
        .args(arguments)
        .current_dir(root)
        .env("RUSTDOCFLAGS", "-D warnings")
        .output()
        .map_err(|error| format!("{program}: {error}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stdout) + &text(&output.stderr)) }
}

/// Measures how long a command of ours takes, for the person who waits. Nothing that is decided rests on it.
pub struct Watch(Instant);

impl Watch {
    /// Starts measuring.
    #[expect(clippy::disallowed_methods, reason = "a person waits in real time; no result depends on it")]
    pub fn start() -> Self {
        Self(Instant::now())
    }
    /// How long ago it was started.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
