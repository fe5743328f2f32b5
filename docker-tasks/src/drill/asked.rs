//! What `cargo xtask drill` is asked: which site, which events, on which sides.

use super::script::Script;
use ha_core::{
    Topology, ValidTopology,
    fault::FaultFile,
    topology::{Exposure, Listener, Pool, Protocol},
};
use lexopt::prelude::*;
use std::path::{Path, PathBuf};

pub const HELP: &str = "\
cargo xtask drill [--faults FILE [--incident ID]] [--topology FILE] [--simulator]

A site lives through the same events twice: in the simulator with
Profile::docker(), and on the Docker engine (DOCKER_HOST, or the system's), with
the images of `cargo xtask images`. What our loop and the keepers decided is
printed side by side for each resource: the steps that were accepted, in order,
and the keepers' orders; launches that follow each other are a set. The exit
code is 1 where the decisions differ, or one comes before its cause.

  --faults FILE      what happens [examples/sites/drill.faults.toml]
  --incident ID      which of the file's incidents [the only one]
  --topology FILE    the site [the one that the incident names, beside its file]
  --simulator        only the simulator's decisions, for which no engine is
                     needed: it shows which instances there are by then

On both sides an event strikes when what the one before it led to is over, and in
the simulator not before the time that the file gives it; a release that fails,
five minutes after its pool lost an instance of another one: what fails sooner
is not held against it. Timers should be short,
or it takes long: checks below a second, a boot budget of 10 s, a bake of 2 s. The
keepers' own are 2 s on both sides. Instances are named by zone and order of
launch: web-a-1. Every pool stands behind a balancer that listens for http.

Events that both sides can show, each of one thing by its name:
  operator.release, operator.resize, release.never_ready    of a pool
  operator.hold, operator.put_back                          of an instance
  operator.evacuate, operator.reopen                        of a zone
  instances.kill, .hang, .errors       of an instance, a pool's, or a zone's
  instances.isolate                                         of an instance
  zone.power, zone.network, capacity.none                   of a zone
  boot.never_serves                                         of a pool
  balancer.down, balancer.flap                              of a balancer
";

/// What the command is asked.
#[derive(Debug, Default)]
pub struct Asked {
    /// Whether no engine is needed.
    pub simulator: bool,
    faults: Option<PathBuf>,
    incident: Option<String>,
    topology: Option<PathBuf>,
}

/// Reads the arguments; `None`: help is asked for.
pub fn read(arguments: &[String]) -> Result<Option<Asked>, lexopt::Error> {
    let mut asked = Asked::default();
    let mut parser = lexopt::Parser::from_args(arguments);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("help") | Short('h') => return Ok(None),
            Long("simulator") => asked.simulator = true,
            Long("faults") => asked.faults = Some(parser.value()?.into()),
            Long("incident") => asked.incident = Some(parser.value()?.string()?),
            Long("topology") => asked.topology = Some(parser.value()?.into()),
            other @ (Short(_) | Long(_) | Value(_)) => return Err(other.unexpected()),
        }
    }
    Ok(Some(asked))
}

impl Asked {
    /// The events as acts on the site; an error says which file is wrong and where.
    pub fn script(&self, root: &Path) -> Result<Script, String> {
        let faults = self.faults.clone().unwrap_or_else(|| root.join("examples/sites/drill.faults.toml"));
        let file = FaultFile::load(&faults).map_err(|problems| problems.to_string())?;
        let scenario = file.choose(self.incident.as_deref()).map_err(|problem| problem.to_string())?;
        let named = scenario.site.as_ref().map(|site| faults.with_file_name(site));
        let topology = self.topology.clone().or(named).ok_or_else(|| {
            format!("{}: {} names no site: add site = \"FILE\", or --topology FILE", file.file, scenario.id)
        })?;
        let site = ValidTopology::load(topology).map_err(|problems| problems.to_string())?;
        if let Some(why) = unfit(site.topology()) {
            return Err(format!("this site is for no drill: {why}"));
        }
        let problems = scenario.check(site.topology(), None);
        if !problems.is_empty() {
            let lines = problems.iter().map(|problem| format!("{}: {problem}", file.file));
            return Err(lines.collect::<Vec<_>>().join("\n"));
        }
        Script::new(site.topology().clone(), scenario)
    }
}

/// Why a site does not behave alike on both sides, or is refused on one.
fn unfit(site: &Topology) -> Option<String> {
    let names = |pool: &Pool| site.balancers.iter().any(|it| it.routes.iter().any(|route| route.pool == pool.name));
    let secure = |listener: &Listener| matches!(listener.protocol, Protocol::Https { .. });
    if let Some(pool) = site.pools.iter().find(|pool| !names(pool)) {
        let checks = "its own agent checks it every 10 s in the simulator and every second on Docker";
        return Some(format!("pool {} stands behind no balancer, and {checks}: put one before it", pool.name));
    }
    if site.balancers.iter().any(|it| it.listeners.iter().any(secure)) {
        return Some("it listens for https, and a drill has no certificates: write listen = \"http\"".into());
    }
    let public = site.network.instances == Exposure::Public;
    public.then(|| "containers have no addresses in the world: write network.instances = \"private\"".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
    }

    fn asked(words: &[&str]) -> Result<Option<Asked>, lexopt::Error> {
        read(&words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn the_drill_of_this_project_is_one() {
        let script = asked(&[]).unwrap().unwrap().script(&root()).unwrap();
        assert_eq!((script.acts.len(), script.bad.len()), (11, 1));
    }

    #[test]
    fn a_wrong_word_or_file_is_told() {
        assert!(asked(&["--help"]).unwrap().is_none());
        assert!(asked(&["--fautls", "x"]).is_err());
        let of = |words: &[&str]| asked(words).unwrap().unwrap().script(&root()).err().unwrap();
        assert!(of(&["--faults", "/nowhere.toml"]).contains("/nowhere.toml"));
        assert!(of(&["--incident", "dril"]).contains("\"drill\""));
        let site = |name: &str| root().join("examples/sites").join(name).display().to_string();
        assert!(of(&["--topology", &site("round_robin.toml")]).contains("behind no balancer"));
    }
}
