//! A balancer of containers under load loses nothing while all that is behind it is exchanged. Run with one test thread.
#![cfg(feature = "docker")]

use ha_core::{
    backend::{
        Backend, Refill, Scope,
        spec::{BalancerSpec, Marks, NetworkSpec, PoolSpec},
        state::{BalancerState, InstancePhase, Phase, PoolState, TargetHealth},
    },
    topology::{
        Algorithm, Boot, Capacity, ClientAddress, Exposure, Guards, HealthCheck, HoldMode, Listener, Nat, Protocol,
        Route, Size,
    },
};
use ha_local::docker::{
    Docker, Settings, Supervisor, balancer, called,
    image::APP,
    lab::{
        load::{Load, Mix},
        run_name, run_place, sweep,
    },
    settings::Program,
};
use std::{collections::BTreeMap, fs, future::Future, path::PathBuf, sync::Arc, time::Duration};
use tokio::time::{Instant, sleep};

const PATIENCE: Duration = Duration::from_secs(120);

/// A site of one pool behind one balancer, and what keeps it.
struct Site {
    docker: Arc<Docker>,
    backend: Backend,
    scope: Scope,
    directory: PathBuf,
    supervisor: Supervisor,
}

impl Site {
    async fn new(test: &str) -> Self {
        let directory = run_place(test);
        let log = directory.join("log");
        fs::create_dir_all(&log).unwrap();
        let program = Program {
            image: format!("{APP}:{{release}}"),
            command: None,
            environment: BTreeMap::from([("SITE_LOG".into(), "/data/posts".into())]),
            mounts: BTreeMap::from([(log.display().to_string(), "/data".into())]),
        };
        let mut settings = Settings::new(directory.join("state"));
        settings.releases.insert("*".into(), program);
        let docker = Docker::connect(settings).await.expect("an engine answers");
        sweep(&docker.engine).await.expect("what earlier runs left is removed");
        let supervisor = Supervisor::new(docker.clone(), |told| eprintln!("supervisor: {told}"));
        let scope = Scope { name: run_name(test), id: "1".into() };
        let site = Self { backend: docker.backend(), docker, scope, directory, supervisor };
        let zones = vec!["a".into(), "b".into()];
        let spec = NetworkSpec { zones, instances: Exposure::Private, nat: Nat::None, allow: Vec::new() };
        site.backend.network.as_ref().unwrap().ensure(&site.scope, &spec).await.unwrap();
        site.pool("r1", 3).await;
        site.balancer(&[80]).await;
        site.until("three healthy targets", 3, "r1").await;
        site
    }

    async fn pool(&self, release: &str, count: u32) {
        let spec = PoolSpec {
            name: "web".into(),
            release: release.into(),
            bounds: Size { min: 1, max: 9 },
            capacity: Capacity::Fixed(count),
            zones: vec!["a".into(), "b".into()],
            max_skew: 1,
            boot: boot(),
            guards: Guards::default(),
            drain: Duration::ZERO,
            marks: Marks { stable: release.into(), candidate: None, rejected: Vec::new() },
        };
        self.backend.pool.as_ref().unwrap().ensure(&self.scope, &spec).await.unwrap();
    }

    async fn balancer(&self, ports: &[u16]) {
        let listen = |port: &u16| Listener { port: *port, protocol: Protocol::Http };
        let spec = BalancerSpec {
            name: "front".into(),
            zones: vec!["a".into(), "b".into()],
            listeners: ports.iter().map(listen).collect(),
            routes: vec![Route { pool: "web".into(), weight: 100 }],
            health: HealthCheck {
                interval: Duration::from_millis(500),
                timeout: Duration::from_millis(500),
                healthy: 2,
                unhealthy: 2,
            },
            ready: vec![boot()],
            algorithm: Algorithm::RoundRobin,
            sticky: None,
            drain: Duration::from_secs(20),
            slow_start: None,
            client_address: ClientAddress::ForwardedFor,
            fail_open: None,
        };
        let port = self.backend.balancer.as_ref().unwrap();
        assert_eq!(port.check(&spec), []);
        port.ensure(&self.scope, &spec).await.unwrap();
    }

    async fn seen(&self) -> (PoolState, BalancerState) {
        let pools = self.backend.pool.as_ref().unwrap().observe(&self.scope).await.unwrap().state;
        let balancers = self.backend.balancer.as_ref().unwrap().observe(&self.scope).await.unwrap().state;
        (pools[0].clone(), balancers[0].clone())
    }

    /// Waits until so many instances, all of this release, are ready and healthy, and nobody else is there.
    async fn until(&self, what: &str, count: usize, release: &str) -> PoolState {
        let begun = Instant::now();
        loop {
            let (pool, front) = self.seen().await;
            let ready = |phase| phase == InstancePhase::Ready;
            let all = pool.instances.iter().all(|it| ready(it.phase) && it.release.as_str() == release);
            let healthy = front.targets.iter().filter(|target| target.health == TargetHealth::Healthy).count();
            let there = [pool.instances.len(), healthy, front.targets.len()] == [count; 3];
            if all && there && front.phase == Phase::Active {
                return pool;
            }
            assert!(begun.elapsed() < PATIENCE, "never: {what}: {pool:?} {front:?}");
            sleep(Duration::from_millis(200)).await;
        }
    }

