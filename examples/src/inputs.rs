//! The files that a day is made of: those that the options name, else those of the reference day.

use crate::arguments::Options;
use ha_core::{
    document::{self, Places},
    fault::{FaultFile, Scenario},
    time::Timestamp,
    topology::ValidTopology,
    validate::{Problem, Problems},
};
use ha_local::sim::{Profile, Traffic, Workload, faults::Faults, traffic::Segment};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// What a day is made of. Everything fits together.
#[derive(Clone, Debug, PartialEq)]
pub struct Inputs {
    /// The site.
    pub site: ValidTopology,
    /// Who comes when, scaled.
    pub traffic: Traffic,
    /// What goes wrong.
    pub scenario: Scenario,
    /// How the provider behaves.
    pub profile: Profile,
    /// What requests cost.
    pub workload: Workload,
    /// The source of chance.
    pub seed: u64,
    /// What a person should know about the choice of inputs.
    pub notes: Vec<String>,
}

/// A scenario and the file that it is from.
type Named = (FaultFile, Scenario);

const SEED: u64 = 42;
/// How long a day is when neither the scenario nor the traffic says it.
pub const DAY: Duration = Duration::from_secs(86_400);
/// More intents than this are a mistake: each 10^8 take half a minute.
const MOST: f64 = 1e11;

impl Inputs {
    /// Reads all files; the problems of all of them at once.
    pub fn read(options: &Options) -> Result<Self, Problems> {
        let mut problems = Vec::new();
        let scenario = options.faults.as_deref().map(|path| chosen(path, options.incident.as_deref()));
        let scenario = scenario.map(|read| keep(read, &mut problems));
        let named_site = scenario.iter().flatten().find_map(|(file, scenario)| site_of(file, scenario));
        let site = keep(site(options.topology.clone().or(named_site).as_deref()), &mut problems);
        let traffic = keep(traffic(options.traffic.as_deref()), &mut problems);
        let profile = keep(profile(&options.profile), &mut problems);
        let workload = keep(workload(options.workload.as_deref()), &mut problems);
        let (Some(site), Some(traffic), Some(profile), Some(workload)) = (site, traffic, profile, workload) else {
            return Err(Problems(problems));
        };
        let mut inputs = Self {
            site,
            traffic: traffic.scale(options.scale),
            scenario: Scenario::default(),
            profile,
            workload,
            seed: SEED,
            notes: Vec::new(),
        };
        match scenario {
            Some(Some(named)) => inputs.strike(named, &mut problems),
            Some(None) => {}
            None => inputs.strike_as_on_the_reference_day()?,
        }
        inputs.fit(options, &mut problems);
        inputs.seed = options.seed.or(inputs.scenario.seed).unwrap_or(SEED);
        if problems.is_empty() { Ok(inputs) } else { Err(Problems(problems)) }
    }
    /// Takes a scenario that was asked for.
    fn strike(&mut self, (file, scenario): Named, problems: &mut Vec<Problem>) {
        let mut found = scenario.check(self.site.topology(), self.traffic.length());
        if found.is_empty() {
            // It fits the site; whether this version can do it is known when it is made.
            let made = Faults::new(&scenario.id, &scenario.events, &self.site, Timestamp::ZERO);
            found.extend(made.err().into_iter().flat_map(|problems| problems.0));
        }
        problems.extend(found.into_iter().map(|problem| file.locate(problem)));
        self.scenario = scenario;
    }
    /// Takes the reference day's scenario if this site can have it. Traffic with a length of its own says how long the
    /// day is.
    fn strike_as_on_the_reference_day(&mut self) -> Result<(), Problems> {
        let file = FaultFile::read(include_str!("../sites/day.faults.toml"), "day.faults.toml")?;
        let mut scenario = file.choose(None).map_err(|problem| Problems(vec![problem]))?.clone();
        if self.traffic.length().is_some() {
            scenario.length = None;
        }
        if scenario.check(self.site.topology(), self.traffic.length()).is_empty() {
            self.scenario = scenario;
        } else {
            self.scenario.length = scenario.length;
            self.notes.push("the faults of the reference day do not fit: nothing goes wrong (--faults FILE)".into());
        }
        Ok(())
    }
    /// What was asked for has to fit the site; what is the reference day's is fitted to it.
    fn fit(&mut self, options: &Options, problems: &mut Vec<Problem>) {
        if let Some(file) = &options.workload {
            let found = self.workload.check(self.site.topology());
            problems.extend(found.into_iter().map(|problem| located(file, problem)));
        }
        let length = self.scenario.length.or_else(|| self.traffic.length()).unwrap_or(DAY);
        let expected: f64 = self.traffic.segments(length).iter().map(Segment::expected).sum();
        if expected > MOST {
            let what = format!("{expected:.1e} intents would come, which takes hours for each {MOST:.0e} of them");
            let asked = options.traffic.as_ref().filter(|_| options.scale <= 1.0);
            let path = asked.map_or_else(|| "--scale".into(), |file| file.display().to_string());
            problems.push(Problem::new(path, what, "scale less, or take shorter traffic"));
        }
        self.fit_entry(options.traffic.as_deref(), problems);
    }
    /// Users ask for a name that the site has.
    fn fit_entry(&mut self, asked: Option<&Path>, problems: &mut Vec<Problem>) {
        let Some(to) = &self.traffic.to else { return };
        let site = self.site.topology();
        let names = site.dns.iter().map(|dns| dns.name.as_str());
        let has: Vec<&str> = names.chain(site.balancers.iter().map(|balancer| balancer.name.as_str())).collect();
        match asked {
            _ if has.contains(&to.as_str()) => {}
            Some(file) => {
                let what = format!("the site has no entry {to:?}");
                problems.push(located(file, Problem::new("to", what, format!("it has: {}", has.join(", ")))));
            }
            None => self.traffic.to = None,
        }
    }
}

