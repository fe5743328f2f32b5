//! The planner, proved by tables and by observations moved by hand.

mod accidents;
mod create;
mod crew;
mod exchange;
mod gate;
mod headroom;
mod hold;
mod measured;
mod names;
mod random;
mod release;
mod remove;
mod shown;
pub(crate) mod toy;
mod unfit;
mod waves;
mod words;

use crate::{
    observe::{Known, Observed},
    plan::{Action, Lack, Plan, PoolStep, Waiting, Why, plan},
    topology::{Balancer, Dns, Guards, Pool, Share, Topology, ValidTopology},
};
use std::time::Duration;
use toy::Toy;

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Six instances in three zones, room for two more, one at a time.
pub(crate) fn web() -> Pool {
    Pool::new("web").release("v1").size(6..=8).capacity(6).ready("/ready", secs(90))
}

pub(crate) fn shop_of(pool: Pool) -> Topology {
    Topology::new("shop")
        .id("shop-1")
        .zones(["a", "b", "c"])
        .with(pool)
        .with(Balancer::http("front").to("web"))
        .with(Dns::apex("shop.example").to("front"))
}

pub(crate) fn valid(topology: Topology) -> ValidTopology {
    ValidTopology::checked(topology)
}

pub(crate) fn shop(pool: Pool) -> ValidTopology {
    valid(shop_of(pool))
}

fn min_healthy(thousandths: u32) -> Guards {
    Guards { min_healthy: Share(thousandths), ..Guards::default() }
}

/// What is asked of pools, shortly: `retire a-1`.
fn asked(plan: &Plan) -> Vec<String> {
    let shorts = plan.steps().map(|step| match &step.action {
        Action::Pool(PoolStep::Ensure(spec)) => {
            format!("ensure {} {}..={}", spec.release, spec.bounds.min, spec.bounds.max)
        }
        Action::Pool(PoolStep::Bound { bounds, .. }) => format!("bound {}..={}", bounds.min, bounds.max),
        Action::Pool(PoolStep::Hold { instance, .. }) => format!("hold {instance}"),
        Action::Pool(PoolStep::PutBack { instance, .. }) => format!("put back {instance}"),
        Action::Pool(PoolStep::Retire { instance, .. }) => format!("retire {instance}"),
        Action::Pool(PoolStep::Remove { pool }) => format!("remove {pool}"),
        Action::Network(_) | Action::Balancer(_) | Action::Dns(_) => step.to_string(),
    });
    shorts.collect()
}

fn whys(plan: &Plan) -> Vec<Why> {
    plan.waiting.iter().map(|Waiting { why, .. }| why.clone()).collect()
}

fn has(plan: &Plan, wanted: impl Fn(&Why) -> bool) -> bool {
    plan.waiting.iter().any(|waiting| wanted(&waiting.why))
}

/// The instances that the plan takes from among those that serve.
fn taken(plan: &Plan, observed: &Observed) -> u32 {
    let Known::Known(pools) = &observed.pools else { return 0 };
    let ready = |id| {
        let mut all = pools.state.iter().flat_map(|pool| &pool.instances);
        all.any(|instance| instance.id == id && instance.phase == crate::backend::state::InstancePhase::Ready)
    };
    let steps = plan.steps().filter_map(|step| match &step.action {
        Action::Pool(PoolStep::Retire { instance, .. } | PoolStep::Hold { instance, .. }) => Some(instance.clone()),
        Action::Network(_) | Action::Pool(_) | Action::Balancer(_) | Action::Dns(_) => None,
    });
    u32::try_from(steps.filter(|id| ready(id.clone())).count()).unwrap()
}
