//! What becomes of a call that is sent now: outcomes that a scenario names, cut links, services that fail.

use super::{
    Faults,
    adding::{grown_delay, millionths},
    injected::{Injected, Phase},
    strike::{Api, Asked, Dns, Link, Metrics, Pattern, Store, Strike},
    way::Way,
    whom::Named,
};
use crate::sim::engine::{
    call::{CallId, Effect, Outcome},
    draw::{Purpose, Seed, join},
    sending::{Fate, key},
};
use ha_core::{backend::Kind, time::Timestamp};
use std::time::Duration;

/// Longer than any run.
const NEVER: Duration = Duration::from_secs(u32::MAX as u64);

/// A call that is sent.
struct Sent<'a> {
    port: &'a str,
    verb: &'a str,
    resource: String,
    read: bool,
    keeper: bool,
    key: u64,
}

impl Faults {
    /// What becomes of a call that is sent now; `keeper` if the provider itself sends it.
    pub fn call(&mut self, now: Timestamp, id: &CallId, effect: Effect, keeper: bool) -> Fate {
        // Nearly every call of nearly every run.
        if self.working().next().is_none() {
            return Fate::default();
        }
        let (port, verb) = id.operation.0.split_once('.').unwrap_or((id.operation.0, ""));
        let resource = id.resource.to_string();
        let resource = resource.split_once(' ').map_or(resource.as_str(), |(_, name)| name).to_owned();
        let read = effect == Effect::Read;
        let sent = Sent { port, verb, resource, read, keeper, key: key(id) };
        let mut fate = Fate::default();
        let named = self.outcome_by_name(&sent);
        for fault in self.working() {
            let before = fate.clone();
            disturb(&mut fate, fault, &sent, (now, self.seed));
            if fate != before && named.is_none() {
                fault.count(1);
            }
        }
        if let Some(outcome) = named {
            fate.outcome = outcome;
        }
        fate
    }
    /// The outcome that a scenario names for this very call; the call is counted by each that it matches.
    fn outcome_by_name(&mut self, sent: &Sent<'_>) -> Option<Outcome> {
        let (settle, mut found) = (self.settle, None);
        for fault in self.all.iter_mut().filter(|fault| fault.at_work()) {
            let Strike::Call(pattern, outcome) = &fault.strike else { continue };
            if !pattern.matches(sent) {
                continue;
            }
            fault.memory.matched += 1;
            let matched = fault.memory.matched;
            if matched >= pattern.nth && found.is_none() {
                found = Some(if pattern.until_settled { Outcome::StaleReads(settle) } else { outcome.clone() });
                fault.count(1);
            }
            if matched >= pattern.nth.saturating_add(pattern.count - 1) {
                fault.phase = Phase::Over;
            }
        }
        found
    }
    /// Whether a fault that is at work, or waits for a call, could make two equal turns end differently.
    pub fn disturbs_calls(&self, now: Timestamp) -> bool {
        let _ = now;
        self.working().any(|fault| match &fault.strike {
            Strike::Call(..) | Strike::Api(..) | Strike::Store(_) | Strike::View(..) => true,
            Strike::Link(way, _) => way.ours || way.store,
            Strike::Dns(asked, _) => *asked == Asked::Store,
            // Readings that come later change though nothing else does.
            Strike::Metrics(_, metrics) => matches!(metrics, Metrics::Delay(_)),
            Strike::Clock(_) => true,
            Strike::Instances(..) | Strike::Zone(..) | Strike::Boot(..) | Strike::Capacity(..) => false,
            Strike::Balancer(..) | Strike::Release(..) | Strike::Controller(_) | Strike::Operator(_) => false,
        })
    }
}

impl Pattern {
    fn matches(&self, sent: &Sent<'_>) -> bool {
        meets(&self.port, sent)
            && self.verb.as_deref().is_none_or(|verb| verb == sent.verb)
            && self.resource.as_deref().is_none_or(|resource| resource == sent.resource)
    }
}

/// What one fault does to one call.
struct Chance<'a> {
    fault: &'a Injected,
    who: u64,
    now: Timestamp,
    seed: Seed,
}