/// The value, or its problems added to the others.
fn keep<T>(read: Result<T, Problems>, problems: &mut Vec<Problem>) -> Option<T> {
    read.map_err(|found| problems.extend(found.0)).ok()
}

/// What does not fit the site, with its place in the TOML file that says it.
fn located(file: &Path, problem: Problem) -> Problem {
    let text = document::load(file).unwrap_or_default();
    Places::of_toml(&text, &file.display().to_string()).locate(problem)
}

fn chosen(path: &Path, id: Option<&str>) -> Result<Named, Problems> {
    let file = path.display().to_string();
    let read = FaultFile::read(&document::load(path)?, &file)?;
    let scenario = read.choose(id).map_err(|problem| Problems(vec![problem]))?.clone();
    Ok((read, scenario))
}

/// The site that a scenario is meant for lies beside its file.
fn site_of(file: &FaultFile, scenario: &Scenario) -> Option<PathBuf> {
    scenario.site.as_ref().map(|site| Path::new(&file.file).with_file_name(site))
}

fn site(path: Option<&Path>) -> Result<ValidTopology, Problems> {
    match path {
        Some(path) => ValidTopology::load(path),
        None => ValidTopology::read(include_str!("../sites/web.toml"), "web.toml"),
    }
}

fn traffic(path: Option<&Path>) -> Result<Traffic, Problems> {
    match path {
        Some(path) => Traffic::load(path),
        None => Traffic::read(include_str!("../sites/day.traffic.toml"), "day.traffic.toml", Path::new("")),
    }
}

fn profile(name: &str) -> Result<Profile, Problems> {
    match Profile::named(name) {
        Some(profile) => Ok(profile),
        None => Profile::load(Path::new(name)),
    }
}

fn workload(path: Option<&Path>) -> Result<Workload, Problems> {
    match path {
        Some(path) => Workload::load(path),
        None => Workload::read(include_str!("../sites/web.workload.toml"), "web.workload.toml"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sites(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("sites").join(name)
    }

    #[test]
    fn the_reference_day_fits_together_and_is_what_its_files_say() {
        let reference = Inputs::read(&Options::default()).unwrap();
        assert_eq!(reference.notes, [""; 0]);
        assert_eq!(reference.scenario.events.len(), 3);
        let named = Options {
            topology: Some(sites("web.toml")),
            traffic: Some(sites("day.traffic.toml")),
            faults: Some(sites("day.faults.toml")),
            workload: Some(sites("web.workload.toml")),
            ..Options::default()
        };
        assert_eq!(Inputs::read(&named).unwrap(), reference);
        assert_eq!(Inputs::read(&Options { topology: None, ..named }).unwrap(), reference);
    }

    #[test]
    fn another_site_gets_the_reference_traffic_and_is_told_when_the_faults_do_not_fit() {
        for name in ["shop_and_admin.toml", "round_robin.toml", "blue_green.toml"] {
            let inputs = Inputs::read(&Options { topology: Some(sites(name)), ..Options::default() }).unwrap();
            assert_eq!(inputs.scenario.events.is_empty(), !inputs.notes.is_empty(), "{name}");
            assert!(inputs.scenario.length.is_some(), "{name}");
        }
    }

    #[test]
    fn every_broken_file_is_named_in_a_line_of_its_own() {
        let gone = |name: &str| Some(PathBuf::from(format!("no/such/{name}")));
        let options = Options {
            topology: gone("topology"),
            traffic: gone("traffic"),
            faults: gone("faults"),
            workload: gone("workload"),
            profile: "no/such/profile".into(),
            ..Options::default()
        };
        let problems = Inputs::read(&options).unwrap_err();
        let text = problems.to_string();
        assert_eq!(text.lines().count(), 5, "{text}");
        for name in ["topology", "traffic", "faults", "workload", "profile"] {
            assert!(text.lines().any(|line| line.starts_with(&format!("no/such/{name}: "))), "{name}: {text}");
        }
    }

    #[test]
    fn a_scale_that_nobody_lives_to_see_is_refused() {
        let text = Inputs::read(&Options { scale: 1e9, ..Options::default() }).unwrap_err().to_string();
        assert!(text.starts_with("--scale: 3.2e16 intents"), "{text}");
        assert!(Inputs::read(&Options { scale: 1000.0, ..Options::default() }).is_ok());
    }

    #[test]
    fn what_is_asked_for_has_to_fit_the_site() {
        let options = Options {
            topology: Some(sites("round_robin.toml")),
            faults: Some(sites("day.faults.toml")),
            ..Options::default()
        };
        let text = Inputs::read(&options).unwrap_err().to_string();
        assert!(text.contains("day.faults.toml:9:9: busy-day: "), "{text}");
        let unknown =
            Options { faults: Some(sites("day.faults.toml")), incident: Some("x".into()), ..Options::default() };
        assert_eq!(Inputs::read(&unknown).unwrap_err().0.len(), 1);
    }
}
