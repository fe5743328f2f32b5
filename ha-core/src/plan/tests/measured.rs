//! Who measures a release, over how long, by whose clock; and what becomes of a roll-out that nobody measures.

use super::*;
use crate::{
    backend::state::{InstancePhase, Loss, LossReason, ReleaseReading},
    topology::{Gate, NoReading, Rollout},
};

/// Two instances of the same site, answered for by DNS alone.
fn alone(pool: Pool) -> ValidTopology {
    let site = Topology::new("shop").id("shop-1").zones(["a", "b", "c"]).with(pool);
    valid(site.with(Dns::round_robin("shop.example", "web")))
}

/// One instance of v2, ready for 130 s, its bake long over.
fn one_of_v2(site: impl Fn(Pool) -> ValidTopology) -> (Toy, ValidTopology) {
    let wanted = site(web().release("v2"));
    let mut toy = Toy::converged(&site(web()));
    toy.turn(&wanted);
    toy.tick(30);
    toy.tick(100);
    (toy, wanted)
}

#[test]
fn without_a_balancer_a_roll_out_bakes_goes_in_batches_and_says_what_nobody_sees() {
    let wanted = alone(web().release("v2"));
    let mut toy = Toy::converged(&alone(web()));
    let begin = plan(&wanted, &toy.observed());
    assert_eq!(asked(&begin), ["ensure v2 7..=8"]);
    let told = begin.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("no balancer gives this pool requests, so nobody measures its 5xx"), "{begin}");
    let balanced = plan(&shop(web().release("v2")), &Toy::converged(&shop(web())).observed());
    assert!(!balanced.to_string().contains("measures"), "{balanced}");
    toy.turn(&wanted);
    toy.tick(30);
    let baking = plan(&wanted, &toy.observed());
    assert!(asked(&baking).is_empty() && has(&baking, |why| matches!(why, Why::Bake(_))), "{baking}");
    toy.tick(60);
    assert_eq!(asked(&plan(&wanted, &toy.observed())), ["retire a-1"], "one at a time");
}

#[test]
fn without_a_balancer_who_does_not_stay_ready_fails_the_gate() {
    let (mut toy, wanted) = one_of_v2(alone);
    let newest = toy.pools[0].instances.last().unwrap().clone();
    let mut ill = toy.clone();
    ill.phase(newest.id.as_str(), InstancePhase::Unready);
    assert!(asked(&plan(&wanted, &ill.observed())).is_empty(), "it may come back");
    ill.at = ill.at + secs(150);
    assert_eq!(asked(&plan(&wanted, &ill.observed())), ["ensure v1 7..=8"]);
    toy.lose(newest.id.as_str(), LossReason::Unhealthy);
    assert_eq!(asked(&plan(&wanted, &toy.observed())), ["ensure v1 6..=8"]);
}

#[test]
fn a_balancer_that_is_to_measure_and_is_not_seen_is_waited_for() {
    let (mut toy, wanted) = one_of_v2(shop);
    assert_eq!(asked(&plan(&wanted, &toy.observed())), ["retire a-1"]);
    toy.balancers.clear();
    let blind = plan(&wanted, &toy.observed());
    assert!(!asked(&blind).iter().any(|step| step.starts_with("retire")), "{blind}");
    assert!(has(&blind, |why| *why == Why::Reading { release: "v2".into(), lack: Lack::Balancer }), "{blind}");
}

/// What follows from readings of v2, minute by minute, the latest first: requests and errors.
fn minutes(gate: Gate, minutes: &[(f64, f64)]) -> (Vec<String>, Vec<Why>) {
    let rollout = Rollout { gate, bake: secs(60), ..Rollout::default() };
    let site = |pool: Pool| shop(pool.rollout(rollout.clone()));
    let (mut toy, wanted) = one_of_v2(site);
    toy.pools[0].spec.marks.candidate.as_mut().unwrap().since = toy.at.back(secs(600));
    let at = toy.at;
    let readings = &mut toy.balancers[0].readings;
    let one = readings.iter().find(|reading| reading.release.as_str() == "v2").unwrap().clone();
    readings.retain(|reading| reading.release.as_str() == "v1");
    // The order in which they are answered says nothing.
    for ago in (0..minutes.len()).rev() {
        let (requests, errors) = (Some(minutes[ago].0), Some(minutes[ago].1));
        let ago = u64::try_from(ago).unwrap();
        readings.push(ReleaseReading { at: at.back(secs(60 * ago)), over: secs(60), requests, errors, ..one.clone() });
    }
    let plan = plan(&wanted, &toy.observed());
    (asked(&plan), whys(&plan))
}

#[test]
fn a_small_site_is_measured_over_as_many_minutes_as_its_requests_need() {
    let few = Why::Reading { release: "v2".into(), lack: Lack::Requests { least: 20 } };
    let of = |rows: &[(f64, f64)]| minutes(Gate::default(), rows);
    assert!(of(&[(2.0, 0.0); 9]).1.contains(&few), "18 requests");
    assert_eq!(of(&[(2.0, 0.0); 10]).0, ["retire a-1"]);
    assert!(of(&[(2.0, 0.0); 11][..]).0 == ["retire a-1"]);
    assert_eq!(of(&[(2.0, 1.0); 10]).0, ["ensure v1 7..=8"]);
    // Before this attempt began nothing counts.
    assert!(of(&[[(1.0, 0.0); 10].as_slice(), &[(900.0, 0.0); 5]].concat()).1.contains(&few));
    // What is old enough not to be needed does not thin out what is new.
    assert_eq!(of(&[(20.0, 2.0), (5000.0, 0.0)]).0, ["ensure v1 7..=8"]);
    assert_eq!(of(&[(20.0, 0.0), (5000.0, 5000.0)]).0, ["retire a-1"]);
    assert_eq!(of(&[(19.0, 0.0), (5000.0, 5000.0)]).0, ["ensure v1 7..=8"]);
    // A gap in the figures ends the row.
    assert!(of(&[(19.0, 0.0), (f64::NAN, 0.0), (500.0, 0.0)]).1.contains(&few));
}

