//! `docker_site` as a person uses it, each command a process of its own, on a real engine: the site outlives who made it.

use ha_core::backend::Scope;
use ha_examples::docker;
use ha_local::docker::engine::Engine;
use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};
use tokio::time::{Instant, sleep};

const SITE: &str = r#"
name = "outlives"
id = "test-outlives"
zones = ["a", "b"]

[[pool]]
name = "web"
release = "r1"
size = "2..=3"
capacity = 2
ready = { path = "/ready", port = 8080, budget = "60s" }

[[balancer]]
name = "front"
listen = "http"
to = "web"
drain = "1s"
health = { interval = "500ms", timeout = "400ms", healthy = 2, unhealthy = 2 }
"#;

const PROVIDER: &str = r#"
directory = "state"
ports = [23000, 23099]

[releases."*"]
image = "ha-site/app:{release}"
"#;

/// How long a busy machine is waited for.
const PATIENCE: Duration = Duration::from_secs(120);

/// The program itself, when another test starts this one with words in its environment.
#[tokio::test]
#[ignore = "needs a Docker engine and the images of cargo xtask images"]
async fn the_program() {
    if let Ok(words) = env::var("DOCKER_SITE") {
        assert_eq!(docker::run(words.split(' ')).await, 0, "docker_site {words}");
    }
}

/// Where the site's files are.
struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("outlives");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("site.toml"), SITE).unwrap();
        fs::write(folder.join("site.docker.toml"), PROVIDER).unwrap();
        Self(folder)
    }

    /// Begins a command.
    fn begin(&self, words: &str) -> Child {
        Command::new(env::current_exe().unwrap())
            .args(["--ignored", "--exact", "the_program", "--nocapture"])
            .env("DOCKER_SITE", format!("{words} --topology {}", self.0.join("site.toml").display()))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// A command that is done; what it said.
    fn done(&self, words: &str) -> String {
        let output = self.begin(words).wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{words}: {said}");
        said
    }

    /// Waits until this many instances are ready, `without` not among them.
    async fn ready(&self, count: usize, without: &str) -> String {
        let begun = Instant::now();
        loop {
            let page = self.done("status");
            let ready = page.lines().filter(|line| line.contains(" ready ") && line.contains("front healthy"));
            if ready.clone().count() == count && !ready.clone().any(|line| line.contains(without)) {
                return ready
                    .map(|line| line.split_whitespace().next().unwrap_or_default())
                    .collect::<Vec<_>>()
                    .join(" ");
            }
            assert!(begun.elapsed() < PATIENCE, "not {count} ready without {without}:\n{page}");
            sleep(Duration::from_millis(500)).await;
        }
    }
}

#[tokio::test]
#[ignore = "needs a Docker engine and the images of cargo xtask images"]
async fn a_site_outlives_who_made_it_and_is_healed_by_its_own_supervisor() {
    let place = Place::new();
    // What a run that was killed left is no hindrance.
    place.done("down");
    let mut up = place.begin("up");
    let mut lines = BufReader::new(up.stdout.take().unwrap()).lines().map_while(Result::ok);
    let begun = lines.find(|line| line.contains("pool web: missing"));
    up.kill().unwrap();
    up.wait().unwrap();
    assert!(begun.is_some(), "up ended before it began");
    let said = place.done("up");
    assert!(said.contains("http://127.0.0.1:230"), "{said}");
    let first = place.ready(2, "nobody").await;
    place.done(&format!("break {}", first.split(' ').next().unwrap()));
    place.ready(2, first.split(' ').next().unwrap()).await;
    place.done("down");
    let engine = Engine::connect(None, Duration::from_secs(20)).await.unwrap();
    let scope = Scope { name: "outlives".into(), id: "test-outlives".into() };
    assert!(engine.list(&scope, None).await.unwrap().is_empty());
    assert!(engine.volumes(&scope).await.unwrap().is_empty());
    assert!(!place.0.join("state").exists(), "the state directory is left");
    fs::remove_dir_all(&place.0).unwrap();
}
