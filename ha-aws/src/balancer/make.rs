//! What it takes to make a balancer as its spec says: its security group, itself, its target groups, its listeners, and
//! at last its pools' instances behind it.
//!
//! A target group's attributes are written before a listener forwards to it, so that one that is used has them.

#[cfg(feature = "dns")]
use super::read::alb;
use super::{
    REMOVING,
    seen::{Alb, Clients, Group, Seen},
    state::{ATTRIBUTES, now_forwards},
    wanted::{
        Does, Ear, attributes_digest, balancer_attributes, balancer_name, begins_so, checks, ears, forward,
        group_attributes, group_name, object,
    },
};
use crate::{
    concurrent::{self, Call},
    error::{Told, accept_gone},
    mark::{self, Tags},
    network::{Footing, Side},
};
use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, Certificate, ForwardActionConfig, IpAddressType, LoadBalancerAttribute,
    LoadBalancerSchemeEnum, LoadBalancerTypeEnum, Matcher, ProtocolEnum, RedirectActionConfig,
    RedirectActionStatusCodeEnum, Tag, TargetGroupAttribute, TargetGroupStickinessConfig, TargetGroupTuple,
    TargetTypeEnum,
};
use futures_util::future::join;
use ha_core::{
    backend::{Kind, Result, spec::BalancerSpec},
    topology::{Boot, Route},
};
use std::collections::{BTreeMap, BTreeSet};

/// What counts as a good answer to a check.
const GOOD: &str = "200-299";

/// A wish for a balancer.
pub(super) type Making<'a> = crate::making::Making<'a, Clients, BalancerSpec>;

