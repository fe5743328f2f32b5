//! A supervisor that was frozen for a minute, and thaws in the middle of what another has long done, does nothing twice.
#![cfg(feature = "docker")]

use ha_core::{
    Balancer, Controller, Pool, Topology, ValidTopology,
    backend::{Backend, Scope},
    reconcile::Report,
    topology::HealthCheck,
};
use ha_local::docker::{
    Docker, Settings, Supervisor,
    engine::{Call, Observer, Part, Trouble},
    lab::{run_name, run_place, sweep},
    now,
    settings::{Program, Timers},
};
use std::{
    collections::BTreeMap,
    env,
    fs::{self, File, OpenOptions},
    io::Write,
    os::unix::process::parent_id,
    path::{Path, PathBuf},
    process::{Child, Command},
    sync::{Arc, Mutex},
    time::Duration,
};

/// Tells a process of this test that it is a supervisor, and where.
const PLACE: &str = "HA_FROZEN_SUPERVISOR";
const FROZEN: Duration = Duration::from_secs(60);

fn settings(place: &Path) -> Settings {
    let (command, environment, mounts) = (None, BTreeMap::new(), BTreeMap::new());
    let program = Program { image: "ha-site/app:{release}".into(), command, environment, mounts };
    let mut settings = Settings::new(place.join("provider"));
    settings.releases.insert("*".into(), program);
    settings.ports = (27_900, 27_949);
    settings.timers = Timers { turn: Duration::from_secs(2), grace: Duration::from_secs(1), ..Timers::default() };
    settings
}

fn site(scope: &Scope, instances: u32, release: &str) -> ValidTopology {
    let millis = Duration::from_millis;
    let health = HealthCheck { interval: millis(500), timeout: millis(400), healthy: 1, unhealthy: 3 };
    let web = Pool::new("web").release(release).size(1..=9).capacity(instances);
    Topology::new(&scope.name)
        .id(&scope.id)
        .zones(["a", "b"])
        .with(web.ready("/ready", Duration::from_secs(60)).port(8080))
        .with(Balancer::http("front").to("web").health(health).drain(millis(500)))
        .validate()
        .unwrap()
}

/// Writes down who sends what, and when.
struct Notes(Mutex<File>);

impl Notes {
    fn line(&self, side: &str, call: Call<'_>) {
        let line = format!("{}\t{}\t{side}\t{} {}\n", std::process::id(), now().0, call.verb, call.object);
        self.0.lock().unwrap().write_all(line.as_bytes()).unwrap();
    }
}

impl Observer for Notes {
    fn before(&self, call: Call<'_>) -> Result<(), Trouble> {
        self.line("before", call);
        Ok(())
    }
    fn after(&self, call: Call<'_>) {
        self.line("after", call);
    }
}

#[test]
#[ignore = "a process of the test below"]
fn supervises() {
    let Some(place) = env::var_os(PLACE).map(PathBuf::from) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let notes = OpenOptions::new().append(true).create(true).open(place.join("calls")).unwrap();
        let docker = Docker::connect(settings(&place)).await.unwrap();
        let docker = docker.observed(Arc::new(Notes(Mutex::new(notes))));
        let _supervisor = Supervisor::new(docker, |sentence| eprintln!("{}: {sentence}", std::process::id()));
        // It ends when the test does, however that ends.
        let test = parent_id();
        while parent_id() == test {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    });
}

/// A supervisor in a process of its own, which ends with this value.
struct Process(Child);

impl Process {
    fn new(place: &Path) -> Self {
        let mut command = Command::new(env::current_exe().unwrap());
        let command = command.args(["--exact", "supervises", "--ignored", "--nocapture"]).env(PLACE, place);
        Self(command.spawn().unwrap())
    }
    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.0.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // One that has ended is as good.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[derive(Debug)]
struct Noted {
    by: u32,
    at: u64,
    before: bool,
    call: String,
}

/// Makes it as it is wanted, by a loop that looks more often than usual.
async fn become_as(wanted: &ValidTopology, backend: &Backend) -> Report {
    let controller = Controller::new(backend.clone(), "test".into());
    controller.period(Duration::from_millis(500)).until_converged(wanted).await.expect("it becomes as it is wanted")
}

/// The instances that have a place on the network, by name.
async fn holders(docker: &Docker, scope: &Scope) -> Vec<String> {
    let found = docker.engine.list(scope, Some(Part::Holder)).await.unwrap();
    found.into_iter().filter_map(|seen| Some(seen.labels?.name)).collect()
}

fn noted(place: &Path) -> Vec<Noted> {
    let text = fs::read_to_string(place.join("calls")).unwrap_or_default();
    let line = |line: &str| {
        let words: Vec<&str> = line.split('\t').collect();
        let [by, at, side, call] = words[..] else { panic!("{line}") };
        Noted { by: by.parse().unwrap(), at: at.parse().unwrap(), before: side == "before", call: call.to_owned() }
    };
    text.lines().map(line).collect()
}

#[test]
#[ignore = "needs a Docker engine and the images of cargo xtask images"]
fn a_supervisor_that_was_frozen_for_a_minute_does_nothing_a_second_time() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let place = run_place("frozen");
        fs::create_dir_all(&place).unwrap();
        let scope = Scope { name: run_name("frozen"), id: "1".into() };
        let docker = Docker::connect(settings(&place)).await.expect("an engine answers");
        sweep(&docker.engine).await.expect("what earlier runs left is removed");
        let backend = docker.backend();
        let first = Process::new(&place);
        become_as(&site(&scope, 2, "r1"), &backend).await;

        // It is frozen where it has just begun to make something.
        let count = noted(&place).len();
        let asked = site(&scope, 6, "r1");
        let freeze = async {
            while !noted(&place)[count..].iter().any(|noted| noted.call.starts_with("create")) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            first.signal("-STOP");
            let frozen = now();
            (frozen, Process::new(&place))
        };
        let (_, (frozen, second)) = tokio::join!(become_as(&asked, &backend), freeze);
        let six = ["a-1", "a-2", "a-3", "b-1", "b-2", "b-3"].map(|it| format!("web-{it}"));
        assert_eq!(holders(&docker, &scope).await, six, "each was launched once");
        // What the frozen one was making is ended before it thaws: making it now would be too much.
        become_as(&site(&scope, 2, "r1"), &backend).await;
        tokio::time::sleep(FROZEN.saturating_sub(now().since(frozen))).await;
        let before = docker.engine.list(&scope, None).await.unwrap().len();
        let thawed = now();
        first.signal("-CONT");
        tokio::time::sleep(Duration::from_secs(8)).await;

        let late: Vec<Noted> =
            noted(&place).into_iter().filter(|it| it.by == first.0.id() && it.at > thawed.0 && it.before).collect();
        assert!(late.is_empty(), "it was not its turn: {late:#?}");
        assert_eq!(docker.engine.list(&scope, None).await.unwrap().len(), before);
        assert_eq!(before, 5, "two instances of two containers, and the balancer");

        become_as(&site(&scope, 2, "r1").removed(), &backend).await;
        assert!(docker.engine.list(&scope, None).await.unwrap().is_empty());
        drop((first, second));
        fs::remove_dir_all(&place).unwrap();
    });
}
