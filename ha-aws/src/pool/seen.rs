//! What is there of a site's pools: groups, instances and what the groups tell of their past; one list call for each.

use super::{
    activity::{Deed, PAST, at, deed},
    group::{Care, Group, Life, Limits, Member, POOL},
};
use crate::{
    connect::Service,
    ec2,
    error::{Told, Wish, accept_gone},
    mark::{ID, SITE, Tags},
};
use aws_sdk_autoscaling::types::{AutoScalingGroup, Filter, Instance};
use aws_sdk_ec2::types::{InstanceStateName, LaunchTemplate};
use aws_smithy_types::{DateTime, date_time::Format};
use futures_util::future::join3;
use ha_core::{
    backend::{Result, Scope},
    name::{InstanceId, PoolName},
    time::Timestamp,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
#[cfg(feature = "readings")]
use {
    super::group::RELEASE,
    ha_core::backend::spec::{Candidate, PoolSpec},
};

/// What EC2 knows of an instance.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Machine {
    pub tags: Tags,
    pub launched: Option<Timestamp>,
    pub runs: bool,
}

/// The instances of the scope, by id; those that stopped of late are still listed.
pub(super) type Machines = BTreeMap<InstanceId, Machine>;

/// Between two looks while our own change is not yet seen.
const POLL: Duration = Duration::from_secs(1);

/// What is listed of a site's pools.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub(super) groups: Vec<AutoScalingGroup>,
    pub(super) machines: Machines,
    pub(super) past: Vec<Deed>,
}

impl Listed {
    /// Instances of a pool that no group has, launched before `then`: what is newer its group may not list yet.
    pub(super) fn strays(&self, pool: &PoolName, then: Timestamp) -> Vec<InstanceId> {
        let kept: BTreeSet<&str> =
            self.groups.iter().flat_map(|it| it.instances()).filter_map(|it| it.instance_id()).collect();
        let of_pool = of_pool(&self.machines, pool).filter(|(id, _)| !kept.contains(id.as_str()));
        of_pool.filter(|(_, it)| it.launched.is_some_and(|at| at < then)).map(|(id, _)| id.clone()).collect()
    }
}

/// The running instances that bear a pool's mark.
pub(super) fn of_pool<'a>(
    machines: &'a Machines,
    pool: &'a PoolName,
) -> impl Iterator<Item = (&'a InstanceId, &'a Machine)> {
    machines.iter().filter(move |(_, it)| it.runs && it.tags.get(POOL).is_some_and(|own| own == pool.as_str()))
}

/// Lists it, own accepted changes included; `shown` to the port itself, or ahead.
pub(crate) async fn list(service: &Service, scope: &Scope, wish: &Wish, shown: bool) -> Result<(Listed, Timestamp)> {
    let clients = Clients::new(service);
    loop {
        let at = service.clock.now();
        let begun = service.shelves.pools.begin(at);
        #[cfg(feature = "balancer")]
        let begun_served = service.shelves.served.begin(at);
        let (groups, machines, past) =
            join3(clients.groups(scope, wish), clients.machines(scope, wish), clients.past(at, wish)).await;
        let listed = Listed { groups: groups?, machines: machines?, past: past? };
        let names: BTreeSet<&str> = listed.groups.iter().filter_map(|it| it.auto_scaling_group_name()).collect();
        if !service.made[0].misses(scope, &names, at, service.settle) {
            #[cfg(feature = "balancer")]
            service.shelves.served.keep(scope, begun_served, served(&listed, scope), true);
            service.shelves.pools.keep(scope, begun, listed.clone(), shown);
            return Ok((listed, at));
        }
        service.clock.sleep(POLL).await;
    }
}

/// The two clients that pools need.
#[derive(Clone, Debug)]
pub(super) struct Clients {
    pub ec2: aws_sdk_ec2::Client,
    pub scaling: aws_sdk_autoscaling::Client,
}

