//! The results in a file, a line each, so that a command that was stopped goes on where it was.

use crate::{
    Failed,
    point::{Call, Point},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// What the faultless lives showed of an act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    /// Its name.
    pub act: String,
    /// The calls it made, in any of the lives.
    pub calls: Vec<Call>,
    /// Those of them that came in some lives only, and in how many.
    pub by_chance: Vec<(Call, usize)>,
    /// Everything that was there afterwards.
    pub there: Vec<String>,
}

impl Noted {
    /// In how many lives a call came that did not come in all of them.
    pub fn chance(&self, call: &Call) -> Option<usize> {
        self.by_chance.iter().find(|(chance, _)| chance == call).map(|(_, lives)| *lives)
    }
}

/// How a point ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The next process finished the work, and everything is as without the death.
    Green,
    /// It did not, or not everything is.
    Red(String),
    /// The call did not come in any of some lives.
    Unmet,
}

/// A line of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    /// All after it is of this program, and of these calls.
    Noted {
        program: String,
        acts: Vec<Noted>,
    },
    Point {
        point: Point,
        outcome: Outcome,
    },
}

/// The file, and what it says of this program.
#[derive(Debug)]
pub struct Journal {
    place: PathBuf,
    program: String,
    /// What the faultless lives showed, if they were lived.
    pub acts: Vec<Noted>,
    /// Points that ended.
    pub done: BTreeMap<Point, Outcome>,
}

impl Journal {
    /// Reads what there is of this program. A line that was cut off by the end of its process is no line.
    pub fn open(place: &Path, program: &str) -> Result<Self, Failed> {
        let text = match fs::read_to_string(place) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            read => read.map_err(|error| Failed(format!("{}: {error}", place.display())))?,
        };
        let (mut acts, mut done, mut own) = (Vec::new(), BTreeMap::new(), false);
        for line in text.lines().filter_map(|line| serde_json::from_str(line).ok()) {
            match line {
                Line::Noted { program: of, acts: noted } => {
                    own = of == program;
                    if own {
                        (acts, done) = (noted, BTreeMap::new());
                    }
                }
                Line::Point { point, outcome } if own => drop(done.insert(point, outcome)),
                Line::Point { .. } => {}
            }
        }
        Ok(Self { place: place.to_owned(), program: program.to_owned(), acts, done })
    }

    /// Writes down what the faultless lives showed.
    pub fn note(&mut self, acts: Vec<Noted>) -> Result<(), Failed> {
        self.write(&Line::Noted { program: self.program.clone(), acts: acts.clone() })?;
        (self.acts, self.done) = (acts, BTreeMap::new());
        Ok(())
    }

    /// Writes down how a point ended.
    pub fn end(&mut self, point: Point, outcome: Outcome) -> Result<(), Failed> {
        self.write(&Line::Point { point: point.clone(), outcome: outcome.clone() })?;
        self.done.insert(point, outcome);
        Ok(())
    }

    fn write(&self, line: &Line) -> Result<(), Failed> {
        let write = || {
            if let Some(folder) = self.place.parent() {
                fs::create_dir_all(folder)?;
            }
            // It begins with a new line: the one before may have been cut off.
            let text = format!("\n{}\n", serde_json::to_string(line)?);
            OpenOptions::new().append(true).create(true).open(&self.place)?.write_all(text.as_bytes())
        };
        write().map_err(|error: io::Error| Failed(format!("{}: {error}", self.place.display())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::point::{counted, points};

    #[test]
    fn what_was_done_is_known_again_for_the_same_program_only() {
        let place = std::env::temp_dir().join(format!("ha-journal-{}.json", std::process::id()));
        let calls = counted(["create a", "create a"]);
        let (first, second) = (points("create", &calls)[0].clone(), points("create", &calls)[1].clone());
        let mut journal = Journal::open(&place, "one").unwrap();
        let by_chance = vec![(calls[1].clone(), 2)];
        let acts = vec![Noted { act: "create".into(), calls, by_chance, there: vec!["a".into()] }];
        journal.note(acts.clone()).unwrap();
        journal.end(first.clone(), Outcome::Red("it leaks".into())).unwrap();
        // Its process ends in the middle of a line.
        OpenOptions::new().append(true).open(&place).unwrap().write_all(b"{\"point\":{\"po").unwrap();
        let mut journal = Journal::open(&place, "one").unwrap();
        assert_eq!(journal.acts, acts);
        journal.end(second.clone(), Outcome::Green).unwrap();
        let journal = Journal::open(&place, "one").unwrap();
        let done = [(first, Outcome::Red("it leaks".into())), (second, Outcome::Green)];
        assert_eq!(journal.done, BTreeMap::from(done));
        let other = Journal::open(&place, "two").unwrap();
        assert!(other.acts.is_empty() && other.done.is_empty());
        fs::remove_file(place).unwrap();
    }
}
