//! What `aws_site` is asked on its command line.

use ha_core::topology::NoReading;
use lexopt::{Arg, Parser, ValueExt};
use std::{ffi::OsString, path::PathBuf};

/// What `--help` says.
pub const HELP: &str = "\
A web site on AWS, or on an emulator of it: planned, made, looked at, removed.

usage: aws_site COMMAND [OPTIONS]

  plan [--look] [--json]  what would be made of an empty account: offline,
                          without credentials; --look: what would be done now
  apply                   makes the site as its file says, and waits for it
  status [--json]         instances by zone, balancers, names
  remove                  removes every object of the site

  --topology FILE     the site, as TOML       [examples/sites/web.toml]
  --provider FILE     what is AWS's own of it [beside the topology: web.aws.toml
                      for web.toml; if there is none, that of the default]
  --endpoint URL      all services answer here: an emulator. On this machine it
                      takes no credentials, and a topology needs no id
  --no-reading WAY    what a roll-out's gate does where nothing is measured:
                      go_on or wait  [as the topology says; go_on on this
                      machine's emulator, which measures nothing]
  --yes-this-costs    apply and remove at AWS itself: what is made is paid for

A release, a size or a zone is changed in the topology; then apply again.
Credentials and the rest of the connection are the AWS SDK's: environment,
profile, role. The exit code is 0 when it was done, 1 when it was not, 2 when
an argument or a file is wrong.

examples (from the project, after
cargo build --release -p ha-examples --example aws_site --features aws, as
target/release/examples/aws_site):
  aws_site plan
  aws_site plan --topology examples/sites/secure.toml
  aws_site apply --endpoint http://127.0.0.1:5000
  aws_site status --endpoint http://127.0.0.1:5000 --json
  aws_site apply --topology shop.toml --yes-this-costs
";

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// The help text is shown.
    Help,
    /// What would be done is shown.
    Plan {
        /// After a look at what is there.
        look: bool,
        /// For programs.
        json: bool,
    },
    /// The site is made.
    Apply,
    /// It is shown, for people or for programs.
    Status {
        /// For programs.
        json: bool,
    },
    /// It is removed.
    Remove,
}

/// What the command line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// What is to be done.
    pub command: Command,
    /// The topology, if one was named.
    pub topology: Option<PathBuf>,
    /// The provider's file, if one was named.
    pub provider: Option<PathBuf>,
    /// Where all services answer, if not at AWS.
    pub endpoint: Option<String>,
    /// What gates do without a reading, if it was said.
    pub no_reading: Option<NoReading>,
    /// Whether whoever asks knows that it costs money.
    pub costs: bool,
}

#[derive(Default)]
struct Options {
    words: Vec<String>,
    look: bool,
    json: bool,
    costs: bool,
    no_reading: Option<NoReading>,
    topology: Option<PathBuf>,
    provider: Option<PathBuf>,
    endpoint: Option<String>,
}

/// Reads the arguments after the program's name; the error is one line.
pub fn read(arguments: impl IntoIterator<Item = impl Into<OsString>>) -> Result<Asked, String> {
    parse(Parser::from_args(arguments)).map_err(|error| format!("{error} (--help tells what there is)"))
}

fn parse(mut parser: Parser) -> Result<Asked, lexopt::Error> {
    let mut options = Options::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("help") | Arg::Short('h') => options.words = vec!["help".into()],
            Arg::Long("look") => options.look = true,
            Arg::Long("json") => options.json = true,
            Arg::Long("no-reading") => options.no_reading = Some(way(&parser.value()?.string()?)?),
            Arg::Long("yes-this-costs") => options.costs = true,
            Arg::Long("topology") => options.topology = Some(parser.value()?.into()),
            Arg::Long("provider") => options.provider = Some(parser.value()?.into()),
            Arg::Long("endpoint") => options.endpoint = Some(endpoint(parser.value()?.string()?)?),
            Arg::Value(word) => options.words.push(word.string()?),
            Arg::Short(_) | Arg::Long(_) => return Err(argument.unexpected()),
        }
    }
    let command = command(&options)?;
    let Options { topology, provider, endpoint, no_reading, costs, .. } = options;
    Ok(Asked { command, topology, provider, endpoint, no_reading, costs })
}

fn way(word: &str) -> Result<NoReading, lexopt::Error> {
    match word {
        "go_on" => Ok(NoReading::GoOn),
        "wait" => Ok(NoReading::Wait),
        other => Err(format!("--no-reading {other:?}: go_on or wait").into()),
    }
}

