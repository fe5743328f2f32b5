//! What a caller may see: own changes at once, those of others after a while, and under a fault the past or not all.

use super::{Cloud, Env};
use crate::sim::engine::{
    call::{Answer, Effect, Request},
    draw::{Purpose, join, who},
};
use ha_core::{
    backend::{Operation, Resource, Scope, state::Reading},
    time::{Timestamp, nanos},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// The viewer that sees everything as it is.
pub const TRUTH: u32 = u32::MAX;

/// How long a wish is remembered at least: longer than any call takes from its first part to its last.
const MEMORY: Duration = Duration::from_secs(120);

/// A tier as `observe` reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tier {
    Network,
    Pool,
    Balancer,
    Dns,
}

const TIERS: [Tier; 4] = [Tier::Network, Tier::Pool, Tier::Balancer, Tier::Dns];

impl Tier {
    fn service(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Pool => "pool",
            Self::Balancer => "balancer",
            Self::Dns => "dns",
        }
    }
}

/// What is not seen by everybody yet, and what was.
#[derive(Clone, Debug, PartialEq, Default)]
pub(super) struct Sight {
    /// Wishes that others may not see yet, oldest first.
    wishes: Vec<Wish>,
    /// All tiers after each change, oldest first; kept only when a fault looks back.
    past: Vec<Past>,
}

/// A wish that took effect, and what was there before.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Wish {
    tier: Tier,
    scope: Scope,
    at: Timestamp,
    viewer: u32,
    /// What was asked, and of what.
    asked: (Operation, Resource),
    /// How long the profile lets it be unseen.
    settle: Duration,
    /// When others see it, if a fault says so.
    unseen_until: Option<Timestamp>,
    before: Answer,
}

#[derive(Clone, Debug, PartialEq)]
struct Past {
    at: Timestamp,
    version: u64,
    tiers: BTreeMap<(Scope, Tier), Answer>,
}

impl Sight {
    pub(super) fn add(&mut self, wish: Wish) {
        self.wishes.push(wish);
    }
    /// Forgets the oldest wishes, those that everybody sees by now. A later one stays while one before it is hidden: its
    /// own viewer sees both.
    pub(super) fn forget(&mut self, now: Timestamp) {
        let over = |wish: &Wish| (wish.at + wish.settle.max(MEMORY)).max(wish.unseen_until.unwrap_or_default());
        let kept = self.wishes.iter().position(|wish| over(wish) > now).unwrap_or(self.wishes.len());
        self.wishes.drain(..kept);
    }
}

impl Cloud {
    /// What a wish is about to change, as others may go on seeing it.
    pub(super) fn before_a_wish(&self, env: &Env<'_>, viewer: u32, request: &Request) -> Option<Wish> {
        let (tier, scope) = written(request)?;
        let (before, settle) = (self.state_of(tier, scope, env.now), env.profile.api.settle);
        let asked = (request.operation(), request.resource());
        Some(Wish { tier, scope: scope.clone(), at: env.now, viewer, asked, settle, unseen_until: None, before })
    }

    /// What this viewer's last wish of this kind did stays unseen by others, and by later processes, until then.
    pub fn hide(&mut self, viewer: u32, request: &Request, until: Timestamp) {
        let Some((_, scope)) = written(request) else { return };
        let parts = match self.kind(request) {
            Effect::Read => 0,
            Effect::Write { parts } => usize::from(parts),
        };
        let asked = (request.operation(), request.resource());
        let of_wish = |wish: &&mut Wish| wish.viewer == viewer && wish.asked == asked && wish.scope == *scope;
        for wish in self.sight.wishes.iter_mut().rev().filter(of_wish).take(parts) {
            wish.unseen_until = Some(until);
        }
        self.version += 1;
    }

    /// Answers an `observe` with what `viewer` may see.
    pub(super) fn see(&self, env: &Env<'_>, viewer: u32, request: &Request) -> Answer {
        let Some((tier, scope)) = observed(request) else { return Answer::Done };
        if viewer == TRUTH {
            let mut answer = self.state_of(tier, scope, env.now);
            self.measure(env, scope, &mut answer);
            return answer;
        }
        let mut answer = match env.faults.stale(tier.service()) {
            Some(age) => self.as_it_was(tier, scope, env.now.back(age)),
            None => self.wish_not_seen(env, viewer, tier, scope).unwrap_or_else(|| self.state_of(tier, scope, env.now)),
        };
        self.measure(env, scope, &mut answer);
        self.leave_out(env, tier, &mut answer);
        shift_pages(env, tier, &mut answer);
        answer
    }

