//! A cursor over one table: typed getters, each of which also makes its key known.

use super::{Document, Value, suggest};
use crate::{topology::Share, validate::Problem};
use std::{cell::RefCell, time::Duration};
use toml::de::DeTable;

/// One table of a document. A key is known once it was asked for; [`Section::close`] refuses all others.
///
/// A getter gives nothing where the key is missing; where it is of the wrong type, it reports that as well.
#[must_use = "close it, so that unknown keys are refused"]
pub struct Section<'d> {
    document: &'d Document<'d>,
    path: String,
    table: &'d DeTable<'d>,
    start: usize,
    known: RefCell<Vec<String>>,
    /// Keys that must be there and are not, each with an example.
    missing: RefCell<Vec<(String, String)>>,
}

impl<'d> Section<'d> {
    pub(super) fn new(document: &'d Document<'d>, path: String, table: &'d DeTable<'d>, start: usize) -> Self {
        document.read_at(&path, start);
        Self { document, path, table, start, known: RefCell::default(), missing: RefCell::default() }
    }
    /// Where in the document it is; empty for the whole file.
    pub fn path(&self) -> &str {
        &self.path
    }
    /// The same table under the path by which people know it: `pool.web` for `pool[0]`.
    pub fn named(self, path: String) -> Self {
        Self::new(self.document, path, self.table, self.start)
    }
    /// The path of a key of it.
    pub fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.into() } else { format!("{}.{key}", self.path) }
    }
    /// Its keys, sorted, for tables whose keys are names.
    pub fn keys(&self) -> impl Iterator<Item = &'d str> {
        self.table.keys().map(|key| &**key.get_ref())
    }
    /// Whether the key is there. Does not make it known.
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }
    /// The text of a key that is one. Reports nothing, and does not make the key known.
    pub fn peek(&self, key: &str) -> Option<&'d str> {
        self.table.get(key)?.get_ref().as_str()
    }
    /// Makes a key known without reading it: what it says is not judged, because something above it is wrong.
    pub fn set_aside(&self, key: &str) {
        self.know(key);
        self.document.could_not_read(&self.path_of(key));
    }
    /// Reports a key that may not be there, if it is.
    pub fn refuse(&self, key: &str, what: impl Into<String>, fix: impl Into<String>) {
        if let Some(value) = self.table.get(key).map(|value| Value::new(self.document, self.path_of(key), value)) {
            self.know(key);
            value.report(what, fix);
        }
    }
    /// The value of a key, if it is there.
    pub fn value(&self, key: &str) -> Option<Value<'d>> {
        self.know(key);
        self.table.get(key).map(|value| Value::new(self.document, self.path_of(key), value))
    }
    /// The value of a key; [`Section::close`] reports it as missing, with this example of the whole line.
    pub fn required(&self, key: &str, example: &str) -> Option<Value<'d>> {
        let value = self.value(key);
        if value.is_none() {
            self.missing.borrow_mut().push((key.into(), example.into()));
        }
        value
    }
    /// Reports something about the table as a whole.
    pub fn report(&self, what: impl Into<String>, fix: impl Into<String>) {
        let path = if self.path.is_empty() { "file" } else { &self.path };
        self.document.report_at(self.start, Problem::new(path, what, fix));
    }
    /// A text.
    pub fn text(&self, key: &str) -> Option<&'d str> {
        self.value(key)?.text()
    }
    /// `true` or `false`.
    pub fn flag(&self, key: &str) -> Option<bool> {
        self.value(key)?.flag()
    }
    /// A whole number.
    pub fn whole<T: TryFrom<u64>>(&self, key: &str) -> Option<T> {
        self.value(key)?.whole()
    }
    /// A number, whole or not.
    pub fn number(&self, key: &str) -> Option<f64> {
        self.value(key)?.number()
    }
    /// A share of a whole, from 0 to 1.
    pub fn share(&self, key: &str) -> Option<Share> {
        self.value(key)?.share()
    }
    /// A duration as text.
    pub fn duration(&self, key: &str) -> Option<Duration> {
        self.value(key)?.duration()
    }
    /// One of these words, for what it stands for.
    pub fn choice<T: Clone>(&self, key: &str, words: &[(&str, T)]) -> Option<T> {
        self.value(key)?.choice(words)
    }
    /// A list; empty where it is missing.
    pub fn list(&self, key: &str) -> Vec<Value<'d>> {
        self.value(key).and_then(|value| value.list()).unwrap_or_default()
    }
    /// A list of texts; empty where it is missing. What is no text is reported, and empty in the list.
    pub fn texts(&self, key: &str) -> Vec<&'d str> {
        self.list(key).iter().map(|value| value.text().unwrap_or_default()).collect()
    }
    /// A table in this one.
    pub fn section(&self, key: &str) -> Option<Section<'d>> {
        self.value(key)?.section()
    }
    /// A list of tables, `[[key]]`; empty where it is missing.
    pub fn sections(&self, key: &str) -> Vec<Section<'d>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        if value.is_table() {
            let (what, fix) = ("this is one table, and there may be several", format!("write [[{key}]] above it"));
            self.document.report(value.path(), what, fix);
            return value.section().into_iter().collect();
        }
        if !value.is_list() {
            value.report("this is no table", format!("write [[{key}]] and its keys below it"));
            return Vec::new();
        }
        value.list().unwrap_or_default().iter().filter_map(Value::section).collect()
    }
    fn know(&self, key: &str) {
        let mut known = self.known.borrow_mut();
        if !known.iter().any(|word| word == key) {
            known.push(key.into());
        }
    }
    /// Refuses every key that nobody asked for, and says which are missing. A slip is one problem, not two.
    pub fn close(self) {
        let known = self.known.borrow();
        let mut missing = self.missing.borrow_mut();
        for key in self.table.keys().filter(|key| !known.iter().any(|word| word == key.get_ref())) {
            let name: &str = key.get_ref();
            let fix = match suggest(name, known.iter().map(String::as_str)) {
                Some(word) => {
                    missing.retain(|(key, _)| key != word);
                    if !self.has(word) {
                        self.document.could_not_read(&self.path_of(word));
                    }
                    format!("did you mean {word:?}?")
                }
                None => format!("leave it out; known here: {}", known.join(", ")),
            };
            let problem = Problem::new(self.path_of(name), format!("unknown key {name:?}"), fix);
            self.document.report_at(key.span().start, problem);
        }
        for (key, example) in &*missing {
            self.document.could_not_read(&self.path_of(key));
            let problem = Problem::new(self.path_of(key), "it is missing", format!("add {example}"));
            self.document.report_at(self.start, problem);
        }
    }
}
