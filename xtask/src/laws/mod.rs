//! `cargo xtask laws`: what must move with what, in the mean of many seeds and beyond three standard errors.

mod sites;
mod table;

use crate::part::Stop;
use ha_core::{fault::Fault, time::Timestamp, validate::Problems};
use ha_local::sim::{Distribution, Report};
use sites::{ASKED, Case, FAULTS, MINUTE, Site};
use std::{collections::BTreeMap, time::Duration};
use table::{Expected, Line, Means};

/// What is measured of a run.
#[derive(Clone, Copy, Debug)]
enum Figure {
    /// Intents that failed.
    Failed,
    /// The share of intents that failed, in millionths.
    Unavailable,
    /// The fewest ready instances, negative.
    Missing,
    /// How long after the fault the last dip ended, in seconds.
    Tail,
    /// When the worst dip began, in seconds.
    Dip,
}

impl Figure {
    fn of(self, report: &Report) -> f64 {
        let seconds = |at: Timestamp| at.0 as f64 / 1e9;
        match self {
            Self::Failed => report.intents.failed as f64,
            Self::Unavailable => (1.0 - report.availability) * 1e6,
            Self::Missing => -f64::from(report.capacity.minimum),
            Self::Tail => report.dips().iter().map(|dip| seconds(dip.until)).fold(STRIKES, f64::max) - STRIKES,
            Self::Dip => {
                let worst = report.dips().into_iter().max_by_key(|dip| dip.failed);
                worst.map_or(0.0, |dip| seconds(dip.from))
            }
        }
    }
}

/// When faults strike, in seconds.
const STRIKES: f64 = 1800.0;

/// What must not be greater at the first of two cases than at the second.
struct Law {
    name: String,
    figure: Figure,
    less: Case,
    more: Case,
    expected: Expected,
}

/// Runs all laws, or those in whose name this word is; so many seeds each.
pub fn run(words: &[&str]) -> Result<(), Stop> {
    let mut seeds = 30;
    let mut wanted = "";
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        match *word {
            "--seeds" => {
                let given = rest.next().and_then(|number| number.parse().ok());
                seeds = given.ok_or_else(|| Stop::Usage("--seeds wants a number".into()))?;
            }
            "--only" => wanted = rest.next().ok_or_else(|| Stop::Usage("--only wants a word".into()))?,
            other => return Err(Stop::Usage(format!("laws: no such option: {other}"))),
        }
    }
    let laws = laws().map_err(wrong)?;
    let chosen: Vec<Law> = laws.into_iter().filter(|law| law.name.contains(wanted)).collect();
    let mut cases: BTreeMap<String, &Case> = BTreeMap::new();
    for case in chosen.iter().flat_map(|law| [&law.less, &law.more]) {
        cases.insert(format!("{case:?}"), case);
    }
    let cases: Vec<_> = cases.into_iter().collect();
    let reports = table::over_threads(&cases, |(_, case)| lived(case, seeds)).map_err(wrong)?;
    let lived: BTreeMap<&str, &Lived> = cases.iter().map(|(name, _)| name.as_str()).zip(&reports).collect();
    let lines: Vec<Line> = chosen.iter().map(|law| judge(law, &lived)).collect();
    table::print(&lines, seeds);
    let broken: Vec<String> = lines.into_iter().filter(|line| !line.holds()).map(|line| line.name).collect();
    if broken.is_empty() { Ok(()) } else { Err(Stop::Failed(broken)) }
}

fn wrong(problems: Problems) -> Stop {
    Stop::Usage(problems.to_string())
}

/// What is measured of each seed's run.
type Lived = Vec<[f64; 5]>;

fn lived(case: &Case, seeds: u64) -> Result<Lived, Problems> {
    let of = |seed| {
        let run = case.sim(seed)?.try_run()?;
        let figures = [Figure::Failed, Figure::Unavailable, Figure::Missing, Figure::Tail, Figure::Dip];
        Ok(figures.map(|figure| figure.of(run.report())))
    };
    (1..=seeds).map(of).collect()
}

/// The difference is of the same seed, so that what both cases share does not matter.
fn judge(law: &Law, lived: &BTreeMap<&str, &Lived>) -> Line {
    let of = |case: &Case| lived[format!("{case:?}").as_str()].iter().map(|figures| figures[law.figure as usize]);
    let (less, more) = (Means::of(of(&law.less)), Means::of(of(&law.more)));
    let difference = Means::of(of(&law.more).zip(of(&law.less)).map(|(more, less)| more - less));
    Line { name: law.name.clone(), less: less.mean(), more: more.mean(), difference, expected: law.expected }
}

fn laws() -> Result<Vec<Law>, Problems> {
    let mut laws = Vec::new();
    removed(&mut laws)?;
    moved(&mut laws)?;
    slower(&mut laws)?;
    without_loop(&mut laws)?;
    Ok(laws)
}

