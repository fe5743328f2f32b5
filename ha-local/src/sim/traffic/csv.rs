//! Reads recorded traffic: CSV of a time column and a count column; the step follows from the times.
//!
//! A header says which is which: `count,time` is read as it says. Without one, or with other words, the time is first.

use super::Recording;
use ha_core::{
    date, time,
    validate::{Place, Problem, Problems},
};
use std::{collections::BTreeMap, time::Duration};

/// More users than this in one step are taken for a slip.
const MOST: f64 = 1e12;
/// So many bad lines are told; a person has seen by then what is wrong with the file.
const TOLD: usize = 10;
/// Words by which a header names a time.
const TIMES: [&str; 8] = ["time", "timestamp", "date", "datetime", "minute", "hour", "second", "seconds"];
/// Words by which a header names a count.
const COUNTS: [&str; 8] = ["count", "counts", "requests", "hits", "users", "visits", "arrivals", "value"];

/// One line: its number in the file, its time in nanoseconds, its count.
struct Row {
    line: usize,
    at: i128,
    count: f64,
}

/// What was counted, or every bad line.
pub(super) fn read(text: &str, file: &str) -> Result<Recording, Problems> {
    let mut reader = Reader { file, problems: Vec::new() };
    let rows = reader.rows(text);
    let recording = reader.recording(&rows);
    if rows.len() < 2 && reader.problems.is_empty() {
        let what = if rows.is_empty() { "no line has a time and a count" } else { "one line alone has no step" };
        reader.problem((1, 1), "file", what.into(), "give two lines at least: they tell the step");
    }
    match recording {
        Some(recording) if reader.problems.is_empty() => Ok(recording),
        _ => Err(Problems(reader.told())),
    }
}

/// Whether the text looks like such a file and not like TOML: its first line has a comma, and no key.
pub(super) fn looks_like_csv(text: &str) -> bool {
    lines(text).next().is_some_and(|(_, line)| line.contains(',') && !line.contains('='))
}

/// The lines that say something, with their numbers.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let numbered = text.lines().enumerate().map(|(index, line)| (index + 1, line));
    numbered.filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'))
}

struct Reader<'a> {
    file: &'a str,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn problem(&mut self, (line, column): (usize, usize), field: &str, what: String, fix: &str) {
        let place = Place { file: self.file.into(), line, column };
        self.problems.push(Problem::new(field, what, fix).at(place));
    }

    /// The first problems in the order of the file, and how many there are besides.
    fn told(mut self) -> Vec<Problem> {
        self.problems.sort_by_key(|problem| problem.place.as_ref().map(|place| (place.line, place.column)));
        let besides = self.problems.split_off(self.problems.len().min(TOLD)).len();
        if besides > 0 {
            self.problems.push(Problem::new(self.file, format!("{besides} problems more"), "put these right first"));
        }
        self.problems
    }

    fn rows(&mut self, text: &str) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut count_first = false;
        for (index, (number, line)) in lines(text).enumerate() {
            let Some((one, other)) = line.split_once(',').filter(|(_, other)| !other.contains(',')) else {
                let what = format!("{} columns", line.split(',').count());
                self.problem((number, 1), "line", what, "give two, with a comma between: a time and a count");
                continue;
            };
            let cells = [(field(one), 1), (field(other), one.chars().count() + 2)];
            if index == 0 && cells.iter().all(|(cell, _)| instant(cell).is_none()) {
                count_first = names(cells[0].0, &COUNTS) && names(cells[1].0, &TIMES);
                continue;
            }
            let [time, count] = if count_first { [cells[1], cells[0]] } else { cells };
            rows.extend(self.row(number, time, count));
        }
        rows
    }

    /// A line's time and count, each with its column.
    fn row(&mut self, line: usize, time: (&str, usize), count: (&str, usize)) -> Option<Row> {
        let at = instant(time.0);
        let counted = count.0.parse().ok().filter(|count| (0.0..=MOST).contains(count));
        if at.is_none() {
            let fix = "write it like 1995-07-01 00:00, or as seconds";
            self.problem((line, time.1), "time", format!("{:?} is not a time", time.0), fix);
        }
        if counted.is_none() {
            let fix = "give a number from 0 to 1e12";
            self.problem((line, count.1), "count", format!("{:?} is not a count", count.0), fix);
        }
        at.zip(counted).map(|(at, count)| Row { line, at, count })
    }

    fn recording(&mut self, rows: &[Row]) -> Option<Recording> {
        let mut often: BTreeMap<i128, usize> = BTreeMap::new();
        for pair in rows.windows(2) {
            match pair[1].at - pair[0].at {
                step @ 1.. => *often.entry(step).or_default() += 1,
                _ => {
                    let fix = "order the lines by time, each time once";
                    self.problem((pair[1].line, 1), "time", "it is not later than the line before".into(), fix);
                }
            }
        }
        // Of equally common ones the shortest: a gap is longer than a step.
        let most = often.values().copied().max()?;
        let step = often.into_iter().find(|(_, times)| *times == most).map(|(step, _)| step)?;
        let first = rows.first()?.at;
        let mut counts = Vec::with_capacity(rows.len());
        for row in rows {
            let since = row.at - first;
            if since % step != 0 {
                let what = format!("it is not a whole number of steps ({}) after the first", text(step));
                self.problem((row.line, 1), "time", what, "keep one step throughout");
            } else if let (Ok(_), Ok(index)) = (u64::try_from(since), u64::try_from(since / step)) {
                counts.push((index, row.count));
            } else if since > 0 {
                let what = "it is more than 500 years after the first".into();
                self.problem((row.line, 1), "time", what, "check the year");
            }
        }
        Some(Recording { step: Duration::from_nanos(u64::try_from(step).ok()?), counts })
    }
}

fn field(text: &str) -> &str {
    text.trim().trim_matches('"').trim()
}

/// Whether one of these words is in the name of a column.
fn names(column: &str, words: &[&str]) -> bool {
    let column = column.to_ascii_lowercase();
    column.split(|letter: char| !letter.is_ascii_alphanumeric()).any(|word| words.contains(&word))
}

/// A date, or seconds, in nanoseconds.
fn instant(text: &str) -> Option<i128> {
    if let Some(seconds) = date::seconds(text) {
        return Some(i128::from(seconds) * 1_000_000_000);
    }
    let seconds: f64 = text.parse().ok().filter(|seconds: &f64| seconds.abs() <= 1e15)?;
    Some(libm::round(seconds * 1e9) as i128)
}

fn text(nanos: i128) -> String {
    u64::try_from(nanos).map_or_else(|_| "too long".into(), |nanos| time::show(Duration::from_nanos(nanos)))
}
