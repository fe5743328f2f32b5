//! `cargo xtask sweep`: random sites under random faults, and how often each thing occurred that can.

use crate::{part::Stop, together};
use ha_local::sim::sweep::{Case, Census, Verdict, due};
use std::collections::BTreeMap;

/// The seeds in which everything must occur at least once.
const FULL: std::ops::RangeInclusive<u64> = 1..=1000;
/// So many failing seeds are shrunk and printed.
const SHOWN: usize = 3;

struct Asked {
    seeds: Vec<u64>,
    threads: Option<usize>,
}

/// Runs the seeds.
pub fn run(arguments: &[&str]) -> Result<(), Stop> {
    let asked = read(arguments)?;
    let verdicts = together::map(asked.threads, "seeds", &asked.seeds, |seed| {
        let verdict = Case::of(*seed).run().map(|verdict| Verdict { records: Vec::new(), ..verdict });
        verdict.map_err(|problems| problems.to_string())
    });
    let mut census = Census::default();
    let mut failed: Vec<(u64, Vec<String>)> = Vec::new();
    for (seed, verdict) in asked.seeds.iter().zip(verdicts) {
        match verdict {
            Ok(verdict) => {
                census.join(&verdict.census);
                if !verdict.wrong.is_empty() {
                    failed.push((*seed, verdict.wrong));
                }
            }
            Err(problems) => failed.push((*seed, vec![problems])),
        }
    }
    failed.iter().take(SHOWN).for_each(|(seed, wrong)| counterexample(*seed, wrong));
    failed.iter().skip(SHOWN).for_each(|(seed, wrong)| say!("seed {seed} also fails: {}", wrong[0]));
    show(&census);
    let never: Vec<String> = never(&census, &asked.seeds);
    say!("{} seeds, {} failed", asked.seeds.len(), failed.len());
    let mut parts: Vec<String> = failed.iter().map(|(seed, _)| format!("seed {seed}")).collect();
    parts.extend(never.iter().map(|what| format!("{what} never occurred with a consequence")));
    if parts.is_empty() { Ok(()) } else { Err(Stop::Failed(parts)) }
}

/// What never occurred, if all of the seeds were run in which it must.
fn never(census: &Census, seeds: &[u64]) -> Vec<String> {
    if !FULL.into_iter().all(|seed| seeds.contains(&seed)) {
        return Vec::new();
    }
    let missing = due().into_iter().filter(|what| census.counts.get(what).is_none_or(|times| *times == 0));
    missing.map(|(kind, name)| format!("{kind} {name}")).collect()
}

fn counterexample(seed: u64, wrong: &[String]) {
    say!("FAILED seed {seed}");
    wrong.iter().for_each(|what| say!("  {what}"));
    let case = Case::of(seed).shrunk();
    say!("{}", case.scenario().to_toml());
    say!("save it as red.toml, and: cargo xtask sim red.toml\n");
}

/// Every thing that can occur, and how often it did.
fn show(census: &Census) {
    let mut kinds: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (kind, name) in due() {
        let times = census.counts.get(&(kind, name)).copied().unwrap_or_default();
        kinds.entry(kind).or_default().push(format!("{name} {times}"));
    }
    for (kind, all) in kinds {
        say!("{kind}, with a consequence:");
        for line in all.chunks(4) {
            let cells: Vec<String> = line.iter().map(|cell| format!("{cell:<32}")).collect();
            say!("  {}", cells.concat().trim_end());
        }
    }
}

fn read(arguments: &[&str]) -> Result<Asked, Stop> {
    let usage = || Stop::Usage("sweep --seeds FIRST..LAST [--threads N]".into());
    let mut asked = Asked { seeds: FULL.collect(), threads: None };
    for pair in arguments.chunks(2) {
        match pair {
            ["--seeds", range] => {
                let (first, last) = range.split_once("..").unwrap_or((range, range));
                let number = |text: &str| text.trim_start_matches('=').parse::<u64>().map_err(|_| usage());
                asked.seeds = (number(first)?..=number(last)?).collect();
            }
            ["--threads", threads] => asked.threads = Some(threads.parse().map_err(|_| usage())?),
            _ => return Err(usage()),
        }
    }
    Ok(asked)
}
