//! Kills a real process before and after each call that changes something, and wants another process to finish the work.
//!
//! A backend's program tells a [`Hook`] of its calls. [`run`] starts that program for each act of a site's life: first
//! without a fault, a few times, to note the calls, then once for each point. A life goes through all acts and takes at
//! most one point of each, so that no act needs a preparation of its own: after each act everything is listed, and must
//! be what the faultless lives showed. Calls that came in some of these only are tried as the others are, but need not
//! come again.

#![allow(clippy::disallowed_methods, reason = "real processes are killed in real time")]

mod command;
mod faultless;
mod hook;
mod journal;
mod life;
mod point;
mod table;

pub use command::{Setup, run};
pub use hook::Hook;
pub use point::{Call, Point, When, digest};

use std::{fmt, path::PathBuf};

/// Why the command ends without having tried all that was asked.
#[derive(Debug)]
pub struct Failed(pub String);

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failed {}

/// What a process of a life is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// Prepare what the life needs, and plant what must not be touched.
    Begin,
    /// Carry out the act of this name, and end when it is done.
    Act(String),
    /// Print everything that is there, a line each, without what differs from life to life.
    Look,
    /// Remove everything that the life made, whatever state it is in.
    Clear,
}

/// A process of a life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Child {
    /// What it is to do.
    pub task: Task,
    /// Where the life keeps what its processes share.
    pub place: PathBuf,
    /// Its number: no other life of this run has it.
    pub number: u64,
}

/// The words with which a life calls its processes, behind the command's own.
const WORD: &str = "process-of-a-life";

impl Child {
    /// What the command's arguments say, if they are those of a process of a life.
    pub fn read(arguments: &[String]) -> Option<Self> {
        let [word, task, place, number, rest @ ..] = arguments else { return None };
        let task = match (task.as_str(), rest) {
            ("begin", []) => Task::Begin,
            ("act", [name]) => Task::Act(name.clone()),
            ("look", []) => Task::Look,
            ("clear", []) => Task::Clear,
            _ => return None,
        };
        (word == WORD).then_some(())?;
        Some(Self { task, place: place.into(), number: number.parse().ok()? })
    }

    fn words(&self) -> Vec<String> {
        let (task, name) = match &self.task {
            Task::Begin => ("begin", None),
            Task::Act(name) => ("act", Some(name.clone())),
            Task::Look => ("look", None),
            Task::Clear => ("clear", None),
        };
        let words = [WORD, task, &self.place.display().to_string(), &self.number.to_string()].map(str::to_owned);
        words.into_iter().chain(name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_of_a_life_knows_its_task() {
        for task in [Task::Begin, Task::Act("create".into()), Task::Look, Task::Clear] {
            let child = Child { task, place: "/life".into(), number: 7 };
            assert_eq!(Child::read(&child.words()), Some(child));
        }
        assert_eq!(Child::read(&["--shard".into(), "1/2".into(), "a".into(), "1".into()]), None);
    }
}
