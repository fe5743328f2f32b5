//! Sends calls and brings them to their end: in parts, late, twice, or not at all.

use super::{
    call::{Answer, Call, CallId, Effect, Outcome, Request},
    draw::{Purpose, join, who},
    queue::{CallStage, Event},
    wait::WaitKey,
};
use crate::sim::{profile::Api, world::World};
use ha_core::backend::Kind;
use std::{collections::BTreeMap, time::Duration};

/// What becomes of a call, as the faults at work have it.
#[derive(Clone, Debug, PartialEq)]
pub struct Fate {
    /// How it ends.
    pub outcome: Outcome,
    /// The answer, and the effect, come so much later.
    pub slow: Duration,
    /// The effect comes so much later than the answer.
    pub backlog: Duration,
}

impl Default for Fate {
    fn default() -> Self {
        Self { outcome: Outcome::Normal, slow: Duration::ZERO, backlog: Duration::ZERO }
    }
}

/// All calls on their way.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Calls {
    sent: u64,
    /// Each in a place of its own: they are taken out and put back at each stage.
    live: BTreeMap<u64, Box<Call>>,
}

impl Calls {
    /// The answer of a call, once.
    pub fn take_answer(&mut self, number: u64) -> Option<Result<Answer, Kind>> {
        let call = self.live.get_mut(&number)?;
        let answer = call.answer.take()?;
        call.heard = true;
        self.forget_if_over(number);
        Some(answer)
    }
    /// Nobody waits for the answer any more.
    pub fn drop_answer(&mut self, number: u64) {
        if let Some(call) = self.live.get_mut(&number) {
            call.heard = true;
        }
        self.forget_if_over(number);
    }
    /// Whether no call is on its way.
    pub fn is_empty(&self) -> bool {
        self.live.is_empty()
    }
    fn add(&mut self, call: Call) -> u64 {
        self.sent += 1;
        self.live.insert(self.sent, Box::new(call));
        self.sent
    }
    fn forget_if_over(&mut self, number: u64) {
        if self.live.get(&number).is_some_and(|call| call.heard && call.stages == 0) {
            self.live.remove(&number);
        }
    }
}

/// A call as a number that is the same when something else is disturbed.
pub fn key(id: &CallId) -> u64 {
    let named = join(who(id.operation.0), who(&id.resource.to_string()));
    join(named, join(join(id.caller, u64::from(id.nth)), id.turn.0))
}

impl World {
    /// Sends a call of `task`; answers its number. What a dead task sends is not sent.
    pub fn send(&mut self, task: u32, request: Request) -> u64 {
        let id = self.tasks.call_id(task, request.operation(), request.resource());
        let effect = self.cloud.kind(&request);
        let dead = self.tasks.get(task).is_none_or(|record| record.dead);
        let mut fate = if dead { Fate::default() } else { self.fate(&id, effect) };
        if !dead && fate.outcome == Outcome::Normal && !self.let_through(&id) {
            fate.outcome = Outcome::Refused(Kind::Throttled(None));
        }
        let latency = latency(&self.profile.api, self.seed.unit(Purpose::Delay, key(&id), 0), effect) + fate.slow;
        let cause = self.note_sent(&id, effect, &fate.outcome, dead);
        if !dead && fate.outcome != Outcome::CrashBefore && effect != Effect::Read {
            self.watch_act(task, &request);
        }
        let call = Call {
            id,
            request,
            outcome: fate.outcome.clone(),
            effect: None,
            answer: None,
            heard: dead,
            stages: 0,
            cause,
        };
        let number = self.calls.add(call);
        if dead {
            self.calls.forget_if_over(number);
        } else if fate.outcome == Outcome::CrashBefore {
            self.crash(task);
        } else {
            self.schedule(number, effect, latency, &fate);
        }
        number
    }

    /// Puts the stages of a call into the queue. Each is a nanosecond after the one before it at least: what happens at
    /// one instant happens in any order, and a call that takes no time has an order all the same.
    fn schedule(&mut self, number: u64, effect: Effect, latency: Duration, fate: &Fate) {
        let timeout = self.profile.api.timeout;
        let parts = match effect {
            Effect::Read => 1,
            Effect::Write { parts } => parts.max(1),
        };
        let effective = effective_parts(&fate.outcome, parts);
        for part in 0..effective {
            let after = latency.mul_f64(f64::from(part + 1) / f64::from(parts + 1)) + nth(part) + fate.backlog;
            self.queue.push(self.now + after, Event::Call(number, CallStage::Effect(part)));
        }
        let late = if let Outcome::AnsweredLate(delay) = fate.outcome { delay } else { Duration::ZERO };
        let answered = match &fate.outcome {
            Outcome::TimeoutApplied | Outcome::TimeoutNotApplied => timeout,
            Outcome::Normal | Outcome::CrashBefore | Outcome::CrashApplied | Outcome::CrashAnswered => latency,
            Outcome::ErrorApplied | Outcome::Refused(_) | Outcome::Partial(_) | Outcome::AnsweredTwice(_) => latency,
            Outcome::AnsweredLate(_) | Outcome::StaleReads(_) => latency + late,
        }
        .min(timeout);
        let answered = answered + nth(parts);
        self.queue.push(self.now + answered, Event::Call(number, CallStage::Answer));
        let mut stages = u32::from(effective) + 1;
        if let Outcome::AnsweredTwice(delay) = fate.outcome {
            self.queue.push(self.now + answered + delay, Event::Call(number, CallStage::Answer));
            stages += 1;
        }
        if let Some(call) = self.calls.live.get_mut(&number) {
            call.stages = stages;
        }
    }