#[test]
fn readings_of_overlapping_times_count_once_and_latency_is_weighed_by_requests() {
    let gate = Gate { max_latency: Some(secs(1)), ..Gate::default() };
    let (toy, wanted) = one_of_v2(|pool| shop(pool.rollout(Rollout { gate: gate.clone(), ..Rollout::default() })));
    let with = |earlier_by: u64, requests: f64, latency_ms: Option<f64>| {
        let mut toy = toy.clone();
        let readings = &mut toy.balancers[0].readings;
        let latest = readings.iter_mut().find(|reading| reading.release.as_str() == "v2").unwrap();
        (latest.requests, latest.latency_ms) = (Some(10.0), Some(100.0));
        let at = latest.at.back(secs(earlier_by));
        let earlier = ReleaseReading { at, requests: Some(requests), latency_ms, ..latest.clone() };
        readings.push(earlier);
        asked(&plan(&wanted, &toy.observed())).first().cloned()
    };
    assert_eq!(with(30, 10.0, Some(100.0)).as_deref(), Some("retire a-1"));
    assert_eq!(with(29, 10.0, Some(100.0)), None, "one second of both is the same");
    assert_eq!(with(30, 10.0, Some(1900.0)).as_deref(), Some("retire a-1"), "1000 ms in the mean");
    assert_eq!(with(30, 10.0, Some(1910.0)).as_deref(), Some("ensure v1 7..=8"));
    assert_eq!(with(30, 30.0, Some(1300.0)).as_deref(), Some("retire a-1"));
    assert_eq!(with(30, 30.0, Some(1310.0)).as_deref(), Some("ensure v1 7..=8"), "three of four count so");
    assert_eq!(with(30, 10.0, None), None);
}

#[test]
fn who_began_a_roll_out_by_a_clock_that_is_ahead_does_not_blind_its_gate() {
    let (mut toy, wanted) = one_of_v2(shop);
    toy.pools[0].spec.marks.candidate.as_mut().unwrap().since = toy.at + secs(86_400);
    assert_eq!(asked(&plan(&wanted, &toy.observed())), ["retire a-1"], "its readings count");
    let newest = toy.pools[0].instances.last().unwrap().clone();
    let (zone, release) = (newest.zone.clone(), newest.release.clone());
    let loss = |instance: &str, zone: &str| Loss {
        instance: instance.into(),
        zone: zone.into(),
        release: release.clone(),
        at: toy.at.back(secs(5)),
        why: LossReason::Unhealthy,
    };
    let mut failing = toy.clone();
    failing.pools[0].losses = vec![loss("x-1", zone.as_str())];
    assert_eq!(asked(&plan(&wanted, &failing.observed())), ["ensure v1 7..=8"], "and its losses do");
    // An earlier attempt at the same release, after the first instances of the stable one were launched.
    let mut earlier = toy.clone();
    earlier.pools[0].losses = vec![Loss { at: newest.launched.back(secs(1)), ..loss("x-1", zone.as_str()) }];
    earlier.pools[0].instances.iter_mut().take(6).for_each(|old| old.launched = newest.launched.back(secs(60)));
    assert_eq!(asked(&plan(&wanted, &earlier.observed())), ["retire a-1"], "what was before it is no fault of it");
}

#[test]
fn a_bake_is_measured_on_one_clock_whoever_began_it() {
    for (ahead, behind) in [(10, 0), (0, 10), (3600, 0), (0, 3600)] {
        let wanted = shop(web().release("v2"));
        let mut toy = Toy::converged(&shop(web()));
        toy.turn(&wanted);
        let since = &mut toy.pools[0].spec.marks.candidate.as_mut().unwrap().since;
        *since = (*since + secs(ahead)).back(secs(behind));
        toy.tick(30);
        let ready = toy.pools[0].instances.last().unwrap().since;
        toy.at = ready + secs(59);
        toy.measure();
        assert!(asked(&plan(&wanted, &toy.observed())).is_empty(), "{ahead} {behind}");
        toy.at = ready + secs(60);
        toy.measure();
        assert_eq!(asked(&plan(&wanted, &toy.observed())), ["retire a-1"], "{ahead} {behind}");
    }
}

#[test]
fn a_gate_that_asks_for_readings_nobody_takes_is_a_problem() {
    let problems = |gate: Gate, balanced: bool| {
        let pool = web().rollout(Rollout { gate, ..Rollout::default() });
        let site = Topology::new("shop").zones(["a", "b", "c"]).with(pool);
        let site = if balanced { site.with(Balancer::http("front").to("web")) } else { site };
        site.validate().err().map(|problems| problems.0.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    let strict = || Gate { max_latency: Some(secs(1)), ..Gate::default() };
    assert_eq!(problems(strict(), true), None);
    let said = problems(strict(), false).unwrap().join("\n");
    assert!(
        said.starts_with("pool.web.rollout.gate: it waits for what a balancer measures, and no balancer"),
        "{said}"
    );
    assert_eq!(problems(Gate { no_reading: NoReading::GoOn, ..strict() }, false), None);
    assert_eq!(problems(Gate::default(), false), None, "what is not asked for by name is not missed");
}
