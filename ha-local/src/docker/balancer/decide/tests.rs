//! What HAProxy is told, as tables of what was seen.

use super::*;
use crate::docker::balancer::config::tests::{frame, spec};
use ha_core::topology::{HoldMode, Share};
use std::time::Duration;

fn member(phase: InstancePhase) -> Member {
    let address = Ipv4Addr::new(10, 88, 1, 2);
    Member { pool: "blue".into(), instance: "b1".into(), phase, address, port: 8080 }
}

/// A server that serves and is well.
fn well() -> seen::Server {
    seen::Server { up: true, weight: 100, check: "L7OK".into(), ..seen::Server::default() }
}

fn looks(backend: &str, server: seen::Server) -> Seen {
    Seen { servers: BTreeMap::from([((backend.into(), "b1".into()), server)]), ..Seen::default() }
}

/// The commands but those for maps, without what all begin with.
fn commands(decision: &Decision) -> Vec<&str> {
    let commands = decision.commands.iter().map(|command| command.trim_start_matches("@1 "));
    commands.filter(|command| !command.contains(" map ")).collect()
}

fn decided(phase: InstancePhase, seen: &Seen) -> Decision {
    decide(&frame(&spec(), &[]), &[member(phase)], seen)
}

const ADDED: [&str; 4] = [
    "add server pool.blue/b1 10.88.1.2:8080 weight 100 check inter 500ms fall 2 rise 3 observe layer4 error-limit 5 on-error fail-check",
    "set server pool.blue/b1 weight 0",
    "enable health pool.blue/b1",
    "set server pool.blue/b1 state ready",
];
const PROMOTED: [&str; 5] = [
    "set server pool.blue/b1 health down",
    "set server pool.blue/b1 weight 100",
    "set server pool.blue/b1 health up",
    "add server open.blue/b1 10.88.1.2:8080 weight 100",
    "set server open.blue/b1 state ready",
];

#[test]
fn who_is_new_weighs_nothing_until_his_first_good_check() {
    use TargetHealth::{Healthy, Initial, Unhealthy};
    let fresh = |check: &str| seen::Server { weight: 0, check: check.into(), ..well() };
    let rows: [(Seen, &[&str], TargetHealth); 9] = [
        (Seen::default(), &ADDED, Initial),
        (looks("pool.blue", fresh("INI")), &[], Initial),
        (looks("pool.blue", fresh("L4CON")), &[], Initial),
        (looks("pool.blue", fresh("L7STS")), &[], Initial),
        (looks("pool.blue", seen::Server { up: false, ..fresh("L7OK") }), &PROMOTED, Initial),
        (looks("pool.blue", fresh("L7OK")), &PROMOTED, Initial),
        (looks("pool.blue", well()), &PROMOTED[3..], Healthy),
        (looks("pool.blue", seen::Server { up: false, check: "L7STS".into(), ..well() }), &PROMOTED[3..], Unhealthy),
        // Its adding was interrupted.
        (looks("pool.blue", seen::Server { parked: true, ..well() }), &["del server pool.blue/b1"], Initial),
    ];
    for (seen, expected, health) in rows {
        let decision = decided(InstancePhase::Booting, &seen);
        assert_eq!(commands(&decision), expected, "{seen:?}");
        assert_eq!(decision.targets, [("blue".into(), "b1".into(), health, false)], "{seen:?}");
        assert_eq!(decision.servers[0].serves, !expected.is_empty() && expected.len() != 4 && expected.len() != 1);
    }
}

#[test]
fn who_comes_back_is_made_anew_so_that_no_old_check_counts() {
    let leaving = looks("pool.blue", seen::Server { draining: true, ..well() });
    let decision = decided(InstancePhase::Returning, &leaving);
    assert_eq!(commands(&decision), ["set server pool.blue/b1 state maint", "del server pool.blue/b1"]);
    assert_eq!((decision.targets[0].2, decision.servers[0].serves), (TargetHealth::Initial, false));
}

#[test]
fn who_leaves_is_idle_when_nothing_is_in_flight_anywhere() {
    let draining = |in_flight| seen::Server { draining: true, in_flight, ..well() };
    let both = |first: seen::Server, second: seen::Server| {
        let mut seen = looks("pool.blue", first);
        seen.servers.insert(("open.blue".into(), "b1".into()), second);
        seen
    };
    let old = |seen: Seen| Seen { old_workers: 1, ..seen };
    let drain = ["set server pool.blue/b1 state drain", "set server open.blue/b1 state drain"];
    let rows: [(Seen, &[&str], bool); 7] = [
        (both(well(), well()), &drain, false),
        (both(draining(0), well()), &drain[1..], false),
        (both(draining(0), draining(1)), &[], false),
        (both(draining(1), draining(0)), &[], false),
        (both(draining(0), draining(0)), &[], true),
        (old(both(draining(0), draining(0))), &[], false),
        (looks("pool.blue", draining(0)), &[], true),
    ];
    for phase in [InstancePhase::Draining, InstancePhase::Held(HoldMode::Shrink)] {
        for (seen, expected, idle) in &rows {
            let decision = decided(phase, seen);
            assert_eq!(commands(&decision), *expected, "{seen:?}");
            assert_eq!(decision.targets, [("blue".into(), "b1".into(), TargetHealth::Draining, *idle)], "{seen:?}");
        }
        let never = decided(phase, &Seen::default());
        assert!(commands(&never).is_empty() && never.targets.is_empty() && never.servers.is_empty());
    }
}

