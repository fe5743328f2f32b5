//! Wishes to pools: what new instances are like, how many and where, and who leaves.

use super::{
    Cloud, CloudEvent, Env,
    objects::{PoolObject, Progress, desired, owned},
    owner::fresh,
};
use ha_core::{
    backend::{
        Kind, Refill, Scope,
        spec::PoolSpec,
        state::{InstancePhase, InstanceState, Phase, PoolState},
    },
    name::{InstanceId, PoolName},
    time::Timestamp,
    topology::{Capacity, HoldMode, Size},
};
use std::time::Duration;

pub(super) const POOL: u8 = 2;

/// For how long a pool remembers who failed.
const MEMORY: Duration = Duration::from_secs(3600);

impl Cloud {
    pub(super) fn ensure_pool(
        &mut self,
        env: &mut Env<'_>,
        scope: &Scope,
        wish: &PoolSpec,
        part: u16,
    ) -> Result<(), Kind> {
        let found = self.pool_of(&scope.name, &wish.name);
        if let Some(number) = found {
            self.may_change_pool(scope, number)?;
        }
        if !self.broken.breaks("pool.a_pool_without_a_network_is_refused") {
            self.stands_on_a_network(scope, &wish.zones)?;
        }
        let number = match found {
            Some(number) => number,
            None if part == 0 => self.make_pool(env, scope, wish),
            None => return Err(Kind::NotFound),
        };
        let again = self.broken.breaks("pool.asking_twice_is_asking_once");
        let touches_all = self.broken.breaks("pool.a_new_release_touches_only_new_instances");
        let pool = self.pools.get_mut(&number).ok_or(Kind::NotFound)?;
        let next = partly(&pool.spec, wish, part);
        let wanted = if part == 0 { pool.desired } else { desired(&next) };
        if next == pool.spec && pool.desired == wanted && !again {
            return Ok(());
        }
        if touches_all && next.release != pool.spec.release {
            for member in &pool.members {
                self.instances.entry(*member).and_modify(|instance| instance.release = next.release.clone());
            }
        }
        if again && part == 1 {
            let first = pool.members.first().and_then(|member| self.instances.get_mut(member));
            first.into_iter().for_each(|instance| instance.retiring = Some(Refill::Yes));
        }
        pool.spec = next;
        pool.desired = wanted;
        pool.story = Some(env.note(format!("pool {} is to have {wanted} of {}", wish.name, pool.spec.release), None));
        self.touch_pool(number);
        Ok(())
    }

    fn may_change_pool(&self, scope: &Scope, number: u32) -> Result<(), Kind> {
        let pool = &self.pools[&number];
        let name = format!("pool {}", pool.spec.name);
        if !self.broken.breaks("pool.foreign_objects_are_a_conflict") {
            owned(pool.owner.as_ref(), scope, &name)?;
        }
        if pool.removing() { Err(Kind::NotReady(format!("{name} is being removed"))) } else { Ok(()) }
    }

    fn make_pool(&mut self, env: &mut Env<'_>, scope: &Scope, wish: &PoolSpec) -> u32 {
        let number = fresh(&self.pools, &format!("{}/{}", scope.name, wish.name));
        let due = env.draw(env.profile.phases.pool, u64::from(number), 0);
        let empty = PoolSpec {
            bounds: Size { min: 0, max: 0 },
            capacity: Capacity::Fixed(0),
            zones: Vec::new(),
            ..wish.clone()
        };
        let progress = Progress { due: Some(env.now + due), ..Progress::begun(env.now) };
        let pool = PoolObject::new(scope.name.clone(), Some(scope.clone()), empty, env.now);
        self.pools.insert(number, PoolObject { progress, ..pool });
        self.touch_pool(number);
        env.push(due, CloudEvent::Settle(POOL, number));
        env.tell(format!("pool {} is being made", wish.name), None);
        number
    }

    pub(super) fn pool_settles(&mut self, env: &mut Env<'_>, number: u32) {
        let Some(pool) = self.pools.get_mut(&number) else { return };
        if pool.progress.due == Some(env.now) {
            pool.progress.turn(Phase::Active, env.now);
            self.touch_pool(number);
        }
    }

