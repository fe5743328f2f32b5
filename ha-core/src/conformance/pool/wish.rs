//! What wishes for a pool change, and what they leave alone.

use super::super::{
    Port, Trial,
    site::knows,
    trial::{Outcome, conflict, holds, not_ready},
};
use crate::{
    backend::{Refill, Resource, state::PoolState},
    name::PoolName,
    topology::{HoldMode, Size},
};

fn web() -> PoolName {
    "web".into()
}

pub(super) async fn a_new_release_touches_only_new_instances(trial: &Trial<'_>) -> Outcome {
    let mut spec = trial.pool_spec("web", 3)?;
    let before = trial.make_pool(&spec).await?;
    spec.release = trial.lab.material().releases[1].clone();
    trial.pool()?.ensure(&trial.scope, &spec).await?;
    trial.at_rest().await?;
    let after = trial.pool_state(&web()).await?;
    holds(after.instances == before.instances, || format!("living instances changed: {after:?}"))?;
    let old = &before.instances[0].id;
    trial.pool()?.retire(&trial.scope, &web(), old, Refill::Yes).await?;
    let new = |pool: &PoolState| pool.instances.iter().any(|instance| !knows(&before, &instance.id));
    trial.until_pool(&web(), "another is launched", new).await?;
    let after = trial.until_ready(&web(), 3).await?;
    let right = |pool: &PoolState| {
        pool.instances.iter().all(|instance| (instance.release == spec.release) != knows(&before, &instance.id))
    };
    holds(right(&after), || format!("expected the old on the old release and the new on {}: {after:?}", spec.release))
}

pub(super) async fn a_pool_without_a_network_is_refused(trial: &Trial<'_>) -> Outcome {
    trial.needs(Port::Network)?;
    let before = trial.at_rest().await?;
    not_ready(trial.pool()?.ensure(&trial.scope, &trial.pool_spec("web", 1)?).await)?;
    trial.is_still(&before, "a refused wish").await
}

pub(super) async fn asking_twice_is_asking_once(trial: &Trial<'_>) -> Outcome {
    let spec = trial.pool_spec("web", 3)?;
    let pool = trial.make_pool(&spec).await?;
    let port = trial.pool()?;
    let before = trial.at_rest().await?;
    port.ensure(&trial.scope, &spec).await?;
    port.bound(&trial.scope, &web(), spec.bounds).await?;
    trial.is_still(&before, "asking again").await?;
    let raised = Size { min: 4, max: 20 };
    port.bound(&trial.scope, &web(), raised).await?;
    trial.until_ready(&web(), 4).await?;
    let (held, retired) = (&pool.instances[0].id, &pool.instances[1].id);
    port.hold(&trial.scope, &web(), held, HoldMode::Shrink).await?;
    port.retire(&trial.scope, &web(), retired, Refill::Yes).await?;
    trial.until_pool(&web(), "one is retired", |pool| !knows(pool, retired)).await?;
    let before = trial.at_rest().await?;
    port.bound(&trial.scope, &web(), raised).await?;
    port.hold(&trial.scope, &web(), held, HoldMode::Shrink).await?;
    port.retire(&trial.scope, &web(), retired, Refill::Yes).await?;
    trial.is_still(&before, "asking again").await?;
    port.put_back(&trial.scope, &web(), held).await?;
    trial.until_ready(&web(), 4).await?;
    let before = trial.at_rest().await?;
    port.put_back(&trial.scope, &web(), held).await?;
    trial.is_still(&before, "putting back what is back").await
}

pub(super) async fn foreign_objects_are_a_conflict(trial: &Trial<'_>) -> Outcome {
    let spec = trial.pool_spec("web", 1)?;
    let planted = trial.pool_spec("planted", 1)?;
    trial.make_pool(&spec).await?;
    trial.lab.plant(&trial.scope, &Resource::Pool(planted.name.clone())).await?;
    let before = trial.at_rest().await?;
    conflict(trial.pool()?.ensure(&trial.other, &spec).await)?;
    conflict(trial.pool()?.ensure(&trial.scope, &planted).await)?;
    // Whether they are accepted or refused: what is not the scope's own stays.
    let _either = trial.pool()?.remove(&trial.other, &spec.name).await;
    let _either = trial.pool()?.remove(&trial.scope, &planted.name).await;
    trial.is_still(&before, "a wish over what is not the scope's own").await
}

pub(super) async fn a_pool_behind_a_balancer_is_not_removed(trial: &Trial<'_>) -> Outcome {
    trial.make_site(1).await?;
    let before = trial.at_rest().await?;
    not_ready(trial.pool()?.remove(&trial.scope, &web()).await)?;
    trial.is_still(&before, "removing a pool behind a balancer").await
}

pub(super) async fn remove_leaves_only_what_it_lists(trial: &Trial<'_>) -> Outcome {
    trial.make_network().await?;
    let before = trial.at_rest().await?;
    trial.make_pool(&trial.pool_spec("web", 3)?).await?;
    trial.pool()?.remove(&trial.scope, &web()).await?;
    trial.until_gone(&before).await?;
    trial.pool()?.remove(&trial.scope, &web()).await?;
    trial.is_still(&before, "removing what is gone").await
}
