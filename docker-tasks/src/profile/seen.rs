//! `cargo xtask docker-profile`: how long things take on this machine's engine, as rows of the simulator's profile.

use ha_core::{
    Balancer, Controller, Dns, Pool, Topology, ValidTopology,
    backend::{Backend, Resource, Scope, state::Phase},
    event::{Event, What},
    keeper::pool::Order,
    name::{InstanceId, PoolName},
    plan::{Action, BalancerStep, DnsStep, NetworkStep, PoolStep},
    time::Timestamp,
    validate::Problems,
};
use ha_examples::docker::program;
use ha_local::docker::{Docker, Settings, Supervisor, called, engine::Standing, now, settings::Program, state::Tables};
use std::{
    collections::BTreeMap,
    env,
    net::{Ipv4Addr, SocketAddrV4},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

pub const HELP: &str = "\
cargo xtask docker-profile [ROUNDS]

Makes a small site on the Docker engine and removes it again, ROUNDS times (5),
and prints how long its parts took: rows for
ha-local/src/sim/profile/docker.toml. Needs the images of `cargo xtask images`.
";

/// How often the site is looked at meanwhile.
const LOOK: Duration = Duration::from_millis(10);
/// Between two turns of the loop.
const PERIOD: Duration = Duration::from_millis(500);
const MEASURED: [(&str, &str); 9] = [
    ("boot.running", "launch until the instance's process runs"),
    ("boot.ready", "from then until the application answers 2xx"),
    ("api.read", "an observe"),
    ("api.write", "a wish until it is accepted"),
    ("phases.network", "wish accepted until active"),
    ("phases.pool", "wish accepted until active"),
    ("phases.balancer", "wish accepted until active"),
    ("phases.record", "wish accepted until active"),
    ("keeper.reaction", "pool wish accepted until the first launch"),
];

/// What was seen, in order of seeing.
#[derive(Default)]
struct Seen {
    samples: BTreeMap<&'static str, Vec<Duration>>,
    asked: Option<Timestamp>,
    accepted: BTreeMap<String, Timestamp>,
    launched: BTreeMap<InstanceId, Timestamp>,
    running: BTreeMap<InstanceId, Timestamp>,
    serving: BTreeMap<InstanceId, Timestamp>,
    active: BTreeMap<String, Timestamp>,
}

type Shared = Arc<Mutex<Seen>>;

/// Runs the command.
pub async fn run(arguments: &[String]) -> Result<(), String> {
    let rounds: u32 = match arguments {
        [] => 5,
        [word] if word == "--help" || word == "-h" => {
            print!("{HELP}");
            return Ok(());
        }
        [word] => word.parse().map_err(|_| format!("not a number of rounds: {word}\n\n{HELP}"))?,
        _ => return Err(HELP.to_owned()),
    };
    let mut samples: BTreeMap<&'static str, Vec<Duration>> = BTreeMap::new();
    for round in 1..=rounds {
        eprintln!("round {round} of {rounds}");
        let seen: Shared = Arc::default();
        once(round, &seen).await?;
        let seen = std::mem::take(&mut *lock(&seen));
        for (name, values) in evaluated(seen) {
            samples.entry(name).or_default().extend(values);
        }
    }
    println!("{:<16} {:>4} {:>9} {:>9} {:>9}", "", "n", "least ms", "median", "most");
    for (name, what) in MEASURED {
        let Some(values) = samples.get_mut(name).filter(|values| !values.is_empty()) else { continue };
        values.sort();
        let ms = |index: usize| values[index].as_secs_f64() * 1000.0;
        let (least, median, most) = (ms(0), ms(values.len() / 2), ms(values.len() - 1));
        println!("{name:<16} {:>4} {least:>9.1} {median:>9.1} {most:>9.1}  {what}", values.len());
    }
    Ok(())
}

/// Makes the site and removes it.
async fn once(round: u32, seen: &Shared) -> Result<(), String> {
    let directory = env::temp_dir().join(format!("ha-profile-{}-{round}", std::process::id()));
    let mut settings = Settings::new(directory);
    let program = Program {
        image: "ha-site/app:local".into(),
        command: None,
        environment: BTreeMap::new(),
        mounts: BTreeMap::new(),
    };
    settings.releases.insert("*".into(), program);
    let docker = Docker::connect(settings).await.map_err(|trouble| program::said(&trouble))?;
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
    let made = made(&site, (&docker, &backend), seen).await;
    let gone = Controller::new(backend.clone(), "profile".into()).period(PERIOD).until_converged(&site.removed()).await;
    supervisor.stop().await.map_err(|trouble| program::said(&trouble))?;
    made?;
    gone.map(|_| ()).map_err(|stalled| format!("the site is not removed: {stalled}"))
}

fn site(round: u32) -> Result<ValidTopology, Problems> {
    let web = Pool::new("web").release("r1").size(4..=5).capacity(4).ready("/ready", Duration::from_secs(60));
    Topology::new(&format!("profile-{}", std::process::id()))
        .id(&round.to_string())
        .zones(["a", "b"])
        .with(web.port(8080))
        .with(Balancer::http("front").to("web"))
        .with(Dns::apex("profile.example").to("front"))
        .validate()
}

async fn made(site: &ValidTopology, (docker, backend): (&Docker, &Backend), seen: &Shared) -> Result<(), String> {
    let by_loop = seen.clone();
    let mut controller = Controller::new(backend.clone(), "profile".into())
        .period(PERIOD)
        .observer(Arc::new(move |event: &Event| hear(&by_loop, event)));
    let scope = site.scope();
    tokio::select! {
        made = controller.until_converged(site) => {
            made.map(|_| ()).map_err(|stalled| format!("the site is not made: {stalled}"))
        }
        failed = watch(docker, backend, &scope, seen) => failed,
    }
}

#[allow(clippy::wildcard_enum_match_arm, reason = "of all events these are measured")]
fn hear(seen: &Shared, event: &Event) {
    let mut seen = lock(seen);
    match &event.what {
        What::Asked(_) => seen.asked = Some(event.at),
        What::Accepted(step) => {
            let took = seen.asked.map(|asked| event.at.since(asked));
            seen.samples.entry("api.write").or_default().extend(took);
            let resource = match &step.action {
                Action::Network(NetworkStep::Ensure(_)) => Resource::Network,
                Action::Pool(PoolStep::Ensure(spec)) => Resource::Pool(spec.name.clone()),
                Action::Balancer(BalancerStep::Ensure(spec)) => Resource::Balancer(spec.name.clone()),
                Action::Dns(DnsStep::Ensure(set)) => Resource::Record(set.name.clone()),
                Action::Network(_) | Action::Pool(_) | Action::Balancer(_) | Action::Dns(_) => return,
            };
            seen.accepted.entry(resource.to_string()).or_insert(event.at);
        }
        _ => {}
    }
}

/// Looks at everything again and again; ends with an error only.
async fn watch(docker: &Docker, backend: &Backend, scope: &Scope, seen: &Shared) -> Result<(), String> {
    loop {
        tokio::time::sleep(LOOK).await;
        let tables = docker.directory.read().await.map_err(|trouble| program::said(&trouble))?;
        note_active(&tables, scope, seen);
        for row in tables.pools.values().filter(|row| row.owner == *scope) {
            for member in &row.members {
                if lock(seen).running.contains_key(&member.id) {
                    let (seen, id, address) = (seen.clone(), member.id.clone(), member.address);
                    if lock(&seen).serving.contains_key(&id) {
                        continue;
                    }
                    if answers(address).await {
                        lock(&seen).serving.entry(id).or_insert_with(now);
                    }
                }
            }
        }
        let listed = docker.engine.list(scope, None).await.map_err(|trouble| program::said(&trouble))?;
        let at = now();
        for member in tables.pools.values().flat_map(|row| &row.members) {
            let name = called(scope, format!("{}.app", member.id));
            if listed.iter().any(|found| found.name == name && found.standing == Standing::Running) {
                lock(seen).running.entry(member.id.clone()).or_insert(at);
            }
        }
        if let Some(pools) = &backend.pool {
            let begun = now();
            pools.observe(scope).await.map_err(|error| error.to_string())?;
            lock(seen).samples.entry("api.read").or_default().push(now().since(begun));
        }
    }
}

fn note_active(tables: &Tables, scope: &Scope, seen: &Shared) {
    let mut seen = lock(seen);
    let networks = tables.networks.values().map(|row| (&row.owner, row.phase, row.since, Resource::Network));
    let pools =
        tables.pools.values().map(|row| (&row.owner, row.phase, row.since, Resource::Pool(row.spec.name.clone())));
    let balancers = tables
        .balancers
        .values()
        .map(|row| (&row.owner, row.phase, row.since, Resource::Balancer(row.spec.name.clone())));
    let records =
        tables.records.values().map(|row| (&row.owner, row.phase, row.since, Resource::Record(row.set.name.clone())));
    for (owner, phase, since, resource) in networks.chain(pools).chain(balancers).chain(records) {
        if owner == scope && phase == Phase::Active {
            seen.active.entry(resource.to_string()).or_insert(since);
        }
    }
}

async fn answers(address: Ipv4Addr) -> bool {
    let asked = async {
        let mut stream = TcpStream::connect(SocketAddrV4::new(address, 8080)).await.ok()?;
        stream.write_all(b"GET /ready HTTP/1.1\r\nhost: site\r\nconnection: close\r\n\r\n").await.ok()?;
        let mut begin = [0; 12];
        stream.read_exact(&mut begin).await.ok()?;
        Some(begin[9] == b'2')
    };
    matches!(tokio::time::timeout(Duration::from_millis(200), asked).await, Ok(Some(true)))
}

/// What was seen, as samples of what is measured.
fn evaluated(seen: Seen) -> BTreeMap<&'static str, Vec<Duration>> {
    let mut samples = seen.samples;
    let between = |from: &BTreeMap<InstanceId, Timestamp>, to: &BTreeMap<InstanceId, Timestamp>| {
        let pairs = to.iter().filter_map(|(id, end)| Some(end.since(*from.get(id)?)));
        pairs.collect::<Vec<_>>()
    };
    samples.insert("boot.running", between(&seen.launched, &seen.running));
    samples.insert("boot.ready", between(&seen.running, &seen.serving));
    for (resource, accepted) in &seen.accepted {
        let name = match resource.split(' ').next() {
            Some("network") => "phases.network",
            Some("pool") => "phases.pool",
            Some("balancer") => "phases.balancer",
            Some("record") => "phases.record",
            _ => continue,
        };
        let took = seen.active.get(resource).map(|active| active.since(*accepted));
        samples.entry(name).or_default().extend(took);
    }
    let pool = seen.accepted.iter().find(|(resource, _)| resource.starts_with("pool "));
    if let (Some((_, accepted)), Some(first)) = (pool, seen.launched.values().min()) {
        samples.entry("keeper.reaction").or_default().push(first.since(*accepted));
    }
    samples
}

fn lock(seen: &Shared) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}
