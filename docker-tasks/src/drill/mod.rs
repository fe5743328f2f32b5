//! `cargo xtask drill`: the same events strike the same site in the simulator and on Docker, and the decisions of our loop
//! and of the keepers must be the same.

mod asked;
mod compare;
mod decision;
mod on_docker;
mod script;
mod show;
mod simulated;
mod spread;

pub use asked::HELP;

use decision::Decision;
use ha_core::keeper::Policy;
use std::{path::Path, time::Duration};

/// The time between two turns of our loop, on both sides.
const PERIOD: Duration = Duration::from_secs(1);
/// How long our loop's lease lasts.
const LEASE: Duration = Duration::from_secs(60);
/// How long the keepers are patient, and leave a full zone alone.
const SHORT: Duration = Duration::from_secs(2);

/// How the keepers of both sides behave: as by default, with really short timers.
fn policy() -> Policy {
    Policy { replaces_unhealthy: true, keeps_brake: true, patience: SHORT, back_off: SHORT, rebalances: true }
}

/// Runs the command.
pub async fn run(arguments: &[String], root: &Path) -> Result<(), String> {
    let Some(asked) = asked::read(arguments).map_err(|error| format!("{error}\n\n{HELP}"))? else {
        print!("{HELP}");
        return Ok(());
    };
    let script = spread::apart(asked.script(root)?)?;
    let simulated = simulated::run(&script)?;
    told(script.absent(&simulated))?;
    if asked.simulator {
        println!("{}", show::alone(&script, &simulated));
        return told(compare::unsound(&script, "simulator", &simulated));
    }
    let real = on_docker::run(&script).await?;
    println!("{}", show::beside(&script, [&simulated, &real]));
    let mut wrong = compare::differences(&script, &simulated, &real);
    wrong.extend(compare::unsound(&script, "simulator", &simulated));
    wrong.extend(compare::unsound(&script, "Docker", &real));
    told(wrong)?;
    println!("the same {} decisions after {} events", simulated.len(), script.acts.len());
    Ok(())
}

fn told(wrong: Vec<String>) -> Result<(), String> {
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

/// What was decided, in order.
type Decisions = Vec<Decision>;
