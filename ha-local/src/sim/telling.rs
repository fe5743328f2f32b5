//! Writes what our loop does into the trace, as sentences, each with what led to it.

use super::{
    engine::{
        executor::Shared,
        trace::{Lane, OneOfMany, Record, Weight},
    },
    world::World,
};
use ha_core::{
    backend::{Refill, Resource, spec::PoolSpec},
    event::{Event, Observer, What},
    name::PoolName,
    plan::{Action, BalancerStep, DnsStep, PoolStep, Reason, Step, UNMEASURED, Waiting, Why},
    time::Timestamp,
};
use std::sync::{Arc, Weak};

/// The observer of a simulated controller.
pub struct Telling {
    shared: Weak<Shared>,
    also: Vec<Arc<dyn Observer>>,
}

impl Telling {
    /// Writes into the trace of this simulation, and tells the user's own observers.
    pub fn new(shared: &Arc<Shared>, also: Vec<Arc<dyn Observer>>) -> Self {
        Self { shared: Arc::downgrade(shared), also }
    }
}

impl Observer for Telling {
    fn event(&self, event: &Event) {
        if let Some(shared) = self.shared.upgrade() {
            write(&mut shared.lock().world, &event.what);
        }
        for observer in &self.also {
            observer.event(event);
        }
    }
}

fn write(world: &mut World, what: &What) {
    let (weight, text) = match what {
        What::Asked(step) => return write_step(world, step),
        What::Failed(step, error) => (Weight::Detail, format!("{step}: {error}")),
        What::Accepted(step) => (Weight::Detail, format!("accepted: {step}")),
        What::Waiting(waiting) => (weight(&waiting.why), format!("waits: {}", since(world.origin, waiting))),
        What::Converged => (Weight::Decisive, "the site is as it is wanted".into()),
        What::LeaseTaken(holder) => (Weight::Detail, format!("{holder} takes the lease")),
        What::LeaseHeld(holder) => (Weight::Detail, format!("stands by: {holder} holds the lease")),
        What::LeaseUnknown(error) => (Weight::Decisive, format!("does nothing without its lease: {error}")),
        What::Superseded(generation) => {
            (Weight::Decisive, format!("gives way to a controller of generation {generation}"))
        }
        What::Planned(_) | _ => return,
    };
    let cause = if let What::Failed(step, _) | What::Accepted(step) = what {
        world.cause_of(&resource(step))
    } else {
        world.faults.cause_of_all()
    };
    world.tell(Lane::Loop, weight, text, cause);
}

/// What is waited for tells a story only where the loop cannot do what it is there for.
fn weight(why: &Why) -> Weight {
    match why {
        Why::Unknown(_) | Why::Broken(_) | Why::NoSuchInstance(_) => Weight::Decisive,
        // The step that rejected it has told it.
        Why::Rejected(_) | Why::Pending | Why::Removing | Why::Capacity { .. } | Why::Settling | Why::Bake(_) => {
            Weight::Detail
        }
        Why::Reading { .. } | Why::Footing(_) | Why::Budget | Why::Unseen => Weight::Detail,
    }
}

/// The same, its times counted from the run's start.
fn since(origin: Timestamp, waiting: &Waiting) -> Waiting {
    let from = |at: Timestamp| Timestamp(at.0.saturating_sub(origin.0));
    let why = if let Why::Bake(until) = waiting.why { Why::Bake(from(until)) } else { waiting.why.clone() };
    Waiting { tier: waiting.tier.clone(), why, since: waiting.since.map(from) }
}

fn write_step(world: &mut World, step: &Step) {
    let resource = resource(step);
    let cause = world.faults.cause_of_step(asked_for(&step.reason), world.wishes.get(&wished(step)).copied());
    let one = exchanged(step);
    let what = match &one {
        Some(one) => format!("instance {} is {}", one.name, one.fate),
        None => sentence(step),
    };
    let record = Record { at: world.now, lane: Lane::Loop, weight: Weight::Decisive, what, cause, one, felt: false };
    let number = world.trace.add(record);
    world.causes.insert(resource, number);
}

/// Whether somebody asked for it; else it mends or follows from what happened.
fn asked_for(reason: &Reason) -> bool {
    match reason {
        Reason::Release(_) | Reason::Rollback(_) | Reason::Promote(_) | Reason::Zones(_) | Reason::Outdated(_) => true,
        Reason::Evacuate(_) | Reason::Hold | Reason::PutBack | Reason::Unwanted => true,
        Reason::Missing | Reason::Drift(_) | Reason::Headroom | Reason::GiveBack => false,
    }
}

