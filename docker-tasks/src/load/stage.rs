//! The site that is put under load: made, changed, watched, removed.

use ha_core::{
    Controller, Topology, ValidTopology,
    backend::{
        Backend, Scope,
        state::{BalancerState, InstancePhase, InstanceState, Phase, PoolState, TargetHealth},
    },
    name::BalancerName,
    topology::{Capacity, Pool},
};
use ha_examples::docker::program::said;
use ha_local::docker::{
    Docker, Settings, Supervisor, balancer,
    lab::{run_name, run_place, sweep},
    settings::Program,
};
use std::{
    cell::Cell,
    collections::BTreeMap,
    convert::Infallible,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::time::sleep;

/// A busy machine is waited for so long, and then something is wrong.
const PATIENCE: Duration = Duration::from_secs(120);
/// Between two turns of our loop.
const PERIOD: Duration = Duration::from_millis(500);
/// What the keepers wait before they act on what they see, and before they try again.
const SHORT: Duration = Duration::from_secs(2);
/// Releases that never become ready, by number: one that was tried is rejected from then on.
pub fn stuck(number: u32) -> String {
    format!("stuck{number}")
}
const STUCK: u32 = 200;
/// What an instance works on a request, so that there is always something in flight.
const WORK: &str = "slow:20";

/// A site, what keeps it, and where its users enter.
pub struct Stage {
    /// The provider.
    pub docker: Arc<Docker>,
    /// Whose everything is.
    pub scope: Scope,
    /// Where users enter.
    pub entry: SocketAddr,
    /// How the site is wanted now.
    pub wanted: Topology,
    /// The number of the next request.
    pub next: u64,
    /// The number of the next release.
    pub release: u32,
    backend: Backend,
    supervisor: Supervisor,
    controller: Controller,
    place: PathBuf,
}

impl Stage {
    /// Makes the site of a topology's file: its first pool and its first balancer are what is looked at.
    pub async fn make(file: &Path) -> Result<Self, String> {
        let read = ValidTopology::load(file).map_err(|problems| problems.to_string())?;
        let scope = Scope { name: run_name("load"), id: "1".into() };
        let mut wanted = read.topology().clone().id(&scope.id);
        wanted.name.clone_from(&scope.name);
        let Some(front) = wanted.balancers.first().map(|front| front.name.clone()) else {
            return Err(format!("{}: users enter by a balancer, and there is none", file.display()));
        };
        let place = run_place("load");
        fs::create_dir_all(place.join("log")).map_err(|error| format!("{}: {error}", place.display()))?;
        let docker = Docker::connect(settings(&place)).await.map_err(|trouble| said(&trouble))?;
        sweep(&docker.engine).await.map_err(|trouble| said(&trouble))?;
        let supervisor = Supervisor::new(docker.clone(), |told| eprintln!("supervisor: {told}"));
        let backend = docker.backend();
        let controller = Controller::new(backend.clone(), "load".into()).period(PERIOD).patience(PATIENCE);
        let entry = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut stage =
            Self { docker, scope, entry, wanted, next: 0, release: 0, backend, supervisor, controller, place };
        match stage.begin(&front).await {
            Ok(()) => Ok(stage),
            Err(why) => Err(stage.end().await.err().map_or(why.clone(), |left| format!("{why}\n{left}"))),
        }
    }

    async fn begin(&mut self, front: &BalancerName) -> Result<(), String> {
        self.converge().await?;
        self.calm("the site is made").await?;
        let entry = balancer::entry(&self.docker, &self.scope, front).await;
        self.entry = entry.ok_or_else(|| format!("balancer {front} is entered nowhere"))?;
        Ok(())
    }

    /// The pool that is looked at, as it is wanted.
    pub fn pool(&mut self) -> &mut Pool {
        &mut self.wanted.pools[0]
    }

    /// How many instances are wanted.
    pub fn capacity(&self) -> u32 {
        match self.wanted.pools[0].capacity {
            Capacity::Fixed(count) => count,
            Capacity::Scaled => self.wanted.pools[0].size.min,
        }
    }

    /// Until an instance that does not answer is out, at the latest: the next check begins an interval after the end of the
    /// one before, whose time is over by then.
    pub fn detection(&self) -> Duration {
        let health = &self.wanted.balancers[0].health;
        (health.interval + health.timeout) * health.unhealthy
    }

    /// Lets our loop make the site as it is wanted.
    pub async fn converge(&mut self) -> Result<(), String> {
        let site = self.wanted.clone().validate().map_err(|problems| problems.to_string())?;
        self.controller.until_converged(&site).await.map(drop).map_err(|stalled| stalled.to_string())
    }

    /// The pool and the balancer as they are.
    pub async fn seen(&self) -> Result<(PoolState, BalancerState), String> {
        let (Some(pools), Some(balancers)) = (&self.backend.pool, &self.backend.balancer) else {
            return Err("this backend has no pools or no balancers".to_owned());
        };
        let (pool, front) = (&self.wanted.pools[0].name, &self.wanted.balancers[0].name);
        let seen = pools.observe(&self.scope).await.map_err(|error| error.to_string())?.state;
        let pool = seen.into_iter().find(|seen| seen.spec.name == *pool).ok_or("the pool is gone")?;
        let seen = balancers.observe(&self.scope).await.map_err(|error| error.to_string())?.state;
        let front = seen.into_iter().find(|seen| seen.spec.name == *front).ok_or("the balancer is gone")?;
        Ok((pool, front))
    }

    /// Waits until the pool and the balancer are so.
    pub async fn until(&self, what: &str, is: impl Fn(&PoolState, &BalancerState) -> bool) -> Result<(), String> {
        let begun = Instant::now();
        loop {
            let (pool, front) = self.seen().await?;
            if is(&pool, &front) {
                return Ok(());
            }
            if begun.elapsed() > PATIENCE {
                return Err(format!("never: {what}: {pool:#?} {:#?}", front.targets));
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until everybody who is wanted serves, nobody else is there, and the zones are even to within one.
    pub async fn calm(&self, what: &str) -> Result<(), String> {
        let (zones, count) = (self.wanted.zones.clone(), self.capacity() as usize);
        let is = |pool: &PoolState, front: &BalancerState| {
            let all = pool.instances.iter().all(|it| it.phase == InstancePhase::Ready) && pool.instances.len() == count;
            let healthy = front.targets.iter().all(|it| it.health == TargetHealth::Healthy);
            let of = |zone| pool.instances.iter().filter(|it| it.zone == zone).count();
            let spread = zones.iter().map(|zone| of(zone.clone()));
            let even = spread.clone().max().unwrap_or_default() - spread.min().unwrap_or_default() <= 1;
            all && even && healthy && front.targets.len() == count && front.phase == Phase::Active
        };
        self.until(what, is).await
    }

    /// Those that serve, the one that was launched last at the end.
    pub async fn serving(&self) -> Result<Vec<InstanceState>, String> {
        let mut serving = self.seen().await?.0.instances;
        serving.retain(|instance| instance.phase == InstancePhase::Ready);
        Ok(serving)
    }

    /// Who looks how many serve, while the stage is busy.
    pub fn eye(&self) -> Eye {
        Eye { backend: self.backend.clone(), scope: self.scope.clone(), front: self.wanted.balancers[0].name.clone() }
    }

    /// What instances wrote down of executed POSTs, all loads so far.
    pub fn log(&self) -> Result<String, String> {
        let place = self.place.join("log/posts");
        fs::read_to_string(&place).map_err(|error| format!("{}: {error}", place.display()))
    }

    /// Removes it.
    pub async fn end(self) -> Result<(), String> {
        let Self { mut controller, wanted, supervisor, place, docker, scope, .. } = self;
        let site = wanted.validate().map_err(|problems| problems.to_string())?;
        let gone = controller.until_converged(&site.removed()).await.map_err(|stalled| stalled.to_string());
        supervisor.stop().await.map_err(|trouble| said(&trouble))?;
        gone?;
        let left = docker.engine.list(&scope, None).await.map_err(|trouble| said(&trouble))?;
        if let Some(seen) = left.first() {
            return Err(format!("container {} is left", seen.name));
        }
        fs::remove_dir_all(&place).map_err(|error| format!("{}: {error}", place.display()))
    }
}

/// Looks how many serve.
pub struct Eye {
    backend: Backend,
    scope: Scope,
    front: BalancerName,
}

impl Eye {
    /// For ever: the fewest that the balancer had to send requests to.
    pub async fn watch(&self, fewest: &Cell<u32>) -> Infallible {
        loop {
            sleep(Duration::from_millis(100)).await;
            let Some(balancers) = &self.backend.balancer else { continue };
            // Whoever acts meets the same trouble, and tells it.
            let Ok(seen) = balancers.observe(&self.scope).await else { continue };
            for front in seen.state.iter().filter(|seen| seen.spec.name == self.front) {
                let healthy = front.targets.iter().filter(|it| it.health == TargetHealth::Healthy).count();
                fewest.set(fewest.get().min(u32::try_from(healthy).unwrap_or(u32::MAX)));
            }
        }
    }
}

fn settings(place: &Path) -> Settings {
    let mut settings = Settings::new(place.join("state"));
    let program = |fault: &str| Program {
        image: "ha-site/app:local".into(),
        command: None,
        environment: BTreeMap::from([
            ("SITE_LOG".to_owned(), "/data/posts".to_owned()),
            ("SITE_FAULT".to_owned(), fault.to_owned()),
        ]),
        mounts: BTreeMap::from([(place.join("log").display().to_string(), "/data".to_owned())]),
    };
    settings.releases.insert("*".into(), program(WORK));
    settings.releases.extend((0..STUCK).map(|number| (stuck(number), program("not-ready"))));
    settings.policy.patience = SHORT;
    settings.policy.back_off = SHORT;
    settings
}
