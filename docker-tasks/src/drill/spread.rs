//! Stands the events so far apart that what one leads to is over before the next, as it is waited for on Docker.

use super::{
    Decision,
    script::{REMEMBERED, Script},
    simulated,
};
use ha_core::time;
use std::time::Duration;

/// What an event leads to has ended after this, or it never does.
const LONGEST: Duration = Duration::from_secs(300);

/// The script with each event at the time that it has, or later: when nothing more is decided after the one before it, and
/// for as long again as it takes to notice something; a release that fails, when the pool's other failures are forgotten.
pub fn apart(mut script: Script) -> Result<Script, String> {
    for next in 0..script.acts.len() {
        let before = next.checked_sub(1).map_or(Duration::ZERO, |last| script.acts[last].at);
        let decided = simulated::run(&script.until(next, before + LONGEST))?;
        let over = decided.iter().map(Decision::since_the_making).max().unwrap_or_default().max(before);
        if over + script.apart() > before + LONGEST {
            let (event, longest) = (script.event(next), time::show(LONGEST));
            return Err(format!("{event}: in the simulator what it leads to is not over after {longest}"));
        }
        script.not_before(next, over + 2 * script.apart());
        if let Some(pool) = script.fails(next) {
            let losses = decided.iter().filter(|decision| decision.loss.as_ref() == Some(&pool));
            if let Some(last) = losses.map(Decision::since_the_making).max() {
                script.not_before(next, last + REMEMBERED);
            }
        }
    }
    script.scenario.length = script.acts.last().map(|act| act.at + LONGEST);
    Ok(script)
}
