//! Reads one scenario of a fault file: every problem of it, each with its field.

use super::{Need, Scenario, Told, event, hint::did_you_mean, selector, value};
use crate::{date, time, validate::Problem};
use serde_json::{Map, Value};
use std::time::Duration;

/// What a field holds.
#[derive(Clone, Copy, PartialEq)]
enum Holds {
    Text,
    List,
    Number,
}

/// Who must have a field.
#[derive(Clone, Copy, PartialEq)]
enum Required {
    Always,
    /// Of a recorded outage, which is one that has a source.
    OfARecord,
    Never,
}

const FIELDS: [(&str, Holds, Required); 14] = [
    ("id", Holds::Text, Required::Always),
    ("title", Holds::Text, Required::Always),
    ("events", Holds::List, Required::Always),
    ("site", Holds::Text, Required::Never),
    ("seed", Holds::Number, Required::Never),
    ("source", Holds::Text, Required::OfARecord),
    ("t0", Holds::Text, Required::OfARecord),
    ("needs", Holds::List, Required::OfARecord),
    ("length", Holds::Text, Required::OfARecord),
    ("there", Holds::List, Required::OfARecord),
    ("observed", Holds::List, Required::OfARecord),
    ("exercises", Holds::List, Required::OfARecord),
    ("assumed", Holds::List, Required::OfARecord),
    ("confidence", Holds::Text, Required::OfARecord),
];

/// A record's fields, and the problems found so far.
struct Reader<'a> {
    fields: &'a Map<String, Value>,
    problems: Vec<Problem>,
}

/// The scenario that is written there; it is whole only if there are no problems.
pub(super) fn read(fields: &Map<String, Value>) -> (Scenario, Vec<Problem>) {
    let mut reader = Reader { fields, problems: Vec::new() };
    reader.check_fields();
    let length = reader.length();
    let (events, supposed) = reader.events(length);
    let scenario = Scenario {
        id: reader.id(),
        title: reader.text("title").unwrap_or_default(),
        events,
        length,
        needs: reader.needs(&supposed),
        site: reader.text("site"),
        seed: fields.get("seed").and_then(Value::as_u64),
        there: reader.lane("there"),
        observed: reader.lane("observed"),
        source: reader.text("source"),
        t0: reader.t0(),
        exercises: reader.sentences("exercises"),
        assumed: reader.sentences("assumed"),
        confidence: reader.text("confidence"),
    };
    (scenario, reader.problems)
}

