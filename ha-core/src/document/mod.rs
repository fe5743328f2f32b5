//! Reads TOML by hand: every problem at once, each with its path and its place in the file. All our files are read with it.

mod places;
mod section;
mod suggest;
mod value;

pub use places::Places;
pub use section::Section;
pub use suggest::suggest;
pub use value::Value;

use crate::validate::{Place, Problem, Problems};
use std::{cell::RefCell, collections::BTreeMap, path::Path};
use toml::{
    Spanned,
    de::{DeTable, Error},
};

/// A TOML file that was parsed, and what was found wrong with it so far.
///
/// A reader walks it with [`Document::root`] and the cursors that this gives, and ends with [`Document::finish`].
///
/// ```
/// use ha_core::document::Document;
///
/// let document = Document::parse("[users]\npatience = 20\nretires = 3\n", "day.toml")?;
/// let root = document.root();
/// let mut read = (None, None);
/// if let Some(users) = root.section("users") {
///     let patience = users.required("patience", "patience = \"20s\"").and_then(|value| value.duration());
///     read = (patience, users.whole::<u32>("retries"));
///     users.close();
/// }
/// root.close();
/// let problems = document.finish(read).unwrap_err();
/// assert_eq!(
///     problems.to_string(),
///     "day.toml:2:12: users.patience: 20 is not a duration; write it like patience = \"90s\", \"1h30m\" or \"250ms\"\n\
///      day.toml:3:1: users.retires: unknown key \"retires\"; did you mean \"retries\"?"
/// );
/// # Ok::<(), ha_core::validate::Problems>(())
/// ```
pub struct Document<'t> {
    file: &'t str,
    text: &'t str,
    /// Where each line begins.
    lines: Vec<usize>,
    table: Spanned<DeTable<'t>>,
    problems: RefCell<Vec<Problem>>,
    /// Paths whose values could not be read.
    unread: RefCell<Vec<String>>,
    /// Where the value of each path that was asked for begins.
    places: RefCell<BTreeMap<String, usize>>,
}

impl<'t> Document<'t> {
    /// Parses the text; what is no TOML is one problem with its place.
    pub fn parse(text: &'t str, file: &'t str) -> Result<Self, Problems> {
        let lines = line_starts(text);
        let table = DeTable::parse(text).map_err(|error| {
            let (offset, problem) = syntax(&error, text);
            Problems(vec![problem.at(place(text, &lines, file, offset))])
        })?;
        let (problems, unread, places) = Default::default();
        Ok(Self { file, text, lines, table, problems, unread, places })
    }
    /// The whole file as a table.
    pub fn root(&self) -> Section<'_> {
        Section::new(self, String::new(), self.table.get_ref(), 0)
    }
    /// Reports something that is wrong at `path`; the place is that of the nearest path above that was read.
    pub fn report(&self, path: impl Into<String>, what: impl Into<String>, fix: impl Into<String>) {
        let path = path.into();
        let offset = self.offset(&path);
        self.report_at(offset, Problem::new(path, what, fix));
    }
    /// Adds what a check of the value found. What rests on something that could not be read is left out.
    pub fn add(&self, found: Vec<Problem>) {
        let within = |inner: &str, outer: &str| {
            inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        for problem in found {
            if !self.unread.borrow().iter().any(|path| within(path, &problem.path) || within(&problem.path, path)) {
                self.report(problem.path, problem.what, problem.fix);
            }
        }
    }
    /// The value, if nothing was wrong; else all problems in the order of the file.
    pub fn finish<T>(self, value: T) -> Result<T, Problems> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(position);
        if problems.is_empty() { Ok(value) } else { Err(Problems(problems)) }
    }
    fn report_at(&self, offset: usize, problem: Problem) {
        self.problems.borrow_mut().push(problem.at(place(self.text, &self.lines, self.file, offset)));
    }
    fn could_not_read(&self, path: &str) {
        self.unread.borrow_mut().push(path.into());
    }
    fn read_at(&self, path: &str, offset: usize) {
        self.places.borrow_mut().insert(path.into(), offset);
    }
    fn offset(&self, path: &str) -> usize {
        let places = self.places.borrow();
        let mut path = path;
        loop {
            if let Some(offset) = places.get(path) {
                return *offset;
            }
            match path.rfind(['.', '[']) {
                Some(end) => path = &path[..end],
                None => return 0,
            }
        }
    }
}

/// Reads a file's text; a missing one, or one that is no text, is one problem that names it.
pub fn load(path: &Path) -> Result<String, Problems> {
    let file = path.display().to_string();
    let unreadable = |what: &str, fix: &str| Problems(vec![Problem::new(file.clone(), what, fix)]);
    let bytes = std::fs::read(path).map_err(|error| match error.kind() == std::io::ErrorKind::NotFound {
        true => unreadable("there is no such file", "name one that exists"),
        false => unreadable(&format!("it cannot be read: {}", error.kind()), "name a file that may be read"),
    })?;
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let text = String::from_utf8_lossy(error.as_bytes());
        let problem = Problem::new("encoding", "this is not UTF-8", "save the file as UTF-8");
        Problems(vec![problem.at(place(&text, &line_starts(&text), &file, valid))])
    })
}

fn position(problem: &Problem) -> Option<(usize, usize)> {
    problem.place.as_ref().map(|place| (place.line, place.column))
}

fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(end, _)| end + 1)).collect()
}

fn place(text: &str, lines: &[usize], file: &str, offset: usize) -> Place {
    // A span of the parser may end within a character where the input is broken.
    let offset = (0..=offset.min(text.len())).rev().find(|offset| text.is_char_boundary(*offset)).unwrap_or(0);
    let line = lines.partition_point(|start| *start <= offset).max(1);
    let column = text[lines[line - 1]..offset].chars().count() + 1;
    Place { file: file.into(), line, column }
}

fn syntax(error: &Error, text: &str) -> (usize, Problem) {
    let span = error.span().unwrap_or(0..0);
    let problem = match (error.message(), text.get(span.clone())) {
        ("duplicate key", Some(key)) => {
            Problem::new("syntax", format!("{key} is there twice"), "leave one of them out")
        }
        (message, _) => Problem::new("syntax", message, "write it as TOML wants it"),
    };
    (span.start, problem)
}
