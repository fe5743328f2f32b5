//! Bad topologies: each problem with its path, its place in the file, what is wrong and what would be right.

use ha_core::{
    Balancer, Dns, Pool, Topology, ValidTopology,
    topology::{Endpoint, Gate, Rollout, Share},
    validate::Problem,
};
use std::time::Duration;

const GOOD: &str = r#"name = "shop"
zones = ["a", "b", "c"]

[[pool]]
name = "web"
release = "1"
size = "6..=24"
capacity = 12
ready = { path = "/healthz", budget = "90s" }

[[balancer]]
name = "front"
listen = "http"
to = "web"

[[dns]]
name = "shop.example"
to = "front"
"#;

/// What is reported of a file, without the file's name.
fn problems(text: &str) -> Vec<String> {
    let line = |problem: &Problem| problem.to_string().strip_prefix("site.toml:").unwrap_or("no place").to_string();
    match ValidTopology::read(text, "site.toml") {
        Ok(_) => Vec::new(),
        Err(problems) => problems.0.iter().map(line).collect(),
    }
}

/// Each case of the table changes the good file in one place, and says the lines that it is answered with.
#[test]
fn every_bad_file_is_answered_with_its_problems() {
    assert_eq!(problems(GOOD), [""; 0]);
    let mut different = Vec::new();
    for case in include_str!("topology_problems.txt").split("\n\n").filter(|case| case.starts_with("- ")) {
        let mut lines = case.trim_end().lines();
        let from = lines.next().and_then(|line| line.strip_prefix("- ")).unwrap();
        let to = lines.next().and_then(|line| line.strip_prefix("+ ").or(line.strip_prefix("+"))).unwrap();
        let text = GOOD.replacen(&from.replace("\\n", "\n"), &to.replace("\\n", "\n"), 1);
        assert_ne!(text, GOOD, "{from:?} is not in the good file");
        let found = problems(&text);
        if found.is_empty() || found != lines.collect::<Vec<_>>() {
            different.push(format!("- {from}\n+ {to}\n{}", found.join("\n")));
        }
    }
    assert!(different.is_empty(), "these are answered otherwise:\n\n{}\n", different.join("\n\n"));
}

#[test]
fn a_tier_that_is_written_as_one_value_is_answered_with_how_tables_are_written() {
    let found = problems("name = \"shop\"\nzones = [\"a\"]\npool = 3\n");
    assert!(found.contains(&"3:8: pool: this is no table; write [[pool]] and its keys below it".into()), "{found:?}");
}

#[test]
fn a_file_with_ten_errors_reports_ten() {
    let text = r#"nam = "shop"
zones = ["a", "b", "b"]
closed = ["d"]

[[pool]]
name = "web"
release = ""
size = "24..=6"
capacity = "12"
ready = { path = "healthz", budget = 90 }

[[balancer]]
name = "front"
listen = "https"
to = "wbe"
certificate = "shop.example"

[[dns]]
name = "shop.example"
to = "frnt"
"#;
    let found = problems(text);
    let lines: Vec<&str> = found.iter().filter_map(|line| line.split(':').next()).collect();
    assert_eq!(lines, ["1", "2", "3", "7", "8", "9", "10", "10", "15", "20"], "{found:#?}");
}

/// What files cannot say, builders can.
#[test]
fn misuse_of_a_builder_is_a_problem() {
    let gate = Gate { max_errors: Share(1001), max_latency: Some(Duration::from_nanos(1)), ..Gate::default() };
    let pool = Pool::new("web").release("1").size(1..=2).capacity(1).ready("/", Duration::from_secs(1));
    let site = Topology::new("shop")
        .zones(["a"])
        .with(pool.rollout(Rollout { gate, ..Rollout::default() }))
        .with(Balancer::https("front", "").drain(Duration::from_secs(400 * 86_400)))
        .with(Dns::apex("shop.example"))
        .with(Dns::failover("a.example", Endpoint::Pool("web".into()), Endpoint::Balancer("".into())))
        .with(Dns::apex(&format!("{}example", "a.".repeat(130))).to("front"));
    let problems = site.validate().unwrap_err().to_string();
    let wanted = [
        "pool.web.rollout.gate.max_errors: 1.001 is more than the whole; give a share from 0 to 1",
        "pool.web.rollout.gate.max_latency: 1ns is finer than a millisecond; give whole milliseconds",
        "balancer.front.certificate: it is missing or empty; give one, as \"shop.example\"",
        "balancer.front.to: it names no pool; name one of \"web\"",
        "balancer.front.drain: 400d is longer than a year; give a shorter time",
        "dns.shop.example.to: it names no balancer; name one of \"front\"",
        "dns.a.example.primary: the instances of web have no addresses in the world; put a balancer before them, or \
         set network.instances = \"public\"",
        "dns.a.example.secondary: it names no balancer or pool; name one of \"front\", \"web\"",
    ];
    let long = problems.lines().last().unwrap();
    assert!(long.ends_with("it is 267 characters long; a DNS name has 253 at most"), "{long}");
    assert_eq!(problems.lines().take(8).collect::<Vec<_>>(), wanted);
    assert_eq!(problems.lines().count(), 9);
}
