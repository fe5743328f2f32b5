//! A call of a port takes effect: which part of the wish, or what the caller may see.

use super::{Cloud, Env};
use crate::sim::engine::call::{Answer, Effect, Request};
use ha_core::backend::Kind;

impl Cloud {
    /// Whether a request only reads, and in how many parts it takes effect if not.
    pub fn kind(&self, request: &Request) -> Effect {
        match request {
            Request::NetworkObserve(_)
            | Request::PoolObserve(_)
            | Request::BalancerObserve(_)
            | Request::DnsObserve(_)
            | Request::StoreGet(..)
            | Request::StoreList(..)
            | Request::HandsView(..) => Effect::Read,
            Request::NetworkEnsure(_, spec) => {
                Effect::Write { parts: u16::try_from(spec.zones.len()).unwrap_or(u16::MAX).saturating_add(1) }
            }
            Request::PoolEnsure(..) => Effect::Write { parts: 2 },
            Request::BalancerEnsure(..) => Effect::Write { parts: 3 },
            Request::NetworkRemove(_)
            | Request::PoolBound(..)
            | Request::PoolHold(..)
            | Request::PoolPutBack(..)
            | Request::PoolRetire(..)
            | Request::PoolRemove(..)
            | Request::BalancerRoute(..)
            | Request::BalancerRemove(..)
            | Request::DnsEnsure(..)
            | Request::DnsRemove(..)
            | Request::StorePut(..)
            | Request::StoreDelete(..)
            | Request::HandsOrder(..) => Effect::Write { parts: 1 },
        }
    }

    /// One part of a wish takes effect, or a read is answered. `viewer` is the process that calls: a controller that was
    /// started again is another.
    pub fn effect(&mut self, env: &mut Env<'_>, viewer: u32, request: &Request, part: u16) -> Result<Answer, Kind> {
        if self.kind(request) == Effect::Read {
            return self.read(env, viewer, request);
        }
        let seen_before = self.before_a_wish(env, viewer, request);
        let version = self.version;
        let answer = self.write(env, request, part);
        self.flush(env);
        if let (Some(before), true) = (seen_before, answer.is_ok() && self.version != version) {
            self.sight.add(before);
        }
        answer
    }

    fn write(&mut self, env: &mut Env<'_>, request: &Request, part: u16) -> Result<Answer, Kind> {
        let done = |()| Answer::Done;
        match request {
            Request::NetworkEnsure(scope, spec) => self.ensure_network(env, scope, spec, part).map(done),
            Request::NetworkRemove(scope) => self.remove_network(env, scope).map(done),
            Request::PoolEnsure(scope, spec) => self.ensure_pool(env, scope, spec, part).map(done),
            Request::PoolBound(scope, pool, bounds) => self.bound(env, scope, pool, *bounds).map(done),
            Request::PoolHold(scope, pool, id, mode) => self.hold(env, (scope, pool), id, *mode).map(done),
            Request::PoolPutBack(scope, pool, id) => self.put_back(env, scope, pool, id).map(done),
            Request::PoolRetire(scope, pool, id, refill) => self.retire(env, (scope, pool), id, *refill).map(done),
            Request::PoolRemove(scope, pool) => self.remove_pool(env, scope, pool).map(done),
            Request::BalancerEnsure(scope, spec) => self.ensure_balancer(env, scope, spec, part).map(done),
            Request::BalancerRoute(scope, name, routes) => self.route(env, scope, name, routes).map(done),
            Request::BalancerRemove(scope, name) => self.remove_balancer(env, scope, name).map(done),
            Request::DnsEnsure(scope, set) => self.ensure_record(env, scope, set).map(done),
            Request::DnsRemove(scope, name) => self.remove_record(env, scope, name).map(done),
            Request::StorePut(scope, key, value, expect) => {
                self.store.put(&self.broken, (scope, key), value, expect).map(Answer::Version)
            }
            Request::StoreDelete(scope, key, version) => self.store.delete(&self.broken, scope, key, version).map(done),
            Request::HandsOrder(scope, pool, order) => self.carry_out(env, scope, pool, order).map(done),
            Request::NetworkObserve(_)
            | Request::PoolObserve(_)
            | Request::BalancerObserve(_)
            | Request::DnsObserve(_)
            | Request::StoreGet(..)
            | Request::StoreList(..)
            | Request::HandsView(..) => self.read(env, 0, request),
        }
    }

    fn read(&self, env: &Env<'_>, viewer: u32, request: &Request) -> Result<Answer, Kind> {
        if let Request::StoreGet(scope, key) = request {
            return self.store.get(&self.broken, scope, key).map(Answer::Object);
        }
        if let Request::StoreList(scope, prefix) = request {
            return Ok(Answer::Keys(self.store.list(&self.broken, scope, prefix)));
        }
        if let Request::HandsView(scope, pool) = request {
            return Ok(Answer::View(self.keepers_view(env, scope, pool).map(Box::new)));
        }
        Ok(self.see(env, viewer, request))
    }
}
