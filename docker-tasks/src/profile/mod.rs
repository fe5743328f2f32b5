//! `cargo xtask docker-profile`: how long things take on this machine's engine, as rows of the simulator's profile.

mod rows;
mod seen;
mod trips;

use rows::ROWS;
use seen::{Samples, Shared, lock};

use ha_core::{
    Balancer, Controller, Dns, Pool, Topology, ValidTopology,
    keeper::pool::Order,
    name::{DnsName, PoolName},
    time::Timestamp,
    validate::Problems,
};
use ha_examples::docker::program;
use ha_local::docker::{
    Docker, Settings, Supervisor,
    lab::{run_name, run_place, sweep},
    settings::Program,
};
use std::{collections::BTreeMap, fs, path::Path, sync::Arc, time::Duration};

pub const HELP: &str = "\
cargo xtask docker-profile [ROUNDS] [--write]

Makes a small site on the Docker engine and removes it again, ROUNDS times (10),
and prints how long its parts took. Needs the images of `cargo xtask images` and
a machine that does nothing else meanwhile.

  --write            puts the figures into ha-local/src/sim/profile/docker.toml,
                     each with how it was measured
";

/// Between two turns of the loop.
const PERIOD: Duration = Duration::from_millis(500);
/// The name that is asked for.
const NAME: &str = "profile.example";

/// Runs the command.
pub async fn run(arguments: &[String], root: &Path) -> Result<(), String> {
    let (mut rounds, mut write) = (10, false);
    for word in arguments {
        match word.as_str() {
            "--help" | "-h" => {
                print!("{HELP}");
                return Ok(());
            }
            "--write" => write = true,
            word => rounds = word.parse().map_err(|_| format!("not a number of rounds: {word}\n\n{HELP}"))?,
        }
    }
    let mut samples = Samples::new();
    let (mut engine, busy) = (String::new(), load());
    eprintln!("{busy}: the figures are of a machine as busy as it is");
    for round in 1..=rounds {
        eprintln!("round {round} of {rounds}");
        let seen: Shared = Arc::default();
        engine = once(round, &seen).await?;
        let seen = std::mem::take(&mut *lock(&seen));
        for (name, values) in seen.evaluated() {
            samples.entry(name).or_default().extend(values);
        }
    }
    samples.values_mut().for_each(|values| values.sort());
    print!("{}", rows::table(&samples));
    if write {
        let file = root.join("ha-local/src/sim/profile/docker.toml");
        let said = |error: std::io::Error| format!("{}: {error}", file.display());
        let text = fs::read_to_string(&file).map_err(said)?;
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let how = format!("{rounds} rounds on {engine}, {processors} processors, {busy}");
        fs::write(&file, rows::written(&text, &samples, &how)?).map_err(said)?;
        println!("{} figures are in {}", ROWS.len(), file.display());
    }
    Ok(())
}

/// How busy the machine was in the last minute.
fn load() -> String {
    let said = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    format!("load average {} before", said.split(' ').next().filter(|load| !load.is_empty()).unwrap_or("not known"))
}

/// Makes the site and removes it; answers what engine it is.
async fn once(round: u32, seen: &Shared) -> Result<String, String> {
    let mut settings = Settings::new(run_place("profile"));
    let program = Program {
        image: "ha-site/app:local".into(),
        command: None,
        environment: BTreeMap::new(),
        mounts: BTreeMap::new(),
    };
    settings.releases.insert("*".into(), program);
    let docker = Docker::connect(settings).await.map_err(|trouble| program::said(&trouble))?;
    sweep(&docker.engine).await.map_err(|trouble| program::said(&trouble))?;
    let version = docker.engine.client().version().await.map_err(|error| program::said(&error))?;
    let by_keepers = seen.clone();
    let orders = move |at: Timestamp, _: &PoolName, order: &Order| {
        if let Order::Launch { id, .. } = order {
            lock(&by_keepers).launched.insert(id.clone(), at);
        }
    };
    let told = |sentence: &str| eprintln!("supervisor: {sentence}");
    let supervisor = Supervisor::observed(docker.clone(), told, Arc::new(orders));
    let backend = docker.backend();
    let site = site(round).map_err(|problems| problems.to_string())?;
    let made = seen::made(&site, (&docker, &backend), seen).await;
    let asked = match made {
        Ok(()) => trips::take(&docker, &site.scope(), &DnsName::from(NAME), seen).await,
        Err(why) => Err(why),
    };
    let gone = Controller::new(backend.clone(), "profile".into()).period(PERIOD).until_converged(&site.removed()).await;
    supervisor.stop().await.map_err(|trouble| program::said(&trouble))?;
    asked?;
    gone.map_err(|stalled| format!("the site is not removed: {stalled}"))?;
    Ok(format!("Docker {}, Linux {}", version.version.unwrap_or_default(), version.kernel_version.unwrap_or_default()))
}

fn site(round: u32) -> Result<ValidTopology, Problems> {
    let web = Pool::new("web").release("r1").size(4..=5).capacity(4).ready("/ready", Duration::from_secs(60));
    Topology::new(&run_name("profile"))
        .id(&round.to_string())
        .zones(["a", "b"])
        .with(web.port(8080))
        .with(Balancer::http("front").to("web"))
        .with(Dns::apex(NAME).to("front"))
        .validate()
}
