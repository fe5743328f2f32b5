//! The table of scripts, calls, points and how many of them are green.

use crate::part::Stop;
use ha_core::time::show;
use ha_local::sim::{
    drill::{Faultless, Script, outcomes},
    engine::call::Effect,
};
use std::{fmt, time::Duration};

/// One script.
#[derive(Clone, Debug)]
pub struct Row {
    script: &'static str,
    /// How many calls it made: reads, wishes of one part, wishes of several.
    calls: [usize; 3],
    converged: Duration,
    /// Points that were run.
    pub points: usize,
    /// Of these, those that ended as they should.
    pub green: usize,
    /// And those that did not.
    pub red: usize,
    /// Whether all points were run.
    pub all: bool,
}

impl Row {
    /// A script of which no point has been run.
    pub fn of(script: &Script, faultless: &Faultless) -> Self {
        let mut calls = [0; 3];
        for call in &faultless.run.calls {
            match call.effect {
                Effect::Read => calls[0] += 1,
                Effect::Write { parts: 0 | 1 } => calls[1] += 1,
                Effect::Write { .. } => calls[2] += 1,
            }
        }
        let converged = faultless.converged;
        Self { script: script.name, calls, converged, points: 0, green: 0, red: 0, all: true }
    }
    /// How many points there must be: the sum over its calls of the outcomes that apply.
    fn due(&self) -> usize {
        let [reads, wishes, parts] = self.calls;
        let apply = |effect| outcomes(effect).len();
        reads * apply(Effect::Read)
            + wishes * apply(Effect::Write { parts: 1 })
            + parts * apply(Effect::Write { parts: 2 })
    }
}

/// All scripts.
#[derive(Clone, Debug, Default)]
pub struct Table {
    rows: Vec<Row>,
}

impl Table {
    /// Adds a script.
    pub fn add(&mut self, row: Row) {
        self.rows.push(row);
    }
    /// How it ended.
    pub fn end(&self) -> Result<(), Stop> {
        let mut failed: Vec<String> =
            self.rows.iter().filter(|row| row.red > 0).map(|row| format!("{}: {} red", row.script, row.red)).collect();
        let short = self.rows.iter().filter(|row| row.all && row.red == 0 && row.points != row.due());
        failed.extend(short.map(|row| format!("{}: {} of {} points run", row.script, row.points, row.due())));
        if failed.is_empty() { Ok(()) } else { Err(Stop::Failed(failed)) }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<12} {:>10} {:>6} {:>6} {:>6} {:>7} {:>7} {:>7}",
            "script", "converged", "reads", "wishes", "parts", "points", "green", "due"
        )?;
        for row in &self.rows {
            let [reads, wishes, parts] = row.calls;
            let due = if row.all { row.due().to_string() } else { "some".into() };
            writeln!(
                f,
                "{:<12} {:>10} {reads:>6} {wishes:>6} {parts:>6} {:>7} {:>7} {due:>7}",
                row.script,
                show(row.converged),
                row.points,
                row.green
            )?;
        }
        let (points, green): (usize, usize) =
            self.rows.iter().fold((0, 0), |(points, green), row| (points + row.points, green + row.green));
        writeln!(f, "{points} points, {green} green")
    }
}
