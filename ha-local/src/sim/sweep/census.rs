//! How often each effect, step, waiting reason and call outcome occurred with a consequence.

use super::faults::in_scope;
use crate::sim::drill::OUTCOMES;
use ha_core::{
    event::{Event, What},
    plan::{Action, BalancerStep, DnsStep, NetworkStep, PoolStep, Why},
};
use std::collections::BTreeMap;

/// Counts by kind (`effect`, `step`, `waiting`, `outcome`) and name.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Census {
    /// The counts.
    pub counts: BTreeMap<(&'static str, &'static str), u64>,
}

impl Census {
    /// Counts an event of our loop.
    pub(super) fn note(&mut self, event: &Event) {
        match &event.what {
            What::Accepted(done) => self.add("step", step(&done.action), 1),
            What::Waiting(waiting) => self.add("waiting", waiting_for(&waiting.why), 1),
            What::Planned(_) | What::Asked(_) | What::Failed(..) | What::Converged | What::LeaseTaken(_) => {}
            What::LeaseHeld(_) | What::LeaseUnknown(_) | What::Superseded(_) | _ => {}
        }
    }
    /// Counts something so many times.
    pub(super) fn add(&mut self, kind: &'static str, name: &'static str, times: u64) {
        *self.counts.entry((kind, name)).or_default() += times;
    }
    /// Adds what another run counted.
    pub fn join(&mut self, other: &Self) {
        for ((kind, name), times) in &other.counts {
            self.add(kind, name, *times);
        }
    }
}

/// Everything that must have occurred, by kind and name.
pub fn due() -> Vec<(&'static str, &'static str)> {
    let effects = in_scope().into_iter().map(|effect| ("effect", effect.name.as_str()));
    let steps = STEPS.into_iter().map(|step| ("step", step));
    let waiting = WAITING.into_iter().map(|why| ("waiting", why));
    let outcomes = OUTCOMES.into_iter().map(|outcome| ("outcome", outcome));
    effects.chain(steps).chain(waiting).chain(outcomes).collect()
}

const STEPS: [&str; 13] = [
    "network.ensure",
    "network.remove",
    "pool.ensure",
    "pool.bound",
    "pool.hold",
    "pool.put_back",
    "pool.retire",
    "pool.remove",
    "balancer.ensure",
    "balancer.route",
    "balancer.remove",
    "dns.ensure",
    "dns.remove",
];

const WAITING: [&str; 13] = [
    "unknown",
    "pending",
    "removing",
    "capacity",
    "settling",
    "bake",
    "reading",
    "footing",
    "broken",
    "rejected",
    "no such instance",
    "budget",
    "unseen",
];

fn step(action: &Action) -> &'static str {
    match action {
        Action::Network(NetworkStep::Ensure(_)) => "network.ensure",
        Action::Network(NetworkStep::Remove) => "network.remove",
        Action::Pool(PoolStep::Ensure(_)) => "pool.ensure",
        Action::Pool(PoolStep::Bound { .. }) => "pool.bound",
        Action::Pool(PoolStep::Hold { .. }) => "pool.hold",
        Action::Pool(PoolStep::PutBack { .. }) => "pool.put_back",
        Action::Pool(PoolStep::Retire { .. }) => "pool.retire",
        Action::Pool(PoolStep::Remove { .. }) => "pool.remove",
        Action::Balancer(BalancerStep::Ensure(_)) => "balancer.ensure",
        Action::Balancer(BalancerStep::Route { .. }) => "balancer.route",
        Action::Balancer(BalancerStep::Remove { .. }) => "balancer.remove",
        Action::Dns(DnsStep::Ensure(_)) => "dns.ensure",
        Action::Dns(DnsStep::Remove { .. }) => "dns.remove",
    }
}

fn waiting_for(why: &Why) -> &'static str {
    match why {
        Why::Unknown(_) => "unknown",
        Why::Pending => "pending",
        Why::Removing => "removing",
        Why::Capacity { .. } => "capacity",
        Why::Settling => "settling",
        Why::Bake(_) => "bake",
        Why::Reading { .. } => "reading",
        Why::Footing(_) => "footing",
        Why::Broken(_) => "broken",
        Why::Rejected(_) => "rejected",
        Why::NoSuchInstance(_) => "no such instance",
        Why::Budget => "budget",
        Why::Unseen => "unseen",
    }
}
