//! Lets faults begin, grow and end, machine by machine where they are struck or come back one after the other.

use super::{
    injected::{Injected, Phase, STEPS},
    strike::{Asked, Balancer, Dns, Instances, Link, Strike},
};
use crate::sim::{
    engine::{
        queue::{Event, FaultStage},
        trace::{Lane, Record, Weight},
    },
    world::World,
};
use ha_core::{fault::Fault, time::Timestamp, validate::Problem};
use std::time::Duration;

/// For so long before a link is congested is counted what passes it.
const MEASURED: Duration = Duration::from_secs(60);

impl Injected {
    /// Whether the store's name has no address now, or had none until now.
    fn empties_the_store(&self, now: Timestamp) -> bool {
        let emptied = matches!(self.strike, Strike::Dns(Asked::Store, Dns::Empty));
        emptied && (self.phase == Phase::AtWork || self.ends == Some(now))
    }
    /// The instant at which something must be counted before it strikes.
    fn measures_before(&self) -> Option<Timestamp> {
        matches!(self.strike, Strike::Link(_, Link::Congested(_))).then(|| self.at.back(MEASURED))
    }
}

impl World {
    /// Puts the beginning of every fault into the queue.
    pub fn schedule_faults(&mut self) {
        (self.faults.seed, self.faults.settle) = (self.seed, self.profile.api.settle);
        for index in 0..self.faults.all.len() {
            self.schedule_fault(index);
        }
    }
    /// Strikes with one more fault now, whatever its own time is; answers its number. It need not match anything: then
    /// it strikes nobody.
    pub fn strike(&mut self, fault: &Fault) -> Result<u32, Problem> {
        if self.faults.site.is_none() {
            self.faults.site = Some(self.wanted.clone());
        }
        (self.faults.seed, self.faults.settle) = (self.seed, self.profile.api.settle);
        let mut injected = self.faults.compile(fault)?;
        injected.ends = injected.ends.map(|end| self.now + end.since(injected.at));
        injected.at = self.now;
        self.faults.all.push(injected);
        let index = self.faults.all.len() - 1;
        let number = u32::try_from(index).unwrap_or(u32::MAX);
        self.fault_stage(number, FaultStage::Strike(0));
        self.settle();
        Ok(number)
    }
    /// The cause of a fault is gone now; who it struck comes back.
    pub fn heal(&mut self, fault: u32) {
        self.fault_stage(fault, FaultStage::End(0));
        if let Some(healed) = self.faults.all.get_mut(fault as usize).filter(|fault| fault.phase == Phase::Ahead) {
            healed.phase = Phase::Over;
        }
        self.settle();
    }
    /// The causes of all faults are gone now, those ahead included.
    pub fn heal_all(&mut self) {
        for fault in 0..u32::try_from(self.faults.all.len()).unwrap_or(u32::MAX) {
            self.heal(fault);
        }
    }
    pub(super) fn schedule_fault(&mut self, index: usize) {
        let fault = &self.faults.all[index];
        let (at, before) = (fault.at, fault.measures_before());
        self.push_stage(index, at, FaultStage::Strike(0));
        if let Some(before) = before {
            self.push_stage(index, before, FaultStage::Grow(0));
        }
    }
    /// Puts a stage of a fault into the queue.
    pub(super) fn push_stage(&mut self, index: usize, at: Timestamp, stage: FaultStage) {
        let number = u32::try_from(index).unwrap_or(u32::MAX);
        self.queue.push(at, Event::Fault(number, stage));
    }
    /// A fault begins, grows or ends.
    pub(crate) fn fault_stage(&mut self, fault: u32, stage: FaultStage) {
        let index = fault as usize;
        if index >= self.faults.all.len() {
            return;
        }
        self.faults.now = self.now;
        match stage {
            FaultStage::Strike(0) => self.fault_begins(index),
            FaultStage::Strike(nth) => self.strike_one(index, usize::from(nth) - 1),
            FaultStage::Grow(step) => self.fault_grows(index, step),
            FaultStage::End(0) => self.fault_ends(index),
            FaultStage::End(nth) => self.let_one_go(index, usize::from(nth) - 1),
        }
        self.interest();
    }

