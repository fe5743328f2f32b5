//! The drill's events as acts: what strikes, what ends, what is asked for, in order.

use super::{Decision, SHORT, decision};
use ha_core::{
    Topology, ValidTopology,
    fault::{Fault, Lasts, Scenario, Subject},
    name::{PoolName, Release},
    time,
    topology::{Capacity, Hold, HoldMode, Pool},
};
use ha_local::docker::lab;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// For so long the planner takes what fails in a zone for the zone's trouble, if another release lost an instance there.
pub const REMEMBERED: Duration = Duration::from_secs(301);

/// What the drill is.
pub struct Script {
    /// The site as it is made.
    pub site: ValidTopology,
    /// The events, as the simulator takes them.
    pub scenario: Scenario,
    /// The same as acts, in order.
    pub acts: Vec<Timed>,
    /// Releases that never become ready.
    pub bad: Vec<Release>,
}

/// One act.
#[derive(Clone)]
pub struct Timed {
    /// When, from the end of the making, where time is simulated.
    pub at: Duration,
    /// For people.
    pub text: String,
    /// What.
    pub act: Act,
    /// Which of the scenario's events it is, or is the end of.
    pub of: usize,
    /// What of the site it befalls: `instance:web-a-1`, `zone:a`.
    pub place: (String, String),
}

/// What is done.
#[derive(Clone)]
pub enum Act {
    /// A fault strikes.
    Strike(Fault),
    /// It ends.
    Heal(Fault),
    /// The site is to be like this.
    Ask(ValidTopology),
}

impl Script {
    /// The script of these events; an error says which one has no counterpart on Docker.
    pub fn new(site: Topology, scenario: &Scenario) -> Result<Self, String> {
        let said = |problems: ha_core::validate::Problems| problems.to_string();
        let mut wanted = site.clone();
        let (mut acts, mut bad) = (Vec::new(), Vec::new());
        let mut releases: BTreeMap<String, u32> = BTreeMap::new();
        let mut scenario = scenario.clone();
        scenario.events.sort_by_key(|fault| fault.at);
        for (of, fault) in scenario.events.iter().enumerate() {
            let (Subject::Named(kind, name), false) = (&fault.target.what, fault.target.to_string().contains(' '))
            else {
                return Err(format!("a drill's events name a thing each: {fault}"));
            };
            let place = (kind.clone(), name.clone());
            let timed = |at, text: String, act| Timed { at, text, act, of, place: place.clone() };
            let text = format!("{} {}:{}", fault.effect, kind, name);
            if fault.effect.starts_with("operator.") || fault.effect.starts_with("release.") {
                let before = wanted.clone();
                let release = ask(&mut wanted, fault, &mut releases)?;
                if fault.effect == "release.never_ready" {
                    bad.extend(release);
                }
                wanted.generation += u64::from(wanted != before);
                let asked = wanted.clone().validate().map_err(said)?;
                acts.push(timed(fault.at, text, Act::Ask(asked)));
                continue;
            }
            if let Some(why) = lab::unfit(fault) {
                return Err(why);
            }
            acts.push(timed(fault.at, text.clone(), Act::Strike(fault.clone())));
            if let Lasts::For(length) = fault.lasts {
                acts.push(timed(fault.at + length, format!("{text} ends"), Act::Heal(fault.clone())));
            }
        }
        acts.sort_by_key(|act| act.at);
        Ok(Self { site: site.validate().map_err(said)?, scenario, acts, bad })
    }

    /// An event is so much later than the last decision that the one before it led to: failed checks, the keepers'
    /// patience, and a pass of each who acts on it.
    pub fn apart(&self) -> Duration {
        let balancers = self.site.topology().balancers.iter();
        let checks = balancers.map(|it| it.health.interval * it.health.unhealthy + it.health.timeout);
        // What no balancer checks is checked every second, twice.
        checks.max().unwrap_or(Duration::from_secs(3)) + SHORT + Duration::from_secs(1)
    }

    /// For so long the site may wait between two decisions: for an instance that boots, and for what is baked.
    pub fn longest_wait(&self) -> Duration {
        let pools = self.site.topology().pools.iter();
        pools.map(|pool| pool.boot.budget + pool.rollout.bake).max().unwrap_or_default()
    }

    /// The pool to which this act, from 0, gives a release that fails. Its failures are held against it only where no other
    /// lost an instance [`REMEMBERED`] before: whether there is one must not depend on how fast the drill goes.
    pub fn fails(&self, index: usize) -> Option<PoolName> {
        let act = &self.acts[index];
        let fails = self.scenario.events[act.of].effect == "release.never_ready";
        fails.then(|| act.place.1.as_str().into())
    }

