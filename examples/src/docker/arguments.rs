//! What `docker_site` is asked on its command line.

use ha_local::docker::image::Origin;
use lexopt::{Arg, Parser, ValueExt};
use std::{ffi::OsString, path::PathBuf};

/// What `--help` says.
pub const HELP: &str = "\
A web site of containers on this machine: brought up, looked at, broken,
healed, renewed and removed.

usage: docker_site COMMAND [OPTIONS]

  up                      makes the images that are missing, then the site;
                          prints the URL to open
  status [--json]         instances by zone, balancers, names, who keeps it
  break zone-Z [--cut | --full]
                          takes the power from zone Z; --cut: closes its
                          border instead; --full: refuses launches
  break INSTANCE [--freeze | --cut | --fault KIND]
                          kills an instance (its name, or POOL-N: the Nth of
                          the list); --freeze, --cut off, or --fault in the
                          application: 500s, hang, slow:MS, not-ready
  heal [zone-Z | INSTANCE]
                          ends what break began; without a name: all of it
  release NAME [--fault KIND]
                          rolls another release out; one with a fault shows
                          the roll-back (exit code 1)
  resize N                another number of instances
  hold INSTANCE           pulls an instance out; another is launched instead
  put-back INSTANCE       puts it back
  down                    removes everything but the images and their cache,
                          which is named

  --topology FILE         the site, as TOML        [examples/sites/web.toml]
  --provider FILE         what is the provider's own of it [beside the
                          topology: web.docker.toml for web.toml; if there is
                          none, examples/sites/web.docker.toml]
  --pool NAME             of which pool, where there are several
  --images debian|public  where missing images come from [Debian packages
                          where apt-get is, else public images]

The exit code is 0 when it was done, 1 when it was not, 2 when an argument or
a file is wrong.

examples (from the project, after
cargo build --release -p ha-examples --example docker_site --features docker,
as target/release/examples/docker_site):
  docker_site up
  docker_site break zone-a
  docker_site break web-2 --freeze
  docker_site heal
  docker_site release 2026.11.2
  docker_site release 2026.11.3 --fault 500s
  docker_site up --topology examples/sites/shop_and_admin.toml
  docker_site resize 4 --pool web --topology shop.toml
  docker_site down
";

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// The help text is shown.
    Help,
    /// The site is made.
    Up,
    /// It is shown, for people or for programs.
    Status {
        /// For programs.
        json: bool,
    },
    /// Something is broken.
    Break {
        /// A zone or an instance.
        what: String,
        /// How.
        how: How,
    },
    /// What was broken is healed.
    Heal {
        /// Only this.
        what: Option<String>,
    },
    /// Another release is rolled out.
    Release {
        /// Its name.
        name: String,
        /// The fault with which its instances start.
        fault: Option<String>,
    },
    /// The pool gets another number of instances.
    Resize(u32),
    /// An instance is pulled out.
    Hold(String),
    /// It is put back.
    PutBack(String),
    /// The site is removed.
    Down,
}

/// How something is broken.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum How {
    /// No power; an instance is killed.
    #[default]
    Off,
    /// Nothing gets in or out.
    Cut,
    /// Nothing can be launched.
    Full,
    /// It stands still.
    Freeze,
    /// The application is ill.
    Fault(String),
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
    /// The pool, if one was named.
    pub pool: Option<String>,
    /// Where images come from, if it was said.
    pub images: Option<Origin>,
}

#[derive(Default)]
struct Options {
    words: Vec<String>,
    json: bool,
    how: Option<How>,
    fault: Option<String>,
    topology: Option<PathBuf>,
    provider: Option<PathBuf>,
    pool: Option<String>,
    images: Option<Origin>,
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
            Arg::Long("json") => options.json = true,
            Arg::Long("cut") => options.how = Some(How::Cut),
            Arg::Long("full") => options.how = Some(How::Full),
            Arg::Long("freeze") => options.how = Some(How::Freeze),
            Arg::Long("fault") => options.fault = Some(fault(parser.value()?.string()?)?),
            Arg::Long("topology") => options.topology = Some(parser.value()?.into()),
            Arg::Long("provider") => options.provider = Some(parser.value()?.into()),
            Arg::Long("pool") => options.pool = Some(parser.value()?.string()?),
            Arg::Long("images") => options.images = Some(origin(&parser.value()?.string()?)?),
            Arg::Value(word) => options.words.push(word.string()?),
            Arg::Short(_) | Arg::Long(_) => return Err(argument.unexpected()),
        }
    }
    let command = command(&options)?;
    let Options { topology, provider, pool, images, .. } = options;
    Ok(Asked { command, topology, provider, pool, images })
}

