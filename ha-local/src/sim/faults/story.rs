//! What is told of a fault when it begins and when it ends, for people.

use super::{
    Faults,
    injected::Injected,
    strike::{Bad, Controller, Instances, Operator, Runs, Strike, Zone},
    whom::Whom,
};
use ha_core::{fault::effect, time::show, topology::ValidTopology};

/// So many machines are named; of the others, how many they are.
const NAMED: usize = 4;

impl Faults {
    /// The names of the zones, in the topology's order.
    pub(super) fn zone_names(&self) -> Vec<String> {
        let zones = self.site.as_ref().map(ValidTopology::topology).map(|site| &site.zones);
        zones.into_iter().flatten().map(ToString::to_string).collect()
    }
}

impl Injected {
    /// What is told when it begins; `names` are the machines that it picked.
    pub(super) fn begins(&self, zones: &[String], names: &[String]) -> String {
        let who = || some(names, &self.target);
        match &self.strike {
            Strike::Instances(_, instances) => match instances {
                Instances::Kill => format!("gone with memory and disks: {}", who()),
                Instances::Stop => format!("without power: {}", who()),
                Instances::Hang => format!("frozen: {}", who()),
                Instances::Slow(times) => format!("{times} times slower: {}", who()),
                Instances::Errors(rate) => format!("answering {}% of requests with 5xx: {}", rate * 100.0, who()),
                Instances::Isolate => format!("cut off from the network: {}", who()),
            },
            Strike::Zone(whom, _) if whom.is_some_of() => format!("{}: {}", self.zone_phrases().0, who()),
            Strike::Zone(whom, _) => format!("{} {}", place(whom, zones), self.zone_phrases().0),
            Strike::Controller(Controller::Down) => "our loop is dead".into(),
            Strike::Controller(Controller::Pause) => "our loop stops in the middle of what it does".into(),
            Strike::Controller(Controller::Second) => "a second loop runs with the topology of the start".into(),
            Strike::Operator(operator) => self.wish(operator, zones, names),
            Strike::Link(..) | Strike::Boot(..) | Strike::Capacity(..) | Strike::Api(..) => self.by_the_book(),
            Strike::Release(_, Bad::Latent(_)) => format!("what runs in {} {}", self.target, self.badness()),
            Strike::Release(Runs::New(..), _) => {
                format!("a bad release of {} comes: it {}", self.target, self.badness())
            }
            Strike::Release(Runs::Named(_), _) => format!("{} turns bad: it {}", self.target, self.badness()),
            Strike::Balancer(..) | Strike::Dns(..) | Strike::Store(_) => self.by_the_book(),
            Strike::Clock(_) | Strike::Call(..) | Strike::View(..) | Strike::Metrics(..) => self.by_the_book(),
        }
    }
    /// What is told when its cause is gone.
    pub(super) fn is_gone(&self, zones: &[String]) -> String {
        match &self.strike {
            Strike::Zone(whom, _) if !whom.is_some_of() => format!("{} {}", place(whom, zones), self.zone_phrases().1),
            Strike::Controller(Controller::Down) => "our loop starts again, without memory".into(),
            Strike::Controller(Controller::Pause) => "our loop goes on with what it knew".into(),
            Strike::Controller(Controller::Second) => "the second loop is gone".into(),
            Strike::Instances(..) | Strike::Zone(..) | Strike::Link(..) | Strike::Boot(..) | Strike::Capacity(..) => {
                self.is_over_by_the_book()
            }
            Strike::Api(..) | Strike::Balancer(..) | Strike::Dns(..) | Strike::Store(_) => self.is_over_by_the_book(),
            Strike::Release(..) | Strike::Clock(_) | Strike::Operator(_) => self.is_over_by_the_book(),
            Strike::Call(..) | Strike::View(..) | Strike::Metrics(..) => self.is_over_by_the_book(),
        }
    }
    fn by_the_book(&self) -> String {
        let does = effect(self.effect).map_or("", |effect| effect.does.as_str());
        format!("{} at {}: {does}", self.effect, self.target)
    }
    fn badness(&self) -> String {
        let Strike::Release(_, bad) = &self.strike else { return String::new() };
        match *bad {
            Bad::NeverReady => "never becomes ready".into(),
            Bad::Crashes(after) => format!("dies {} after it can serve", show(after)),
            Bad::Errors { rate, above_load } => {
                format!("answers {}% of requests with 5xx{}", rate * 100.0, only(above_load))
            }
            Bad::Slow { times, above_load } => format!("is {times} times slower{}", only(above_load)),
            Bad::Leaks(after) => format!("grows slower and dies {} after it can serve", show(after)),
            Bad::Latent(rate) => format!("answers {}% of requests with 5xx", rate * 100.0),
            Bad::OneWay => "leaves a schema with which the one before it cannot serve".into(),
        }
    }
    fn is_over_by_the_book(&self) -> String {
        format!("{} at {} is over", self.effect, self.target)
    }
    fn zone_phrases(&self) -> (&'static str, &'static str) {
        if matches!(self.strike, Strike::Zone(_, Zone::Power)) {
            ("loses power", "has power again")
        } else if matches!(self.strike, Strike::Zone(_, Zone::Network)) {
            ("is cut off from the network", "is connected again")
        } else {
            ("grows slow", "is as fast as before")
        }
    }
    fn wish(&self, operator: &Operator, zones: &[String], names: &[String]) -> String {
        let named = |meant: &[u8]| {
            let names = meant.iter().filter_map(|zone| zones.get(usize::from(*zone)).map(String::as_str));
            names.collect::<Vec<_>>().join(", ")
        };
        match operator {
            Operator::Evacuate(meant) => format!("asked for: empty zone {}", named(meant)),
            Operator::Reopen(meant) => format!("asked for: use zone {} again", named(meant)),
            Operator::Release(_) => format!("asked for: a new release of {}", self.target),
            Operator::Resize(_, most) => format!("asked for: {most} instances of {}", self.target),
            Operator::Hold(_) => format!("asked for: pull out {}", some(names, &self.target)),
            Operator::PutBack(_) => format!("asked for: put back {}", some(names, &self.target)),
            Operator::MinimumUnset(_) => format!("asked for: {} without its minimum", self.target),
            Operator::Remove(_) => format!("asked for: remove {}", self.target),
        }
    }
}

/// Above which utilisation it is so.
fn only(above_load: u32) -> String {
    if above_load == 0 { String::new() } else { format!(" above {}% load", f64::from(above_load) / 10.0) }
}

/// The machines by name, the rest by number; without any, the selector.
fn some(names: &[String], target: &str) -> String {
    match names.len() {
        0 => format!("nobody ({target} matches nothing now)"),
        count if count > NAMED => format!("{} and {} more", names[..NAMED].join(", "), count - NAMED),
        _ => names.join(", "),
    }
}

fn place(whom: &Whom, zones: &[String]) -> String {
    let meant = (0u8..).zip(zones).filter(|(zone, _)| whom.filter.holds_zone(*zone));
    let names: Vec<&str> = meant.map(|(_, name)| name.as_str()).collect();
    format!("zone {}", names.join(", "))
}
