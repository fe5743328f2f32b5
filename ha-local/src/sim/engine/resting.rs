//! Sleeps, and rests between turns: nothing runs that cannot change anything.

use super::{
    call::{CallId, Effect, Outcome},
    draw::Purpose,
    queue::Event,
    sending::Fate,
    task::{Resting, TaskKind, TaskRecord, grid},
    wait::WaitKey,
};
use crate::sim::world::World;
use ha_core::{backend::Rest, time::Timestamp};
use std::time::Duration;

/// How long a keeper waits after an order that failed.
const KEEPER_RETRY: Duration = Duration::from_secs(10);

impl World {
    /// What a task's clock shows.
    pub fn shown(&self, task: u32) -> Timestamp {
        self.tasks.get(task).map_or(self.now, |record| record.clock.shows(self.now))
    }
    /// What has elapsed on a task's clock.
    pub fn elapsed(&self, task: u32) -> Duration {
        let elapsed = self.tasks.get(task).map_or(self.now, |record| record.clock.elapsed(self.now));
        elapsed.since(Timestamp::ZERO)
    }
    /// A task sleeps; answers the timer that ends it.
    pub(crate) fn sleep(&mut self, task: u32, duration: Duration) -> u64 {
        let lasts = self.tasks.get(task).map_or(duration, |record| record.clock.lasts(duration));
        let timer = self.new_timer();
        self.queue.push(self.now + lasts, Event::Timer(timer));
        timer
    }
    /// A controller rests until its next turn: on the grid of its period, or when the plan could differ. A quiet one is
    /// taken up again only when something changes that its turn reads.
    pub(crate) fn rest(&mut self, task: u32, rest: Rest) -> u64 {
        let timer = self.new_timer();
        let due = self.next_turn(task, rest.period);
        let ahead = self.tasks.get(task).map_or(0, |record| record.clock.at(self.now));
        let on_own_clock = rest.due(self.shown(task));
        let look_again = on_own_clock.map(|at| Timestamp(at.0.saturating_add_signed(-ahead)).max(self.now));
        let may_skip = rest.quiet && self.may_skip(task, rest.period);
        let next = if may_skip { look_again } else { Some(look_again.map_or(due, |at| at.min(due))) };
        if let Some(at) = next {
            self.queue.push(at, Event::Timer(timer));
        }
        if let Some(record) = self.tasks.get_mut(task) {
            record.resting = Some(Resting { timer, rest, armed: !may_skip });
        }
        timer
    }
    /// A keeper rests until its pool changes, until `look_again`, or a while after a failure.
    pub(crate) fn rest_keeper(&mut self, task: u32, look_again: Option<Timestamp>, failed: bool) -> u64 {
        let timer = self.new_timer();
        let retry = failed.then(|| self.now + KEEPER_RETRY);
        let (key, looked) = self.tasks.get(task).map_or((0, 0), |record| (record.key, record.looked));
        let reaction = self.profile.keeper.reaction.at(self.seed.unit(Purpose::Delay, key, looked));
        let rest = Rest { period: reaction, look_again, quiet: !failed };
        // What changed after it looked is not slept through.
        let changed = self.tasks.get(task).is_some_and(|record| self.has_news(record));
        let react = changed.then(|| self.now + reaction);
        if let Some(at) = look_again.into_iter().chain(retry).chain(react).min() {
            self.queue.push(at.max(self.now), Event::Timer(timer));
        }
        if let Some(record) = self.tasks.get_mut(task) {
            record.resting = Some(Resting { timer, rest, armed: failed || changed });
        }
        timer
    }
    /// A task's next turn begins now.
    pub(crate) fn begin_turn(&mut self, task: u32) {
        self.tasks.begin_turn(task, self.now);
    }
    pub(crate) fn ring(&mut self, timer: u64) {
        if let Some(rang) = self.timers.get_mut(&timer) {
            *rang = true;
            self.attention.woken.push(WaitKey::Timer(timer));
        }
    }
    fn new_timer(&mut self) -> u64 {
        let timer = self.tasks.timer();
        self.timers.insert(timer, false);
        timer
    }
    /// Whoever rests quietly looks again at its next instant.
    pub(crate) fn wake_resting(&mut self) {
        let unarmed = self.tasks.living().filter_map(|(task, record)| Some((task, record, record.resting?)));
        let resting: Vec<(u32, Resting, bool)> = unarmed
            .filter(|(_, record, resting)| !resting.armed && self.has_news(record))
            .map(|(task, record, resting)| (task, resting, matches!(record.kind, TaskKind::Keeper(..))))
            .collect();
        for (task, resting, keeper) in resting {
            let period = resting.rest.period;
            let at = if keeper { self.now + period } else { self.next_turn(task, period) };
            self.queue.push(at, Event::Timer(resting.timer));
            if let Some(record) = self.tasks.get_mut(task) {
                record.resting = Some(Resting { armed: true, ..resting });
            }
        }
    }
    /// Whether something changed that this task reads: a keeper reads its pool and nothing else.
    fn has_news(&self, record: &TaskRecord) -> bool {
        match &record.kind {
            TaskKind::Keeper(scope, pool) => self.cloud.pool_version(scope, pool) != record.looked,
            TaskKind::Controller(_) | TaskKind::Own(_) => true,
        }
    }
    /// When a task that takes a turn each period takes its next one.
    fn next_turn(&self, task: u32, period: Duration) -> Timestamp {
        let key = self.tasks.get(task).map_or(0, |record| record.key);
        grid(self.now, period, self.seed.bits(Purpose::Offset, key, 0))
    }
    /// Whether a turn that saw nothing to do would see the same again: nothing changed that it may not have seen, no
    /// fault deceives or disturbs calls, and nobody else acts.
    fn may_skip(&self, task: u32, period: Duration) -> bool {
        !self.run_everything
            && self.limits_forget_within(period)
            && self.tasks.get(task).is_some_and(|record| record.turn > self.changed_at() + self.profile.api.settle)
            && !self.faults.disturbs_calls(self.now)
            && self.tasks.controllers().len() < 2
    }
    /// What becomes of a call that is sent now.
    pub(crate) fn fate(&mut self, id: &CallId, effect: Effect) -> Fate {
        let keeper = self.tasks.get(id.task).is_some_and(|record| matches!(record.kind, TaskKind::Keeper(..)));
        self.faults.call(self.now, id, effect, keeper)
    }
    /// Counts and records a call; answers the record of the trace that led to it.
    pub(crate) fn note_sent(&mut self, id: &CallId, effect: Effect, outcome: &Outcome, dead: bool) -> Option<usize> {
        let ours = self.tasks.get(id.task).is_some_and(|record| matches!(record.kind, TaskKind::Controller(_)));
        if ours && !dead {
            if matches!(effect, Effect::Write { .. })
                && !id.operation.0.starts_with("store.")
                && self.now >= self.origin
            {
                self.counts.mutating += 1;
            }
            if let Some(recorded) = &mut self.counts.recorded {
                recorded.push((id.clone(), effect));
            }
        }
        if !dead && *outcome != Outcome::Normal {
            *self.counts.outcomes.entry(outcome.name()).or_default() += 1;
        }
        self.causes.get(&id.resource.to_string()).copied()
    }
}
