//! A day of the reference site.
use ha_core::topology::ValidTopology;
use ha_local::sim::{Profile, Sim, Traffic, Workload};
use std::{path::Path, time::Duration};

#[test]
fn a_quiet_day_is_served() {
    let site =
        ValidTopology::load(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/sites/web.toml"))).unwrap();
    let run = Sim::new(&site, 42)
        .profile(Profile::aws())
        .workload(Workload::default())
        .traffic(Traffic::daily(20.0))
        .length(Duration::from_secs(3600 * 3))
        .run();
    println!("{run}");
    for r in run.records().iter().take(80) {
        println!("{} {} {}", r.at, r.lane, r.what);
    }
    println!("pushed {} {:?}", run.world().queue.pushed(), run.world().counts);
    assert!(run.availability() > 0.999, "{run}");
}
