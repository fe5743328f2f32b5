//! Fault files: JSON or TOML of one schema, to scenarios, with every problem at once.

use super::{
    Scenario,
    hint::did_you_mean,
    record::{self, under},
    selector::is_name,
};
use crate::{
    document::{self, Places},
    validate::{Place, Problem, Problems},
};
use serde_json::Value;
use std::path::Path;

/// The version of the schema that is read and written.
const FORMAT: &str = "ha-faults 1";

/// What a fault file holds.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultFile {
    /// The file's name, as it was given.
    pub file: String,
    /// Its scenarios, in order.
    pub scenarios: Vec<Scenario>,
    places: Places,
}

impl FaultFile {
    /// Reads the text of a fault file; `file` is what the problems call it. TOML if its name ends so, or if it does not
    /// begin like JSON.
    pub fn read(text: &str, file: &str) -> Result<Self, Problems> {
        let json = file.ends_with(".json") || !file.ends_with(".toml") && text.trim_start().starts_with('{');
        let content = if json { from_json(text) } else { from_toml(text) };
        let content = content.map_err(|(what, line, column)| {
            let syntax = if json { "not JSON" } else { "not TOML" };
            Problems(vec![Problem::new(syntax, what, "").at(Place { file: file.into(), line, column })])
        })?;
        let (scenarios, problems) = scenarios(&content);
        let places = if json { Places::of_json(text, file) } else { Places::of_toml(text, file) };
        if problems.is_empty() {
            return Ok(Self { file: file.into(), scenarios, places });
        }
        let ids: Vec<&str> = records(&content).iter().map(|record| record["id"].as_str().unwrap_or_default()).collect();
        Err(Problems(problems.into_iter().map(|problem| locate(&places, &ids, one_line(problem))).collect()))
    }

    /// The problem of a scenario of this file, as [`Scenario::check`] finds it, with its place in the file.
    pub fn locate(&self, problem: Problem) -> Problem {
        let ids: Vec<&str> = self.scenarios.iter().map(|scenario| scenario.id.as_str()).collect();
        locate(&self.places, &ids, problem)
    }

    /// Reads a fault file.
    pub fn load(path: &Path) -> Result<Self, Problems> {
        Self::read(&document::load(path)?, &path.display().to_string())
    }

    /// The scenario of this id, or without one, the only scenario.
    pub fn choose(&self, id: Option<&str>) -> Result<&Scenario, Problem> {
        let known: Vec<&str> = self.scenarios.iter().map(|scenario| scenario.id.as_str()).collect();
        let has = format!("(has: {})", known.join(", "));
        let meant = did_you_mean(id.unwrap_or_default(), known.iter().copied());
        let problem = |what: String| Problem::new(self.file.clone(), what, "");
        match (id, self.scenarios.as_slice()) {
            (None, [only]) => Ok(only),
            (None, _) => Err(problem(format!("several scenarios, and none is chosen {has}"))),
            (Some(id), all) => all
                .iter()
                .find(|scenario| scenario.id == id)
                .ok_or_else(|| problem(format!("no scenario {id:?} {has}{meant}"))),
        }
    }
}

/// `ID: event 2: where`, or `record 3: id` where there is no id to name it by, as a path of the file.
fn locate(places: &Places, ids: &[&str], problem: Problem) -> Problem {
    let mut parts = problem.path.split(": ");
    let record = parts.next().unwrap_or_default();
    let by_number = || record.strip_prefix("record ")?.parse::<usize>().ok()?.checked_sub(1);
    let mut path = match ids.iter().position(|id| *id == record).or_else(by_number) {
        Some(index) => format!("incidents[{index}]"),
        None => record.to_owned(),
    };
    for part in parts {
        let numbered = part.split_once(' ').and_then(|(lane, number)| Some((lane, number.parse::<usize>().ok()?)));
        path += &match numbered {
            Some(("event", number)) => format!(".events[{}]", number.saturating_sub(1)),
            Some((lane, number)) => format!(".{lane}[{}]", number.saturating_sub(1)),
            None => format!(".{part}"),
        };
    }
    places.locate_at(problem, &path)
}

/// Names of fields come from the file, and may hold anything.
fn one_line(mut problem: Problem) -> Problem {
    problem.path = problem.path.replace(char::is_control, " ");
    problem
}

/// What is wrong with the syntax, and where: line and column from 1.
type Syntax = (String, usize, usize);

fn from_json(text: &str) -> Result<Value, Syntax> {
    serde_json::from_str(text).map_err(|wrong| {
        let what = wrong.to_string();
        let what = what.split(" at line ").next().unwrap_or_default().to_owned();
        (what, wrong.line().max(1), wrong.column().max(1))
    })
}

fn from_toml(text: &str) -> Result<Value, Syntax> {
    toml::from_str(text).map_err(|wrong| {
        let before = wrong.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let what = wrong.message().replace('\n', "; ");
        (what, before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    })
}

fn records(content: &Value) -> &[Value] {
    content.get("incidents").and_then(Value::as_array).map_or(&[][..], Vec::as_slice)
}

fn scenarios(content: &Value) -> (Vec<Scenario>, Vec<Problem>) {
    let problem = |field: &str, what: String| Problem::new(field, what, "");
    let fields = match content.as_object() {
        Some(fields) if fields.get("format").and_then(Value::as_str) == Some(FORMAT) => fields,
        _ => return (Vec::new(), vec![problem("format", format!("not {FORMAT:?}"))]),
    };
    let unknown = fields.keys().filter(|field| !["format", "incidents"].contains(&field.as_str()));
    let mut problems: Vec<Problem> =
        unknown.map(|field| problem(field, "unknown field (known: format incidents)".into())).collect();
    let records = records(content);
    if records.is_empty() {
        problems.push(problem("incidents", "missing or empty".into()));
    }
    let mut found: Vec<Scenario> = Vec::new();
    for (index, value) in records.iter().enumerate() {
        let number = format!("record {}", index + 1);
        let Some(record) = value.as_object() else {
            problems.push(problem(&number, "not a table".into()));
            continue;
        };
        let (scenario, wrong) = record::read(record);
        let id = if is_name(&scenario.id) { scenario.id.clone() } else { number };
        if found.iter().any(|before| before.id == id) {
            problems.push(problem(&format!("{id}: id"), "used twice".into()));
        }
        problems.extend(wrong.into_iter().map(|problem| under(&id, problem)));
        found.push(scenario);
    }
    (found, problems)
}