fn command(options: &Options) -> Result<Command, lexopt::Error> {
    let words: Vec<&str> = options.words.iter().map(String::as_str).collect();
    let command = match words.as_slice() {
        [] => return Err("what is to be done? up, status, break, heal, release, resize, hold, put-back or down".into()),
        ["help", ..] => return Ok(Command::Help),
        ["up"] => Command::Up,
        ["status"] => Command::Status { json: options.json },
        ["break", what] => Command::Break { what: (*what).to_owned(), how: how(options)? },
        ["heal"] => Command::Heal { what: None },
        ["heal", what] => Command::Heal { what: Some((*what).to_owned()) },
        ["release", name] => Command::Release { name: release(name)?, fault: options.fault.clone() },
        ["resize", count] => {
            Command::Resize(count.parse().map_err(|_| format!("resize {count}: not a number of instances"))?)
        }
        ["hold", instance] => Command::Hold((*instance).to_owned()),
        ["put-back", instance] => Command::PutBack((*instance).to_owned()),
        ["down"] => Command::Down,
        other => return Err(format!("no such command, or not the words it needs: {}", other.join(" ")).into()),
    };
    let unused = [
        ("--json", options.json && !matches!(command, Command::Status { .. })),
        ("--cut, --full and --freeze", options.how.is_some() && !matches!(command, Command::Break { .. })),
        ("--fault", options.fault.is_some() && !matches!(command, Command::Break { .. } | Command::Release { .. })),
    ];
    match unused.into_iter().find(|(_, unused)| *unused) {
        Some((option, _)) => Err(format!("{option}: not with {}", words[0]).into()),
        None => Ok(command),
    }
}

/// A release is the tag of its image, and looks like one.
fn release(name: &str) -> Result<String, lexopt::Error> {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let fits = name.len() <= 128 && name.bytes().next().is_some_and(word);
    if fits && name.bytes().all(|byte| word(byte) || matches!(byte, b'.' | b'-')) {
        return Ok(name.to_owned());
    }
    Err(format!("release {name:?}: a name of letters, digits, `.`, `-` and `_`, like 2026.11.2").into())
}

fn how(options: &Options) -> Result<How, lexopt::Error> {
    match (&options.how, &options.fault) {
        (Some(_), Some(_)) => Err("--fault goes alone".into()),
        (Some(how), None) => Ok(how.clone()),
        (None, Some(fault)) => Ok(How::Fault(fault.clone())),
        (None, None) => Ok(How::Off),
    }
}

fn fault(kind: String) -> Result<String, lexopt::Error> {
    let slow = kind.strip_prefix("slow:").is_some_and(|ms| ms.parse::<u64>().is_ok());
    if slow || ["500s", "hang", "not-ready", "none"].contains(&kind.as_str()) {
        return Ok(kind);
    }
    Err(format!("--fault {kind}: there are 500s, hang, slow:MS, not-ready and none").into())
}

fn origin(word: &str) -> Result<Origin, lexopt::Error> {
    match word {
        "debian" => Ok(Origin::Debian),
        "public" => Ok(Origin::Public),
        _ => Err(format!("--images {word}: debian or public").into()),
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
        let broken = |what: &str, how| Ok(Command::Break { what: what.into(), how });
        assert_eq!(command("up --images public"), Ok(Command::Up));
        assert_eq!(command("status --json"), Ok(Command::Status { json: true }));
        assert_eq!(command("break zone-a"), broken("zone-a", How::Off));
        assert_eq!(command("break zone-a --cut"), broken("zone-a", How::Cut));
        assert_eq!(command("break web-2 --fault slow:300"), broken("web-2", How::Fault("slow:300".into())));
        assert_eq!(command("heal"), Ok(Command::Heal { what: None }));
        assert_eq!(
            command("release r2 --fault 500s"),
            Ok(Command::Release { name: "r2".into(), fault: Some("500s".into()) })
        );
        assert_eq!(command("resize 14"), Ok(Command::Resize(14)));
        assert_eq!(command("down --help"), Ok(Command::Help));
        for word in ["up", "status", "break", "heal", "release", "resize", "hold", "put-back", "down"] {
            assert!(HELP.contains(&format!("\n  {word} ")), "{word}");
        }
        assert!(HELP.lines().all(|line| line.chars().count() <= 80));
        let examples: Vec<&str> = HELP.lines().filter_map(|line| line.strip_prefix("  docker_site ")).collect();
        assert!(examples.len() > 5 && examples.iter().all(|line| command(line).is_ok()), "{examples:?}");
    }

    #[test]
    fn what_is_wrong_is_said_in_one_line_that_names_it() {
        for (line, named) in [
            ("", "what is to be done"),
            ("upp", "upp"),
            ("resize many", "many"),
            ("release", "release"),
            ("release bad/name", "bad/name"),
            ("up --json", "--json"),
            ("up --fault 500s", "--fault"),
            ("break web-1 --fault ill", "ill"),
            ("break web-1 --cut --fault hang", "--fault"),
            ("up --images arch", "arch"),
            ("up --topology", "--topology"),
            ("up -x", "-x"),
        ] {
            let error = command(line).unwrap_err();
            assert!(error.contains(named) && error.lines().count() == 1, "{line}: {error}");
        }
    }
}