impl Clients {
    pub fn new(service: &Service) -> Self {
        let ec2 = aws_sdk_ec2::Client::new(&service.config);
        Self { ec2, scaling: aws_sdk_autoscaling::Client::new(&service.config) }
    }

    /// All groups of the scope.
    async fn groups(&self, scope: &Scope, wish: &Wish) -> Result<Vec<AutoScalingGroup>> {
        let filter = |key: &str, value: &str| Filter::builder().name(format!("tag:{key}")).values(value).build();
        let call = self.scaling.describe_auto_scaling_groups();
        let call = call.filters(filter(SITE, &scope.name)).filters(filter(ID, &scope.id));
        let call = call.into_paginator().items().send();
        let listed = call.collect::<std::result::Result<Vec<_>, _>>().await.told(wish)?;
        // The filters ask for a tag of each value; that both are of one site is looked at here.
        Ok(listed.into_iter().filter(|it| crate::mark::stranger(&tags(it), scope).is_none()).collect())
    }

    /// The group of this name, whoever made it.
    pub async fn named(&self, name: &str, wish: &Wish) -> Result<Option<AutoScalingGroup>> {
        let call = self.scaling.describe_auto_scaling_groups().auto_scaling_group_names(name);
        let listed = call.send().await.told(wish)?;
        Ok(listed.auto_scaling_groups.unwrap_or_default().into_iter().next())
    }

    /// All instances of the scope.
    pub async fn machines(&self, scope: &Scope, wish: &Wish) -> Result<Machines> {
        let call = self.ec2.describe_instances().set_filters(Some(ec2::ours(scope)));
        let pages = call.into_paginator().items().send();
        let listed = pages.collect::<std::result::Result<Vec<_>, _>>().await.told(wish)?;
        let machine = |it: &aws_sdk_ec2::types::Instance| {
            let runs = match it.state().and_then(|state| state.name()) {
                Some(InstanceStateName::Pending | InstanceStateName::Running) => true,
                Some(_) | None => false,
            };
            let known = Machine { tags: ec2::read(it.tags()), launched: it.launch_time().map(at), runs };
            Some((it.instance_id()?.into(), known))
        };
        let all = listed.iter().flat_map(|reservation| reservation.instances());
        Ok(all.filter(|it| ec2::is_ours(it.tags(), scope)).filter_map(machine).collect())
    }

    /// The launch templates of a pool.
    pub async fn templates(&self, scope: &Scope, pool: &PoolName, wish: &Wish) -> Result<Vec<String>> {
        let of_pool = ec2::filter(&format!("tag:{POOL}"), &[pool.as_str()]);
        let call = self.ec2.describe_launch_templates().set_filters(Some(ec2::ours(scope))).filters(of_pool);
        let listed =
            call.into_paginator().items().send().collect::<std::result::Result<Vec<_>, _>>().await.told(wish)?;
        let own = |it: &LaunchTemplate| {
            ec2::is_ours(it.tags(), scope) && ec2::read(it.tags()).get(POOL).is_some_and(|own| own == pool.as_str())
        };
        Ok(listed.into_iter().filter(own).filter_map(|it| it.launch_template_name).collect())
    }

    /// Removes a launch template; one that is not there is accepted.
    pub async fn forget_template(&self, name: &str, wish: &Wish) -> Result<()> {
        let done = self.ec2.delete_launch_template().launch_template_name(name).send().await.map(drop).told(wish);
        accept_gone(done)
    }

    /// What groups did within the last hour, newest first.
    pub async fn past(&self, now: Timestamp, wish: &Wish) -> Result<Vec<Deed>> {
        let seconds = i64::try_from(now.back(PAST).0 / 1_000_000_000).unwrap_or(i64::MAX);
        let lower = DateTime::from_secs(seconds).fmt(Format::DateTime).unwrap_or_default();
        let filter = Filter::builder().name("StartTimeLowerBound").values(lower).build();
        let pages = self.scaling.describe_scaling_activities().filters(filter).into_paginator().items().send();
        let listed = pages.collect::<std::result::Result<Vec<_>, _>>().await.told(wish)?;
        Ok(listed.iter().filter_map(deed).collect())
    }
}

