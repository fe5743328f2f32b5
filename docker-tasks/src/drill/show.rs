//! The decisions for people, in lines of 80 columns.

use super::{
    Decision,
    compare::{ByResource, by_resource},
    script::Script,
};
use std::{collections::BTreeSet, fmt::Write, time::Duration};

/// The width of a column.
const WIDTH: usize = 39;

/// Both lists side by side, by event and resource; a `!` stands between what differs.
pub fn beside(script: &Script, lists: [&[Decision]; 2]) -> String {
    let lists = lists.map(by_resource);
    let mut text = format!("{:<WIDTH$}   {}\n", "simulator", "Docker");
    for_each(script, &lists, &mut text, |text, key| {
        let [left, right] = [&lists[0], &lists[1]].map(|list| list.get(key).map(Vec::as_slice).unwrap_or_default());
        for row in 0..left.len().max(right.len()) {
            let [left, right] = [left, right].map(|list| list.get(row).map_or("", |decision| decision.text.as_str()));
            let mark = if left == right { ' ' } else { '!' };
            let (left, right) = (wrapped(left), wrapped(right));
            for line in 0..left.len().max(right.len()) {
                let [left, right] = [&left, &right].map(|lines| lines.get(line).map_or("", String::as_str));
                let _ = writeln!(text, "{}", format!("{left:<WIDTH$} {mark} {right}").trim_end());
            }
        }
    });
    text
}

/// One list, with the time of each decision: of the making since its beginning, of all else since its end.
pub fn alone(script: &Script, list: &[Decision]) -> String {
    let lists = [by_resource(list)];
    let zero = list.first().map_or(Duration::ZERO, |first| first.at);
    let mut text = String::new();
    for_each(script, &lists, &mut text, |text, key| {
        for decision in lists[0].get(key).into_iter().flatten() {
            let making = decision.event == 0;
            let since = if making { decision.at.saturating_sub(zero) } else { decision.since_the_making() };
            let _ = writeln!(text, "{:>8.2} s  {}", since.as_secs_f64(), decision.text);
        }
    });
    text
}

/// Goes through all events and resources, and writes a head for each event.
fn for_each<'a>(
    script: &Script,
    lists: &[ByResource<'a>],
    text: &mut String,
    tell: impl Fn(&mut String, &(usize, &'a str)),
) {
    let keys: BTreeSet<_> = lists.iter().flat_map(|list| list.keys().copied()).collect();
    let mut last = None;
    for key in &keys {
        if last != Some(key.0) {
            let _ = writeln!(text, "\n{}", script.event(key.0));
        }
        last = Some(key.0);
        let _ = writeln!(text, " {}", key.1);
        tell(text, key);
    }
}

/// The text in lines of a column's width, each indented.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!("{}{word}", if lines.is_empty() { "  " } else { "    " })),
        }
    }
    lines
}
