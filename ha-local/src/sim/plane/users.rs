//! What users do: want something, find an address, connect, wait, give up, try again.

use super::{
    Cause, Ctx, Hop, Plane, PlaneEvent,
    attempts::{Attempt, DIRECT, NONE, Phase},
    ledger::Tier,
    names::{Goal, resolver_of},
};
use crate::sim::engine::{
    draw::{as_below, as_unit},
    queue::Event,
};
use ha_core::time::Timestamp;

impl Plane {
    /// A user comes, and it is known when the next one will.
    pub(super) fn arrive(&mut self, ctx: &mut Ctx<'_>, number: u32) {
        let stream = &mut self.streams[number as usize];
        let intent = stream.come;
        stream.come += 1;
        stream.earn(self.figures.retry_budget);
        let user = as_below(stream.user.bits(intent), self.figures.population) as u32;
        stream.expect(ctx, number);
        let mut attempt = Attempt::begin(intent << 8, number as u16, user, ctx.now.0);
        if ctx.now.0 >= self.follow.next {
            attempt.followed = self.follow.begin(number as u16, intent);
        }
        self.begin(ctx, attempt);
    }

    /// An intent begins.
    pub(super) fn begin(&mut self, ctx: &mut Ctx<'_>, attempt: Attempt) {
        let slot = self.attempts.take(attempt);
        self.ledger.users.offered += 1;
        self.ledger.users.in_flight += 1;
        self.series.offered(ctx.now);
        self.try_once(ctx, slot);
    }

    /// An attempt begins.
    fn try_once(&mut self, ctx: &mut Ctx<'_>, slot: u32) {
        self.ledger.users.attempts += 1;
        self.attempts.watch(slot);
        if !self.patience_pending {
            self.patience_pending = true;
            self.expect_patience(ctx, ctx.now.0);
        }
        if self.attempts.at(slot).followed > 0 {
            let user = self.attempts.at(slot).user;
            self.hop(ctx.now, slot, Hop::Wants(user, resolver_of(user, &self.config.users)));
        }
        let attempt = *self.attempts.at(slot);
        let name = self.streams[usize::from(attempt.stream)].name as usize;
        if let Some(goal) = self.names[name].kept(attempt.user, ctx.now.0) {
            self.hop(ctx.now, slot, Hop::Kept);
            if self.connect(ctx, slot, goal, false) {
                return;
            }
            self.names[name].keep(attempt.user, goal, 0);
        }
        self.seek(ctx, slot);
    }

    /// An answer, or the certainty that there is none, is on its way to the user: this is how the tiers see the end.
    pub(super) fn answer(&mut self, ctx: &mut Ctx<'_>, slot: u32, tier: Tier, outcome: Option<Cause>) {
        let attempt = self.attempts.at_mut(slot);
        attempt.generation = attempt.generation.wrapping_add(1);
        let at = ctx.now.0.saturating_add(attempt.extra);
        if at.saturating_sub(attempt.sent) >= self.figures.patience {
            attempt.phase = Phase::Lost;
            return;
        }
        let late = at.saturating_sub(attempt.begun) > self.figures.deadline;
        self.ledger.tiers.end(tier, outcome.or(late.then_some(Cause::Late)));
        self.attempts.unwatch(slot);
        self.receive(ctx, slot, outcome, at);
    }

    /// The user has the answer.
    fn receive(&mut self, ctx: &mut Ctx<'_>, slot: u32, outcome: Option<Cause>, at: u64) {
        let attempt = *self.attempts.at(slot);
        let latency = at.saturating_sub(attempt.begun);
        if self.figures.keep_alive > 0 {
            self.keep(&attempt, outcome, at);
        }
        match outcome {
            Some(cause) => self.fail(ctx, slot, cause, at),
            None if latency > self.figures.deadline => self.fail(ctx, slot, Cause::Late, at),
            None => {
                self.hop(ctx.now, slot, Hop::Answered);
                self.ledger.users.served += 1;
                self.ledger.users.in_flight -= 1;
                self.series.served(ctx.now, latency);
                self.attempts.give_back(slot);
            }
        }
    }

    /// A connection over which an answer came is kept.
    fn keep(&mut self, attempt: &Attempt, outcome: Option<Cause>, at: u64) {
        let (goal, idle) = match (attempt.balancer, attempt.server) {
            (DIRECT, NONE) => return,
            (DIRECT, server) => (Goal::Server(server), self.figures.keep_alive),
            (balancer, _) => (Goal::Endpoint(balancer, attempt.zone), self.figures.keep_balancer),
        };
        let unanswered = matches!(outcome, Some(Cause::NoAddress | Cause::DnsTimeout | Cause::Unreachable));
        let broken = attempt.balancer == DIRECT && outcome == Some(Cause::TargetLost);
        if !unanswered {
            let until = if broken { 0 } else { at.saturating_add(idle) };
            let name = self.streams[usize::from(attempt.stream)].name as usize;
            self.names[name].keep(attempt.user, goal, until);
        }
    }

