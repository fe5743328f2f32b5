//! One value of a document, and what it may be read as.

use super::{Document, Section, suggest};
use crate::{time, topology::Share, validate::Problem};
use std::time::Duration;
use toml::{Spanned, de::DeValue};

/// A value with its path. Reading it as something that it is not reports a problem and gives nothing.
#[derive(Clone)]
pub struct Value<'d> {
    pub(super) document: &'d Document<'d>,
    pub(super) path: String,
    pub(super) value: &'d Spanned<DeValue<'d>>,
}

impl<'d> Value<'d> {
    pub(super) fn new(document: &'d Document<'d>, path: String, value: &'d Spanned<DeValue<'d>>) -> Self {
        document.read_at(&path, value.span().start);
        Self { document, path, value }
    }
    /// Where in the document it is.
    pub fn path(&self) -> &str {
        &self.path
    }
    /// Reports that it is not as it should be.
    pub fn report(&self, what: impl Into<String>, fix: impl Into<String>) {
        self.document.could_not_read(&self.path);
        let problem = Problem::new(self.path.clone(), what, fix);
        self.document.report_at(self.value.span().start, problem);
    }
    /// Reports that it is not the `wanted` thing, of which `example` is one.
    pub fn refuse(&self, wanted: &str, example: &str) {
        let key = self.path.rsplit('.').next().unwrap_or("");
        let fix = if key.ends_with(']') || key.is_empty() {
            format!("write it like {example}")
        } else {
            format!("write it like {key} = {example}")
        };
        self.report(format!("{} is not {wanted}", found(self.value.get_ref())), fix);
    }
    /// Whether it is a text.
    pub fn is_text(&self) -> bool {
        self.value.get_ref().is_str()
    }
    /// Whether it is a list.
    pub fn is_list(&self) -> bool {
        self.value.get_ref().is_array()
    }
    /// Whether it is a table.
    pub fn is_table(&self) -> bool {
        self.value.get_ref().is_table()
    }
    /// A text.
    pub fn text(&self) -> Option<&'d str> {
        self.or_refuse(self.value.get_ref().as_str(), "a text", "\"web\"")
    }
    /// `true` or `false`.
    pub fn flag(&self) -> Option<bool> {
        self.or_refuse(self.value.get_ref().as_bool(), "true or false", "true")
    }
    /// A whole number from 0 to the largest that `T` holds.
    pub fn whole<T: TryFrom<u64>>(&self) -> Option<T> {
        let number = self.value.get_ref().as_integer();
        let number = number.and_then(|number| u64::from_str_radix(number.as_str(), number.radix()).ok());
        // `T` is one of the unsigned integers, so that its size gives its largest value.
        let most = u64::MAX >> (64 - 8 * size_of::<T>().clamp(1, 8));
        let wanted = format!("a whole number from 0 to {most}");
        self.or_refuse(number.and_then(|number| T::try_from(number).ok()), &wanted, "12")
    }
    /// A number, whole or not; never infinite, never none.
    pub fn number(&self) -> Option<f64> {
        self.or_refuse(self.finite(), "a number", "12.5")
    }
    /// A share of a whole, from 0 to 1.
    pub fn share(&self) -> Option<Share> {
        let share = self.finite().and_then(|number| Share::try_from(number).ok());
        self.or_refuse(share, "a share from 0 to 1", "0.25")
    }
    /// A duration as text: `1h30m`.
    pub fn duration(&self) -> Option<Duration> {
        let duration = self.value.get_ref().as_str().and_then(|text| time::parse(text).ok());
        self.or_refuse(duration, "a duration", "\"90s\", \"1h30m\" or \"250ms\"")
    }
    /// A list; its elements have the paths `path[0]`, `path[1]`, ...
    pub fn list(&self) -> Option<Vec<Value<'d>>> {
        let example = match self.value.get_ref().as_str() {
            Some(text) => format!("[{text:?}]"),
            None => "[\"a\", \"b\"]".into(),
        };
        let list = self.or_refuse(self.value.get_ref().as_array(), "a list", &example)?;
        let element = |(index, value)| Value::new(self.document, format!("{}[{index}]", self.path), value);
        Some(list.iter().enumerate().map(element).collect())
    }
    /// A table.
    pub fn section(&self) -> Option<Section<'d>> {
        let table = self.or_refuse(self.value.get_ref().as_table(), "a table", "{ key = value }")?;
        Some(Section::new(self.document, self.path.clone(), table, self.value.span().start))
    }
    /// One of these words, for what it stands for.
    pub fn choice<T: Clone>(&self, words: &[(&str, T)]) -> Option<T> {
        let all = || words.iter().map(|(word, _)| format!("{word:?}")).collect::<Vec<_>>().join(", ");
        let Some(text) = self.value.get_ref().as_str() else {
            self.report(format!("{} is not a text", found(self.value.get_ref())), format!("write one of {}", all()));
            return None;
        };
        let chosen = words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| meaning.clone());
        if chosen.is_none() {
            let fix = match suggest(text, words.iter().map(|(word, _)| *word)) {
                Some(word) => format!("did you mean {word:?}?"),
                None => format!("write one of {}", all()),
            };
            self.report(format!("{text:?} is not known here"), fix);
        }
        chosen
    }
    fn finite(&self) -> Option<f64> {
        let value = self.value.get_ref();
        let whole = value.as_integer().and_then(|number| i64::from_str_radix(number.as_str(), number.radix()).ok());
        // Exact up to 2^53; what is larger is no number that anybody writes by hand.
        let whole = whole.map(|number| number as f64);
        whole.or_else(|| value.as_float()?.as_str().parse().ok()).filter(|number| number.is_finite())
    }
    fn or_refuse<T>(&self, read: Option<T>, wanted: &str, example: &str) -> Option<T> {
        if read.is_none() {
            self.refuse(wanted, example);
        }
        read
    }
}

/// What a value is, for people.
fn found(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) if text.chars().count() > 40 => "this long text".into(),
        DeValue::String(text) => format!("{:?}", &**text),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(date) => format!("the date {date}"),
        DeValue::Array(_) => "a list".into(),
        DeValue::Table(_) => "a table".into(),
    }
}
