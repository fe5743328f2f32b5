//! Wishes to balancers: the balancer with its listeners, how it checks, whom it serves.

use super::{
    Cloud, CloudEvent, Env,
    objects::{BalancerObject, Progress, owned},
    owner::fresh,
};
use crate::sim::engine::draw::who;
use ha_core::{
    backend::{
        Kind, Scope,
        spec::BalancerSpec,
        state::{BalancerState, Phase, TargetState},
    },
    name::{BalancerName, PoolName, ZoneName},
    topology::{Endpoint, HealthCheck, Route},
};
use std::{collections::BTreeSet, time::Duration};

pub(super) const BALANCER: u8 = 3;

impl Cloud {
    pub(super) fn ensure_balancer(
        &mut self,
        env: &mut Env<'_>,
        scope: &Scope,
        wish: &BalancerSpec,
        part: u16,
    ) -> Result<(), Kind> {
        let found = self.balancer_of(&scope.name, &wish.name);
        if let Some(number) = found {
            self.may_change_balancer(scope, number)?;
        }
        if !self.broken.breaks("balancer.a_balancer_without_its_pools_is_refused") {
            self.stands_on_a_network(scope, &wish.zones)?;
            let missing = wish.routes.iter().find(|route| !self.is_there(scope, &Endpoint::Pool(route.pool.clone())));
            if let Some(route) = missing {
                return Err(Kind::NotReady(format!("there is no pool {}", route.pool)));
            }
        }
        let number = match found {
            Some(number) => {
                self.make_again(env, number);
                number
            }
            None if part == 0 => self.make_balancer(env, scope, wish),
            None => return Err(Kind::NotFound),
        };
        let again = self.broken.breaks("balancer.asking_twice_is_asking_once");
        let balancer = self.balancers.get_mut(&number).ok_or(Kind::NotFound)?;
        let next = partly(&balancer.spec, wish, part);
        if again && balancer.spec == *wish {
            balancer.progress.since = env.now;
            self.version += 1;
        }
        self.change_balancer(env, number, next);
        Ok(())
    }

    fn change_balancer(&mut self, env: &mut Env<'_>, number: u32, next: BalancerSpec) {
        let Some(balancer) = self.balancers.get_mut(&number) else { return };
        if balancer.spec == next {
            return;
        }
        balancer.changes.push(env.now);
        let site = balancer.site.clone();
        let pools = |spec: &BalancerSpec| spec.routes.iter().map(|route| route.pool.clone()).collect::<BTreeSet<_>>();
        let touched = &pools(&balancer.spec) ^ &pools(&next);
        env.note(format!("balancer {} is changed", next.name), None);
        let taken: Vec<ZoneName> =
            balancer.spec.zones.iter().filter(|zone| !next.zones.contains(zone)).cloned().collect();
        balancer.leaving.retain(|(zone, _)| !next.zones.contains(zone));
        balancer.lacking.retain(|(zone, _)| next.zones.contains(zone));
        let added: Vec<ZoneName> =
            next.zones.iter().filter(|zone| !balancer.spec.zones.contains(zone)).cloned().collect();
        let works = balancer.progress.phase == Phase::Active;
        balancer.spec = next;
        if works {
            self.launch_endpoints(env, number, &added);
        }
        self.let_zones_leave(env, number, taken);
        let touched: Vec<u32> = touched.iter().filter_map(|pool| self.pool_of(&site, pool)).collect();
        self.dirty.pools.extend(touched);
        self.dirty.balancers.insert(number);
        self.dirty.records = true;
        self.version += 1;
        self.arm_targets(env, number);
    }

    /// An endpoint that is taken away is answered no more, and serves until nobody can know it: who asked just before
    /// keeps the answer for its time to live, and then a connection for as long again.
    fn let_zones_leave(&mut self, env: &mut Env<'_>, number: u32, taken: Vec<ZoneName>) {
        let Some(balancer) = self.balancers.get(&number) else { return };
        let endpoint = Endpoint::Balancer(balancer.name().clone());
        let named = self.records.values().filter(|record| record.set.kind.endpoints().contains(&endpoint));
        let ttl = named.map(|record| env.profile.dns.alias_ttl.unwrap_or(record.set.ttl)).max().unwrap_or_default();
        let Some(balancer) = self.balancers.get_mut(&number).filter(|_| !taken.is_empty()) else { return };
        let until = env.now + ttl * 2;
        balancer.leaving.extend(taken.into_iter().map(|zone| (zone, until)));
        env.push(ttl * 2, CloudEvent::Settle(BALANCER, number));
    }

