//! Faults at work: what strikes whom just now. The cloud, the plane and the engine ask; nobody else knows the scenario.

mod provider;

pub use provider::{EndpointFate, NameFate};

use super::engine::{
    call::{CallId, Effect},
    draw::Seed,
    queue::FaultStage,
    sending::Fate,
};
use super::world::World;
use ha_core::{backend::Kind, name::PoolName, time::Timestamp};

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
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Faults {}

impl Faults {
    /// What ails an instance now.
    pub fn ailment(&self, subject: Subject<'_>) -> Ailment {
        let _ = subject;
        Ailment::NONE
    }
    /// How the boot of an instance that is launched now goes.
    pub fn boot(&self, subject: Subject<'_>) -> BootFate {
        let _ = subject;
        BootFate { times: 1000, never_serves: false, no_network_ns: 0 }
    }
    /// Whether a launch of this pool in this zone is refused now: `nth` tells repeated tries apart.
    pub fn launch(&self, subject: Subject<'_>, nth: u64) -> Option<Kind> {
        let _ = (subject, nth);
        None
    }
    /// What becomes of a call that is sent now; `keeper` if the provider itself sends it.
    pub fn call(&mut self, now: Timestamp, seed: Seed, id: &CallId, effect: Effect, keeper: bool) -> Fate {
        let _ = (now, seed, id, effect, keeper);
        Fate::default()
    }
    /// Whether a fault that is at work, or waits for a call, could make two equal turns end differently.
    pub fn disturbs_calls(&self, now: Timestamp) -> bool {
        let _ = now;
        false
    }
}

impl World {
    /// A fault begins, grows or ends.
    pub(crate) fn fault_stage(&mut self, fault: u32, stage: FaultStage) {
        let _ = (fault, stage);
    }
}
impl Faults {
    /// tmp
    pub fn new(
        _n: &str,
        _f: &[ha_core::fault::Fault],
        _s: &ha_core::topology::ValidTopology,
        _o: Timestamp,
    ) -> Result<Self, ha_core::validate::Problems> {
        Ok(Self::default())
    }
}
impl World {
    /// tmp
    pub(crate) fn schedule_faults(&mut self) {}
}