    async fn exchange_release(&self) {
        self.pool("r2", 3).await;
        for instance in self.seen().await.0.instances {
            let port = self.backend.pool.as_ref().unwrap();
            port.retire(&self.scope, &"web".into(), &instance.id, Refill::Yes).await.unwrap();
            let begun = Instant::now();
            loop {
                let (pool, front) = self.seen().await;
                let healthy = front.targets.iter().filter(|target| target.health == TargetHealth::Healthy).count();
                if healthy == 3 && pool.instances.iter().all(|it| it.id != instance.id) {
                    break;
                }
                assert!(begun.elapsed() < PATIENCE, "never replaced: {pool:?} {front:?}");
                sleep(Duration::from_millis(100)).await;
            }
        }
        self.until("all run the new release", 3, "r2").await;
    }

    async fn resize_hold_and_listen(&self) {
        self.pool("r2", 5).await;
        self.until("five", 5, "r2").await;
        self.pool("r2", 3).await;
        let pool = self.until("three again", 3, "r2").await;
        let (port, held) = (self.backend.pool.as_ref().unwrap(), &pool.instances[0].id);
        port.hold(&self.scope, &"web".into(), held, HoldMode::Shrink).await.unwrap();
        let begun = Instant::now();
        while self.seen().await.1.targets.iter().any(|it| it.instance == *held && it.health == TargetHealth::Healthy) {
            assert!(begun.elapsed() < PATIENCE, "never held");
            sleep(Duration::from_millis(100)).await;
        }
        sleep(Duration::from_secs(2)).await;
        port.put_back(&self.scope, &"web".into(), held).await.unwrap();
        self.until("put back", 3, "r2").await;
        self.balancer(&[80, 81]).await;
        sleep(Duration::from_secs(4)).await;
    }

    /// The container of the program of the first healthy target.
    async fn program(&self) -> String {
        let (pool, _) = self.seen().await;
        format!("{}.app", called(&self.scope, &pool.instances[0].id))
    }

    async fn end(self) {
        let scope = &self.scope;
        self.backend.balancer.as_ref().unwrap().remove(scope, &"front".into()).await.unwrap();
        let begun = Instant::now();
        while !self.backend.balancer.as_ref().unwrap().observe(scope).await.unwrap().state.is_empty() {
            assert!(begun.elapsed() < PATIENCE, "the balancer never goes");
            sleep(Duration::from_millis(200)).await;
        }
        self.backend.pool.as_ref().unwrap().remove(scope, &"web".into()).await.unwrap();
        while !self.backend.pool.as_ref().unwrap().observe(scope).await.unwrap().state.is_empty() {
            assert!(begun.elapsed() < PATIENCE, "the pool never goes");
            sleep(Duration::from_millis(200)).await;
        }
        self.backend.network.as_ref().unwrap().remove(scope).await.unwrap();
        sleep(Duration::from_secs(1)).await;
        assert!(self.docker.engine.list(scope, None).await.unwrap().is_empty(), "containers are left");
        self.supervisor.stop().await.unwrap();
        fs::remove_dir_all(&self.directory).unwrap();
    }
}

fn boot() -> Boot {
    Boot { ready: "/ready".into(), budget: Duration::from_secs(60), port: 8080 }
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

#[test]
#[ignore = "needs a Docker engine and the images of cargo xtask images"]
fn nothing_is_lost_while_all_behind_it_is_exchanged() {
    run(async {
        let site = Site::new("exchanged").await;
        let entry = balancer::entry(&site.docker, &site.scope, &"front".into()).await.unwrap();
        let load = Load::begin(entry, Mix { rate: 500.0, connections: 20, first: 0 });
        sleep(Duration::from_secs(2)).await;
        site.exchange_release().await;
        let exchanged = load.now();
        site.resize_hold_and_listen().await;
        let told = load.end().await.unwrap();
        println!("{told}");
        assert_eq!(told.failed().count(), 0, "{told}");
        let mut later = told.answered().filter(|(sent, _)| sent.at >= exchanged);
        assert!(later.all(|(_, by)| by.release == "r2"), "the old release still answers");
        assert_eq!(told.each_post_ran_once(&fs::read_to_string(site.directory.join("log/posts")).unwrap()), Ok(()));
        let front = site.seen().await.1;
        let reading = front.readings.iter().find(|reading| reading.release.as_str() == "r2").expect("a reading");
        assert!(reading.requests.unwrap() > 1000.0 && reading.errors == Some(0.0), "{reading:?}");
        site.end().await;
    });
}

#[test]
#[ignore = "needs a Docker engine and the images of cargo xtask images"]
fn a_killed_or_frozen_instance_costs_what_was_in_flight_on_it() {
    run(async {
        let site = Site::new("struck").await;
        let entry = balancer::entry(&site.docker, &site.scope, &"front".into()).await.unwrap();
        for (fault, detected) in [("kill", Duration::from_millis(500)), ("freeze", Duration::from_secs(4))] {
            let load = Load::begin(entry, Mix { rate: 300.0, connections: 20, first: 0 });
            sleep(Duration::from_secs(2)).await;
            let (program, struck) = (site.program().await, load.now());
            match fault {
                "kill" => site.docker.engine.kill(&program).await.unwrap(),
                _ => site.docker.engine.pause(&program).await.unwrap(),
            }
            sleep(Duration::from_secs(10)).await;
            let told = load.end().await.unwrap();
            println!("{fault}: {told}");
            // What may be repeated was.
            assert!(told.failed().all(|sent| sent.post), "{told}");
            assert_eq!(told.failed().filter(|sent| sent.at >= struck + detected).count(), 0, "{told}");
            site.until("three again", 3, "r1").await;
        }
        site.end().await;
    });
}
