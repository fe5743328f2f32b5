//! What compiles to a strike, and what is refused by name.

use super::{compile, event, site};
use crate::sim::faults::Faults;
use ha_core::{fault::effects, time::Timestamp};

/// Effects that no tier of this version has, whatever they strike.
const LATER: [&str; 7] = ["volumes", "database", "storage", "cache", "dependency", "backup", "secrets"];

#[test]
fn every_effect_of_these_tiers_compiles_and_every_other_is_refused_by_name() {
    let on_these_tiers = [
        ("instances.hang", "where = \"instances:2 of pool:web\""),
        ("instances.errors", "where = \"instance:web-3\", rate = 0.2"),
        ("instances.isolate", "where = \"release:v1\""),
        ("link.congested", "where = \"link:users-all\", carries = 0.6"),
        ("capacity.none", "where = \"zone:b\""),
        ("api.slow", "where = \"service:pool\", delay = \"20s\""),
        ("dns.unresolvable", "where = \"users\", rate = 1.0"),
        ("metrics.scaled", "where = \"metric:errors in pool:web\", factor = 0.4"),
        ("call.timeout_applied", "where = \"call:pool.ensure\""),
        ("call.timeout_not_applied", "where = \"call:pool.ensure\", count = 2"),
        ("clock.drift", "where = \"controller\", ppm = 200"),
        ("operator.remove", "where = \"pool:web\""),
    ];
    for effect in effects() {
        let example =
            on_these_tiers.iter().find(|(name, _)| *name == effect.name).map_or(effect.example.as_str(), |it| it.1);
        let fault = event(&format!("{example}, fault = \"{}\"", effect.name));
        let later = LATER.contains(&effect.family()) || effect.family() == "events";
        match Faults::new("test", &[fault], &site(), Timestamp::ZERO) {
            Ok(_) => assert!(!later, "{} is of a later tier", effect.name),
            Err(problems) => {
                let text = problems.to_string();
                assert!(later && text.contains(&effect.name) && text.contains("no tier of this version"), "{text}");
            }
        }
    }
}

#[test]
fn what_belongs_to_later_tiers_is_refused_with_its_event() {
    let refused = [
        ("where = \"primary:orders\", fault = \"instances.hang\"", "instances.hang at primary: no tier"),
        ("where = \"service:database\", fault = \"api.down\"", "api.down at port database: no tier"),
        ("where = \"metric:cpu\", fault = \"metrics.gap\"", "metrics.gap at metric:cpu: no tier"),
        ("where = \"zone:a\", fault = \"dns.stale\"", "dns.stale at zone: no tier"),
        ("where = \"all\", fault = \"clock.jump\", seconds = 5", "clock.jump at all: no tier"),
        ("where = \"link:pool:web-database:orders\", fault = \"link.cut\"", "link.cut at database: no tier"),
        ("where = \"link:pool:web-balancer:front\", fault = \"link.congested\", carries = 0.5", "ends other than"),
        ("where = \"link:controller-zone:a\", fault = \"link.cut\"", "nothing goes that way"),
        ("where = \"instances:2 of pool:web\", fault = \"boot.slow\", times = 2", "give a share"),
        ("where = \"pool:wbe\", fault = \"instances.kill\"", "where: no pool \"wbe\""),
    ];
    for (rest, expected) in refused {
        let problems = compile(&["where = \"zone:a\", fault = \"zone.power\"", rest]).expect_err(rest);
        assert_eq!(problems.0.len(), 1, "{problems}");
        let text = problems.to_string();
        assert!(text.starts_with("test: event 2: ") && text.contains(expected), "{rest}: {text}");
    }
}

#[test]
fn every_problem_is_told_at_once() {
    let rests = ["where = \"secret:*\", fault = \"secrets.down\"", "where = \"pool:x\", fault = \"instances.kill\""];
    assert_eq!(compile(&rests).unwrap_err().0.len(), 2);
}
