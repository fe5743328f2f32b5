//! Workload files: what is read, what is refused, and the load that the reference site is made for.

use super::*;
use proptest::prelude::*;

const REFERENCE: &str = include_str!("../../../../examples/sites/web.workload.toml");

#[test]
fn the_reference_site_is_loaded_as_it_says() {
    let workload = Workload::read(REFERENCE, "web.workload.toml").unwrap();
    let service = workload.service(&"web".into());
    let peak = 547.0;
    assert!((service.load(peak, 12) - 0.57).abs() < 0.001, "{}", service.load(peak, 12));
    assert!((service.load(peak, 8) - 0.85).abs() < 0.006, "without one zone of three");
    assert_eq!(workload.users, Users::default(), "the file shows the defaults");
    assert_eq!(workload.service(&"admin".into()), Service::default());
}

#[test]
fn all_problems_are_told_with_their_places() {
    let text = "[pool.web]\nservice = 5\nconcurrency = 0\nqeue = 3\n[users]\ndeadline = \"0s\"\nretries = 300\nretry_budget = 2\n";
    let problems = Workload::read(text, "w.toml").unwrap_err().to_string();
    let expected = [
        "w.toml:2:11: pool.web.service: 5 is not a time or a distribution",
        "w.toml:3:15: pool.web.concurrency: 0 is out of range",
        "w.toml:4:1: pool.web.qeue: unknown key \"qeue\"; did you mean \"queue\"?",
        "w.toml:6:12: users.deadline: nobody could be served",
        "w.toml:7:11: users.retries: 300 is not a whole number from 0 to 255",
        "w.toml:8:16: users.retry_budget: 2 is not a share",
    ];
    assert_eq!(problems.lines().count(), expected.len(), "{problems}");
    for (line, expected) in problems.lines().zip(expected) {
        assert!(line.starts_with(expected), "{line}");
    }
}

#[test]
fn a_pool_that_the_site_has_not_is_told() {
    let workload = Workload::read("[pool.wbe]\n[pool.web]\n", "w.toml").unwrap();
    let site = Topology::new("shop").with(ha_core::Pool::new("web"));
    let problems: Vec<String> = workload.check(&site).iter().map(ToString::to_string).collect();
    assert_eq!(problems, ["pool.wbe: no pool \"wbe\" in the topology (has: web); did you mean \"web\"?"]);
}

#[test]
fn no_budget_is_a_word() {
    let none = Workload::read("[users]\nretry_budget = \"none\"\n", "w.toml").unwrap();
    assert_eq!(none.users.retry_budget, None);
    assert!(Workload::read("[users]\nretry_budget = \"lots\"\n", "w.toml").is_err());
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in ".*", key in "[a-z_]{1,12}", value in ".{0,12}") {
        let _ = Workload::read(&text, "w.toml");
        let _ = Workload::read(&format!("[pool.x]\n{key} = {value}\n[users]\n{key} = {value}"), "w.toml");
    }
}
