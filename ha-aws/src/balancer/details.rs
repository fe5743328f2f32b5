//! What is asked of each load balancer and each target group: tags, listeners, and the health of targets.

use super::{
    read::{ear, judged},
    seen::{Clients, Targets},
    wanted::Ear,
};
use crate::{
    concurrent::{self, Call},
    error::{Told, Wish},
    mark::Tags,
};
use aws_sdk_elasticloadbalancingv2::types::{TagDescription, TargetHealthDescription};
use futures_util::future::join3;
use ha_core::backend::Result;
use std::collections::{BTreeMap, BTreeSet};

/// So many objects' tags are listed by one call.
const TAGS: usize = 20;

/// What was told of each, by its id.
#[derive(Debug, Default)]
pub(super) struct Details {
    pub asked: BTreeSet<String>,
    pub tags: BTreeMap<String, Tags>,
    pub ears: BTreeMap<String, Vec<(String, Ear)>>,
    pub health: BTreeMap<String, Targets>,
}

impl Details {
    pub fn extend(&mut self, other: Self) {
        self.asked.extend(other.asked);
        self.tags.extend(other.tags);
        self.ears.extend(other.ears);
        self.health.extend(other.health);
    }
}

impl Clients {
    /// Of these load balancers and target groups.
    pub(super) async fn details(&self, ids: &[String], wish: &Wish) -> Result<Details> {
        let all: Vec<&str> = ids.iter().map(String::as_str).collect();
        // arn:...:loadbalancer/app/NAME/0123, arn:...:targetgroup/NAME/0123
        let (albs, groups): (Vec<&str>, Vec<&str>) = all.iter().partition(|id| id.contains(":loadbalancer/"));
        let (tags, ears, health) =
            join3(self.tags(&all, wish), self.all_ears(&albs, wish), self.all_health(&groups, wish)).await;
        Ok(Details { asked: ids.iter().cloned().collect(), tags: tags?, ears: ears?, health: health? })
    }

    /// The tags of these, by id.
    async fn tags(&self, ids: &[&str], wish: &Wish) -> Result<BTreeMap<String, Tags>> {
        let call = |ids: &[&str]| -> Call<'_, Vec<(String, Tags)>> {
            let call = ids.iter().fold(self.elb.describe_tags(), |call, id| call.resource_arns(*id));
            let wish = wish.clone();
            Box::pin(async move {
                let answer = call.send().await.told(&wish)?;
                let of = |it: &TagDescription| {
                    let pairs = it.tags().iter();
                    let pairs = pairs.filter_map(|tag| Some((tag.key()?.to_owned(), tag.value()?.to_owned())));
                    Some((it.resource_arn()?.to_owned(), pairs.collect()))
                };
                Ok(answer.tag_descriptions().iter().filter_map(of).collect())
            })
        };
        let answers = concurrent::all(ids.chunks(TAGS).map(call).collect()).await;
        Ok(answers.into_iter().collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
    }

    /// The listeners of each of these balancers.
    async fn all_ears(&self, albs: &[&str], wish: &Wish) -> Result<BTreeMap<String, Vec<(String, Ear)>>> {
        let call = |id: &&str| -> Call<'_, (String, Vec<(String, Ear)>)> {
            let id = (*id).to_owned();
            Box::pin(async move { Ok((id.clone(), self.ears(&id, wish).await?)) })
        };
        concurrent::all(albs.iter().map(call).collect()).await.into_iter().collect()
    }

    /// The targets of each of these groups.
    async fn all_health(&self, groups: &[&str], wish: &Wish) -> Result<BTreeMap<String, Targets>> {
        let call = |id: &&str| -> Call<'_, (String, Targets)> {
            let id = (*id).to_owned();
            Box::pin(async move { Ok((id.clone(), self.health(&id, wish).await?)) })
        };
        concurrent::all(groups.iter().map(call).collect()).await.into_iter().collect()
    }

    /// The listeners of a balancer.
    async fn ears(&self, alb: &str, wish: &Wish) -> Result<Vec<(String, Ear)>> {
        let pages = self.elb.describe_listeners().load_balancer_arn(alb).into_paginator().items().send();
        let listed = pages.collect::<std::result::Result<Vec<_>, _>>().await.told(wish)?;
        Ok(listed.iter().filter_map(|it| Some((it.listener_arn()?.to_owned(), ear(it)))).collect())
    }

    async fn health(&self, group: &str, wish: &Wish) -> Result<Targets> {
        let answer = self.elb.describe_target_health().target_group_arn(group).send().await.told(wish)?;
        let target = |it: &TargetHealthDescription| {
            let (id, health) = (it.target()?.id()?, it.target_health()?);
            Some((id.into(), judged(health.state()?, health.reason())))
        };
        Ok(answer.target_health_descriptions().iter().filter_map(target).collect())
    }
}
