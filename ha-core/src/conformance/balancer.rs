//! Cases of the port for load balancers.

use super::{
    Answer, Case, Port, Running, Trial,
    site::{fault, knows, ready},
    trial::{Outcome, conflict, holds, not_ready},
};
use crate::{
    backend::{
        Resource,
        spec::BalancerSpec,
        state::{BalancerState, TargetHealth},
    },
    name::{BalancerName, InstanceId, PoolName},
    topology::{Capacity, Endpoint, RecordKind, Route},
};
use std::{collections::BTreeSet, time::Duration};

const fn case(name: &'static str, run: for<'a> fn(&'a Trial<'a>) -> Running<'a>) -> Case {
    Case { port: Port::Balancer, name, run }
}

pub(super) const CASES: &[Case] = &[
    case("serves_the_ready_instances_of_its_pools", |trial| Box::pin(serves_the_ready_instances_of_its_pools(trial))),
    case("takes_out_what_fails_and_takes_it_back", |trial| Box::pin(takes_out_what_fails_and_takes_it_back(trial))),
    case("never_routes_to_an_unready_instance", |trial| Box::pin(never_routes_to_an_unready_instance(trial))),
    case("keeps_the_last_targets_when_all_fail", |trial| Box::pin(keeps_the_last_targets_when_all_fail(trial))),
    case("weights_share_the_requests", |trial| Box::pin(weights_share_the_requests(trial))),
    case("route_moves_weights_only", |trial| Box::pin(route_moves_weights_only(trial))),
    case("a_sticky_user_stays", |trial| Box::pin(a_sticky_user_stays(trial))),
    case("a_balancer_without_its_pools_is_refused", |trial| Box::pin(a_balancer_without_its_pools_is_refused(trial))),
    case("asking_twice_is_asking_once", |trial| Box::pin(asking_twice_is_asking_once(trial))),
    case("foreign_objects_are_a_conflict", |trial| Box::pin(foreign_objects_are_a_conflict(trial))),
    case("a_balancer_behind_a_name_is_not_removed", |trial| Box::pin(a_balancer_behind_a_name_is_not_removed(trial))),
    case("remove_leaves_only_what_it_lists", |trial| Box::pin(remove_leaves_only_what_it_lists(trial))),
];

fn front() -> BalancerName {
    "front".into()
}

fn web() -> PoolName {
    "web".into()
}

fn healthy<'a>(state: &'a BalancerState, id: &'a InstanceId) -> bool {
    state.targets.iter().any(|target| target.instance == *id && target.health == TargetHealth::Healthy)
}

async fn serves_the_ready_instances_of_its_pools(trial: &Trial<'_>) -> Outcome {
    let pool = trial.make_site(3).await?;
    let mut answered = BTreeSet::new();
    for user in 0..60 {
        let (from, by) = trial.served(user).await?;
        holds(from == web() && knows(&pool, &by), || format!("{by} of {from} is no instance of the pool"))?;
        answered.insert(by);
    }
    holds(answered.len() == 3, || format!("of three instances only {answered:?} answered sixty users"))
}

async fn takes_out_what_fails_and_takes_it_back(trial: &Trial<'_>) -> Outcome {
    let pool = trial.make_site(3).await?;
    // Two fail, so that the brake leaves one of them for the balancer to take back.
    let ill: Vec<&InstanceId> = pool.instances.iter().skip(1).map(|instance| &instance.id).collect();
    for id in &ill {
        trial.strike("instances.hang", &format!("instance:{id}")).await?;
    }
    let out = |state: &BalancerState| ill.iter().all(|id| !healthy(state, id));
    trial.until_balancer(&front(), "what hangs is out", out).await?;
    for user in 0..20 {
        let (_, by) = trial.served(user).await?;
        holds(!ill.contains(&&by), || format!("{by} fails its checks and answers a user"))?;
    }
    for id in &ill {
        trial.heal("instances.hang", &format!("instance:{id}")).await?;
    }
    let back = |state: &BalancerState| ill.iter().any(|id| healthy(state, id));
    let state = trial.until_balancer(&front(), "what is well again is taken back", back).await?;
    match ill.iter().find(|id| healthy(&state, id)) {
        Some(id) => trial.until_served_by(id).await,
        None => Err("what was taken back is out again".to_owned().into()),
    }
}

