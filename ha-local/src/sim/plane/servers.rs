//! What servers do with requests: take them, queue them, work on them, lose them.

use super::{
    Cause, Condition, Ctx, Hop, Notice, Place, Plane, PlaneEvent, ServerId,
    attempts::{Attempt, DIRECT, NONE, Phase},
    ledger::Tier,
    names::happens,
    service::time_ns,
};
use crate::sim::engine::{draw::mix, queue::Event};
use ha_core::time::{Timestamp, nanos};

impl Plane {
    /// A request has reached a server.
    pub(super) fn take(&mut self, ctx: &mut Ctx<'_>, slot: u32, id: u32) {
        self.attempts.at_mut(slot).server = id;
        let server = &mut self.servers[id as usize];
        if server.busy < server.concurrency {
            server.touch(ctx.now.0);
            server.busy += 1;
            // Where not even one may wait, checks end otherwise as soon as all places are taken.
            if server.busy == server.concurrency && server.alarm == 0 {
                ctx.notices.push(Notice::ChecksMayDiffer(ServerId(id)));
            }
            self.outstanding[id as usize] += 1;
            return self.work(ctx, slot, id);
        }
        if server.waiting < server.bound {
            let (tail, before) = (server.tail, server.waiting);
            server.tail = slot;
            server.waiting += 1;
            if before == 0 {
                server.head = slot;
            } else {
                self.attempts.at_mut(tail).next = slot;
            }
            self.outstanding[id as usize] += 1;
            let attempt = self.attempts.at_mut(slot);
            (attempt.phase, attempt.next) = (Phase::Queued, NONE);
            if before + 1 == server.alarm {
                ctx.notices.push(Notice::ChecksMayDiffer(ServerId(id)));
            }
            return self.hop(ctx.now, slot, Hop::Queued(id, before));
        }
        if server.condition.frozen {
            self.attempts.at_mut(slot).phase = Phase::Lost;
            return;
        }
        self.read(ctx.now, slot, Some(Cause::QueueFull));
        self.reply(ctx, slot, Some(Cause::QueueFull));
    }

    /// Work on a request begins: one draw says how long it takes.
    fn work(&mut self, ctx: &mut Ctx<'_>, slot: u32, id: u32) {
        let server = &self.servers[id as usize];
        let attempt = self.attempts.at_mut(slot);
        let stream = &self.streams[usize::from(attempt.stream)];
        let mut time = match stream.takes {
            Some(takes) => takes as f64,
            None => time_ns(self.work[usize::from(server.work)], stream.service.bits(attempt.id)),
        };
        if !server.well && server.strained() {
            time *= f64::from(server.condition.slow) / 1000.0;
        }
        // A float becomes the nearest number that fits.
        let time = time as u64;
        if server.condition.frozen {
            (attempt.phase, attempt.due) = (Phase::Frozen, time);
        } else {
            (attempt.phase, attempt.due) = (Phase::Working, ctx.now.0.saturating_add(time));
            let event = Event::Plane(PlaneEvent::Complete(slot, attempt.generation));
            ctx.queue.push_as(Timestamp(attempt.due), event, stream.key ^ attempt.id);
        }
        self.hop(ctx.now, slot, Hop::Started(id));
    }

    /// Work on a request has ended: the next one in the queue begins, and the answer goes its way.
    pub(super) fn complete(&mut self, ctx: &mut Ctx<'_>, slot: u32, generation: u32) {
        let Some(attempt) = self.attempts.meant(slot, generation) else { return };
        let id = attempt.server;
        self.hop(ctx.now, slot, Hop::Finished(id));
        self.outstanding[id as usize] -= 1;
        let server = &mut self.servers[id as usize];
        let next = server.head;
        if server.waiting > 0 {
            server.head = self.attempts.at(next).next;
            server.waiting -= 1;
            if server.waiting + 1 == server.alarm {
                ctx.notices.push(Notice::ChecksMayDiffer(ServerId(id)));
            }
            self.work(ctx, next, id);
        } else {
            server.touch(ctx.now.0);
            if server.busy == server.concurrency && server.alarm == 0 {
                ctx.notices.push(Notice::ChecksMayDiffer(ServerId(id)));
            }
            server.busy -= 1;
            self.idle(ctx, id);
        }
        self.finish(ctx, slot, attempt);
    }

    fn finish(&mut self, ctx: &mut Ctx<'_>, slot: u32, attempt: Attempt) {
        let server = &self.servers[attempt.server as usize];
        let bits = || mix(self.streams[usize::from(attempt.stream)].failure.bits(attempt.id) ^ 11);
        let fails = !server.well && server.strained() && happens(server.condition.errors, bits());
        let outcome = fails.then_some(Cause::ServerError);
        self.read(ctx.now, slot, outcome);
        if attempt.abandoned {
            self.ledger.tiers.wasted += 1;
            self.attempts.give_back(slot);
            return;
        }
        self.reply(ctx, slot, outcome);
    }

