//! One fault of a run: what it does, when, how far it is, and what it must remember until it is over.

use super::{
    Subject,
    strike::{Bad, Instances, Runs, Strike, Zone},
    way::Crossing,
};
use crate::sim::engine::{
    draw::{join, who},
    task::{ClockError, TaskKind},
};
use ha_core::{
    name::{PoolName, Release},
    time::Timestamp,
};
use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// In how many steps a strength grows over its ramp.
pub(super) const STEPS: u16 = 10;

/// Where a fault is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// It has not struck.
    Ahead,
    /// Its cause is there.
    AtWork,
    /// Its cause is gone; who it struck may still be coming back.
    Over,
}

/// One fault of a run.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Injected {
    pub effect: &'static str,
    /// The selector, as it is written.
    pub target: String,
    /// The same, as people say it.
    pub whom: String,
    /// What is told of it, as people say it.
    pub words: String,
    /// What is told when its cause is gone.
    pub over: String,
    pub strike: Strike,
    /// Names those it strikes in draws: a function of the record's id and the selector.
    pub key: u64,
    pub at: Timestamp,
    pub ends: Option<Timestamp>,
    pub once: bool,
    pub ramp: Option<Duration>,
    pub stagger: Option<Duration>,
    pub tail: Option<Duration>,
    pub lost: f64,
    pub phase: Phase,
    /// How many steps of its ramp it has grown.
    pub grown: u16,
    pub memory: Memory,
    /// The record of the trace that told of it last.
    pub told: Option<usize>,
    /// How often it changed something.
    pub consequences: Cell<u64>,
}

/// What a fault must remember until it is over.
#[derive(Clone, Debug, PartialEq, Default)]
pub(super) struct Memory {
    /// The machines that it picked, in the order in which it strikes them.
    pub picked: Vec<u32>,
    /// Of these, those struck now.
    pub struck: BTreeSet<u32>,
    /// The releases that are bad.
    pub runs: Vec<(PoolName, Release)>,
    /// The releases before those.
    pub replaced: Vec<(PoolName, Release)>,
    /// Releases that a later one's schema has made bad.
    pub spoiled: Vec<(PoolName, Release)>,
    /// The size of each pool when it struck.
    pub sizes: BTreeMap<PoolName, u32>,
    /// Calls that have matched since.
    pub matched: u32,
    /// The controllers that it stopped.
    pub stopped: Vec<(TaskKind, ClockError)>,
    /// The tasks that it paused or started.
    pub tasks: Vec<u32>,
    /// When it struck, caches held that a name has no address.
    pub keeps_nothing: bool,
    /// What passed a congested link when it struck, and what is lost now.
    pub crossing: Crossing,
}

impl Injected {
    /// Its strength now, from 0 to 1.
    pub fn strength(&self) -> f64 {
        if self.ramp.is_some() { f64::from(self.grown) / f64::from(STEPS) } else { 1.0 }
    }
    /// Names it in draws of its own: what other faults there are changes nothing.
    pub fn draws(&self) -> u64 {
        join(self.key, join(who(self.effect), self.at.0))
    }
    /// Whether it is over, those it struck included.
    pub fn is_over(&self) -> bool {
        self.phase == Phase::Over && self.memory.struck.is_empty()
    }
    /// Whether its cause is there.
    pub fn at_work(&self) -> bool {
        self.phase == Phase::AtWork
    }
    /// Whether anything asks for it: its cause is there, or somebody it struck is not back.
    pub fn matters(&self) -> bool {
        self.at_work() || !self.memory.struck.is_empty()
    }
    /// Notes that it changed something.
    pub fn count(&self, times: u64) {
        self.consequences.set(self.consequences.get().saturating_add(times));
    }
    /// Whether it strikes this machine now.
    pub fn strikes(&self, subject: &Subject<'_>) -> bool {
        let struck = self.memory.struck.contains(&subject.instance);
        match &self.strike {
            Strike::Instances(_, Instances::Kill) => false,
            Strike::Instances(..) => struck,
            // What came into the zone later is struck for as long as it lasts.
            Strike::Zone(whom, Zone::Power) if !whom.is_some_of() => {
                let picked = self.memory.picked.contains(&subject.instance);
                if picked { struck } else { self.at_work() && whom.filter.takes(subject) }
            }
            Strike::Zone(whom, _) if whom.is_some_of() => struck,
            Strike::Zone(whom, _) => self.at_work() && whom.filter.takes(subject),
            Strike::Release(_, Bad::OneWay) => self.at_work() && named(&self.memory.spoiled, subject),
            Strike::Release(..) => self.at_work() && self.is_bad_release(subject),
            Strike::Link(way, _) => self.at_work() && way.machines.as_ref().is_some_and(|filter| filter.takes(subject)),
            Strike::Boot(..) | Strike::Capacity(..) | Strike::Api(..) | Strike::Balancer(..) | Strike::Dns(..) => false,
            Strike::Store(_) | Strike::Clock(_) | Strike::Controller(_) | Strike::Operator(_) => false,
            Strike::Call(..) | Strike::View(..) | Strike::Metrics(..) => false,
        }
    }
    /// Whether this machine runs a release that this fault makes bad.
    pub fn is_bad_release(&self, subject: &Subject<'_>) -> bool {
        match &self.strike {
            Strike::Release(Runs::Named(filter), _) => filter.takes(subject),
            Strike::Release(Runs::New(_, zones), _) => {
                zones.as_ref().is_none_or(|zones| zones.contains(&subject.zone)) && named(&self.memory.runs, subject)
            }
            Strike::Instances(..) | Strike::Zone(..) | Strike::Link(..) | Strike::Boot(..) | Strike::Capacity(..) => {
                false
            }
            Strike::Api(..) | Strike::Balancer(..) | Strike::Dns(..) | Strike::Store(_) | Strike::Clock(_) => false,
            Strike::Controller(_) | Strike::Operator(_) | Strike::Call(..) | Strike::View(..) => false,
            Strike::Metrics(..) => false,
        }
    }
    /// Whether it befell this machine, now or before.
    pub fn befell(&self, subject: &Subject<'_>) -> bool {
        self.memory.picked.contains(&subject.instance) || self.strikes(subject)
    }
}

/// Whether this machine runs one of these releases.
fn named(runs: &[(PoolName, Release)], subject: &Subject<'_>) -> bool {
    runs.iter().any(|(pool, release)| pool == subject.pool && release.as_str() == subject.release)
}
