//! What is there of a site's balancers: one list call for each type, and one for each object where the service has no
//! list over all: listeners and the health of targets.

use super::{
    read::{alb, ear, group, judged},
    wanted::{Checks, Ear, beginning},
};
use crate::{
    concurrent::{self, Call},
    error::{Told, Wish},
    mark::{self, ID, SITE, Tags},
};
use aws_sdk_autoscaling::types::{AutoScalingGroup, Filter};
use aws_sdk_elasticloadbalancingv2::types::{LoadBalancer, TagDescription, TargetGroup, TargetHealthDescription};
use futures_util::future::{join, join3};
use ha_core::{
    backend::{Result, Scope, state::TargetHealth},
    name::{InstanceId, PoolName},
};
use std::collections::{BTreeMap, BTreeSet};

/// So many objects' tags are listed by one call.
const TAGS: usize = 20;

/// The clients that balancers need.
#[derive(Clone, Debug)]
pub(crate) struct Clients {
    pub elb: aws_sdk_elasticloadbalancingv2::Client,
    pub scaling: aws_sdk_autoscaling::Client,
    pub ec2: aws_sdk_ec2::Client,
}

/// How far a load balancer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    Coming,
    Works,
    Failed,
}

/// A load balancer as it is there.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Alb {
    pub id: String,
    pub name: String,
    /// The name under which it is found, and the hosted zone of that name.
    pub dns: (String, String),
    pub tags: Tags,
    pub life: Life,
    pub subnets: BTreeSet<String>,
    pub security: Vec<String>,
    /// Its listeners, by their ids.
    pub ears: Vec<(String, Ear)>,
}

/// A target group as it is there.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Group {
    pub id: String,
    pub name: String,
    pub tags: Tags,
    pub checks: Checks,
    /// Whether some balancer forwards to it.
    pub used: bool,
    pub targets: Vec<(InstanceId, TargetHealth)>,
}

/// A pool as a balancer sees it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Served {
    /// The name of its Auto Scaling group.
    pub name: String,
    /// The target groups into which its instances go.
    pub targets: BTreeSet<String>,
}

/// What there is of one site's balancers.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Seen {
    pub albs: Vec<Alb>,
    pub groups: Vec<Group>,
    pub pools: BTreeMap<PoolName, Served>,
    /// Load balancers and target groups of the site's names that are not the scope's, and whose they are.
    pub strangers: BTreeMap<String, String>,
}

impl Group {
    pub fn serves(&self) -> bool {
        self.targets.iter().any(|(_, health)| *health == TargetHealth::Healthy)
    }
}

impl Seen {
    /// The target group of this name.
    pub fn group(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|it| it.name == name)
    }
    /// The target groups of this object.
    pub fn groups_of<'a>(&'a self, object: &'a str) -> impl Iterator<Item = &'a Group> {
        self.groups.iter().filter(move |it| it.tags.get(mark::OBJECT).is_some_and(|own| own == object))
    }
    /// Whether some pool puts its instances into this target group.
    pub fn is_fed(&self, group: &str) -> bool {
        self.pools.values().any(|pool| pool.targets.contains(group))
    }
}

impl Clients {
    /// What is there of this scope.
    pub async fn look(&self, scope: &Scope, wish: &Wish) -> Result<Seen> {
        let start = beginning(scope);
        let (albs, groups, pools) =
            join3(self.albs(&start, wish), self.groups(&start, wish), self.pools(scope, wish)).await;
        let (albs, groups, pools) = (albs?, groups?, pools?);
        let ids = albs.iter().filter_map(|it| it.load_balancer_arn());
        let ids: Vec<&str> = ids.chain(groups.iter().filter_map(|it| it.target_group_arn())).collect();
        let tags = self.tags(&ids, wish).await?;
        let of = |id: Option<&str>| id.and_then(|id| tags.get(id)).cloned().unwrap_or_default();
        let mut seen = Seen { pools, ..Seen::default() };
        for it in &albs {
            let it = alb(it, of(it.load_balancer_arn()));
            match mark::stranger(&it.tags, scope) {
                None => seen.albs.push(it),
                Some(whose) => drop(seen.strangers.insert(it.name, whose)),
            }
        }
        for it in &groups {
            let it = group(it, of(it.target_group_arn()));
            match mark::stranger(&it.tags, scope) {
                None => seen.groups.push(it),
                Some(whose) => drop(seen.strangers.insert(it.name, whose)),
            }
        }
        self.details(&mut seen, wish).await?;
        Ok(seen)
    }

