//! What of a target group's answers was a candidate's: pure, from what was counted of all and who was there.
//!
//! CloudWatch counts by target group, and a pool's instances are in one, whatever they run. So a candidate's requests are
//! its share by head. Errors beyond what the same group answered before the candidate came, and beyond chance, are laid to
//! the candidate; of the others it has its share. A group that errs as a whole beyond the gate's limit fails it in any
//! case, and the more of the pool runs the candidate, the less is estimated: at the end nothing is.

use ha_core::time::Timestamp;
use std::{collections::BTreeMap, time::Duration};

/// So long is counted together.
pub(super) const MINUTE: Duration = Duration::from_secs(60);
/// What differs by no more standard deviations is chance.
const CHANCE: f64 = 3.0;

/// What was counted of a whole target group in a minute.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Counted {
    pub requests: f64,
    pub errors: f64,
    /// The mean time until an answer.
    pub mean_ms: Option<f64>,
}

/// What was counted, by the beginning of each minute.
pub(super) type Minutes = BTreeMap<Timestamp, Counted>;

/// How many healthy targets there were, and how many of them of the candidate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Heads {
    pub at: Timestamp,
    pub own: usize,
    pub all: usize,
}

/// What is laid to the candidate, of the minute that ended then.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Figures {
    pub at: Timestamp,
    pub requests: f64,
    pub errors: f64,
    pub mean_ms: Option<f64>,
}

/// The minutes of this attempt in which the candidate was seen to be there, oldest first.
pub(super) fn estimate(minutes: &Minutes, heads: &[Heads], since: Timestamp) -> Vec<Figures> {
    let before = together(minutes.iter().filter(|(start, _)| **start + MINUTE <= since).map(|(_, counted)| counted));
    let own = |(start, counted): (&Timestamp, &Counted)| {
        let share = share(heads, *start)?;
        Some(of_candidate(*start + MINUTE, counted, &before, share))
    };
    minutes.range(since..).filter_map(own).collect()
}

fn together<'a>(minutes: impl Iterator<Item = &'a Counted>) -> Counted {
    let mut sum = Counted::default();
    let (mut spent, mut timed) = (0.0, 0.0);
    for it in minutes {
        sum.requests += it.requests;
        sum.errors += it.errors;
        if let Some(mean) = it.mean_ms {
            spent += mean * it.requests;
            timed += it.requests;
        }
    }
    Counted { mean_ms: (timed > 0.0).then(|| spent / timed), ..sum }
}

/// The candidate's share of the healthy targets in the minute that begins then: of all looks within it, or of those next
/// to it where nobody looked. Nothing if it had none.
fn share(heads: &[Heads], start: Timestamp) -> Option<f64> {
    let end = start + MINUTE;
    let mut looks: Vec<&Heads> = heads.iter().filter(|it| (start..=end).contains(&it.at)).collect();
    if looks.is_empty() {
        let (earlier, later) = (heads.iter().rfind(|it| it.at < start)?, heads.iter().find(|it| it.at > end)?);
        looks = vec![earlier, later];
    }
    let (own, all) = looks.iter().fold((0, 0), |(own, all), it| (own + it.own, all + it.all));
    (own > 0).then(|| own as f64 / all as f64)
}

fn of_candidate(at: Timestamp, all: &Counted, before: &Counted, share: f64) -> Figures {
    let (requests, others) = (all.requests * share, all.requests * (1.0 - share));
    let rate = if before.requests > 0.0 { before.errors / before.requests } else { 0.0 };
    let expected = rate * all.requests;
    let errors = match all.errors > expected + CHANCE * expected.sqrt() {
        true => all.errors - rate * others,
        false => all.errors * share,
    };
    // Who got slower is not known, either: what all got slower by, the candidate did.
    let slower = all.mean_ms.zip(before.mean_ms).map_or(0.0, |(now, then)| (now - then).max(0.0));
    let mean_ms = all.mean_ms.filter(|_| requests > 0.0).map(|mean| mean + slower * others / requests);
    Figures { at, requests, errors: errors.clamp(0.0, requests), mean_ms }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(number: u64) -> Timestamp {
        Timestamp::from_secs(60 * number)
    }

    fn counted(requests: f64, errors: f64, mean: f64) -> Counted {
        Counted { requests, errors, mean_ms: Some(mean) }
    }

    fn heads(seconds: u64, own: usize, all: usize) -> Heads {
        Heads { at: Timestamp::from_secs(seconds), own, all }
    }

    /// Ten minutes before with 1 % of errors, 100 ms each; then one minute of 1,000 requests, a fifth of them the
    /// candidate's.
    fn fifth(errors: f64, mean: f64) -> Figures {
        let mut minutes: Minutes = (0..10).map(|number| (minute(number), counted(1000.0, 10.0, 100.0))).collect();
        minutes.insert(minute(10), counted(1000.0, errors, mean));
        let seen = estimate(&minutes, &[heads(630, 3, 15)], minute(10));
        assert_eq!((seen.len(), seen[0].at), (1, minute(11)));
        seen[0]
    }

    #[test]
    fn errors_as_before_are_shared_and_what_is_beyond_chance_is_the_candidates() {
        let as_before = fifth(12.0, 100.0);
        assert!((as_before.requests - 200.0).abs() < 1e-9, "{as_before:?}");
        assert!((as_before.errors - 2.4).abs() < 1e-9, "{as_before:?}");
        // 8 of 40 are the others', as before.
        assert!((fifth(40.0, 100.0).errors - 32.0).abs() < 1e-9, "{:?}", fifth(40.0, 100.0));
        assert!((fifth(900.0, 100.0).errors - 200.0).abs() < 1e-9, "no more errors than answers");
    }

    #[test]
    fn what_all_got_slower_by_the_candidate_did() {
        let mean = |mean| fifth(10.0, mean).mean_ms.unwrap();
        assert!((mean(90.0) - 90.0).abs() < 1e-9 && (mean(100.0) - 100.0).abs() < 1e-9);
        // Four fifths took 100 ms, as before: the other fifth took 300.
        assert!((mean(140.0) - 300.0).abs() < 1e-9, "{}", mean(140.0));
    }

    #[test]
    fn a_pool_that_runs_nothing_else_is_measured_and_not_estimated() {
        let minutes = [(minute(1), counted(500.0, 7.0, 80.0))].into();
        let seen = estimate(&minutes, &[heads(70, 12, 12)], minute(1));
        let whole = Figures { at: minute(2), requests: 500.0, errors: 7.0, mean_ms: Some(80.0) };
        assert_eq!(seen, [whole]);
    }

    #[test]
    fn only_whole_minutes_count_in_which_it_was_seen_to_be_there() {
        let minutes: Minutes = (0..9).map(|number| (minute(number), counted(600.0, 0.0, 100.0))).collect();
        let since = Timestamp::from_secs(90);
        // Not there in minute 3; nobody looked in 5 and 6; nobody looked after 7.
        let looks = [(130, 1, 3), (200, 0, 3), (250, 1, 3), (290, 3, 3), (425, 3, 3)];
        let looks = looks.map(|(seconds, own, all)| heads(seconds, own, all));
        let seen: Vec<(u64, u64)> = estimate(&minutes, &looks, since)
            .iter()
            .map(|it| (it.at.since(Timestamp::ZERO).as_secs() / 60 - 1, it.requests.round() as u64))
            .collect();
        assert_eq!(seen, [(2, 200), (4, 400), (5, 600), (6, 600), (7, 600)]);
    }
}
