//! What a pool's keeper sees and does: the provider's own hands.

use super::{Cloud, CloudEvent, Env, objects::PoolObject};
use ha_core::{
    backend::{
        Kind, Scope,
        state::{InstancePhase, Loss, LossReason},
    },
    keeper::pool::{Member, Order, View},
    name::{InstanceId, PoolName},
};
use std::time::Duration;

impl Cloud {
    pub(super) fn keepers_view(&self, env: &Env<'_>, scope: &Scope, name: &PoolName) -> Option<View> {
        let pool = &self.pools[&self.pool_of(&scope.name, name)?];
        if pool.owner.as_ref() != Some(scope) {
            return None;
        }
        let members = pool.members.iter().filter_map(|member| self.instances.get(member));
        let members = members.map(|it| Member {
            id: it.id.clone(),
            zone: it.zone.clone(),
            release: it.release.clone(),
            phase: it.phase,
            since: it.since,
            launched: it.launched,
            retiring: it.retiring,
            drained: it.drained,
        });
        let launched = self.launched.get(&(scope.name.clone(), name.clone()));
        let launched = launched.into_iter().flatten().map(|(zone, count)| (zone.clone(), *count));
        let view = View {
            at: env.now,
            spec: pool.spec.clone(),
            desired: pool.desired,
            removing: pool.removing(),
            members: members.collect(),
            launched: launched.collect(),
            refused: pool.refused.clone(),
        };
        let mut view = view.after(&pool.losses);
        self.mislead(&mut view);
        Some(view)
    }

    /// Breaks the clauses that a keeper keeps by deceiving it.
    fn mislead(&self, view: &mut View) {
        let breaks = |clause| self.broken.breaks(clause);
        if breaks("pool.keeps_the_desired_number") {
            view.desired = view.desired.saturating_sub(1);
        }
        if breaks("pool.spreads_over_open_zones") {
            view.spec.zones.truncate(1);
        }
        if breaks("pool.never_launches_into_a_closed_zone") {
            view.spec.zones.clone_from(&self.zones);
        }
        if breaks("pool.replaces_an_unhealthy_instance") {
            let unready = view.members.iter_mut().filter(|member| member.phase == InstancePhase::Unready);
            unready.for_each(|member| member.phase = InstancePhase::Ready);
        }
        if breaks("pool.launches_elsewhere_when_a_zone_is_full") {
            view.refused.clear();
        }
        if breaks("pool.brakes_mass_replacement") {
            view.spec.guards.brake = None;
        }
    }

    pub(super) fn carry_out(
        &mut self,
        env: &mut Env<'_>,
        scope: &Scope,
        name: &PoolName,
        order: &Order,
    ) -> Result<(), Kind> {
        let pool = self.existing_pool(scope, name)?;
        match order {
            Order::Launch { id, zone, release } => self.launch(env, pool, id, (zone, release)),
            Order::Drain { id, loss } => {
                self.drain(env, pool, id, *loss);
                Ok(())
            }
            Order::Stop { id, loss } => {
                self.stop(env, pool, id, *loss);
                Ok(())
            }
        }
    }

    fn drain(&mut self, env: &mut Env<'_>, pool: u32, id: &InstanceId, loss: Option<LossReason>) {
        let Some(number) = self.instance_of(pool, id) else { return };
        let Some(instance) = self.instances.get_mut(&number) else { return };
        if matches!(instance.phase, InstancePhase::Draining | InstancePhase::Lost) {
            return;
        }
        let (held, mut story) = (matches!(instance.phase, InstancePhase::Held(_)), instance.story);
        if loss.is_none() && instance.retiring.is_none() {
            // Nothing befell it: the pool moves or shrinks, for what happened elsewhere.
            story = self.pools.get(&pool).and_then(|pool| pool.story).max(env.faults.cause_of_all());
        }
        let drained = held && instance.drained;
        (instance.phase, instance.since) = (InstancePhase::Draining, env.now);
        let told = env.note(format!("instance {id} drains"), story);
        instance.story = Some(told);
        self.note_loss(env, number, loss, Some(told));
        if !drained && !held {
            self.begin_drain(env, number);
        }
        self.touch_pool(pool);
        self.dirty.pools.insert(pool);
    }

