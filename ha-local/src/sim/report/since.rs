//! The decisive events from an instant on, with times and numbers counted from there.

use super::{Occurrence, decisive};
use crate::sim::engine::trace::Record;
use ha_core::time::Timestamp;

/// The decisive events of a trace at or after `zero`; what came before it may still be named as a cause in words.
pub(crate) fn decisive_since(records: &[Record], zero: Timestamp) -> Vec<Occurrence> {
    let all = decisive(records);
    let before = all.iter().take_while(|event| event.at < zero).count();
    let shifted = all.into_iter().skip(before).map(|event| Occurrence {
        at: Timestamp(event.at.0 - zero.0),
        after: event.after.and_then(|after| after.checked_sub(before)),
        ..event
    });
    shifted.collect()
}
