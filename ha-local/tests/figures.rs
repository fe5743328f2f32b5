//! Every figure of a profile has an effect: with another value, something else happens.

use ha_core::{
    fault::Fault,
    topology::{Balancer, Dns, Exposure, Guards, Network, Pool, Share, Topology, ValidTopology},
};
use ha_local::sim::{Profile, Sim, Traffic};
use std::{collections::BTreeSet, time::Duration};

const MINUTE: Duration = Duration::from_secs(60);

/// What befalls the site, so that every figure has its hour.
const FAULTS: [&str; 14] = [
    r#"{ at = "82m", lasts = "5m", where = "zone:b", fault = "zone.slow", times = 400 }"#,
    r#"{ at = "5m", lasts = "15m", where = "zone:a", fault = "zone.power" }"#,
    r#"{ at = "25m", lasts = "3m", where = "link:a-others", fault = "link.cut" }"#,
    r#"{ at = "30m", lasts = "3m", where = "link:users-all", fault = "link.loss", rate = 0.5 }"#,
    r#"{ at = "35m", lasts = "3m", where = "record:*", fault = "dns.unresolvable", rate = 0.7 }"#,
    r#"{ at = "40m", lasts = "4m", where = "link:users-b", fault = "link.cut" }"#,
    r#"{ at = "46m", lasts = "2m", where = "record:*", fault = "dns.empty" }"#,
    r#"{ at = "52m", lasts = "5m", where = "instances:5 of pool:web", fault = "instances.hang" }"#,
    r#"{ at = "64m", where = "pool:web", fault = "operator.release" }"#,
    r#"{ at = "64m", where = "call:pool.ensure", fault = "call.crash_applied" }"#,
    r#"{ at = "64m", where = "call:pool.observe", fault = "call.timeout_not_applied", nth = 4 }"#,
    r#"{ at = "78m", where = "instances:2 of pool:web", fault = "instances.kill" }"#,
    r#"{ at = "20m", lasts = "5m", where = "zone:c", fault = "capacity.none" }"#,
    r#"{ at = "21m", where = "instances:1 of zone:c", fault = "instances.kill" }"#,
];

/// Another value of each figure.
const OTHERS: [(&str, &str, &str); 41] = [
    ("boot", "running", r#""20s""#),
    ("boot", "ready", r#""20s""#),
    ("network", "users", r#""40ms""#),
    ("network", "within", r#""2ms""#),
    ("network", "across", r#""3ms""#),
    ("network", "jitter", r#""0s""#),
    ("network", "lookup", r#""50ms""#),
    ("network", "lookup_timeout", r#""2s""#),
    ("network", "connect_timeout", r#""1s""#),
    ("network", "resend", r#""300ms""#),
    ("api", "read", r#""1s""#),
    ("api", "write", r#""1s""#),
    ("api", "part", r#""1s""#),
    ("api", "timeout", r#""10s""#),
    ("api", "settle", r#""0s""#),
    ("api", "calls", r#"{ per_second = 0.5, burst = 8 }"#),
    ("api", "dns_calls", r#"{ per_second = 0.05, burst = 1 }"#),
    ("phases", "network", r#""10s""#),
    ("phases", "pool", r#""10s""#),
    ("phases", "balancer", r#""10s""#),
    ("phases", "record", r#""5s""#),
    ("balancer", "connect_timeout", r#""2s""#),
    ("balancer", "idle_timeout", r#""2s""#),
    ("balancer", "other_targets", "1"),
    ("balancer", "checks_wait", "false"),
    ("balancer", "drains_full_time", "false"),
    ("balancer", "endpoint_interval", r#""5s""#),
    ("balancer", "endpoint_threshold", "5"),
    ("balancer", "notices_cut", r#""5s""#),
    ("dns", "check_interval", r#""10s""#),
    ("dns", "check_timeout", r#""20ms""#),
    ("dns", "check_threshold", "1"),
    ("dns", "alias_ttl", r#""5s""#),
    ("dns", "negative_ttl", r#""10s""#),
    ("dns", "ignores_ttl", "0.5"),
    ("dns", "ignores_ttl_for", r#""30m""#),
    ("keeper", "reaction", r#""1s""#),
    ("keeper", "status_check", r#""20s""#),
    ("keeper", "replaces_unhealthy", "false"),
    ("keeper", "keeps_brake", "false"),
    ("keeper", "patience", r#""10m""#),
];
/// The rest of them, with sources of their own.
const MORE: [(&str, &str, &str); 4] = [
    ("keeper", "back_off", r#""30s""#),
    ("keeper", "rebalances", "false"),
    ("metrics", "period", r#""3m""#),
    ("metrics", "delay", r#""5m""#),
];

fn web() -> Pool {
    let guards = Guards { brake: Some(Share(200)), ..Guards::default() };
    Pool::new("web").release("1").size(4..=9).capacity(6).ready("/", MINUTE * 3).guards(guards)
}

fn balanced() -> ValidTopology {
    let site = Topology::new("shop").zones(["a", "b", "c"]).with(web()).with(Balancer::http("front").to("web"));
    site.with(Dns::apex("shop.example").to("front")).validate().unwrap()
}

fn direct() -> ValidTopology {
    let network = Network { instances: Exposure::Public, ..Network::default() };
    let site = Topology::new("shop").zones(["a", "b", "c"]).network(network).with(web());
    site.with(Dns::round_robin("shop.example", "web").ttl(MINUTE)).validate().unwrap()
}

fn hash(site: &ValidTopology, profile: Profile, per_second: f64) -> String {
    let traffic = Traffic::poisson(per_second).to("shop.example");
    let mut sim = Sim::new(site, 11).profile(profile).traffic(traffic).length(MINUTE * 90);
    for text in FAULTS {
        let fault: Fault = text.parse().unwrap();
        sim = sim.at(&ha_core::time::show(fault.at), fault);
    }
    // Without the brake that the site asks for it is refused, which is an effect as well.
    sim.try_run().map_or_else(|problems| problems.to_string(), |run| run.trace_hash.clone())
}

#[test]
fn every_figure_of_a_profile_has_an_effect() {
    let sites = [balanced(), direct()];
    let usual = sites.each_ref().map(|site| hash(site, Profile::aws(), 2.0));
    let mut idle = Vec::new();
    for (section, key, value) in OTHERS.into_iter().chain(MORE) {
        let text = format!("base = \"aws\"\n[{section}]\n{key} = {value}\n");
        let profile = Profile::read(&text, "x").unwrap_or_else(|problems| panic!("{problems}"));
        if sites.iter().zip(&usual).all(|(site, usual)| hash(site, profile.clone(), 2.0) == *usual) {
            idle.push(format!("{section}.{key}"));
        }
    }
    assert_eq!(idle, [""; 0], "these figures change nothing");
}

#[test]
fn the_table_above_has_every_figure() {
    let text = include_str!("../src/sim/profile/aws.toml");
    let (mut section, mut figures) = ("", BTreeSet::new());
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
        } else if let Some((key, _)) = line.split_once(" = ").filter(|_| !section.is_empty()) {
            figures.insert((section, key));
        }
    }
    let tried: BTreeSet<_> = OTHERS.into_iter().chain(MORE).map(|(section, key, _)| (section, key)).collect();
    assert_eq!(tried, figures);
}
