//! What is seen while a site is made: who was launched when, what runs, answers and is active since when.

use super::PERIOD;
use ha_core::{
    Controller, ValidTopology,
    backend::{Backend, Resource, Scope, state::Phase},
    event::{Event, What},
    name::InstanceId,
    plan::{Action, BalancerStep, DnsStep, NetworkStep, PoolStep},
    time::Timestamp,
};
use ha_examples::docker::program;
use ha_local::docker::{Docker, called, engine::Standing, now, state::Tables};
use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddrV4},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// How often the site is looked at meanwhile.
const LOOK: Duration = Duration::from_millis(10);
/// Times, by what took them.
pub type Samples = BTreeMap<&'static str, Vec<Duration>>;

/// What was seen, in order of seeing.
#[derive(Default)]
pub struct Seen {
    /// What was timed at once.
    pub samples: Samples,
    asked: Option<Timestamp>,
    accepted: BTreeMap<String, Timestamp>,
    /// When launches were ordered.
    pub launched: BTreeMap<InstanceId, Timestamp>,
    running: BTreeMap<InstanceId, Timestamp>,
    serving: BTreeMap<InstanceId, Timestamp>,
    active: BTreeMap<String, Timestamp>,
}

/// What was seen, by all who look.
pub type Shared = Arc<Mutex<Seen>>;

/// Makes the site, and looks meanwhile.
pub async fn made(site: &ValidTopology, (docker, backend): (&Docker, &Backend), seen: &Shared) -> Result<(), String> {
    let by_loop = seen.clone();
    let mut controller = Controller::new(backend.clone(), "profile".into())
        .period(PERIOD)
        .observer(Arc::new(move |event: &Event| hear(&by_loop, event)));
    let scope = site.scope();
    tokio::select! {
        made = controller.until_converged(site) => {
            made.map_err(|stalled| format!("the site is not made: {stalled}"))?;
        }
        failed = watch(docker, backend, &scope, seen) => failed?,
    }
    // What became active last was perhaps not looked at since.
    let tables = docker.directory.read().await.map_err(|trouble| program::said(&trouble))?;
    note_active(&tables, &scope, seen);
    Ok(())
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
                    let id = member.id.clone();
                    if lock(seen).serving.contains_key(&id) {
                        continue;
                    }
                    if answers(member.address).await {
                        lock(seen).serving.entry(id).or_insert_with(now);
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

impl Seen {
    /// The same as samples of what is measured.
    pub fn evaluated(self) -> Samples {
        let mut samples = self.samples;
        let between = |from: &BTreeMap<InstanceId, Timestamp>, to: &BTreeMap<InstanceId, Timestamp>| {
            let pairs = to.iter().filter_map(|(id, end)| Some(end.since(*from.get(id)?)));
            pairs.collect::<Vec<_>>()
        };
        samples.insert("boot.running", between(&self.launched, &self.running));
        samples.insert("boot.ready", between(&self.running, &self.serving));
        for (resource, accepted) in &self.accepted {
            let name = match resource.split(' ').next() {
                Some("network") => "phases.network",
                Some("pool") => "phases.pool",
                Some("balancer") => "phases.balancer",
                Some("record") => "phases.record",
                _ => continue,
            };
            let took = self.active.get(resource).map(|active| active.since(*accepted));
            samples.entry(name).or_default().extend(took);
        }
        let pool = self.accepted.iter().find(|(resource, _)| resource.starts_with("pool "));
        if let (Some((_, accepted)), Some(first)) = (pool, self.launched.values().min()) {
            samples.entry("first launch, since wished").or_default().push(first.since(*accepted));
        }
        samples
    }
}

/// For whoever writes down something.
pub fn lock(seen: &Shared) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}
