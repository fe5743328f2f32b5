//! Where each value of a text begins, by its path, for what is found wrong after the text was read.

use super::{line_starts, place};
use crate::validate::{Place, Problem};
use std::collections::BTreeMap;
use toml::de::{DeTable, DeValue};

/// Where the values of one file begin: by paths like `pool.web.size` and `incidents[0].events[2].where`.
#[derive(Clone, Debug, PartialEq)]
pub struct Places {
    file: String,
    places: BTreeMap<String, Place>,
}

impl Places {
    /// Those of a TOML text; none where it is no TOML.
    pub fn of_toml(text: &str, file: &str) -> Self {
        let mut found = vec![(String::new(), 0)];
        if let Ok(table) = DeTable::parse(text) {
            in_table("", table.get_ref(), &mut found);
        }
        Self::new(text, file, found)
    }

    /// Those of a JSON text; none where it is no JSON.
    pub fn of_json(text: &str, file: &str) -> Self {
        let mut scan = Scan { text, at: 0, found: Vec::new() };
        if serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() {
            scan.value(String::new());
        } else {
            scan.found.push((String::new(), 0));
        }
        Self::new(text, file, scan.found)
    }

    /// The problem with the place of its own path, or of the nearest above that is there.
    pub fn locate(&self, problem: Problem) -> Problem {
        let path = problem.path.clone();
        self.locate_at(problem, &path)
    }

    /// The problem with the place of another path than its own.
    pub fn locate_at(&self, problem: Problem, path: &str) -> Problem {
        let mut path = path;
        loop {
            if let Some(place) = self.places.get(path) {
                return problem.at(place.clone());
            }
            path = &path[..path.rfind(['.', '[']).unwrap_or(0)];
        }
    }

    fn new(text: &str, file: &str, found: Vec<(String, usize)>) -> Self {
        let lines = line_starts(text);
        let places = found.into_iter().map(|(path, offset)| (path, place(text, &lines, file, offset))).collect();
        Self { file: file.into(), places }
    }
}

fn under(path: &str, key: &str) -> String {
    if path.is_empty() { key.into() } else { format!("{path}.{key}") }
}

fn in_table(path: &str, table: &DeTable<'_>, found: &mut Vec<(String, usize)>) {
    for (key, value) in table {
        in_value(under(path, key.get_ref()), value.span().start, value.get_ref(), found);
    }
}

fn in_value(path: String, start: usize, value: &DeValue<'_>, found: &mut Vec<(String, usize)>) {
    if let DeValue::Table(table) = value {
        in_table(&path, table, found);
    }
    if let DeValue::Array(values) = value {
        for (index, value) in values.iter().enumerate() {
            in_value(format!("{path}[{index}]"), value.span().start, value.get_ref(), found);
        }
    }
    found.push((path, start));
}

/// Walks a text that is known to be JSON.
struct Scan<'t> {
    text: &'t str,
    at: usize,
    found: Vec<(String, usize)>,
}

impl Scan<'_> {
    fn value(&mut self, path: String) {
        let first = self.next();
        self.found.push((path.clone(), self.at));
        match first {
            Some(b'{') => self.members(&path, b'}'),
            Some(b'[') => self.members(&path, b']'),
            Some(b'"') => drop(self.string()),
            Some(_) | None => {
                let rest = &self.text[self.at..];
                self.at += rest.find([',', ']', '}']).unwrap_or(rest.len());
            }
        }
    }
    /// What stands in an object or a list, to its end.
    fn members(&mut self, path: &str, end: u8) {
        self.at += 1;
        let mut index = 0;
        while let Some(next) = self.next() {
            match next {
                b',' => self.at += 1,
                next if next == end => {
                    self.at += 1;
                    return;
                }
                _ if end == b'}' => {
                    let key: String = serde_json::from_str(self.string()).unwrap_or_default();
                    self.next();
                    self.at += 1;
                    self.value(under(path, &key));
                }
                _ => {
                    self.value(format!("{path}[{index}]"));
                    index += 1;
                }
            }
        }
    }
    /// The next byte that is no white space.
    fn next(&mut self) -> Option<u8> {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
        self.text.as_bytes().get(self.at).copied()
    }
    /// The text that begins here, with its quotes.
    fn string(&mut self) -> &str {
        let start = self.at;
        let mut escaped = true; // The first quote does not end it.
        let length = self.text[start..].bytes().take_while(|byte| {
            let ends = *byte == b'"' && !escaped;
            escaped = *byte == b'\\' && !escaped;
            !ends
        });
        self.at = (start + length.count() + 1).min(self.text.len());
        &self.text[start..self.at]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(places: &Places, path: &str) -> String {
        places.locate(Problem::new(path, "", "")).to_string()
    }

    #[test]
    fn a_value_is_found_in_toml_and_in_json_and_else_what_holds_it() {
        let toml = Places::of_toml("a = 1\n[[b]]\nc = \"x\"\n[[b]]\nc = [1, { d = 2 }]\n", "x");
        let json = Places::of_json(
            "{\"a\": 1,\n \"b\\\"\": \"}\\\\\",\n \"b\": [{\"c\": \"x\"},\n {\"c\": [1, {\"d\": 2}]}]}",
            "x",
        );
        for (path, in_toml, in_json) in [
            ("a", "x:1:5: ", "x:1:7: "),
            ("b[0].c", "x:3:5: ", "x:3:14: "),
            ("b[1].c[1].d", "x:5:15: ", "x:4:18: "),
            ("b[1].c[1].e.f", "x:5:9: ", "x:4:12: "),
            ("z", "x:1:1: ", "x:1:1: "),
            ("", "x:1:1: ", "x:1:1: "),
        ] {
            assert!(told(&toml, path).starts_with(in_toml), "{path}: {}", told(&toml, path));
            assert!(told(&json, path).starts_with(in_json), "{path}: {}", told(&json, path));
        }
        assert!(told(&Places::of_toml("a = ", "x"), "a").starts_with("x:1:1: "));
        assert!(told(&Places::of_json("{", "x"), "a").starts_with("x:1:1: "));
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_odd(text in "[\\[\\]{}\",:\\\\ a1\n=é.]{0,60}") {
            told(&Places::of_json(&text, "x"), "a[0].a");
            told(&Places::of_toml(&text, "x"), "a[0].a");
        }
    }
}