    /// An attempt has failed: the user tries again, or gives up.
    fn fail(&mut self, ctx: &mut Ctx<'_>, slot: u32, cause: Cause, at: u64) {
        self.hop(ctx.now, slot, Hop::Failed(cause));
        let attempt = self.attempts.at_mut(slot);
        let tries = (attempt.id & 255) as u8;
        let stream = &mut self.streams[usize::from(attempt.stream)];
        let may = cause != Cause::Late && tries < self.figures.retries && stream.spend(self.figures.retry_budget);
        if !may {
            self.ledger.users.failed[cause as usize] += 1;
            self.ledger.users.in_flight -= 1;
            self.series.failed(ctx.now, cause);
            self.attempts.give_back(slot);
            return;
        }
        let wait = self.figures.backoff * (0.5 + as_unit(stream.backoff.bits(attempt.id)));
        let until = at.saturating_add((wait * f64::from(1u32 << tries.min(20))) as u64);
        attempt.outcome = Some(cause);
        self.ledger.users.waiting[cause as usize] += 1;
        self.hop(ctx.now, slot, Hop::Again(Timestamp(until)));
        self.wait(ctx, slot, Phase::Backoff, until.saturating_sub(ctx.now.0));
    }

    /// The next attempt at an intent.
    pub(super) fn again(&mut self, ctx: &mut Ctx<'_>, slot: u32) {
        let before = *self.attempts.at(slot);
        self.attempts.give_back(slot);
        let slot = self.attempts.take(Attempt::begin(before.id + 1, before.stream, before.user, ctx.now.0));
        let attempt = self.attempts.at_mut(slot);
        (attempt.begun, attempt.followed, attempt.outcome) = (before.begun, before.followed, before.outcome);
        self.ledger.users.retries += 1;
        if let Some(cause) = before.outcome {
            self.ledger.users.waiting[cause as usize] -= 1;
        }
        self.try_once(ctx, slot);
    }

    /// The oldest time-outs may be due.
    pub(super) fn patience(&mut self, ctx: &mut Ctx<'_>) {
        while let Some(slot) = self.attempts.oldest() {
            let sent = self.attempts.at(slot).sent;
            if sent.saturating_add(self.figures.patience) > ctx.now.0 {
                return self.expect_patience(ctx, sent);
            }
            self.time_out(ctx, slot);
        }
        self.patience_pending = false;
    }

    fn expect_patience(&self, ctx: &mut Ctx<'_>, sent: u64) {
        let at = Timestamp(sent.saturating_add(self.figures.patience));
        ctx.queue.push(at, Event::Plane(PlaneEvent::Patience));
    }

    /// A user waits no longer; a server that has the request goes on with it, for nobody.
    fn time_out(&mut self, ctx: &mut Ctx<'_>, slot: u32) {
        self.attempts.unwatch(slot);
        let mut attempt = *self.attempts.at(slot);
        let tier = match attempt.phase {
            Phase::Asking => Tier::Resolver,
            Phase::Connecting => Tier::Network,
            Phase::AtBalancer => Tier::Balancer,
            Phase::Queued | Phase::Working | Phase::Frozen | Phase::Held => Tier::Server,
            Phase::Free | Phase::Lost | Phase::Backoff => Tier::Network,
        };
        let at_work = matches!(attempt.phase, Phase::Queued | Phase::Working | Phase::Frozen);
        let user = if at_work {
            let left = self.attempts.at_mut(slot);
            (left.abandoned, left.followed) = (true, 0);
            attempt.extra = 0;
            self.attempts.take(attempt)
        } else {
            let place = self.attempts.at_mut(slot);
            place.generation = place.generation.wrapping_add(1);
            slot
        };
        self.ledger.tiers.end(tier, Some(Cause::TimedOut));
        let name = self.streams[usize::from(attempt.stream)].name as usize;
        self.names[name].keep(attempt.user, Goal::Server(NONE), 0);
        self.fail(ctx, user, Cause::TimedOut, ctx.now.0);
    }

    /// Notes a hop, if this intent is followed.
    pub(super) fn hop(&mut self, now: Timestamp, slot: u32, hop: Hop) {
        let attempt = self.attempts.at(slot);
        if attempt.followed > 0 {
            self.follow.note(attempt.followed, now.0.saturating_add(attempt.extra), hop);
        }
    }
}
