//! `cargo xtask drill`: the same events strike the same site in the simulator and on Docker, and the decisions of our loop
//! and of the keepers must be the same.

mod compare;
mod decision;
mod on_docker;
mod script;
mod show;
mod simulated;

use decision::Decision;
use ha_core::{ValidTopology, fault::FaultFile, keeper::Policy};
use script::Script;
use std::{path::Path, time::Duration};

pub const HELP: &str = "\
cargo xtask drill [--simulator]

The site of examples/sites/drill.toml lives through drill.faults.toml twice: in
the simulator with Profile::docker(), and on the Docker engine (DOCKER_HOST, or
the system's), with the images of `cargo xtask images`. What our loop and the
keepers decided is printed side by side for each resource. On Docker an event
strikes as soon as what the one before it led to is over, whatever the machine
is busy with; in the simulator at the time that the file gives it. The exit code
is 1 where the decisions differ, or one comes before its cause.

  --simulator        only the simulator's decisions, for which no engine is
                     needed
";

/// The time between two turns of our loop, on both sides.
const PERIOD: Duration = Duration::from_secs(1);
/// How long our loop's lease lasts.
const LEASE: Duration = Duration::from_secs(60);
/// An event is so much later than the last decision that the one before it led to: two failed checks of 0.5 s, the
/// keepers' patience, and a pass of each who acts on it.
const APART: Duration = Duration::from_secs(4);

/// How the keepers of both sides behave: as by default, with really short timers.
fn policy() -> Policy {
    let short = Duration::from_secs(2);
    Policy { replaces_unhealthy: true, keeps_brake: true, patience: short, back_off: short, rebalances: true }
}

/// Runs the command.
pub async fn run(arguments: &[String], root: &Path) -> Result<(), String> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let with_docker = match words.as_slice() {
        [] => true,
        ["--simulator"] => false,
        ["--help" | "-h"] => {
            print!("{HELP}");
            return Ok(());
        }
        other => return Err(format!("no such arguments: {}\n\n{HELP}", other.join(" "))),
    };
    let script = read(root)?;
    let simulated = simulated::run(&script)?;
    if !with_docker {
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

fn read(root: &Path) -> Result<Script, String> {
    let places = root.join("examples/sites");
    let site = ValidTopology::load(places.join("drill.toml")).map_err(|problems| problems.to_string())?;
    let file = FaultFile::load(&places.join("drill.faults.toml")).map_err(|problems| problems.to_string())?;
    let scenario = file.choose(None).map_err(|problem| problem.to_string())?;
    Script::new(site.topology().clone(), scenario)
}

/// What was decided, in order.
type Decisions = Vec<Decision>;
