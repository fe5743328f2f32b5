//! What the provider's services ask of the faults at work, beside what ails instances.

use super::{
    Faults,
    adding::{either, millionths},
    injected::Injected,
    strike::{Asked, Balancer, Dns, Link, Strike},
};
use crate::sim::engine::draw::{Purpose, join, who};
use ha_core::time::{Timestamp, nanos};
use std::time::Duration;

/// What strikes the endpoint of a balancer in one zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct EndpointFate {
    /// It takes no connections.
    pub down: bool,
    /// Share of requests that it answers itself with 5xx, in millionths.
    pub errors: u32,
}

/// What strikes a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct NameFate {
    /// It answers that there is nothing.
    pub empty: bool,
    /// Share of questions that time out, in millionths.
    pub timeouts: u32,
    /// Caches keep answers so much longer: share of resolvers (millionths), and how long.
    pub stale: Option<(u32, Duration)>,
}

impl Faults {
    /// What strikes the endpoint of a balancer in a zone; `changes` says when accepted wishes changed the balancer.
    pub fn endpoint(&self, balancer: &str, zone: u8, changes: &[Timestamp]) -> EndpointFate {
        let mut fate = EndpointFate { down: self.zone_is_off(zone), errors: 0 };
        for fault in self.working() {
            let before = fate;
            if let Strike::Balancer(named, strike) = &fault.strike
                && named.is_in(balancer, zone)
            {
                self.strike_endpoint(&mut fate, fault, *strike, changes);
            }
            if let Strike::Link(way, Link::Cut) = &fault.strike
                && way.balancers.as_ref().is_some_and(|named| named.is(balancer))
            {
                fate.down = true;
            }
            if fate != before {
                fault.count(1);
            }
        }
        fate
    }
    fn strike_endpoint(&self, fate: &mut EndpointFate, fault: &Injected, strike: Balancer, changes: &[Timestamp]) {
        match strike {
            Balancer::Down => fate.down = true,
            Balancer::Error(rate) => fate.errors = either(fate.errors, millionths(rate * fault.strength())),
            Balancer::CorruptOnChange(rate) => {
                let breaks = |change: &Timestamp| {
                    *change >= fault.at
                        && self.seed.happens(Purpose::Failure, fault.draws(), change.0, millionths(rate))
                };
                if changes.iter().any(breaks) {
                    fate.errors = 1_000_000;
                }
            }
            Balancer::Flap { .. } | Balancer::Stale(_) | Balancer::NoServers(_) => {}
        }
    }
    /// Whether the provider has no server for the endpoint of a balancer in a zone, if it launches one at this instant.
    pub fn lacks_servers(&self, balancer: &str, zone: u8, now: Timestamp) -> bool {
        self.working().any(|fault| {
            let Strike::Balancer(named, Balancer::NoServers(rate)) = &fault.strike else { return false };
            let endpoint = join(join(fault.draws(), who(balancer)), u64::from(zone));
            let refused = self.seed.happens(Purpose::Failure, endpoint, now.0, millionths(*rate));
            let refused = refused && named.is_in(balancer, zone);
            if refused {
                fault.count(1);
            }
            refused
        })
    }
    /// Whether checks of a balancer's targets may end otherwise each time.
    pub fn flapping(&self, balancer: &str) -> bool {
        self.working()
            .any(|fault| matches!(&fault.strike, Strike::Balancer(named, Balancer::Flap { .. }) if named.is(balancer)))
    }
    /// Whether a balancer reads this instance as unhealthy now, whatever it answers.
    pub fn flaps(&self, balancer: &str, instance: &str, now: Timestamp) -> bool {
        self.working().any(|fault| {
            let Strike::Balancer(named, Balancer::Flap { rate, period }) = &fault.strike else { return false };
            let nth = nanos(now.since(fault.at)) / nanos(*period).max(1);
            let target = join(join(fault.draws(), who(balancer)), who(instance));
            let flaps = named.is(balancer) && self.seed.happens(Purpose::Failure, target, nth, millionths(*rate));
            if flaps {
                fault.count(1);
            }
            flaps
        })
    }
    /// The instant whose targets and weights a balancer still works by.
    pub fn routes_as_of(&self, balancer: &str) -> Option<Timestamp> {
        let instants = self.working().filter_map(|fault| {
            let Strike::Balancer(named, Balancer::Stale(age)) = &fault.strike else { return None };
            named.is(balancer).then(|| {
                fault.count(1);
                fault.at.back(*age)
            })
        });
        instants.min()
    }
    /// Whether this balancer is struck so.
    pub fn works_by_old_knowledge(&self, balancer: &str) -> bool {
        let is_stale =
            |strike: &Strike| matches!(strike, Strike::Balancer(named, Balancer::Stale(_)) if named.is(balancer));
        self.working().any(|fault| is_stale(&fault.strike))
    }
    /// What strikes a name.
    pub fn name(&self, name: &str) -> NameFate {
        let mut fate = NameFate::default();
        for fault in self.working() {
            let Strike::Dns(asked, dns) = &fault.strike else { continue };
            let share = match asked {
                Asked::Record(record) if record.as_deref().is_none_or(|record| record == name) => 1.0,
                Asked::Record(_) | Asked::Store => continue,
                Asked::Users(share) => *share,
            };
            match *dns {
                Dns::Empty => fate.empty = true,
                Dns::Unresolvable(rate) => {
                    fate.timeouts = either(fate.timeouts, millionths(rate * share * fault.strength()));
                }
                Dns::Stale(extra) => {
                    let longer = extra.unwrap_or_else(|| fault.ends.unwrap_or(Timestamp::NEVER).since(self.now));
                    let (before, longest) = fate.stale.unwrap_or_default();
                    fate.stale = Some((either(before, millionths(share)), longest.max(longer)));
                }
            }
            fault.count(1);
        }
        fate
    }
}
