//! A scenario: faults on a run's clock, what it supposes of a site, and, of a recorded outage, what was told of it.

use super::{Fault, Need};
use crate::time;
use std::time::Duration;

/// What is injected into a run, and what is known about it.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Scenario {
    /// Its name, unique in its file.
    pub id: String,
    /// What happens, in a sentence.
    pub title: String,
    /// What the site must have for this to make sense.
    pub needs: Vec<Need>,
    /// How long to run; `None`: as long as the run's traffic.
    pub length: Option<Duration>,
    /// The file of the site that it is meant for.
    pub site: Option<String>,
    /// The seed of the run that it is meant for.
    pub seed: Option<u64>,
    /// What is injected.
    pub events: Vec<Fault>,
    /// What the systems and people of a recorded outage did: told, never injected.
    pub there: Vec<Told>,
    /// What the users of a recorded outage saw: told, never injected.
    pub observed: Vec<Told>,
    /// Where a recorded outage is described.
    pub source: Option<String>,
    /// The instant of a recorded outage, in UTC, at which the run starts.
    pub t0: Option<String>,
    /// What it tries.
    pub exercises: Vec<String>,
    /// Which of its numbers are ours, and why.
    pub assumed: Vec<String>,
    /// How well the record is known.
    pub confidence: Option<String>,
}

/// A sentence of a record, on the run's clock.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// From the start of the run.
    pub at: Duration,
    /// How long it was so, if that was told.
    pub lasts: Option<Duration>,
    /// What was told.
    pub text: String,
}

impl Scenario {
    /// A scenario of one's own.
    pub fn new(id: &str, title: &str, events: Vec<Fault>) -> Self {
        Self { id: id.into(), title: title.into(), events, ..Self::default() }
    }

    /// The scenario as a fault file that reads back equal.
    pub fn to_toml(&self) -> String {
        let mut lines = vec![r#"format = "ha-faults 1""#.to_owned(), String::new(), "[[incidents]]".to_owned()];
        lines.push(format!("id = {}", quoted(&self.id)));
        lines.push(format!("title = {}", quoted(&self.title)));
        for (field, text) in [("source", &self.source), ("t0", &self.t0), ("site", &self.site)] {
            lines.extend(text.as_ref().map(|text| format!("{field} = {}", quoted(text))));
        }
        lines.extend(self.seed.map(|seed| format!("seed = {seed}")));
        let record = self.source.is_some();
        if record || !self.needs.is_empty() {
            let needs: Vec<String> = self.needs.iter().map(|need| quoted(&need.to_string())).collect();
            lines.push(format!("needs = [{}]", needs.join(", ")));
        }
        lines.extend(self.length.map(|length| format!("length = \"{}\"", time::show(length))));
        list(&mut lines, "events", &self.events.iter().map(Fault::to_string).collect::<Vec<_>>());
        let told = |lane: &[Told]| lane.iter().map(Told::to_toml).collect::<Vec<_>>();
        let sentences = |texts: &[String]| texts.iter().map(|text| quoted(text)).collect::<Vec<_>>();
        let lists = [
            ("there", told(&self.there)),
            ("observed", told(&self.observed)),
            ("exercises", sentences(&self.exercises)),
            ("assumed", sentences(&self.assumed)),
        ];
        for (field, entries) in lists {
            if record || !entries.is_empty() {
                list(&mut lines, field, &entries);
            }
        }
        lines.extend(self.confidence.as_ref().map(|text| format!("confidence = {}", quoted(text))));
        lines.join("\n") + "\n"
    }
}

impl Told {
    fn to_toml(&self) -> String {
        let lasts = self.lasts.map_or(String::new(), |lasts| format!("lasts = \"{}\", ", time::show(lasts)));
        format!("{{ at = \"{}\", {lasts}text = {} }}", time::show(self.at), quoted(&self.text))
    }
}

fn list(lines: &mut Vec<String>, field: &str, entries: &[String]) {
    lines.push(format!("{field} = ["));
    lines.extend(entries.iter().map(|entry| format!("  {entry},")));
    lines.push("]".into());
}

/// The text as a TOML string of one line; JSON's escapes are TOML's as well, but for one character.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}
