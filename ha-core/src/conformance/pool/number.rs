//! How many instances a pool has, and where.

use super::super::{
    Trial,
    site::{knows, ready},
    trial::{Outcome, holds},
};
use crate::{
    backend::{Refill, state::PoolState},
    name::{PoolName, ZoneName},
    topology::{Capacity, Size},
};

fn web() -> PoolName {
    "web".into()
}

/// How many instances are in each of these zones.
fn spread(pool: &PoolState, zones: &[ZoneName]) -> Vec<usize> {
    zones.iter().map(|zone| pool.instances.iter().filter(|instance| instance.zone == *zone).count()).collect()
}

pub(super) async fn keeps_the_desired_number(trial: &Trial<'_>) -> Outcome {
    let mut spec = trial.pool_spec("web", 3)?;
    trial.make_pool(&spec).await?;
    for capacity in [5, 2] {
        spec.capacity = Capacity::Fixed(capacity);
        let pool = trial.make_pool(&spec).await?;
        holds(pool.desired == capacity, || format!("{capacity} asked for, {} desired", pool.desired))?;
    }
    let before = trial.at_rest().await?;
    trial.is_still(&before, "keeping the number").await
}

pub(super) async fn spreads_over_open_zones(trial: &Trial<'_>) -> Outcome {
    let mut spec = trial.pool_spec("web", 6)?;
    for capacity in [6, 4, 8] {
        spec.capacity = Capacity::Fixed(capacity);
        let pool = trial.make_pool(&spec).await?;
        let spread = spread(&pool, &spec.zones);
        let even = spread.iter().max() <= spread.iter().min().map(|least| least + 1).as_ref();
        holds(even, || format!("{capacity} instances are spread as {spread:?}"))?;
    }
    Ok(())
}

pub(super) async fn never_launches_into_a_closed_zone(trial: &Trial<'_>) -> Outcome {
    let mut spec = trial.pool_spec("web", 3)?;
    let before = trial.make_pool(&spec).await?;
    let Some(closed) = spec.zones.pop() else { return Err("the lab names no zone".to_owned().into()) };
    trial.pool()?.ensure(&trial.scope, &spec).await?;
    let (known, there): (Vec<_>, Vec<_>) = before.instances.iter().partition(|instance| instance.zone != closed);
    holds(!there.is_empty(), || format!("nothing is in {closed}: {before:?}"))?;
    // Whatever is launched from now on, in place of what is retired or for a greater number, is launched elsewhere.
    for instance in &there {
        trial.pool()?.retire(&trial.scope, &spec.name, &instance.id, Refill::Yes).await?;
    }
    spec.capacity = Capacity::Fixed(6);
    trial.pool()?.ensure(&trial.scope, &spec).await?;
    let wait = trial.wait("six are ready, none of them in the closed zone");
    loop {
        let pool = trial.pool_state(&spec.name).await?;
        let launched = pool.instances.iter().find(|new| new.zone == closed && !knows(&before, &new.id));
        holds(launched.is_none(), || format!("launched into the closed zone: {launched:?}"))?;
        if ready(&pool).filter(|instance| instance.zone != closed).count() == 6 && pool.instances.len() == 6 {
            return holds(known.iter().all(|old| knows(&pool, &old.id)), || format!("others left too: {pool:?}"));
        }
        wait.more(&pool).await?;
    }
}

pub(super) async fn launches_elsewhere_when_a_zone_is_full(trial: &Trial<'_>) -> Outcome {
    let spec = trial.pool_spec("web", 3)?;
    let full = spec.zones[0].clone();
    trial.strike("capacity.none", &format!("zone:{full}")).await?;
    let pool = trial.make_pool(&spec).await?;
    let there = spread(&pool, std::slice::from_ref(&full));
    holds(there == [0], || format!("launched into the full zone: {pool:?}"))?;
    let told = pool.refused.iter().any(|(zone, _)| *zone == full);
    holds(told, || format!("the refusal is not told: {:?}", pool.refused))
}

pub(super) async fn a_raised_minimum_is_met(trial: &Trial<'_>) -> Outcome {
    let spec = trial.pool_spec("web", 3)?;
    let before = trial.make_pool(&spec).await?;
    trial.pool()?.bound(&trial.scope, &web(), Size { min: 5, max: 20 }).await?;
    let raised = trial.until_ready(&web(), 5).await?;
    let kept = before.instances.iter().all(|old| knows(&raised, &old.id));
    holds(kept, || format!("instances were replaced: {raised:?}"))?;
    let only_bounds = raised.spec.bounds == Size { min: 5, max: 20 }
        && crate::backend::spec::PoolSpec { bounds: spec.bounds, ..raised.spec.clone() } == spec;
    holds(only_bounds, || format!("more than the bounds changed: {:?}", raised.spec))?;
    trial.pool()?.bound(&trial.scope, &web(), spec.bounds).await?;
    trial.until_ready(&web(), 3).await?;
    Ok(())
}

pub(super) async fn retires_the_one_it_is_asked_to(trial: &Trial<'_>) -> Outcome {
    let mut spec = trial.pool_spec("web", 3)?;
    spec.bounds.min = 2;
    let mut before = trial.make_pool(&spec).await?;
    for (refill, left) in [(Refill::Yes, 3), (Refill::No, 2), (Refill::No, 2)] {
        let asked = before.instances[1].id.clone();
        trial.pool()?.retire(&trial.scope, &web(), &asked, refill).await?;
        let is = |pool: &PoolState| ready(pool).count() == left && pool.instances.len() == left && !knows(pool, &asked);
        let after = trial.until_pool(&web(), &format!("{asked} is gone and {left} are ready"), is).await?;
        let others = before.instances.iter().filter(|instance| instance.id != asked);
        holds(others.clone().all(|other| knows(&after, &other.id)), || format!("others left as well: {after:?}"))?;
        let rest = trial.at_rest().await?;
        trial.pool()?.retire(&trial.scope, &web(), &asked, refill).await?;
        trial.is_still(&rest, "retiring what is gone").await?;
        before = after;
    }
    Ok(())
}