    /// A stage of a call happens.
    pub(crate) fn call_stage(&mut self, number: u64, stage: CallStage) {
        let Some(mut call) = self.calls.live.remove(&number) else { return };
        call.stages = call.stages.saturating_sub(1);
        match stage {
            CallStage::Effect(part) => self.take_effect(&mut call, part),
            CallStage::Answer => {
                if call.outcome == Outcome::CrashAnswered {
                    self.crash(call.id.task);
                    call.heard = true;
                } else if !call.heard && call.answer.is_none() {
                    let ahead = self.tasks.get(call.id.task).map_or(0, |record| record.clock.at(self.now));
                    let answer = answer(&mut call);
                    if let Ok(answer) = &answer {
                        self.watch_look(call.id.task, answer);
                    }
                    call.answer = Some(answer.map(|answer| answer.on_a_clock(ahead)));
                    self.attention.woken.push(WaitKey::Call(number));
                }
            }
        }
        // A caller that died meanwhile will never ask for the answer.
        call.heard |= self.tasks.get(call.id.task).is_none_or(|record| record.dead);
        self.calls.live.insert(number, call);
        self.calls.forget_if_over(number);
    }

    fn take_effect(&mut self, call: &mut Call, part: u16) {
        if matches!(call.effect, Some(Err(_))) {
            return;
        }
        let result = self.with_cloud(call.cause, |cloud, env| cloud.effect(env, call.id.task, &call.request, part));
        if let (Request::HandsView(scope, pool), Some(record)) = (&call.request, self.tasks.get_mut(call.id.task)) {
            record.looked = self.cloud.pool_version(scope, pool);
        }
        if result.is_ok() {
            self.watch_launch(&call.request);
        }
        call.effect = Some(result);
        let parts = match self.cloud.kind(&call.request) {
            Effect::Read => 1,
            Effect::Write { parts } => parts.max(1),
        };
        if part + 1 < parts {
            return;
        }
        if let Outcome::StaleReads(delay) = call.outcome {
            self.cloud.hide(call.id.task, &call.request, self.now + delay);
        }
        if call.outcome == Outcome::CrashApplied {
            self.crash(call.id.task);
        }
    }
}

/// How long a call takes from being sent to being answered; `u` is drawn evenly between 0 and 1.
fn latency(api: &Api, u: f64, effect: Effect) -> Duration {
    match effect {
        Effect::Read => api.read.at(u),
        Effect::Write { parts } => api.write.at(u) + api.part.at(u) * u32::from(parts.saturating_sub(1)),
    }
}

/// What sets the nth stage of a call apart from the one before it.
fn nth(stage: u16) -> Duration {
    Duration::from_nanos(u64::from(stage))
}

/// How many of a wish's parts take effect.
fn effective_parts(outcome: &Outcome, parts: u16) -> u16 {
    match outcome {
        Outcome::TimeoutNotApplied | Outcome::Refused(_) | Outcome::CrashBefore => 0,
        // Rounded down, so that a part of a batch is never all of it.
        Outcome::Partial(done) => ((f64::from(parts) * done) as u16).min(parts.saturating_sub(1)),
        Outcome::Normal | Outcome::CrashApplied | Outcome::CrashAnswered | Outcome::TimeoutApplied => parts,
        Outcome::ErrorApplied | Outcome::AnsweredTwice(_) | Outcome::AnsweredLate(_) | Outcome::StaleReads(_) => parts,
    }
}

/// What the caller is told. What a read found is taken out of the call: nobody asks for it again.
fn answer(call: &mut Call) -> Result<Answer, Kind> {
    match &call.outcome {
        Outcome::Refused(kind) => Err(kind.clone()),
        Outcome::TimeoutApplied | Outcome::TimeoutNotApplied | Outcome::ErrorApplied | Outcome::Partial(_) => {
            Err(Kind::Unavailable)
        }
        // Accepted now, effective later: a wish needs no more than that; whoever needs more gets no answer.
        Outcome::Normal | Outcome::StaleReads(_) | Outcome::AnsweredTwice(_) | Outcome::AnsweredLate(_) => {
            if call.request.answers_done() {
                return call.effect.clone().unwrap_or(Ok(Answer::Done));
            }
            call.effect.take().unwrap_or(Err(Kind::Unavailable))
        }
        Outcome::CrashBefore | Outcome::CrashApplied | Outcome::CrashAnswered => Err(Kind::Unavailable),
    }
}
