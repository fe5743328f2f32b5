//! Secrets stay where they belong: in no log, label, plan, error, listing, event, environment or command line. Run with one
//! test thread.
#![cfg(feature = "docker")]

use bollard::query_parameters::{
    EventsOptionsBuilder, InspectContainerOptions, InspectNetworkOptions, LogsOptionsBuilder, TopOptionsBuilder,
};
use futures_util::TryStreamExt;
use ha_core::{
    Balancer, Controller, Dns, Pool, Topology, ValidTopology,
    backend::{Backend, Scope},
    observe, plan,
    reconcile::Report,
    topology::{Capacity, HealthCheck},
};
use ha_local::docker::{
    Docker, Settings, Supervisor,
    image::APP,
    lab::{run_name, run_place, sweep},
    now,
    settings::Program,
};
use std::{
    collections::BTreeMap,
    fmt::Write,
    fs,
    io::Read,
    path::Path,
    process::Command,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// All that anybody is told, by where he reads it.
type Told = Vec<(String, String)>;

/// A word that is nowhere else.
fn token() -> String {
    let mut bytes = [0_u8; 24];
    fs::File::open("/dev/urandom").unwrap().read_exact(&mut bytes).unwrap();
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// A certificate with a key that was made just now, in one file.
fn certificate(place: &Path) -> String {
    let key = place.with_extension("key");
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=shop.example", "-keyout"])
        .args([&key, Path::new("-out"), place])
        .output()
        .expect("openssl makes a certificate");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let (certificate, key) = (fs::read_to_string(place).unwrap(), fs::read_to_string(key).unwrap());
    fs::write(place, certificate + &key).unwrap();
    key
}

fn site(scope: &Scope) -> ValidTopology {
    let [interval, timeout] = [500, 400].map(Duration::from_millis);
    let health = HealthCheck { interval, timeout, healthy: 2, unhealthy: 2 };
    let web = Pool::new("web").release("r1").size(1..=4).capacity(1).ready("/ready", Duration::from_secs(60));
    Topology::new(&scope.name)
        .id(&scope.id)
        .zones(["a", "b"])
        .with(web.port(8080))
        .with(Balancer::https("front", "shop").to("web").health(health).drain(Duration::from_secs(1)))
        .with(Dns::apex("shop.example").to("front"))
        .validate()
        .unwrap()
}

/// Makes it as it is wanted, by a loop that looks more often than usual.
async fn become_as(wanted: &ValidTopology, backend: &Backend) -> Report {
    let controller = Controller::new(backend.clone(), "test".into());
    controller.period(Duration::from_millis(500)).until_converged(wanted).await.expect("it becomes as it is wanted")
}

/// What the engine tells whoever asks it: each container's description, log and command lines, the network, the events.
async fn of_the_engine(docker: &Docker, scope: &Scope, since: u64, told: &mut Told) {
    let client = docker.engine.client();
    let containers = docker.engine.list(scope, None).await.unwrap();
    assert!(containers.len() >= 4, "a holder, an instance, a balancer and a DNS server: {containers:?}");
    for seen in containers {
        let described = client.inspect_container(&seen.id, None::<InspectContainerOptions>).await.unwrap();
        told.push((format!("inspect {}", seen.name), serde_json::to_string(&described).unwrap()));
        let options = TopOptionsBuilder::new().ps_args("-eo pid,args").build();
        let processes = client.top_processes(&seen.id, Some(options)).await.unwrap();
        told.push((format!("top {}", seen.name), format!("{processes:?}")));
        let options = LogsOptionsBuilder::new().stdout(true).stderr(true).build();
        let log: Vec<_> = client.logs(&seen.id, Some(options)).try_collect().await.unwrap();
        told.push((format!("log {}", seen.name), log.iter().map(ToString::to_string).collect()));
    }
    let network = docker.engine.network_of(scope).await.unwrap().unwrap();
    let described = client.inspect_network(&network.id, None::<InspectNetworkOptions>).await.unwrap();
    told.push(("network".into(), serde_json::to_string(&described).unwrap()));
    let until = (now().0 / 1_000_000_000).to_string();
    let options = EventsOptionsBuilder::new().since(&since.to_string()).until(&until).build();
    let events: Vec<_> = client.events(Some(options)).try_collect().await.unwrap();
    told.push(("events".into(), serde_json::to_string(&events).unwrap()));
}

/// What the library shows: every reading, the plan, the listing of the store, what is printed of the provider itself.
async fn of_the_library(docker: &Docker, backend: &Backend, site: &ValidTopology, told: &mut Told) {
    let observed = observe(site, backend).await;
    told.push(("observed".into(), format!("{observed:?}")));
    let plan = plan(site, &observed);
    told.push(("plan".into(), format!("{plan}{plan:?}{}", serde_json::to_string(&plan).unwrap())));
    let tables = docker.directory.read().await.unwrap();
    told.push(("tables".into(), format!("{tables:?}{tables:#?}")));
    told.push(("provider".into(), format!("{docker:?}")));
    let listed = backend.store.as_ref().unwrap().list(&site.scope(), "").await.unwrap();
    told.push(("store".into(), format!("{listed:?}")));
}

/// The key by which records are changed, from the one file that has it.
fn key_of_names(directory: &Path) -> String {
    use std::os::unix::fs::PermissionsExt;
    let file = directory.join("state.json");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let tables: serde_json::Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let servers = tables["name_servers"].as_object().unwrap();
    servers.values().next().unwrap()["key"].as_str().unwrap().to_owned()
}

fn shown(secrets: &[(&str, String)], told: &Told) {
    for (place, text) in told {
        for (which, secret) in secrets {
            assert!(!text.contains(secret), "{which} is told by {place}");
        }
    }
}

#[tokio::test]
#[ignore = "needs a Docker engine, the images of cargo xtask images, and openssl"]
async fn no_secret_is_told_to_anybody() {
    let place = run_place("secrets");
    fs::create_dir_all(place.join("provider")).unwrap();
    let (pem, provider) = (place.join("shop.pem"), token());
    let key = certificate(&pem);
    fs::write(place.join("provider/password"), &provider).unwrap();
    let mut settings = Settings::new(place.join("state"));
    settings.certificates.insert("shop".into(), pem.clone());
    let program = Program {
        image: format!("{APP}:{{release}}"),
        command: None,
        environment: BTreeMap::new(),
        mounts: BTreeMap::from([(place.join("provider").display().to_string(), "/data".into())]),
    };
    settings.releases.insert("*".into(), program);
    let docker = Docker::connect(settings).await.expect("an engine answers");
    sweep(&docker.engine).await.unwrap();
    let said = Arc::new(Mutex::new(String::new()));
    let hears = said.clone();
    let supervisor = Supervisor::new(docker.clone(), move |sentence| {
        let mut said = hears.lock().unwrap();
        said.push_str(sentence);
        said.push('\n');
    });
    let (backend, since) = (docker.backend(), now().0 / 1_000_000_000);
    let site = site(&Scope { name: run_name("secrets"), id: "1".into() });
    let report = become_as(&site, &backend).await;

    // A certificate that is broken is refused with an error.
    let broken = token();
    fs::write(&pem, format!("-----BEGIN PRIVATE KEY-----\n{broken}\n-----END PRIVATE KEY-----\n")).unwrap();
    let begun = Instant::now();
    while !said.lock().unwrap().contains("HAProxy does not take") {
        assert!(begun.elapsed() < Duration::from_secs(60), "a broken certificate is taken: {}", said.lock().unwrap());
        sleep(Duration::from_millis(200)).await;
    }

    let mut told = vec![("report".to_owned(), format!("{report}{report:?}"))];
    of_the_engine(&docker, &site.scope(), since, &mut told).await;
    of_the_library(&docker, &backend, &site, &mut told).await;
    told.push(("supervisor".into(), said.lock().unwrap().clone()));
    let lines = key.lines().filter(|line| line.len() > 40).map(|line| ("a TLS key", line.to_owned()));
    let mut secrets: Vec<_> = lines.collect();
    assert!(secrets.len() > 20, "the key has many lines");
    secrets.push(("the key of names", key_of_names(&place.join("state"))));
    secrets.push(("a provider's secret", provider));
    secrets.push(("a broken key", broken));
    shown(&secrets, &told);

    become_as(&site.removed(), &backend).await;
    supervisor.stop().await.unwrap();
    assert!(!place.join("state").exists(), "the state directory is left");
    fs::remove_dir_all(&place).unwrap();
}

#[tokio::test]
#[ignore = "needs a Docker engine, the images of cargo xtask images, and openssl"]
async fn a_balancer_whose_certificate_is_gone_or_refused_is_told_who_is_behind_it() {
    let place = run_place("certificate");
    fs::create_dir_all(&place).unwrap();
    let pem = place.join("shop.pem");
    certificate(&pem);
    let mut settings = Settings::new(place.join("state"));
    settings.certificates.insert("shop".into(), pem.clone());
    let image = format!("{APP}:{{release}}");
    let (environment, mounts) = (BTreeMap::new(), BTreeMap::new());
    settings.releases.insert("*".into(), Program { image, command: None, environment, mounts });
    let docker = Docker::connect(settings).await.expect("an engine answers");
    sweep(&docker.engine).await.unwrap();
    let supervisor = Supervisor::new(docker.clone(), |_| {});
    let (backend, one) = (docker.backend(), site(&Scope { name: run_name("certificate"), id: "1".into() }));
    become_as(&one, &backend).await;
    let sized = |count| {
        let mut other = one.topology().clone();
        other.pools[0].capacity = Capacity::Fixed(count);
        other.validate().unwrap()
    };
    // Each is as it is wanted only when the balancer found all of its instances healthy, and nobody else.
    fs::write(&pem, "no certificate").unwrap();
    become_as(&sized(2), &backend).await;
    fs::remove_file(&pem).unwrap();
    become_as(&sized(3), &backend).await;
    become_as(&one.removed(), &backend).await;
    supervisor.stop().await.unwrap();
    fs::remove_dir_all(&place).unwrap();
}
