//! What users do and meet, as events among the others: crowds that come, and dips.

use super::{Occurrence, Report, event::insert, show};
use crate::sim::{engine::trace::Lane, traffic::Crowd};
use ha_core::time::{Timestamp, show as text};

/// The dips with the most failures are told, at most so many.
const TOLD: usize = 20;

impl Report {
    /// Adds what users did and met to the events.
    pub(in crate::sim) fn with_users(mut self, crowds: &[Crowd]) -> Self {
        for crowd in crowds {
            let (times, lasts) = (crowd.times, text(crowd.ramp * 2 + crowd.lasts));
            let what = format!("a crowd comes for {lasts}: up to {times} times the usual traffic");
            insert(&mut self.events, Occurrence::root(Timestamp::ZERO + crowd.at, Lane::Users, what));
        }
        let mut dips = self.dips();
        dips.sort_by_key(|dip| std::cmp::Reverse(dip.failed));
        dips.truncate(TOLD);
        // The latest first, so that the numbers of what earlier ones follow stay as they are.
        dips.sort_by_key(|dip| std::cmp::Reverse(dip.from));
        for dip in dips {
            // What nothing led to is in the headline only: among the events it would look like a cause.
            let Some(led) = dip.event.and_then(|event| self.events.get(event)) else { continue };
            let end = if dip.recovered { format!("until {}", show::clock(dip.until)) } else { "to the end".into() };
            let (failed, ended) = (show::count(dip.failed), show::count(dip.ended));
            let event = Occurrence {
                at: dip.from.max(led.at),
                lane: Lane::Users,
                what: format!("{failed} of {ended} intents fail {end}, at worst {}", show::percent(dip.worst)),
                cause: Some(led.what.clone()),
                after: dip.event,
                one: None,
                felt: true,
            };
            insert(&mut self.events, event);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use std::time::Duration;

    #[test]
    fn crowds_and_dips_are_events_of_the_users() {
        let minutes = Duration::from_secs(60);
        let crowd = Crowd { at: minutes, ramp: minutes, lasts: minutes, times: 2.0 };
        let report = sample::minutes(&[0, 0, 0, 40, 0, 0, 0, 0, 0, 0, 0, 0, 9], Some(3)).with_users(&[crowd]);
        let told: Vec<_> = report.events.iter().map(|event| (event.lane, event.what.as_str(), event.after)).collect();
        assert_eq!(
            told,
            [
                (Lane::Users, "a crowd comes for 3m: up to 2 times the usual traffic", None),
                (Lane::Fault, "zone a loses power", None),
                (Lane::Users, "40 of 100 intents fail until 00:04:00, at worst 40.0 %", Some(1)),
                (Lane::Users, "9 of 100 intents fail to the end, at worst 9.00 %", Some(1)),
            ]
        );
    }
}
