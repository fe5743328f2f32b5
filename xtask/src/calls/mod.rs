//! `cargo xtask calls`: every call of every script, times every outcome that applies; all must end as without it.

mod table;

use crate::{part::Stop, together};
use ha_core::fault::Scenario;
use ha_local::sim::drill::{self, Disturbance, Faultless, Script};
use table::{Row, Table};

/// The seed, if none is given.
const SEED: u64 = 42;
/// So many counterexamples are printed in full.
const SHOWN: usize = 5;

/// What is asked of the command.
#[derive(Clone, Debug, Default)]
struct Asked {
    only: Option<String>,
    at: Option<usize>,
    outcome: Option<String>,
    threads: Option<usize>,
    seed: Option<u64>,
}

/// Runs all points, or those asked for.
pub fn run(arguments: &[&str]) -> Result<(), Stop> {
    let asked = read(arguments)?;
    let mut scripts = drill::scripts();
    if let Some(only) = &asked.only {
        scripts.retain(|script| script.name == only);
        if scripts.is_empty() {
            let known: Vec<&str> = drill::scripts().iter().map(|script| script.name).collect();
            return Err(Stop::Usage(format!("no script {only:?} (there are: {})", known.join(", "))));
        }
    }
    let mut table = Table::default();
    for script in &scripts {
        table.add(disturb(script, &asked)?);
    }
    say!("{}", table.to_string().trim_end());
    table.end()
}

/// All points of one script.
fn disturb(script: &Script, asked: &Asked) -> Result<Row, Stop> {
    let cannot = |problems| Stop::Failed(vec![format!("{}: {problems}", script.name)]);
    let seed = asked.seed.unwrap_or(SEED);
    let faultless = drill::faultless(script, seed).map_err(cannot)?;
    let mut row = Row::of(script, &faultless);
    if !faultless.run.open.is_empty() || !faultless.run.violations.is_empty() {
        say!("{} fails without a disturbance:", script.name);
        faultless.run.open.iter().for_each(|what| say!("  {what}"));
        faultless.run.violations.iter().for_each(|(at, what)| say!("  invariant broken at {at}: {what}"));
        faultless.run.records.iter().for_each(|record| say!("  {} {} {}", record.at, record.lane, record.what));
        row.red = 1;
        return Ok(row);
    }
    let mut points = drill::points(&faultless.run.calls);
    let all = points.len();
    points.retain(|point| asked.wants(point));
    row.all = all == points.len();
    row.points = points.len();
    let found = together::map(asked.threads, script.name, &points, |point| {
        drill::try_point(script, seed, &faultless, point).unwrap_or_else(|problems| vec![problems.to_string()])
    });
    for (point, found) in points.iter().zip(found) {
        if found.is_empty() {
            row.green += 1;
        } else {
            row.red += 1;
            if row.red <= SHOWN {
                counterexample((script, seed), &faultless, point, &found);
            } else if row.red <= 40 {
                say!("  also red: {}: {point}: {}", script.name, found[0]);
            }
        }
    }
    Ok(row)
}

/// Prints what is wrong, and a fault file that repeats it.
fn counterexample((script, seed): (&Script, u64), faultless: &Faultless, point: &Disturbance, found: &[String]) {
    say!("RED {}: {point}", script.name);
    found.iter().for_each(|what| say!("  {what}"));
    let mut events = script.events.clone();
    events.extend(point.faults(script));
    let mut scenario = Scenario::new(script.name, &format!("{}; {point}", script.about), events);
    scenario.seed = Some(seed);
    scenario.length = Some(faultless.converged + drill::ALLOWED);
    say!("{}", scenario.to_toml());
    say!("save it as red.toml, and: cargo xtask sim red.toml --script {}", script.name);
}

impl Asked {
    fn wants(&self, point: &Disturbance) -> bool {
        self.at.is_none_or(|at| point.call.overall as usize == at)
            && self.outcome.as_ref().is_none_or(|outcome| outcome == point.outcome)
    }
}

fn read(arguments: &[&str]) -> Result<Asked, Stop> {
    let mut asked = Asked::default();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let value = words.next().ok_or_else(|| Stop::Usage(format!("{word} needs a value")))?;
        let number = || value.parse().map_err(|_| Stop::Usage(format!("{word}: {value:?} is not a number")));
        match *word {
            "--only" => asked.only = Some((*value).to_owned()),
            "--outcome" => asked.outcome = Some((*value).to_owned()),
            "--at" => asked.at = Some(number()?),
            "--seed" => {
                asked.seed = Some(value.parse().map_err(|_| Stop::Usage(format!("--seed: {value:?} is no number")))?)
            }
            "--threads" => asked.threads = Some(number()?),
            _ => return Err(Stop::Usage(format!("calls: no such option: {word}"))),
        }
    }
    Ok(asked)
}
