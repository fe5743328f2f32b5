//! Cases of the port for DNS records.

use super::{
    Case, Entry, Port, Request, Running, Trial,
    trial::{Outcome, conflict, holds, not_ready},
};
use crate::{
    backend::{Resource, spec::RecordSet},
    name::DnsName,
    topology::{Answer, Endpoint, RecordKind},
};
use std::{collections::BTreeSet, time::Duration};

const fn case(name: &'static str, run: for<'a> fn(&'a Trial<'a>) -> Running<'a>) -> Case {
    Case { port: Port::Dns, name, run }
}

pub(super) const CASES: &[Case] = &[
    case("a_name_answers_what_it_stands_for", |trial| Box::pin(a_name_answers_what_it_stands_for(trial))),
    case("answers_only_living_endpoints_after_ttl_and_detection", |trial| {
        Box::pin(answers_only_living_endpoints_after_ttl_and_detection(trial))
    }),
    case("never_the_last_answer", |trial| Box::pin(never_the_last_answer(trial))),
    case("a_change_is_seen_after_the_ttl", |trial| Box::pin(a_change_is_seen_after_the_ttl(trial))),
    case("fails_over_to_the_secondary_and_back", |trial| Box::pin(fails_over_to_the_secondary_and_back(trial))),
    case("weights_share_the_answers", |trial| Box::pin(weights_share_the_answers(trial))),
    case("a_name_without_its_endpoint_is_refused", |trial| Box::pin(a_name_without_its_endpoint_is_refused(trial))),
    case("asking_twice_is_asking_once", |trial| Box::pin(asking_twice_is_asking_once(trial))),
    case("foreign_objects_are_a_conflict", |trial| Box::pin(foreign_objects_are_a_conflict(trial))),
    case("remove_leaves_only_what_it_lists", |trial| Box::pin(remove_leaves_only_what_it_lists(trial))),
];

/// How many users ask where the answers of many are looked at.
const USERS: u32 = 40;

fn name(trial: &Trial<'_>) -> DnsName {
    trial.lab.material().domain.as_str().into()
}

fn alias(trial: &Trial<'_>, to: &Endpoint) -> RecordSet {
    trial.record(RecordKind::Alias { to: to.clone() })
}

fn weighted(trial: &Trial<'_>, answers: [(&Endpoint, u32); 2]) -> RecordSet {
    let answers = answers.map(|(to, weight)| Answer { to: to.clone(), weight }).to_vec();
    trial.record(RecordKind::Weighted { answers })
}

/// What so many users find, each asking for himself: every endpoint once a user who found it.
async fn found(trial: &Trial<'_>, users: u32) -> Vec<Endpoint> {
    let mut all = Vec::new();
    for user in 0..users {
        all.extend(trial.lab.resolve(&name(trial), user).await);
    }
    all
}

/// Waits until forty users find exactly these, nobody finds nothing, and all are found.
async fn until_found(trial: &Trial<'_>, expected: &[&Endpoint]) -> Outcome {
    let wait = trial.wait(format!("users find exactly {expected:?}"));
    let expected: BTreeSet<&Endpoint> = expected.iter().copied().collect();
    loop {
        let found = found(trial, USERS).await;
        if found.len() >= USERS as usize && found.iter().collect::<BTreeSet<_>>() == expected {
            return Ok(());
        }
        wait.more(&found).await?;
    }
}

async fn a_name_answers_what_it_stands_for(trial: &Trial<'_>) -> Outcome {
    let [one, _] = trial.endpoints().await?;
    trial.make_record(&alias(trial, &one)).await?;
    until_found(trial, &[&one]).await?;
    if trial.lab.endpoints().is_some() {
        return Ok(());
    }
    let request = Request { entry: Entry::Name(name(trial)), user: 1, takes: Duration::ZERO };
    match trial.lab.request(&trial.scope, &request).await {
        super::Answer::Served { pool, instance, .. } => {
            holds(pool.as_str() == "web-one", || format!("{instance} of {pool} answered"))
        }
        super::Answer::Failed(why) => Err(format!("a request under the name failed: {why}").into()),
    }
}

async fn answers_only_living_endpoints_after_ttl_and_detection(trial: &Trial<'_>) -> Outcome {
    let [one, two] = trial.endpoints().await?;
    trial.make_record(&weighted(trial, [(&one, 100), (&two, 100)])).await?;
    until_found(trial, &[&one, &two]).await?;
    trial.set_endpoint(0, false).await?;
    until_found(trial, &[&two]).await?;
    let told = trial
        .until_record("tells that one is dead", |state| state.answers == [(one.clone(), false), (two.clone(), true)]);
    told.await?;
    trial.set_endpoint(0, true).await?;
    until_found(trial, &[&one, &two]).await
}

