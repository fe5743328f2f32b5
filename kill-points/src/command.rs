//! The command: what it is asked, and lives at work until every point that is asked for was tried.

use crate::{
    Failed, faultless,
    journal::{Journal, Noted, Outcome},
    life::Life,
    point::{Point, Shard, digest, points, spread},
    table::Table,
};
use lexopt::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

/// What a program's command is about.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The words with which the program is started, before those of a life's processes.
    pub words: Vec<String>,
    /// The acts of a life, in their order.
    pub acts: &'static [&'static str],
    /// Lives at once, if nothing else is asked for.
    pub threads: usize,
    /// Where the results are kept.
    pub journal: PathBuf,
    /// Where lives are lived.
    pub folder: PathBuf,
    /// Which program it is: results of another do not count.
    pub program: String,
}

/// The options, for people.
const HELP: &str = "\
  --shard I/N    the I-th of N parts of all points
  --most 5m      so long (s, m, h), on points spread evenly over all, others for each commit
  --act NAME     the points of one act only
  --only TEXT    the points only that have this text in their names
  --threads N    lives at once
  --anew         forgets the results that there are
Results are kept and what is done is not done again; a run may be stopped at any time.
";

/// A point whose call did not come is tried in so many lives.
pub(crate) const LIVES: usize = 8;

/// What is asked of the command.
#[derive(Debug, Default)]
struct Asked {
    shard: Option<Shard>,
    most: Option<Duration>,
    act: Option<String>,
    only: Option<String>,
    threads: Option<usize>,
    anew: bool,
}

impl Asked {
    fn wants(&self, point: &Point) -> bool {
        self.shard.is_none_or(|shard| shard.has(point))
            && self.act.as_ref().is_none_or(|act| *act == point.act)
            && self.only.as_ref().is_none_or(|text| point.to_string().contains(text))
    }

    /// So many lives are lived at once.
    fn at_once(&self, setup: &Setup) -> usize {
        self.threads.unwrap_or(setup.threads).max(1)
    }
}

