//! Faults at work: what strikes whom just now. The cloud, the plane and the engine ask; nobody else knows the scenario.
//!
//! `compile` makes typed strikes of what is written; `stage` lets them begin, grow and end; the other files answer what
//! is asked: of machines, of ways, of the provider's services, of views, of calls. Faults on the same thing add up.

mod acts;
mod adding;
mod calls;
mod causes;
mod compile;
mod controller;
mod injected;
mod machines;
mod operator;
mod provider;
mod release;
mod stage;
mod story;
mod strike;
#[cfg(test)]
mod tests;
mod views;
mod way;
mod whom;

pub use provider::{EndpointFate, NameFate};

use super::engine::draw::Seed;
use ha_core::{name::PoolName, time::Timestamp, topology::ValidTopology};
use injected::Injected;
use std::{collections::BTreeMap, time::Duration};

/// What ails one instance, all faults on it taken together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ailment {
    /// Its machine has no power.
    pub off: bool,
    /// It is frozen.
    pub hung: bool,
    /// No packet gets in or out.
    pub isolated: bool,
    /// Share of requests answered with 5xx, in millionths.
    pub errors: u32,
    /// Factor on service times, in thousandths.
    pub slow: u32,
    /// The two above strike only above this utilisation, in thousandths.
    pub above_load: u32,
    /// Never becomes ready.
    pub never_ready: bool,
    /// Packets lost, in millionths.
    pub loss: u32,
    /// Added to each packet, in ns.
    pub delay_ns: u64,
}

impl Ailment {
    /// Nothing ails it.
    pub const NONE: Self = Self {
        off: false,
        hung: false,
        isolated: false,
        errors: 0,
        slow: 1000,
        above_load: 0,
        never_ready: false,
        loss: 0,
        delay_ns: 0,
    };
}

/// How the boot of an instance goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BootFate {
    /// Factor on its time, in thousandths.
    pub times: u32,
    /// It never becomes ready.
    pub never_serves: bool,
    /// It is reached only so much later, in ns.
    pub no_network_ns: u64,
}

/// Who is asked about: an instance and what is known of it.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The cloud's number of the instance.
    pub instance: u32,
    /// Its name.
    pub name: &'a str,
    /// Its zone.
    pub zone: u8,
    /// Its pool.
    pub pool: &'a PoolName,
    /// What runs on it.
    pub release: &'a str,
    /// When its process became able to serve, if it did.
    pub served: Option<Timestamp>,
    /// How many instances its pool has.
    pub alive: u32,
    /// How many its pool tries to have.
    pub desired: u32,
}

/// All faults of a run and which are at work.
#[derive(Clone, Debug, PartialEq)]
pub struct Faults {
    all: Vec<Injected>,
    /// The scenario's id.
    record: String,
    /// The topology as it was at the start.
    site: Option<ValidTopology>,
    /// The run's zero, from which the times of faults count.
    origin: Timestamp,
    /// The source of chance.
    seed: Seed,
    /// How long the provider lets changes be unseen.
    settle: Duration,
    /// When something last happened to a fault.
    now: Timestamp,
    /// How many releases operators asked for, by pool.
    releases: BTreeMap<PoolName, u32>,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            all: Vec::new(),
            record: String::new(),
            site: None,
            origin: Timestamp::ZERO,
            seed: Seed(0),
            settle: Duration::ZERO,
            now: Timestamp::ZERO,
            releases: BTreeMap::new(),
        }
    }
}

impl Faults {
    /// How often each effect changed something, by its name.
    pub fn consequences(&self) -> BTreeMap<&'static str, u64> {
        let mut counts = BTreeMap::new();
        for fault in &self.all {
            *counts.entry(fault.effect).or_default() += fault.consequences.get();
        }
        counts
    }
    /// When the last fault ends, what stays for ever not counted; `None` if there is none.
    pub fn last_end(&self) -> Option<Timestamp> {
        self.all.iter().map(|fault| fault.ends.unwrap_or(fault.at) + fault.tail.unwrap_or_default()).max()
    }
    /// The faults whose cause is there.
    fn working(&self) -> impl Iterator<Item = &Injected> {
        self.all.iter().filter(|fault| fault.at_work())
    }
    /// The faults whose cause is there, and those from which not everybody has come back.
    fn mattering(&self) -> impl Iterator<Item = &Injected> {
        self.all.iter().filter(|fault| fault.matters())
    }
}
