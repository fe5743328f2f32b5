//! What a person hears of a loop that makes a site as it is wanted.

use crate::{show::Line, stop::said};
use ha_core::event::{Event, What};

/// Tells what a person waits for: steps, refusals, and who else is at work.
#[allow(clippy::wildcard_enum_match_arm, reason = "of all events these are what a person waits for")]
pub fn tell(line: &Line, event: &Event) {
    match &event.what {
        What::Accepted(step) => line.done(&step.to_string()),
        What::Failed(step, error) => line.refused(&step.to_string(), &said(error)),
        What::LeaseHeld(holder) => {
            line.say_once(format!("  {holder} is at work, or was killed lately: its lease is waited for"))
        }
        What::LeaseUnknown(error) => line.say_once(format!("  the lease: {}", said(error))),
        _ => {}
    }
}