    fn stop(&mut self, env: &mut Env<'_>, pool: u32, id: &InstanceId, loss: Option<LossReason>) {
        let Some(number) = self.instance_of(pool, id) else { return };
        self.note_loss(env, number, loss, None);
        let Some(instance) = self.instances.remove(&number) else { return };
        let told = env.note(format!("instance {id} is stopped"), instance.story);
        if let Some(pool) = self.pools.get_mut(&pool) {
            pool.members.retain(|member| *member != number);
            pool.story = Some(told);
        }
        self.servers.remove(&instance.server.0);
        let (plane, mut ctx) = env.plane();
        plane.remove_server(&mut ctx, instance.server);
        let behind: Vec<_> = self.targets.keys().copied().filter(|(_, target)| *target == number).collect();
        for key in behind {
            self.targets.remove(&key);
            self.dirty.balancers.insert(key.0);
            self.version += 1;
        }
        self.dirty.records = true;
        self.touch_pool(pool);
        self.forget_if_empty(env, pool);
    }

    /// Writes a failed instance into its pool's memory, with the story that led to it.
    fn note_loss(&mut self, env: &mut Env<'_>, number: u32, why: Option<LossReason>, story: Option<usize>) {
        let Some(instance) = self.instances.get_mut(&number) else { return };
        instance.story = story.or(instance.story);
        let Some(why) = why else { return };
        let told = match why {
            LossReason::NeverReady => {
                env.tell_of(&self.pools, instance, "given up: not ready in time".into(), instance.story)
            }
            LossReason::Unhealthy => {
                env.tell_of(&self.pools, instance, "given up: failing checks for too long".into(), instance.story)
            }
            // That it is lost was told when it was missed.
            LossReason::Gone => {
                env.note(format!("instance {} is given up: it stopped running", instance.id), instance.story)
            }
        };
        instance.story = Some(told);
        let Some(pool) = self.pools.get_mut(&instance.pool) else { return };
        pool.story = Some(told);
        pool.losses.push(Loss {
            instance: instance.id.clone(),
            zone: instance.zone.clone(),
            release: instance.release.clone(),
            at: env.now,
            why,
        });
        // Older ones are never shown again.
        pool.losses.retain(|loss| env.now.since(loss.at) < Duration::from_secs(3600));
    }

    /// From now on an instance gets no new request; those in flight may finish.
    pub(super) fn begin_drain(&mut self, env: &mut Env<'_>, number: u32) {
        let Some(instance) = self.instances.get_mut(&number) else { return };
        instance.drained = false;
        instance.drains += 1;
        let (pool, server, drains) = (instance.pool, instance.server, instance.drains);
        self.dirty.pools.insert(pool);
        self.dirty.records = true;
        let at_once = self.broken.breaks("pool.drains_before_it_stops");
        let time = if at_once { Duration::ZERO } else { self.drain_time(pool) };
        env.push(time, CloudEvent::Drained(number, drains));
        let (plane, mut ctx) = env.plane();
        plane.set_draining(&mut ctx, server, true);
    }

    /// As long as the balancers give it, and as long as names that answer it directly are kept in caches.
    fn drain_time(&self, pool: u32) -> Duration {
        let Some(pool) = self.pools.get(&pool) else { return Duration::ZERO };
        let balancers = self.balancers.values().filter(|it| it.site == pool.site);
        let behind = balancers.filter(|it| it.spec.routes.iter().any(|route| route.pool == pool.spec.name));
        behind.map(|it| it.spec.drain).max().unwrap_or_default().max(self.kept(pool))
    }

    /// For how long caches may send users to an instance of this pool that leaves.
    fn kept(&self, pool: &PoolObject) -> Duration {
        let forgotten = self.broken.breaks("pool.who_leaves_stays_as_long_as_names_are_kept");
        if forgotten { Duration::ZERO } else { pool.spec.drain }
    }

    pub(super) fn drain_time_is_over(&mut self, env: &mut Env<'_>, number: u32, drains: u32) {
        if self.instances.get(&number).is_some_and(|instance| instance.drains == drains) {
            self.is_drained(env, number);
        }
    }

    /// Nothing is in flight any more on an instance that leaves.
    pub(super) fn idle(&mut self, env: &mut Env<'_>, number: u32) {
        let Some(instance) = self.instances.get(&number) else { return };
        let kept = self.pools.get(&instance.pool).is_some_and(|pool| !self.kept(pool).is_zero());
        if !env.profile.balancer.drains_full_time && !kept && instance.drains > 0 {
            self.is_drained(env, number);
        }
    }

    pub(super) fn is_drained(&mut self, env: &mut Env<'_>, number: u32) {
        let Some(instance) = self.instances.get_mut(&number) else { return };
        if instance.drained || !matches!(instance.phase, InstancePhase::Draining | InstancePhase::Held(_)) {
            return;
        }
        instance.drained = true;
        let (pool, id, story) = (instance.pool, instance.id.clone(), instance.story);
        env.note(format!("instance {id} is drained"), story);
        self.touch_pool(pool);
        self.dirty.pools.insert(pool);
    }
}
