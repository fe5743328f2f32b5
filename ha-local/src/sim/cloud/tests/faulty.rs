//! Under faults, with users and our loop: what the provider does is the same whether or not idle checks are made.

use crate::sim::{Profile, Sim, Traffic, engine::trace::Lane};
use ha_core::{fault::Fault, topology::ValidTopology};
use std::{path::Path, time::Duration};

#[test]
fn idle_checks_change_nothing_under_faults() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/sites/web.toml");
    let site = ValidTopology::load(Path::new(file)).unwrap();
    let while_it_lasts = Duration::from_secs(600);
    for fault in [
        Fault::zone_power("b").lasts(while_it_lasts),
        Fault::zone_network("b").lasts(while_it_lasts),
        Fault::instances_hang("instances:2 of pool:web").lasts(while_it_lasts),
    ] {
        let run = |everything| {
            let sim = Sim::new(&site, 42).profile(Profile::aws()).traffic(Traffic::daily(20.0));
            sim.at("10m7s", fault.clone()).length(Duration::from_secs(3600)).run_everything(everything).run()
        };
        let (lazy, eager) = (run(false), run(true));
        let story = |run: &crate::sim::Run| {
            let told = run.records().iter().filter(|record| record.lane == Lane::Provider);
            told.map(|record| format!("{} {}", record.at, record.what)).collect::<Vec<_>>()
        };
        assert_eq!(story(&lazy), story(&eager), "{fault}");
        assert!(story(&lazy).iter().any(|told| told.contains("is given up")), "{fault} has no consequence");
        assert!(lazy.world().queue.pushed() < eager.world().queue.pushed());
    }
}
