//! What `game_day` is asked on its command line.

use lexopt::{Arg, Parser, ValueExt};
use std::{ffi::OsString, path::PathBuf};

/// What `--help` says.
pub const HELP: &str = "\
A day in the life of a web site: load, releases and faults in a simulated cloud, and what users saw.

usage: game_day [OPTIONS]          (from the project: cargo run --release --example game_day -- [OPTIONS])

  --topology FILE    the site, as TOML                                     [the reference web site]
  --traffic FILE     who comes when: CSV (time and count) or TOML          [a busy day with a crowd]
  --scale X          so many times the traffic                             [1]
  --faults FILE      what goes wrong: a fault file, JSON or TOML; an       [two releases, a lost zone]
                     empty list of events: nothing
  --incident ID      which of the file's scenarios                         [the only one]
  --seed N           the source of chance; the same seed, the same day     [42]
  --profile P        how the provider behaves: aws, docker, ideal, a FILE  [aws]
  --workload FILE    what a request costs, and how patient users are       [the reference one]
  --without-loop     the loop makes the site and then never runs again
  --json FILE        writes the report
  --trace FILE       writes everything that happened, one JSON object a line; cause
                     is the number of an earlier line, from 0
  --follow N         prints the life of N requests, hop by hop             [0]
  --help             this text

Times are written like 19h30m and count from the first arrival.
The exit code is 0 when the day was run, whatever it was like, and 2 when an argument or a file is wrong.

examples:
  game_day                                    the reference site on a busy day
  game_day --without-loop                     the same day without our loop: what is it worth?
  game_day --seed 7 --json day.json           another day, for a program to read
  game_day --traffic log.csv --scale 10       ten times the traffic of a recorded month
  game_day --faults incidents.json --incident evening-peak --topology shop.toml
  game_day --profile ideal --follow 3         a provider that takes no time; three requests in detail
";

/// What a run of `game_day` is to do.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// The site; without it the reference site.
    pub topology: Option<PathBuf>,
    /// The traffic; without it the reference day's.
    pub traffic: Option<PathBuf>,
    /// So many times the traffic.
    pub scale: f64,
    /// The faults; without it the reference day's.
    pub faults: Option<PathBuf>,
    /// Which scenario of the faults.
    pub incident: Option<String>,
    /// The source of chance; without it the scenario's, or 42.
    pub seed: Option<u64>,
    /// Where the report goes.
    pub json: Option<PathBuf>,
    /// Where the trace goes.
    pub trace: Option<PathBuf>,
    /// How many requests are told hop by hop.
    pub follow: u16,
    /// How the provider behaves: the name of a profile, or a file.
    pub profile: String,
    /// What requests cost; without it the reference workload.
    pub workload: Option<PathBuf>,
    /// Whether the loop never runs again once the site is there.
    pub without_loop: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            topology: None,
            traffic: None,
            scale: 1.0,
            faults: None,
            incident: None,
            seed: None,
            json: None,
            trace: None,
            follow: 0,
            profile: "aws".into(),
            workload: None,
            without_loop: false,
        }
    }
}

/// What the command line asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    /// The help text.
    Help,
    /// A run.
    Run(Box<Options>),
}

/// Reads the arguments after the program's name; the error is one line.
pub fn read(arguments: impl IntoIterator<Item = impl Into<OsString>>) -> Result<Asked, String> {
    parse(Parser::from_args(arguments)).map_err(|error| format!("{error} (--help tells what there is)"))
}

fn parse(mut parser: Parser) -> Result<Asked, lexopt::Error> {
    let mut options = Options::default();
    let mut seen: Vec<String> = Vec::new();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("help") | Arg::Short('h') => return Ok(Asked::Help),
            Arg::Long(name) => {
                let name = name.to_owned();
                if seen.contains(&name) {
                    return Err(format!("--{name} is given twice").into());
                }
                take(&mut options, &name, &mut parser)?;
                seen.push(name);
            }
            Arg::Short(_) | Arg::Value(_) => return Err(argument.unexpected()),
        }
    }
    if options.incident.is_some() && options.faults.is_none() {
        return Err("--incident needs --faults FILE, in which it is looked for".into());
    }
    Ok(Asked::Run(Box::new(options)))
}

