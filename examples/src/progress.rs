//! How far the day is, on standard error while it runs: for a person at a terminal, and without influence on the day.

use ha_core::time::Timestamp;
use std::io::{IsTerminal, Write};

const BAR: u64 = 30;

/// A line that is written again each time it changes.
pub struct Progress<W: Write> {
    out: Option<W>,
    shown: Option<u64>,
}

impl Progress<std::io::Stderr> {
    /// Shown on standard error if that is a terminal, else not at all.
    pub fn on_terminal() -> Self {
        let out = std::io::stderr();
        Self { out: out.is_terminal().then_some(out), shown: None }
    }
}

impl<W: Write> Progress<W> {
    /// Shown here.
    pub fn on(out: W) -> Self {
        Self { out: Some(out), shown: None }
    }
    /// The day has come to `now` of `end`. Cheap: a line is written a thousand times a run at most.
    pub fn show(&mut self, now: Timestamp, end: Timestamp) {
        let thousandths = u64::try_from(u128::from(now.0) * 1000 / u128::from(end.0.max(1))).unwrap_or(1000).min(1000);
        if self.shown == Some(thousandths) {
            return;
        }
        self.shown = Some(thousandths);
        if let Some(out) = &mut self.out {
            let full = thousandths * BAR / 1000;
            let bar: String = (0..BAR).map(|place| if place < full { '━' } else { '╌' }).collect();
            let minutes = now.0 / 60_000_000_000;
            let (day, hour, minute) = (minutes / 1440 + 1, minutes / 60 % 24, minutes % 60);
            // A terminal that is gone is no reason to stop.
            write!(out, "\r{bar} {:>3} %  day {day}, {hour:02}:{minute:02} ", thousandths / 10).ok();
            out.flush().ok();
        }
    }
}

impl<W: Write> Drop for Progress<W> {
    /// Leaves the line empty for what comes next.
    fn drop(&mut self) {
        if let (Some(out), Some(_)) = (&mut self.out, self.shown) {
            write!(out, "\r\x1b[K").ok();
            out.flush().ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_written_when_it_changes_and_taken_away_at_the_end() {
        let mut out = Vec::new();
        let end = Timestamp::from_secs(2 * 86_400);
        let mut progress = Progress::on(&mut out);
        for second in (0..=2 * 86_400).step_by(10) {
            progress.show(Timestamp::from_secs(second), end);
        }
        drop(progress);
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<&str> = text.split('\r').skip(1).collect();
        assert_eq!(lines.len(), 1002);
        assert!(lines[750].contains(" 75 %  day 2, 12:00"), "{}", lines[750]);
        assert_eq!(lines.last(), Some(&"\x1b[K"));
    }
}
