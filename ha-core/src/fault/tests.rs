//! Fault files: what is read, what is refused and with which words, and that what is written reads back equal.

use super::*;
use crate::topology::{Balancer, Dns, Pool, Topology};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::path::PathBuf;

fn read(record: &Value) -> Result<FaultFile, Vec<String>> {
    let file = json!({ "format": "ha-faults 1", "incidents": [record] });
    FaultFile::read(&file.to_string(), "x.json")
        .map_err(|all| all.0.iter().map(|problem| format!("x.json: {}: {}", problem.path, problem.what)).collect())
}

/// A record of an outage with these fields changed; `null` takes one away.
fn outage(changes: &Value) -> Value {
    let mut record = json!({ "id": "x", "title": "x", "source": "x", "t0": "2026-01-31T09:00:00Z", "length": "2h",
        "needs": ["zones:2", "pool"], "events": [event(&json!({}))], "there": [], "observed": [], "exercises": [],
        "assumed": [], "confidence": "x" });
    change(&mut record, changes);
    record
}

fn event(changes: &Value) -> Value {
    let mut event = json!({ "at": "1h", "lasts": "20m", "where": "zone:a", "fault": "zone.power" });
    change(&mut event, changes);
    event
}

fn change(value: &mut Value, changes: &Value) {
    for (field, new) in changes.as_object().unwrap() {
        let fields = value.as_object_mut().unwrap();
        if new.is_null() {
            fields.remove(field)
        } else {
            fields.insert(field.clone(), new.clone())
        };
    }
}

#[test]
fn every_example_of_the_vocabulary_is_accepted_and_reads_back_equal() {
    for effect in effects() {
        let text = format!("{{ at = \"1h\", fault = \"{}\", {} }}", effect.name, effect.example);
        let fault: Fault = text.parse().unwrap_or_else(|problem| panic!("{text}: {problem}"));
        assert_eq!(fault.effect, effect.name);
        assert_eq!(fault.to_string().parse(), Ok(fault), "{text}");
    }
}

#[test]
fn a_broken_event_is_refused_with_its_one_problem() {
    let table = [
        (json!({ "fault": "volcano.erupts" }), "fault: unknown family"),
        (
            json!({ "fault": "zone.melts" }),
            "fault: unknown effect \"zone.melts\" (known: zone.network zone.power zone.slow)",
        ),
        (
            json!({ "fault": "zone.powr" }),
            "fault: unknown effect \"zone.powr\" (known: zone.network zone.power zone.slow); did you mean \"zone.power\"?",
        ),
        (json!({ "rate": 0.5 }), "rate: zone.power has no such parameter"),
        (json!({ "fault": "zone.slow" }), "times: zone.slow needs it"),
        (json!({ "fault": "zone.slow", "times": 0.5 }), "times: 0.5 is outside"),
        (json!({ "fault": "zone.slow", "times": 1 }), "times: 1 is outside above 1 to 1000"),
        (json!({ "fault": "zone.slow", "times": 1000.5 }), "times: 1000.5 is outside above 1 to 1000"),
        (json!({ "lost": -0.1 }), "lost: -0.1 is outside 0 to 1"),
        (json!({ "fault": "zone.slow", "times": "elevated" }), "times: not a number"),
        (json!({ "where": "region" }), "where: unknown selector"),
        (json!({ "where": "pool:*" }), "where: zone.power does not accept \"pool\""),
        (json!({ "where": "share:1.3 of zone:a" }), "where: share"),
        (json!({ "fault": "link.cut", "where": "link:a" }), "where: malformed selector"),
        (json!({ "fault": "api.down", "where": "service:ec2" }), "where: malformed selector"),
        (json!({ "fault": "capacity.none", "where": "share:0.5 of zone:a" }), "where: capacity.none does not accept"),
        (json!({ "at": "-30m" }), "at: negative time"),
        (json!({ "at": 90 }), "at: not a duration"),
        (json!({ "at": "3h" }), "at: is after the run's length of 2h"),
        (json!({ "lasts": null }), "lasts: missing"),
        (json!({ "lasts": "0s" }), "lasts: is nothing"),
        (json!({ "lasts": "3h" }), "lasts: ends after the run's length"),
        (json!({ "fault": "instances.kill", "where": "pool:web" }), "lasts: happens once"),
        (json!({ "tail": "31d" }), "tail: \"31d\" is outside above \"0s\" to \"30d\""),
        (json!({ "where": null }), "where: missing"),
    ];
    for (changes, expected) in table {
        let found = read(&outage(&json!({ "events": [event(&json!({})), event(&changes)] }))).unwrap_err();
        assert_eq!(found.len(), 1, "{changes}: {found:?}");
        assert!(found[0].starts_with(&format!("x.json: x: event 2: {expected}")), "{changes}: {found:?}");
    }
}

