//! Whether a scenario fits a topology: every selector matches something, and every need is there.

use super::{
    Amount, Fault, LinkEnd, Need, Scenario, Selector, Subject, event, hint::did_you_mean, needs, record::under,
};
use crate::{
    name::ZoneName,
    time,
    topology::{Capacity, Pool, Topology},
    validate::Problem,
};
use std::time::Duration;

impl Scenario {
    /// Every reason why the scenario cannot run on this site, for a run of this length; none: it can.
    pub fn check(&self, site: &Topology, length: Option<Duration>) -> Vec<Problem> {
        let lacking = self.needs.iter().filter_map(|need| lacks(site, need));
        let mut problems: Vec<Problem> = lacking.map(|what| Problem::new("needs", what, "")).collect();
        let end = self.length.or(length);
        for (index, fault) in self.events.iter().enumerate() {
            let mut found = fault.check(site);
            if let Some(end) = end.filter(|end| fault.at > *end) {
                found.push(Problem::new("at", format!("is after the run's length of {}", time::show(end)), ""));
            }
            problems.extend(found.into_iter().map(|problem| under(&format!("event {}", index + 1), problem)));
        }
        problems.into_iter().map(|problem| under(&self.id, problem)).collect()
    }
}

impl Fault {
    /// Every reason why the fault cannot strike this site: its parameters, its target, what it supposes.
    pub fn check(&self, site: &Topology) -> Vec<Problem> {
        let mut problems = self.check_itself();
        let unmatched = unmatched(site, &self.target);
        if unmatched.is_empty() {
            let supposed = needs::supposed_besides_zones(self.effect, &self.target);
            let lacking = supposed.iter().find_map(|need| lacks(site, need));
            problems.extend(lacking.map(|what| Problem::new("fault", format!("{}: {what}", self.effect), "")));
        }
        problems.extend(unmatched.into_iter().map(|what| Problem::new("where", what, "")));
        problems
    }

    /// What is wrong with the fault on any site; a fault that was read has no such problem.
    fn check_itself(&self) -> Vec<Problem> {
        let Ok(effect) = event::known_effect(Some(&self.effect.into())) else {
            return vec![Problem::new("fault", format!("unknown effect {:?}", self.effect), "")];
        };
        let unfit = event::unfit(effect, &self.target).into_iter().map(|what| Problem::new("where", what, ""));
        let once = self.lasts == super::Lasts::Once;
        let ends = (once == effect.lasts).then(|| {
            let what = if once { "missing (a duration or forever)" } else { "happens once and takes no `lasts`" };
            Problem::new("lasts", what, "")
        });
        let serde_json::Value::Object(mut given) = serde_json::json!(self.parameters) else { return Vec::new() };
        given.retain(|_, value| !value.is_null());
        let wrong =
            event::wrong_parameters(effect, &given).into_iter().map(|(name, what)| Problem::new(name, what, ""));
        unfit.chain(ends).chain(wrong).collect()
    }
}

/// The site's zone that is meant: by name, or of one letter by its place (`a` the first).
pub fn zone_of<'a>(site: &'a Topology, name: &str) -> Option<&'a ZoneName> {
    let by_place = || site.zones.get(usize::try_from(needs::place_of(name)?).ok()?);
    site.zones.iter().find(|zone| zone.as_str() == name).or_else(by_place)
}

/// What the site lacks of this need, if it lacks it.
fn lacks(site: &Topology, need: &Need) -> Option<String> {
    match need {
        Need::Zones(count) => {
            let zones = site.zones.len();
            (zones < *count as usize).then(|| format!("the topology has {zones} zones, not {count} or more"))
        }
        Need::Replicas(0) => None,
        Need::Replicas(count) => Some(format!("the topology lacks replicas:{count}")),
        Need::Dependency(name) => Some(format!("the topology lacks dependency:{name}")),
        Need::Tier(tier) => {
            let there = match tier.as_str() {
                "pool" => !site.pools.is_empty(),
                "balancer" => !site.balancers.is_empty(),
                "dns" => !site.dns.is_empty(),
                "scaling" => site.pools.iter().any(|pool| pool.capacity == Capacity::Scaled),
                "store" => true,
                _ => false,
            };
            (!there).then(|| format!("the topology lacks {tier}"))
        }
    }
}

