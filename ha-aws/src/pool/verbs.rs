//! What is asked of a pool that is there: other bounds, to hold an instance, to take it back, to let it go.

use super::{
    Found, ScalingPools,
    group::{BACK, Group, HOLD, Life, Limits, Member, limits, word},
    wish::written,
};
use crate::{
    ec2,
    error::{Told, Wish},
    mark,
};
use ha_core::{
    backend::{Kind, Refill, Result, Scope, spec::PoolSpec, state::InstancePhase},
    name::{InstanceId, PoolName},
    topology::{HoldMode, Size},
};

impl ScalingPools {
    pub(super) async fn set_bounds(&self, scope: &Scope, pool: &PoolName, bounds: Size, wish: Wish) -> Result<()> {
        let found = self.existing(scope, pool, wish).await?;
        let before = found.spec()?;
        let spec = PoolSpec { bounds, ..before.clone() };
        self.limit(&found, found.group.wanted(&spec)).await?;
        if spec != before {
            let tags = written(&found.group.name, &mark::spec_tags(&spec));
            let call = self.clients.scaling.create_or_update_tags().set_tags(Some(tags));
            call.send().await.told(&found.wish)?;
        }
        Ok(())
    }

    /// Limits the group so, if it is not.
    async fn limit(&self, found: &Found, limits: Limits) -> Result<()> {
        if found.group.limits == limits {
            return Ok(());
        }
        let call = self.clients.scaling.update_auto_scaling_group().auto_scaling_group_name(&found.group.name);
        let call = call.min_size(limits.min).max_size(limits.max).desired_capacity(limits.desired);
        call.send().await.map(drop).told(&found.wish)
    }

    /// Writes on an instance how it is held.
    async fn write(&self, instance: &InstanceId, hold: &str, wish: &Wish) -> Result<()> {
        let tags = ec2::written(&[(HOLD.to_owned(), hold.to_owned())].into());
        let call = self.clients.ec2.create_tags().resources(instance.as_str()).set_tags(Some(tags));
        call.send().await.map(drop).told(wish)
    }

    pub(super) async fn pull_out(
        &self,
        scope: &Scope,
        (pool, instance): (&PoolName, &InstanceId),
        mode: HoldMode,
        wish: Wish,
    ) -> Result<()> {
        let found = self.existing(scope, pool, wish).await?;
        let member = found.member(instance).ok_or_else(|| found.wish.refuse(Kind::NotFound))?;
        match member.phase() {
            InstancePhase::Held(other) if other == mode => Ok(()),
            InstancePhase::Held(_) => {
                self.write(instance, word(mode), &found.wish).await?;
                self.limit(&found, found.group.as_if_held(instance, mode).wanted(&found.spec()?)).await
            }
            InstancePhase::Booting | InstancePhase::Ready | InstancePhase::Unready | InstancePhase::Returning => {
                // Before it goes: a crash between the two leaves an instance that serves, and a word that nobody reads.
                self.write(instance, word(mode), &found.wish).await?;
                self.enter_standby(&found, instance, mode).await
            }
            InstancePhase::Draining | InstancePhase::Lost => Err(found.wish.refuse(Kind::NotFound)),
        }
    }

    async fn enter_standby(&self, found: &Found, instance: &InstanceId, mode: HoldMode) -> Result<()> {
        let (now, shrinks) = (found.group.limits, mode == HoldMode::Shrink);
        let then = found.group.as_if_held(instance, mode).wanted(&found.spec()?);
        if shrinks && now.desired <= now.min {
            // The service takes none out below the minimum; what is held is missed with the owner's will.
            self.limit(found, Limits { min: then.min, ..now }).await?;
        }
        let call = self.clients.scaling.enter_standby().auto_scaling_group_name(&found.group.name);
        let call = call.instance_ids(instance.as_str()).should_decrement_desired_capacity(shrinks);
        call.send().await.map(drop).told(&found.wish)
    }

