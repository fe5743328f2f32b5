//! The way of an attempt: to an address, through a balancer, to a server; and what happens where nothing answers.

use super::{
    Cause, Ctx, Hop, Place, Plane, PlaneEvent,
    attempts::{Attempt, Phase},
    balancer::Choice,
    ledger::Tier,
    names::{Goal, Lookup, happens, resolver_of},
    network::either,
};
use crate::sim::engine::{draw::mix, queue::Event};
use ha_core::time::Timestamp;

/// What becomes of a try to connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    Open,
    Refused,
    Silent,
}

impl Plane {
    /// Tries the addresses of the answer that have not been tried.
    pub(super) fn seek(&mut self, ctx: &mut Ctx<'_>, slot: u32) {
        self.arrived(slot);
        loop {
            let attempt = *self.attempts.at(slot);
            let stream = &self.streams[usize::from(attempt.stream)];
            let (name, choice) = (stream.name as usize, stream.choice.bits(attempt.id));
            let resolver = resolver_of(attempt.user, &self.config.users);
            match self.names[name].ask(resolver, ctx.now.0, mix(choice ^ u64::from(attempt.tried))) {
                Lookup::Cached => self.hop(ctx.now, slot, Hop::Cached),
                Lookup::Asked => {
                    let late = self.links.jitter(1, mix(choice ^ 29 ^ (u64::from(attempt.tried) << 8)));
                    self.attempts.at_mut(slot).extra += self.figures.lookup + late;
                    self.hop(ctx.now, slot, Hop::Asked);
                }
                Lookup::TimedOut => return self.wait(ctx, slot, Phase::Asking, self.figures.lookup_timeout),
            }
            let Some(goal) = self.names[name].answer(resolver, attempt.tried, choice) else {
                let (tier, cause) = match attempt.tried {
                    0 => (Tier::Resolver, Cause::NoAddress),
                    1.. => (Tier::Network, Cause::Unreachable),
                };
                return self.answer(ctx, slot, tier, Some(cause));
            };
            self.attempts.at_mut(slot).tried = attempt.tried.saturating_add(1);
            if self.connect(ctx, slot, goal, true) {
                return;
            }
        }
    }

    /// Connects, if the connection is not refused; `false`: it is.
    pub(super) fn connect(&mut self, ctx: &mut Ctx<'_>, slot: u32, goal: Goal, new: bool) -> bool {
        match self.reach(goal) {
            Reach::Open => {
                self.arrived(slot);
                self.connected(ctx, slot, goal, new);
            }
            Reach::Silent => {
                self.arrived(slot);
                let attempt = self.attempts.at_mut(slot);
                let name = self.streams[usize::from(attempt.stream)].name as usize;
                self.names[name].keep(attempt.user, goal, 0);
                self.hop(ctx.now, slot, no_connection(goal));
                self.wait(ctx, slot, Phase::Connecting, self.figures.connect_timeout);
            }
            Reach::Refused => {
                self.hop(ctx.now, slot, no_connection(goal));
                return false;
            }
        }
        true
    }

    /// An attempt is at a tier, a resolver or the way to an address: the tiers count it where they see it first.
    fn arrived(&mut self, slot: u32) {
        let attempt = self.attempts.at_mut(slot);
        if !attempt.arrived {
            attempt.arrived = true;
            self.ledger.tiers.arrive(attempt.outcome.take());
        }
    }

    fn reach(&self, goal: Goal) -> Reach {
        let (zone, fits) = match goal {
            Goal::Endpoint(balancer, zone) => {
                let up = self.balancers[usize::from(balancer)].endpoint(zone).is_some();
                (zone, if up { Reach::Open } else { Reach::Silent })
            }
            Goal::Server(id) => (self.servers[id as usize].zone, self.greets(id)),
        };
        if self.disturbed && self.links.trip(Place::Users, Place::Zone(zone)).cut { Reach::Silent } else { fits }
    }

    /// How a server meets a new connection, as far as it is its own doing.
    fn greets(&self, id: u32) -> Reach {
        let server = &self.servers[id as usize];
        if server.well {
            return Reach::Open;
        }
        let condition = server.condition;
        if condition.isolated || (!condition.up && condition.silent) {
            Reach::Silent
        } else if condition.up {
            Reach::Open
        } else {
            Reach::Refused
        }
    }

    /// The request is at the address.
    fn connected(&mut self, ctx: &mut Ctx<'_>, slot: u32, goal: Goal, new: bool) {
        let trips = if new { 2 } else { 1 };
        match goal {
            Goal::Server(id) => {
                self.travel(slot, Place::Users, id, trips);
                self.hop(ctx.now, slot, Hop::Server(id));
                self.take(ctx, slot, id);
            }
            Goal::Endpoint(balancer, zone) => {
                let trip = self.links.trip(Place::Users, Place::Zone(zone));
                let attempt = self.attempts.at_mut(slot);
                let failure = self.streams[usize::from(attempt.stream)].failure;
                let bits = failure.bits(attempt.id);
                attempt.extra += trip.ns * trips + self.links.jitter(trips, mix(bits ^ 31));
                if trip.loss > 0 {
                    attempt.extra += self.links.resending(trip.loss, mix(bits ^ 13));
                }
                (attempt.balancer, attempt.zone) = (balancer, zone);
                let errors = self.balancers[usize::from(balancer)].endpoint(zone).unwrap_or(0);
                let fails = errors > 0 && happens(errors, mix(failure.bits(attempt.id) ^ 17));
                self.hop(ctx.now, slot, Hop::Endpoint(balancer, zone));
                if fails {
                    return self.answer(ctx, slot, Tier::Balancer, Some(Cause::BalancerError));
                }
                self.route(ctx, slot, Cause::NoTarget);
            }
        }
    }

