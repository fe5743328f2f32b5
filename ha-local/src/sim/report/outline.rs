//! Which events are told, and in what order: each below what led to it, like ones in one line, at most so many lines.

use super::{Occurrence, show};
use crate::sim::engine::trace::Lane;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// A line of the outline.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    /// The first event that it tells.
    pub index: usize,
    /// How deep it stands below what led to it.
    pub depth: usize,
    /// What it tells.
    pub text: String,
}

/// What is told of a run, and how many events are not.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Outline {
    pub lines: Vec<Line>,
    pub left: usize,
}

/// Like events are told together when each is at most this much later than the one before.
const TOGETHER: Duration = Duration::from_secs(900);
/// From this long on a line says when the last of its events was.
const LONG: Duration = Duration::from_secs(60);

/// At most `limit` lines: faults and users first, then our loop, then the provider; of each, all roots get their share.
pub(super) fn outline(events: &[Occurrence], limit: usize) -> Outline {
    let groups = groups(events);
    let told = choose(events, &groups, limit);
    let left = groups.iter().enumerate().filter(|(nth, _)| !told.contains(nth)).map(|(_, group)| group.count).sum();
    let mut below: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
    for nth in &told {
        below.entry(nearest(&groups, &told, *nth)).or_default().push(*nth);
    }
    let mut lines = Vec::new();
    let mut open: Vec<(usize, usize)> = below.get(&None).into_iter().flatten().rev().map(|nth| (*nth, 0)).collect();
    while let Some((nth, depth)) = open.pop() {
        lines.push(Line { index: groups[nth].first, depth, text: groups[nth].text(events) });
        open.extend(below.get(&Some(nth)).into_iter().flatten().rev().map(|below| (*below, depth + 1)));
    }
    Outline { lines, left }
}

/// Events that are told in one line.
#[derive(Default)]
struct Group {
    first: usize,
    last: usize,
    count: usize,
    parent: Option<usize>,
    /// What befell several of a kind: who, and where they were.
    names: BTreeSet<String>,
    places: BTreeSet<String>,
    /// Who of them became ready, and when the last did.
    ready: BTreeSet<String>,
    ready_by: Option<usize>,
}

/// Events are alike when the same root led to them, the same did them, and they differ in the instance, or in numbers,
/// only.
fn groups(events: &[Occurrence]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut group_of: Vec<usize> = Vec::with_capacity(events.len());
    let mut latest: BTreeMap<(Option<usize>, Lane, String), usize> = BTreeMap::new();
    for (index, event) in events.iter().enumerate() {
        let parent = event.after.map(|after| group_of[after]);
        if let Some(parent) = parent.filter(|parent| becomes_ready(&groups[*parent], event)) {
            groups[parent].add_ready(index, event);
            group_of.push(parent);
            continue;
        }
        let key = (parent.map(|parent| root(&groups, parent)), event.lane, kind(event));
        let near = |nth: &usize| event.at.since(events[groups[*nth].last].at) <= TOGETHER;
        let nth = latest.get(&key).copied().filter(near).unwrap_or(groups.len());
        if nth == groups.len() {
            groups.push(Group { first: index, last: index, parent, ..Group::default() });
            latest.insert(key, nth);
        }
        let group = &mut groups[nth];
        (group.last, group.count) = (index, group.count + 1);
        if let Some(one) = &event.one {
            group.names.insert(one.name.clone());
            group.places.extend((!one.place.is_empty()).then(|| one.place.clone()));
        }
        group_of.push(nth);
    }
    groups
}

fn kind(event: &Occurrence) -> String {
    match &event.one {
        Some(one) => format!("{} {}", one.of, one.fate),
        // What is asked for, and what users saw, is told each by itself.
        None if matches!(event.lane, Lane::Fault | Lane::Users) => event.what.clone(),
        None => event.what.chars().filter(|letter| !letter.is_ascii_digit()).collect(),
    }
}

/// That one of a group becomes ready is told with what befell it before.
fn becomes_ready(group: &Group, event: &Occurrence) -> bool {
    event.one.as_ref().is_some_and(|one| one.fate == "ready" && group.names.contains(&one.name))
}

impl Group {
    fn add_ready(&mut self, index: usize, event: &Occurrence) {
        self.count += 1;
        self.ready.extend(event.one.as_ref().map(|one| one.name.clone()));
        self.ready_by = Some(index);
    }
    fn text(&self, events: &[Occurrence]) -> String {
        let (first, last) = (&events[self.first], &events[self.last]);
        let mut text = match &first.one {
            Some(one) if self.names.len() > 1 => {
                let places: Vec<&str> = self.places.iter().map(String::as_str).collect();
                let at = if places.is_empty() { String::new() } else { format!(" in {}", show::list(&places)) };
                format!("{} {}{at} are {}", self.names.len(), one.of, one.fate)
            }
            Some(_) | None => first.what.clone(),
        };
        if self.count > 1 && first.one.is_none() {
            text += &format!(" ({} like it)", self.count);
        }
        if let Some(ready_by) = self.ready_by {
            let some = self.ready.len();
            let who = if some < self.names.len() { format!("{some} of them ") } else { String::new() };
            text += &format!("; {who}ready by {}", show::clock(events[ready_by].at));
        } else if last.at.since(first.at) >= LONG {
            text += &format!(", the last at {}", show::clock(last.at));
        }
        text
    }
}