    /// The group counts what comes back at once. Where another had taken its place, one of the others leaves: the newest
    /// of the fullest zone.
    pub(super) async fn let_in(
        &self,
        scope: &Scope,
        (pool, instance): (&PoolName, &InstanceId),
        wish: Wish,
    ) -> Result<()> {
        let found = self.existing(scope, pool, wish).await?;
        let member = found.member(instance).ok_or_else(|| found.wish.refuse(Kind::NotFound))?;
        let InstancePhase::Held(mode) = member.phase() else { return Ok(()) };
        let now = found.group.limits;
        self.limit(&found, Limits { max: now.max.max(now.desired + 1), ..now }).await?;
        let call = self.clients.scaling.exit_standby().auto_scaling_group_name(&found.group.name);
        call.instance_ids(instance.as_str()).send().await.told(&found.wish)?;
        self.write(instance, BACK, &found.wish).await?;
        let mut after = Limits { max: now.max.max(now.desired + 1), desired: now.desired + 1, ..now };
        if let (HoldMode::Replace, Some(other)) = (mode, found.group.one_too_many(member)) {
            self.let_go(&found, other, true).await?;
            after.desired -= 1;
        }
        // The minimum is what it was, and nothing more is kept free.
        let group = Group { limits: after, ..found.group.as_if_back(instance) };
        let then = group.wanted(&found.spec()?);
        self.limit(&Found { group, wish: found.wish.clone() }, then).await
    }

    pub(super) async fn terminate(
        &self,
        scope: &Scope,
        (pool, instance): (&PoolName, &InstanceId),
        refill: Refill,
        wish: Wish,
    ) -> Result<()> {
        let Some(group) = self.find(scope, pool, &wish).await? else { return Ok(()) };
        self.service.shelves.forget_pools();
        let found = Found { group, wish };
        let Some(member) = found.member(instance) else { return Ok(()) };
        let now = self.service.clock.now();
        if member.life == Life::Leaving || self.service.lately.is_gone(instance.as_str(), now, self.service.settle) {
            return Ok(());
        }
        let one_fewer = refill == Refill::No && found.group.limits.desired > limits(&found.spec()?).min;
        self.let_go(&found, instance, one_fewer).await
    }

    async fn let_go(&self, found: &Found, instance: &InstanceId, one_fewer: bool) -> Result<()> {
        let call = self.clients.scaling.terminate_instance_in_auto_scaling_group().instance_id(instance.as_str());
        call.should_decrement_desired_capacity(one_fewer).send().await.told(&found.wish)?;
        self.service.lately.gone(instance.as_str(), self.service.clock.now());
        Ok(())
    }
}

impl Found {
    /// What was asked for last.
    fn spec(&self) -> Result<PoolSpec> {
        let told = |why| self.wish.refuse(Kind::Rejected(format!("Auto Scaling group {}: {why}", self.group.name)));
        mark::spec(&self.group.tags).map_err(told)
    }
    fn member(&self, instance: &InstanceId) -> Option<&Member> {
        self.group.members.iter().find(|it| it.id == *instance)
    }
}

impl Group {
    /// The group as it is once this one is held.
    fn as_if_held(&self, instance: &InstanceId, mode: HoldMode) -> Self {
        let mut group = self.clone();
        for member in group.members.iter_mut().filter(|it| it.id == *instance) {
            member.life = Life::Standby;
            member.tags.insert(HOLD.into(), word(mode).into());
        }
        group
    }
    /// The group as it is once this one is back.
    fn as_if_back(&self, instance: &InstanceId) -> Self {
        let mut group = self.clone();
        group.members.iter_mut().filter(|it| it.id == *instance).for_each(|it| it.life = Life::Pending);
        group
    }
    /// Who leaves when `back` comes back: the newest in service of the zone that then is the fullest.
    fn one_too_many(&self, back: &Member) -> Option<&InstanceId> {
        let serves = |it: &&Member| it.life == Life::InService && it.runs;
        let there = |zone: &str| {
            self.members.iter().filter(serves).filter(|it| it.zone == zone).count() + usize::from(back.zone == zone)
        };
        let choice = self.members.iter().filter(serves).max_by_key(|it| (there(&it.zone), it.launched, &it.id));
        choice.map(|it| &it.id)
    }
}