/// Tags in the service's own type.
pub(super) fn written(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

impl Making<'_> {
    /// Refuses what bears somebody else's name, then what has no footing; answers the subnets.
    pub(super) fn footing(&self, seen: &Seen, footing: Option<&Footing>) -> Result<BTreeSet<String>> {
        let names = self.spec.routes.iter().zip(&self.spec.ready);
        let names = names.map(|pair| group_name(self.scope, &self.spec.name, pair));
        for name in names.chain([balancer_name(self.scope, &self.spec.name)]) {
            if let Some(whose) = seen.strangers.get(&name) {
                return Err(self.wish.refuse(Kind::Conflict(format!("{name}: {whose}"))));
            }
        }
        let missing = self.spec.routes.iter().find(|route| !seen.pools.contains_key(&route.pool));
        if let Some(route) = missing {
            return Err(self.wish.not_ready(format!("there is no pool {}", route.pool)));
        }
        let footing = footing.ok_or_else(|| self.wish.not_ready("the site has no network"))?;
        let subnet = |zone| {
            let missing = || self.wish.not_ready(format!("the network has no subnet in zone {zone}"));
            footing.subnet(Side::Public, zone).map(String::from).ok_or_else(missing)
        };
        self.spec.zones.iter().map(subnet).collect()
    }

    /// Makes the balancer so.
    pub(super) async fn make(&self, seen: &Seen, footing: &Footing, subnets: &BTreeSet<String>) -> Result<()> {
        let name = balancer_name(self.scope, &self.spec.name);
        let on = (&self.clients.ec2, self.service);
        let security = footing.security_group(on, self.scope, &object(&self.spec.name), self.wish).await?;
        let there = seen.albs.iter().find(|it| it.name == name);
        let stale = there.is_some_and(|alb| alb.tags.get(ATTRIBUTES) != Some(&attributes_digest(self.spec)));
        let alb = match there {
            None => self.create(&name, &security, subnets).await?,
            Some(alb) => {
                self.update(alb, seen, (&security, subnets)).await?;
                alb.id.clone()
            }
        };
        let listens_nowhere = there.is_none_or(|alb| alb.ears.is_empty());
        let attributes = async {
            match stale || (listens_nowhere && !begins_so(self.spec)) {
                true => self.write_attributes(&alb).await,
                false => Ok(()),
            }
        };
        // Both to their ends, whatever becomes of the other.
        let (attributes, groups) = join(attributes, self.groups(seen, &footing.vpc, stale)).await;
        let (_, groups) = (attributes?, groups?);
        let serves = |name: &str| seen.group(name).is_some_and(Group::serves);
        let (does, held) = forward(self.scope, self.spec, there.and_then(now_forwards), serves);
        // What is forwarded to for now need be no group of the spec.
        let mut ids: BTreeMap<String, String> =
            seen.groups_of(&object(&self.spec.name)).map(|it| (it.name.clone(), it.id.clone())).collect();
        ids.extend(groups.clone());
        self.listen(&alb, there, &does, &ids).await?;
        self.attach(seen, &groups).await?;
        if stale {
            let done = [(ATTRIBUTES.to_owned(), attributes_digest(self.spec))].into();
            self.tag(vec![alb], &done).await?;
        }
        if held { Ok(()) } else { self.leave(seen, &groups).await }
    }

    async fn create(&self, name: &str, security: &str, subnets: &BTreeSet<String>) -> Result<String> {
        let mut tags = mark::tags(self.scope, &object(&self.spec.name));
        tags.extend(mark::spec_tags(self.spec));
        tags.insert(ATTRIBUTES.into(), attributes_digest(self.spec));
        let call = self
            .clients
            .elb
            .create_load_balancer()
            .name(name)
            .set_subnets(Some(subnets.iter().cloned().collect()))
            .security_groups(security)
            .scheme(LoadBalancerSchemeEnum::InternetFacing)
            .r#type(LoadBalancerTypeEnum::Application)
            .ip_address_type(IpAddressType::Ipv4)
            .set_tags(Some(written(&tags)));
        let made = call.send().await.told(self.wish)?;
        let made = made.load_balancers().first();
        let id = made.and_then(|it| it.load_balancer_arn());
        let id = id.ok_or_else(|| self.wish.strange("a load balancer without an id was made"))?;
        self.service.made[1].made(self.scope, id, self.service.clock.now());
        self.service.shelves.fronts.add(self.scope, id.into());
        #[cfg(feature = "dns")]
        if let Some(made) = made {
            self.service.shelves.places.change(self.scope, |albs| albs.push(alb(made, tags)));
        }
        Ok(id.into())
    }

    /// What was asked for is written first: whoever goes on after a crash sees that it is not yet so.
    async fn update(&self, alb: &Alb, seen: &Seen, (security, subnets): (&str, &BTreeSet<String>)) -> Result<()> {
        #[cfg(feature = "dns")]
        self.service.shelves.places.forget();
        if alb.tags.contains_key(REMOVING) {
            let object = object(&self.spec.name);
            let groups = seen.groups_of(&object).map(|it| it.id.clone());
            let all = groups.chain([alb.id.clone()]).collect();
            let call = self.clients.elb.remove_tags().set_resource_arns(Some(all)).tag_keys(REMOVING);
            call.send().await.told(self.wish)?;
        }
        if mark::spec(&alb.tags).as_ref() != Ok(self.spec) {
            self.tag(vec![alb.id.clone()], &mark::spec_tags(self.spec)).await?;
        }
        if alb.subnets != *subnets {
            let ids = Some(subnets.iter().cloned().collect());
            let call = self.clients.elb.set_subnets().load_balancer_arn(&alb.id).set_subnets(ids);
            call.send().await.told(self.wish)?;
        }
        if alb.security != [security] {
            let call = self.clients.elb.set_security_groups().load_balancer_arn(&alb.id).security_groups(security);
            call.send().await.told(self.wish)?;
        }
        Ok(())
    }

    async fn tag(&self, ids: Vec<String>, tags: &Tags) -> Result<()> {
        let call = self.clients.elb.add_tags().set_resource_arns(Some(ids)).set_tags(Some(written(tags)));
        call.send().await.map(drop).told(self.wish)
    }

    async fn write_attributes(&self, alb: &str) -> Result<()> {
        let attribute =
            |(key, value): (&'static str, String)| LoadBalancerAttribute::builder().key(key).value(value).build();
        let attributes = balancer_attributes(self.spec).into_iter().map(attribute).collect();
        let call = self.clients.elb.modify_load_balancer_attributes().load_balancer_arn(alb);
        call.set_attributes(Some(attributes)).send().await.map(drop).told(self.wish)
    }

    /// Makes the target groups so; answers their ids by name.
    async fn groups<'s>(&'s self, seen: &'s Seen, vpc: &'s str, stale: bool) -> Result<BTreeMap<String, String>> {
        let pairs = self.spec.routes.iter().zip(&self.spec.ready);
        let call = |pair: (&'s Route, &'s Boot)| -> Call<'s, (String, String)> {
            Box::pin(async move {
                let name = group_name(self.scope, &self.spec.name, pair);
                let there = seen.group(&name);
                let id = match there {
                    None => self.make_group(&name, pair.1, vpc).await?,
                    Some(group) => {
                        self.check_so(group, pair.1).await?;
                        group.id.clone()
                    }
                };
                if stale || !seen.is_used(&name) {
                    let attribute = |(key, value): (&'static str, String)| {
                        TargetGroupAttribute::builder().key(key).value(value).build()
                    };
                    let attributes = group_attributes(self.spec).into_iter().map(attribute).collect();
                    let call = self.clients.elb.modify_target_group_attributes().target_group_arn(&id);
                    call.set_attributes(Some(attributes)).send().await.told(self.wish)?;
                }
                Ok((name, id))
            })
        };
        concurrent::all(pairs.map(call).collect()).await.into_iter().collect()
    }

    async fn make_group(&self, name: &str, boot: &Boot, vpc: &str) -> Result<String> {
        let checks = checks(self.spec, boot);
        let call = self
            .clients
            .elb
            .create_target_group()
            .name(name)
            .protocol(ProtocolEnum::Http)
            .port(i32::from(boot.port))
            .vpc_id(vpc)
            .target_type(TargetTypeEnum::Instance)
            .health_check_protocol(ProtocolEnum::Http)
            .health_check_path(checks.path)
            .health_check_interval_seconds(checks.interval)
            .health_check_timeout_seconds(checks.timeout)
            .healthy_threshold_count(checks.healthy)
            .unhealthy_threshold_count(checks.unhealthy)
            .matcher(Matcher::builder().http_code(GOOD).build())
            .set_tags(Some(written(&mark::tags(self.scope, &object(&self.spec.name)))));
        let made = call.send().await.told(self.wish)?;
        let id = made.target_groups().first().and_then(|it| it.target_group_arn());
        let id = id.ok_or_else(|| self.wish.strange("a target group without an id was made"))?;
        self.service.made[1].made(self.scope, id, self.service.clock.now());
        self.service.shelves.fronts.add(self.scope, id.into());
        Ok(id.into())
    }

    async fn check_so(&self, group: &Group, boot: &Boot) -> Result<()> {
        let checks = checks(self.spec, boot);
        if group.checks == checks {
            return Ok(());
        }
        let call = self.clients.elb.modify_target_group().target_group_arn(&group.id);
        let call = call
            .health_check_path(checks.path)
            .health_check_interval_seconds(checks.interval)
            .health_check_timeout_seconds(checks.timeout)
            .healthy_threshold_count(checks.healthy)
            .unhealthy_threshold_count(checks.unhealthy);
        call.send().await.map(drop).told(self.wish)
    }

    /// Listens where the spec says, and nowhere else.
    async fn listen(
        &self,
        alb: &str,
        there: Option<&Alb>,
        does: &Does,
        groups: &BTreeMap<String, String>,
    ) -> Result<()> {
        let there = there.map(|alb| alb.ears.as_slice()).unwrap_or_default();
        let wanted = ears(self.spec, &self.service.provider, does);
        let mut calls: Vec<Call<'_, ()>> = Vec::new();
        for ear in &wanted {
            match there.iter().find(|(_, it)| it.port == ear.port) {
                Some((_, it)) if it == ear => {}
                Some((id, _)) => calls.push(Box::pin(self.change_listener(id, ear, groups))),
                None => calls.push(Box::pin(self.make_listener(alb, ear, groups))),
            }
        }
        for (id, _) in there.iter().filter(|(_, it)| !wanted.iter().any(|ear| ear.port == it.port)) {
            calls.push(Box::pin(async move {
                let done = self.clients.elb.delete_listener().listener_arn(id).send().await;
                accept_gone(done.map(drop).told(self.wish))
            }));
        }
        concurrent::all(calls).await.into_iter().collect()
    }

    async fn make_listener(&self, alb: &str, ear: &Ear, groups: &BTreeMap<String, String>) -> Result<()> {
        let tags = written(&mark::tags(self.scope, &object(&self.spec.name)));
        let call = self.clients.elb.create_listener().load_balancer_arn(alb).port(ear.port).protocol(protocol(ear));
        let call = call.default_actions(action(&ear.does, groups)).set_tags(Some(tags));
        let call = call.set_certificates(certificates(ear)).set_ssl_policy(policy(ear));
        call.send().await.map(drop).told(self.wish)
    }

    async fn change_listener(&self, id: &str, ear: &Ear, groups: &BTreeMap<String, String>) -> Result<()> {
        let call = self.clients.elb.modify_listener().listener_arn(id).port(ear.port).protocol(protocol(ear));
        let call = call.default_actions(action(&ear.does, groups));
        let call = call.set_certificates(certificates(ear)).set_ssl_policy(policy(ear));
        call.send().await.map(drop).told(self.wish)
    }

    /// Lets the pools' groups put their instances into the target groups.
    async fn attach(&self, seen: &Seen, groups: &BTreeMap<String, String>) -> Result<()> {
        let mut calls: Vec<Call<'_, ()>> = Vec::new();
        for pair in self.spec.routes.iter().zip(&self.spec.ready) {
            let id = groups.get(&group_name(self.scope, &self.spec.name, pair));
            let (Some(id), Some(pool)) = (id, seen.pools.get(&pair.0.pool)) else { continue };
            if !pool.targets.contains(id) {
                let call = self.clients.scaling.attach_load_balancer_target_groups();
                let call = call.auto_scaling_group_name(&pool.name).target_group_arns(id);
                calls.push(Box::pin(async move { call.send().await.map(drop).told(self.wish) }));
            }
        }
        concurrent::all(calls).await.into_iter().collect()
    }

    /// Takes away the target groups that are no longer wanted: their targets drain first.
    async fn leave(&self, seen: &Seen, groups: &BTreeMap<String, String>) -> Result<()> {
        let object = object(&self.spec.name);
        for group in seen.groups_of(&object).filter(|it| !groups.contains_key(&it.name)) {
            self.clients.detach(seen, &group.id, self.wish).await?;
            if group.targets.is_empty() {
                self.clients.delete_group(&group.id, self.wish).await?;
                self.service.lately.gone(&group.id, self.service.clock.now());
            }
        }
        Ok(())
    }
}

