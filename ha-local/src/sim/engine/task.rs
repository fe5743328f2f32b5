//! Who runs in a simulation: controllers, keepers and the user's own code, each with its clock, turn and rest.

use super::{
    call::CallId,
    draw::{as_below, join, who},
};
use ha_core::{
    backend::{Operation, Resource, Rest, Scope},
    name::PoolName,
    time::{Timestamp, nanos},
    topology::ValidTopology,
};
use std::{collections::BTreeMap, time::Duration};

/// What a task does.
#[derive(Clone, Debug, PartialEq)]
pub enum TaskKind {
    /// Our loop; with a topology of its own, or with the one that is wanted now.
    Controller(Option<ValidTopology>),
    /// The provider's keeper of a pool.
    Keeper(Scope, PoolName),
    /// The user's own code.
    Own(String),
}

/// How a task's clock is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ClockError {
    /// By how much it is set wrong, in ns.
    pub offset_ns: i64,
    /// By how much it had run too far at `since`, in ns.
    pub ran_ns: i64,
    /// How much too fast it runs, in millionths.
    pub ppm: i64,
    /// Since when it runs so.
    pub since: Timestamp,
}

impl ClockError {
    /// A clock that runs well and is set wrong by so many ns.
    pub fn set(offset_ns: i64) -> Self {
        Self { offset_ns, ..Self::default() }
    }
    /// How far the clock is off now, in ns.
    pub fn at(self, now: Timestamp) -> i64 {
        self.offset_ns.saturating_add(self.ran(now))
    }
    /// By how much it has run too far, in ns: what does not come of being set.
    fn ran(self, now: Timestamp) -> i64 {
        let run = i128::from(now.0.saturating_sub(self.since.0)) * i128::from(self.ppm) / 1_000_000;
        self.ran_ns.saturating_add(i64::try_from(run).unwrap_or(i64::MAX))
    }
    /// What the clock shows.
    pub fn shows(self, now: Timestamp) -> Timestamp {
        Timestamp(now.0.saturating_add_signed(self.at(now)))
    }
    /// What it would show if nobody had ever set it: that only ever goes on.
    pub fn elapsed(self, now: Timestamp) -> Timestamp {
        Timestamp(now.0.saturating_add_signed(self.ran(now)))
    }
    /// The same clock, set so many ns further ahead and running faster by so many millionths from now on.
    pub fn turned(self, now: Timestamp, ns: i64, ppm: i64) -> Self {
        let (offset_ns, ppm) = (self.offset_ns.saturating_add(ns), self.ppm.saturating_add(ppm));
        Self { offset_ns, ran_ns: self.ran(now), ppm, since: now }
    }
    /// How long a wait of `duration` on this clock takes.
    pub fn lasts(self, duration: Duration) -> Duration {
        let true_ns = i128::from(nanos(duration)) * 1_000_000 / i128::from(1_000_000 + self.ppm.max(-900_000));
        Duration::from_nanos(u64::try_from(true_ns).unwrap_or(u64::MAX))
    }
}

/// A task that waits for its next turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resting {
    /// The timer that ends it.
    pub timer: u64,
    /// How it waits.
    pub rest: Rest,
    /// Whether its end is in the queue already.
    pub armed: bool,
}

/// One task.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskRecord {
    /// What it does.
    pub kind: TaskKind,
    /// When its present turn began.
    pub turn: Timestamp,
    /// The version of its pool that a keeper last looked at.
    pub looked: u64,
    /// Names it in draws: the same whatever other tasks there are, and for whoever takes a dead one's place.
    pub key: u64,
    /// How it waits, if it does.
    pub resting: Option<Resting>,
    /// How its clock is wrong.
    pub clock: ClockError,
    /// It crashed or ended: what it still sends is not sent.
    pub dead: bool,
    /// It is stopped in the middle of what it does.
    pub paused: bool,
}

impl TaskKind {
    /// The kind as a number for draws.
    fn key(&self) -> u64 {
        match self {
            Self::Controller(_) => who("controller"),
            Self::Keeper(scope, pool) => who(&format!("keeper {scope} {pool}")),
            Self::Own(name) => who(name),
        }
    }
}

/// All tasks there ever were in a run, by number.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Tasks {
    records: Vec<TaskRecord>,
    asked: BTreeMap<(u32, Operation, Resource), u32>,
    timers: u64,
}

