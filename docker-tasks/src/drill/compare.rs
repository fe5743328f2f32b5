//! Whether two lists of decisions are the same for each resource, and whether each decision follows its cause.

use super::{Decision, decision::Act, script::Script};
use std::collections::{BTreeMap, BTreeSet};

/// The decisions on one resource after one event; those of a wave are sorted.
pub type ByResource<'a> = BTreeMap<(usize, &'a str), Vec<&'a Decision>>;

/// The decisions by event and resource. Launches of a pool that follow each other are a wave, and so is what is decided
/// of different instances: nothing makes one of them come before the other.
pub fn by_resource(decisions: &[Decision]) -> ByResource<'_> {
    let mut lists: ByResource<'_> = BTreeMap::new();
    for decision in decisions {
        lists.entry((decision.event, decision.resource.as_str())).or_default().push(decision);
    }
    for list in lists.values_mut() {
        for wave in list.chunk_by_mut(|a, b| is_launch(a) && is_launch(b)) {
            wave.sort_by(|a, b| a.text.cmp(&b.text));
        }
    }
    lists
}

fn is_launch(decision: &Decision) -> bool {
    matches!(decision.act, Act::Launch(_))
}

/// Where the two differ, a line each.
pub fn differences(script: &Script, simulated: &[Decision], real: &[Decision]) -> Vec<String> {
    let [left, right] = [simulated, real].map(by_resource);
    let keys: BTreeSet<_> = left.keys().chain(right.keys()).copied().collect();
    let texts = |lists: &ByResource<'_>, key| {
        let list = lists.get(key).map(Vec::as_slice).unwrap_or_default();
        let texts: Vec<&str> = list.iter().map(|decision| decision.text.as_str()).collect();
        if texts.is_empty() { "nothing".to_owned() } else { texts.join("\n             then ") }
    };
    let differ = keys.iter().filter_map(|key| {
        let (left, right) = (texts(&left, key), texts(&right, key));
        let (event, resource) = (script.event(key.0), key.1);
        (left != right).then(|| format!("{event}: {resource}\n  simulator: {left}\n  Docker:    {right}"))
    });
    differ.collect()
}

/// What comes before its cause, and events that come before the one before them is over, a line each.
pub fn unsound(script: &Script, side: &str, decisions: &[Decision]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut known = Known::default();
    for decision in decisions {
        if decision.event != known.event {
            known.turn(script, decision.event);
        }
        if let Some(what) = known.lacks(decision) {
            wrong.push(format!("{side}: {}: {}: {what}", script.event(decision.event), decision.text));
        }
        known.note(decision);
    }
    let gaps = decisions.windows(2).filter(|pair| pair[0].event != pair[1].event);
    let hasty = gaps.filter(|pair| pair[1].at.saturating_sub(pair[0].at) < script.apart());
    wrong.extend(hasty.map(|pair| {
        let (after, before) = (script.event(pair[1].event), script.event(pair[0].event));
        format!("{side}: {after} follows before what {before} led to is over: {}", pair[0].text)
    }));
    wrong
}

/// What is known of the site while its decisions are read in order.
#[derive(Default)]
struct Known {
    event: usize,
    /// Instances that were launched and not stopped.
    there: BTreeSet<String>,
    /// Instances that leave, or are pulled out, since the event.
    leaving: BTreeSet<String>,
    /// Since the event: whether the pool was to be otherwise, how many places were filled, and who was struck.
    reshaped: bool,
    launched: usize,
    struck: BTreeSet<String>,
}

impl Known {
    fn turn(&mut self, script: &Script, event: usize) {
        let (kind, name) = event
            .checked_sub(1)
            .and_then(|index| script.acts.get(index))
            .map_or(("", ""), |act| (act.place.0.as_str(), act.place.1.as_str()));
        // Instances are called by pool, zone and number.
        let group = |id: &str| id.rsplit_once('-').map_or(String::new(), |(group, _)| group.to_owned());
        let meant = |id: &&String| match kind {
            "instance" => id.as_str() == name,
            "zone" => group(id).ends_with(&format!("-{name}")),
            "pool" => group(id).starts_with(&format!("{name}-")),
            "balancer" => true,
            _ => false,
        };
        self.struck = self.there.iter().filter(meant).cloned().collect();
        // A zone that is back is used again before the others are relieved.
        (self.event, self.reshaped, self.launched) = (event, event == 0 || kind == "zone", 0);
        self.leaving.clear();
    }

