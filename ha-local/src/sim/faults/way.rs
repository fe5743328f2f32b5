//! Which ways a fault of a link closes: between places, of our loop's calls, of the provider's own hands, to machines.

use super::{
    Faults,
    adding::{either, grown_delay, millionths},
    injected::Injected,
    strike::{Link, Strike, Zone},
    whom::{Filter, Named},
};
use crate::sim::plane::{LinkState, Place};
use ha_core::time::Timestamp;

/// The ways that a fault of a link is about.
#[derive(Clone, Debug, PartialEq, Default)]
pub(super) struct Way {
    /// Packets from one place to another.
    pub places: Vec<(Place, Place)>,
    /// The calls of our own loop.
    pub ours: bool,
    /// The calls of our own loop to the store.
    pub store: bool,
    /// Zones on which the provider's services cannot act.
    pub keepers: Vec<u8>,
    /// Packets to and from these machines.
    pub machines: Option<Filter>,
    /// Packets of users to these balancers.
    pub balancers: Option<Named>,
}

/// What passed a congested way when the fault struck, and what is lost now.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub(super) struct Crossing {
    /// Attempts of users so far when they were last counted.
    pub counted: u64,
    /// When that was.
    pub since: Timestamp,
    /// Attempts a second that pass.
    pub passes: f64,
    /// Share that is lost, in millionths.
    pub loss: u32,
}

impl Faults {
    /// The state of the way from one place to another, all faults on it taken together.
    pub fn link(&self, from: Place, to: Place) -> LinkState {
        let mut state = LinkState::default();
        for fault in self.mattering() {
            let before = state;
            if let Strike::Link(way, link) = &fault.strike
                && way.places.contains(&(from, to))
            {
                worsen(&mut state, fault, *link);
            }
            if let Strike::Zone(whom, Zone::Network) = &fault.strike
                && !whom.is_some_of()
            {
                let inside = |place| match place {
                    Place::Users => false,
                    Place::Zone(zone) => whom.filter.holds_zone(zone),
                };
                state.cut |= inside(from) != inside(to);
            }
            if state != before {
                fault.count(1);
            }
        }
        state
    }
    /// Whether the provider's own services can neither see nor do anything in a zone.
    pub fn keepers_are_cut_from(&self, zone: u8) -> bool {
        self.mattering().any(|fault| {
            let by_link = matches!(&fault.strike, Strike::Link(way, Link::Cut) if way.keepers.contains(&zone));
            let by_zone = matches!(&fault.strike, Strike::Zone(whom, Zone::Network)
                if !whom.is_some_of() && whom.filter.holds_zone(zone));
            by_link || by_zone
        })
    }
}

fn worsen(state: &mut LinkState, fault: &Injected, link: Link) {
    match link {
        Link::Cut => state.cut = true,
        Link::Loss(rate) => state.loss = either(state.loss, millionths(rate * fault.strength())),
        Link::Delay(delay) => state.delay_ns = state.delay_ns.saturating_add(grown_delay(delay, fault.strength())),
        Link::Congested(_) => state.loss = either(state.loss, fault.memory.crossing.loss),
    }
}
