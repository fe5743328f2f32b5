//! A site of containers lives through the loss of zones and of whoever keeps it. Run with one test thread.
#![cfg(feature = "docker")]

use ha_core::{
    Balancer, Controller, Pool, Topology, ValidTopology,
    backend::{
        Backend, Scope,
        state::{InstancePhase, PoolState},
    },
    conformance::{Answer, Entry, Lab, Port, Request},
    fault::Fault,
    reconcile::Report,
    topology::HealthCheck,
};
use ha_local::docker::{
    Docker, Settings, Supervisor,
    image::APP,
    lab::{DockerLab, run_name, run_place, sweep},
    settings::{Program, Timers},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
    time::Duration,
};
use tokio::time::Instant;

const PATIENCE: Duration = Duration::from_secs(120);

fn settings(test: &str) -> Settings {
    let directory = run_place(test);
    let nothing = BTreeMap::new;
    let program =
        Program { image: format!("{APP}:{{release}}"), command: None, environment: nothing(), mounts: nothing() };
    let mut settings = Settings::new(directory);
    settings.releases.insert("*".into(), program);
    settings.timers = Timers { turn: Duration::from_secs(2), grace: Duration::from_secs(1), ..Timers::default() };
    settings.policy.patience = Duration::from_secs(2);
    settings.policy.back_off = Duration::from_secs(2);
    settings
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

fn site(scope: &Scope, instances: u32) -> ValidTopology {
    let health = HealthCheck {
        interval: Duration::from_millis(500),
        timeout: Duration::from_millis(400),
        healthy: 2,
        unhealthy: 2,
    };
    let web = Pool::new("web").release("r1").size(1..=12).capacity(instances).ready("/ready", Duration::from_secs(30));
    Topology::new(&scope.name)
        .id(&scope.id)
        .zones(["a", "b", "c"])
        .with(web.port(8080))
        .with(Balancer::http("front").to("web").health(health))
        .validate()
        .unwrap()
}

/// Makes it as it is wanted, by a loop that looks more often than usual.
async fn become_as(wanted: &ValidTopology, backend: &Backend) -> Report {
    let controller = Controller::new(backend.clone(), "test".into());
    controller.period(Duration::from_millis(500)).until_converged(wanted).await.expect("it becomes as it is wanted")
}

async fn pool(backend: &Backend, scope: &Scope) -> PoolState {
    let pools = backend.pool.as_ref().unwrap().observe(scope).await.unwrap().state;
    pools.into_iter().next().expect("the pool is there")
}

fn spread(pool: &PoolState) -> BTreeMap<&str, usize> {
    let mut spread = BTreeMap::from([("a", 0), ("b", 0), ("c", 0)]);
    for instance in pool.instances.iter().filter(|it| it.phase == InstancePhase::Ready) {
        *spread.entry(instance.zone.as_str()).or_default() += 1;
    }
    spread
}

/// Waits until the pool is so.
async fn until(what: &str, backend: &Backend, scope: &Scope, is: impl Fn(&PoolState) -> bool) -> PoolState {
    let begun = Instant::now();
    loop {
        let pool = pool(backend, scope).await;
        if is(&pool) {
            return pool;
        }
        assert!(begun.elapsed() < PATIENCE, "never: {what}: {pool:?}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Asks as fast as answers come, for so long; answers how many failed, and why.
async fn failures(lab: &DockerLab, scope: &Scope, length: Duration) -> Vec<String> {
    let (begun, mut failed) = (Instant::now(), Vec::new());
    for user in 0.. {
        let request = Request { entry: Entry::Balancer("front".into()), user, takes: Duration::ZERO };
        if let Answer::Failed(why) = lab.request(scope, &request).await {
            failed.push(why);
        }
        if begun.elapsed() >= length {
            break;
        }
    }
    failed
}

#[test]
#[ignore = "needs a Docker engine and the images of cargo xtask images"]
fn a_zone_that_is_cut_off_or_dark_is_lived_without_and_used_again() {
    run(async {
        let lab = DockerLab::new(settings("zones"), Port::Balancer).await.expect("an engine answers");
        let backend = lab.empty().await;
        let [scope, _] = lab.scopes();
        let site = site(&scope, 3);
        become_as(&site, &backend).await;
        assert_eq!(failures(&lab, &scope, Duration::from_secs(2)).await, [""; 0]);
        for effect in ["zone.network", "zone.power"] {
            let fault = Fault::new(effect, "zone:b").unwrap();
            lab.strike(&fault).await.unwrap();
            // Two checks of 500 ms that end within 400 ms, and a second.
            tokio::time::sleep(Duration::from_millis(2400)).await;
            assert_eq!(failures(&lab, &scope, Duration::from_secs(5)).await, [""; 0], "{effect}");
            let without = |pool: &PoolState| spread(pool).values().sum::<usize>() == 3 && spread(pool)["b"] == 0;
            until("three are ready elsewhere", &backend, &scope, without).await;
            lab.heal(&fault).await.unwrap();
            let even = |pool: &PoolState| spread(pool).values().all(|count| *count == 1) && pool.instances.len() == 3;
            until("each zone has one again", &backend, &scope, even).await;
            assert_eq!(failures(&lab, &scope, Duration::from_secs(2)).await, [""; 0], "after {effect}");
        }
        become_as(&site.removed(), &backend).await;
        assert_eq!(lab.everything().await, []);
        lab.clear().await.unwrap();
    });
}

#[test]
#[ignore = "needs a Docker engine and the images of cargo xtask images"]
fn what_a_supervisor_that_died_left_half_done_is_finished_and_nothing_is_done_twice() {
    run(async {
        let settings = settings("killed");
        let scope = Scope { name: run_name("killed"), id: "1".into() };
        let docker = Docker::connect(settings.clone()).await.expect("an engine answers");
        sweep(&docker.engine).await.expect("what earlier runs left is removed");
        let (backend, site) = (docker.backend(), site(&scope, 4));
        let dying = async {
            for life in 0..12 {
                let docker = Docker::connect(settings.clone()).await.unwrap();
                let supervisor = Supervisor::new(docker, |_| {});
                // The one before it keeps the turn until it is over.
                tokio::time::sleep(Duration::from_millis(2050 + 130 * life)).await;
                drop(supervisor);
            }
            // Two at once are one too many, and do no harm.
            let other = Docker::connect(settings.clone()).await.unwrap();
            let told = |sentence: &str| eprintln!("supervisor: {sentence}");
            [Supervisor::new(docker.clone(), told), Supervisor::new(other, told)]
        };
        let (_, supervisors) = tokio::join!(become_as(&site, &backend), dying);
        let done = |pool: &PoolState| pool.instances.len() == 4 && spread(pool).values().sum::<usize>() == 4;
        let pool = until("four are ready", &backend, &scope, done).await;
        let containers = docker.engine.list(&scope, None).await.unwrap();
        let named: BTreeSet<&str> = pool.instances.iter().map(|it| it.id.as_str()).collect();
        let of_pool = containers.iter().filter_map(|seen| Some(seen.labels.as_ref()?.name.as_str()));
        // A holder and a part for each instance, and the balancer.
        assert_eq!(of_pool.filter(|name| named.contains(name)).count(), 8, "{containers:?}");
        assert_eq!(containers.len(), 9, "{containers:?}");
        assert_eq!(pool.losses, [], "each was launched once and none was lost");
        become_as(&site.removed(), &backend).await;
        for supervisor in supervisors {
            supervisor.stop().await.unwrap();
        }
        assert!(docker.engine.list(&scope, None).await.unwrap().is_empty());
        assert!(docker.engine.network_of(&scope).await.unwrap().is_none());
        assert!(!settings.directory.exists(), "the state directory is left");
    });
}
