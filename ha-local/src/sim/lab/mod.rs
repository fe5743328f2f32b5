//! The simulator as a laboratory of the conformance suite: each case runs in a world of its own, as a task of it.

mod bench;
mod plant;

use super::{Profile, Sim, Simulation, Workload, cloud::Broken, starter::LoopSetup, workload::Users};
use bench::Bench;
use ha_core::{
    conformance::{Case, Material, Patience, Verdict, run_case},
    topology::{Balancer, Dns, Pool, Topology, ValidTopology},
};
use std::time::Duration;

/// Runs cases of the conformance suite on the simulator.
#[derive(Clone, Debug)]
pub struct SimLab {
    profile: Profile,
    patience: Patience,
    broken: Broken,
    seed: u64,
}

impl SimLab {
    /// A laboratory whose provider behaves so, with patience for this profile's longest boots, drains and caches.
    pub fn new(profile: Profile) -> Self {
        let slow = profile.boot.ready.mean() > Duration::ZERO;
        let [poll, calm, limit] = if slow { [10, 360, 14_400] } else { [10, 120, 1800] }.map(Duration::from_secs);
        Self { profile, patience: Patience { poll, calm, limit }, broken: Broken::default(), seed: 1 }
    }
    /// The same with just this clause broken on purpose, as `port.clause`.
    pub fn breaking(self, clause: &str) -> Self {
        Self { broken: Broken::just(clause), ..self }
    }
    /// The same with other chance.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }
    /// Runs one case in an empty world and says how it ended.
    pub fn run(&self, case: &'static Case) -> Verdict {
        let mut simulation = match self.world() {
            Ok(simulation) => simulation,
            Err(problem) => return Verdict::Failed(problem),
        };
        let patience = self.patience;
        // A case waits for a dozen things at most, each as long as patience lasts.
        let ended = simulation.block_on("case", patience.limit * 24, move |caller| async move {
            run_case(case, &Bench::new(caller, patience)).await
        });
        ended.unwrap_or_else(|stuck| Verdict::Failed(stuck.to_string()))
    }
    /// A world without anything, in which nobody runs our loop.
    fn world(&self) -> Result<Simulation, String> {
        let site = site().map_err(|problems| problems.to_string())?;
        let workload = Workload { users: users(), ..Workload::default() };
        let mut sim = Sim::new(&site, self.seed).profile(self.profile.clone()).workload(workload).from_nothing();
        let mut world = sim.world().map_err(|problems| problems.to_string())?;
        world.cloud.broken = self.broken.clone();
        // What the cases wish is no site, so that no site's invariants are kept.
        world.watch.on = false;
        Ok(Simulation::new(world, LoopSetup::default()))
    }
}

/// Each user has a cache of his own and opens a connection for each request, which is waited for and tried once.
fn users() -> Users {
    let minute = Duration::from_secs(60);
    Users {
        population: 1 << 12,
        resolvers: 1 << 14,
        deadline: minute,
        patience: minute,
        retries: 0,
        keep_alive: Duration::ZERO,
        ..Users::default()
    }
}

/// What the suite's cases name, so that faults can be checked against it; nobody makes it.
fn site() -> Result<ValidTopology, ha_core::validate::Problems> {
    let material = Material::default();
    let mut site = Topology::new("conformance").zones(material.zones.iter().map(|zone| zone.as_str()));
    for name in ["web", "web-one", "web-two", "blue", "green"] {
        let release = material.releases[0].as_str();
        site =
            site.with(Pool::new(name).release(release).size(1..=20).capacity(3).ready("/ready", material.boot.budget));
    }
    for (name, pool) in [("front", "web"), ("one", "web-one"), ("two", "web-two")] {
        site = site.with(Balancer::http(name).to(pool));
    }
    site.with(Dns::apex(&material.domain).to("front")).validate()
}
