//! What is there of a site's balancers: one list call for each type, and one for each object where the service has no
//! list over all: listeners and the health of targets.

use super::{
    details::Details,
    read::{alb, group},
    wanted::{Checks, Does, Ear, beginning},
};
use crate::{
    connect::Service,
    error::{Told, Wish},
    mark::{self, ID, SITE, Tags},
};
use aws_sdk_autoscaling::types::{AutoScalingGroup, Filter};
use aws_sdk_elasticloadbalancingv2::types::{LoadBalancer, TargetGroup};
use futures_util::future::join;
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
    pub targets: Targets,
}

/// Who is in a target group, and how it judges them.
pub(super) type Targets = Vec<(InstanceId, TargetHealth)>;

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
    /// Whether some listener forwards to the target group of this name. What a group itself says of it is not asked: the
    /// listeners are what we write.
    pub fn is_used(&self, name: &str) -> bool {
        let ears = self.albs.iter().flat_map(|alb| &alb.ears);
        ears.map(|(_, ear)| &ear.does)
            .any(|does| matches!(does, Does::Forward(weights, _) if weights.contains_key(name)))
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

    /// What is there of this scope, but for the pools. Most is as `expected`, by its ids: what takes a call for each is
    /// asked at the same time as the lists.
    pub async fn look(&self, scope: &Scope, expected: &[String], wish: &Wish) -> Result<Seen> {
        let start = beginning(scope);
        let lists = join(self.albs(&start, wish), self.groups(&start, wish));
        let ((albs, groups), ahead) = join(lists, self.details(expected, wish)).await;
        let (albs, groups) = (albs?, groups?);
        let ids = albs.iter().filter_map(|it| it.load_balancer_arn());
        let ids = ids.chain(groups.iter().filter_map(|it| it.target_group_arn()));
        // Where one of them is gone, nothing was told of the others.
        let mut details = ahead.unwrap_or_default();
        // Of strangers, too: whose they are is known no sooner, and few bear names that begin as the site's.
        let others: Vec<String> = ids.filter(|id| !details.asked.contains(*id)).map(String::from).collect();
        details.extend(self.details(&others, wish).await?);
        let Details { tags, mut ears, mut health, .. } = details;
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
        let gone = |id: &str| service.lately.is_gone(id, now, service.settle);
        let mut expected = service.shelves.fronts.of(scope);
        expected.retain(|id| !gone(id));
        let mut seen = clients.look(scope, &expected, wish).await?;
        seen.albs.retain(|it| !gone(&it.id));
        seen.groups.retain(|it| !gone(&it.id));
        let ids: BTreeSet<&str> =
            seen.albs.iter().map(|it| &*it.id).chain(seen.groups.iter().map(|it| &*it.id)).collect();
        service.shelves.fronts.are(scope, ids.iter().map(ToString::to_string));
        if !service.made[1].misses(scope, &ids, now, service.settle) {
            #[cfg(feature = "dns")]
            service.shelves.places.keep(scope, places, seen.albs.clone(), true);
            service.shelves.balancers.keep(scope, begun, seen.clone(), shown);
            return Ok((seen, now));
        }
        service.clock.sleep(POLL).await;
    }
}