    /// The state before the first wish that is hidden from `viewer`; what it wished later shows all before it.
    fn wish_not_seen(&self, env: &Env<'_>, viewer: u32, tier: Tier, scope: &Scope) -> Option<Answer> {
        let who = || join(who(&format!("{scope}/{}", tier.service())), u64::from(viewer));
        let drawn = |wish: &Wish| env.seed.below(Purpose::Visibility, who(), wish.at.0, nanos(wish.settle).max(1));
        let seen_at = |wish: &Wish| wish.unseen_until.unwrap_or_else(|| wish.at + Duration::from_nanos(drawn(wish)));
        let newest_first = self.sight.wishes.iter().rev().filter(|wish| wish.tier == tier && wish.scope == *scope);
        let since_own = newest_first.take_while(|wish| wish.viewer != viewer);
        let hidden = since_own.filter(|wish| seen_at(wish) > env.now).last()?;
        Some(at(hidden.before.clone(), env.now))
    }

    fn as_it_was(&self, tier: Tier, scope: &Scope, instant: Timestamp) -> Answer {
        let then = self.sight.past.iter().rev().find(|past| past.at <= instant);
        let known = then.and_then(|past| past.tiers.get(&(scope.clone(), tier))).cloned();
        at(known.unwrap_or_else(|| nothing(tier)), instant)
    }

    fn state_of(&self, tier: Tier, scope: &Scope, now: Timestamp) -> Answer {
        match tier {
            Tier::Network => Answer::Network(Reading { state: self.network_state(scope), at: now }),
            Tier::Pool => Answer::Pools(Reading { state: self.pool_states(scope, now), at: now }),
            Tier::Balancer => Answer::Balancers(Reading { state: self.balancer_states(scope), at: now }),
            Tier::Dns => Answer::Records(Reading { state: self.record_states(scope), at: now }),
        }
    }

    fn measure(&self, env: &Env<'_>, scope: &Scope, answer: &mut Answer) {
        if let Answer::Balancers(reading) = answer {
            for balancer in &mut reading.state {
                balancer.readings = self.readings(env, scope, &balancer.spec.name, reading.at);
            }
        }
    }

    fn leave_out(&self, env: &Env<'_>, tier: Tier, answer: &mut Answer) {
        let seen = |name: &str| !env.faults.unseen(tier.service(), name);
        match answer {
            Answer::Network(reading) if !seen("network") => reading.state = None,
            Answer::Pools(reading) => {
                reading.state.iter_mut().for_each(|pool| pool.instances.retain(|it| seen(it.id.as_str())));
            }
            Answer::Balancers(reading) => reading.state.retain(|balancer| seen(balancer.spec.name.as_str())),
            Answer::Records(reading) => reading.state.retain(|record| seen(record.set.name.as_str())),
            Answer::Network(_) | Answer::Done | Answer::Object(_) | Answer::Version(_) => {}
            Answer::Keys(_) | Answer::View(_) => {}
        }
    }

    /// Remembers all tiers as they are now, if a fault will look back and something has changed.
    pub(super) fn remember(&mut self, env: &Env<'_>) {
        let Some(age) = env.faults.history() else { return };
        if self.sight.past.last().is_some_and(|past| past.version == self.version) {
            return;
        }
        let mut tiers = BTreeMap::new();
        for scope in self.scopes() {
            for tier in TIERS {
                tiers.insert((scope.clone(), tier), self.state_of(tier, &scope, env.now));
            }
        }
        let past = &mut self.sight.past;
        let old = past.iter().rposition(|past| env.now.since(past.at) > age).unwrap_or(0);
        past.drain(..old);
        past.push(Past { at: env.now, version: self.version, tiers });
    }