    /// The balancer chooses a target; `before`: how it failed so far.
    fn route(&mut self, ctx: &mut Ctx<'_>, slot: u32, before: Cause) {
        let mut cause = before;
        loop {
            let attempt = *self.attempts.at(slot);
            let Some(id) = self.target(ctx.now.0, &attempt) else {
                return self.answer(ctx, slot, Tier::Balancer, Some(cause));
            };
            let attempt = self.attempts.at_mut(slot);
            (attempt.targets, attempt.server) = (attempt.targets.saturating_add(1), id);
            let from = Place::Zone(attempt.zone);
            let cut = self.disturbed && self.links.trip(from, Place::Zone(self.servers[id as usize].zone)).cut;
            match if cut { Reach::Silent } else { self.greets(id) } {
                Reach::Open => {
                    self.travel(slot, from, id, 1);
                    self.hop(ctx.now, slot, Hop::Server(id));
                    return self.take(ctx, slot, id);
                }
                Reach::Silent => {
                    self.hop(ctx.now, slot, Hop::NoServer(id));
                    return self.wait(ctx, slot, Phase::AtBalancer, self.figures.target_timeout);
                }
                Reach::Refused => {
                    self.hop(ctx.now, slot, Hop::NoServer(id));
                    cause = Cause::TargetLost;
                }
            }
        }
    }

    /// The next target that may be tried.
    fn target(&mut self, now: u64, attempt: &Attempt) -> Option<u32> {
        if attempt.targets > self.config.balancer.other_targets {
            return None;
        }
        let balancer = &mut self.balancers[usize::from(attempt.balancer)];
        balancer.refresh(now, &self.links, &self.servers, &self.config.balancer);
        let bits = self.streams[usize::from(attempt.stream)].choice.bits(attempt.id);
        balancer.choose(Choice {
            zone: attempt.zone,
            user: attempt.user,
            now,
            bits: mix(bits ^ 19 ^ (u64::from(attempt.targets) << 32)),
            outstanding: &self.outstanding,
            not: attempt.server,
        })
    }

    /// Adds what the way to a server and back costs.
    fn travel(&mut self, slot: u32, from: Place, id: u32, trips: u64) {
        let server = &self.servers[id as usize];
        let trip = self.links.trip(from, Place::Zone(server.zone));
        let attempt = self.attempts.at_mut(slot);
        let bits = self.streams[usize::from(attempt.stream)].failure.bits(attempt.id);
        attempt.extra += trip.ns * trips + self.links.jitter(trips, mix(bits ^ 37));
        if !server.well || trip.loss > 0 {
            attempt.extra += 2 * server.condition.delay_ns * trips;
            let loss = either(trip.loss, server.condition.loss);
            attempt.extra += self.links.resending(loss, mix(bits ^ 23));
        }
    }

    /// Nothing answers: the attempt goes on after this time.
    pub(super) fn wait(&mut self, ctx: &mut Ctx<'_>, slot: u32, phase: Phase, ns: u64) {
        let attempt = self.attempts.at_mut(slot);
        attempt.phase = phase;
        let event = Event::Plane(PlaneEvent::Retry(slot, attempt.generation));
        let key = self.streams[usize::from(attempt.stream)].key;
        ctx.queue.push_as(Timestamp(ctx.now.0.saturating_add(ns)), event, mix(key ^ attempt.id));
    }

    /// A wait is over.
    pub(super) fn go_on(&mut self, ctx: &mut Ctx<'_>, slot: u32, generation: u32) {
        let Some(attempt) = self.attempts.meant(slot, generation) else { return };
        match attempt.phase {
            Phase::Asking => self.answer(ctx, slot, Tier::Resolver, Some(Cause::DnsTimeout)),
            Phase::Connecting => self.seek(ctx, slot),
            Phase::AtBalancer => self.route(ctx, slot, Cause::TargetTimeout),
            Phase::Backoff => self.again(ctx, slot),
            // Records in these phases have no pending wait.
            Phase::Free | Phase::Queued | Phase::Working | Phase::Frozen | Phase::Held | Phase::Lost => {}
        }
    }
}

fn no_connection(goal: Goal) -> Hop {
    match goal {
        Goal::Endpoint(balancer, zone) => Hop::NoEndpoint(balancer, zone),
        Goal::Server(id) => Hop::NoServer(id),
    }
}