fn command(options: &Options) -> Result<Command, lexopt::Error> {
    let (look, json) = (options.look, options.json);
    let words: Vec<&str> = options.words.iter().map(String::as_str).collect();
    let command = match words.as_slice() {
        [] => return Err("what is to be done? plan, apply, status or remove".into()),
        ["help", ..] => return Ok(Command::Help),
        ["plan"] => Command::Plan { look, json },
        ["apply"] => Command::Apply,
        ["status"] => Command::Status { json },
        ["remove"] => Command::Remove,
        other => return Err(format!("no such command, or too many words: {}", other.join(" ")).into()),
    };
    let shows = matches!(command, Command::Plan { .. } | Command::Status { .. });
    let unused = [
        ("--look", look && !matches!(command, Command::Plan { .. })),
        ("--json", json && !shows),
        ("--no-reading", options.no_reading.is_some() && !matches!(command, Command::Apply)),
        ("--yes-this-costs", options.costs && shows),
    ];
    match unused.into_iter().find(|(_, unused)| *unused) {
        Some((option, _)) => Err(format!("{option}: not with {}", words[0]).into()),
        None => Ok(command),
    }
}

fn endpoint(url: String) -> Result<String, lexopt::Error> {
    match host(&url) {
        Some(host) if !host.is_empty() => Ok(url),
        Some(_) | None => Err(format!("--endpoint {url:?}: not like http://127.0.0.1:5000").into()),
    }
}

/// The host of an address, without its port.
fn host(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"))?;
    let place = rest.split(['/', '?', '#']).next()?;
    // Before an `@` stands a name: it must not pass for a host.
    if place.contains('@') {
        return None;
    }
    match place.strip_prefix('[') {
        Some(six) => six.split(']').next(),
        None => place.split(':').next(),
    }
}

impl Asked {
    /// Whether what answers is on this machine: an emulator, which costs nothing.
    pub fn is_here(&self) -> bool {
        let host = self.endpoint.as_deref().and_then(host);
        host.is_some_and(|host| host == "localhost" || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(line: &str) -> Result<Command, String> {
        read(line.split_whitespace()).map(|asked| asked.command)
    }

    #[test]
    fn every_command_is_read_and_told_by_the_help() {
        assert_eq!(command("plan"), Ok(Command::Plan { look: false, json: false }));
        assert_eq!(command("plan --look --json"), Ok(Command::Plan { look: true, json: true }));
        assert_eq!(command("apply --yes-this-costs"), Ok(Command::Apply));
        assert_eq!(command("status --json"), Ok(Command::Status { json: true }));
        assert_eq!(command("remove --help"), Ok(Command::Help));
        for word in ["plan", "apply", "status", "remove"] {
            assert!(HELP.contains(&format!("\n  {word} ")), "{word}");
        }
        assert!(HELP.lines().all(|line| line.chars().count() <= 80));
    }

    #[test]
    fn what_is_wrong_is_said_in_one_line_that_names_it() {
        for (line, named) in [
            ("", "what is to be done"),
            ("up", "up"),
            ("apply --json", "--json"),
            ("status --look", "--look"),
            ("plan --yes-this-costs", "--yes-this-costs"),
            ("remove --no-reading wait", "--no-reading"),
            ("apply --no-reading sometimes", "go_on or wait"),
            ("apply --endpoint", "--endpoint"),
            ("apply --endpoint localhost:5000", "http://"),
            ("apply --endpoint http://localhost@aws.example", "--endpoint"),
            ("apply -x", "-x"),
        ] {
            let error = command(line).unwrap_err();
            assert!(error.contains(named) && error.lines().count() == 1, "{line}: {error}");
        }
    }

    #[test]
    fn only_this_machine_is_an_emulator() {
        let here = |url: &str| read(["apply", "--endpoint", url]).unwrap().is_here();
        for url in ["http://127.0.0.1:5000", "http://localhost:4566/", "http://[::1]:5000", "https://127.9.9.9"] {
            assert!(here(url), "{url}");
        }
        for url in ["https://ec2.eu-central-1.amazonaws.com", "http://127.0.0.1.example:5000", "http://10.0.0.1"] {
            assert!(!here(url), "{url}");
        }
        assert!(!read(["apply"]).unwrap().is_here());
    }
}
