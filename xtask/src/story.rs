//! `cargo xtask sim FILE`: runs a fault file, above all a counterexample, and tells what happened.

use crate::part::Stop;
use ha_core::{
    fault::{FaultFile, Scenario},
    topology::ValidTopology,
};
use ha_local::sim::{
    Sim,
    drill::{self, Exercise, Script},
    engine::trace::{Record, Weight},
    sweep::Case,
};
use std::path::Path;

/// What is asked of the command.
#[derive(Default)]
struct Asked<'a> {
    file: &'a str,
    script: Option<&'a str>,
    everything: bool,
}

/// Runs every record of the file.
pub fn run(root: &Path, arguments: &[&str]) -> Result<(), Stop> {
    let asked = read(arguments)?;
    let file = FaultFile::load(Path::new(asked.file)).map_err(|problems| Stop::Usage(problems.to_string()))?;
    let mut bad = Vec::new();
    for scenario in &file.scenarios {
        say!("{}: {}", scenario.id, scenario.title);
        let seed = scenario.id.strip_prefix("sweep-").and_then(|seed| seed.parse().ok());
        let wrong = match (asked.script, seed) {
            (Some(name), _) => of_script(scenario, name, &asked)?,
            (None, Some(seed)) => of_sweep(scenario, seed, &asked)?,
            (None, None) => of_site(root, scenario)?,
        };
        if wrong > 0 {
            bad.push(scenario.id.clone());
        }
    }
    if bad.is_empty() { Ok(()) } else { Err(Stop::Failed(bad)) }
}

/// A counterexample of `calls`: what the file adds to its script; answers how much is wrong.
fn of_script(scenario: &Scenario, name: &str, asked: &Asked<'_>) -> Result<usize, Stop> {
    let script = drill::script(name).ok_or_else(|| Stop::Usage(format!("no script {name:?}")))?;
    let seed = scenario.seed.unwrap_or(42);
    let cannot = |problems| Stop::Usage(format!("{problems}"));
    let faultless = drill::faultless(&script, seed).map_err(cannot)?;
    let disturbed = Script { events: scenario.events.clone(), ..script };
    let run = drill::exercise(&disturbed, seed, &[], faultless.converged + drill::ALLOWED).map_err(cannot)?;
    tell(&run.records, asked.everything);
    let found = drill::differences(&faultless.run, &run, &|_| false);
    found.iter().for_each(|what| say!("WRONG: {what}"));
    show_calls(&run, asked);
    Ok(found.len())
}

/// A counterexample of `sweep`: the site follows from the seed in its name; answers how much is wrong.
fn of_sweep(scenario: &Scenario, seed: u64, asked: &Asked<'_>) -> Result<usize, Stop> {
    let case = Case::of(seed).with(scenario.events.clone());
    say!("{}", case.site.topology().to_toml());
    let verdict = case.run().map_err(|problems| Stop::Usage(problems.to_string()))?;
    tell(&verdict.records, asked.everything);
    say!("to be well within {} of the last fault", verdict.timers);
    verdict.wrong.iter().for_each(|what| say!("WRONG: {what}"));
    Ok(verdict.wrong.len())
}

/// Any other file: on its own site, or the reference site.
fn of_site(root: &Path, scenario: &Scenario) -> Result<usize, Stop> {
    let path = root.join(scenario.site.as_deref().unwrap_or("examples/sites/web.toml"));
    let site = ValidTopology::load(&path).map_err(|problems| Stop::Usage(problems.to_string()))?;
    let sim = Sim::new(&site, scenario.seed.unwrap_or(42)).scenario(scenario);
    let run = sim.try_run().map_err(|problems| Stop::Usage(problems.to_string()))?;
    say!("{run}");
    Ok(run.violations().len())
}

fn tell(records: &[Record], everything: bool) {
    for record in records.iter().filter(|record| everything || record.weight == Weight::Decisive) {
        say!("{:>12}  {:8}  {}", record.at.to_string(), record.lane.to_string(), record.what);
    }
}

fn show_calls(run: &Exercise, asked: &Asked<'_>) {
    if asked.everything {
        let name = |call: &drill::Call| format!("{} {} nr. {}", call.operation, call.resource, call.nth);
        run.calls.iter().for_each(|call| say!("call {}: {}", call.overall, name(call)));
    }
}

fn read<'a>(arguments: &[&'a str]) -> Result<Asked<'a>, Stop> {
    let mut asked = Asked::default();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match *word {
            "--script" => {
                let name = words.next().ok_or_else(|| Stop::Usage("--script needs a name".into()))?;
                asked.script = Some(name);
            }
            "--all" => asked.everything = true,
            file if asked.file.is_empty() && !file.starts_with("--") => asked.file = file,
            other => return Err(Stop::Usage(format!("sim: what is {other}?"))),
        }
    }
    if asked.file.is_empty() { Err(Stop::Usage("sim: which fault file?".into())) } else { Ok(asked) }
}
