//! The files of the reference day fit each other: site, workload, traffic and faults.

use ha_core::{ValidTopology, fault::FaultFile};
use ha_local::sim::{Traffic, Workload};
use std::{path::PathBuf, time::Duration};

const DAY: Duration = Duration::from_secs(86_400);

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../examples/sites").join(name)
}

#[test]
fn the_files_of_the_reference_day_fit_each_other() {
    let site = ValidTopology::load(file("web.toml")).unwrap_or_else(|problems| panic!("{problems}"));
    let site = site.topology();
    let workload = Workload::load(&file("web.workload.toml")).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(workload.check(site), []);
    let traffic = Traffic::load(&file("day.traffic.toml")).unwrap_or_else(|problems| panic!("{problems}"));
    let entry = traffic.to.clone().unwrap_or_default();
    assert!(site.dns.iter().any(|record| record.name.as_str() == entry), "{entry}");
    let faults = FaultFile::load(&file("day.faults.toml")).unwrap_or_else(|problems| panic!("{problems}"));
    let day = faults.choose(None).unwrap();
    assert_eq!(day.check(site, None), []);
    assert_eq!(day.length, Some(DAY));
}

/// The load that the site is made for: 0.57 at the peak, below 1 in the flash crowd and without one of its zones.
#[test]
fn the_reference_site_carries_its_day_without_one_zone() {
    let traffic = Traffic::load(&file("day.traffic.toml")).unwrap();
    let workload = Workload::load(&file("web.workload.toml")).unwrap();
    let service = workload.service(&"web".into());
    let most = |from: u64, to: u64| {
        let segments = traffic.segments(DAY);
        let within = segments.iter().filter(|segment| {
            let hour = segment.start.0 as f64 / 3.6e12;
            hour >= from as f64 && hour < to as f64
        });
        within.map(|segment| segment.expected() / segment.length.as_secs_f64()).fold(0.0, f64::max)
    };
    let peak = most(18, 22);
    assert!((0.5..=0.57).contains(&service.load(peak, 12)), "{peak}");
    assert!(service.load(peak, 8) < 0.86, "{peak}");
    assert!((0.8..1.0).contains(&service.load(most(9, 13), 12)), "{}", most(9, 13));
}