fn take(options: &mut Options, name: &str, parser: &mut Parser) -> Result<(), lexopt::Error> {
    let mut path = || parser.value().map(|value| Some(PathBuf::from(value)));
    match name {
        "topology" => options.topology = path()?,
        "traffic" => options.traffic = path()?,
        "faults" => options.faults = path()?,
        "json" => options.json = path()?,
        "trace" => options.trace = path()?,
        "workload" => options.workload = path()?,
        "scale" => options.scale = scale(&parser.value()?.string()?)?,
        "incident" => options.incident = Some(parser.value()?.string()?),
        "seed" => options.seed = Some(number(name, &parser.value()?.string()?)?),
        "follow" => options.follow = number(name, &parser.value()?.string()?)?,
        "profile" => options.profile = parser.value()?.string()?,
        "without-loop" => options.without_loop = true,
        _ => return Err(Arg::Long(name).unexpected()),
    }
    Ok(())
}

fn number<T: std::str::FromStr>(name: &str, text: &str) -> Result<T, lexopt::Error> {
    text.parse().map_err(|_| format!("--{name} {text}: not a whole number, or too large").into())
}

/// More traffic than this is nobody's.
const MOST: f64 = 1e12;

fn scale(text: &str) -> Result<f64, lexopt::Error> {
    match text.parse::<f64>() {
        Ok(scale) if scale > 0.0 && scale <= MOST => Ok(scale),
        Ok(_) | Err(_) => Err(format!("--scale {text:?}: not a number above 0 and up to 1e12").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(line: &str) -> Result<Asked, String> {
        read(line.split_whitespace())
    }

    #[test]
    fn no_argument_is_the_reference_day() {
        assert_eq!(asked(""), Ok(Asked::Run(Box::default())));
    }

    #[test]
    fn every_option_is_read_and_told_by_the_help() {
        let line = "--topology t --traffic u --scale 2.5 --faults f --incident i --seed 7 --json j --trace k \
                    --follow 3 --profile ideal --workload w --without-loop";
        let wanted = Options {
            topology: Some("t".into()),
            traffic: Some("u".into()),
            scale: 2.5,
            faults: Some("f".into()),
            incident: Some("i".into()),
            seed: Some(7),
            json: Some("j".into()),
            trace: Some("k".into()),
            follow: 3,
            profile: "ideal".into(),
            workload: Some("w".into()),
            without_loop: true,
        };
        assert_eq!(asked(line), Ok(Asked::Run(Box::new(wanted))));
        for option in line.split_whitespace().filter(|word| word.starts_with("--")) {
            assert!(HELP.contains(&format!("\n  {option} ")), "{option}");
        }
        assert_eq!(asked("--seed=9 --help"), Ok(Asked::Help));
    }

    #[test]
    fn what_is_wrong_is_said_in_one_line_that_names_it() {
        for (line, named) in [
            ("--sead 7", "--sead"),
            ("--seed", "--seed"),
            ("--seed x", "--seed x"),
            ("--seed -1", "--seed -1"),
            ("--seed 18446744073709551616", "--seed"),
            ("--follow 1.5", "--follow 1.5"),
            ("--follow 65536", "--follow 65536"),
            ("--scale 0", "--scale \"0\""),
            ("--scale nan", "--scale \"nan\""),
            ("--scale -3", "--scale \"-3\""),
            ("--scale 1e300", "up to 1e12"),
            ("--scale 1e400", "up to 1e12"),
            ("--scale=", "--scale \"\""),
            ("--seed 1 --seed 2", "--seed"),
            ("--without-loop=yes", "--without-loop"),
            ("--incident x", "--faults"),
            ("shop.toml", "shop.toml"),
            ("-v", "-v"),
        ] {
            let error = asked(line).unwrap_err();
            assert!(error.contains(named) && error.lines().count() == 1, "{line}: {error}");
        }
    }
}