    /// The load balancers of the site's names, without what takes further calls: whose they are, and what they do.
    #[cfg(feature = "dns")]
    pub async fn albs_of(&self, scope: &Scope, wish: &Wish) -> Result<Seen> {
        let albs = self.albs(&beginning(scope), wish).await?;
        Ok(Seen { albs: albs.iter().map(|it| alb(it, Tags::new())).collect(), ..Seen::default() })
    }

    async fn albs(&self, start: &str, wish: &Wish) -> Result<Vec<LoadBalancer>> {
        let pages = self.elb.describe_load_balancers().into_paginator().items().send();
        let mut listed = pages.collect::<std::result::Result<Vec<_>, _>>().await.told(wish)?;
        listed.retain(|it| it.load_balancer_name().is_some_and(|name| name.starts_with(start)));
        Ok(listed)
    }

    async fn groups(&self, start: &str, wish: &Wish) -> Result<Vec<TargetGroup>> {
        let pages = self.elb.describe_target_groups().into_paginator().items().send();
        let mut listed = pages.collect::<std::result::Result<Vec<_>, _>>().await.told(wish)?;
        listed.retain(|it| it.target_group_name().is_some_and(|name| name.starts_with(start)));
        Ok(listed)
    }

    async fn pools(&self, scope: &Scope, wish: &Wish) -> Result<BTreeMap<PoolName, Served>> {
        let filter = |key: &str, value: &str| Filter::builder().name(format!("tag:{key}")).values(value).build();
        let call = self.scaling.describe_auto_scaling_groups();
        let call = call.filters(filter(SITE, &scope.name)).filters(filter(ID, &scope.id));
        let pages = call.into_paginator().items().send();
        let listed = pages.collect::<std::result::Result<Vec<_>, _>>().await.told(wish)?;
        let pool = |it: &AutoScalingGroup| {
            let pairs = it.tags().iter().filter_map(|tag| Some((tag.key()?.to_owned(), tag.value()?.to_owned())));
            let tags: Tags = pairs.collect();
            let own = tags.get(mark::OBJECT).filter(|_| mark::stranger(&tags, scope).is_none())?;
            let targets = it.target_group_arns().iter().cloned().collect();
            Some((own.strip_prefix("pool-")?.into(), Served { name: it.auto_scaling_group_name()?.into(), targets }))
        };
        Ok(listed.iter().filter_map(pool).collect())
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

    /// What is listed for each object only.
    async fn details(&self, seen: &mut Seen, wish: &Wish) -> Result<()> {
        let ears = seen.albs.iter().map(|it| -> Call<'_, (String, Vec<(String, Ear)>)> {
            Box::pin(async { Ok((it.id.clone(), self.ears(&it.id, wish).await?)) })
        });
        let health = seen.groups.iter().map(|it| -> Call<'_, (String, Vec<(InstanceId, TargetHealth)>)> {
            Box::pin(async { Ok((it.id.clone(), self.health(&it.id, wish).await?)) })
        });
        let (ears, health) = join(concurrent::all(ears.collect()), concurrent::all(health.collect())).await;
        let mut ears: BTreeMap<_, _> = ears.into_iter().collect::<Result<_>>()?;
        let mut health: BTreeMap<_, _> = health.into_iter().collect::<Result<_>>()?;
        for alb in &mut seen.albs {
            alb.ears = ears.remove(&alb.id).unwrap_or_default();
        }
        for group in &mut seen.groups {
            group.targets = health.remove(&group.id).unwrap_or_default();
        }
        Ok(())
    }

    /// The listeners of a balancer.
    async fn ears(&self, alb: &str, wish: &Wish) -> Result<Vec<(String, Ear)>> {
        let pages = self.elb.describe_listeners().load_balancer_arn(alb).into_paginator().items().send();
        let listed = pages.collect::<std::result::Result<Vec<_>, _>>().await.told(wish)?;
        Ok(listed.iter().filter_map(|it| Some((it.listener_arn()?.to_owned(), ear(it)))).collect())
    }

    async fn health(&self, group: &str, wish: &Wish) -> Result<Vec<(InstanceId, TargetHealth)>> {
        let answer = self.elb.describe_target_health().target_group_arn(group).send().await.told(wish)?;
        let target = |it: &TargetHealthDescription| {
            let (id, health) = (it.target()?.id()?, it.target_health()?);
            Some((id.into(), judged(health.state()?, health.reason())))
        };
        Ok(answer.target_health_descriptions().iter().filter_map(target).collect())
    }
}
