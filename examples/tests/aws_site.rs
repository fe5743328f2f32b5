//! `aws_site` against emulators of AWS, each command a process of its own: a site is made, asked for again, changed and
//! removed, and the account is as it was, what belongs to nobody included.

use ha_aws_tasks::{Emulator, Kind, Proxy};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::Duration,
};

/// Where the sample provider files are.
const REGION: &str = "us-east-1";

/// The program, which cargo builds beside the tests of its package.
fn program() -> PathBuf {
    let own = env::current_exe().expect("a test is a program");
    let built = own.parent().and_then(Path::parent).map(|folder| folder.join("examples/aws_site"));
    let built = built.filter(|program| program.exists());
    built.expect("aws_site is not built: cargo test -p ha-examples --features aws builds it, without --test")
}

/// A folder of a test's own, emptied.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _not_there = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder can be made");
    folder
}

fn sites() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sites")
}

/// An emulator, and the commands that are given to it.
struct World {
    emulator: Emulator,
    proxy: Proxy,
}

impl World {
    fn start(kind: Kind) -> Self {
        let emulator = Emulator::start(kind).expect("the emulator starts");
        let proxy = emulator.proxy(Duration::ZERO).expect("the proxy starts");
        Self { emulator, proxy }
    }

    /// Runs a command, without credentials and with a home of its own.
    fn run(&self, words: &[&str], topology: Option<&Path>) -> Output {
        let mut command = Command::new(program());
        command.args(words).args(["--endpoint", &self.proxy.url()]).env_clear().env("HOME", folder("home"));
        if let Some(topology) = topology {
            command.arg("--topology").arg(topology);
        }
        command.output().expect("the program starts")
    }

    /// The same, which is to be done; answers what it said, and how many calls changed something.
    fn done(&self, words: &[&str], topology: Option<&Path>) -> (String, usize) {
        self.proxy.take();
        let output = self.run(words, topology);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words:?} {topology:?}: {}\n{said}\n{error}", output.status);
        (said, self.proxy.take().iter().filter(|it| it.request.changes()).count())
    }

    fn account(&self) -> Vec<String> {
        self.emulator.account(REGION).expect("the account can be looked at")
    }
}

/// The reference site with another release, another size and one zone more, and as quick as an emulator lets it be.
fn changed() -> String {
    let mut text = fs::read_to_string(sites().join("web.toml")).expect("the reference site is there");
    for (before, after) in [
        ("\"2026.11.1\"", "\"2026.11.2\""),
        ("capacity = 12", "capacity = 13"),
        ("[\"a\", \"b\", \"c\"]", "[\"a\", \"b\", \"c\", \"d\"]"),
        ("bake = \"2m\"", "bake = \"1s\""),
    ] {
        assert!(text.contains(before), "the reference site has no {before}");
        text = text.replacen(before, after, 1);
    }
    text
}

/// The whole life of the reference site.
fn lives(kind: Kind) {
    let world = World::start(kind);
    let before = world.emulator.plant(REGION).expect("somebody's own things are made");
    let (_, made) = world.done(&["apply"], None);
    assert!(made > 30, "{made} calls");
    assert_eq!(world.done(&["apply"], None).1, 0, "asked for again");
    let (status, changes) = world.done(&["status", "--json"], None);
    let status: serde_json::Value = serde_json::from_str(&status).expect("it is JSON");
    assert_eq!(changes, 0);
    assert_eq!((&status["pools"][0]["instances"], &status["pools"][0]["phase"]), (&12.into(), &"active".into()));
    assert_eq!(status["balancers"][0]["healthy"], 12);

    let file = folder(&format!("{kind}-reference")).join("web.toml");
    fs::write(&file, changed()).expect("a file can be written");
    let provider = sites().join("web.aws.toml");
    let with = |word| [word, "--provider", provider.to_str().expect("a plain name")];
    let (said, changes) = world.done(&with("apply"), Some(&file));
    assert!(changes > 0 && said.contains("roll-outs go on without readings"), "{said}");
    assert_eq!(world.done(&with("apply"), Some(&file)).1, 0, "asked for again after the change");
    let (status, _) = world.done(&with("status"), Some(&file));
    assert_eq!(status.matches(" 2026.11.2 ").count(), 13, "{status}");
    assert!(!status.contains("2026.11.1") && status.contains("zone d") && status.contains("13 of 13"), "{status}");

    world.done(&with("remove"), Some(&file));
    assert_eq!(world.account(), before);
    assert_eq!(world.done(&with("remove"), Some(&file)).1, 0, "removed again");
}

#[test]
fn the_reference_site_lives_on_moto_and_leaves_no_trace() {
    lives(Kind::Moto);
}

/// Ministack knows no `AttachLoadBalancerTargetGroups`, and shows a group in the first of its zones only: a site with a
/// balancer never works there. The day it does, this fails, and the reference site lives there, too.
#[test]
fn ministack_shows_how_far_the_reference_site_gets_and_that_it_leaves_no_trace() {
    let world = World::start(Kind::Ministack);
    let before = world.account();
    // A boot is always waited for: a shorter one ends sooner.
    let text = fs::read_to_string(sites().join("web.toml")).expect("the reference site is there");
    let file = folder("ministack-reference").join("web.toml");
    fs::write(&file, text.replace("budget = \"3m\"", "budget = \"10s\"")).expect("a file can be written");
    let output = world.run(&["apply"], Some(&file));
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("Unknown AutoScaling action: AttachLoadBalancerTargetGroups"), "{error}");
    let (status, _) = world.done(&["status", "--json"], Some(&file));
    let status: serde_json::Value = serde_json::from_str(&status).expect("it is JSON");
    assert_eq!((&status["network"], &status["names"][0]["phase"]), (&"active".into(), &"active".into()), "{status}");
    assert_eq!(status["pools"][0]["instances"], 12, "{status}");
    world.done(&["remove"], Some(&file));
    assert_eq!(world.account(), before);
}

