//! What is there of a site's balancers: one list call for each type, and one for each object where the service has no
//! list over all: listeners and the health of targets.

use super::{
    read::{alb, ear, group, judged},
    wanted::{Checks, Ear, beginning},
};
use crate::{
    concurrent::{self, Call},
    connect::Service,
    error::{Told, Wish},
    mark::{self, ID, SITE, Tags},
};
use aws_sdk_autoscaling::types::{AutoScalingGroup, Filter};
use aws_sdk_elasticloadbalancingv2::types::{LoadBalancer, TagDescription, TargetGroup, TargetHealthDescription};
use futures_util::future::{join, join3};
use ha_core::{
    backend::{Result, Scope, state::TargetHealth},
    name::{InstanceId, PoolName},
    time::Timestamp,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// Between two looks while our own change is not yet seen.
const POLL: Duration = Duration::from_secs(1);
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
    pub targets: Targets,
}

/// Who is in a target group, and how it judges them.
type Targets = Vec<(InstanceId, TargetHealth)>;

/// A pool as a balancer sees it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Served {
    /// The name of its Auto Scaling group.
    pub name: String,
    /// The target groups into which its instances go.
    pub targets: BTreeSet<String>,
    /// What is being rolled out in it.
    #[cfg(feature = "readings")]
    pub trial: Option<crate::readings::Trial>,
}

impl Served {
    /// A pool that was just made.
    pub fn fresh(name: &str) -> Self {
        Self {
            name: name.into(),
            targets: BTreeSet::new(),
            #[cfg(feature = "readings")]
            trial: None,
        }
    }
}

/// The pools of a site, by name.
pub(crate) type Pools = BTreeMap<PoolName, Served>;

/// What there is of one site's balancers.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Seen {
    pub albs: Vec<Alb>,
    pub groups: Vec<Group>,
    pub pools: Pools,
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
    pub fn new(service: &Service) -> Self {
        Self {
            elb: aws_sdk_elasticloadbalancingv2::Client::new(&service.config),
            scaling: aws_sdk_autoscaling::Client::new(&service.config),
            ec2: aws_sdk_ec2::Client::new(&service.config),
        }
    }

    /// What is there of this scope, but for the pools.
    pub async fn look(&self, scope: &Scope, wish: &Wish) -> Result<Seen> {
        let start = beginning(scope);
        let (albs, groups) = join(self.albs(&start, wish), self.groups(&start, wish)).await;
        let (albs, groups) = (albs?, groups?);
        let alb_ids: Vec<&str> = albs.iter().filter_map(|it| it.load_balancer_arn()).collect();
        let group_ids: Vec<&str> = groups.iter().filter_map(|it| it.target_group_arn()).collect();
        let ids = [&alb_ids[..], &group_ids].concat();
        // Of strangers, too: whose they are is known no sooner, and few bear names that begin as the site's.
        let (tags, ears, health) =
            join3(self.tags(&ids, wish), self.all_ears(&alb_ids, wish), self.all_health(&group_ids, wish)).await;
        let (tags, mut ears, mut health) = (tags?, ears?, health?);
        let of = |id: Option<&str>| id.and_then(|id| tags.get(id)).cloned().unwrap_or_default();
        let mut seen = Seen::default();
        for it in &albs {
            let mut it = alb(it, of(it.load_balancer_arn()));
            it.ears = ears.remove(&it.id).unwrap_or_default();
            match mark::stranger(&it.tags, scope) {
                None => seen.albs.push(it),
                Some(whose) => drop(seen.strangers.insert(it.name, whose)),
            }
        }
        for it in &groups {
            let mut it = group(it, of(it.target_group_arn()));
            it.targets = health.remove(&it.id).unwrap_or_default();
            match mark::stranger(&it.tags, scope) {
                None => seen.groups.push(it),
                Some(whose) => drop(seen.strangers.insert(it.name, whose)),
            }
        }
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

    /// The pools of the scope.
    pub async fn pools(&self, scope: &Scope, wish: &Wish) -> Result<Pools> {
        let filter = |key: &str, value: &str| Filter::builder().name(format!("tag:{key}")).values(value).build();
        let call = self.scaling.describe_auto_scaling_groups();
        let call = call.filters(filter(SITE, &scope.name)).filters(filter(ID, &scope.id));
        let pages = call.into_paginator().items().send();
        let listed = pages.collect::<std::result::Result<Vec<_>, _>>().await.told(wish)?;
        Ok(served(&listed, scope))
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

/// The pools of the scope among these groups, as balancers see them.
pub(crate) fn served(groups: &[AutoScalingGroup], scope: &Scope) -> Pools {
    let pool = |it: &AutoScalingGroup| {
        let pairs = it.tags().iter().filter_map(|tag| Some((tag.key()?.to_owned(), tag.value()?.to_owned())));
        let tags: Tags = pairs.collect();
        let own = tags.get(mark::OBJECT).filter(|_| mark::stranger(&tags, scope).is_none())?;
        let served = Served {
            name: it.auto_scaling_group_name()?.into(),
            targets: it.target_group_arns().iter().cloned().collect(),
            // Who runs what is only known where the instances are listed, too.
            #[cfg(feature = "readings")]
            trial: None,
        };
        Some((own.strip_prefix("pool-")?.into(), served))
    };
    groups.iter().filter_map(pool).collect()
}

/// Lists the site's balancers, own accepted changes included, but for the pools; `shown` to the port itself, or ahead.
pub(crate) async fn list(service: &Service, scope: &Scope, wish: &Wish, shown: bool) -> Result<(Seen, Timestamp)> {
    let clients = Clients::new(service);
    loop {
        let now = service.clock.now();
        let begun = service.shelves.balancers.begin(now);
        #[cfg(feature = "dns")]
        let places = service.shelves.places.begin(now);
        let mut seen = clients.look(scope, wish).await?;
        let gone = |id: &str| service.lately.is_gone(id, now, service.settle);
        seen.albs.retain(|it| !gone(&it.id));
        seen.groups.retain(|it| !gone(&it.id));
        let ids: BTreeSet<&str> =
            seen.albs.iter().map(|it| &*it.id).chain(seen.groups.iter().map(|it| &*it.id)).collect();
        if !service.made[1].misses(scope, &ids, now, service.settle) {
            #[cfg(feature = "dns")]
            service.shelves.places.keep(scope, places, seen.albs.clone(), true);
            service.shelves.balancers.keep(scope, begun, seen.clone(), shown);
            return Ok((seen, now));
        }
        service.clock.sleep(POLL).await;
    }
}