    fn may_change_balancer(&self, scope: &Scope, number: u32) -> Result<(), Kind> {
        let balancer = &self.balancers[&number];
        let name = format!("balancer {}", balancer.name());
        if !self.broken.breaks("balancer.foreign_objects_are_a_conflict") {
            owned(balancer.owner.as_ref(), scope, &name)?;
        }
        let removing = balancer.progress.phase == Phase::Removing;
        if removing { Err(Kind::NotReady(format!("{name} is being removed"))) } else { Ok(()) }
    }

    fn make_balancer(&mut self, env: &mut Env<'_>, scope: &Scope, wish: &BalancerSpec) -> u32 {
        let number = fresh(&self.balancers, &format!("{}/{}", scope.name, wish.name));
        let due = env.draw(env.profile.phases.balancer, u64::from(number), 0);
        let empty =
            BalancerSpec { health: HealthCheck::default(), routes: Vec::new(), ready: Vec::new(), ..wish.clone() };
        let progress = Progress { due: Some(env.now + due), ..Progress::begun(env.now) };
        let object = BalancerObject::new(scope.name.clone(), Some(scope.clone()), empty, env.now);
        let called = self.called(&object);
        self.balancers.insert(number, BalancerObject { progress, called, ..object });
        self.version += 1;
        self.dirty.balancers.insert(number);
        env.push(due, CloudEvent::Settle(BALANCER, number));
        env.tell(format!("balancer {} is being made", wish.name), None);
        number
    }

    /// What the plane calls it: two sites may each have one of the same name.
    pub(super) fn called(&self, balancer: &BalancerObject) -> BalancerName {
        let name = balancer.name();
        if self.balancers.values().any(|other| other.called == *name) {
            return format!("{}/{name}", balancer.site).into();
        }
        name.clone()
    }

    pub(super) fn route(
        &mut self,
        env: &mut Env<'_>,
        scope: &Scope,
        name: &BalancerName,
        routes: &[Route],
    ) -> Result<(), Kind> {
        let number = self.balancer_of(&scope.name, name).ok_or(Kind::NotFound)?;
        self.may_change_balancer(scope, number)?;
        let mut next = self.balancers[&number].spec.clone();
        for wish in routes {
            let served = next.routes.iter_mut().find(|route| route.pool == wish.pool);
            served.ok_or_else(|| Kind::Rejected(format!("{name} does not serve {}", wish.pool)))?.weight = wish.weight;
        }
        if self.broken.breaks("balancer.route_moves_weights_only") {
            next.drain += Duration::from_secs(1);
        }
        self.change_balancer(env, number, next);
        Ok(())
    }

    pub(super) fn remove_balancer(
        &mut self,
        env: &mut Env<'_>,
        scope: &Scope,
        name: &BalancerName,
    ) -> Result<(), Kind> {
        let Some(number) = self.balancer_of(&scope.name, name) else { return Ok(()) };
        owned(self.balancers[&number].owner.as_ref(), scope, &format!("balancer {name}"))?;
        if !self.broken.breaks("balancer.a_balancer_behind_a_name_is_not_removed") {
            let endpoint = Endpoint::Balancer(name.clone());
            if let Some(record) = self.records_naming(&scope.name, &endpoint).next() {
                return Err(Kind::NotReady(format!("{record} names balancer {name}")));
            }
        }
        let leaves_it = self.broken.breaks("balancer.remove_leaves_only_what_it_lists");
        let balancer = self.balancers.get_mut(&number).ok_or(Kind::NotFound)?;
        if balancer.progress.phase == Phase::Removing || leaves_it {
            return Ok(());
        }
        let due = env.draw(env.profile.phases.balancer, u64::from(number), 1);
        balancer.progress.turn(Phase::Removing, env.now);
        balancer.progress.due = Some(env.now + due);
        self.version += 1;
        env.push(due, CloudEvent::Settle(BALANCER, number));
        env.tell(format!("balancer {name} is being removed"), None);
        Ok(())
    }

