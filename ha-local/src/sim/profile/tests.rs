//! Profiles: the built-in ones are whole and sourced, a file overrides a base, and what is wrong is told.

use super::*;
use proptest::prelude::*;

const AWS: &str = include_str!("aws.toml");
const DOCKER: &str = include_str!("docker.toml");
const IDEAL: &str = include_str!("ideal.toml");

#[test]
fn every_figure_of_a_built_in_profile_is_stated() {
    for (name, text) in [("aws", AWS), ("docker", DOCKER), ("ideal", IDEAL)] {
        let profile = Profile::read(text, name).unwrap_or_else(|problems| panic!("{problems}"));
        assert_eq!(profile.name, name);
        assert_eq!(Profile::named(name), Some(profile));
        for (number, line) in text.lines().enumerate().filter(|(_, line)| line.contains(" = ")) {
            let without = text.lines().enumerate().filter(|(n, _)| *n != number).map(|(_, line)| format!("{line}\n"));
            let key = line.split(" = ").next().unwrap();
            let read = Profile::read(&without.collect::<String>(), "x");
            assert_eq!(key == "name", read.is_ok(), "{name}: {line}");
        }
    }
}

#[test]
fn every_figure_of_aws_and_docker_has_its_source() {
    for line in AWS.lines().chain(DOCKER.lines()).filter(|line| line.contains(" = ") && !line.starts_with("name")) {
        let source = line.split_once(" # ").unwrap_or_else(|| panic!("no source: {line}")).1;
        let known = ["guide", "measured: ", "set: ", "ours", "RFC ", "the default of "];
        assert!(known.iter().any(|word| source.starts_with(word)), "{line}");
    }
}

#[test]
fn instances_of_aws_take_forty_seconds_and_those_of_ideal_none() {
    let mean = |boot: &Boot| boot.running.mean() + boot.ready.mean();
    assert_eq!(mean(&Profile::aws().boot), Duration::from_secs(40));
    assert_eq!(mean(&Profile::ideal().boot), Duration::ZERO);
}

#[test]
fn a_file_overrides_any_figure_of_its_base() {
    let text = "base = \"aws\"\nties = \"fifo\"\n[boot]\nready = { exponential_ms = 1000 }\n[api]\ncalls = \"unlimited\"\n\
                [keeper]\nkeeps_brake = false\n[dns]\nalias_ttl = \"as_asked\"\n";
    let profile = Profile::read(text, "mine.toml").unwrap_or_else(|problems| panic!("{problems}"));
    let mut expected = Profile { name: "mine.toml".into(), ties: Ties::Fifo, ..Profile::aws() };
    expected.boot.ready = Distribution::Exponential { mean: Duration::from_secs(1) };
    expected.api.calls = None;
    expected.keeper.policy.keeps_brake = false;
    expected.dns.alias_ttl = None;
    assert_eq!(profile, expected);
}

#[test]
fn all_problems_are_told_with_their_places() {
    let text = "base = \"asw\"\n[boot]\nredy = \"1s\"\n[network]\nresend = \"0s\"\n[api]\ncalls = { per_second = 0 }\n\
                [dns]\nignores_ttl = 2\n[balancers]\n";
    let problems = Profile::read(text, "p.toml").unwrap_err().to_string();
    let expected = [
        "p.toml:1:8: base: \"asw\" is not known here; did you mean \"aws\"?",
        "p.toml:3:1: boot.redy: unknown key \"redy\"; did you mean \"ready\"?",
        "p.toml:5:10: network.resend: 0s is out of range",
        "p.toml:7:9: api.calls.burst: it is missing",
        "p.toml:7:24: api.calls.per_second: 0 is out of range",
        "p.toml:9:15: dns.ignores_ttl: 2 is out of range",
        "p.toml:10:2: balancers: unknown key \"balancers\"; did you mean \"balancer\"?",
    ];
    assert_eq!(problems.lines().count(), expected.len(), "{problems}");
    for (line, expected) in problems.lines().zip(expected) {
        assert!(line.starts_with(expected), "{line}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in ".*", key in "[a-z_]{1,12}", value in ".{0,12}") {
        let _ = Profile::read(&text, "p.toml");
        let _ = Profile::read(&format!("base = \"aws\"\n[network]\nusers = {value}\n[api]\n{key} = {value}"), "p.toml");
    }
}