#[test]
fn a_broken_record_is_refused_with_its_one_problem() {
    let table = [
        (json!({ "events": [event(&json!({ "where": "zone:c" }))] }), "x: needs: the events suppose \"zones:3\""),
        (json!({ "needs": ["zones:2", "moon"] }), "x: needs: unknown need \"moon\""),
        (json!({ "observed": [{ "at": "-5m", "text": "x" }] }), "x: observed 1: at: negative time"),
        (json!({ "there": [{ "at": "5m" }] }), "x: there 1: text: missing"),
        (json!({ "scope": "zone:a" }), "x: scope: unknown field"),
        (json!({ "t0": "yesterday" }), "x: t0: not a time"),
        (json!({ "t0": "2026-02-30T09:00:00Z" }), "x: t0: not a time"),
        (json!({ "there": "much" }), "x: there: not a list"),
        (json!({ "id": "two words" }), "record 1: id: not a name"),
        (json!({ "confidence": null }), "x: confidence: missing"),
        (json!({ "length": "soon" }), "x: length: not a duration"),
        (json!({ "seed": -1 }), "x: seed: not a whole number"),
        (json!({ "events": [] }), "x: events: none"),
    ];
    for (changes, expected) in table {
        let found = read(&outage(&changes)).unwrap_err();
        assert_eq!(found.len(), 1, "{changes}: {found:?}");
        assert!(found[0].starts_with(&format!("x.json: {expected}")), "{changes}: {found:?}");
    }
    assert!(read(&outage(&json!({}))).is_ok());
}

#[test]
fn a_scenario_of_ones_own_may_be_that_nothing_goes_wrong() {
    let quiet = json!({ "id": "quiet", "title": "x", "length": "2h", "events": [] });
    let read = read(&quiet).unwrap();
    assert_eq!((read.scenarios[0].events.len(), read.scenarios[0].length), (0, Some(Duration::from_secs(7200))));
    assert_eq!(FaultFile::read(&read.scenarios[0].to_toml(), "x.toml").unwrap().scenarios, read.scenarios);
}

#[test]
fn all_problems_are_told_at_once() {
    let record = outage(&json!({ "events": [event(&json!({ "at": 1, "rate": 1, "where": "wibble" })), 7], "t0": "x" }));
    let found = read(&record).unwrap_err();
    let expected = ["event 1: at: ", "event 1: where: ", "event 1: rate: ", "event 2: event: ", "t0: "];
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (line, expected) in found.iter().zip(expected) {
        assert!(line.starts_with(&format!("x.json: x: {expected}")), "{line}");
    }
}

#[test]
fn json_and_toml_are_one_schema() {
    let text = include_str!("evening-peak.faults.toml");
    let from_toml = FaultFile::read(text, "peak.toml").unwrap();
    let json = toml::from_str::<Value>(text).unwrap().to_string();
    assert_eq!(FaultFile::read(&json, "peak").unwrap().scenarios, from_toml.scenarios);
    let scenario = from_toml.choose(None).unwrap();
    assert_eq!(FaultFile::read(&scenario.to_toml(), "again").unwrap().scenarios, from_toml.scenarios);
    assert!(from_toml.choose(Some("morning")).unwrap_err().to_string().contains("(has: evening-peak)"));
}

#[test]
fn a_scenario_of_ones_own_reads_back_equal_with_all_its_fields() {
    let minute = Duration::from_secs(60);
    let faults = vec![
        Fault::zone_power("a").at(minute).tail(minute),
        Fault::call("crash_applied", "pool.ensure").nth(3).count(2),
        Fault::new("api.error", "service:dns").unwrap().rate(0.125).with(|given| given.reads = Some(0.0)),
    ];
    let scenario = Scenario {
        needs: vec![
            Need::Zones(2),
            Need::Tier("pool".into()),
            Need::Dependency("auth".into()),
            Need::Tier("dns".into()),
        ],
        length: Some(90 * minute),
        site: Some("sites/web.toml".into()),
        seed: Some(1 << 62),
        there: vec![Told { at: minute, lasts: Some(minute), text: "they said \"no\"\n\u{7f}\t\u{e9}".into() }],
        observed: vec![Told { at: minute, lasts: None, text: "\\ and ' and #".into() }],
        exercises: vec!["one".into(), "two".into()],
        assumed: vec!["three".into()],
        confidence: Some("none".into()),
        t0: Some("2026-01-31T09:00:00Z".into()),
        source: Some("nowhere".into()),
        ..Scenario::new("mine", "a = \"b\"", faults)
    };
    for scenario in
        [Scenario { source: None, ..scenario.clone() }, Scenario::new("x", "x", scenario.events.clone()), scenario]
    {
        let text = scenario.to_toml();
        let read = FaultFile::read(&text, "again.toml").unwrap_or_else(|problems| panic!("{problems}\n{text}"));
        assert_eq!(read.scenarios, [scenario]);
    }
}

