//! The story of a run: the dip, its cause, what happened, what users saw, and the first fix that would help.

use super::{
    Dip, Report,
    chart::{Colour, code},
    hint,
    outline::{Line, Outline, outline},
    show::{clock, count, lasting, millis, percent},
};
use std::{collections::BTreeMap, fmt, time::Duration};

const WIDTH: usize = 80;
const EVENT_LINES: usize = 32;
const DIPS: usize = 4;
const CAUSES: usize = 6;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&headline(self))?;
        f.write_str(&dips(self))?;
        f.write_str("\n")?;
        f.write_str(&events(self, &outlined(self), &BTreeMap::new(), Colour::Off))?;
        f.write_str(&verdict(self))
    }
}

/// What is told of the events.
pub(super) fn outlined(report: &Report) -> Outline {
    outline(&report.events, EVENT_LINES)
}

/// One line: which run, and how it went.
pub(super) fn headline(report: &Report) -> String {
    let length = lasting(Duration::from_secs_f64(report.length_s.max(0.0)));
    let Report { topology, seed, .. } = report;
    let mut text = format!("{topology}, {length}, seed {seed}: {} of ", percent(report.availability));
    text += &format!("{} intents served well and in time\n", count(report.intents.offered));
    if report.unknown_s > 0.0 {
        let unknown = lasting(Duration::from_secs_f64(report.unknown_s));
        text += &format!("The recorded traffic has gaps of {unknown} in all: nobody is known to have come.\n");
    }
    text
}

pub(super) fn dips(report: &Report) -> String {
    let dips = report.dips();
    if dips.is_empty() {
        return "No dip: users fared the same all the time.\n".into();
    }
    let mut told: Vec<&Dip> = dips.iter().collect();
    told.sort_by_key(|dip| std::cmp::Reverse(dip.failed));
    told.truncate(DIPS);
    told.sort_by_key(|dip| dip.from);
    let mut text = String::new();
    for dip in &told {
        let long = lasting(dip.until.since(dip.from));
        let end = if dip.recovered { format!("for {long}") } else { "and not over at the end".into() };
        let (failed, ended, worst) = (count(dip.failed), count(dip.ended), percent(dip.worst));
        let told = format!("{end}: {failed} of {ended} failed, at worst {worst}");
        text += &wrap(&format!("Dip at {} ", clock(dip.from)), &told);
        if let Some(event) = dip.event.and_then(|index| report.events.get(index)) {
            text += &wrap(&format!("  after {} {}: ", clock(event.at), event.lane), &event.what);
        }
    }
    if dips.len() > told.len() {
        text += &format!("and {} smaller dips\n", dips.len() - told.len());
    }
    if let Some(fix) = hint::first_fix(report) {
        text += &wrap("  first fix: ", &fix);
    }
    text
}

/// What happened, each event below what led to it; with letters where the charts mark it.
pub(super) fn events(report: &Report, outline: &Outline, letters: &BTreeMap<usize, char>, colour: Colour) -> String {
    let mut text = String::new();
    for Line { index, depth, text: told } in &outline.lines {
        let event = &report.events[*index];
        let letter = letters.get(index).copied().unwrap_or(' ');
        let lane = colour.paint(code(event.lane), &format!("{:<8}", event.lane));
        text += &wrap(&format!("{letter} {} {lane} {}", clock(event.at), arrow(*depth)), told);
    }
    if outline.left > 0 {
        text +=
            &format!("  and {} events of less weight, which the report as JSON holds\n", count(outline.left as u64));
    }
    if report.records_left_out > 0 {
        let left = count(report.records_left_out);
        text +=
            &wrap("  ", &format!("The trace grew too long: {left} records were not kept, and events may be missing."));
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

fn arrow(depth: usize) -> String {
    if depth == 0 { String::new() } else { format!("{}└ ", "  ".repeat(depth.min(5) - 1)) }
}

/// What users saw, and how the site ended.
pub(super) fn verdict(report: &Report) -> String {
    let super::Latency { mean, p50, p99, max } = report.latency_ms;
    let mut text = String::from("What users saw\n");
    text += &causes(report);
    text += &format!("  latency {} mean, {} median", millis(mean), millis(p50));
    text += &format!(", {} p99, {} at most\n", millis(p99), millis(max));
    let each = report.attempts as f64 / report.intents.offered.max(1) as f64;
    text += &format!("  {} attempts, {each:.3} an intent\n", count(report.attempts));
    let super::Capacity { minimum, maximum } = report.capacity;
    let end = if report.converged { "converged" } else { "not converged" };
    text += &format!("Ready instances {minimum} to {maximum}; {} changes by the loop; {end}\n", report.mutating_calls);
    for why in report.not_converged.iter().take(CAUSES) {
        text += &wrap("  ", why);
    }
    text
}

fn causes(report: &Report) -> String {
    let mut causes: Vec<_> = report.failures.iter().filter(|(_, count)| **count > 0).collect();
    causes.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    if causes.is_empty() {
        return "  no failure\n".into();
    }
    let mut text = String::new();
    for (cause, failed) in causes.iter().take(CAUSES) {
        let share = percent(**failed as f64 / report.intents.failed.max(1) as f64);
        text += &format!("  {:<36} {:>12}  {share:>8}\n", cause.replace('_', " "), count(**failed));
    }
    let left: u64 = causes.iter().skip(CAUSES).map(|(_, count)| **count).sum();
    if left > 0 {
        text += &format!("  {:<36} {:>12}\n", "other causes", count(left));
    }
    text
}

/// A paragraph after its start, with the following lines below the end of the start.
fn wrap(start: &str, text: &str) -> String {
    let indent = columns(start).min(WIDTH / 2);
    let mut page = start.to_owned();
    let mut column = indent;
    // A unit stays with its number.
    let text = text.replace(" %", "\u{a0}%");
    for (index, word) in text.split(' ').filter(|word| !word.is_empty()).enumerate() {
        let length = columns(word);
        if index > 0 && column + 1 + length > WIDTH {
            page += &format!("\n{:indent$}", "");
            column = indent;
        } else if index > 0 {
            page.push(' ');
            column += 1;
        }
        page.extend(word.chars().take(WIDTH - column));
        column += length;
    }
    page.replace('\u{a0}', " ") + "\n"
}

/// How many columns a text takes; escape codes take none.
fn columns(text: &str) -> usize {
    let mut shown = 0;
    let mut hidden = false;
    for letter in text.chars() {
        shown += usize::from(!hidden && letter != '\x1b');
        hidden = if hidden { letter != 'm' } else { letter == '\x1b' };
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::super::sample;

    #[test]
    fn the_story_of_a_lost_zone_is_as_it_was_looked_at() {
        let story = sample::evening().to_string();
        if std::env::var_os("SHOW").is_some() {
            println!("{story}");
        }
        assert_eq!(story, include_str!("golden/story.txt"));
    }

    #[test]
    fn a_day_without_trouble_is_a_short_story() {
        let story = sample::minutes(&[0, 0, 0], None).to_string();
        assert!(story.contains("No dip") && story.contains("no failure"), "{story}");
        assert!(story.lines().count() < 12, "{story}");
    }
}
