//! How far the day is, on standard error while it runs: for a person at a terminal, and without influence on the day.

use std::{
    io::{IsTerminal, Write},
    sync::{Mutex, PoisonError},
    time::Duration,
};

const BAR: usize = 30;

/// A line that is written again each time it changes.
pub struct Progress<W: Write> {
    out: Option<Mutex<W>>,
}

impl Progress<std::io::Stderr> {
    /// Shown on standard error if that is a terminal, else not at all.
    pub fn on_terminal() -> Self {
        let out = std::io::stderr();
        Self { out: out.is_terminal().then(|| Mutex::new(out)) }
    }
}

impl<W: Write> Progress<W> {
    /// Shown here.
    pub fn on(out: W) -> Self {
        Self { out: Some(Mutex::new(out)) }
    }
    /// This share of a run of this length is done.
    pub fn show(&self, share: f64, length: Duration) {
        let share = share.clamp(0.0, 1.0);
        let full = (share * BAR as f64) as usize;
        let bar: String = (0..BAR).map(|place| if place < full { '━' } else { '╌' }).collect();
        let minutes = (length.as_secs_f64() * share / 60.0) as u64;
        let (day, hour, minute) = (minutes / 1440 + 1, minutes / 60 % 24, minutes % 60);
        self.write(&format!("\r{bar} {:>3.0} %  day {day}, {hour:02}:{minute:02} ", share * 100.0));
    }
    fn write(&self, text: &str) {
        if let Some(out) = &self.out {
            let mut out = out.lock().unwrap_or_else(PoisonError::into_inner);
            // A terminal that is gone is no reason to stop.
            out.write_all(text.as_bytes()).and_then(|()| out.flush()).ok();
        }
    }
}

impl<W: Write> Drop for Progress<W> {
    /// Leaves the line empty for what comes next.
    fn drop(&mut self) {
        self.write("\r\x1b[K");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_written_over_itself_and_taken_away_at_the_end() {
        let mut out = Vec::new();
        let progress = Progress::on(&mut out);
        progress.show(0.0, Duration::from_secs(2 * 86_400));
        progress.show(0.75, Duration::from_secs(2 * 86_400));
        drop(progress);
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<&str> = text.split('\r').skip(1).collect();
        assert_eq!(lines.len(), 3);
        assert!(lines[1].starts_with("━") && lines[1].ends_with("╌  75 %  day 2, 12:00 "), "{}", lines[1]);
        assert_eq!(lines[2], "\x1b[K");
    }
}
