//! Faults of our own loop and of its clock.

use super::strike::{Clock, Controller, Strike};
use crate::sim::{
    engine::task::{ClockError, TaskKind},
    world::World,
};

impl World {
    pub(super) fn controller_strikes(&mut self, index: usize, controller: Controller) {
        let living = self.tasks.controllers();
        match controller {
            Controller::Down => {
                for task in living {
                    let clock = self.tasks.get(task).map(|record| record.clock).unwrap_or_default();
                    if let Some(kind) = self.stop(task) {
                        self.faults.all[index].memory.stopped.push((kind, clock));
                    }
                }
                let stopped = self.faults.all[index].memory.stopped.len();
                self.faults.all[index].count(stopped as u64);
            }
            Controller::Pause => {
                for task in &living {
                    if let Some(record) = self.tasks.get_mut(*task) {
                        record.paused = true;
                    }
                }
                self.faults.all[index].count(living.len() as u64);
                self.faults.all[index].memory.tasks = living;
            }
            Controller::Second => {
                if let Some(site) = self.faults.site.clone() {
                    self.start(TaskKind::Controller(Some(site)), self.now, ClockError::default());
                    self.faults.all[index].count(1);
                }
            }
        }
    }
    pub(super) fn controller_is_let_go(&mut self, index: usize, controller: Controller) {
        match controller {
            Controller::Down => {
                let stopped = std::mem::take(&mut self.faults.all[index].memory.stopped);
                // What is off stays off until the last fault ends.
                let other = self
                    .faults
                    .all
                    .iter_mut()
                    .find(|fault| fault.at_work() && matches!(fault.strike, Strike::Controller(Controller::Down)));
                match other {
                    Some(other) => other.memory.stopped.extend(stopped),
                    None => {
                        for (kind, clock) in stopped {
                            self.start(kind, self.now, clock);
                        }
                    }
                }
            }
            Controller::Pause => {
                let held: Vec<u32> = self.faults.working().flat_map(|fault| fault.memory.tasks.clone()).collect();
                for task in std::mem::take(&mut self.faults.all[index].memory.tasks) {
                    if let Some(record) = self.tasks.get_mut(task).filter(|_| !held.contains(&task)) {
                        record.paused = false;
                    }
                }
                self.attention.resumed = true;
            }
            Controller::Second => self.the_second_ends(),
        }
    }
    /// The second controller is no more; one that is down meanwhile does not come back.
    fn the_second_ends(&mut self) {
        let is_second = |kind: &TaskKind| matches!(kind, TaskKind::Controller(Some(_)));
        let last = self.tasks.living().filter(|(_, task)| is_second(&task.kind)).last().map(|(task, _)| task);
        if let Some(task) = last {
            self.stop(task);
            return;
        }
        for fault in &mut self.faults.all {
            let stopped = &mut fault.memory.stopped;
            if let Some(index) = stopped.iter().rposition(|(kind, _)| is_second(kind)) {
                stopped.remove(index);
                return;
            }
        }
    }
    pub(super) fn clock_strikes(&mut self, index: usize, clock: Clock) {
        let living = self.tasks.controllers();
        self.faults.all[index].count(living.len() as u64);
        match clock {
            Clock::Jump(ns) => self.turn_clocks(ns, 0),
            Clock::Drift(ppm) => self.turn_clocks(0, ppm),
        }
    }
    /// The error stays; it grows no more.
    pub(super) fn clock_is_let_go(&mut self, clock: Clock) {
        match clock {
            Clock::Jump(_) => {}
            Clock::Drift(ppm) => self.turn_clocks(0, -ppm),
        }
    }
    fn turn_clocks(&mut self, ns: i64, ppm: i64) {
        let now = self.now;
        for task in self.tasks.controllers() {
            if let Some(record) = self.tasks.get_mut(task) {
                record.clock = record.clock.turned(now, ns, ppm);
            }
        }
        // A loop that is down has its clock still.
        for fault in &mut self.faults.all {
            for (_, clock) in &mut fault.memory.stopped {
                *clock = clock.turned(now, ns, ppm);
            }
        }
    }
}