#[test]
fn broken_syntax_is_told_with_its_place() {
    let json = FaultFile::read("{\n  \"format\": ,\n}", "x.json").unwrap_err().to_string();
    assert!(json.starts_with("x.json:2:13: not JSON: "), "{json}");
    let toml = FaultFile::read("format = \"ha-faults 1\"\nincidents = [", "x.toml").unwrap_err().to_string();
    assert!(toml.starts_with("x.toml:2:"), "{toml}");
    let other = FaultFile::read("", "x.toml").unwrap_err().to_string();
    assert_eq!(other, "x.toml:1:1: format: not \"ha-faults 1\"");
}

#[test]
fn a_problem_is_told_with_its_line_and_column_in_json_and_in_toml() {
    let text = include_str!("evening-peak.faults.toml").replace("zone:a", "zonea").replace("rate = 0.5", "rate = 5");
    let of_toml = FaultFile::read(&text, "x.toml").unwrap_err().to_string();
    let rows: Vec<&str> = of_toml.lines().collect();
    assert!(rows[0].starts_with("x.toml:9:43: evening-peak: event 1: where: "), "{of_toml}");
    assert!(rows[1].starts_with("x.toml:10:83: evening-peak: event 2: rate: "), "{of_toml}");
    let json = serde_json::to_string_pretty(&toml::from_str::<Value>(&text).unwrap()).unwrap();
    let of_json = FaultFile::read(&json, "x.json").unwrap_err().to_string();
    let line = |word: &str| json.lines().position(|line| line.contains(word)).unwrap() + 1;
    for (row, word) in of_json.lines().zip(["zonea", "\"rate\": 5"]) {
        assert!(row.starts_with(&format!("x.json:{}:", line(word))), "{of_json}");
    }
    let (file, record) = (FaultFile::read(include_str!("evening-peak.faults.toml"), "x").unwrap(), "evening-peak");
    let unfit = file.scenarios[0].check(&Topology::new("x").zones(["a"]), None);
    let told: Vec<String> = unfit.into_iter().map(|problem| file.locate(problem).to_string()).collect();
    assert!(told[0].starts_with(&format!("x:6:9: {record}: needs: ")), "{told:?}");
}

fn site() -> Topology {
    let ready = std::time::Duration::from_secs(90);
    let pool = |name: &str| Pool::new(name).release("1").size(4..=9).capacity(6).ready("/", ready);
    let front = Balancer::http("front").to("web");
    Topology::new("shop").zones(["eu-1", "eu-2", "a"]).with(pool("web")).with(pool("admin")).with(front)
}

#[test]
fn what_does_not_fit_the_topology_is_refused_by_name() {
    let table = [
        (
            "instances.kill",
            "pool:wbe",
            "where: no pool \"wbe\" in the topology (has: web, admin); did you mean \"web\"?",
        ),
        (
            "zone.power",
            "zone:eu-3",
            "where: no zone \"eu-3\" in the topology (has: eu-1, eu-2, a); did you mean \"eu-1\"?",
        ),
        ("zone.power", "zone:d", "where: no zone \"d\" in the topology (has: eu-1, eu-2, a)"),
        ("instances.kill", "pool:web in zone:z", "where: no zone \"z\" in the topology (has: eu-1, eu-2, a)"),
        ("instances.kill", "instances:7 of pool:web", "where: there are at most 6 of \"pool:web\", not 7"),
        ("instances.kill", "instances:3 of pool:web in zone:a", "where: there are at most 2 of \"pool:web\", not 3"),
        ("instances.kill", "instances:5 of zone:b", "where: there are at most 4 of \"zone:b\", not 5"),
        ("balancer.down", "balancer:back", "where: no balancer \"back\" in the topology (has: front)"),
        ("dns.empty", "record:*", "where: no record in the topology"),
        ("dns.unresolvable", "users", "fault: dns.unresolvable: the topology lacks dns"),
        ("database.lost", "primary:orders", "where: no primary in the topology"),
        (
            "link.cut",
            "link:b-pool:wbe",
            "where: no pool \"wbe\" in the topology (has: web, admin); did you mean \"web\"?",
        ),
        ("api.down", "service:database", "fault: api.down: the topology lacks database"),
        ("metrics.gap", "metric:errors in pool:x", "where: no pool \"x\" in the topology (has: web, admin)"),
    ];
    for (effect, target, expected) in table {
        let fault = Fault::new(effect, target).unwrap().with(|given| given.rate = rate_if_needed(effect));
        let lines: Vec<String> = fault.check(&site()).iter().map(Problem::to_string).collect();
        assert_eq!(lines, [expected], "{effect} {target}");
    }
    for target in ["zone:a", "zone:b", "zone:eu-2", "zone:*", "instances:4 of zone:a", "share:0.5 of zone:c"] {
        assert_eq!(Fault::new("instances.kill", target).unwrap().check(&site()), [], "{target}");
    }
}

