//! `cargo xtask docker-load`: a site on Docker under load, while releases are rolled out, instances die, zones are lost.

mod judge;
mod scenario;
mod show;
mod stage;

use ha_local::docker::lab::load::{Load, Mix, Told};
use judge::{Grounds, Moment, Verdict, judge};
use lexopt::prelude::*;
use scenario::Scenario;
use stage::Stage;
use std::{
    cell::Cell,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use tokio::time::sleep;

pub const HELP: &str = "\
cargo xtask docker-load [--short] [--only WORD[,WORD]] [--requests N] [--rate N]
                        [--topology FILE] [--json]

Puts a site of containers under load while something befalls it, over and over:
release, resize, hold (and put back), stuck (a release that never becomes
ready), kill (-9 of an instance's process), freeze, zone-cut, zone-power. Half
of the requests are POSTs, each with a number of its own; connections are kept
alive; a request is sent when it is due, whatever became of those before it.
Wants the images of `cargo xtask images`. The exit code is 1 when a line does
not hold:

  release, resize, hold, stuck   no request fails, and never fewer instances
                                 serve than the pool's minimum
  kill                           only requests fail that were in flight at one
                                 instant, that of the kill
  freeze                         no request fails that is sent after detection:
                                 the checks' (interval + time-out) x threshold,
                                 for HAProxy counts an interval from the end of
                                 the check before
  zone-cut, zone-power           nor after detection and a second; the zone is
                                 used again, the zones even to within one
  all                            each POST that was acknowledged was executed
                                 once, and none twice; after a release only the
                                 new one answers; who is held gets no request

  --short            release, kill and zone-power, 9000 requests each
  --only WORD,..     only these
  --requests N       at least so many for each line           [20000]
  --rate N           so many a second                         [500]
  --topology FILE    the site                    [examples/sites/load.toml]
  --json             for programs
";

/// Connections that are kept, busy or not.
const CONNECTIONS: usize = 20;

/// What is asked for.
#[derive(Clone, Debug, PartialEq)]
struct Asked {
    only: Vec<Scenario>,
    requests: usize,
    rate: f64,
    topology: PathBuf,
    json: bool,
}

/// What one scenario came to.
struct Row {
    scenario: Scenario,
    /// So often it befell the site.
    times: usize,
    detection: Duration,
    moments: Vec<Moment>,
    told: Told,
    verdict: Verdict,
}

/// Runs the command.
pub async fn run(arguments: &[String], root: &Path) -> Result<(), String> {
    let Some(asked) = read(arguments, root).map_err(|error| format!("{error}\n\n{HELP}"))? else {
        print!("{HELP}");
        return Ok(());
    };
    let begun = Instant::now();
    eprintln!("{} is made", asked.topology.display());
    let mut stage = Stage::make(&asked.topology).await?;
    let (mut rows, mut broken) = (Vec::new(), None);
    for scenario in &asked.only {
        match row(&mut stage, *scenario, &asked, begun).await {
            Ok(row) => rows.push(row),
            Err(why) => {
                broken = Some(format!("{}: {why}", scenario.word()));
                break;
            }
        }
    }
    let ended = stage.end().await;
    print!("{}", if asked.json { show::json(&rows, asked.rate) } else { show::text(&rows, asked.rate) });
    let wrong: usize = rows.iter().map(|row| row.verdict.wrong.len()).sum();
    match (broken, ended) {
        (Some(why), _) | (None, Err(why)) => Err(why),
        (None, Ok(())) if wrong > 0 => Err(format!("{wrong} of what was promised did not hold")),
        (None, Ok(())) => Ok(()),
    }
}

fn read(arguments: &[String], root: &Path) -> Result<Option<Asked>, lexopt::Error> {
    let all = Scenario::ALL.map(|(_, scenario)| scenario).to_vec();
    let topology = root.join("examples/sites/load.toml");
    let mut asked = Asked { only: all, requests: 20_000, rate: 500.0, topology, json: false };
    let mut parser = lexopt::Parser::from_args(arguments);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("help") | Short('h') => return Ok(None),
            Long("short") => {
                (asked.only, asked.requests) = (vec![Scenario::Release, Scenario::Kill, Scenario::ZonePower], 9000);
            }
            Long("only") => {
                let words = parser.value()?.string()?;
                asked.only = words.split(',').map(word).collect::<Result<_, _>>()?;
            }
            Long("requests") => asked.requests = parser.value()?.parse()?,
            Long("rate") => {
                let rate: f64 = parser.value()?.parse()?;
                asked.rate = Some(rate).filter(|rate| (1.0..=5000.0).contains(rate)).ok_or("--rate: 1 to 5000")?;
            }
            Long("topology") => asked.topology = parser.value()?.into(),
            Long("json") => asked.json = true,
            Short(_) | Long(_) | Value(_) => return Err(argument.unexpected()),
        }
    }
    Ok(Some(asked))
}

fn word(word: &str) -> Result<Scenario, lexopt::Error> {
    let found = Scenario::ALL.into_iter().find(|(known, _)| *known == word);
    let known = || Scenario::ALL.map(|(word, _)| word).join(", ");
    found.map(|(_, scenario)| scenario).ok_or_else(|| format!("--only {word}: there are {}", known()).into())
}

/// One scenario under load, as often as it takes until so many requests are sent.
async fn row(stage: &mut Stage, scenario: Scenario, asked: &Asked, begun: Instant) -> Result<Row, String> {
    let mix = Mix { rate: asked.rate, connections: CONNECTIONS, first: stage.next };
    let (load, eye, fewest) = (Load::begin(stage.entry, mix), stage.eye(), Cell::new(u32::MAX));
    let (mut moments, mut times) = (Vec::new(), 0);
    let acts = async {
        sleep(Duration::from_secs(2)).await;
        while times == 0 || load.count() < asked.requests {
            times += 1;
            let (at, sent) = (begun.elapsed().as_secs(), load.count());
            eprintln!(
                "{at:>5} s  {:<10} {times:>3}. time, after {sent} of {} requests",
                scenario.word(),
                asked.requests
            );
            moments.extend(scenario.once(stage, &load).await?);
        }
        sleep(Duration::from_secs(1)).await;
        Ok::<(), String>(())
    };
    let done = tokio::select! {
        done = acts => done,
        never = eye.watch(&fewest) => match never {},
    };
    let told = load.end().await.map_err(|error| error.to_string())?;
    stage.next += told.sent().len() as u64;
    done.map_err(|why| format!("{why}\n{told}"))?;
    let floor = scenario.is_ours().then(|| [fewest.get(), stage.pool().size.min]);
    let verdict = judge(&told, &Grounds { moments: &moments, log: &stage.log()?, floor });
    Ok(Row { scenario, times, detection: stage.detection(), moments, told, verdict })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(line: &str) -> Result<Asked, String> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        read(&words, Path::new("/p")).map_err(|error| error.to_string()).map(|asked| asked.expect("no help"))
    }

    #[test]
    fn what_is_asked_for_is_read() {
        let all = asked("").unwrap();
        assert_eq!((all.only.len(), all.requests, all.rate), (8, 20_000, 500.0));
        let few = asked("--short --requests 500 --json").unwrap();
        assert_eq!((few.only.len(), few.requests, few.json), (3, 500, true));
        assert_eq!(asked("--only kill,zone-cut").unwrap().only, [Scenario::Kill, Scenario::ZoneCut]);
        for (line, named) in [("--only kil", "kil"), ("--rate 0", "--rate"), ("x", "x"), ("--requests many", "many")] {
            assert!(asked(line).unwrap_err().contains(named), "{line}");
        }
    }
}