impl Chance<'_> {
    fn happens(&self, rate: f64) -> bool {
        self.seed.happens(Purpose::Failure, self.who, 0, millionths(rate * self.fault.strength()))
    }
    /// Either of the two, each as likely.
    fn half(&self, one: Outcome, other: Outcome) -> Outcome {
        if self.seed.happens(Purpose::Failure, self.who, 1, 500_000) { one } else { other }
    }
    fn fails(&self) -> Outcome {
        self.half(Outcome::ErrorApplied, Outcome::Refused(Kind::Unavailable))
    }
    fn lost(&self) -> Outcome {
        self.half(Outcome::TimeoutApplied, Outcome::TimeoutNotApplied)
    }
    fn delay(&self, delay: Duration) -> Duration {
        Duration::from_nanos(grown_delay(delay, self.fault.strength()))
    }
}

impl Fate {
    /// What cannot work at all counts before what happened to fail.
    fn never(&mut self, outcome: Outcome) {
        self.outcome = outcome;
    }
    fn once(&mut self, happens: bool, outcome: impl FnOnce() -> Outcome) {
        if happens && self.outcome == Outcome::Normal {
            self.outcome = outcome();
        }
    }
}

fn disturb(fate: &mut Fate, fault: &Injected, sent: &Sent<'_>, (now, seed): (Timestamp, Seed)) {
    let chance = Chance { fault, who: join(sent.key, fault.draws()), now, seed };
    let to_store = sent.port == "store";
    if let Strike::Api(service, api) = &fault.strike {
        match api {
            // It holds up what the provider does by itself as well.
            Api::Backlog(delay) => hold_up(fate, service, *delay, sent, &chance),
            Api::Down | Api::Error { .. } | Api::Throttle { .. } | Api::Slow(_) if meets(service, sent) => {
                by_api(fate, *api, sent.read, &chance);
            }
            Api::Down | Api::Error { .. } | Api::Throttle { .. } | Api::Slow(_) => {}
        }
    }
    if let Strike::Store(store) = &fault.strike
        && to_store
    {
        match *store {
            Store::Down => fate.never(Outcome::TimeoutNotApplied),
            Store::Error { reads, writes } => {
                fate.once(chance.happens(if sent.read { reads } else { writes }), || chance.fails());
            }
        }
    }
    if let Strike::Dns(Asked::Store, dns) = &fault.strike
        && to_store
    {
        match *dns {
            Dns::Empty => fate.never(Outcome::Refused(Kind::Unavailable)),
            Dns::Unresolvable(rate) => fate.once(chance.happens(rate), || Outcome::TimeoutNotApplied),
            // What is kept too long is that there is no address.
            Dns::Stale(_) if fault.memory.keeps_nothing => fate.never(Outcome::Refused(Kind::Unavailable)),
            Dns::Stale(_) => {}
        }
    }
    if let Strike::Link(way, link) = &fault.strike
        && crosses(way, sent)
    {
        match *link {
            Link::Cut => fate.never(Outcome::TimeoutNotApplied),
            Link::Loss(rate) => fate.once(chance.happens(rate), || chance.lost()),
            Link::Delay(delay) => fate.slow += 2 * chance.delay(delay),
            Link::Congested(_) => {}
        }
    }
}

fn by_api(fate: &mut Fate, api: Api, read: bool, chance: &Chance<'_>) {
    match api {
        Api::Down => fate.never(Outcome::Refused(Kind::Unavailable)),
        Api::Error { rate, reads } => {
            fate.once(chance.happens(if read { reads } else { rate }), || chance.fails());
        }
        Api::Throttle { rate, retry_after } => {
            fate.once(chance.happens(rate), || Outcome::Refused(Kind::Throttled(retry_after)));
        }
        Api::Slow(delay) => fate.slow += chance.delay(delay),
        Api::Backlog(_) => {}
    }
}

fn hold_up(fate: &mut Fate, service: &Named, delay: Option<Duration>, sent: &Sent<'_>, chance: &Chance<'_>) {
    let port = if sent.keeper { "pool" } else { sent.port };
    if service.is(port) && !sent.read {
        let until_the_end = || chance.fault.ends.map_or(NEVER, |end| end.since(chance.now));
        fate.backlog = fate.backlog.saturating_add(delay.unwrap_or_else(until_the_end));
    }
}

/// A keeper's calls are met under the name of its port only: `*` means those of our own loop.
fn meets(port: &Named, sent: &Sent<'_>) -> bool {
    port.is(sent.port) && (!sent.keeper || port.name.is_some())
}

fn crosses(way: &Way, sent: &Sent<'_>) -> bool {
    !sent.keeper && (way.ours || way.store && sent.port == "store")
}
