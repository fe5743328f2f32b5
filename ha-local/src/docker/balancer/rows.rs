//! What the state directory keeps of a balancer.

use super::meter::Meter;
use ha_core::{
    backend::{
        Scope,
        spec::BalancerSpec,
        state::{BalancerState, Phase, TargetHealth, TargetState},
    },
    name::{InstanceId, PoolName},
    time::Timestamp,
    topology::Listener,
};
use serde::{Deserialize, Serialize};

/// The first port, inside, on which what is published arrives.
pub(super) const ENTRY: u16 = 10_001;
/// A container's published ports cannot be changed while it lives: so many are published from the beginning, and a listener
/// that comes later takes a free one.
pub(super) const SLOTS: u16 = 4;

/// A balancer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BalancerRow {
    /// Whose it is.
    pub owner: Scope,
    /// What was asked for last.
    pub spec: BalancerSpec,
    /// How far it is.
    pub phase: Phase,
    /// Since when.
    pub since: Timestamp,
    /// Who is behind it, as the last pass saw it.
    pub targets: Vec<TargetRow>,
    /// The version of the tables from which the last pass was made.
    pub as_of: u64,
    /// Whether it answered the last pass.
    #[serde(default)]
    pub answers: bool,
    /// The last byte of its address on the site's network.
    pub last_byte: u8,
    /// The port on loopback by which the supervisor speaks to it.
    pub control: u16,
    /// Its entries from the host.
    pub slots: Vec<Slot>,
    /// What was put into it last, as a digest: what it comes back with after a restart.
    pub written: String,
    /// What it counted.
    pub meter: Meter,
    /// Faults that somebody ordered.
    #[serde(default)]
    pub faults: Faults,
    /// What HAProxy does not take, if that is so.
    #[serde(default)]
    pub refused: Option<Refused>,
}

/// An instance behind a balancer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TargetRow {
    /// The pool it comes from.
    pub pool: PoolName,
    /// Which.
    pub instance: InstanceId,
    /// How the balancer judges it.
    pub health: TargetHealth,
    /// Since when.
    pub since: Timestamp,
    /// Whether it drains and nothing is in flight on it.
    pub idle: bool,
}

/// An entry from the host: a port on loopback that leads to a port inside, at which some listener listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// The port on 127.0.0.1.
    pub outside: u16,
    /// The port inside.
    pub inside: u16,
    /// The port of the listener that it leads to.
    pub listener: Option<u16>,
}

/// A configuration that HAProxy does not take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Which.
    pub digest: String,
    /// When it was tried last.
    pub at: Timestamp,
    /// What HAProxy said.
    pub said: String,
}

/// Faults that somebody ordered, so that the pass that tends the balancer does not repair them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Faults {
    /// It does not run.
    pub down: bool,
    /// Every check fails.
    pub flapping: bool,
}

impl Slot {
    /// Slots for these ports of the host.
    pub(super) fn all(outside: impl IntoIterator<Item = u16>) -> Vec<Self> {
        outside.into_iter().zip(ENTRY..).map(|(outside, inside)| Self { outside, inside, listener: None }).collect()
    }

    /// The slot that leads to the listener on this port.
    pub(super) fn of(slots: &[Self], listener: u16) -> Option<&Self> {
        slots.iter().find(|slot| slot.listener == Some(listener))
    }

    /// Leads to these listeners: one that stays keeps its slot, so that nobody's address changes.
    pub(super) fn lead_to(slots: &mut [Self], listeners: &[Listener]) {
        for slot in slots.iter_mut() {
            slot.listener = slot.listener.filter(|port| listeners.iter().any(|listener| listener.port == *port));
        }
        for listener in listeners {
            if Self::of(slots, listener.port).is_none()
                && let Some(free) = slots.iter_mut().find(|slot| slot.listener.is_none())
            {
                free.listener = Some(listener.port);
            }
        }
    }
}

impl BalancerRow {
    /// A balancer that is to be made.
    pub(super) fn new(owner: Scope, spec: BalancerSpec, now: Timestamp) -> Self {
        Self {
            owner,
            spec,
            phase: Phase::Pending,
            since: now,
            targets: Vec::new(),
            as_of: 0,
            answers: false,
            last_byte: 0,
            control: 0,
            slots: Vec::new(),
            written: String::new(),
            meter: Meter::default(),
            faults: Faults::default(),
            refused: None,
        }
    }

    /// Whether it was asked to go.
    pub fn removing(&self) -> bool {
        self.phase == Phase::Removing
    }

    /// The ports of the host that are its own.
    pub fn ports(&self) -> impl Iterator<Item = u16> {
        self.slots.iter().map(|slot| slot.outside).chain([self.control])
    }

    /// From now on it is so far.
    pub(super) fn turn(&mut self, phase: Phase, now: Timestamp) {
        if self.phase != phase {
            (self.phase, self.since) = (phase, now);
        }
    }

    /// What `observe` answers of it.
    pub(super) fn state(&self) -> BalancerState {
        let target = |row: &TargetRow| TargetState {
            pool: row.pool.clone(),
            instance: row.instance.clone(),
            health: row.health,
            since: row.since,
        };
        BalancerState {
            spec: self.spec.clone(),
            phase: self.phase,
            since: self.since,
            targets: self.targets.iter().map(target).collect(),
            readings: self.meter.readings(&self.targets),
            unread: None,
        }
    }

    /// Remembers who is behind it; who is judged as before is so since as long as before.
    pub(super) fn remember(&mut self, targets: Vec<(PoolName, InstanceId, TargetHealth, bool)>, now: Timestamp) {
        let before = std::mem::take(&mut self.targets);
        let row = |(pool, instance, health, idle): (PoolName, InstanceId, TargetHealth, bool)| {
            let same = before.iter().find(|old| old.pool == pool && old.instance == instance && old.health == health);
            TargetRow { since: same.map_or(now, |old| old.since), pool, instance, health, idle }
        };
        self.targets = targets.into_iter().map(row).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ha_core::topology::Protocol;

    #[test]
    fn a_listener_that_stays_keeps_its_port_on_the_host() {
        let listeners = |ports: &[u16]| -> Vec<Listener> {
            ports.iter().map(|port| Listener { port: *port, protocol: Protocol::Http }).collect()
        };
        let mut slots = Slot::all(21_000..21_004);
        Slot::lead_to(&mut slots, &listeners(&[80, 81]));
        Slot::lead_to(&mut slots, &listeners(&[443, 81]));
        let led: Vec<_> = slots.iter().map(|slot| (slot.outside, slot.inside, slot.listener)).collect();
        let expected =
            [(21_000, 10_001, Some(443)), (21_001, 10_002, Some(81)), (21_002, 10_003, None), (21_003, 10_004, None)];
        assert_eq!(led, expected);
        // There are no more than there are.
        Slot::lead_to(&mut slots, &listeners(&[1, 2, 3, 4, 5]));
        assert_eq!(slots.iter().filter(|slot| slot.listener.is_some()).count(), 4);
    }
}
