//! Who makes the engine follow what was wished: one supervisor acts at a time, and writes only while its turn lasts.

mod acting;

pub use acting::Acting;

use super::{
    Docker, balancer, dns,
    engine::Trouble,
    network,
    pool::{self, PoolHands},
};
use ha_core::{
    keeper::{ObservedHands, OrderObserver, drive, pool::Order},
    name::PoolName,
    time::Timestamp,
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::{
    runtime::Handle,
    task::{JoinHandle, JoinSet},
};

/// Two passes are never closer than this.
const PAUSE: Duration = Duration::from_millis(30);

/// Keeps all sites of a provider while it lives, in this process. Dropping it leaves them serving.
#[derive(Debug)]
pub struct Supervisor {
    acting: Arc<Acting>,
    task: JoinHandle<()>,
}

impl Supervisor {
    /// Begins to keep; `told` gets what goes wrong, a sentence each.
    pub fn new(docker: Arc<Docker>, told: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self::observed(docker, told, Arc::new(|_: Timestamp, _: &PoolName, _: &Order| {}))
    }

    /// The same; besides, `orders` is told every order of the keepers that was accepted.
    pub fn observed(
        docker: Arc<Docker>,
        told: impl Fn(&str) + Send + Sync + 'static,
        orders: Arc<dyn OrderObserver>,
    ) -> Self {
        let acting = Arc::new(Acting::new(docker, told));
        let task = Handle::current().spawn(run(acting.clone(), orders));
        Self { acting, task }
    }

    /// Ends, and lets others act at once.
    pub async fn stop(mut self) -> Result<(), Trouble> {
        self.task.abort();
        // It was asked to end: how it ended is no news.
        let _ = (&mut self.task).await;
        self.acting.give_up().await
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Everything is tended side by side, so that a balancer that takes long to make keeps no instance from being missed.
async fn run(acting: Arc<Acting>, orders: Arc<dyn OrderObserver>) {
    let mut pools = pool::Tending::new(acting.clone());
    let networks = async {
        loop {
            its_turn(&acting).await;
            acting.hear("networks", network::tend(&acting).await);
        }
    };
    let instances = async {
        loop {
            its_turn(&acting).await;
            acting.hear("pools", pools.pass().await);
        }
    };
    let balancers = async {
        loop {
            its_turn(&acting).await;
            acting.hear("balancers", balancer::tend(&acting).await);
        }
    };
    let names = async {
        loop {
            its_turn(&acting).await;
            acting.hear("names", dns::tend(&acting).await);
        }
    };
    tokio::join!(acting.beat(), keep(&acting, &orders), networks, instances, balancers, names);
}

/// Waits for the next pass: after each poke, and every so often, while it is this one's turn.
async fn its_turn(acting: &Acting) {
    loop {
        tokio::time::sleep(PAUSE).await;
        acting.docker.rest(acting.docker.settings.timers.look).await;
        if acting.may() {
            return;
        }
    }
}

/// Lets each pool that is there have a keeper.
async fn keep(acting: &Arc<Acting>, orders: &Arc<dyn OrderObserver>) {
    let mut keepers: BTreeMap<String, JoinSet<()>> = BTreeMap::new();
    loop {
        its_turn(acting).await;
        let Some(tables) = acting.hear("keepers", acting.docker.directory.read().await) else { continue };
        keepers.retain(|key, _| tables.pools.contains_key(key));
        for (key, row) in &tables.pools {
            let running = keepers.entry(key.clone()).or_default();
            // One that has ended met a pool that was gone, and is there again.
            while running.try_join_next().is_some() {}
            if running.is_empty() {
                let hands = PoolHands::new(acting.clone(), &row.owner, &row.spec.name);
                let hands = ObservedHands::new(hands, orders.clone());
                let policy = acting.docker.settings.policy.clone();
                running.spawn(async move { drive(&hands, &policy).await });
            }
        }
    }
}