    fn fault_begins(&mut self, index: usize) {
        let machines = self.cloud.machines();
        let keeps_nothing = self.faults.all.iter().any(|fault| fault.empties_the_store(self.now));
        let fault = &mut self.faults.all[index];
        if fault.phase != Phase::Ahead {
            return;
        }
        (fault.phase, fault.memory.keeps_nothing) = (Phase::AtWork, keeps_nothing);
        if let Some(whom) = fault.strike.picks() {
            fault.memory.picked = whom.pick(self.faults.seed, &machines);
        }
        for machine in &machines {
            *fault.memory.sizes.entry(machine.pool.clone()).or_default() += 1;
        }
        let names: Vec<String> = fault.memory.picked.iter().filter_map(|number| name_of(&machines, *number)).collect();
        let (ends, ramp, story) = (fault.ends, fault.ramp, fault.begins(&names));
        self.tell_of(index, story);
        if let Some(ends) = ends {
            self.push_stage(index, ends, FaultStage::End(0));
        }
        if let Some(ramp) = ramp {
            for step in 1..=STEPS {
                let after = ramp.mul_f64(f64::from(step) / f64::from(STEPS));
                self.push_stage(index, self.now + after, FaultStage::Grow(step));
            }
        }
        self.strike_in_turn(index);
        self.fault_acts(index);
        self.refresh_for(index);
        let fault = &mut self.faults.all[index];
        let waits = fault.stagger.is_some() || matches!(fault.strike, Strike::Call(..));
        if fault.once && !waits {
            fault.phase = Phase::Over;
        }
    }
    /// Strikes the machines that were picked: at once, or evenly over the stagger.
    fn strike_in_turn(&mut self, index: usize) {
        let fault = &self.faults.all[index];
        let (count, stagger) = (fault.memory.picked.len(), fault.stagger);
        for nth in 0..count {
            match spread(stagger, nth, count) {
                Duration::ZERO => self.strike_one(index, nth),
                after => self.push_stage(index, self.now + after, FaultStage::Strike(turn(nth))),
            }
        }
    }
    /// Strikes one of the machines that were picked.
    fn strike_one(&mut self, index: usize, nth: usize) {
        let fault = &mut self.faults.all[index];
        let Some(machine) = fault.memory.picked.get(nth).copied().filter(|_| fault.phase == Phase::AtWork) else {
            return;
        };
        if fault.strike.kills() {
            fault.count(1);
            self.kill(index, machine);
        } else if fault.strike.holds() {
            fault.memory.struck.insert(machine);
            self.refresh_machine(index, machine);
        }
        let fault = &mut self.faults.all[index];
        if fault.once && nth + 1 == fault.memory.picked.len() {
            fault.phase = Phase::Over;
        }
    }
    fn fault_grows(&mut self, index: usize, step: u16) {
        let fault = &mut self.faults.all[index];
        if fault.ramp.is_some() {
            fault.grown = fault.grown.max(step);
        }
        if fault.at_work() || step == 0 {
            self.fault_watches(index);
            self.refresh_for(index);
        }
    }
    fn fault_ends(&mut self, index: usize) {
        let fault = &mut self.faults.all[index];
        if fault.phase != Phase::AtWork {
            return;
        }
        fault.phase = Phase::Over;
        let story = fault.over.clone();
        self.tell_of(index, story);
        self.fault_leaves(index);
        let fault = &self.faults.all[index];
        let (count, tail) = (fault.memory.picked.len(), fault.tail);
        // Shares are at most 1, so the product fits.
        let lost = (fault.lost * count as f64).round() as usize;
        for nth in 0..count {
            if nth + lost >= count {
                self.lose_one(index, nth);
            } else {
                match spread(tail, nth, count - lost) {
                    Duration::ZERO => self.let_one_go(index, nth),
                    after => self.push_stage(index, self.now + after, FaultStage::End(turn(nth))),
                }
            }
        }
        self.refresh_for(index);
    }
    /// One of those that were struck comes back.
    fn let_one_go(&mut self, index: usize, nth: usize) {
        let fault = &mut self.faults.all[index];
        if let Some(machine) = fault.memory.picked.get(nth).copied()
            && fault.memory.struck.remove(&machine)
        {
            self.refresh_machine(index, machine);
        }
    }
    /// One of those that were struck never comes back, nor do its disks.
    fn lose_one(&mut self, index: usize, nth: usize) {
        let fault = &mut self.faults.all[index];
        if let Some(machine) = fault.memory.picked.get(nth).copied()
            && fault.memory.struck.remove(&machine)
        {
            self.kill(index, machine);
        }
    }
    pub(super) fn kill(&mut self, index: usize, machine: u32) {
        let told = self.faults.all[index].told;
        self.with_cloud(told, |cloud, env| cloud.kill(env, machine));
    }
    fn refresh_machine(&mut self, index: usize, machine: u32) {
        let told = self.faults.all[index].told;
        self.with_cloud(told, |cloud, env| cloud.refresh(env, machine));
    }
    /// Writes what happened to a fault into the trace; later records can name it as their cause.
    pub(super) fn tell_of(&mut self, index: usize, what: String) {
        let cause = self.faults.all[index].told;
        let felt = self.faults.all[index].strike.is_felt();
        let (at, lane, weight) = (self.now, Lane::Fault, Weight::Decisive);
        let record = self.trace.add(Record { at, lane, weight, what, cause, one: None, felt });
        self.faults.all[index].told = Some(record);
    }
}

