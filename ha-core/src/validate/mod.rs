//! Checks a topology: either it holds together, or every problem at once, each with the fix.

mod balancer;
mod dns;
mod instances;
mod name;
mod pool;
mod problem;
mod site;

pub use problem::{Place, Problem, Problems};

pub(crate) use name::paths;

use crate::{
    document::suggest,
    time,
    topology::{Share, Topology, ValidTopology},
};
use std::time::Duration;

impl Topology {
    /// The topology as one that holds together, or everything that does not.
    pub fn validate(self) -> Result<ValidTopology, Problems> {
        let problems = check(&self);
        if problems.is_empty() { Ok(ValidTopology::checked(self)) } else { Err(Problems(problems)) }
    }
}

/// Everything that does not hold together.
pub(crate) fn check(site: &Topology) -> Vec<Problem> {
    let mut check = Check { site, problems: Vec::new() };
    check.site();
    for (path, pool) in paths("pool", site.pools.iter().map(|pool| pool.name.as_str())).iter().zip(&site.pools) {
        check.pool(path, pool);
    }
    let names = site.balancers.iter().map(|balancer| balancer.name.as_str());
    for (path, balancer) in paths("balancer", names).iter().zip(&site.balancers) {
        check.balancer(path, balancer);
    }
    for (path, dns) in paths("dns", site.dns.iter().map(|dns| dns.name.as_str())).iter().zip(&site.dns) {
        check.dns(path, dns);
    }
    check.problems
}

/// A check under way.
struct Check<'t> {
    site: &'t Topology,
    problems: Vec<Problem>,
}

/// The longest duration that a timer of a site may have: longer ones are slips of a unit.
const LONGEST: Duration = Duration::from_secs(366 * 86_400);

impl Check<'_> {
    fn say(&mut self, path: impl Into<String>, what: impl Into<String>, fix: impl Into<String>) {
        self.problems.push(Problem::new(path, what, fix));
    }
    fn share(&mut self, path: String, share: Share) {
        if share.0 > 1000 {
            self.say(path, format!("{} is more than the whole", f64::from(share)), "give a share from 0 to 1");
        }
    }
    /// A duration that may be nothing.
    fn duration(&mut self, path: String, duration: Duration) {
        if duration > LONGEST {
            self.say(path, format!("{} is longer than a year", time::show(duration)), "give a shorter time");
        } else if !duration.subsec_nanos().is_multiple_of(1_000_000) {
            self.say(path, format!("{duration:?} is finer than a millisecond"), "give whole milliseconds");
        }
    }
    /// A duration that must be something.
    fn some_duration(&mut self, path: String, duration: Duration, example: &str) {
        if duration.is_zero() {
            self.say(path, "it is no time at all", format!("give one, as \"{example}\""));
        } else {
            self.duration(path, duration);
        }
    }
    /// A name that must be among those of `kind`.
    fn reference<'n>(&mut self, path: String, kind: &str, name: &str, known: impl IntoIterator<Item = &'n str>) {
        let known: Vec<&str> = known.into_iter().collect();
        if name.is_empty() {
            self.say(path, format!("it names no {kind}"), choose(&known, kind));
        } else if !known.contains(&name) && !known.contains(&"") {
            // One without a name, which is a problem of its own, may be the one that is meant.
            let fix = match suggest(name, known.iter().copied()) {
                Some(word) => format!("did you mean {word:?}?"),
                None => choose(&known, kind),
            };
            self.say(path, format!("there is no {kind} {name:?}"), fix);
        }
    }
    fn pool_names(&self) -> Vec<String> {
        self.site.pools.iter().map(|pool| pool.name.to_string()).collect()
    }
    fn balancer_names(&self) -> Vec<String> {
        self.site.balancers.iter().map(|balancer| balancer.name.to_string()).collect()
    }
}

fn choose(known: &[&str], kind: &str) -> String {
    let named: Vec<String> = known.iter().filter(|name| !name.is_empty()).map(|name| format!("{name:?}")).collect();
    match named.is_empty() {
        true => format!("declare a {kind} and name it"),
        false => format!("name one of {}", named.join(", ")),
    }
}