#[test]
fn a_site_over_tls_is_made_asked_for_again_and_removed() {
    let (world, file) = (World::start(Kind::Moto), sites().join("secure.toml"));
    let before = world.emulator.plant(REGION).expect("somebody's own things are made");
    let sample = fs::read_to_string(sites().join("secure.aws.toml")).expect("the sample is there");
    let certificate = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012";
    assert!(sample.contains(certificate));
    let own = world.emulator.certificate(REGION).expect("a certificate is made");
    let provider = folder("moto-secure").join("secure.aws.toml");
    fs::write(&provider, sample.replace(certificate, &own)).expect("a file can be written");
    let with = |word| [word, "--provider", provider.to_str().expect("a plain name")];
    world.done(&with("apply"), Some(&file));
    let account = world.account();
    for port in ["80", "443"] {
        assert!(account.contains(&format!("listener secure-front {port}")), "{account:#?}");
    }
    assert_eq!(world.done(&with("apply"), Some(&file)).1, 0);
    world.done(&with("remove"), Some(&file));
    assert_eq!(world.account(), before);
}

#[test]
fn a_gate_that_is_to_wait_for_readings_says_so_and_what_would_do_and_gives_up() {
    let (world, folder) = (World::start(Kind::Moto), folder("moto-gate"));
    let write = |name: &str, release: &str| {
        let text = format!(
            "name = \"shop\"\nzones = [\"a\", \"b\"]\n[[pool]]\nname = \"web\"\nrelease = \"{release}\"\nsize = \"2..=3\"\n\
             capacity = 2\nready = {{ path = \"/\", budget = \"10s\" }}\n[pool.rollout]\nbake = \"1s\"\n[[balancer]]\n\
             name = \"front\"\nlisten = \"http\"\nto = \"web\"\n"
        );
        fs::write(folder.join(name), text).expect("a file can be written");
        folder.join(name)
    };
    world.done(&["apply"], Some(&write("one.toml", "1")));
    let output = world.run(&["apply", "--no-reading", "wait"], Some(&write("two.toml", "2")));
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}{error}");
    for told in [&said, &error] {
        assert!(told.contains("no reading of 2") && told.contains("no_reading = \"go_on\""), "{said}{error}");
        assert!(!told.contains("20778d"), "an instant is no age: {told}");
    }
    let asked = world.proxy.take().iter().filter(|it| it.request.call() == "GetMetricData").count();
    assert!((1..=6).contains(&asked), "CloudWatch was asked {asked} times");
    world.done(&["apply"], Some(&folder.join("two.toml")));
}

#[test]
fn what_the_provider_file_names_and_is_not_there_is_said_in_a_line() {
    let (world, file) = (World::start(Kind::Moto), sites().join("secure.toml"));
    let output = world.run(&["apply"], Some(&file));
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains("certificate was not found") && !error.contains("ServiceError"), "{error}");
}

#[test]
fn a_plan_needs_nobody_and_aws_itself_is_paid_for() {
    let run = |words: &[&str]| {
        let output = Command::new(program()).args(words).env_clear().output().expect("the program starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let (code, plan, error) = run(&["plan"]);
    assert_eq!((code, error.as_str()), (Some(0), ""), "{plan}");
    assert!(plan.contains("wave 4") && plan.contains("add the line: id = \"web-1\""), "{plan}");
    assert!(plan.lines().all(|line| line.chars().count() <= 80), "{plan}");
    let (code, plan, _) = run(&["plan", "--json"]);
    let saved = ha_core::Plan::load(&plan).expect("a saved plan");
    assert_eq!((code, saved.waves.len(), saved.problems.len()), (Some(0), 4, 1), "an id is missing");
    let (code, said, error) = run(&["apply"]);
    assert_eq!((code, said.as_str()), (Some(2), ""));
    assert!(error.contains("--yes-this-costs"), "{error}");
    // Nobody answers, and that is said at once.
    for word in ["apply", "remove", "status"] {
        let (code, said, error) = run(&[word, "--endpoint", "http://127.0.0.1:1"]);
        assert_eq!(code, Some(1), "{said}{error}");
        assert!(error.contains("Connection refused") && error.lines().count() == 1, "{error}");
    }
    let (code, _, error) = run(&["plan", "--provider", "/nowhere.toml"]);
    assert!(code == Some(2) && error.contains("--provider names the file"), "{error}");
    // Nor is anybody asked who has no credentials.
    let file = folder("nobody").join("web.toml");
    let text = fs::read_to_string(sites().join("web.toml")).expect("the reference site is there");
    fs::write(&file, format!("id = \"web-1\"\n{text}")).expect("a file can be written");
    let mut command = Command::new(program());
    command.args(["apply", "--yes-this-costs", "--topology"]).arg(&file).env_clear();
    let output = command.env("AWS_EC2_METADATA_DISABLED", "true").output().expect("the program starts");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("credentials") && error.contains("get-caller-identity"), "{error}");
    // Before anybody is asked for credentials.
    let (code, _, error) = run(&["apply", "--yes-this-costs"]);
    assert_eq!(code, Some(2));
    assert!(error.contains("add the line: id = "), "{error}");
}
