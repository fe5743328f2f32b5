//! Checks a DNS record.

use super::Check;
use crate::topology::{Dns, Endpoint, Exposure, RecordKind};
use std::collections::BTreeSet;

impl Check<'_> {
    pub(super) fn dns(&mut self, path: &str, dns: &Dns) {
        self.dns_name(format!("{path}.name"), dns.name.as_str());
        if self.site.dns.iter().filter(|other| other.name == dns.name).count() > 1 && path.ends_with(']') {
            let what = format!("another record is called {:?} too", dns.name.as_str());
            self.say(format!("{path}.name"), what, "make them one, with kind = \"weighted\" or \"failover\"");
        }
        self.some_duration(format!("{path}.ttl"), dns.ttl, "60s");
        match &dns.kind {
            RecordKind::Alias { to } => self.alias(format!("{path}.to"), to),
            RecordKind::Weighted { answers } => {
                let at = format!("{path}.to");
                if answers.is_empty() {
                    self.say(at.clone(), "it stands for nothing", "name at least two, each with its weight");
                } else if answers.iter().all(|answer| answer.weight == 0) {
                    self.say(at.clone(), "all weights are 0, so nothing is answered", "give one a weight above 0");
                }
                let mut seen = BTreeSet::new();
                for (index, answer) in answers.iter().enumerate() {
                    let at = format!("{at}[{index}]");
                    if seen.insert(&answer.to) || answer.to == Endpoint::Balancer("".into()) {
                        self.endpoint(at, &answer.to);
                    } else {
                        self.say(at, "this is there twice", "leave one out and add up the weights");
                    }
                }
            }
            RecordKind::Failover { primary, secondary } => {
                self.endpoint(format!("{path}.primary"), primary);
                if primary == secondary && *primary != Endpoint::Balancer("".into()) {
                    let what = "it is the primary again, so there is nothing to fail over to";
                    self.say(format!("{path}.secondary"), what, "name another one");
                } else {
                    self.endpoint(format!("{path}.secondary"), secondary);
                }
            }
            RecordKind::RoundRobin { to } => {
                self.endpoint(format!("{path}.to"), &Endpoint::Pool(to.clone()));
            }
        }
    }

    fn alias(&mut self, path: String, to: &Endpoint) {
        let balancers = self.balancer_names();
        let known = balancers.iter().map(String::as_str);
        match to {
            Endpoint::Balancer(name) => self.reference(path, "balancer", name.as_str(), known),
            Endpoint::Pool(name) => {
                let what = format!("{name} is a pool, and an alias stands for a balancer");
                self.say(path, what, "name a balancer, or set kind = \"round_robin\"");
            }
        }
    }

    fn endpoint(&mut self, path: String, to: &Endpoint) {
        let pools = self.pool_names();
        match to {
            Endpoint::Balancer(name) => self.tier(path, name.as_str(), None),
            Endpoint::Pool(name) if !pools.iter().any(|pool| pool == name.as_str()) => {
                self.reference(path, "pool", name.as_str(), pools.iter().map(String::as_str));
            }
            Endpoint::Pool(name) => match self.site.network.instances {
                Exposure::Public => {}
                Exposure::Private => {
                    let what = format!("the instances of {name} have no addresses in the world");
                    self.say(path, what, "put a balancer before them, or set network.instances = \"public\"");
                }
            },
        }
    }
}
