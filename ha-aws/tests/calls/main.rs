//! `cargo xtask calls --on moto`: the process that makes, changes and removes a site on an emulator of AWS is killed before
//! and after each request that changes something.

mod acts;
#[path = "../emulators/emulator/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the other tests use the rest of it")]
mod emulator;
#[path = "../emulators/front.rs"]
#[expect(dead_code, unused_imports, reason = "the other tests use the rest of it")]
mod front;

use aws_smithy_http_client::Builder;
use emulator::{
    Emulator, Kind, block_on,
    eyes::Eyes,
    lab::{BUCKET, REGION, provider},
    plant::by_hand,
};
use ha_aws::{
    Aws,
    observer::{Call, Observer, observed},
};
use ha_core::{
    backend::{Backend, Resource, Scope},
    conformance::Object,
};
use ha_kill_points::{Child, Failed, Hook, Setup, Task, digest, run};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
    sync::Arc,
    time::Duration,
};

/// The word with which the process is started that holds a life's emulator.
const SERVE: &str = "serve";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let done = match (Child::read(&arguments), arguments.as_slice()) {
        (Some(child), _) => process(&child),
        (None, [word, place]) if word == SERVE => serve(Path::new(place)),
        (None, _) => command(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn command(arguments: &[String]) -> Result<(), String> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    // The packages are there before lives begin at once.
    drop(Emulator::start(Kind::Moto)?);
    let setup = Setup {
        words: Vec::new(),
        acts: &acts::NAMES,
        threads: 2,
        journal: target.with_file_name("calls-moto.json"),
        folder: target.with_file_name("calls-moto"),
        program: program()?,
    };
    run(&setup, arguments).map_err(|failed| failed.to_string())
}

/// The commit, and what was changed since: results of another program do not count.
fn program() -> Result<String, String> {
    let git = |words: &[&str]| {
        let said = Command::new("git").args(words).current_dir(env!("CARGO_MANIFEST_DIR")).output();
        said.map(|said| String::from_utf8_lossy(&said.stdout).into_owned()).map_err(|error| format!("git: {error}"))
    };
    Ok(format!("{} {:016x}", git(&["rev-parse", "HEAD"])?.trim(), digest(&git(&["diff", "HEAD"])?)))
}

fn process(child: &Child) -> Result<(), String> {
    match &child.task {
        Task::Begin => begin(&child.place),
        Task::Act(name) => block_on(act(&child.place, name)),
        Task::Look => block_on(look(&child.place)),
        // The emulator ends when it sees that its address is gone, and everything with it.
        Task::Clear => match fs::remove_file(address(&child.place)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.to_string()),
            Ok(()) | Err(_) => Ok(()),
        },
    }
}

fn address(place: &Path) -> PathBuf {
    place.join("address")
}

/// Holds an emulator for as long as its life is there, and the process that lives it.
fn serve(place: &Path) -> Result<(), String> {
    let emulator = Emulator::start(Kind::Moto)?;
    let said = |error: std::io::Error| format!("{}: {error}", place.display());
    let fresh = place.join("address.new");
    fs::write(&fresh, emulator.url()).and_then(|()| fs::rename(&fresh, address(place))).map_err(said)?;
    let name = place.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let whose = name.split('-').nth(1).unwrap_or_default().to_owned();
    while address(place).exists() && Path::new("/proc").join(&whose).exists() {
        pause();
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "waits for another process, not for a backend's time")]
fn pause() {
    std::thread::sleep(Duration::from_millis(100));
}

/// Starts an emulator, and makes what must not be touched.
fn begin(place: &Path) -> Result<(), String> {
    let program = env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new(program);
    command.arg(SERVE).arg(place).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut server = command.spawn().map_err(|error| error.to_string())?;
    while !address(place).exists() {
        if let Ok(Some(status)) = server.try_wait() {
            return Err(format!("the emulator ended: {status}"));
        }
        pause();
    }
    block_on(async {
        let eyes = eyes(place).await?;
        eyes.make_bucket(BUCKET).await;
        let nobody = Scope { name: "nobody".into(), id: "1".into() };
        by_hand(&eyes, &nobody, &Resource::Network).await?;
        by_hand(&eyes, &nobody, &Resource::Pool("web".into())).await
    })
}

fn url(place: &Path) -> Result<String, String> {
    fs::read_to_string(address(place)).map_err(|error| format!("{}: {error}", address(place).display()))
}

async fn eyes(place: &Path) -> Result<Eyes, String> {
    Ok(Eyes::open(&url(place)?, REGION).await)
}

/// Prints everything that is there; names that hold a provider's ids differ from life to life.
async fn look(place: &Path) -> Result<(), String> {
    for Object { scope, what } in eyes(place).await?.everything(BUCKET).await {
        let what = match what {
            Resource::Instance(_) => "instance".to_owned(),
            other @ (Resource::Tier
            | Resource::Network
            | Resource::Pool(_)
            | Resource::Balancer(_)
            | Resource::Record(_)
            | Resource::Object(_)
            | _) => plain(&other.to_string()),
        };
        println!("{} {what}", scope.map_or_else(|| "nobody's".to_owned(), |scope| scope.to_string()));
    }
    Ok(())
}

/// A name without the digest at its end: it holds ids.
fn plain(name: &str) -> String {
    let digest = |end: &str| end.len() == 8 && end.bytes().all(|byte| byte.is_ascii_hexdigit());
    match name.rsplit_once('-') {
        Some((plain, end)) if digest(end) => plain.to_owned(),
        _ => name.to_owned(),
    }
}

async fn act(place: &Path, name: &str) -> Result<(), String> {
    let hook = Hook::from_environment().map_err(|failed: Failed| failed.to_string())?;
    let client = observed(Builder::new().build_http(), Arc::new(Told(hook)));
    let aws = Aws::new(provider()).endpoint(&url(place)?).credentials("test", "test").http_client(client);
    let backend: Backend = aws.settle(acts::SETTLE).call_timeout(acts::CALL).connect().await;
    acts::carry_out(backend, name).await
}

/// Tells a hook what goes over the wire.
#[derive(Debug)]
struct Told(Hook);

/// The call's name is the same in every life: ids in paths are left out. `None`: it is nothing to die at. How often a
/// lease is renewed depends on how long all takes: its writes are not points, but for those of the store's other objects.
fn known(call: &Call) -> Option<String> {
    let lease = call.name.contains("/lease");
    let path = call.name.split('?').next().unwrap_or_default();
    let is_id = |word: &&str| word.len() > 8 && word.bytes().any(|byte| byte.is_ascii_digit());
    let words: Vec<&str> = path.split('/').map(|word| if is_id(&word) { "ID" } else { word }).collect();
    (call.changes() && !lease).then(|| format!("{} {}", call.service, words.join("/")))
}

impl Observer for Told {
    fn before(&self, call: &Call) {
        if let Some(name) = known(call) {
            self.0.before(&name);
        }
    }
    fn after(&self, call: &Call) {
        if let Some(name) = known(call) {
            self.0.after(&name);
        }
    }
}
