//! Points: a call by its name and how often it came before, and whether the process dies before or after it.

use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt, str::FromStr};

/// A call of an act. Calls that run at once come in any order: by its name it is found again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Call {
    /// What is done to what.
    pub name: String,
    /// The how many-th of this name, from 1.
    pub time: usize,
}

/// On which side of the call the process dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// It is about to be sent.
    Before,
    /// It was answered, and nobody has heard the answer.
    After,
}

/// Where a process dies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Point {
    /// In which act.
    pub act: String,
    /// At which call.
    pub call: Call,
    /// On which side of it.
    pub when: When,
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Before => "before",
            Self::After => "after",
        })
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {} #{}", self.act, self.when, self.call.name, self.call.time)
    }
}

/// A point as a process is told it: `after 2 create web-a-1`.
pub fn told(call: &Call, when: When) -> String {
    format!("{when} {} {}", call.time, call.name)
}

/// What a process was told.
pub fn heard(text: &str) -> Option<(Call, When)> {
    let (when, rest) = text.split_once(' ')?;
    let when = match when {
        "before" => When::Before,
        "after" => When::After,
        _ => return None,
    };
    let (time, name) = rest.split_once(' ')?;
    Some((Call { name: name.to_owned(), time: time.parse().ok()? }, when))
}

/// The calls with these names, in their order, each with how often it came.
pub fn counted<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<Call> {
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    let mut count = |name: &'a str| {
        let time = times.entry(name).or_default();
        *time += 1;
        Call { name: name.to_owned(), time: *time }
    };
    names.into_iter().map(&mut count).collect()
}

/// Two points for each call of an act.
pub fn points(act: &str, calls: &[Call]) -> Vec<Point> {
    let both =
        |call: &Call| [When::Before, When::After].map(|when| Point { act: act.into(), call: call.clone(), when });
    calls.iter().flat_map(both).collect()
}

/// A part of all points: the i-th of n, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    index: u64,
    of: u64,
}

impl FromStr for Shard {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let read = || {
            let (index, of) = text.split_once('/')?;
            let shard = Self { index: index.parse().ok()?, of: of.parse().ok()? };
            (shard.index >= 1 && shard.index <= shard.of).then_some(shard)
        };
        read().ok_or_else(|| format!("{text:?} is no shard: write 1/4 for the first of four"))
    }
}

impl Shard {
    /// Whether the point belongs to it. It is chosen by its name: machines that note calls in another order, or one more,
    /// share the others alike.
    pub fn has(self, point: &Point) -> bool {
        digest(&point.to_string()) % self.of == self.index - 1
    }
}

/// The same number for the same text on every machine (FNV-1a).
pub fn digest(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The points in an order of which every beginning is evenly spread over all of them, and that starts elsewhere for each
/// `by`.
pub fn spread<T>(points: Vec<T>, by: u64) -> Vec<T> {
    let count = points.len() as u64;
    let mut order: Vec<(u64, T)> = Vec::new();
    for (index, point) in (0_u64..).zip(points) {
        let shifted = (index + by % count) % count;
        // Positions as fractions, read backwards: halves first, then quarters, then eighths.
        let fraction = ((u128::from(shifted) << 32) / u128::from(count)) as u32;
        order.push((u64::from(fraction.reverse_bits()), point));
    }
    order.sort_by_key(|(key, _)| *key);
    order.into_iter().map(|(_, point)| point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_known_by_its_name_and_how_often_it_came() {
        let calls = counted(["create a", "start a", "create a"]);
        assert_eq!(calls[2], Call { name: "create a".into(), time: 2 });
        for when in [When::Before, When::After] {
            assert_eq!(heard(&told(&calls[2], when)), Some((calls[2].clone(), when)));
        }
        assert_eq!(heard("after create a"), None);
        assert_eq!(points("release", &calls).len(), 6);
    }

    #[test]
    fn shards_have_every_point_once() {
        let calls: Vec<String> = (0..40).map(|call| format!("create {call}")).collect();
        let points = points("create", &counted(calls.iter().map(String::as_str)));
        let shards: Vec<Shard> = (1..=3).map(|index| format!("{index}/3").parse().unwrap()).collect();
        for point in &points {
            assert_eq!(shards.iter().filter(|shard| shard.has(point)).count(), 1);
        }
        for shard in &shards {
            assert!(points.iter().filter(|point| shard.has(point)).count() > 10);
        }
        for text in ["0/3", "4/3", "1", "a/b"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }

    #[test]
    fn every_beginning_is_spread_over_all() {
        for by in [0, 5, u64::MAX] {
            let order = spread((0..100).collect(), by);
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, (0..100).collect::<Vec<i32>>());
            for quarter in 0..4 {
                let within = |point: &&i32| **point / 25 == quarter;
                assert!((2..=8).contains(&order[..20].iter().filter(within).count()), "{order:?}");
            }
        }
        assert_ne!(spread((0..100).collect::<Vec<_>>(), 1), spread((0..100).collect::<Vec<_>>(), 2));
        assert!(spread(Vec::<i32>::new(), 1).is_empty());
    }
}