fn fault(text: &str) -> Result<Fault, Problems> {
    text.parse().map_err(|problem| Problems(vec![problem]))
}

/// Whether this can happen to this site at all.
fn fits(case: &Case) -> bool {
    case.sim(1).and_then(|mut sim| sim.start()).is_ok()
}

/// A law of two cases, if both can be.
fn law(laws: &mut Vec<Law>, name: String, figure: Figure, less: Case, more: Case) {
    if fits(&less) && fits(&more) {
        laws.push(Law { name, figure, less, more, expected: Expected::NotLess });
    }
}

/// A removed fault never raises what fails: alone, or beside another one.
fn removed(laws: &mut Vec<Law>) -> Result<(), Problems> {
    let lost = fault(FAULTS[0])?;
    let kill = fault(r#"{ at = "40m", where = "instances:3 of pool:web", fault = "instances.kill" }"#)?;
    for site in Site::ALL {
        let alone = Case::new(site);
        let beside =
            [("", alone.clone()), (" + zone.power", alone.clone().with(&lost)), (" + kill", alone.with(&kill))];
        for text in FAULTS {
            let more = fault(text)?;
            for (other, less) in &beside {
                let same = less.faults.iter().any(|it| it.effect == more.effect);
                let name = format!("removed {} {}{other}", site.name(), more.effect);
                if !same {
                    law(laws, name, Figure::Failed, less.clone(), less.clone().with(&more));
                }
            }
        }
    }
    Ok(())
}

/// A fault that is moved moves its dip.
fn moved(laws: &mut Vec<Law>) -> Result<(), Problems> {
    for site in Site::ALL {
        for text in [FAULTS[0], FAULTS[3], FAULTS[5], FAULTS[6], FAULTS[10], FAULTS[20], FAULTS[24]] {
            let early = fault(text)?;
            let late = Fault { at: early.at + MINUTE * 20, ..early.clone() };
            let (early, late) = (Case::new(site).with(&early), Case::new(site).with(&late));
            let name = format!("moved {} {}", site.name(), early.faults[0].effect);
            law(laws, name, Figure::Dip, early, late);
            if let Some(law) = laws.last_mut().filter(|law| law.name.starts_with("moved")) {
                law.expected = Expected::By(1200.0);
            }
        }
    }
    Ok(())
}

/// Slower boots, later recovery; more servers, no more failures; longer caching, longer tail.
fn slower(laws: &mut Vec<Law>) -> Result<(), Problems> {
    for site in Site::ALL {
        for text in [FAULTS[0], FAULTS[1], FAULTS[3], FAULTS[5], FAULTS[6], FAULTS[8]] {
            let case = Case::new(site).with(&fault(text)?);
            let effect = case.faults[0].effect;
            let mut slow = case.clone();
            slow.profile.boot.ready = Distribution::Lognormal { mean: Duration::from_secs(105), sigma: 0.35 };
            law(laws, format!("slower boot {} {effect}", site.name()), Figure::Tail, case.clone(), slow);
            let more = Case { instances: 8, ..case.clone() };
            law(laws, format!("more servers {} {effect}", site.name()), Figure::Failed, more, case.clone());
            let longer = Case { ttl: MINUTE * 10, ..case.clone() };
            law(laws, format!("longer caching {} {effect}", site.name()), Figure::Tail, case, longer);
        }
    }
    Ok(())
}

/// Without the loop nothing is better.
fn without_loop(laws: &mut Vec<Law>) -> Result<(), Problems> {
    let release = fault(r#"{ at = "30m", where = "pool:web", fault = "operator.release" }"#)?;
    for site in Site::ALL {
        for text in FAULTS.into_iter().chain(ASKED) {
            let befalls = fault(text)?;
            let mut case = Case::new(site).with(&befalls);
            if befalls.effect.starts_with("release.") {
                case = case.with(&release);
            }
            let alone = Case { without_loop: true, ..case.clone() };
            let name = |what: &str| format!("without loop {} {} {what}", site.name(), befalls.effect);
            law(laws, name("failed"), Figure::Failed, case.clone(), alone.clone());
            law(laws, name("availability"), Figure::Unavailable, case.clone(), alone.clone());
            law(laws, name("capacity"), Figure::Missing, case, alone);
        }
    }
    let case = Case::new(Site::ReferenceDay);
    let alone = Case { without_loop: true, ..case.clone() };
    let name = |what: &str| format!("without loop {} {what}", Site::ReferenceDay.name());
    law(laws, name("failed"), Figure::Failed, case.clone(), alone.clone());
    law(laws, name("capacity"), Figure::Missing, case.clone(), alone.clone());
    let (name, figure) = (name("availability"), Figure::Unavailable);
    laws.push(Law { name, figure, less: case, more: alone, expected: Expected::More });
    Ok(())
}