    /// The pool of this scope, for a wish that does not make it.
    pub(super) fn existing_pool(&self, scope: &Scope, name: &PoolName) -> Result<u32, Kind> {
        let number = self.pool_of(&scope.name, name).ok_or(Kind::NotFound)?;
        owned(self.pools[&number].owner.as_ref(), scope, &format!("pool {name}"))?;
        Ok(number)
    }

    pub(super) fn bound(
        &mut self,
        env: &mut Env<'_>,
        scope: &Scope,
        name: &PoolName,
        bounds: Size,
    ) -> Result<(), Kind> {
        let number = self.existing_pool(scope, name)?;
        let ignored = self.broken.breaks("pool.a_raised_minimum_is_met");
        let pool = self.pools.get_mut(&number).ok_or(Kind::NotFound)?;
        if pool.spec.bounds == bounds {
            return Ok(());
        }
        pool.spec.bounds = bounds;
        if !ignored {
            pool.desired = desired(&pool.spec);
        }
        let Size { min, max } = bounds;
        pool.story = Some(env.note(format!("pool {name} is bound to {min}..={max}: {} wanted", pool.desired), None));
        self.touch_pool(number);
        Ok(())
    }

    pub(super) fn hold(
        &mut self,
        env: &mut Env<'_>,
        (scope, name): (&Scope, &PoolName),
        id: &InstanceId,
        mode: HoldMode,
    ) -> Result<(), Kind> {
        let number = self.existing_pool(scope, name)?;
        let held = self.instance_of(number, id).ok_or(Kind::NotFound)?;
        let instance = self.instances.get_mut(&held).ok_or(Kind::NotFound)?;
        let drains = match instance.phase {
            InstancePhase::Held(other) if other == mode => return Ok(()),
            InstancePhase::Held(_) => false,
            InstancePhase::Booting | InstancePhase::Ready | InstancePhase::Unready | InstancePhase::Returning => true,
            InstancePhase::Draining | InstancePhase::Lost => return Err(Kind::NotFound),
        };
        let as_if = match mode {
            HoldMode::Shrink if self.broken.breaks("pool.a_held_instance_gets_no_request_and_is_not_replaced") => {
                HoldMode::Replace
            }
            HoldMode::Replace if self.broken.breaks("pool.a_held_instance_is_replaced_for_the_time") => {
                HoldMode::Shrink
            }
            HoldMode::Shrink | HoldMode::Replace => mode,
        };
        (instance.phase, instance.since) = (InstancePhase::Held(as_if), env.now);
        env.tell_of(&self.pools, instance, "pulled out".into(), None);
        if drains {
            self.begin_drain(env, held);
        }
        self.touch_pool(number);
        Ok(())
    }

    pub(super) fn put_back(
        &mut self,
        env: &mut Env<'_>,
        scope: &Scope,
        name: &PoolName,
        id: &InstanceId,
    ) -> Result<(), Kind> {
        let number = self.existing_pool(scope, name)?;
        let held = self.instance_of(number, id).ok_or(Kind::NotFound)?;
        let instance = self.instances.get_mut(&held).ok_or(Kind::NotFound)?;
        if !matches!(instance.phase, InstancePhase::Held(_)) {
            return Ok(());
        }
        (instance.phase, instance.since, instance.drained) = (InstancePhase::Returning, env.now, false);
        instance.drains += 1;
        let server = instance.server;
        let (plane, mut ctx) = env.plane();
        plane.set_draining(&mut ctx, server, false);
        let story = instance.story;
        env.tell_of(&self.pools, &self.instances[&held], "put back".into(), story);
        self.dirty.pools.insert(number);
        self.dirty.records = true;
        self.touch_pool(number);
        Ok(())
    }