fn rate_if_needed(name: &str) -> Option<f64> {
    effect(name).unwrap().required.iter().any(|parameter| parameter == "rate").then_some(0.5)
}

#[test]
fn a_scenario_is_checked_with_its_needs_and_its_end() {
    let faults = vec![Fault::zone_power("b").at(Duration::from_secs(7200)), Fault::instances_kill("pool:wbe")];
    let mut scenario = Scenario::new("peak", "x", faults);
    scenario.needs = vec![Need::Zones(4), Need::Tier("dns".into()), Need::Tier("pool".into())];
    let lines: Vec<String> =
        scenario.check(&site(), Some(Duration::from_secs(3600))).iter().map(Problem::to_string).collect();
    let expected = [
        "peak: needs: the topology has 3 zones, not 4 or more",
        "peak: needs: the topology lacks dns",
        "peak: event 1: at: is after the run's length of 1h",
        "peak: event 2: where: no pool \"wbe\" in the topology (has: web, admin); did you mean \"web\"?",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn a_zone_of_one_letter_is_a_name_before_it_is_a_place() {
    let site = site().with(Dns::apex("shop.example").to("front"));
    let zone = |name| zone_of(&site, name).map(ToString::to_string);
    assert_eq!((zone("a"), zone("b"), zone("d")), (Some("a".into()), Some("eu-2".into()), None));
    let coasts = Topology::new("x").zones(["n", "s"]);
    assert_eq!(Fault::zone_power("s").check(&coasts), [], "it is there, and no nineteenth zone");
}

#[test]
fn faults_written_by_hand_say_what_they_need() {
    let missing = Fault::new("api.error", "service:pool").unwrap().check(&site());
    assert_eq!(missing.iter().map(Problem::to_string).collect::<Vec<_>>(), ["rate: api.error needs it"]);
    let twice = Fault::instances_kill("pool:web").lasts(Duration::from_secs(1)).check(&site());
    assert_eq!(twice[0].path, "lasts");
    assert!(Fault::new("zone.power", "pool:web").is_err());
    let short = Fault::zone_power("a").lasts(Duration::from_nanos(1_000_001));
    assert_eq!(short.to_string(), "{ at = \"0s\", lasts = \"2ms\", where = \"zone:a\", fault = \"zone.power\" }");
}

#[test]
#[ignore = "needs ../shared/data/incidents.json beside the project"]
fn every_recorded_incident_is_read_and_prints_the_text_it_was_read_from() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/incidents.json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|wrong| panic!("{}: {wrong}", path.display()));
    let file = FaultFile::read(&text, "incidents.json").unwrap_or_else(|problems| panic!("{problems}"));
    let raw: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(file.scenarios.len(), raw["incidents"].as_array().unwrap().len());
    for (scenario, raw) in file.scenarios.iter().zip(raw["incidents"].as_array().unwrap()) {
        assert_eq!(FaultFile::read(&scenario.to_toml(), "again").unwrap().scenarios[0], *scenario);
        for (fault, raw) in scenario.events.iter().zip(raw["events"].as_array().unwrap()) {
            assert_eq!(fault.target.to_string(), raw["where"]);
        }
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in ".*", json in any::<bool>()) {
        let _ = FaultFile::read(&text, if json { "x.json" } else { "x.toml" });
        let _ = text.parse::<Fault>();
    }

    #[test]
    fn no_value_in_a_field_makes_the_reader_panic(
        field in prop::sample::select(vec!["at", "lasts", "where", "fault", "rate", "times", "tail", "nth", "error"]),
        value in prop_oneof![
            any::<f64>().prop_map(|n| json!(n)), any::<i64>().prop_map(|n| json!(n)), ".*".prop_map(|t| json!(t)),
            Just(json!([])), Just(json!({})), Just(json!(true)),
        ],
        effect in prop::sample::select(effects().iter().map(|effect| effect.name.clone()).collect::<Vec<_>>()),
    ) {
        let _ = read(&outage(&json!({ "events": [event(&json!({ "fault": effect, field: value }))] })));
    }
}
