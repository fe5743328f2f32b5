//! Checks what concerns the site as a whole: names, zones, network.

use super::{Check, paths};
use crate::topology::{Allow, Party};
use std::collections::{BTreeMap, BTreeSet};

impl Check<'_> {
    pub(super) fn site(&mut self) {
        let site = self.site;
        self.name("name".into(), &site.name);
        if let Some(id) = &site.id {
            self.word("id".into(), id, "shop-7f3a");
        }
        self.zones();
        self.tier_names();
        self.names_of_instances();
        for (index, allow) in site.network.allow.iter().enumerate() {
            self.allow(&format!("network.allow[{index}]"), allow);
        }
    }

    fn zones(&mut self) {
        let site = self.site;
        if site.zones.is_empty() {
            self.say("zones", "the site has no zone", "name at least one, better three, as [\"a\", \"b\", \"c\"]");
            return;
        }
        let mut seen = BTreeSet::new();
        for (index, zone) in site.zones.iter().enumerate() {
            self.name(format!("zones[{index}]"), zone.as_str());
            if !seen.insert(zone) && !zone.as_str().is_empty() {
                self.say(format!("zones[{index}]"), format!("zone {zone} is there twice"), "leave one out");
            }
        }
        self.some_of_the_zones("closed", &site.closed);
        if site.open_zones().next().is_none() {
            self.say("closed", "every zone is closed, so there is nowhere to be", "leave at least one open");
        }
    }

    /// Zones that must be zones of the site, each once.
    pub(super) fn some_of_the_zones(&mut self, path: &str, zones: &[crate::name::ZoneName]) {
        let site = self.site;
        let mut seen = BTreeSet::new();
        for (index, zone) in zones.iter().enumerate() {
            let path = format!("{path}[{index}]");
            if !seen.insert(zone) && !zone.as_str().is_empty() {
                self.say(path, format!("zone {zone} is there twice"), "leave one out");
            } else if !site.zones.is_empty() {
                self.reference(path, "zone", zone.as_str(), site.zones.iter().map(|zone| zone.as_str()));
            }
        }
    }

    /// Pools and balancers share one space of names, so that a name alone says which tier is meant.
    fn tier_names(&mut self) {
        let site = self.site;
        let pools: Vec<&str> = site.pools.iter().map(|pool| pool.name.as_str()).collect();
        let balancers: Vec<&str> = site.balancers.iter().map(|balancer| balancer.name.as_str()).collect();
        let mut seen = BTreeMap::new();
        for (kind, names) in [("pool", pools), ("balancer", balancers)] {
            for (path, name) in paths(kind, names.iter().copied()).into_iter().zip(names) {
                self.name(format!("{path}.name"), name);
                if name == "world" {
                    self.say(format!("{path}.name"), "\"world\" means everybody outside", "give it another name");
                }
                if let Some(other) = seen.insert(name, kind).filter(|_| !name.is_empty()) {
                    let what = format!("another {other} is called {name:?} too");
                    self.say(format!("{path}.name"), what, "give one of them another name");
                }
            }
        }
    }

    fn allow(&mut self, path: &str, allow: &Allow) {
        for (key, party) in [("from", &allow.from), ("to", &allow.to)] {
            self.party(format!("{path}.{key}"), party);
        }
        if allow.to == Party::World {
            self.say(format!("{path}.to"), "the way out into the world is not one of these", "say it with network.nat");
        }
        if allow.port == 0 {
            self.say(format!("{path}.port"), "0 is not a port", "give one from 1 to 65535");
        }
        if allow.from == allow.to && matches!(allow.from, Party::Balancer(_)) {
            self.say(path, "a balancer does not ask itself", "leave it out");
        }
    }

    fn party(&mut self, path: String, party: &Party) {
        match party {
            Party::World => {}
            Party::Balancer(name) => self.tier(path, name.as_str(), Some("world")),
            Party::Pool(name) => {
                let pools = self.pool_names();
                self.reference(path, "pool", name.as_str(), pools.iter().map(String::as_str));
            }
        }
    }

    /// A name that must be a balancer's. In a file no pool has it either, and both were possible.
    pub(super) fn tier(&mut self, path: String, name: &str, also: Option<&str>) {
        let (balancers, pools) = (self.balancer_names(), self.pool_names());
        if balancers.iter().any(|known| known == name) {
            return;
        }
        if pools.iter().any(|known| known == name) {
            self.say(path, format!("{name:?} is a pool and not a balancer"), "name it as a pool");
        } else if also == Some(name) {
            self.say(path, format!("{name:?} is no balancer"), format!("name it as the {name}"));
        } else {
            let known = balancers.iter().chain(&pools).map(String::as_str).chain(also);
            self.reference(path, "balancer or pool", name, known);
        }
    }
}
