//! Which calls can be disturbed how: each recorded call times the outcomes that apply, each written as faults.

use super::script::Script;
use crate::sim::engine::call::{CallId, Effect};
use ha_core::{
    backend::{Operation, Resource},
    fault::{Fault, Parameters},
};
use std::{collections::BTreeMap, time::Duration};

/// To which calls an outcome applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Applies {
    /// All: nothing need be changed for it.
    All,
    /// Wishes.
    Wishes,
    /// Wishes that take effect in parts.
    Parts,
}

/// The thirteen outcomes of the vocabulary.
pub const OUTCOMES: [&str; 13] = [
    "crash_before",
    "crash_applied",
    "crash_answered",
    "timeout_applied",
    "timeout_not_applied",
    "throttled",
    "error_applied",
    "error_not_applied",
    "refused",
    "partial",
    "answered_twice",
    "answered_late",
    "stale_reads",
];

fn applies(outcome: &str) -> Applies {
    match outcome {
        "partial" => Applies::Parts,
        "crash_applied" | "timeout_applied" | "error_applied" | "stale_reads" => Applies::Wishes,
        _ => Applies::All,
    }
}

/// The outcomes that apply to a call: thirteen to a wish of several parts, twelve to other wishes, eight to reads.
pub fn outcomes(effect: Effect) -> Vec<&'static str> {
    let (wish, parts) = match effect {
        Effect::Read => (false, false),
        Effect::Write { parts } => (true, parts > 1),
    };
    let apply = |outcome: &&str| match applies(outcome) {
        Applies::All => true,
        Applies::Wishes => wish,
        Applies::Parts => parts,
    };
    OUTCOMES.into_iter().filter(apply).collect()
}

/// A call of the faultless run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The verb.
    pub operation: Operation,
    /// On what.
    pub resource: Resource,
    /// Whether it only reads.
    pub effect: Effect,
    /// Which of this verb on this resource, from 1.
    pub nth: u32,
    /// Which of all calls, from 1.
    pub overall: u32,
}

/// The calls of a run with their numbers.
pub fn calls(recorded: &[(CallId, Effect)]) -> Vec<Call> {
    let mut counts: BTreeMap<(Operation, Resource), u32> = BTreeMap::new();
    let numbered = (1u32..).zip(recorded).map(|(overall, (id, effect))| {
        let nth = counts.entry((id.operation, id.resource.clone())).or_default();
        *nth += 1;
        Call { operation: id.operation, resource: id.resource.clone(), effect: *effect, nth: *nth, overall }
    });
    numbered.collect()
}

/// A call and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disturbance {
    /// The call.
    pub call: Call,
    /// What becomes of it.
    pub outcome: &'static str,
}

/// Everything that can become of these calls.
pub fn points(calls: &[Call]) -> Vec<Disturbance> {
    let of_call = |call: &Call| {
        let call = call.clone();
        outcomes(call.effect).into_iter().map(move |outcome| Disturbance { call: call.clone(), outcome })
    };
    calls.iter().flat_map(of_call).collect()
}

impl Disturbance {
    /// What is injected.
    pub fn faults(&self, script: &Script) -> Vec<Fault> {
        let mut faults = vec![fault(self.outcome, &self.target(), self.call.nth, script.starts())];
        if self.outcome == "stale_reads" {
            // What only this process sees is forgotten with it: that is when the old state is seen.
            faults.push(fault("crash_before", "*.*", self.call.overall + 1, script.starts()));
        }
        faults
    }
    /// The call as the vocabulary names it.
    fn target(&self) -> String {
        let name = self.call.resource.to_string();
        match name.split_once(' ') {
            Some((_, name)) => format!("{}({name})", self.call.operation),
            None => self.call.operation.to_string(),
        }
    }
}

impl std::fmt::Display for Disturbance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "call {} ({} nr. {}): {}", self.call.overall, self.target(), self.call.nth, self.outcome)
    }
}

fn fault(outcome: &str, target: &str, nth: u32, at: Duration) -> Fault {
    Fault::call(outcome, target).at(at).nth(nth).with(|given| how(outcome, given))
}

/// The parameters that an outcome needs.
fn how(outcome: &str, given: &mut Parameters) {
    match outcome {
        "throttled" => given.retry_after = Some(Duration::from_secs(7)),
        "refused" => given.error = Some("denied".into()),
        "partial" => given.done = Some(0.5),
        "answered_twice" => given.delay = Some(Duration::from_secs(2)),
        "answered_late" => given.delay = Some(Duration::from_secs(3)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirteen_twelve_and_eight_outcomes_apply() {
        assert_eq!(outcomes(Effect::Write { parts: 3 }).len(), 13);
        assert_eq!(outcomes(Effect::Write { parts: 1 }).len(), 12);
        assert_eq!(outcomes(Effect::Read).len(), 8);
    }
}