/// The tags of a group.
pub(super) fn tags(group: &AutoScalingGroup) -> Tags {
    group.tags().iter().filter_map(|tag| Some((tag.key()?.to_owned(), tag.value()?.to_owned()))).collect()
}

/// The pools as balancers see them, and what is being rolled out in each.
#[cfg(feature = "balancer")]
fn served(listed: &Listed, scope: &Scope) -> crate::balancer::seen::Pools {
    #[allow(unused_mut, reason = "nothing is measured without the feature")]
    let mut pools = crate::balancer::seen::served(&listed.groups, scope);
    #[cfg(feature = "readings")]
    for pool in pools.values_mut() {
        let own = listed.groups.iter().find(|it| it.auto_scaling_group_name() == Some(&pool.name));
        pool.trial = own.and_then(|it| trial(&group(it, &listed.machines)));
    }
    pools
}

/// What is being rolled out in a group, and who runs it.
#[cfg(feature = "readings")]
fn trial(group: &Group) -> Option<crate::readings::Trial> {
    let spec = crate::mark::spec::<PoolSpec>(&group.tags).ok()?;
    let Candidate { release, since } = spec.marks.candidate?;
    let runs = |it: &&Member| it.tags.get(RELEASE).is_some_and(|own| own == release.as_str());
    let members = group.members.iter().filter(runs).map(|it| it.id.clone()).collect();
    Some(crate::readings::Trial { release, since, members })
}

/// A group with what EC2 knows of its instances, in order of launch.
pub(super) fn group(listed: &AutoScalingGroup, machines: &Machines) -> Group {
    let mut members: Vec<Member> = listed.instances().iter().filter_map(|it| member(it, machines)).collect();
    members.sort_by(|a, b| (a.launched, &a.id).cmp(&(b.launched, &b.id)));
    let template = listed.launch_template().and_then(|it| it.launch_template_name());
    Group {
        name: listed.auto_scaling_group_name().unwrap_or_default().into(),
        tags: tags(listed),
        template: template.unwrap_or_default().into(),
        zones: listed.availability_zones().iter().cloned().collect(),
        limits: Limits {
            min: listed.min_size().unwrap_or_default(),
            max: listed.max_size().unwrap_or_default(),
            desired: listed.desired_capacity().unwrap_or_default(),
        },
        care: Care {
            health: listed.health_check_type().unwrap_or_default().into(),
            grace: listed.health_check_grace_period().unwrap_or_default(),
            policies: listed.termination_policies().to_vec(),
            suspended: listed
                .suspended_processes()
                .iter()
                .filter_map(|it| it.process_name().map(String::from))
                .collect(),
        },
        targets: listed.target_group_arns().to_vec(),
        members,
    }
}

fn member(listed: &Instance, machines: &Machines) -> Option<Member> {
    let life = match listed.lifecycle_state()?.as_str() {
        "InService" => Life::InService,
        "EnteringStandby" | "Standby" => Life::Standby,
        "Terminated" | "Detached" | "Warmed:Terminated" => return None,
        leaving if leaving.contains("Terminating") || leaving == "Detaching" => Life::Leaving,
        _ => Life::Pending,
    };
    let id: InstanceId = listed.instance_id()?.into();
    // What was launched a moment ago may be listed here and not yet there.
    let machine = machines.get(&id).cloned().unwrap_or(Machine { runs: true, ..Machine::default() });
    Some(Member {
        id,
        zone: listed.availability_zone().unwrap_or_default().into(),
        life,
        healthy: !listed.health_status().is_some_and(|status| status.eq_ignore_ascii_case("unhealthy")),
        tags: machine.tags,
        launched: machine.launched,
        runs: machine.runs,
    })
}