async fn never_routes_to_an_unready_instance(trial: &Trial<'_>) -> Outcome {
    let before = trial.make_site(2).await?;
    trial.strike("boot.never_serves", "pool:web").await?;
    let mut spec = before.spec.clone();
    spec.capacity = Capacity::Fixed(4);
    trial.pool()?.ensure(&trial.scope, &spec).await?;
    let booting = |pool: &crate::backend::state::PoolState| pool.instances.len() == 4;
    trial.until_pool(&web(), "two more are launched", booting).await?;
    for user in 0..60 {
        let (_, by) = trial.served(user).await?;
        holds(knows(&before, &by), || format!("{by} never got ready and answered a user"))?;
        if user % 6 == 5 {
            trial.sleep(trial.lab.patience().poll).await;
        }
    }
    trial.heal("boot.never_serves", "pool:web").await?;
    let wait = trial.wait("four are ready, and answer only when they are");
    loop {
        let (_, by) = trial.served(0).await?;
        // Seen after the answer: who answered had passed its check by then.
        let state = trial.balancer_state(&front()).await?;
        holds(healthy(&state, &by), || format!("{by} answered a user and is {:?}", state.targets))?;
        let pool = trial.pool_state(&web()).await?;
        if ready(&pool).count() == 4 {
            return Ok(());
        }
        wait.more(&pool).await?;
    }
}

async fn keeps_the_last_targets_when_all_fail(trial: &Trial<'_>) -> Outcome {
    let pool = trial.make_site(3).await?;
    let all = fault("balancer.flap", "balancer:front")?.rate(1.0);
    let all = all.with(|parameters| parameters.period = Some(Duration::from_secs(60)));
    trial.lab.strike(&all).await?;
    let none = |state: &BalancerState| state.targets.iter().all(|target| target.health != TargetHealth::Healthy);
    trial.until_balancer(&front(), "no target is healthy", none).await?;
    let mut answered = BTreeSet::new();
    for user in 0..60 {
        // A replacement that never was ready gets requests as well, and need not answer.
        if let Answer::Served { instance, .. } = trial.ask(user).await {
            answered.insert(instance);
        }
    }
    let old = answered.iter().filter(|id| knows(&pool, id)).count();
    holds(old >= 2, || format!("only {answered:?} answer when all fail"))
}

/// How many of `count` users, from this one on, pool `green` answers; each must be answered by it or by `blue`.
async fn answered_by_green(trial: &Trial<'_>, count: u32) -> Outcome<u32> {
    let mut green = 0;
    for user in 0..count {
        let (pool, by) = trial.served(user).await?;
        match pool.as_str() {
            "green" => green += 1,
            "blue" => {}
            other => return Err(format!("{by} of {other} answered").into()),
        }
    }
    Ok(green)
}

async fn make_two_pools(trial: &Trial<'_>) -> Outcome<BalancerSpec> {
    trial.balancer()?;
    for pool in ["blue", "green"] {
        trial.make_pool(&trial.pool_spec(pool, 2)?).await?;
    }
    let spec = trial.balancer_spec("front", &[("blue", 300), ("green", 100)]);
    trial.make_balancer(&spec).await?;
    let all = |state: &BalancerState| state.targets.iter().filter(|t| t.health == TargetHealth::Healthy).count() == 4;
    trial.until_balancer(&front(), "four targets are healthy", all).await?;
    Ok(spec)
}

fn routes(blue: u32, green: u32) -> Vec<Route> {
    vec![Route { pool: "blue".into(), weight: blue }, Route { pool: "green".into(), weight: green }]
}

/// Waits until the users' share at `green` is what the weights say.
async fn until_share(trial: &Trial<'_>, of_400: std::ops::RangeInclusive<u32>) -> Outcome {
    let wait = trial.wait(format!("pool green answers {of_400:?} of 400 requests"));
    loop {
        let green = answered_by_green(trial, 400).await?;
        if of_400.contains(&green) {
            return Ok(());
        }
        wait.more(&green).await?;
    }
}

async fn weights_share_the_requests(trial: &Trial<'_>) -> Outcome {
    make_two_pools(trial).await?;
    // A quarter, by more than four standard deviations of a fair draw.
    until_share(trial, 60..=140).await?;
    for (blue, green, share) in [(0, 100, 400..=400), (100, 0, 0..=0), (100, 100, 160..=240)] {
        trial.balancer()?.route(&trial.scope, &front(), &routes(blue, green)).await?;
        until_share(trial, share).await?;
    }
    Ok(())
}

async fn route_moves_weights_only(trial: &Trial<'_>) -> Outcome {
    let spec = make_two_pools(trial).await?;
    let before = trial.at_rest().await?;
    trial.balancer()?.route(&trial.scope, &front(), &routes(100, 300)).await?;
    let moved = BalancerSpec { routes: routes(100, 300), ..spec.clone() };
    let is = |state: &BalancerState| state.spec == moved;
    trial.until_balancer(&front(), &format!("is as asked but for its weights: {moved:?}"), is).await?;
    trial.balancer()?.route(&trial.scope, &front(), &spec.routes).await?;
    trial.is_still(&before, "moving weights there and back").await
}