/// The parts of the selector that match nothing in the topology.
fn unmatched(site: &Topology, target: &Selector) -> Vec<String> {
    let mut wrong: Vec<String> = needs::zones(target).into_iter().filter_map(|zone| no_such_zone(site, zone)).collect();
    let mut named: Vec<(&str, &str)> = target.pool.iter().map(|pool| ("pool", pool.as_str())).collect();
    match &target.what {
        Subject::Named(kind, name) => named.push((kind, name)),
        Subject::Link { from, to, .. } => {
            for end in [from, to] {
                match end {
                    LinkEnd::Named(kind, name) => named.push((kind, name)),
                    LinkEnd::Word(_) => {}
                }
            }
        }
        Subject::All
        | Subject::Users
        | Subject::Controller
        | Subject::Service(_)
        | Subject::Metric(_)
        | Subject::Call(..) => {}
    }
    wrong.extend(named.into_iter().filter_map(|(kind, name)| no_such(site, kind, name)));
    if let (true, Amount::Count(count)) = (wrong.is_empty(), target.amount) {
        let most = most_instances(site, target).filter(|most| *most < count);
        wrong.extend(most.map(|most| format!("there are at most {most} of \"{}\", not {count}", target.what)));
    }
    wrong
}

fn no_such_zone(site: &Topology, name: &str) -> Option<String> {
    let known: Vec<&str> = site.zones.iter().map(ZoneName::as_str).collect();
    zone_of(site, name).is_none().then(|| absent("zone", name, &known))
}

/// What to say if the site has nothing of this kind and name; instances and releases come and go, so any may be named.
fn no_such(site: &Topology, kind: &str, name: &str) -> Option<String> {
    let known: Vec<&str> = match kind {
        "zone" | "instance" | "release" => return None,
        "pool" => site.pools.iter().map(|pool| pool.name.as_str()).collect(),
        "balancer" => site.balancers.iter().map(|balancer| balancer.name.as_str()).collect(),
        "record" => site.dns.iter().map(|dns| dns.name.as_str()).collect(),
        "store" => vec!["*"],
        _ => Vec::new(),
    };
    let there = if name == "*" { !known.is_empty() } else { known.contains(&name) };
    (!there).then(|| absent(kind, name, &known))
}

fn absent(kind: &str, name: &str, known: &[&str]) -> String {
    match known {
        [] => format!("no {kind} in the topology"),
        _ => format!(
            "no {kind} {name:?} in the topology (has: {}){}",
            known.join(", "),
            did_you_mean(name, known.iter().copied())
        ),
    }
}

/// How many instances the selector can match at most, if that follows from the topology.
fn most_instances(site: &Topology, target: &Selector) -> Option<u32> {
    let in_zone = |pool: &Pool| {
        let zones =
            site.open_zones().filter(|zone| pool.placement.zones.is_empty() || pool.placement.zones.contains(zone));
        let zones = u32::try_from(zones.count()).unwrap_or(u32::MAX).max(1);
        instances(pool).div_ceil(zones)
    };
    let sum = |wanted: &str, narrow: bool| {
        let pools = site.pools.iter().filter(|pool| wanted == "*" || pool.name.as_str() == wanted);
        pools.map(|pool| if narrow { in_zone(pool) } else { instances(pool) }).fold(0, u32::saturating_add)
    };
    match &target.what {
        Subject::All => Some(sum("*", target.zone.is_some())),
        Subject::Named(kind, name) => match (kind.as_str(), name.as_str()) {
            ("pool", name) => Some(sum(name, target.zone.is_some())),
            ("zone", "*") => Some(sum("*", false)),
            ("zone", _) => Some(sum("*", true)),
            ("instance", "*") => Some(sum("*", target.zone.is_some())),
            ("instance", _) => Some(1),
            _ => None,
        },
        Subject::Users
        | Subject::Controller
        | Subject::Link { .. }
        | Subject::Service(_)
        | Subject::Metric(_)
        | Subject::Call(..) => None,
    }
}

fn instances(pool: &Pool) -> u32 {
    match pool.capacity {
        Capacity::Fixed(instances) => instances,
        Capacity::Scaled => pool.size.max,
    }
}
