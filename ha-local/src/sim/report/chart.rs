//! The day as a page for a terminal of 80 columns: charts over the same hours, then the story.

use super::{
    Bucket, Report,
    outline::Outline,
    panel::{COLUMNS, LEFT, Panel, Scale},
    story,
};
use crate::sim::engine::trace::Lane;
use std::collections::BTreeMap;

/// Whether a page is written with colours; ask for them only where a terminal shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Plain text.
    Off,
    /// With the escape codes of terminals.
    On,
}

impl Colour {
    /// The text in the colour of this code.
    pub(super) fn paint(self, code: &str, text: &str) -> String {
        match self {
            Self::On if !text.trim().is_empty() => format!("\x1b[{code}m{text}\x1b[0m"),
            Self::On | Self::Off => text.to_owned(),
        }
    }
}

/// The escape code of a lane.
pub(super) fn code(lane: Lane) -> &'static str {
    match lane {
        Lane::Fault => "31",
        Lane::Provider => "34",
        Lane::Loop => "32",
        Lane::Users => "33",
    }
}

/// The whole page: load, capacity, errors and latency over the same hours, the events that decided them, marked by
/// letters on the time axis, and what users saw.
pub fn charts(report: &Report, colour: Colour) -> String {
    let outline = story::outlined(report);
    let letters = letters(report, &outline);
    let mut page = story::headline(report);
    page += &story::dips(report);
    for (panel, code) in panels(report) {
        page += &format!("{:>LEFT$}\n", "│");
        for (label, picture) in panel.draw() {
            page += &label;
            page += &colour.paint(code, &picture);
            trim(&mut page);
        }
    }
    page += &axis(report);
    page += &markers(report, &letters, colour);
    page.push('\n');
    page += &story::events(report, &outline, &letters, colour);
    page += &story::verdict(report);
    page
}

fn trim(page: &mut String) {
    page.truncate(page.trim_end().len());
    page.push('\n');
}