fn protocol(ear: &Ear) -> ProtocolEnum {
    if ear.tls.is_some() { ProtocolEnum::Https } else { ProtocolEnum::Http }
}

fn policy(ear: &Ear) -> Option<String> {
    ear.tls.as_ref().map(|tls| tls.policy.clone())
}

fn certificates(ear: &Ear) -> Option<Vec<Certificate>> {
    ear.tls.as_ref().map(|tls| vec![Certificate::builder().certificate_arn(&tls.certificate).build()])
}

fn action(does: &Does, groups: &BTreeMap<String, String>) -> Action {
    match does {
        Does::Redirect(port) => {
            let to = RedirectActionConfig::builder().protocol("HTTPS").port(port.to_string());
            let to = to.status_code(RedirectActionStatusCodeEnum::Http301).build();
            Action::builder().r#type(ActionTypeEnum::Redirect).redirect_config(to).build()
        }
        Does::Forward(weights, sticky) => {
            let tuple = |(name, weight): (&String, &i32)| {
                TargetGroupTuple::builder().set_target_group_arn(groups.get(name).cloned()).weight(*weight).build()
            };
            let stay =
                |time: &i32| TargetGroupStickinessConfig::builder().enabled(true).duration_seconds(*time).build();
            let config = ForwardActionConfig::builder()
                .set_target_groups(Some(weights.iter().map(tuple).collect()))
                .set_target_group_stickiness_config(sticky.as_ref().map(stay))
                .build();
            Action::builder().r#type(ActionTypeEnum::Forward).forward_config(config).build()
        }
        // No spec asks for it.
        Does::Other => Action::builder().build(),
    }
}
