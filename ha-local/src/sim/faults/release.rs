//! Faults of releases: the one that is asked for when they strike, or one by name whenever it runs.

use super::strike::{Bad, Runs};
use crate::sim::{engine::queue::FaultStage, world::World};
use ha_core::{
    backend::state::InstancePhase,
    name::{PoolName, Release},
    time::Timestamp,
};
use std::collections::BTreeMap;

impl World {
    /// Finds out which releases are bad; those of `pool:web` are asked for now.
    pub(super) fn release_turns_bad(&mut self, index: usize, runs: &Runs, bad: Bad) {
        match (runs, bad) {
            (Runs::New(pool, _), Bad::Latent(_)) => {
                self.faults.all[index].memory.runs = self.in_service(pool.as_ref());
            }
            (Runs::New(pool, _), Bad::OneWay) => {
                let asked = self.ask_for_releases(index, pool.as_ref());
                let memory = &mut self.faults.all[index].memory;
                memory.replaced = asked.iter().map(|(pool, _, before)| (pool.clone(), before.clone())).collect();
                memory.runs = asked.into_iter().map(|(pool, release, _)| (pool, release)).collect();
            }
            (Runs::New(pool, _), _) => {
                let asked = self.ask_for_releases(index, pool.as_ref());
                self.faults.all[index].memory.runs =
                    asked.into_iter().map(|(pool, release, _)| (pool, release)).collect();
            }
            (Runs::Named(_), Bad::Crashes(after) | Bad::Leaks(after)) => self.doom_the_living(index, after),
            // What runs already is struck as it is.
            (Runs::Named(_), _) => {}
        }
    }
    /// The release that most instances of each pool run; of several, the first by name.
    fn in_service(&self, pool: Option<&PoolName>) -> Vec<(PoolName, Release)> {
        let mut counts: BTreeMap<&PoolName, BTreeMap<&Release, usize>> = BTreeMap::new();
        let machines = self.cloud.machines();
        for machine in machines.iter().filter(|machine| pool.is_none_or(|pool| pool == machine.pool)) {
            *counts.entry(machine.pool).or_default().entry(machine.release).or_default() += 1;
        }
        let most = |releases: &BTreeMap<&Release, usize>| {
            let most = releases.values().max().copied()?;
            releases.iter().find(|(_, count)| **count == most).map(|(release, _)| (*release).clone())
        };
        counts.iter().filter_map(|(pool, releases)| Some(((*pool).clone(), most(releases)?))).collect()
    }
    /// Instances that run the release when it turns bad die as well, so long after they became able to serve.
    fn doom_the_living(&mut self, index: usize, after: std::time::Duration) {
        let machines = self.cloud.machines();
        let fault = &mut self.faults.all[index];
        let doomed = machines.iter().filter(|machine| fault.strikes(&super::whom::subject(machine)));
        let doomed: Vec<(u32, Timestamp)> =
            doomed.filter_map(|machine| Some((machine.number, machine.served? + after))).collect();
        self.faults.all[index].memory.picked = doomed.iter().map(|(machine, _)| *machine).collect();
        for (nth, (_, dies)) in doomed.iter().enumerate() {
            self.push_stage(index, (*dies).max(self.now), FaultStage::Strike(super::stage::turn(nth)));
        }
    }
    /// Whether a release whose schema is one-way has served, so that the ones before it answer 5xx from now on.
    pub(super) fn has_served(&mut self, index: usize) -> bool {
        let machines = self.cloud.machines();
        let fault = &self.faults.all[index];
        if !fault.memory.spoiled.is_empty() {
            return true;
        }
        let serves = |machine: &&crate::sim::cloud::Machine<'_>| {
            machine.phase == InstancePhase::Ready && fault.is_bad_release(&super::whom::subject(machine))
        };
        let serving: Vec<&PoolName> = machines.iter().filter(serves).map(|machine| machine.pool).collect();
        let before = fault.memory.replaced.iter().filter(|(pool, _)| serving.contains(&pool)).cloned();
        let others = machines.iter().filter(|machine| {
            fault.memory.runs.is_empty()
                && serving.contains(&machine.pool)
                && !fault.is_bad_release(&super::whom::subject(machine))
        });
        let others = others.map(|machine| (machine.pool.clone(), machine.release.clone()));
        let mut spoiled: Vec<(PoolName, Release)> = before.chain(others).collect();
        spoiled.sort();
        spoiled.dedup();
        let served = !spoiled.is_empty();
        if served {
            self.tell_of(index, "the new release has changed the schema: the one before it answers 5xx".into());
        }
        self.faults.all[index].memory.spoiled = spoiled;
        served
    }
}