#[test]
fn what_waits_for_nobody_is_ended_and_what_may_finish_is_not() {
    let out = |check: &str, in_flight| seen::Server { up: false, in_flight, check: check.into(), since: 2, ..well() };
    let cut = "shutdown sessions server pool.blue/b1";
    let rows = [
        (out("L7TOUT", 3), true),
        (out("L4TOUT", 1), true),
        (out("L4CON", 1), true),
        (out("L7TOUT", 0), false),
        // Who tries to connect is sent elsewhere first; to who is frozen all can connect.
        (seen::Server { since: 1, ..out("L4TOUT", 1) }, false),
        (seen::Server { since: 1, ..out("L7TOUT", 1) }, true),
        // It answers that it is not ready: what it has, it finishes.
        (out("L7STS", 3), false),
        (seen::Server { in_flight: 3, check: "L7TOUT".into(), ..well() }, false),
    ];
    for (server, ends) in rows {
        for phase in [InstancePhase::Unready, InstancePhase::Draining] {
            let decision = decided(phase, &looks("pool.blue", server.clone()));
            assert_eq!(commands(&decision).contains(&cut), ends, "{server:?}");
        }
    }
}

#[test]
fn who_is_gone_is_dropped_and_the_control_s_own_server_is_not() {
    let mut seen = looks("pool.blue", well());
    seen.servers.insert(("control".into(), "master".into()), well());
    let [park, end, del] =
        ["set server pool.blue/b1 state maint", "shutdown sessions server pool.blue/b1", "del server pool.blue/b1"];
    let busy = seen::Server { in_flight: 3, ..well() };
    let rows: [(seen::Server, &[&str]); 5] = [
        (well(), &[park, del]),
        (busy.clone(), &[park]),
        (seen::Server { parked: true, since: 1, ..busy.clone() }, &[]),
        (seen::Server { parked: true, since: 2, ..busy }, &[end, del]),
        (seen::Server { parked: true, ..well() }, &[del]),
    ];
    for (server, expected) in rows {
        seen.servers.insert(("pool.blue".into(), "b1".into()), server);
        assert_eq!(commands(&decide(&frame(&spec(), &[]), &[], &seen)), expected);
        assert_eq!(commands(&decided(InstancePhase::Lost, &seen)), expected);
    }
}

#[test]
fn maps_say_who_stays_with_whom_who_gets_which_share_and_how_few_are_too_few() {
    let mut spec = spec();
    spec.sticky = Some(Duration::from_secs(60));
    spec.fail_open = Some(Share(500));
    let server = |pool: &str, instance: &str, serves| {
        let address = Ipv4Addr::new(10, 88, 1, 2);
        Server { pool: pool.into(), instance: instance.into(), address, port: 8080, serves }
    };
    let servers = [
        server("blue", "b1", true),
        server("blue", "b2", true),
        server("blue", "b3", false),
        server("green", "g1", true),
    ];
    let written = |spec: &BalancerSpec| -> Vec<String> {
        let maps = entries(spec, &servers);
        let line = |(map, entries): (&String, &BTreeMap<String, String>)| {
            let entries: Vec<String> = entries.iter().map(|(key, value)| format!("{key}={value}")).collect();
            format!("{map} {}", entries.join(" "))
        };
        maps.iter().map(line).collect()
    };
    let expected = [
        "/etc/ha/few.map blue=1 green=0",
        "/etc/ha/share.map blue=750000 green=1000000",
        "/etc/ha/stay.map b1=blue b2=blue g1=green",
    ];
    assert_eq!(written(&spec), expected);
    // Nobody stays where nobody is sent.
    spec.routes[1].weight = 0;
    assert_eq!(written(&spec)[2], "/etc/ha/stay.map b1=blue b2=blue");
    spec.sticky = None;
    assert_eq!(written(&spec)[2], "/etc/ha/stay.map ");
}

#[test]
fn a_map_is_changed_by_what_is_other() {
    let entries = |rows: &[(&str, &str)]| -> BTreeMap<String, String> {
        rows.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    };
    let wanted = entries(&[("a", "1"), ("b", "2"), ("c", "3")]);
    let has = entries(&[("a", "1"), ("b", "9"), ("d", "4")]);
    assert_eq!(changes("m", &wanted, &has), ["@1 del map m d", "@1 set map m b 2", "@1 add map m c 3"]);
    assert!(changes("m", &wanted, &wanted).is_empty());
}
