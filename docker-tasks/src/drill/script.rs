//! The drill's events as acts: what strikes, what ends, what is asked for, in order.

use ha_core::{
    Topology, ValidTopology,
    fault::{Fault, Lasts, Scenario, Subject},
    name::Release,
    time,
    topology::{Capacity, Hold, HoldMode, Pool},
};
use std::{collections::BTreeMap, time::Duration};

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
pub struct Timed {
    /// When, from the end of the making, where time is simulated.
    pub at: Duration,
    /// For people.
    pub text: String,
    /// What.
    pub act: Act,
    /// What of the site it befalls: `instance:web-a-1`, `zone:a`.
    pub place: (String, String),
}

/// What is done.
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
        let mut events: Vec<&Fault> = scenario.events.iter().collect();
        events.sort_by_key(|fault| fault.at);
        for fault in events {
            let Subject::Named(kind, name) = &fault.target.what else {
                return Err(format!("a drill's events name a thing each: {fault}"));
            };
            let place = (kind.clone(), name.clone());
            let timed = |at, text: String, act| Timed { at, text, act, place: place.clone() };
            let text = format!("{} {}:{}", fault.effect, kind, name);
            if fault.effect.starts_with("operator.") || fault.effect.starts_with("release.") {
                let release = ask(&mut wanted, fault, &mut releases)?;
                if fault.effect == "release.never_ready" {
                    bad.extend(release);
                }
                wanted.generation += 1;
                let asked = wanted.clone().validate().map_err(said)?;
                acts.push(timed(fault.at, text, Act::Ask(asked)));
                continue;
            }
            acts.push(timed(fault.at, text.clone(), Act::Strike(fault.clone())));
            if let Lasts::For(length) = fault.lasts {
                acts.push(timed(fault.at + length, format!("{text} ends"), Act::Heal(fault.clone())));
            }
        }
        acts.sort_by_key(|act| act.at);
        Ok(Self { site: site.validate().map_err(said)?, scenario: scenario.clone(), acts, bad })
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
            let meant = wanted.pools.iter_mut().find(|pool| name.starts_with(&format!("{}-", pool.name)));
            meant.ok_or_else(|| format!("no pool has instance {name}: {fault}"))?.hold.push(hold);
        }
        "operator.put_back" => {
            wanted.pools.iter_mut().for_each(|pool| pool.hold.retain(|hold| hold.instance.as_str() != name));
        }
        "operator.evacuate" => wanted.closed.push(name.as_str().into()),
        "operator.reopen" => wanted.closed.retain(|zone| zone.as_str() != name),
        _ => return Err(format!("a drill on Docker has no counterpart of this event: {fault}")),
    }
    Ok(None)
}

fn pool<'a>(wanted: &'a mut Topology, name: &str) -> Option<&'a mut Pool> {
    wanted.pools.iter_mut().find(|pool| pool.name.as_str() == name)
}
