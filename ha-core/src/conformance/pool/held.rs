//! What it means for an instance to be pulled out and put back.

use super::super::{
    Trial,
    site::{is, knows, ready},
    trial::{Outcome, holds},
};
use crate::{
    backend::state::{BalancerState, InstancePhase, PoolState, TargetHealth},
    name::{InstanceId, PoolName},
    topology::HoldMode,
};

fn web() -> PoolName {
    "web".into()
}

/// Pulls it out, and waits until it is held and the balancer sends it nothing.
async fn pull_out(trial: &Trial<'_>, instance: &InstanceId, mode: HoldMode) -> Outcome {
    trial.pool()?.hold(&trial.scope, &web(), instance, mode).await?;
    let held = |pool: &PoolState| is(pool, instance, InstancePhase::Held(mode));
    trial.until_pool(&web(), &format!("{instance} is held"), held).await?;
    let out = |front: &BalancerState| {
        !front.targets.iter().any(|target| target.instance == *instance && target.health == TargetHealth::Healthy)
    };
    trial.until_balancer(&"front".into(), &format!("{instance} is out"), out).await?;
    Ok(())
}

/// Thirty users are served, none of them by this one.
async fn serves_nobody(trial: &Trial<'_>, instance: &InstanceId) -> Outcome {
    for user in 0..30 {
        let (_, by) = trial.served(user).await?;
        holds(by != *instance, || format!("{instance} answered a user"))?;
    }
    Ok(())
}

pub(super) async fn a_held_instance_gets_no_request_and_is_not_replaced(trial: &Trial<'_>) -> Outcome {
    let before = trial.make_site(3).await?;
    let held = &before.instances[1].id;
    pull_out(trial, held, HoldMode::Shrink).await?;
    serves_nobody(trial, held).await?;
    let ids = |pool: &PoolState| pool.instances.iter().map(|instance| instance.id.clone()).collect::<Vec<_>>();
    trial.at_rest().await?;
    let after = trial.pool_state(&web()).await?;
    holds(ids(&after) == ids(&before), || format!("instances came or went: {after:?}"))?;
    // It is worked on: failing its checks, it is neither given up nor replaced.
    trial.strike("instances.hang", &format!("instance:{held}")).await?;
    let rest = trial.at_rest().await?;
    trial.is_still(&rest, "a held instance that fails its checks").await?;
    let after = trial.pool_state(&web()).await?;
    holds(ids(&after) == ids(&before), || format!("instances came or went: {after:?}"))
}

pub(super) async fn a_held_instance_is_replaced_for_the_time(trial: &Trial<'_>) -> Outcome {
    let before = trial.make_site(3).await?;
    let held = &before.instances[1].id;
    pull_out(trial, held, HoldMode::Replace).await?;
    let replaced = |pool: &PoolState| ready(pool).count() == 3 && pool.instances.len() == 4 && knows(pool, held);
    trial.until_pool(&web(), "three are ready beside the held one", replaced).await?;
    serves_nobody(trial, held).await?;
    trial.pool()?.put_back(&trial.scope, &web(), held).await?;
    let after = trial.until_ready(&web(), 3).await?;
    holds(is(&after, held, InstancePhase::Ready), || format!("what was put back is gone: {after:?}"))
}

pub(super) async fn what_is_put_back_serves_only_when_ready(trial: &Trial<'_>) -> Outcome {
    let before = trial.make_site(3).await?;
    let held = &before.instances[1].id;
    let target = format!("instance:{held}");
    pull_out(trial, held, HoldMode::Shrink).await?;
    trial.strike("instances.hang", &target).await?;
    trial.pool()?.put_back(&trial.scope, &web(), held).await?;
    let returning = |pool: &PoolState| is(pool, held, InstancePhase::Returning);
    trial.until_pool(&web(), &format!("{held} is returning"), returning).await?;
    serves_nobody(trial, held).await?;
    trial.heal("instances.hang", &target).await?;
    trial.until_pool(&web(), &format!("{held} is ready"), |pool| is(pool, held, InstancePhase::Ready)).await?;
    trial.until_served_by(held).await
}
