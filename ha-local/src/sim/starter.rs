//! The code of the tasks that a world starts: our loop, and the keepers of the provider.

use super::{
    engine::{
        caller::Caller,
        executor::{Shared, Starter, Task},
        task::TaskKind,
    },
    ports::{self, SimHands},
    telling::Telling,
};
use ha_core::{
    event::Observer,
    keeper::{ObservedHands, OrderObserver, drive},
    reconcile::{Controller, Wanted},
    topology::ValidTopology,
};
use std::{sync::Arc, time::Duration};

/// How our loop runs in a simulation.
#[derive(Clone)]
pub struct LoopSetup {
    /// The time between two turns.
    pub period: Duration,
    /// How long the lease lasts.
    pub lease: Duration,
    /// Who is told every event, besides the trace.
    pub observers: Vec<Arc<dyn Observer>>,
    /// Who is told every order of the provider's keepers that was accepted.
    pub orders: Option<Arc<dyn OrderObserver>>,
}

impl Default for LoopSetup {
    fn default() -> Self {
        Self { period: Duration::from_secs(30), lease: Duration::from_secs(90), observers: Vec::new(), orders: None }
    }
}

/// What the owner wants now, read from the world.
struct WantedNow(Arc<Shared>);

impl Wanted for WantedNow {
    fn wanted(&self) -> ValidTopology {
        self.0.lock().world.wanted.clone()
    }
}

/// Makes the code of the tasks of a world.
pub fn starter(setup: LoopSetup) -> Starter {
    Box::new(move |shared, task| {
        let kind = shared.lock().world.tasks.get(task).map(|record| record.kind.clone());
        let caller = Caller::new(shared.clone(), task);
        match kind {
            Some(TaskKind::Controller(own)) => controller(caller, own, &setup),
            Some(TaskKind::Keeper(scope, pool)) => {
                let policy = shared.lock().world.profile.keeper.policy.clone();
                let hands = SimHands::new(caller, scope, pool);
                match setup.orders.clone() {
                    Some(orders) => {
                        let hands = ObservedHands::new(hands, orders);
                        Box::pin(async move { drive(&hands, &policy).await })
                    }
                    None => Box::pin(async move { drive(&hands, &policy).await }),
                }
            }
            // The user's own code is spawned with its task and never started by the world.
            Some(TaskKind::Own(_)) | None => Box::pin(async {}),
        }
    })
}

fn controller(caller: Caller, own: Option<ValidTopology>, setup: &LoopSetup) -> Task {
    let shared = caller.shared().clone();
    let holder = format!("controller-{}", caller.task()).into();
    let observer = Arc::new(Telling::new(&shared, setup.observers.clone()));
    let (period, lease) = (setup.period, setup.lease);
    let backend = ports::backend(caller);
    Box::pin(async move {
        let mut controller = Controller::new(backend, holder).period(period).lease_length(lease).observer(observer);
        match own {
            Some(site) => controller.forever(&site).await,
            None => controller.forever(&WantedNow(shared)).await,
        };
    })
}