async fn a_sticky_user_stays(trial: &Trial<'_>) -> Outcome {
    trial.balancer()?;
    trial.make_pool(&trial.pool_spec("web", 3)?).await?;
    let mut spec = trial.balancer_spec("front", &[("web", 100)]);
    spec.sticky = Some(Duration::from_secs(3600));
    trial.make_balancer(&spec).await?;
    let mut homes = Vec::new();
    // Not a multiple of the instances: taking turns does not look like staying.
    for user in 0..31 {
        homes.push(trial.served(user).await?.1);
    }
    holds(homes.iter().collect::<BTreeSet<_>>().len() > 1, || format!("all users are with {}", homes[0]))?;
    for _ in 0..5 {
        for (user, home) in (0..).zip(&homes) {
            let (_, by) = trial.served(user).await?;
            holds(by == *home, || format!("user {user} moved from {home} to {by}"))?;
        }
    }
    let lost = homes[0].clone();
    trial.strike("instances.kill", &format!("instance:{lost}")).await?;
    let wait = trial.wait("the user of a lost instance is served by another");
    loop {
        let answer = trial.ask(0).await;
        match &answer {
            Answer::Served { instance, .. } if *instance != lost => return Ok(()),
            Answer::Served { .. } | Answer::Failed(_) => wait.more(&answer).await?,
        }
    }
}

async fn a_balancer_without_its_pools_is_refused(trial: &Trial<'_>) -> Outcome {
    trial.balancer()?;
    trial.make_pool(&trial.pool_spec("web", 1)?).await?;
    let before = trial.at_rest().await?;
    let spec = trial.balancer_spec("front", &[("web", 100), ("absent", 100)]);
    not_ready(trial.balancer()?.ensure(&trial.scope, &spec).await)?;
    trial.is_still(&before, "a refused wish").await
}

async fn asking_twice_is_asking_once(trial: &Trial<'_>) -> Outcome {
    trial.make_site(2).await?;
    let spec = trial.balancer_spec("front", &[("web", 100)]);
    let before = trial.at_rest().await?;
    trial.balancer()?.ensure(&trial.scope, &spec).await?;
    trial.balancer()?.route(&trial.scope, &front(), &spec.routes).await?;
    trial.is_still(&before, "asking again").await
}

async fn foreign_objects_are_a_conflict(trial: &Trial<'_>) -> Outcome {
    trial.make_site(1).await?;
    let spec = trial.balancer_spec("front", &[("web", 100)]);
    let planted = trial.balancer_spec("planted", &[("web", 100)]);
    trial.lab.plant(&trial.scope, &Resource::Balancer(planted.name.clone())).await?;
    let before = trial.at_rest().await?;
    conflict(trial.balancer()?.ensure(&trial.other, &spec).await)?;
    conflict(trial.balancer()?.ensure(&trial.scope, &planted).await)?;
    // Whether they are accepted or refused: what is not the scope's own stays.
    let _either = trial.balancer()?.route(&trial.other, &front(), &spec.routes).await;
    let _either = trial.balancer()?.remove(&trial.other, &spec.name).await;
    let _either = trial.balancer()?.remove(&trial.scope, &planted.name).await;
    trial.is_still(&before, "a wish over what is not the scope's own").await
}

async fn a_balancer_behind_a_name_is_not_removed(trial: &Trial<'_>) -> Outcome {
    trial.needs(Port::Dns)?;
    trial.make_site(1).await?;
    trial.make_record(&trial.record(RecordKind::Alias { to: Endpoint::Balancer(front()) })).await?;
    let before = trial.at_rest().await?;
    not_ready(trial.balancer()?.remove(&trial.scope, &front()).await)?;
    trial.is_still(&before, "removing a balancer behind a name").await
}

async fn remove_leaves_only_what_it_lists(trial: &Trial<'_>) -> Outcome {
    trial.balancer()?;
    trial.make_pool(&trial.pool_spec("web", 1)?).await?;
    let before = trial.at_rest().await?;
    trial.make_balancer(&trial.balancer_spec("front", &[("web", 100)])).await?;
    trial.balancer()?.remove(&trial.scope, &front()).await?;
    trial.until_gone(&before).await?;
    trial.balancer()?.remove(&trial.scope, &front()).await?;
    trial.is_still(&before, "removing what is gone").await
}
