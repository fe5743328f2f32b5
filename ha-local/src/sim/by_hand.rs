//! Without the loop: what is asked of the site is carried out at once, for whole pools, without batch, gate or roll-back.

use super::{
    engine::call::{Answer, Effect, Request},
    world::World,
};
use ha_core::{
    backend::{
        Refill, Scope,
        spec::{Marks, PoolSpec},
        state::{InstancePhase, PoolState},
    },
    topology::{HoldMode, Pool, ValidTopology},
};

/// The viewer whose wishes these are: nobody's that reads.
const HAND: u32 = u32::MAX - 1;

impl World {
    /// Makes the pools as they are wanted now, in one go. What is refused is left as it is.
    pub(super) fn by_hand(&mut self, changed: &ValidTopology) {
        let scope = changed.scope();
        let Some(pools) = self.observed().pools.known().cloned() else { return };
        for pool in &pools {
            match changed.pool(&pool.spec.name) {
                Some(wish) => self.change_by_hand(changed, &scope, pool, wish),
                None => self.do_at_once(&Request::PoolRemove(scope.clone(), pool.spec.name.clone())),
            }
        }
    }
    fn change_by_hand(&mut self, site: &ValidTopology, scope: &Scope, pool: &PoolState, wish: &Pool) {
        let spec = spec(site, wish);
        let name = &pool.spec.name;
        let outdated = |release: &_, zone: &_| *release != spec.release || !spec.zones.contains(zone);
        if spec != pool.spec {
            self.do_at_once(&Request::PoolEnsure(scope.clone(), spec.clone()));
        }
        for instance in &pool.instances {
            let held = wish.hold.iter().find(|hold| hold.instance == instance.id).map(|hold| hold.mode);
            let request = match (instance.phase, held) {
                (InstancePhase::Held(_), None) => {
                    Request::PoolPutBack(scope.clone(), name.clone(), instance.id.clone())
                }
                (InstancePhase::Held(_), Some(_)) => continue,
                (_, Some(mode)) => hold(scope, pool, &instance.id, mode),
                (_, None) if outdated(&instance.release, &instance.zone) => {
                    Request::PoolRetire(scope.clone(), name.clone(), instance.id.clone(), Refill::Yes)
                }
                (_, None) => continue,
            };
            self.do_at_once(&request);
        }
    }
    /// All parts of a wish, at once.
    fn do_at_once(&mut self, request: &Request) {
        let parts = match self.cloud.kind(request) {
            Effect::Read => 1,
            Effect::Write { parts } => parts.max(1),
        };
        for part in 0..parts {
            let cause = self.faults.cause_of_wishes();
            let done = self.with_cloud(cause, |cloud, env| cloud.effect(env, HAND, request, part));
            if done != Ok(Answer::Done) {
                return;
            }
        }
    }
}

fn hold(scope: &Scope, pool: &PoolState, id: &ha_core::name::InstanceId, mode: HoldMode) -> Request {
    Request::PoolHold(scope.clone(), pool.spec.name.clone(), id.clone(), mode)
}

/// The pool as it is wanted, without anything that a roll-out would remember.
fn spec(site: &ValidTopology, wish: &Pool) -> PoolSpec {
    PoolSpec {
        name: wish.name.clone(),
        release: wish.release.clone(),
        bounds: wish.size,
        capacity: wish.capacity,
        zones: site.open_zones_of(wish),
        max_skew: wish.placement.max_skew,
        boot: wish.boot.clone(),
        guards: wish.guards.clone(),
        drain: site.topology().kept(&wish.name),
        marks: Marks { stable: wish.release.clone(), candidate: None, rejected: Vec::new() },
    }
}