    /// The server's answer goes back, if anything can.
    fn reply(&mut self, ctx: &mut Ctx<'_>, slot: u32, outcome: Option<Cause>) {
        let attempt = *self.attempts.at(slot);
        if self.disturbed && !self.passes(&attempt) {
            let goes_on = attempt.balancer == DIRECT
                || self.balancers[usize::from(attempt.balancer)].endpoint(attempt.zone).is_some();
            let attempt = self.attempts.at_mut(slot);
            // A connection is lost with the endpoint, and resumes when a way is open again.
            attempt.phase = if goes_on { Phase::Held } else { Phase::Lost };
            attempt.outcome = outcome;
            attempt.generation = attempt.generation.wrapping_add(1);
            return;
        }
        self.answer(ctx, slot, Tier::Server, outcome);
    }

    /// Whether an answer of the server gets to the user now.
    fn passes(&self, attempt: &Attempt) -> bool {
        let server = &self.servers[attempt.server as usize];
        if server.condition.isolated {
            return false;
        }
        let home = Place::Zone(server.zone);
        if attempt.balancer == DIRECT {
            return !self.links.trip(Place::Users, home).cut;
        }
        let zone = Place::Zone(attempt.zone);
        let up = self.balancers[usize::from(attempt.balancer)].endpoint(attempt.zone).is_some();
        up && !self.links.trip(zone, home).cut && !self.links.trip(Place::Users, zone).cut
    }

    /// Answers that could not travel may now.
    pub(super) fn deliver_held(&mut self, ctx: &mut Ctx<'_>) {
        for slot in self.attempts.select(|attempt| attempt.phase == Phase::Held) {
            let attempt = *self.attempts.at(slot);
            if self.passes(&attempt) {
                self.answer(ctx, slot, Tier::Server, attempt.outcome);
            }
        }
    }

    /// The condition of a server changes, with what follows for requests at it.
    pub(super) fn change(&mut self, ctx: &mut Ctx<'_>, id: u32, condition: Condition) {
        let server = &mut self.servers[id as usize];
        let before = server.condition;
        server.set(condition);
        let mean = nanos(self.work[usize::from(server.work)].mean()) as f64;
        if server.timeout != u64::MAX {
            server.alarm = server.alarm_for(mean, server.timeout);
        }
        if before.up && !condition.up {
            self.lose(ctx, id);
        } else if condition.frozen && !before.frozen {
            self.freeze(ctx.now.0, id);
        } else if before.frozen && !condition.frozen {
            self.thaw(ctx, id);
        }
        self.judge_disturbance();
        self.deliver_held(ctx);
    }

    /// Everything on a server is lost; users of one that does not even refuse wait in vain.
    fn lose(&mut self, ctx: &mut Ctx<'_>, id: u32) {
        let server = &mut self.servers[id as usize];
        server.touch(ctx.now.0);
        (server.busy, server.waiting, server.head, server.tail) = (0, 0, NONE, NONE);
        self.outstanding[id as usize] = 0;
        let silent = server.condition.silent;
        let there = |attempt: &Attempt| {
            let here = matches!(attempt.phase, Phase::Queued | Phase::Working | Phase::Frozen | Phase::Held);
            here && attempt.server == id
        };
        for slot in self.attempts.select(there) {
            let attempt = self.attempts.at_mut(slot);
            if attempt.abandoned {
                self.attempts.give_back(slot);
            } else if silent || attempt.phase == Phase::Held {
                attempt.phase = Phase::Lost;
                attempt.generation = attempt.generation.wrapping_add(1);
            } else {
                self.answer(ctx, slot, Tier::Server, Some(Cause::TargetLost));
            }
        }
        self.idle(ctx, id);
    }

    fn freeze(&mut self, now: u64, id: u32) {
        for slot in self.attempts.select(|attempt| attempt.phase == Phase::Working && attempt.server == id) {
            let attempt = self.attempts.at_mut(slot);
            attempt.phase = Phase::Frozen;
            attempt.due = attempt.due.saturating_sub(now);
            attempt.generation = attempt.generation.wrapping_add(1);
        }
    }

    fn thaw(&mut self, ctx: &mut Ctx<'_>, id: u32) {
        for slot in self.attempts.select(|attempt| attempt.phase == Phase::Frozen && attempt.server == id) {
            let attempt = self.attempts.at_mut(slot);
            attempt.phase = Phase::Working;
            attempt.due = ctx.now.0.saturating_add(attempt.due);
            let event = Event::Plane(PlaneEvent::Complete(slot, attempt.generation));
            let key = self.streams[usize::from(attempt.stream)].key;
            ctx.queue.push_as(Timestamp(attempt.due), event, key ^ attempt.id);
        }
    }

    /// Says so when nothing is left on a draining server.
    pub(super) fn idle(&self, ctx: &mut Ctx<'_>, id: u32) {
        let server = &self.servers[id as usize];
        if server.draining && server.in_flight() == 0 {
            ctx.notices.push(Notice::Idle(ServerId(id)));
        }
    }

    /// What the server answered goes into the readings of its release.
    fn read(&mut self, now: Timestamp, slot: u32, outcome: Option<Cause>) {
        let attempt = self.attempts.at(slot);
        let readings = self.servers[attempt.server as usize].readings;
        self.readings[usize::from(readings)].add(now.0, now.0.saturating_sub(attempt.sent), outcome.is_some());
    }
}