    pub(super) fn retire(
        &mut self,
        env: &mut Env<'_>,
        (scope, name): (&Scope, &PoolName),
        id: &InstanceId,
        refill: Refill,
    ) -> Result<(), Kind> {
        let number = self.existing_pool(scope, name)?;
        let Some(mut leaving) = self.instance_of(number, id) else { return Ok(()) };
        if self.broken.breaks("pool.retires_the_one_it_is_asked_to") {
            let other = self.pools[&number].members.iter().copied().find(|other| *other != leaving);
            leaving = other.unwrap_or(leaving);
        }
        let instance = self.instances.get_mut(&leaving).ok_or(Kind::NotFound)?;
        if instance.retiring.is_some() || instance.phase == InstancePhase::Draining {
            return Ok(());
        }
        instance.retiring = Some(refill);
        let story = env.note(format!("instance {id} is to leave"), None);
        instance.story = Some(story);
        if let (Some(pool), Refill::No) = (self.pools.get_mut(&number), refill) {
            pool.desired = pool.desired.saturating_sub(1).max(pool.spec.bounds.min);
        }
        self.touch_pool(number);
        Ok(())
    }

    pub(super) fn remove_pool(&mut self, env: &mut Env<'_>, scope: &Scope, name: &PoolName) -> Result<(), Kind> {
        let Some(number) = self.pool_of(&scope.name, name) else { return Ok(()) };
        owned(self.pools[&number].owner.as_ref(), scope, &format!("pool {name}"))?;
        if !self.broken.breaks("pool.a_pool_behind_a_balancer_is_not_removed") {
            self.is_behind_nothing(&scope.name, name)?;
        }
        let leaves_it = self.broken.breaks("pool.remove_leaves_only_what_it_lists");
        let pool = self.pools.get_mut(&number).ok_or(Kind::NotFound)?;
        if pool.removing() || leaves_it {
            return Ok(());
        }
        pool.progress.turn(Phase::Removing, env.now);
        pool.story = Some(env.tell(format!("pool {name} is being removed"), None));
        self.touch_pool(number);
        self.forget_if_empty(env, number);
        Ok(())
    }

    fn is_behind_nothing(&self, site: &str, name: &PoolName) -> Result<(), Kind> {
        let balancers = self.balancers.values().filter(|it| it.site == site);
        let naming = balancers.filter(|it| it.spec.routes.iter().any(|route| route.pool == *name));
        let by_balancers = naming.map(|it| format!("balancer {}", it.name()));
        let mut by = by_balancers.chain(self.records_naming(site, &ha_core::topology::Endpoint::Pool(name.clone())));
        by.next().map_or(Ok(()), |by| Err(Kind::NotReady(format!("{by} names pool {name}"))))
    }

    /// A pool that is to go is gone when its last instance is.
    pub(super) fn forget_if_empty(&mut self, env: &mut Env<'_>, number: u32) {
        let Some(pool) = self.pools.get(&number) else { return };
        if pool.removing() && pool.members.is_empty() {
            env.tell(format!("pool {} is gone", pool.spec.name), None);
            self.pools.remove(&number);
            self.version += 1;
        }
    }

    pub(super) fn pool_states(&self, scope: &Scope, now: Timestamp) -> Vec<PoolState> {
        let mine = self.pools.values().filter(|pool| pool.owner.as_ref() == Some(scope));
        let mut states: Vec<PoolState> = mine.map(|pool| self.pool_state(pool, now)).collect();
        states.sort_by(|a, b| a.spec.name.cmp(&b.spec.name));
        states
    }

    fn pool_state(&self, pool: &PoolObject, now: Timestamp) -> PoolState {
        let members = pool.members.iter().filter_map(|member| self.instances.get(member));
        let instances = members.map(|it| InstanceState {
            id: it.id.clone(),
            zone: it.zone.clone(),
            release: it.release.clone(),
            phase: if it.retiring.is_some() { InstancePhase::Draining } else { it.phase },
            since: it.since,
            launched: it.launched,
        });
        PoolState {
            spec: pool.spec.clone(),
            phase: pool.progress.phase,
            desired: pool.desired,
            instances: instances.collect(),
            losses: pool.losses.iter().filter(|loss| now.since(loss.at) < MEMORY).cloned().collect(),
            refused: pool.refused.clone(),
            strays: Vec::new(),
        }
    }
}

/// The pool after one part of the wish: what new instances are like first, how many and where last.
fn partly(old: &PoolSpec, wish: &PoolSpec, part: u16) -> PoolSpec {
    if part > 0 {
        return wish.clone();
    }
    PoolSpec { release: wish.release.clone(), boot: wish.boot.clone(), marks: wish.marks.clone(), ..old.clone() }
}
