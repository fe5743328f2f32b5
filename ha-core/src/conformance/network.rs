//! Cases of the port for private networks.

use super::{
    Case, Port, Running, Trial,
    trial::{Outcome, conflict, holds, not_ready},
};
use crate::backend::Resource;

const fn case(name: &'static str, run: for<'a> fn(&'a Trial<'a>) -> Running<'a>) -> Case {
    Case { port: Port::Network, name, run }
}

pub(super) const CASES: &[Case] = &[
    case("a_network_becomes_active", |trial| Box::pin(a_network_becomes_active(trial))),
    case("asking_twice_is_asking_once", |trial| Box::pin(asking_twice_is_asking_once(trial))),
    case("a_network_in_use_is_not_removed", |trial| Box::pin(a_network_in_use_is_not_removed(trial))),
    case("foreign_objects_are_a_conflict", |trial| Box::pin(foreign_objects_are_a_conflict(trial))),
    case("remove_leaves_only_what_it_lists", |trial| Box::pin(remove_leaves_only_what_it_lists(trial))),
];

async fn a_network_becomes_active(trial: &Trial<'_>) -> Outcome {
    let nothing = trial.network()?.observe(&trial.scope).await?.state;
    holds(nothing.is_none(), || format!("an empty backend has {nothing:?}"))?;
    trial.make_network().await?;
    let state = trial.network()?.observe(&trial.scope).await?.state;
    let as_asked = state.as_ref().is_some_and(|state| state.spec == trial.network_spec());
    holds(as_asked, || format!("asked for {:?}, got {state:?}", trial.network_spec()))?;
    let others = trial.network()?.observe(&trial.other).await?.state;
    holds(others.is_none(), || format!("another scope sees {others:?}"))
}

async fn asking_twice_is_asking_once(trial: &Trial<'_>) -> Outcome {
    trial.make_network().await?;
    let before = trial.at_rest().await?;
    trial.network()?.ensure(&trial.scope, &trial.network_spec()).await?;
    trial.is_still(&before, "asking again").await
}

async fn a_network_in_use_is_not_removed(trial: &Trial<'_>) -> Outcome {
    trial.make_pool(&trial.pool_spec("web", 1)?).await?;
    let before = trial.at_rest().await?;
    not_ready(trial.network()?.remove(&trial.scope).await)?;
    trial.is_still(&before, "removing a network in use").await
}

async fn foreign_objects_are_a_conflict(trial: &Trial<'_>) -> Outcome {
    let nothing = trial.at_rest().await?;
    trial.make_network().await?;
    let before = trial.at_rest().await?;
    conflict(trial.network()?.ensure(&trial.other, &trial.network_spec()).await)?;
    // Whether it is accepted or refused: what is not the scope's own stays.
    let _either = trial.network()?.remove(&trial.other).await;
    trial.is_still(&before, "a wish over what is another's").await?;
    trial.network()?.remove(&trial.scope).await?;
    trial.until_gone(&nothing).await?;
    trial.lab.plant(&trial.scope, &Resource::Network).await?;
    let before = trial.at_rest().await?;
    conflict(trial.network()?.ensure(&trial.scope, &trial.network_spec()).await)?;
    let _either = trial.network()?.remove(&trial.scope).await;
    trial.is_still(&before, "a wish over what is unmarked").await
}

async fn remove_leaves_only_what_it_lists(trial: &Trial<'_>) -> Outcome {
    let before = trial.at_rest().await?;
    trial.make_network().await?;
    trial.network()?.remove(&trial.scope).await?;
    trial.until_gone(&before).await?;
    trial.network()?.remove(&trial.scope).await?;
    trial.is_still(&before, "removing what is gone").await
}