    pub(super) fn balancer_settles(&mut self, env: &mut Env<'_>, number: u32) {
        let Some(balancer) = self.balancers.get_mut(&number) else { return };
        if balancer.leaving.iter().any(|(_, until)| *until <= env.now) {
            balancer.leaving.retain(|(_, until)| *until > env.now);
            self.dirty.balancers.insert(number);
        }
        self.endpoints_are_tried_again(env, number);
        let Some(balancer) = self.balancers.get(&number).filter(|it| it.progress.due == Some(env.now)) else { return };
        self.version += 1;
        self.dirty.records = true;
        if balancer.progress.phase != Phase::Removing {
            return self.balancer_is_made(env, number);
        }
        let name = balancer.name().clone();
        let (site, routes, called) = (balancer.site.clone(), balancer.spec.routes.clone(), balancer.called.clone());
        self.balancers.remove(&number);
        let pools: Vec<u32> = routes.iter().filter_map(|route| self.pool_of(&site, &route.pool)).collect();
        self.dirty.pools.extend(pools);
        let (plane, mut ctx) = env.plane();
        plane.remove_balancer(&mut ctx, &called);
        env.tell(format!("balancer {name} is gone"), None);
    }

    pub(super) fn balancer_states(&self, scope: &Scope) -> Vec<BalancerState> {
        let mine = self.balancers.iter().filter(|(_, balancer)| balancer.owner.as_ref() == Some(scope));
        let mut states: Vec<BalancerState> = mine.map(|(number, it)| self.balancer_state(*number, it)).collect();
        states.sort_by(|a, b| a.spec.name.cmp(&b.spec.name));
        states
    }

    fn balancer_state(&self, number: u32, balancer: &BalancerObject) -> BalancerState {
        let targets = self.targets_of(number, balancer).map(|(pool, instance, target)| TargetState {
            pool: pool.clone(),
            instance: self.instances[&instance].id.clone(),
            health: target.checks.health,
            since: target.since,
        });
        BalancerState {
            spec: balancer.spec.clone(),
            phase: balancer.phase(),
            since: balancer.progress.since,
            targets: targets.collect(),
            readings: Vec::new(),
            unread: None,
        }
    }

    /// Pool, instance and judgement of each target, in the order of routes and launches.
    pub(super) fn targets_of<'a>(
        &'a self,
        number: u32,
        balancer: &'a BalancerObject,
    ) -> impl Iterator<Item = (&'a PoolName, u32, super::instance::Target)> + 'a {
        let pools = balancer.spec.routes.iter().filter_map(|route| self.pool_of(&balancer.site, &route.pool));
        pools.flat_map(move |pool| {
            let pool = &self.pools[&pool];
            let members = pool.members.iter().filter(|member| self.instances.contains_key(member));
            members.filter_map(move |member| {
                let target = self.targets.get(&(number, *member))?;
                Some((&pool.spec.name, *member, *target))
            })
        })
    }

    /// Names a balancer in draws.
    pub(super) fn key_of(&self, balancer: u32) -> u64 {
        self.balancers.get(&balancer).map_or(0, |it| who(it.called.as_str()))
    }
}

/// The balancer after one part of the wish: itself with its listeners, then its checks, then whom it serves.
fn partly(old: &BalancerSpec, wish: &BalancerSpec, part: u16) -> BalancerSpec {
    let (health, routes, ready) = (old.health.clone(), old.routes.clone(), old.ready.clone());
    match part {
        0 => BalancerSpec { health, routes, ready, ..wish.clone() },
        1 => BalancerSpec { health: wish.health.clone(), ..old.clone() },
        _ => BalancerSpec { routes: wish.routes.clone(), ready: wish.ready.clone(), ..old.clone() },
    }
}