async fn never_the_last_answer(trial: &Trial<'_>) -> Outcome {
    let [one, two] = trial.endpoints().await?;
    trial.make_record(&weighted(trial, [(&one, 100), (&two, 100)])).await?;
    trial.set_endpoint(0, false).await?;
    until_found(trial, &[&two]).await?;
    trial.set_endpoint(1, false).await?;
    let dead = |state: &crate::backend::state::RecordState| state.answers.iter().all(|(_, alive)| !alive);
    trial.until_record("tells that both are dead", dead).await?;
    until_found(trial, &[&one, &two]).await
}

async fn a_change_is_seen_after_the_ttl(trial: &Trial<'_>) -> Outcome {
    let [one, two] = trial.endpoints().await?;
    trial.make_record(&alias(trial, &one)).await?;
    until_found(trial, &[&one]).await?;
    trial.make_record(&alias(trial, &two)).await?;
    until_found(trial, &[&two]).await
}

async fn fails_over_to_the_secondary_and_back(trial: &Trial<'_>) -> Outcome {
    let [one, two] = trial.endpoints().await?;
    trial.make_record(&trial.record(RecordKind::Failover { primary: one.clone(), secondary: two.clone() })).await?;
    until_found(trial, &[&one]).await?;
    trial.set_endpoint(0, false).await?;
    until_found(trial, &[&two]).await?;
    trial.set_endpoint(0, true).await?;
    until_found(trial, &[&one]).await
}

async fn weights_share_the_answers(trial: &Trial<'_>) -> Outcome {
    let [one, two] = trial.endpoints().await?;
    // A quarter, by more than four standard deviations of a fair draw; then all, then half.
    for (weights, share) in [((300, 100), 60..=140), ((0, 100), 400..=400), ((100, 100), 160..=240)] {
        trial.make_record(&weighted(trial, [(&one, weights.0), (&two, weights.1)])).await?;
        let wait = trial.wait(format!("of 400 users {share:?} find the second of weights {weights:?}"));
        loop {
            let found = found(trial, 400).await;
            let second = found.iter().filter(|endpoint| **endpoint == two).count();
            if found.len() == 400 && share.contains(&second) {
                break;
            }
            wait.more(&(found.len(), second)).await?;
        }
    }
    Ok(())
}

async fn a_name_without_its_endpoint_is_refused(trial: &Trial<'_>) -> Outcome {
    let before = trial.at_rest().await?;
    let absent = Endpoint::Balancer("absent".into());
    not_ready(trial.dns()?.ensure(&trial.scope, &alias(trial, &absent)).await)?;
    trial.is_still(&before, "a refused wish").await
}

async fn asking_twice_is_asking_once(trial: &Trial<'_>) -> Outcome {
    let [one, two] = trial.endpoints().await?;
    let set = weighted(trial, [(&one, 100), (&two, 100)]);
    trial.make_record(&set).await?;
    let before = trial.at_rest().await?;
    trial.dns()?.ensure(&trial.scope, &set).await?;
    trial.is_still(&before, "asking again").await
}

async fn foreign_objects_are_a_conflict(trial: &Trial<'_>) -> Outcome {
    let [one, two] = trial.endpoints().await?;
    trial.make_record(&alias(trial, &one)).await?;
    let mut planted = alias(trial, &one);
    planted.name = format!("planted.{}", planted.name).into();
    trial.lab.plant(&trial.scope, &Resource::Record(planted.name.clone())).await?;
    let before = trial.at_rest().await?;
    conflict(trial.dns()?.ensure(&trial.scope, &planted).await)?;
    conflict(trial.dns()?.ensure(&trial.other, &alias(trial, &two)).await)?;
    // Whether they are accepted or refused: what is not the scope's own stays.
    let _either = trial.dns()?.remove(&trial.other, &name(trial)).await;
    let _either = trial.dns()?.remove(&trial.scope, &planted.name).await;
    trial.is_still(&before, "a wish over what is not the scope's own").await
}

async fn remove_leaves_only_what_it_lists(trial: &Trial<'_>) -> Outcome {
    let [one, _] = trial.endpoints().await?;
    let before = trial.at_rest().await?;
    trial.make_record(&alias(trial, &one)).await?;
    until_found(trial, &[&one]).await?;
    trial.dns()?.remove(&trial.scope, &name(trial)).await?;
    trial.until_gone(&before).await?;
    let wait = trial.wait("the name has no answer");
    loop {
        let found = found(trial, USERS).await;
        if found.is_empty() {
            break;
        }
        wait.more(&found).await?;
    }
    trial.dns()?.remove(&trial.scope, &name(trial)).await?;
    trial.is_still(&before, "removing what is gone").await
}