impl Reader<'_> {
    fn problem(&mut self, field: impl Into<String>, what: impl Into<String>) {
        self.problems.push(Problem::new(field, what, ""));
    }

    /// Missing, unknown and wrongly typed fields.
    fn check_fields(&mut self) {
        let fields = self.fields;
        let record = fields.contains_key("source");
        for (name, holds, required) in FIELDS {
            let missing = required == Required::Always || required == Required::OfARecord && record;
            match (holds, fields.get(name)) {
                (_, None) if missing => self.problem(name, "missing"),
                (_, None) => {}
                (Holds::Text, Some(value)) if !value.is_string() => self.problem(name, "not a text"),
                (Holds::List, Some(value)) if !value.is_array() => self.problem(name, "not a list"),
                (Holds::Number, Some(value)) if !value.is_u64() => self.problem(name, "not a whole number from 0"),
                (Holds::Text | Holds::List | Holds::Number, Some(_)) => {}
            }
        }
        let known = |name: &str| FIELDS.iter().any(|(known, ..)| *known == name);
        for name in fields.keys().filter(|name| !known(name)) {
            let all: Vec<&str> = FIELDS.iter().map(|(name, ..)| *name).collect();
            let meant = did_you_mean(name, all.iter().copied());
            self.problem(name, format!("unknown field (known: {}){meant}", all.join(" ")));
        }
    }

    fn text(&mut self, field: &str) -> Option<String> {
        let text = self.fields.get(field)?.as_str()?;
        if text.is_empty() {
            self.problem(field, "not filled in: \"\"");
        }
        Some(text.to_owned())
    }

    fn list(&self, field: &str) -> &[Value] {
        self.fields.get(field).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    fn id(&mut self) -> String {
        let id = self.fields.get("id").and_then(Value::as_str);
        if let Some(id) = id.filter(|id| !selector::is_name(id)) {
            self.problem("id", format!("not a name: {id:?}"));
        }
        id.unwrap_or_default().to_owned()
    }

    fn length(&mut self) -> Option<Duration> {
        let length = self.fields.get("length").filter(|length| length.is_string())?;
        value::duration(Some(length)).map_err(|wrong| self.problem("length", wrong)).ok()
    }

    fn t0(&mut self) -> Option<String> {
        let t0 = self.text("t0")?;
        if date::seconds(&t0).is_none() || t0.len() != "2026-01-31T09:00:00Z".len() || !t0.contains('T') {
            self.problem("t0", format!("not a time like 2026-01-31T09:00:00Z: {t0:?}"));
        }
        Some(t0)
    }

    fn events(&mut self, length: Option<Duration>) -> (Vec<super::Fault>, Vec<Need>) {
        let (mut faults, mut supposed) = (Vec::new(), Vec::new());
        let fields = self.fields;
        let empty = fields.get("events").and_then(Value::as_array).is_some_and(Vec::is_empty);
        // Of one's own, a run in which nothing goes wrong is worth asking for; an outage had its reasons.
        if empty && fields.contains_key("source") {
            self.problem("events", "none");
        }
        for (index, event) in fields.get("events").and_then(Value::as_array).into_iter().flatten().enumerate() {
            let mut found = Vec::new();
            if let Some(fault) = event::read(event, &mut found, &mut supposed) {
                found.extend(length.and_then(|length| past_the_end(&fault, length)));
                faults.push(fault);
            }
            self.problems.extend(found.into_iter().map(|problem| under(&format!("event {}", index + 1), problem)));
        }
        supposed.sort();
        supposed.dedup();
        (faults, supposed)
    }

    fn needs(&mut self, supposed: &[Need]) -> Vec<Need> {
        let (mut stated, mut wrong) = (Vec::new(), Vec::new());
        for need in self.list("needs") {
            let text = need.as_str().map_or_else(|| need.to_string(), String::from);
            match text.parse::<Need>() {
                Ok(need) => stated.push(need),
                Err(what) => wrong.push(what),
            }
        }
        if wrong.is_empty() && self.fields.get("needs").is_some_and(Value::is_array) {
            let uncovered = supposed.iter().filter(|need| !stated.iter().any(|stated| stated.covers(need)));
            wrong.extend(uncovered.map(|need| format!("the events suppose \"{need}\"")));
        }
        for what in wrong {
            self.problem("needs", what);
        }
        stated
    }

    fn lane(&mut self, lane: &str) -> Vec<Told> {
        let mut told = Vec::new();
        for (index, entry) in self.list(lane).to_vec().iter().enumerate() {
            let mut problems = Vec::new();
            told.extend(entry_told(entry, &mut problems));
            self.problems.extend(problems.into_iter().map(|problem| under(&format!("{lane} {}", index + 1), problem)));
        }
        told
    }

    fn sentences(&mut self, field: &str) -> Vec<String> {
        let sentence = |line: &Value| line.as_str().filter(|line| !line.trim().is_empty()).map(String::from);
        let sentences: Option<Vec<String>> = self.list(field).iter().map(sentence).collect();
        if sentences.is_none() {
            self.problem(field, "not a list of sentences");
        }
        sentences.unwrap_or_default()
    }
}

fn past_the_end(fault: &super::Fault, length: Duration) -> Option<Problem> {
    let end = time::show(length);
    if fault.at > length {
        return Some(Problem::new("at", format!("is after the run's length of {end}"), ""));
    }
    let late = fault.ends().is_some_and(|ends| ends > length);
    late.then(|| Problem::new("lasts", format!("ends after the run's length of {end}"), ""))
}

fn entry_told(entry: &Value, problems: &mut Vec<Problem>) -> Option<Told> {
    let mut problem = |field: &str, what: String| problems.push(Problem::new(field, what, ""));
    let Some(fields) = entry.as_object() else {
        problem("entry", "not a table".into());
        return None;
    };
    for field in fields.keys().filter(|field| !["at", "lasts", "text"].contains(&field.as_str())) {
        problem(field, "unknown field (known: at lasts text)".into());
    }
    let text = fields.get("text").and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    if text.is_none() {
        problem("text", "missing".into());
    }
    let at = value::duration(fields.get("at")).map_err(|wrong| problem("at", wrong)).ok();
    let lasts = fields.get("lasts").map(|lasts| value::duration(Some(lasts)).map_err(|wrong| problem("lasts", wrong)));
    Some(Told { at: at?, lasts: lasts.transpose().ok()?, text: text?.to_owned() })
}

/// The same problem, one level further out.
pub(super) fn under(place: &str, mut problem: Problem) -> Problem {
    problem.path = format!("{place}: {}", problem.path);
    problem
}
