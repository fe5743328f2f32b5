//! The events that decided a run, taken from its trace, each with what led to it.

use crate::sim::engine::trace::{Lane, OneOfMany, Record, Weight, as_text};
use ha_core::time::Timestamp;
use serde::Serialize;

/// One event that decided something.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Occurrence {
    /// When, from the start of the run; as text like `19h30m`.
    #[serde(serialize_with = "as_text")]
    pub at: Timestamp,
    /// Who did it.
    pub lane: Lane,
    /// What.
    pub what: String,
    /// What led to it, in words.
    pub cause: Option<String>,
    /// The same as the number of an earlier event of this list, from 0.
    pub after: Option<usize>,
    /// The same as what befell one of many.
    #[serde(skip)]
    pub(super) one: Option<OneOfMany>,
    /// Of a fault: whether users can feel it by itself.
    #[serde(skip)]
    pub(super) felt: bool,
}

impl Occurrence {
    /// An event that nothing led to.
    pub(super) fn root(at: Timestamp, lane: Lane, what: String) -> Self {
        Self { at, lane, what, cause: None, after: None, one: None, felt: true }
    }
}

/// Puts an event into its place by time, behind those of the same instant; the others go on naming what led to them.
pub(super) fn insert(events: &mut Vec<Occurrence>, event: Occurrence) {
    let place = events.partition_point(|other| other.at <= event.at);
    for after in events.iter_mut().filter_map(|other| other.after.as_mut()).filter(|after| **after >= place) {
        *after += 1;
    }
    events.insert(place, event);
}

/// The decisive records of a trace; the cause of each is the nearest decisive one up its chain of causes.
pub fn decisive(records: &[Record]) -> Vec<Occurrence> {
    let mut events: Vec<Occurrence> = Vec::new();
    // For each record the event that it is, or that led to it.
    let mut leads: Vec<Option<usize>> = Vec::with_capacity(records.len());
    for record in records {
        let after = record.cause.and_then(|cause| leads.get(cause).copied().flatten());
        match record.weight {
            Weight::Detail => leads.push(after),
            Weight::Decisive => {
                let cause = after.and_then(|index| events.get(index)).map(|event| event.what.clone());
                leads.push(Some(events.len()));
                let Record { at, lane, what, one, felt, .. } = record.clone();
                events.push(Occurrence { at, lane, what, cause, after, one, felt });
            }
        }
    }
    events
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(at: u64, weight: Weight, what: &str, cause: Option<usize>) -> Record {
        Record {
            at: Timestamp::from_secs(at),
            lane: Lane::Provider,
            weight,
            what: what.into(),
            cause,
            one: None,
            felt: true,
        }
    }

    #[test]
    fn a_cause_is_the_nearest_decisive_event_up_the_chain() {
        let events = decisive(&[
            record(1, Weight::Decisive, "zone a loses power", None),
            record(2, Weight::Detail, "a check fails", Some(0)),
            record(3, Weight::Detail, "nothing to do with it", None),
            record(4, Weight::Decisive, "web-1 is taken out", Some(1)),
            record(5, Weight::Decisive, "something else", Some(2)),
        ]);
        let seen: Vec<_> = events.iter().map(|event| (event.what.as_str(), event.after)).collect();
        assert_eq!(seen, [("zone a loses power", None), ("web-1 is taken out", Some(0)), ("something else", None)]);
        assert_eq!(events[1].cause.as_deref(), Some("zone a loses power"));
    }

    #[test]
    fn an_event_in_between_moves_no_cause() {
        let mut events = decisive(&[
            record(1, Weight::Decisive, "a", None),
            record(5, Weight::Decisive, "b", Some(0)),
            record(6, Weight::Decisive, "c", Some(1)),
        ]);
        insert(&mut events, Occurrence::root(Timestamp::from_secs(1), Lane::Users, "x".into()));
        let seen: Vec<_> = events.iter().map(|event| (event.what.as_str(), event.after)).collect();
        assert_eq!(seen, [("a", None), ("x", None), ("b", Some(0)), ("c", Some(2))]);
    }

    #[test]
    fn an_event_is_written_with_its_time_as_text() {
        let events = decisive(&[record(70_200, Weight::Decisive, "zone a loses power", None)]);
        let json = serde_json::to_string(&events[0]).unwrap();
        assert_eq!(json, r#"{"at":"19h30m","lane":"provider","what":"zone a loses power","cause":null,"after":null}"#);
    }
}