/// Tries every point that is asked for, prints the table, and fails unless all is as it should be.
pub fn run(setup: &Setup, arguments: &[String]) -> Result<(), Failed> {
    let asked = read(arguments).map_err(|error| Failed(format!("{error}\n\n{HELP}")))?;
    if asked.anew {
        // That it is not there is as good.
        let _ = std::fs::remove_file(&setup.journal);
    }
    Life::sweep(&setup.words, &setup.folder)?;
    let mut journal = Journal::open(&setup.journal, &setup.program)?;
    let begun = Instant::now();
    if journal.acts.is_empty() {
        journal.note(faultless::live(setup, asked.at_once(setup))?)?;
        println!("{} faultless lives took {:.1} s", faultless::LIVES, begun.elapsed().as_secs_f64());
    }
    two_for_each(&journal.acts)?;
    let deadline = asked.most.map(|most| begun + most);
    let work = Work::new(setup, journal, &asked, deadline);
    thread::scope(|scope| {
        let lives: Vec<_> = (0..asked.at_once(setup)).map(|_| scope.spawn(|| work.live())).collect();
        lives.into_iter().try_for_each(|life| match life.join() {
            Ok(ended) => ended,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    })?;
    let journal = work.state.into_inner().unwrap_or_else(PoisonError::into_inner).journal;
    let table = Table::of(&journal, |point| asked.wants(point), asked.most.is_some());
    print!("{table}");
    println!("{:.0} s; results: {}", begun.elapsed().as_secs_f64(), setup.journal.display());
    let wrong = table.wrong();
    if wrong.is_empty() { Ok(()) } else { Err(Failed(wrong.join("; "))) }
}

/// Each call that was noted has two points, which no other has.
fn two_for_each(acts: &[Noted]) -> Result<(), Failed> {
    let calls: usize = acts.iter().map(|noted| noted.calls.len()).sum();
    let all: BTreeSet<Point> = acts.iter().flat_map(|noted| points(&noted.act, &noted.calls)).collect();
    match all.len() == 2 * calls {
        true => Ok(()),
        false => Err(Failed(format!("{} points for {calls} calls: want two for each", all.len()))),
    }
}

/// The work of all threads.
struct Work<'a> {
    setup: &'a Setup,
    acts: Vec<Noted>,
    deadline: Option<Instant>,
    state: Mutex<State>,
}

struct State {
    journal: Journal,
    /// For each act the points to be tried, and in how many lives they were.
    waiting: BTreeMap<String, VecDeque<(Point, usize)>>,
    longest: Duration,
}

impl<'a> Work<'a> {
    fn new(setup: &'a Setup, journal: Journal, asked: &Asked, deadline: Option<Instant>) -> Self {
        let by = digest(&setup.program);
        let waiting = journal.acts.iter().map(|noted| {
            let mut due = points(&noted.act, &noted.calls);
            due.retain(|point| asked.wants(point) && !journal.done.contains_key(point));
            let due = if deadline.is_some() { spread(due, by) } else { due };
            (noted.act.clone(), due.into_iter().map(|point| (point, 0)).collect())
        });
        let (waiting, acts) = (waiting.collect(), journal.acts.clone());
        Self { setup, acts, deadline, state: Mutex::new(State { journal, waiting, longest: Duration::ZERO }) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lives until nothing is left to try, or there is no time for another life.
    fn live(&self) -> Result<(), Failed> {
        loop {
            let mut state = self.lock();
            let late = self.deadline.is_some_and(|deadline| Instant::now() + state.longest > deadline);
            let taken: BTreeMap<String, (Point, usize)> = match late {
                true => BTreeMap::new(),
                false => state
                    .waiting
                    .iter_mut()
                    .filter_map(|(act, waiting)| Some((act.clone(), waiting.pop_front()?)))
                    .collect(),
            };
            drop(state);
            if taken.is_empty() {
                return Ok(());
            }
            let begun = Instant::now();
            self.one(taken)?;
            let mut state = self.lock();
            state.longest = state.longest.max(begun.elapsed());
        }
    }

    /// One life with these points.
    fn one(&self, mut taken: BTreeMap<String, (Point, usize)>) -> Result<(), Failed> {
        let mut life = Life::begin(&self.setup.words, &self.setup.folder)?;
        for noted in &self.acts {
            let point = taken.remove(&noted.act);
            let ended = life.act(noted, point.as_ref().map(|(point, _)| point))?;
            let red = matches!(ended, Some(Outcome::Red(_)));
            match (point, ended) {
                (Some((point, lives)), None) => self.unmet(point, lives + 1)?,
                (Some((point, _)), Some(outcome)) => self.end(point, outcome)?,
                (None, Some(Outcome::Red(why))) => println!("{} without a fault, after others: {why}", noted.act),
                (None, _) => {}
            }
            // What comes after a red act says nothing; without points nothing is asked of what follows.
            if red || taken.is_empty() {
                break;
            }
        }
        for (act, point) in taken {
            self.lock().waiting.entry(act).or_default().push_front(point);
        }
        life.end()
    }

    fn unmet(&self, point: Point, lives: usize) -> Result<(), Failed> {
        if lives >= LIVES {
            return self.end(point, Outcome::Unmet);
        }
        self.lock().waiting.entry(point.act.clone()).or_default().push_back((point, lives));
        Ok(())
    }

    fn end(&self, point: Point, outcome: Outcome) -> Result<(), Failed> {
        let mut state = self.lock();
        let left: usize = state.waiting.values().map(VecDeque::len).sum();
        match &outcome {
            Outcome::Green => println!("green  {point} ({left} wait)"),
            Outcome::Unmet => println!("unmet  {point}"),
            Outcome::Red(why) => println!("RED    {point}\n       {why}"),
        }
        state.journal.end(point, outcome)
    }
}

fn read(arguments: &[String]) -> Result<Asked, lexopt::Error> {
    let mut asked = Asked::default();
    let mut parser = lexopt::Parser::from_args(arguments);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("shard") => asked.shard = Some(parser.value()?.parse()?),
            Long("most") => asked.most = Some(parser.value()?.parse_with(duration)?),
            Long("act") => asked.act = Some(parser.value()?.string()?),
            Long("only") => asked.only = Some(parser.value()?.string()?),
            Long("threads") => asked.threads = Some(parser.value()?.parse()?),
            Long("anew") => asked.anew = true,
            other @ (Short(_) | Long(_) | Value(_)) => return Err(other.unexpected()),
        }
    }
    Ok(asked)
}

fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no time: write 90s, 5m or 1h");
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        _ => return Err(wrong()),
    };
    let count: u64 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    Ok(Duration::from_secs(count.saturating_mul(seconds)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_points_are_wanted_for_each_call() {
        let noted = |calls| vec![Noted { act: "create".into(), calls, by_chance: Vec::new(), there: Vec::new() }];
        let calls = crate::point::counted(["create a", "start a", "start a"]);
        assert!(two_for_each(&noted(calls.clone())).is_ok());
        let twice = [calls.clone(), calls].concat();
        assert_eq!(two_for_each(&noted(twice)).unwrap_err().0, "6 points for 6 calls: want two for each");
    }

    #[test]
    fn what_is_asked_is_read_and_what_is_wrong_is_told() {
        let read = |text: &str| read(&text.split(' ').map(str::to_owned).collect::<Vec<_>>());
        let asked = read("--shard 2/3 --most 5m --act release").unwrap();
        assert_eq!(asked.most, Some(Duration::from_secs(300)));
        assert!(asked.shard.is_some() && asked.act.as_deref() == Some("release"));
        for wrong in ["--most 5", "--most ä", "--shard 4/3", "--threads x", "--acts a", "create"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
