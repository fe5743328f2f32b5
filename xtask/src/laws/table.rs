//! The table of laws: means, differences, and how many standard errors they are from nothing.

use ha_core::validate::Problems;
use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// A mean and its error, one number after the other.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Means {
    count: f64,
    sum: f64,
    squares: f64,
}

impl Means {
    /// Of these numbers.
    pub fn of(numbers: impl Iterator<Item = f64>) -> Self {
        numbers.fold(Self::default(), |means, number| Self {
            count: means.count + 1.0,
            sum: means.sum + number,
            squares: means.squares + number * number,
        })
    }
    /// The mean.
    pub fn mean(&self) -> f64 {
        self.sum / self.count.max(1.0)
    }
    /// The standard error of the mean.
    pub fn error(&self) -> f64 {
        let spread = (self.squares - self.sum * self.mean()) / (self.count - 1.0).max(1.0);
        (spread.max(0.0) / self.count.max(1.0)).sqrt()
    }
}

/// A law as it was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub name: String,
    pub less: f64,
    pub more: f64,
    pub difference: Means,
    pub expected: Expected,
}

/// What the difference of a law must be, within three standard errors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Expected {
    /// Anything, but not the other way round.
    NotLess,
    /// Beyond the errors.
    More,
    /// So much.
    By(f64),
}

impl Line {
    /// Whether the difference is what it must be, within three standard errors.
    pub fn holds(&self) -> bool {
        let (mean, slack) = (self.difference.mean(), 3.0 * self.difference.error() + 1e-9);
        match self.expected {
            // A bucket is a minute, so that a dip is exact to one.
            Expected::By(by) => (mean - by).abs() <= 60.0 + slack,
            Expected::NotLess => mean >= -slack,
            Expected::More => mean > slack,
        }
    }
}

/// Does this for each, on all cores; in the order of the items.
pub fn over_threads<T: Sync, R: Send>(
    items: &[T],
    work: impl Fn(&T) -> Result<R, Problems> + Sync,
) -> Result<Vec<R>, Problems> {
    let (next, found) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let work_on = || {
        while let nth = next.fetch_add(1, Ordering::Relaxed)
            && let Some(item) = items.get(nth)
        {
            let result = work(item);
            found.lock().unwrap_or_else(PoisonError::into_inner).push((nth, result));
        }
    };
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(work_on);
        }
    });
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.sort_by_key(|(nth, _)| *nth);
    found.into_iter().map(|(_, result)| result).collect()
}

/// Prints the table.
pub fn print(lines: &[Line], seeds: u64) {
    say!("{:<62} {:>11} {:>11} {:>11} {:>9}", format!("law ({seeds} seeds)"), "less", "more", "difference", "+-");
    for line in lines {
        let (mean, error) = (line.difference.mean(), line.difference.error());
        let verdict = if line.holds() { "" } else { "  BROKEN" };
        say!("{:<62} {:>11.1} {:>11.1} {:>11.1} {:>9.1}{verdict}", line.name, line.less, line.more, mean, error);
    }
}