    /// The first acts alone, in a run of this length: what they began goes on.
    pub fn until(&self, count: usize, length: Duration) -> Self {
        let has = |of: usize, ends: bool| {
            self.acts[..count].iter().any(|act| act.of == of && ends == matches!(act.act, Act::Heal(_)))
        };
        let mut scenario = Scenario { length: Some(length), events: Vec::new(), ..self.scenario.clone() };
        for (of, event) in self.scenario.events.iter().enumerate().filter(|(of, _)| has(*of, false)) {
            let mut event = event.clone();
            if matches!(event.lasts, Lasts::For(_)) && !has(of, true) {
                event.lasts = Lasts::Forever;
            }
            scenario.events.push(event);
        }
        let acts = self.acts[..count].to_vec();
        Self { site: self.site.clone(), scenario, acts, bad: self.bad.clone() }
    }

    /// Lets this act, from 0, be at this time or later, and the others after it not before it.
    pub fn not_before(&mut self, index: usize, at: Duration) {
        let late = at.saturating_sub(self.acts[index].at);
        for act in &mut self.acts[index..] {
            act.at += late;
            let event = &mut self.scenario.events[act.of];
            match (&act.act, event.lasts) {
                (Act::Heal(_), Lasts::For(_)) => event.lasts = Lasts::For(act.at - event.at),
                (Act::Heal(_), Lasts::Once | Lasts::Forever) => {}
                (Act::Strike(_) | Act::Ask(_), _) => event.at = act.at,
            }
        }
    }

    /// Events of instances that are not there by then, a line each, with those that are.
    pub fn absent(&self, decisions: &[Decision]) -> Vec<String> {
        let of_instance = self.acts.iter().enumerate().filter(|(_, act)| act.place.0 == "instance");
        let strikes = of_instance.filter(|(_, act)| !matches!(act.act, Act::Heal(_)));
        let lines = strikes.filter_map(|(index, act)| {
            let there = decision::there(decisions.iter().filter(|decision| decision.event <= index));
            let all: Vec<&str> = there.iter().map(String::as_str).collect();
            let what = format!("{}: there is no such instance by then, but {}", self.event(index + 1), all.join(", "));
            (!BTreeSet::contains(&there, &act.place.1)).then_some(what)
        });
        lines.collect()
    }

    /// Which event was the last at this time of a run, from 1.
    pub fn event_at(&self, at: Duration) -> usize {
        self.acts.iter().filter(|act| act.at <= at).count()
    }

    /// An event, for people.
    pub fn event(&self, number: usize) -> String {
        match number.checked_sub(1).and_then(|index| self.acts.get(index)) {
            Some(act) => format!("{number}. {} ({})", act.text, time::show(act.at)),
            None => "the site is made".to_owned(),
        }
    }
}

/// Changes what is wanted as the simulator does for this event; answers the release that was asked for.
fn ask(wanted: &mut Topology, fault: &Fault, releases: &mut BTreeMap<String, u32>) -> Result<Option<Release>, String> {
    let Subject::Named(_, name) = &fault.target.what else { return Ok(None) };
    let most = fault.parameters.most.unwrap_or_default();
    match fault.effect {
        "operator.release" | "release.never_ready" => {
            let pool = pool(wanted, name).ok_or_else(|| format!("there is no pool {name}: {fault}"))?;
            let count = releases.entry(name.clone()).or_default();
            *count += 1;
            let base = pool.release.as_str().split('+').next().unwrap_or_default();
            pool.release = format!("{base}+{count}").as_str().into();
            return Ok(Some(pool.release.clone()));
        }
        "operator.resize" => {
            let pool = pool(wanted, name).ok_or_else(|| format!("there is no pool {name}: {fault}"))?;
            pool.capacity = Capacity::Fixed(most);
        }
        "operator.hold" => {
            let hold = Hold { instance: name.as_str().into(), mode: HoldMode::default() };
            // Of pools web and web-api the longer name is meant by web-api-a-1.
            let named = wanted.pools.iter_mut().filter(|pool| name.starts_with(&format!("{}-", pool.name)));
            let meant = named.max_by_key(|pool| pool.name.as_str().len());
            let holds = &mut meant.ok_or_else(|| format!("no pool has instance {name}: {fault}"))?.hold;
            if !holds.contains(&hold) {
                holds.push(hold);
            }
        }
        "operator.put_back" => {
            wanted.pools.iter_mut().for_each(|pool| pool.hold.retain(|hold| hold.instance.as_str() != name));
        }
        "operator.evacuate" => {
            wanted.closed.push(name.as_str().into());
            wanted.closed.sort();
            wanted.closed.dedup();
        }
        "operator.reopen" => wanted.closed.retain(|zone| zone.as_str() != name),
        _ => return Err(format!("a drill on Docker has no counterpart of this event: {fault}")),
    }
    Ok(None)
}

fn pool<'a>(wanted: &'a mut Topology, name: &str) -> Option<&'a mut Pool> {
    wanted.pools.iter_mut().find(|pool| pool.name.as_str() == name)
}