/// What a step says of one instance of many.
fn exchanged(step: &Step) -> Option<OneOfMany> {
    let Action::Pool(PoolStep::Retire { pool, instance, refill }) = &step.action else { return None };
    let verb = match refill {
        Refill::Yes => "exchanged",
        Refill::No => "retired",
    };
    let fate = if let Reason::Outdated(release) = &step.reason {
        format!("{verb}, having run {release}")
    } else if let Reason::Evacuate(zone) = &step.reason {
        format!("{verb}, for zone {zone} is closed")
    } else {
        format!("{verb}: {}", step.reason)
    };
    Some(OneOfMany { name: instance.to_string(), of: format!("instances of {pool}"), place: String::new(), fate })
}

fn sentence(step: &Step) -> String {
    match &step.action {
        Action::Pool(PoolStep::Ensure(spec)) => pool_sentence(step, spec),
        Action::Pool(PoolStep::Bound { pool, bounds }) => {
            let why = &step.reason;
            format!("{pool}: {} to {} instances ({why}); {}", bounds.min, bounds.max, step.effect)
        }
        Action::Pool(_) | Action::Network(_) | Action::Balancer(_) | Action::Dns(_) => {
            format!("{}: {}", step.action, step.reason)
        }
    }
}

fn pool_sentence(step: &Step, spec: &PoolSpec) -> String {
    let (pool, release, stable) = (&spec.name, &spec.release, &spec.marks.stable);
    let surge = |pool: &PoolName| format!("{pool}: {} to {} instances", spec.bounds.min, spec.bounds.max);
    match &step.reason {
        Reason::Rollback(bad) => {
            let rejected = spec.marks.rejected.iter().rev().find(|entry| entry.release == *bad);
            let why = rejected.map_or("", |entry| entry.why.as_str());
            format!("{pool}: {bad} is rejected: {why}; back to {stable}")
        }
        Reason::Promote(release) => format!("{pool}: {release} passed its gate everywhere and is the stable release"),
        Reason::Release(_) if spec.marks.candidate.is_some() => {
            let unmeasured = if step.effect.contains(UNMEASURED) { format!("; {UNMEASURED}") } else { String::new() };
            let gated = "a candidate until it has passed its gate";
            format!("{}, the new ones with {release}, {gated}{unmeasured}", surge(pool))
        }
        Reason::Release(_) => format!("{pool}: back to {stable}"),
        Reason::Missing | Reason::Drift(_) | Reason::Zones(_) | Reason::Headroom | Reason::GiveBack => {
            format!("{pool}: {}; {}", step.reason, step.effect)
        }
        Reason::Outdated(_) | Reason::Evacuate(_) | Reason::Hold | Reason::PutBack | Reason::Unwanted => {
            format!("{pool}: {}; {}", step.reason, step.effect)
        }
    }
}

/// The resource that a wish about this step's object names: of an instance, its pool.
fn wished(step: &Step) -> String {
    match &step.action {
        Action::Pool(PoolStep::Hold { pool, .. } | PoolStep::PutBack { pool, .. } | PoolStep::Retire { pool, .. }) => {
            Resource::Pool(pool.clone()).to_string()
        }
        Action::Pool(_) | Action::Network(_) | Action::Balancer(_) | Action::Dns(_) => resource(step),
    }
}

fn resource(step: &Step) -> String {
    let resource = match &step.action {
        Action::Network(_) => Resource::Network,
        Action::Pool(PoolStep::Ensure(spec)) => Resource::Pool(spec.name.clone()),
        Action::Pool(PoolStep::Bound { pool, .. } | PoolStep::Remove { pool }) => Resource::Pool(pool.clone()),
        Action::Pool(PoolStep::Hold { instance, .. } | PoolStep::PutBack { instance, .. }) => {
            Resource::Instance(instance.clone())
        }
        Action::Pool(PoolStep::Retire { instance, .. }) => Resource::Instance(instance.clone()),
        Action::Balancer(BalancerStep::Ensure(spec)) => Resource::Balancer(spec.name.clone()),
        Action::Balancer(BalancerStep::Route { balancer, .. } | BalancerStep::Remove { balancer }) => {
            Resource::Balancer(balancer.clone())
        }
        Action::Dns(DnsStep::Ensure(set)) => Resource::Record(set.name.clone()),
        Action::Dns(DnsStep::Remove { name }) => Resource::Record(name.clone()),
    };
    resource.to_string()
}
