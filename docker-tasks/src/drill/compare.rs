//! Whether two lists of decisions are the same for each resource, and whether each decision follows its cause.

use super::{APART, Decision, decision::Act, script::Script};
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
        list.iter().map(|decision| decision.text.clone()).collect::<Vec<_>>()
    };
    let differ = keys.iter().filter_map(|key| {
        let (left, right) = (texts(&left, key), texts(&right, key));
        let (event, resource) = (script.event(key.0), key.1);
        (left != right).then(|| format!("{event}: {resource}: simulator {left:?}, Docker {right:?}"))
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
    let hasty = gaps.filter(|pair| pair[1].at.saturating_sub(pair[0].at) < APART);
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
        let meant = |id: &&String| match kind {
            "instance" => id.as_str() == name,
            "zone" => id.rsplit('-').nth(1) == Some(name),
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