fn panels(report: &Report) -> [(Panel, &'static str); 4] {
    let seconds = report.series.bucket_s.max(f64::MIN_POSITIVE);
    let most = |values: &mut dyn Iterator<Item = f64>| values.reduce(f64::max).map(|most| (most, most));
    let load = columns(report, |part| {
        let rate = part.iter().map(|bucket| bucket.offered as f64).sum::<f64>() / (seconds * part.len() as f64);
        Some((rate, rate))
    });
    let ready = columns(report, |part| {
        let fewest = part.iter().map(|bucket| bucket.ready).min()?;
        Some((f64::from(fewest), f64::from(part.iter().map(|bucket| bucket.most_ready).max()?)))
    });
    let errors = columns(report, |part| most(&mut part.iter().map(|bucket| 100.0 * bucket.failing())));
    let latency = columns(report, |part| most(&mut part.iter().filter_map(|bucket| bucket.p99_ms)));
    let panel = |name, rows, scale, values| Panel { name, rows, scale, values };
    [
        (panel("intents/s", 4, Scale::Linear, load), "36"),
        (panel("ready", 4, Scale::Linear, ready), "32"),
        (panel("failed %", 3, Scale::Linear, errors), "31"),
        (panel("p99 ms", 3, Scale::Logarithmic, latency), "35"),
    ]
}

/// A range for each column of the page, from the buckets that it covers.
fn columns(report: &Report, range: impl Fn(&[Bucket]) -> Option<(f64, f64)>) -> Vec<Option<(f64, f64)>> {
    let buckets = &report.series.buckets;
    let part = |column: usize| {
        let from = column * buckets.len() / COLUMNS;
        let until = ((column + 1) * buckets.len() / COLUMNS).max(from + 1);
        buckets.get(from..until).filter(|part| !part.is_empty())
    };
    (0..COLUMNS).map(|column| part(column).and_then(&range)).collect()
}

const STEPS: [u64; 15] =
    [60, 300, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 345_600, 604_800, 1_209_600, 2_592_000];

fn axis(report: &Report) -> String {
    let length = span(report);
    let step = STEPS.into_iter().find(|step| length / *step as f64 <= 9.0).unwrap_or(31_536_000);
    let mut line = vec!['─'; COLUMNS];
    let mut labels = vec![' '; COLUMNS];
    for tick in 0..=(length / step as f64) as u64 {
        let column = (tick as f64 * step as f64 / length.max(1.0) * COLUMNS as f64) as usize;
        if let Some(place) = line.get_mut(column) {
            *place = '┬';
            let label: Vec<char> = label(tick * step, step).chars().collect();
            // One that does not fit is left out: half of it would be another one.
            if let Some(places) = labels.get_mut(column..column + label.len()) {
                places.copy_from_slice(&label);
            }
        }
    }
    let mut page = format!("{:>LEFT$}{}\n", "└", line.iter().collect::<String>());
    page += &format!("{:LEFT$}{}", "", labels.iter().collect::<String>());
    trim(&mut page);
    page
}

fn label(second: u64, step: u64) -> String {
    if step >= 86_400 {
        format!("d{}", second / 86_400 + 1)
    } else {
        format!("{:02}:{:02}", second / 3600 % 24, second / 60 % 60)
    }
}

/// The seconds that the columns stand for.
fn span(report: &Report) -> f64 {
    report.series.bucket_s * report.series.buckets.len() as f64
}

/// A letter for each fault and each crowd that is told and that nothing led to, as far as the letters go.
fn letters(report: &Report, outline: &Outline) -> BTreeMap<usize, char> {
    let roots = outline.lines.iter().filter(|line| line.depth == 0).map(|line| line.index);
    let marked = roots.filter(|index| matches!(report.events[*index].lane, Lane::Fault | Lane::Users));
    marked.zip(('A'..='Z').chain('a'..='z')).collect()
}

fn markers(report: &Report, letters: &BTreeMap<usize, char>, colour: Colour) -> String {
    let mut row: Vec<Option<(char, Lane)>> = vec![None; COLUMNS];
    for (index, letter) in letters {
        let event = &report.events[*index];
        let share = event.at.0 as f64 / 1e9 / span(report).max(1.0);
        let column = ((share * COLUMNS as f64) as usize).min(COLUMNS - 1);
        // The next free place: a letter may stand a little late, never on another one.
        if let Some(place) = row.iter_mut().skip(column).find(|place| place.is_none()) {
            *place = Some((*letter, event.lane));
        }
    }
    let letter = |place: &Option<(char, Lane)>| {
        place.map_or(" ".to_owned(), |(letter, lane)| colour.paint(code(lane), &letter.to_string()))
    };
    let mut page = format!("{:LEFT$}{}", "events", row.iter().map(letter).collect::<String>());
    trim(&mut page);
    page
}

#[cfg(test)]
mod tests {
    use super::super::{Occurrence, event::insert, sample};
    use super::*;

    #[test]
    fn the_page_of_a_day_is_as_it_was_looked_at() {
        let page = charts(&sample::evening(), Colour::Off);
        if std::env::var_os("SHOW").is_some() {
            println!("{page}");
        }
        assert_eq!(page, include_str!("golden/evening.txt"));
    }

    #[test]
    fn no_line_is_wider_than_a_terminal_and_plain_text_has_no_escape() {
        for report in [sample::evening(), sample::minutes(&[], None), sample::minutes(&[3], Some(0))] {
            let page = charts(&report, Colour::Off) + &report.to_string();
            assert!(!page.contains('\x1b'));
            for line in page.lines() {
                assert!(line.chars().count() <= 80, "{line}");
            }
        }
    }

    #[test]
    fn letters_on_one_column_stand_side_by_side() {
        let mut report = sample::evening();
        let other = Occurrence { what: "another crowd comes".into(), ..report.events[0].clone() };
        insert(&mut report.events, other);
        let letters = letters(&report, &story::outlined(&report));
        assert!(markers(&report, &letters, Colour::Off).contains("AB"));
    }
}
