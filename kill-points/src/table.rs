//! The table of acts, calls, points and how many of them are green.

use crate::{
    command::LIVES,
    journal::{Journal, Noted, Outcome},
    point::{Point, points},
};
use std::fmt;

/// One act.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    act: String,
    calls: usize,
    /// Points that are asked of this command, green, red, and of which the call never came.
    due: usize,
    green: usize,
    red: usize,
    unmet: usize,
    /// Of these, the first calls of their names: only how often a call is repeated may differ from life to life.
    missing: usize,
}

/// All acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    rows: Vec<Row>,
    /// Whether only a part of the points that are due was to be tried.
    part: bool,
}

impl Table {
    /// What the journal says of the points that `asked` wants; all of them, or `part` of them.
    pub fn of(journal: &Journal, asked: impl Fn(&Point) -> bool, part: bool) -> Self {
        let row = |noted: &Noted| {
            let mut due = points(&noted.act, &noted.calls);
            due.retain(|point| asked(point));
            let outcomes: Vec<&Outcome> = due.iter().filter_map(|point| journal.done.get(point)).collect();
            let count = |is: fn(&Outcome) -> bool| outcomes.iter().filter(|outcome| is(outcome)).count();
            Row {
                act: noted.act.clone(),
                calls: noted.calls.len(),
                due: due.len(),
                green: count(|outcome| matches!(outcome, Outcome::Green)),
                red: count(|outcome| matches!(outcome, Outcome::Red(_))),
                unmet: count(|outcome| matches!(outcome, Outcome::Unmet)),
                missing: due
                    .iter()
                    .filter(|it| it.call.time == 1 && journal.done.get(it) == Some(&Outcome::Unmet))
                    .count(),
            }
        };
        Self { rows: journal.acts.iter().map(row).collect(), part }
    }

    /// What is wrong with it; nothing: every point that was due was tried and is green, but for repetitions that never came.
    pub fn wrong(&self) -> Vec<String> {
        let wrong = self.rows.iter().flat_map(|row| {
            let tried = row.green + row.red + row.unmet;
            let short = !self.part && tried != row.due;
            let none = row.calls == 0;
            let red = (row.red > 0).then(|| format!("{}: {} red", row.act, row.red));
            let unmet =
                (row.missing > 0).then(|| format!("{}: the calls of {} points never came", row.act, row.missing));
            let short = short.then(|| format!("{}: {tried} of {} points tried", row.act, row.due));
            let none = none.then(|| format!("{}: no call was noted", row.act));
            red.into_iter().chain(unmet).chain(short).chain(none)
        });
        let nothing = self.rows.iter().all(|row| row.green == 0).then(|| "no point is green".to_owned());
        wrong.chain(nothing).collect()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<10} {:>6} {:>6} {:>6} {:>5} {:>6}", "act", "calls", "due", "green", "red", "unmet")?;
        for Row { act, calls, due, green, red, unmet, .. } in &self.rows {
            writeln!(f, "{act:<10} {calls:>6} {due:>6} {green:>6} {red:>5} {unmet:>6}")?;
        }
        let sum = |of: fn(&Row) -> usize| self.rows.iter().map(of).sum::<usize>();
        let (calls, due, green) = (sum(|row| row.calls), sum(|row| row.due), sum(|row| row.green));
        writeln!(f, "{calls} calls, {due} points due, {green} green")?;
        if self.rows.iter().any(|row| row.unmet > 0) {
            writeln!(
                f,
                "unmet: a call that is repeated as often as something changes between two looks was repeated less"
            )?;
            writeln!(
                f,
                "often than in the faultless life, in each of {LIVES} lives; of a call's first time this is an error"
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::point::counted;
    use std::path::Path;

    #[test]
    fn a_point_that_was_not_tried_or_is_not_green_is_wrong() {
        let mut journal = Journal::open(Path::new("/nowhere/journal"), "p").unwrap();
        let calls = counted(["create a", "start a", "start a"]);
        let due = points("create", &calls);
        journal.acts = vec![Noted { act: "create".into(), calls, there: Vec::new() }];
        assert_eq!(Table::of(&journal, |_| true, true).wrong(), ["no point is green"]);
        journal.done.insert(due[4].clone(), Outcome::Unmet);
        journal.done.insert(due[5].clone(), Outcome::Green);
        for point in &due[..3] {
            journal.done.insert(point.clone(), Outcome::Green);
        }
        assert_eq!(Table::of(&journal, |_| true, true).wrong(), [""; 0]);
        assert_eq!(Table::of(&journal, |_| true, false).wrong(), ["create: 5 of 6 points tried"]);
        journal.done.insert(due[3].clone(), Outcome::Unmet);
        assert_eq!(Table::of(&journal, |_| true, false).wrong(), ["create: the calls of 1 points never came"]);
        journal.done.insert(due[3].clone(), Outcome::Red("left: a".into()));
        assert_eq!(Table::of(&journal, |_| true, false).wrong(), ["create: 1 red"]);
        assert_eq!(Table::of(&journal, |point| *point != due[3], false).wrong(), [""; 0]);
    }
}
