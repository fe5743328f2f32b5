//! Which events are told, and in what order: each below what led to it, like ones together, at most so many lines.

use super::Occurrence;
use std::{collections::BTreeMap, time::Duration};

/// A line of the outline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Line {
    /// An event: its number, how deep it stands, and how many like it are told by the same line.
    Event { index: usize, depth: usize, alike: usize },
    /// So many events that are not told.
    Left { depth: usize, count: usize },
}

/// Like events are told together when they are at most this far apart.
const TOGETHER: Duration = Duration::from_secs(600);

/// At most `limit` lines (at least 2): below every event that nothing led to, as many of its consequences as fit.
pub(super) fn outline(events: &[Occurrence], limit: usize) -> Vec<Line> {
    let tree = Tree::of(events);
    let told = |most: usize| tree.roots.iter().flat_map(|root| tree.tell(*root, most)).collect::<Vec<_>>();
    let longest = events.len();
    if let Some(lines) = (0..=longest.min(limit)).rev().map(told).find(|lines| lines.len() <= limit) {
        return lines;
    }
    let kept = limit.saturating_sub(1);
    let mut lines = told(0);
    lines.retain(|line| matches!(line, Line::Event { .. }));
    lines.truncate(kept);
    let count = events.len() - lines.len();
    lines.push(Line::Left { depth: 0, count });
    lines
}

/// What events that differ only in names with numbers and in zones have in common.
fn kind(what: &str) -> String {
    let mut words: Vec<&str> = Vec::new();
    for word in what.split_whitespace() {
        let is_zone = words.last().is_some_and(|last| *last == "zone");
        words.push(if is_zone || word.contains(|c: char| c.is_ascii_digit()) { "#" } else { word });
    }
    words.join(" ")
}

struct Tree {
    roots: Vec<usize>,
    below: Vec<Vec<usize>>,
    alike: Vec<usize>,
}

impl Tree {
    fn of(events: &[Occurrence]) -> Self {
        let mut has_effects = vec![false; events.len()];
        for after in events.iter().filter_map(|event| event.after) {
            has_effects[after] = true;
        }
        let mut tree = Self { roots: Vec::new(), below: vec![Vec::new(); events.len()], alike: vec![1; events.len()] };
        let mut first: BTreeMap<(Option<usize>, String), usize> = BTreeMap::new();
        for (index, event) in events.iter().enumerate() {
            let key = (event.after, format!("{} {}", event.lane, kind(&event.what)));
            let like = first.get(&key).copied().filter(|like| event.at.since(events[*like].at) <= TOGETHER);
            match like {
                Some(like) if !has_effects[index] && !has_effects[like] => tree.alike[like] += 1,
                Some(_) | None => {
                    event.after.map_or(&mut tree.roots, |after| &mut tree.below[after]).push(index);
                    first.insert(key, index);
                }
            }
        }
        tree
    }
    /// A root and at most `most` of what it led to: nearer consequences first, told depth first.
    fn tell(&self, root: usize, most: usize) -> Vec<Line> {
        let mut near = vec![(root, 0)];
        let mut next = 0;
        while let Some((event, depth)) = near.get(next).copied() {
            near.extend(self.below[event].iter().map(|below| (*below, depth + 1)));
            next += 1;
        }
        let count = near.iter().skip(1 + most).map(|(event, _)| self.alike[*event]).sum();
        near.truncate(1 + most);
        // A consequence comes after what led to it, so the chosen ones of a node are among its direct ones.
        let chosen: BTreeMap<usize, usize> = near.into_iter().collect();
        let mut lines = Vec::new();
        let mut open = vec![root];
        while let Some(event) = open.pop() {
            if let Some(depth) = chosen.get(&event) {
                lines.push(Line::Event { index: event, depth: *depth, alike: self.alike[event] });
                open.extend(self.below[event].iter().rev());
            }
        }
        if count > 0 {
            lines.push(Line::Left { depth: 1, count });
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::engine::trace::Lane;
    use ha_core::time::Timestamp;

    fn event(at: u64, what: &str, after: Option<usize>) -> Occurrence {
        Occurrence { at: Timestamp::from_secs(at), lane: Lane::Loop, what: what.into(), cause: None, after }
    }

    #[test]
    fn consequences_stand_below_what_led_to_them() {
        let events = [event(1, "a", None), event(2, "b", None), event(3, "c", Some(0)), event(4, "d", Some(2))];
        let lines = outline(&events, 10);
        let shape = lines.iter().map(|line| match line {
            Line::Event { index, depth, .. } => (*index, *depth),
            Line::Left { .. } => (99, 99),
        });
        assert_eq!(shape.collect::<Vec<_>>(), [(0, 0), (2, 1), (3, 2), (1, 0)]);
    }

    #[test]
    fn like_events_are_told_together_unless_they_led_to_something() {
        let events = [
            event(1, "zone", None),
            event(2, "web-1 goes", Some(0)),
            event(3, "web-2 goes", Some(0)),
            event(4, "web-3 goes", Some(0)),
            event(5, "web-3 is replaced in zone b", Some(3)),
            event(6, "web-3 is replaced in zone c", Some(3)),
        ];
        let lines = outline(&events, 10);
        assert_eq!(lines[1], Line::Event { index: 1, depth: 1, alike: 2 });
        assert_eq!(lines.len(), 4);
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let mut events = vec![event(0, "root", None)];
        events.extend((0..30).map(|i| event(i * 700, &format!("{} x", "y".repeat(i as usize)), Some(0))));
        let lines = outline(&events, 10);
        assert_eq!(lines.len(), 10);
        assert_eq!(lines[9], Line::Left { depth: 1, count: 22 });
        let roots: Vec<_> = (0..30).map(|i| event(i * 700, &"y".repeat(i as usize), None)).collect();
        assert_eq!(outline(&roots, 10)[9], Line::Left { depth: 0, count: 21 });
    }
}
