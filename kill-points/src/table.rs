//! The table of acts, calls, points and how many of them are green.

use crate::{
    command, faultless,
    journal::{Journal, Noted, Outcome},
    point::{Point, points},
};
use std::fmt;

/// Points of one kind that are asked of this command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Count {
    due: usize,
    green: usize,
    red: usize,
    /// The call never came.
    unmet: usize,
}

impl Count {
    fn add(&mut self, outcome: Option<&Outcome>) {
        self.due += 1;
        match outcome {
            Some(Outcome::Green) => self.green += 1,
            Some(Outcome::Red(_)) => self.red += 1,
            Some(Outcome::Unmet) => self.unmet += 1,
            None => {}
        }
    }

    fn left(&self) -> usize {
        self.due - self.green - self.red - self.unmet
    }
}

/// One act.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    act: String,
    calls: usize,
    /// Points of calls that came in every faultless life.
    always: Count,
    /// Points of calls that came in some of them, and of repetitions that never came again.
    by_chance: Count,
    /// Of these, who was not met, and in how many lives the call had come.
    not_met: Vec<(Point, usize)>,
}

impl Row {
    fn of(journal: &Journal, noted: &Noted, asked: impl Fn(&Point) -> bool) -> Self {
        let (act, calls) = (noted.act.clone(), noted.calls.len());
        let mut row = Self { act, calls, always: Count::default(), by_chance: Count::default(), not_met: Vec::new() };
        for point in points(&noted.act, &noted.calls).into_iter().filter(asked) {
            let outcome = journal.done.get(&point);
            let unmet = outcome == Some(&Outcome::Unmet);
            // How often a call is repeated may follow from how fast the machine is.
            let repeated = (unmet && point.call.time > 1).then_some(faultless::LIVES);
            match noted.chance(&point.call).or(repeated) {
                None => row.always.add(outcome),
                Some(lives) => {
                    row.by_chance.add(outcome);
                    if unmet {
                        row.not_met.push((point, lives));
                    }
                }
            }
        }
        row
    }
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
        Self { rows: journal.acts.iter().map(|noted| Row::of(journal, noted, &asked)).collect(), part }
    }

    /// What is wrong with it; nothing: every point that was due was tried and is green, but for those whose call had come
    /// by chance and never came again.
    pub fn wrong(&self) -> Vec<String> {
        let wrong = self.rows.iter().flat_map(|Row { act, calls, always, by_chance, .. }| {
            let (red, left, due) =
                (always.red + by_chance.red, always.left() + by_chance.left(), always.due + by_chance.due);
            let never = format!("{act}: {} points never met, of calls that every faultless life has", always.unmet);
            let short = (!self.part && left > 0).then(|| format!("{act}: {} of {due} points tried", due - left));
            let none = (*calls == 0).then(|| format!("{act}: no call was noted"));
            let red = (red > 0).then(|| format!("{act}: {red} red"));
            red.into_iter().chain((always.unmet > 0).then_some(never)).chain(short).chain(none)
        });
        let green = |row: &Row| row.always.green + row.by_chance.green;
        let nothing = self.rows.iter().all(|row| green(row) == 0).then(|| "no point is green".to_owned());
        wrong.chain(nothing).collect()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<10} {:>6} {:>26} | {:>26}", "", "", "calls that always come", "calls that came by chance")?;
        write!(f, "{:<10} {:>6}", "act", "calls")?;
        writeln!(
            f,
            " {:>5} {:>6} {:>5} {:>7} | {:>5} {:>6} {:>5} {:>7}",
            "due", "green", "red", "unmet", "due", "green", "red", "not met"
        )?;
        for Row { act, calls, always, by_chance, .. } in &self.rows {
            write!(f, "{act:<10} {calls:>6}")?;
            let Count { due, green, red, unmet } = always;
            write!(f, " {due:>5} {green:>6} {red:>5} {unmet:>7} |")?;
            let Count { due, green, red, unmet } = by_chance;
            writeln!(f, " {due:>5} {green:>6} {red:>5} {unmet:>7}")?;
        }
        let sum = |of: fn(&Row) -> usize| self.rows.iter().map(of).sum::<usize>();
        let due = sum(|row| row.always.due + row.by_chance.due);
        let green = sum(|row| row.always.green + row.by_chance.green);
        let not_met = sum(|row| row.not_met.len());
        writeln!(f, "{} calls, {due} points due, {green} green, {not_met} not met", sum(|row| row.calls))?;
        for (point, lives) in self.rows.iter().flat_map(|row| &row.not_met) {
            writeln!(
                f,
                "{point}: not met in {} lives: came in {lives} of {} faultless lives",
                command::LIVES,
                faultless::LIVES
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

    /// `upload a` #2 came in one faultless life only.
    fn journal() -> (Journal, Vec<Point>) {
        let mut journal = Journal::open(Path::new("/nowhere/journal"), "p").unwrap();
        let calls = counted(["create a", "upload a", "upload a"]);
        let (due, by_chance) = (points("create", &calls), vec![(calls[2].clone(), 1)]);
        journal.acts = vec![Noted { act: "create".into(), calls, by_chance, there: Vec::new() }];
        (journal, due)
    }

    #[test]
    fn a_point_that_was_not_tried_or_is_not_green_is_wrong() {
        let (mut journal, due) = journal();
        assert_eq!(Table::of(&journal, |_| true, true).wrong(), ["no point is green"]);
        for point in due.iter().filter(|point| **point != due[3]) {
            journal.done.insert(point.clone(), Outcome::Green);
        }
        assert_eq!(Table::of(&journal, |_| true, true).wrong(), [""; 0]);
        assert_eq!(Table::of(&journal, |_| true, false).wrong(), ["create: 5 of 6 points tried"]);
        let never = "create: 1 points never met, of calls that every faultless life has";
        for (outcome, wrong) in [(Outcome::Unmet, never), (Outcome::Red("left: a".into()), "create: 1 red")] {
            journal.done.insert(due[3].clone(), outcome);
            assert_eq!(Table::of(&journal, |_| true, false).wrong(), [wrong]);
        }
        assert_eq!(Table::of(&journal, |point| *point != due[3], false).wrong(), [""; 0]);
    }

    #[test]
    fn a_call_that_came_by_chance_is_tried_and_named_if_it_does_not_come_again() {
        let (mut journal, due) = journal();
        for point in &due[..5] {
            journal.done.insert(point.clone(), Outcome::Green);
        }
        assert_eq!(Table::of(&journal, |_| true, false).wrong(), ["create: 5 of 6 points tried"]);
        journal.done.insert(due[5].clone(), Outcome::Unmet);
        let table = Table::of(&journal, |_| true, false);
        assert_eq!(table.wrong(), [""; 0]);
        let told = "create: after upload a #2: not met in 8 lives: came in 1 of 3 faultless lives\n";
        assert!(table.to_string().ends_with(told), "{table}");
        assert!(table.to_string().contains("3 calls, 6 points due, 5 green, 1 not met"), "{table}");
        journal.done.insert(due[5].clone(), Outcome::Red("left: a".into()));
        assert_eq!(Table::of(&journal, |_| true, false).wrong(), ["create: 1 red"]);
    }

    #[test]
    fn a_repetition_that_does_not_come_again_is_named_though_every_faultless_life_has_it() {
        let (mut journal, due) = journal();
        journal.acts[0].by_chance.clear();
        due.iter().for_each(|point| drop(journal.done.insert(point.clone(), Outcome::Green)));
        journal.done.insert(due[4].clone(), Outcome::Unmet);
        let table = Table::of(&journal, |_| true, false);
        assert_eq!(table.wrong(), [""; 0]);
        assert!(table.to_string().contains("before upload a #2: not met in 8 lives: came in 3 of 3"), "{table}");
    }
}
