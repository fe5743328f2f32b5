//! Days of the reference site: what is planned loses nothing.

use ha_core::{fault::Fault, topology::ValidTopology};
use ha_local::sim::{Profile, Run, Sim, Traffic};
use std::{path::Path, time::Duration};

fn three_hours(events: &[(&str, &str, &str)]) -> Run {
    let site = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/sites/web.toml");
    // Who keeps an address for longer than he may is not to be helped.
    let profile = Profile::read("base = \"aws\"\n[dns]\nignores_ttl = 0\n", "obedient.toml").unwrap();
    let mut sim = Sim::new(&ValidTopology::load(&site).unwrap(), 42).profile(profile);
    for (at, effect, target) in events {
        sim = sim.at(at, Fault::new(effect, target).unwrap());
    }
    sim.traffic(Traffic::poisson(20.0)).length(Duration::from_secs(3 * 3600)).run()
}

#[test]
fn a_quiet_day_is_served() {
    let run = three_hours(&[]);
    assert_eq!((run.intents.failed, run.mutating_calls), (0, 0), "{run}");
}

#[test]
fn a_planned_evacuation_and_return_loses_nothing() {
    let run = three_hours(&[("30m", "operator.evacuate", "zone:b"), ("90m", "operator.reopen", "zone:b")]);
    assert_eq!(run.intents.failed, 0, "{run}");
    assert!(run.capacity_floor() >= 12 && run.converged, "{run}");
}

#[test]
fn a_good_release_loses_nothing() {
    let run = three_hours(&[("30m", "operator.release", "pool:web")]);
    assert_eq!(run.intents.failed, 0, "{run}");
    assert!(run.capacity_floor() >= 12 && run.converged, "{run}");
}

#[test]
fn another_size_loses_nothing() {
    let resize = |most| Fault::new("operator.resize", "pool:web").unwrap().with(|it| it.most = Some(most));
    let site = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/sites/web.toml");
    let run = Sim::new(&ValidTopology::load(&site).unwrap(), 42)
        .traffic(Traffic::poisson(20.0))
        .length(Duration::from_secs(3 * 3600))
        .at("30m", resize(15))
        .at("90m", resize(12))
        .run();
    assert_eq!(run.intents.failed, 0, "{run}");
    assert!(run.capacity.maximum >= 15 && run.converged, "{run}");
}