impl Strike {
    /// Whether who is struck dies.
    fn kills(&self) -> bool {
        match self {
            Self::Instances(_, instances) => *instances == Instances::Kill,
            // Those that run already when their release turns bad.
            Self::Release(..) => true,
            Self::Zone(..) | Self::Link(..) | Self::Boot(..) | Self::Capacity(..) | Self::Api(..) => false,
            Self::Balancer(..) | Self::Dns(..) | Self::Store(_) | Self::Clock(_) | Self::Controller(_) => false,
            Self::Operator(_) | Self::Call(..) | Self::View(..) | Self::Metrics(..) => false,
        }
    }
    /// Whether users can feel it by itself, not only by what the site does about it.
    pub(super) fn is_felt(&self) -> bool {
        match self {
            Self::Balancer(_, Balancer::NoServers(_)) => false,
            Self::Instances(..) | Self::Zone(..) | Self::Link(..) | Self::Balancer(..) | Self::Dns(..) => true,
            Self::Release(..) | Self::Operator(_) => true,
            Self::Boot(..) | Self::Capacity(..) | Self::Api(..) | Self::Store(_) | Self::Clock(_) => false,
            Self::Controller(_) | Self::Call(..) | Self::View(..) | Self::Metrics(..) => false,
        }
    }
    /// Whether who is struck stays so until it is let go.
    fn holds(&self) -> bool {
        matches!(self, Self::Instances(..) | Self::Zone(..))
    }
}

/// The number of a stage for the nth of those picked: 0 is the fault's own.
pub(super) fn turn(nth: usize) -> u16 {
    u16::try_from(nth + 1).unwrap_or(u16::MAX)
}

/// When, within a span, the nth of so many is struck or comes back: the first at once, the last at its end.
fn spread(span: Option<Duration>, nth: usize, count: usize) -> Duration {
    let share = if count > 1 { nth as f64 / (count - 1) as f64 } else { 0.0 };
    span.map_or(Duration::ZERO, |span| span.mul_f64(share))
}

fn name_of(machines: &[crate::sim::cloud::Machine<'_>], number: u32) -> Option<String> {
    machines.iter().find(|machine| machine.number == number).map(|machine| machine.name.to_string())
}
