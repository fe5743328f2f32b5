//! What a pool does about instances that are lost, ill, or leave.

use super::super::{
    Answer, Entry, Port, Request, Trial,
    site::{knows, ready},
    trial::{Failure, Outcome, holds},
};
use crate::{
    backend::{
        Refill,
        spec::PoolSpec,
        state::{InstancePhase, InstanceState, LossReason, PoolState},
    },
    name::{InstanceId, PoolName},
    topology::Share,
};
use std::time::Duration;

fn web() -> PoolName {
    "web".into()
}

/// Waits until this one is gone, noted as lost for such a reason, and the others stand beside its replacement.
async fn until_replaced(trial: &Trial<'_>, before: &PoolState, lost: &InstanceId, why: &[LossReason]) -> Outcome {
    let count = before.instances.len();
    let is = |pool: &PoolState| {
        let noted = pool.losses.iter().any(|loss| loss.instance == *lost && why.contains(&loss.why));
        !knows(pool, lost) && ready(pool).count() == count && pool.instances.len() == count && noted
    };
    let after = trial.until_pool(&web(), &format!("{lost} is replaced and noted as {why:?}"), is).await?;
    let mut others = before.instances.iter().filter(|instance| instance.id != *lost);
    holds(others.all(|other| knows(&after, &other.id)), || format!("others were replaced as well: {after:?}"))
}

pub(super) async fn replaces_a_lost_instance(trial: &Trial<'_>) -> Outcome {
    let before = trial.make_pool(&trial.pool_spec("web", 3)?).await?;
    let lost = &before.instances[1].id;
    trial.strike("instances.kill", &format!("instance:{lost}")).await?;
    // Its checks may be the first to see it.
    until_replaced(trial, &before, lost, &[LossReason::Gone, LossReason::Unhealthy]).await
}

pub(super) async fn replaces_an_unhealthy_instance(trial: &Trial<'_>) -> Outcome {
    let before = trial.make_site(3).await?;
    let ill = &before.instances[1].id;
    trial.strike("instances.hang", &format!("instance:{ill}")).await?;
    until_replaced(trial, &before, ill, &[LossReason::Unhealthy]).await
}

pub(super) async fn drains_before_it_stops(trial: &Trial<'_>) -> Outcome {
    let only = trial.make_site(1).await?.instances.swap_remove(0).id;
    let request = Request { entry: Entry::Balancer("front".into()), user: 1, takes: Duration::from_secs(4) };
    let retire = async {
        // A clause about time: the request has reached the instance, and is not finished.
        trial.sleep(Duration::from_secs(1)).await;
        Ok::<_, Failure>(trial.pool()?.retire(&trial.scope, &web(), &only, Refill::Yes).await?)
    };
    let (answer, retired) = crate::both::both(trial.lab.request(&trial.scope, &request), retire).await;
    retired?;
    match answer {
        Answer::Served { instance, .. } => holds(instance == only, || format!("served by {instance}, not by {only}"))?,
        Answer::Failed(why) => return Err(format!("a request in flight was broken off: {why}").into()),
    }
    trial.until_pool(&web(), &format!("{only} is gone"), |pool| !knows(pool, &only)).await?;
    Ok(())
}

pub(super) async fn who_leaves_stays_as_long_as_names_are_kept(trial: &Trial<'_>) -> Outcome {
    let drain = trial.lab.material().ttl;
    let only = trial.make_pool(&PoolSpec { drain, ..trial.pool_spec("web", 1)? }).await?.instances.swap_remove(0).id;
    let begun = trial.backend.clock.elapsed();
    trial.pool()?.retire(&trial.scope, &web(), &only, Refill::Yes).await?;
    let leaves = |it: &InstanceState| it.id == only && it.phase == InstancePhase::Draining;
    trial.until_pool(&web(), &format!("{only} leaves"), |pool| pool.instances.iter().any(leaves)).await?;
    trial.until_pool(&web(), &format!("{only} is gone"), |pool| !knows(pool, &only)).await?;
    let stayed = trial.backend.clock.elapsed().saturating_sub(begun);
    holds(stayed >= drain, || format!("{only} was gone after {stayed:?}, and its address may be kept for {drain:?}"))
}

pub(super) async fn brakes_mass_replacement(trial: &Trial<'_>) -> Outcome {
    trial.needs(Port::Balancer)?;
    let mut spec = trial.pool_spec("web", 6)?;
    spec.guards.brake = Some(Share(340));
    let before = trial.make_pool(&spec).await?;
    trial.make_balancer(&trial.balancer_spec("front", &[("web", 100)])).await?;
    // What replaces the first of them does not get ready: whoever is given up is missed.
    trial.strike("boot.never_serves", "pool:web").await?;
    trial.strike("instances.hang", "pool:web").await?;
    let (mut braked, mut healed) = (None, false);
    let wait = trial.wait("two are out and no more for a while; then all that hang are replaced, two at a time");
    loop {
        let pool = trial.pool_state(&web()).await?;
        let out = places_out(&before, &pool);
        holds(out <= 2, || format!("{out} of 6 are out at once: {pool:?}"))?;
        let now = trial.backend.clock.now();
        if out == 2 && !healed && now.since(*braked.get_or_insert(now)) >= trial.lab.patience().calm {
            trial.heal("boot.never_serves", "pool:web").await?;
            healed = true;
        }
        if ready(&pool).filter(|new| !knows(&before, &new.id)).count() == 6 {
            return holds(healed, || format!("two were never out: {pool:?}"));
        }
        wait.more(&pool).await?;
    }
}

/// How many places of six have an old instance that was given up, and no new one that is ready.
fn places_out(before: &PoolState, pool: &PoolState) -> usize {
    let filled = |instance: &&InstanceState| match instance.phase {
        InstancePhase::Ready => true,
        InstancePhase::Unready => knows(before, &instance.id),
        InstancePhase::Booting
        | InstancePhase::Draining
        | InstancePhase::Held(_)
        | InstancePhase::Returning
        | InstancePhase::Lost => false,
    };
    6usize.saturating_sub(pool.instances.iter().filter(filled).count())
}
