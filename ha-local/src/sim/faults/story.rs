//! What is told of a fault when it begins and when it ends, for people.

use super::{
    Faults,
    injected::Injected,
    strike::{Controller, Operator, Strike, Zone},
    whom::Whom,
};
use ha_core::topology::ValidTopology;

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
            Strike::Instances(..) => self.words.replace("{who}", &who()),
            Strike::Zone(whom, _) if whom.is_some_of() => format!("{}: {}", self.zone_phrases().0, who()),
            Strike::Zone(whom, _) => format!("{} {}", place(whom, zones), self.zone_phrases().0),
            Strike::Controller(Controller::Down) => "our loop is dead".into(),
            Strike::Controller(Controller::Pause) => "our loop stops in the middle of what it does".into(),
            Strike::Controller(Controller::Second) => "a second loop runs with the topology of the start".into(),
            Strike::Operator(operator) => self.wish(operator, zones, names),
            Strike::Link(..) | Strike::Boot(..) | Strike::Capacity(..) | Strike::Api(..) => self.words.clone(),
            Strike::Balancer(..) | Strike::Dns(..) | Strike::Store(_) | Strike::Release(..) => self.words.clone(),
            Strike::Clock(_) | Strike::Call(..) | Strike::View(..) | Strike::Metrics(..) => self.words.clone(),
        }
    }
    /// What is told when its cause is gone.
    pub(super) fn is_gone(&self, zones: &[String]) -> String {
        match &self.strike {
            Strike::Zone(whom, _) if !whom.is_some_of() => format!("{} {}", place(whom, zones), self.zone_phrases().1),
            Strike::Controller(Controller::Down) => "our loop starts again, without memory".into(),
            Strike::Controller(Controller::Pause) => "our loop goes on with what it knew".into(),
            Strike::Controller(Controller::Second) => "the second loop is gone".into(),
            Strike::Instances(..) | Strike::Zone(..) | Strike::Link(..) | Strike::Boot(..) => self.over.clone(),
            Strike::Capacity(..) | Strike::Api(..) | Strike::Balancer(..) | Strike::Dns(..) => self.over.clone(),
            Strike::Store(_) | Strike::Release(..) | Strike::Clock(_) | Strike::Operator(_) => self.over.clone(),
            Strike::Call(..) | Strike::View(..) | Strike::Metrics(..) => self.over.clone(),
        }
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
            Operator::Evacuate(meant) => format!("zone {} is to be emptied", named(meant)),
            Operator::Reopen(meant) => format!("zone {} may be used again", named(meant)),
            Operator::Release(_) => format!("a new release of {} is asked for", self.whom),
            Operator::Resize(_, most) => format!("{most} instances of {} are asked for", self.whom),
            Operator::Hold(_) => format!("to be pulled out: {}", some(names, &self.target)),
            Operator::PutBack(_) => format!("to be put back: {}", some(names, &self.target)),
            Operator::MinimumUnset(_) => format!("{} is asked for without its minimum", self.whom),
            Operator::Remove(_) => format!("{} is to be removed", self.whom),
        }
    }
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
