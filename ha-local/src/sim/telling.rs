//! Writes what our loop does into the trace, each step with what led to it.

use super::engine::{
    executor::Shared,
    trace::{Lane, Weight},
};
use ha_core::{
    backend::Resource,
    event::{Event, Observer, What},
    plan::{Action, BalancerStep, DnsStep, PoolStep, Step},
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
            write(&shared, &event.what);
        }
        for observer in &self.also {
            observer.event(event);
        }
    }
}

fn write(shared: &Arc<Shared>, what: &What) {
    let mut state = shared.lock();
    let world = &mut state.world;
    let (weight, text, resource) = match what {
        What::Asked(step) => (Weight::Decisive, format!("asks: {step}"), Some(resource(step))),
        What::Failed(step, error) => (Weight::Detail, format!("{step}: {error}"), Some(resource(step))),
        What::Accepted(step) => (Weight::Detail, format!("accepted: {step}"), Some(resource(step))),
        What::Waiting(waiting) => (Weight::Detail, format!("waits: {waiting}"), None),
        What::Converged => (Weight::Decisive, "the site is as it is wanted".into(), None),
        What::LeaseTaken(holder) => (Weight::Detail, format!("{holder} takes the lease"), None),
        What::LeaseHeld(holder) => (Weight::Detail, format!("stands by: {holder} holds the lease"), None),
        What::LeaseUnknown(error) => (Weight::Detail, format!("no turn without the lease: {error}"), None),
        What::Superseded(generation) => {
            (Weight::Decisive, format!("gives way to a controller of generation {generation}"), None)
        }
        // Plans are told step by step; `What` may grow.
        What::Planned(_) | _ => return,
    };
    let cause = match &resource {
        Some(resource) => world.cause_of(resource),
        None => None,
    };
    let record = world.tell(Lane::Loop, weight, text, cause);
    if let Some(resource) = resource {
        world.causes.insert(resource, record);
    }
}

/// What a step is asked of, as its calls name it.
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