/// The groups that are told: by who did it, then round by round one of each root.
fn choose(events: &[Occurrence], groups: &[Group], limit: usize) -> BTreeSet<usize> {
    let mut ranked: Vec<(u8, usize, usize)> = Vec::new();
    let mut rounds: BTreeMap<(u8, usize), usize> = BTreeMap::new();
    for (nth, group) in groups.iter().enumerate() {
        let rank = match events[group.first].lane {
            Lane::Fault | Lane::Users => 0,
            Lane::Loop => 1,
            Lane::Provider => 2,
        };
        let round = rounds.entry((rank, root(groups, nth))).or_default();
        ranked.push((rank, *round, nth));
        *round += 1;
    }
    ranked.sort_unstable();
    ranked.into_iter().take(limit).map(|(_, _, nth)| nth).collect()
}

fn root(groups: &[Group], nth: usize) -> usize {
    let mut root = nth;
    while let Some(parent) = groups[root].parent {
        root = parent;
    }
    root
}

/// The nearest group up the chain of causes that is told.
fn nearest(groups: &[Group], told: &BTreeSet<usize>, nth: usize) -> Option<usize> {
    let mut next = groups[nth].parent;
    while let Some(group) = next.filter(|group| !told.contains(group)) {
        next = groups[group].parent;
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::engine::trace::OneOfMany;
    use ha_core::time::Timestamp;

    fn event(at: u64, what: &str, after: Option<usize>) -> Occurrence {
        let at = Timestamp::from_secs(at);
        Occurrence { at, lane: Lane::Loop, what: what.into(), cause: None, after, one: None, felt: true }
    }

    fn lost(at: u64, name: &str, place: &str, after: Option<usize>) -> Occurrence {
        let (name, of, place) = (name.to_owned(), "instances of web".into(), place.into());
        let one = OneOfMany { name: name.clone(), of, place, fate: "lost".into() };
        Occurrence { lane: Lane::Provider, one: Some(one), ..event(at, &format!("instance {name} is lost"), after) }
    }

    fn shape(outline: &Outline) -> Vec<(usize, &str)> {
        outline.lines.iter().map(|line| (line.depth, line.text.as_str())).collect()
    }

    #[test]
    fn consequences_stand_below_what_led_to_them() {
        let events = [event(1, "a", None), event(2, "b", None), event(3, "c", Some(0)), event(4, "d", Some(2))];
        assert_eq!(shape(&outline(&events, 10)), [(0, "a"), (1, "c"), (2, "d"), (0, "b")]);
    }

    #[test]
    fn what_befalls_many_is_told_in_a_line_with_where_and_until_when() {
        let events = [
            event(1, "zone a loses power", None),
            lost(2, "web-1", "a", Some(0)),
            lost(3, "web-2", "b", Some(0)),
            lost(90, "web-2", "b", Some(0)),
            event(91, "web-1 follows", Some(1)),
            event(92, "web-2 follows", Some(2)),
        ];
        assert_eq!(
            shape(&outline(&events, 10)),
            [
                (0, "zone a loses power"),
                (1, "2 instances of web in a and b are lost, the last at 00:01:30"),
                (2, "web-1 follows (2 like it)")
            ]
        );
        assert_eq!(shape(&outline(&events[..2], 10))[1], (1, "instance web-1 is lost"));
    }

    #[test]
    fn who_becomes_ready_is_told_with_what_befell_it_before() {
        let launched = |at, name: &str| {
            let event = lost(at, name, "b", Some(0));
            Occurrence { one: event.one.clone().map(|one| OneOfMany { fate: "launched".into(), ..one }), ..event }
        };
        let ready = |at, name: &str, after| {
            let event = lost(at, name, "b", Some(after));
            Occurrence { one: event.one.clone().map(|one| OneOfMany { fate: "ready".into(), ..one }), ..event }
        };
        let mut events =
            vec![event(1, "zone", None), launched(2, "web-1"), launched(3, "web-2"), ready(60, "web-1", 1)];
        let told = "2 instances of web in b are launched; 1 of them ready by 00:01:00";
        assert_eq!(shape(&outline(&events, 10)), [(0, "zone"), (1, told)]);
        events.push(ready(70, "web-2", 2));
        let told = "2 instances of web in b are launched; ready by 00:01:10";
        assert_eq!(shape(&outline(&events, 10)), [(0, "zone"), (1, told)]);
    }

    #[test]
    fn what_does_not_fit_is_counted_and_the_provider_is_left_out_first() {
        let mut events = vec![event(0, "root", None), event(1, "other root", None)];
        events.extend((0..30).map(|i| lost(2 + i * 1000, "web-1", "a", Some(0))));
        events.push(event(40_000, "decided", Some(31)));
        let told = outline(&events, 4);
        assert_eq!(shape(&told).iter().filter(|(_, text)| text.contains("lost")).count(), 1);
        assert!(shape(&told).contains(&(1, "decided")), "below the nearest that is told: {told:?}");
        assert_eq!(told.left, 29);
    }
}
