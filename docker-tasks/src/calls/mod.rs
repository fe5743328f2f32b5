//! `cargo xtask calls --on docker`: the process that makes, changes and removes a site of containers is killed before and
//! after each call to the engine that changes something.

mod acts;
mod world;

use ha_kill_points::{Child, Hook, Setup, Task};
use ha_local::docker::{
    Docker, Settings, Supervisor, called,
    engine::{Call, Observer, Trouble},
    settings::{Program, Timers},
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::Duration,
};
use world::World;

/// Runs the command, or a process of one of its lives.
pub async fn run(arguments: &[String]) -> Result<(), String> {
    if let Some(child) = Child::read(arguments) {
        return process(&child).await;
    }
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = own.parent().unwrap_or(own);
    let target = root.join("target");
    let setup = Setup {
        words: vec!["calls".into()],
        acts: &acts::NAMES,
        threads: 3,
        journal: target.join("calls-docker.json"),
        folder: target.join("calls-docker"),
        program: program(root)?,
    };
    let arguments = arguments.to_vec();
    // It waits for processes.
    let run = tokio::task::spawn_blocking(move || ha_kill_points::run(&setup, &arguments));
    match run.await {
        Ok(ended) => ended.map_err(|failed| failed.to_string()),
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

/// The commit, and what was changed since: results of another program do not count.
fn program(root: &Path) -> Result<String, String> {
    let git = |words: &[&str]| {
        let said = Command::new("git").args(words).current_dir(root).output();
        said.map(|said| String::from_utf8_lossy(&said.stdout).into_owned()).map_err(|error| format!("git: {error}"))
    };
    let changed = git(&["diff", "HEAD"])?;
    Ok(format!("{} {:016x}", git(&["rev-parse", "HEAD"])?.trim(), ha_kill_points::digest(&changed)))
}

async fn process(child: &Child) -> Result<(), String> {
    let docker = Docker::connect(settings(child)).await.map_err(|trouble| trouble.to_string())?;
    let world = World::new(docker.clone(), child);
    match &child.task {
        Task::Begin => world.begin().await,
        Task::Act(name) => act(&docker, child, name).await,
        Task::Look => world.look().await.map(|lines| lines.iter().for_each(|line| println!("{line}"))),
        Task::Clear => world.clear().await,
    }
}

async fn act(docker: &Arc<Docker>, child: &Child, name: &str) -> Result<(), String> {
    let hook = Hook::from_environment().map_err(|failed| failed.to_string())?;
    let docker = docker.observed(Arc::new(Told { hook, prefix: called(&world::scope(child), "") }));
    let supervisor = Supervisor::new(docker.clone(), |sentence| eprintln!("supervisor: {sentence}"));
    let done = acts::carry_out(&docker, &world::scope(child), name).await;
    let stopped = supervisor.stop().await.map_err(|trouble| trouble.to_string());
    done.and(stopped)
}

/// Tells a hook what the engine is told.
struct Told {
    hook: Hook,
    prefix: String,
}

impl Told {
    /// The call's name is the same in every life.
    fn name(&self, call: Call<'_>) -> String {
        let object = call.object.strip_prefix(&self.prefix).unwrap_or(call.object);
        format!("{} {object}", call.verb)
    }
}

impl Observer for Told {
    fn before(&self, call: Call<'_>) -> Result<(), Trouble> {
        self.hook.before(&self.name(call));
        Ok(())
    }
    fn after(&self, call: Call<'_>) {
        self.hook.after(&self.name(call));
    }
}

/// Timers are short: what they wait for is over soon when everything runs on one machine.
fn settings(child: &Child) -> Settings {
    let seconds = Duration::from_secs;
    let mut settings = Settings::new(child.place.join("provider"));
    let (command, environment, mounts) = (None, BTreeMap::new(), BTreeMap::new());
    let program = Program { image: "ha-site/app:{release}".into(), command, environment, mounts };
    settings.releases.insert("*".into(), program);
    // Lives that are lived at once do not take each other's.
    let first = 26_000 + u16::try_from(child.number % 100).unwrap_or(0) * 20;
    settings.ports = (first, first + 19);
    settings.timers = Timers {
        settle: seconds(1),
        turn: seconds(2),
        grace: seconds(2),
        look: Duration::from_millis(100),
        ..Timers::default()
    };
    settings.policy.patience = seconds(20);
    settings.policy.back_off = seconds(2);
    settings
}

/// Where a life remembers which things nobody of ours made.
fn aliens(place: &Path) -> PathBuf {
    place.join("aliens")
}
