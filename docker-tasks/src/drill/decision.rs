//! One decision, as it is compared: a step of our loop that was accepted, or an order of a keeper.

use ha_core::{
    event::{Event, What},
    keeper::pool::Order,
    name::PoolName,
    plan::{Action, BalancerStep, DnsStep, PoolStep, Step},
    time::Timestamp,
};
use ha_local::sim::ORIGIN;
use std::{collections::BTreeSet, time::Duration};

/// What was decided.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    /// An instance is launched.
    Launch(String),
    /// An instance gets no new request.
    Drain(String),
    /// An instance ends.
    Stop(String),
    /// An instance is to leave, and its place is filled or not.
    Retire(String),
    /// An instance is pulled out.
    Hold(String),
    /// A held instance is to serve again.
    PutBack(String),
    /// Anything else is to be otherwise.
    Other,
}

/// One decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Which event was the last before it, from 1; 0: the site was being made.
    pub event: usize,
    /// When, by the clock of whoever decided.
    pub at: Duration,
    /// On what: `pool web`, `web-a-1`.
    pub resource: String,
    /// What.
    pub act: Act,
    /// The same, for people; two decisions with the same text are the same.
    pub text: String,
    /// The pool that remembers this as the failure of an instance.
    pub loss: Option<PoolName>,
}

/// Who is there after these decisions: launched and not stopped.
pub fn there<'a>(decisions: impl Iterator<Item = &'a Decision>) -> BTreeSet<String> {
    let mut there = BTreeSet::new();
    for decision in decisions {
        match &decision.act {
            Act::Launch(id) => drop(there.insert(id.clone())),
            Act::Stop(id) => drop(there.remove(id)),
            Act::Drain(_) | Act::Retire(_) | Act::Hold(_) | Act::PutBack(_) | Act::Other => {}
        }
    }
    there
}

impl Decision {
    /// How long after the end of the making a simulated decision came.
    pub fn since_the_making(&self) -> Duration {
        self.at.saturating_sub(Duration::from_nanos(ORIGIN.0))
    }

    /// The decision that our loop tells of, if it is one.
    pub fn of_loop(event: &Event) -> Option<Self> {
        let What::Accepted(step) = &event.what else { return None };
        let (resource, act) = of_step(step);
        Some(Self { event: 0, at: Duration::from_nanos(event.at.0), resource, act, text: text(step), loss: None })
    }

    /// The decision of a keeper.
    pub fn of_keeper(at: Timestamp, pool: &PoolName, order: &Order) -> Self {
        let why = |loss: &Option<_>| loss.map_or(String::new(), |loss| format!(" ({loss:?})"));
        let (resource, act, text, loss) = match order {
            Order::Launch { id, zone: _, release } => {
                (format!("pool {pool}"), Act::Launch(id.to_string()), format!("launch {id} with {release}"), &None)
            }
            Order::Drain { id, loss } => {
                (id.to_string(), Act::Drain(id.to_string()), format!("drain {id}{}", why(loss)), loss)
            }
            Order::Stop { id, loss } => {
                (id.to_string(), Act::Stop(id.to_string()), format!("stop {id}{}", why(loss)), loss)
            }
        };
        let loss = loss.map(|_| pool.clone());
        Self { event: 0, at: Duration::from_nanos(at.0), resource, act, text, loss }
    }
}

fn of_step(step: &Step) -> (String, Act) {
    match &step.action {
        Action::Network(_) => ("network".into(), Act::Other),
        Action::Pool(PoolStep::Ensure(spec)) => (format!("pool {}", spec.name), Act::Other),
        Action::Pool(PoolStep::Bound { pool, .. } | PoolStep::Remove { pool }) => (format!("pool {pool}"), Act::Other),
        Action::Pool(PoolStep::Hold { instance, .. }) => (instance.to_string(), Act::Hold(instance.to_string())),
        Action::Pool(PoolStep::PutBack { instance, .. }) => (instance.to_string(), Act::PutBack(instance.to_string())),
        Action::Pool(PoolStep::Retire { instance, .. }) => (instance.to_string(), Act::Retire(instance.to_string())),
        Action::Balancer(BalancerStep::Ensure(spec)) => (format!("balancer {}", spec.name), Act::Other),
        Action::Balancer(BalancerStep::Route { balancer, .. } | BalancerStep::Remove { balancer }) => {
            (format!("balancer {balancer}"), Act::Other)
        }
        Action::Dns(DnsStep::Ensure(set)) => (format!("record {}", set.name), Act::Other),
        Action::Dns(DnsStep::Remove { name }) => (format!("record {name}"), Act::Other),
    }
}

/// What a step does and why, with what of a pool decides what comes of it.
fn text(step: &Step) -> String {
    let Action::Pool(PoolStep::Ensure(spec)) = &step.action else { return step.to_string() };
    let (min, max, release) = (spec.bounds.min, spec.bounds.max, &spec.release);
    format!("{min}..={max} of {release}, stable {}: {}", spec.marks.stable, step.reason)
}
