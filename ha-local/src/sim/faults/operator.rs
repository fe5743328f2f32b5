//! What somebody asks of the library, as a changed topology.

use super::strike::Operator;
use crate::sim::{
    engine::trace::{Lane, Weight},
    world::World,
};
use ha_core::{
    backend::Resource,
    name::{InstanceId, PoolName, Release, ZoneName},
    topology::{Capacity, Hold, HoldMode, Pool, Topology, ValidTopology},
};

impl World {
    pub(super) fn operator_asks(&mut self, index: usize, operator: &Operator) {
        match operator {
            Operator::Evacuate(zones) => {
                let zones = self.named_zones(zones);
                self.ask(index, |site| {
                    site.closed.extend(zones);
                    site.closed.sort();
                    site.closed.dedup();
                });
            }
            Operator::Reopen(zones) => {
                let zones = self.named_zones(zones);
                self.ask(index, |site| site.closed.retain(|zone| !zones.contains(zone)));
            }
            Operator::Release(pool) => {
                self.ask_for_releases(index, pool.as_ref());
            }
            Operator::Resize(pool, most) => {
                self.ask(index, |site| each(site, pool.as_ref(), |pool| pool.capacity = Capacity::Fixed(*most)));
            }
            Operator::Hold(_) => {
                let held = self.picked_names(index);
                self.ask(index, |site| hold(site, &held));
            }
            Operator::PutBack(_) => {
                let back = self.picked_names(index);
                self.ask(index, |site| {
                    each(site, None, |pool| pool.hold.retain(|hold| !back.iter().any(|(_, id)| *id == hold.instance)));
                });
            }
            Operator::MinimumUnset(pool) => {
                self.ask(index, |site| each(site, pool.as_ref(), |pool| pool.size.min = 0));
            }
            Operator::Remove(pool) => {
                let gone = |name: &PoolName| pool.as_ref().is_none_or(|pool| pool == name);
                self.ask(index, |site| site.pools.retain(|pool| !gone(&pool.name)));
            }
        }
    }
    /// Asks for a new release of a pool, or of every one; answers for each the new one and the one before.
    pub(super) fn ask_for_releases(
        &mut self,
        index: usize,
        pool: Option<&PoolName>,
    ) -> Vec<(PoolName, Release, Release)> {
        let wanted = self.wanted.topology();
        let pools = wanted.pools.iter().filter(|it| pool.is_none_or(|pool| *pool == it.name));
        let old: Vec<(PoolName, Release)> = pools.map(|pool| (pool.name.clone(), pool.release.clone())).collect();
        let mut asked = Vec::new();
        for (pool, before) in old {
            let count = self.faults.releases.entry(pool.clone()).or_default();
            *count += 1;
            let base = before.as_str().split('+').next().unwrap_or_default();
            let release = Release::from(format!("{base}+{count}"));
            asked.push((pool, release, before));
        }
        let change = |site: &mut Topology| {
            for (name, release, _) in &asked {
                each(site, Some(name), |pool| pool.release = release.clone());
            }
        };
        if self.ask(index, change) {
            let names: Vec<String> =
                asked.iter().map(|(pool, release, _)| format!("release {release} of pool {pool}")).collect();
            let cause = self.faults.all[index].told;
            self.tell(Lane::Fault, Weight::Detail, format!("it is called {}", names.join(", ")), cause);
            asked
        } else {
            Vec::new()
        }
    }
    /// Wants a changed topology from now on, or says why it cannot be; answers whether it can.
    fn ask(&mut self, index: usize, change: impl FnOnce(&mut Topology)) -> bool {
        let mut topology = self.wanted.topology().clone();
        change(&mut topology);
        if topology == *self.wanted.topology() {
            self.tell_of(index, "it is so already: nothing changes".into());
            return false;
        }
        topology.generation += 1;
        self.faults.all[index].count(1);
        match topology.validate() {
            Ok(changed) => {
                self.lead_on(index, &changed);
                self.wanted = if self.wanted.is_removed() { changed.removed() } else { changed };
                if self.without_loop {
                    let changed = self.wanted.clone();
                    self.by_hand(&changed);
                }
                true
            }
            Err(problems) => {
                let why: Vec<String> = problems.0.iter().map(ToString::to_string).collect();
                self.tell_of(index, format!("it is refused: {}", why.join("; ")));
                false
            }
        }
    }
    /// What our loop does next to what is wanted otherwise, it does for this.
    fn lead_on(&mut self, index: usize, changed: &ValidTopology) {
        let Some(told) = self.faults.all[index].told else { return };
        let (before, after) = (self.wanted.topology(), changed.topology());
        let moved = before.closed != after.closed;
        let pools = after.pools.iter().filter(|pool| moved || !before.pools.contains(pool));
        let mut touched: Vec<String> = pools.map(|pool| Resource::Pool(pool.name.clone()).to_string()).collect();
        let balancers = after.balancers.iter().filter(|_| moved);
        touched.extend(balancers.map(|balancer| Resource::Balancer(balancer.name.clone()).to_string()));
        for resource in touched {
            self.wishes.insert(resource, told);
        }
    }
    fn named_zones(&self, zones: &[u8]) -> Vec<ZoneName> {
        let all = &self.wanted.topology().zones;
        zones.iter().filter_map(|zone| all.get(usize::from(*zone))).cloned().collect()
    }
    /// The machines that a fault picked, by pool and name.
    fn picked_names(&self, index: usize) -> Vec<(PoolName, InstanceId)> {
        let picked = &self.faults.all[index].memory.picked;
        let machines = self.cloud.machines();
        let meant = machines.iter().filter(|machine| picked.contains(&machine.number));
        meant.map(|machine| (machine.pool.clone(), machine.name.clone())).collect()
    }
}

/// Changes a pool, or every one.
fn each(site: &mut Topology, pool: Option<&PoolName>, mut change: impl FnMut(&mut Pool)) {
    site.pools.iter_mut().filter(|it| pool.is_none_or(|pool| *pool == it.name)).for_each(&mut change);
}

fn hold(site: &mut Topology, held: &[(PoolName, InstanceId)]) {
    for (pool, instance) in held {
        each(site, Some(pool), |pool| {
            if !pool.hold.iter().any(|hold| hold.instance == *instance) {
                pool.hold.push(Hold { instance: instance.clone(), mode: HoldMode::default() });
            }
        });
    }
}
