//! What it takes to make a pool as its spec says: its security group, its template, its Auto Scaling group.

use super::{
    group::{Care, Group, Limits, REMOVING, TEMPLATE, limits},
    hooks::{HOOKS, Hooks},
    seen::{self, Clients},
    template::{Template, group_name, object, tags, template},
};
use crate::{
    error::{Told, Wish, code},
    mark,
    network::Footing,
    provider::Machine,
};
use aws_sdk_autoscaling::types::{InstanceMaintenancePolicy, LaunchTemplateSpecification, Tag};
use futures_util::future::join;
use ha_core::backend::{Error, Kind, Result, spec::PoolSpec, state::Phase};

/// A wish for a pool.
pub(super) type Making<'a> = crate::making::Making<'a, Clients, PoolSpec>;

impl Making<'_> {
    /// What instances of the spec's release are made of.
    fn machine(&self) -> Result<Machine> {
        let release = &self.spec.release;
        let machine = self.service.provider.release(release).filter(|it| it.image.is_some());
        machine.ok_or_else(|| {
            let why = format!("the provider file names no image for release {release}: add [releases.{release:?}]");
            self.wish.refuse(Kind::Rejected(why))
        })
    }

    /// Makes the pool so; `group` is what is there of it.
    pub(super) async fn make(&self, group: Option<&Group>, footing: Option<&Footing>) -> Result<()> {
        let object = object(&self.spec.name);
        let there = footing.filter(|it| it.group(&object).is_some() && self.subnets(it).is_ok());
        if group.is_none() && there.is_none() {
            // Somebody else's is told first, whatever is missing.
            self.is_free().await?;
        }
        let footing = footing.ok_or_else(|| self.wish.not_ready("the site has no network"))?;
        let (machine, subnets) = (self.machine()?, self.subnets(footing)?);
        let on = (&self.clients.ec2, self.service);
        let security = footing.security_group(on, self.scope, &object, self.wish).await?;
        let new = template(self.scope, self.spec, &self.service.provider, &machine, (footing, &security));
        let (name, hooks) = (new.name.clone(), Hooks::wanted(self.spec, machine.signals == Some(true)));
        match group {
            None => {
                // Both to their ends: what is made for a name that is not free goes again.
                let (made, free) = join(self.make_template(new), self.is_free()).await;
                if let (Ok(true), Err(_)) = (&made, &free) {
                    self.clients.forget_template(&name, self.wish).await?;
                }
                free.and(made)?;
                self.create(&name, &subnets, &hooks).await
            }
            Some(group) => {
                if group.template != name {
                    self.make_template(new).await?;
                }
                self.update(group, &name, &subnets, &hooks).await
            }
        }
    }

    /// Makes a template; answers whether it was not there.
    async fn make_template(&self, new: Template) -> Result<bool> {
        let call = self.clients.ec2.create_launch_template().launch_template_name(&new.name);
        let made = call.launch_template_data(new.launches).tag_specifications(new.marks).send().await;
        match made {
            // Named for what is in it: whoever made it, it is the one.
            Err(error) if code(&error) == Some("InvalidLaunchTemplateName.AlreadyExistsException") => Ok(false),
            other => other.told(self.wish).map(|_| true),
        }
    }

    /// Refuses a name that a group has which is not listed as the site's.
    async fn is_free(&self) -> Result<()> {
        let name = group_name(self.scope, &self.spec.name);
        match self.clients.named(&name, self.wish).await? {
            None => Ok(()),
            Some(listed) => match mark::stranger(&seen::tags(&listed), self.scope) {
                Some(whose) => Err(conflict(&name, &whose, self.wish)),
                None => Err(self.wish.not_ready(format!("Auto Scaling group {name} is not listed yet"))),
            },
        }
    }

    /// The subnets of the open zones.
    fn subnets(&self, footing: &Footing) -> Result<String> {
        let missing = |zone| self.wish.not_ready(format!("the network has no subnet in zone {zone}"));
        let subnet = |zone| footing.subnet(footing.instances(), zone).ok_or_else(|| missing(zone));
        let ids: Vec<&str> = self.spec.zones.iter().map(subnet).collect::<Result<_>>()?;
        Ok(ids.join(","))
    }

    /// The tags of the group: whose it is, what was asked for, by which template it is launched, and its hooks.
    fn tags(&self, template: &str, hooks: &Hooks) -> Vec<Tag> {
        let mut all = tags(self.scope, &self.spec.name);
        all.extend(mark::spec_tags(self.spec));
        all.insert(TEMPLATE.into(), template.into());
        all.insert(HOOKS.into(), hooks.word());
        written(&group_name(self.scope, &self.spec.name), &all)
    }

    /// The brake: so many in a hundred stay in service while others are replaced. Without one, as the service does.
    fn policy(&self) -> InstanceMaintenancePolicy {
        let (least, most) = match self.spec.guards.brake {
            Some(share) => (100 - i32::try_from(share.0.min(1000) / 10).unwrap_or(0), 100),
            // This takes a policy away again.
            None => (-1, -1),
        };
        InstanceMaintenancePolicy::builder().min_healthy_percentage(least).max_healthy_percentage(most).build()
    }

    async fn create(&self, template: &str, subnets: &str, hooks: &Hooks) -> Result<()> {
        let (Limits { min, max, desired }, care) = (limits(self.spec), Care::wanted(self.spec));
        let name = group_name(self.scope, &self.spec.name);
        let call = self
            .clients
            .scaling
            .create_auto_scaling_group()
            .auto_scaling_group_name(&name)
            .launch_template(launched(template))
            .vpc_zone_identifier(subnets)
            .min_size(min)
            .max_size(max)
            .desired_capacity(desired)
            .health_check_type(care.health)
            .health_check_grace_period(care.grace)
            .set_termination_policies(Some(care.policies))
            .set_lifecycle_hook_specification_list(hooks.specified())
            .set_tags(Some(self.tags(template, hooks)));
        let call = match self.spec.guards.brake {
            Some(_) => call.instance_maintenance_policy(self.policy()),
            None => call,
        };
        call.send().await.told(self.wish)?;
        self.service.made[0].made(self.scope, &name, self.service.clock.now());
        self.service.shelves.pools.forget();
        #[cfg(feature = "balancer")]
        self.service.shelves.served.change(self.scope, |pools| {
            pools.insert(self.spec.name.clone(), crate::balancer::seen::Served::fresh(&name));
        });
        Ok(())
    }

    async fn update(&self, group: &Group, template: &str, subnets: &str, hooks: &Hooks) -> Result<()> {
        let as_was = mark::spec::<PoolSpec>(&group.tags).is_ok_and(|spec| spec == *self.spec);
        let leaving = group.tags.contains_key(REMOVING);
        let same = as_was && !leaving && group.template == template;
        if same && group.phase(self.spec, &self.service.provider) == Phase::Active {
            return Ok(());
        }
        self.service.shelves.forget_pools();
        let hooked = group.tags.get(HOOKS) == Some(&hooks.word());
        if !hooked {
            hooks.give(self.clients, &group.name, self.wish).await?;
        }
        let (Limits { min, max, desired }, care) = (group.wanted(self.spec), Care::wanted(self.spec));
        let call = self
            .clients
            .scaling
            .update_auto_scaling_group()
            .auto_scaling_group_name(&group.name)
            .launch_template(launched(template))
            .vpc_zone_identifier(subnets)
            .min_size(min)
            .max_size(max)
            .desired_capacity(desired)
            .health_check_type(care.health)
            .health_check_grace_period(care.grace)
            .set_termination_policies(Some(care.policies))
            .instance_maintenance_policy(self.policy());
        call.send().await.told(self.wish)?;
        if !group.care.suspended.is_empty() {
            let call = self.clients.scaling.resume_processes().auto_scaling_group_name(&group.name);
            call.set_scaling_processes(Some(group.care.suspended.clone())).send().await.told(self.wish)?;
        }
        if leaving {
            let tag = written(&group.name, &[(REMOVING.to_owned(), "yes".to_owned())].into());
            self.clients.scaling.delete_tags().set_tags(Some(tag)).send().await.told(self.wish)?;
        }
        let written = group.tags.get(TEMPLATE).map(String::as_str) == Some(template);
        if !written {
            // Before it is written down that all is done: whoever comes after a crash does it then.
            self.forget_templates(template).await?;
        }
        if !as_was || !written || !hooked {
            let call = self.clients.scaling.create_or_update_tags().set_tags(Some(self.tags(template, hooks)));
            call.send().await.told(self.wish)?;
        }
        Ok(())
    }

    /// Removes the templates of other releases: what runs does not need them, and they can be made again.
    async fn forget_templates(&self, current: &str) -> Result<()> {
        for name in self.clients.templates(self.scope, &self.spec.name, self.wish).await? {
            if name != current {
                self.clients.forget_template(&name, self.wish).await?;
            }
        }
        Ok(())
    }
}

/// Refuses a wish for a group that is somebody else's.
pub(super) fn conflict(name: &str, whose: &str, wish: &Wish) -> Error {
    wish.refuse(Kind::Conflict(format!("Auto Scaling group {name}: {whose}")))
}

/// Instances are launched by the first, and only, version of a template.
fn launched(template: &str) -> LaunchTemplateSpecification {
    LaunchTemplateSpecification::builder().launch_template_name(template).version("1").build()
}

/// Tags of a group in the service's own type; instances get theirs from the template.
pub(super) fn written(group: &str, tags: &mark::Tags) -> Vec<Tag> {
    let tag = |(key, value): (&String, &String)| {
        let tag = Tag::builder().resource_id(group).resource_type("auto-scaling-group").propagate_at_launch(false);
        tag.key(key).value(value).build()
    };
    tags.iter().map(tag).collect()
}