    fn scopes(&self) -> BTreeSet<Scope> {
        let networks = self.networks.values().map(|it| &it.owner);
        let pools = self.pools.values().map(|it| &it.owner);
        let balancers = self.balancers.values().map(|it| &it.owner);
        let records = self.records.values().map(|it| &it.owner);
        networks.chain(pools).chain(balancers).chain(records).flatten().cloned().collect()
    }
}

/// A list whose pages shifted while it was read: one thing is seen twice, another not.
fn shift_pages(env: &Env<'_>, tier: Tier, answer: &mut Answer) {
    if let Answer::Pools(reading) = answer {
        for pool in &mut reading.state {
            let shifted = env.faults.page_shift(tier.service(), env.now, pool.instances.len());
            if let Some((twice, not)) = shifted {
                pool.instances[not] = pool.instances[twice].clone();
            }
        }
    }
}

fn at(answer: Answer, instant: Timestamp) -> Answer {
    match answer {
        Answer::Network(reading) => Answer::Network(Reading { at: instant, ..reading }),
        Answer::Pools(reading) => Answer::Pools(Reading { at: instant, ..reading }),
        Answer::Balancers(reading) => Answer::Balancers(Reading { at: instant, ..reading }),
        Answer::Records(reading) => Answer::Records(Reading { at: instant, ..reading }),
        Answer::Done | Answer::Object(_) | Answer::Version(_) | Answer::Keys(_) | Answer::View(_) => answer,
    }
}

fn nothing(tier: Tier) -> Answer {
    let at = Timestamp::ZERO;
    match tier {
        Tier::Network => Answer::Network(Reading { state: None, at }),
        Tier::Pool => Answer::Pools(Reading { state: Vec::new(), at }),
        Tier::Balancer => Answer::Balancers(Reading { state: Vec::new(), at }),
        Tier::Dns => Answer::Records(Reading { state: Vec::new(), at }),
    }
}

fn observed(request: &Request) -> Option<(Tier, &Scope)> {
    match request {
        Request::NetworkObserve(scope) => Some((Tier::Network, scope)),
        Request::PoolObserve(scope) => Some((Tier::Pool, scope)),
        Request::BalancerObserve(scope) => Some((Tier::Balancer, scope)),
        Request::DnsObserve(scope) => Some((Tier::Dns, scope)),
        Request::NetworkEnsure(..) | Request::NetworkRemove(_) | Request::PoolEnsure(..) => None,
        Request::PoolBound(..) | Request::PoolHold(..) | Request::PoolPutBack(..) => None,
        Request::PoolRetire(..) | Request::PoolRemove(..) | Request::BalancerEnsure(..) => None,
        Request::BalancerRoute(..) | Request::BalancerRemove(..) | Request::DnsEnsure(..) => None,
        Request::DnsRemove(..) | Request::StoreGet(..) | Request::StorePut(..) | Request::StoreDelete(..) => None,
        Request::StoreList(..) | Request::HandsView(..) | Request::HandsOrder(..) => None,
    }
}

/// The tier that a wish changes; the store and the keepers' orders hide nothing.
fn written(request: &Request) -> Option<(Tier, &Scope)> {
    match request {
        Request::NetworkEnsure(scope, _) | Request::NetworkRemove(scope) => Some((Tier::Network, scope)),
        Request::PoolEnsure(scope, _)
        | Request::PoolBound(scope, ..)
        | Request::PoolHold(scope, ..)
        | Request::PoolPutBack(scope, ..)
        | Request::PoolRetire(scope, ..)
        | Request::PoolRemove(scope, _) => Some((Tier::Pool, scope)),
        Request::BalancerEnsure(scope, _) | Request::BalancerRoute(scope, ..) | Request::BalancerRemove(scope, _) => {
            Some((Tier::Balancer, scope))
        }
        Request::DnsEnsure(scope, _) | Request::DnsRemove(scope, _) => Some((Tier::Dns, scope)),
        Request::NetworkObserve(_) | Request::PoolObserve(_) | Request::BalancerObserve(_) => None,
        Request::DnsObserve(_) | Request::StoreGet(..) | Request::StorePut(..) | Request::StoreDelete(..) => None,
        Request::StoreList(..) | Request::HandsView(..) | Request::HandsOrder(..) => None,
    }
}
