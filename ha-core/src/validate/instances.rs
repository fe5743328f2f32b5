//! Checks that no two things of a site would be called the same once it has instances: they are called `POOL-ZONE-NUMBER`.

use super::{Check, paths};
use std::collections::BTreeMap;

impl Check<'_> {
    pub(super) fn names_of_instances(&mut self) {
        let site = self.site;
        let mut stems: BTreeMap<String, (&str, &str)> = BTreeMap::new();
        let pools = paths("pool", site.pools.iter().map(|pool| pool.name.as_str()));
        for (path, pool) in pools.iter().zip(&site.pools) {
            for zone in site.zones.iter().filter(|zone| pool.may_be_in(zone)) {
                let (name, zone) = (pool.name.as_str(), zone.as_str());
                let stem = format!("{name}-{zone}");
                let (other, there) = *stems.entry(stem.clone()).or_insert((name, zone));
                // The same pool or zone twice is a problem of its own.
                if other != name && there != zone {
                    let what = format!(
                        "instances of {name} in zone {zone} and of {other} in zone {there} would both be called {stem}-1"
                    );
                    self.say(format!("{path}.name"), what, "give one of the pools another name");
                }
            }
        }
        let balancers = paths("balancer", site.balancers.iter().map(|balancer| balancer.name.as_str()));
        for (path, balancer) in balancers.iter().zip(&site.balancers) {
            let numbered = balancer.name.as_str().rsplit_once('-');
            let (stem, _) = numbered.filter(|(_, number)| number.parse::<u64>().is_ok()).unwrap_or_default();
            if let Some((pool, zone)) = stems.get(stem) {
                let what = format!("an instance of pool {pool} in zone {zone} may be called {} too", balancer.name);
                self.say(format!("{path}.name"), what, "give it another name, without the number");
            }
        }
    }
}
