//! The sum of a site's own timers: within it, all must be well after the last fault.

use crate::sim::{LoopSetup, Profile, distribution::Distribution};
use ha_core::{
    time::show,
    topology::{Balancer, Capacity, Pool, ValidTopology},
};
use std::{fmt, time::Duration};

/// What a site's timers come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timers {
    /// Until what is wrong is seen: checks, the provider's reaction, and what may stay unseen.
    pub detection: Duration,
    /// Until somebody acts: a dead holder's lease, and a turn.
    pub lease: Duration,
    /// Until what is made works: the slowest of network, balancer, record.
    pub making: Duration,
    /// For each batch of the slowest pool, there and back: boot, checks, bake, a reading, draining, a turn each.
    pub batches: Duration,
    /// Until launches that were refused are tried again, and caches have forgotten.
    pub patience: Duration,
}

impl Timers {
    /// The timers of a site.
    pub fn of(site: &ValidTopology, profile: &Profile, setup: &LoopSetup) -> Self {
        let topology = site.topology();
        let checks = |times: fn(&Balancer) -> u32| {
            let of = |it: &Balancer| (it.health.interval + it.health.timeout) * times(it);
            topology.balancers.iter().map(of).max().unwrap_or_default()
        };
        let most = |time: Distribution| time.at(0.999);
        let drain = topology.balancers.iter().map(|it| it.drain).max().unwrap_or_default();
        let turn = setup.period + most(profile.api.write) * 8 + profile.api.timeout;
        let boot = most(profile.boot.running) + most(profile.boot.ready);
        let reading = profile.metrics.period * 2 + profile.metrics.delay;
        let reaction = most(profile.keeper.reaction) + profile.keeper.status_check;
        let batch = |pool: &Pool| {
            let up = boot.max(pool.boot.budget) + checks(|it| it.health.healthy) + pool.rollout.bake + reading;
            (up + drain + reaction * 2 + turn * 3) * batches(pool) * 2
        };
        let phases = [profile.phases.network, profile.phases.pool, profile.phases.balancer, profile.phases.record];
        Self {
            detection: checks(|it| it.health.unhealthy) + reaction + profile.api.settle,
            lease: setup.lease + profile.api.settle + turn,
            making: phases.into_iter().map(most).sum(),
            batches: topology.pools.iter().map(batch).max().unwrap_or_default(),
            patience: profile.keeper.policy.back_off * 2 + profile.keeper.policy.patience,
        }
    }
    /// All together.
    pub fn sum(&self) -> Duration {
        self.detection + self.lease + self.making + self.batches + self.patience
    }
}

impl fmt::Display for Timers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { detection, lease, making, batches, patience } = *self;
        let whole = |time: Duration| show(Duration::from_secs(time.as_secs()));
        write!(f, "{} (detection {}, lease {}, ", whole(self.sum()), whole(detection), whole(lease))?;
        write!(f, "making {}, batches {}, patience {})", whole(making), whole(batches), whole(patience))
    }
}

/// In how many batches a pool is renewed.
fn batches(pool: &Pool) -> u32 {
    let instances = match pool.capacity {
        Capacity::Fixed(instances) => instances,
        Capacity::Scaled => pool.size.max,
    };
    instances.div_ceil(pool.rollout.batch.clamp(1, pool.rollout.surge.max(1))) + 1
}