impl Tasks {
    /// Adds a task and answers its number.
    pub fn add(&mut self, kind: TaskKind, now: Timestamp, clock: ClockError) -> u32 {
        let number = u32::try_from(self.records.len()).unwrap_or(u32::MAX);
        let key = self.key_of_one_more(&kind);
        self.records.push(TaskRecord {
            kind,
            turn: now,
            looked: 0,
            key,
            resting: None,
            clock,
            dead: false,
            paused: false,
        });
        number
    }
    /// The first of the keys of this kind that no living task has.
    fn key_of_one_more(&self, kind: &TaskKind) -> u64 {
        let taken: Vec<u64> = self.living().map(|(_, record)| record.key).collect();
        let keys = (0..).map(|nth| join(kind.key(), nth));
        keys.into_iter().find(|key| !taken.contains(key)).unwrap_or_default()
    }
    /// The task of this number.
    pub fn get(&self, task: u32) -> Option<&TaskRecord> {
        self.records.get(task as usize)
    }
    /// The task of this number.
    pub fn get_mut(&mut self, task: u32) -> Option<&mut TaskRecord> {
        self.records.get_mut(task as usize)
    }
    /// All living tasks.
    pub fn living(&self) -> impl Iterator<Item = (u32, &TaskRecord)> {
        (0u32..).zip(&self.records).filter(|(_, record)| !record.dead)
    }
    /// The living controllers, oldest first.
    pub fn controllers(&self) -> Vec<u32> {
        self.living()
            .filter(|(_, task)| matches!(task.kind, TaskKind::Controller(_)))
            .map(|(number, _)| number)
            .collect()
    }
    /// A fresh number for a timer.
    pub fn timer(&mut self) -> u64 {
        self.timers += 1;
        self.timers
    }
    /// The identity of a call that this task sends now.
    pub fn call_id(&mut self, task: u32, operation: Operation, resource: Resource) -> CallId {
        let nth = self.asked.entry((task, operation, resource.clone())).or_default();
        let TaskRecord { key: caller, turn, .. } = self.records[task as usize];
        let id = CallId { task, caller, turn, operation, resource, nth: *nth };
        *nth += 1;
        id
    }
    /// A task's turn begins: its calls are counted anew.
    pub fn begin_turn(&mut self, task: u32, now: Timestamp) {
        self.asked.retain(|(asked_by, _, _), _| *asked_by != task);
        if let Some(record) = self.get_mut(task) {
            record.turn = now;
            record.resting = None;
        }
    }
    /// Ends a task; answers what it did, if it lived.
    pub fn end(&mut self, task: u32) -> Option<TaskKind> {
        self.asked.retain(|(asked_by, _, _), _| *asked_by != task);
        let record = self.get_mut(task).filter(|record| !record.dead)?;
        record.dead = true;
        record.resting = None;
        Some(record.kind.clone())
    }
}

/// The next instant after `now` of a grid with this period, whose offset these bits of chance say: what happens at round
/// times, as faults do, coincides with nothing that repeats.
pub fn grid(now: Timestamp, period: Duration, bits: u64) -> Timestamp {
    let period = nanos(period).max(1);
    let offset = as_below(bits, period);
    let passed = (now.0.saturating_add(period) - offset) / period;
    Timestamp(passed.saturating_mul(period).saturating_add(offset))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_begin_on_a_fixed_grid() {
        let period = Duration::from_secs(30);
        let (none, third) = (0, u64::MAX / 3 + 1);
        for (now, offset, next) in [(0, none, 30), (29, none, 30), (30, none, 60), (0, third, 10), (10, third, 40)] {
            assert_eq!(grid(Timestamp::from_secs(now), period, offset), Timestamp::from_secs(next), "{now}");
        }
    }

    #[test]
    fn whoever_takes_the_place_of_a_dead_task_has_its_draws() {
        let (mut tasks, now) = (Tasks::default(), Timestamp::ZERO);
        let start = |tasks: &mut Tasks| tasks.add(TaskKind::Controller(None), now, ClockError::default());
        let (first, second) = (start(&mut tasks), start(&mut tasks));
        let key = |tasks: &Tasks, task| tasks.get(task).unwrap().key;
        assert_ne!(key(&tasks, first), key(&tasks, second));
        tasks.end(first);
        let third = start(&mut tasks);
        assert_eq!(key(&tasks, third), key(&tasks, first));
    }

    #[test]
    fn a_fast_clock_shows_more_and_waits_less() {
        let fast = ClockError { offset_ns: 10, ran_ns: 0, ppm: 1000, since: Timestamp::from_secs(10) };
        assert_eq!(fast.shows(Timestamp::from_secs(20)), Timestamp(20_010_000_010));
        assert_eq!(fast.lasts(Duration::from_secs(1001)), Duration::from_secs(1000));
    }

    #[test]
    fn a_clock_that_is_set_shows_another_time_and_no_more_has_elapsed() {
        let at = Timestamp::from_secs;
        let fast = ClockError::default().turned(at(1000), 0, 10_000);
        assert_eq!((fast.shows(at(1100)), fast.elapsed(at(1100))), (at(1101), at(1101)));
        let set_back = fast.turned(at(1100), -90_000_000_000, 0);
        assert_eq!((set_back.shows(at(1200)), set_back.elapsed(at(1200))), (at(1112), at(1202)));
        let let_go = set_back.turned(at(1200), 0, -10_000);
        assert_eq!((let_go.shows(at(1300)), let_go.elapsed(at(1300))), (at(1212), at(1302)));
    }
}