    /// What should have been before this decision, and was not.
    fn lacks(&self, decision: &Decision) -> Option<String> {
        let is_there = |id: &str| self.there.contains(id);
        match &decision.act {
            Act::Launch(id) if is_there(id) => Some("it is there already".into()),
            Act::Launch(_) => {
                let free = self.struck.union(&self.leaving).count();
                let caused = self.reshaped || self.launched < free;
                (!caused).then(|| "nothing made place for it".into())
            }
            Act::Drain(id) | Act::Stop(id) | Act::Retire(id) | Act::Hold(id) | Act::PutBack(id) if !is_there(id) => {
                Some(format!("{id} was never launched, or is gone"))
            }
            Act::Stop(id) if !self.leaving.contains(id) && !self.struck.contains(id) => {
                Some("nothing befell it, and nobody drained it".into())
            }
            Act::Drain(_) | Act::Stop(_) | Act::Retire(_) | Act::Hold(_) | Act::PutBack(_) | Act::Other => None,
        }
    }

    fn note(&mut self, decision: &Decision) {
        match &decision.act {
            Act::Launch(id) => {
                self.there.insert(id.clone());
                self.launched += 1;
            }
            Act::Drain(id) | Act::Retire(id) | Act::Hold(id) => {
                self.leaving.insert(id.clone());
            }
            Act::Stop(id) => {
                self.leaving.insert(id.clone());
                self.there.remove(id);
            }
            Act::PutBack(_) => {}
            Act::Other => self.reshaped |= decision.resource.starts_with("pool "),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ha_core::{
        ValidTopology,
        fault::{Fault, Scenario},
    };
    use std::time::Duration;

    fn script() -> Script {
        let site = ValidTopology::read(include_str!("../../../examples/sites/drill.toml"), "drill.toml").unwrap();
        let kill = "{ at = \"20s\", where = \"instance:web-a-1\", fault = \"instances.kill\" }";
        let events = vec![kill.parse::<Fault>().unwrap()];
        Script::new(site.topology().clone(), &Scenario::new("one", "One dies", events)).unwrap()
    }

    fn decision(event: usize, seconds: u64, act: Act) -> Decision {
        let resource = match &act {
            Act::Launch(_) | Act::Other => "pool web".to_owned(),
            Act::Drain(id) | Act::Stop(id) | Act::Retire(id) | Act::Hold(id) | Act::PutBack(id) => id.clone(),
        };
        Decision { event, at: Duration::from_secs(seconds), resource, text: format!("{act:?}"), act, loss: None }
    }

    fn launch(event: usize, seconds: u64, id: &str) -> Decision {
        decision(event, seconds, Act::Launch(id.into()))
    }

    #[test]
    fn launches_of_a_wave_are_a_set_and_what_else_differs_is_told() {
        let one = [launch(0, 0, "web-a-1"), launch(0, 0, "web-b-1"), launch(1, 30, "web-a-2")];
        let other = [launch(0, 0, "web-b-1"), launch(0, 1, "web-a-1"), launch(1, 90, "web-a-2")];
        assert_eq!(differences(&script(), &one, &other), [""; 0]);
        let told = differences(&script(), &one, &one[..2]);
        let expected = "1. instances.kill instance:web-a-1 (20s): pool web\n  simulator: Launch(\"web-a-2\")\n  \
                        Docker:    nothing";
        assert_eq!(told, [expected]);
        let stop = [decision(1, 30, Act::Drain("web-a-1".into())), decision(1, 31, Act::Stop("web-a-1".into()))];
        let turned = [stop[1].clone(), stop[0].clone()];
        assert_eq!(differences(&script(), &stop, &turned).len(), 1);
    }

    #[test]
    fn what_comes_before_its_cause_or_too_soon_is_unsound() {
        let made = [decision(0, 0, Act::Other), launch(0, 0, "web-a-1"), launch(0, 0, "web-b-1")];
        let after = |decisions: &[Decision]| unsound(&script(), "Docker", &[&made[..], decisions].concat());
        let stop = |id: &str| decision(1, 30, Act::Stop(id.into()));
        assert_eq!(after(&[stop("web-a-1"), launch(1, 31, "web-a-2")]), [""; 0]);
        assert!(after(&[launch(1, 30, "web-a-2"), launch(1, 31, "web-a-3")])[0].contains("nothing made place"));
        assert!(after(&[stop("web-b-1")])[0].contains("nothing befell it"));
        assert!(after(&[stop("web-a-9")])[0].contains("never launched"));
        assert!(after(&[launch(1, 1, "web-a-2")])[0].contains("follows before"));
    }
}
