//! What a gate lets pass, what it holds up, and what it fails: each limit just below and just above.

use super::*;
use crate::{
    backend::{
        Error, Kind, Operation, Resource,
        state::{InstancePhase, Loss, LossReason, ReleaseReading, TargetHealth},
    },
    topology::{Gate, NoReading, Rollout},
};

#[derive(Debug, PartialEq)]
enum Says {
    Pass,
    Wait,
    Fail,
}

fn site_with(gate: Gate) -> ValidTopology {
    shop(web().release("v2").rollout(Rollout { gate, ..Rollout::default() }))
}

/// One instance of the candidate, ready for 100 s, all else well: the gate would pass.
fn baked(gate: &Gate) -> (Toy, ValidTopology) {
    let site = site_with(gate.clone());
    let mut toy = Toy::converged(&shop(web().rollout(Rollout { gate: gate.clone(), ..Rollout::default() })));
    toy.turn(&site);
    toy.tick(30);
    toy.tick(100);
    (toy, site)
}

fn says(plan: &Plan) -> Says {
    match asked(plan).first().map(String::as_str) {
        Some("retire a-1") => Says::Pass,
        Some("ensure v1 7..=8") => Says::Fail,
        None => Says::Wait,
        Some(other) => panic!("{other}: {plan}"),
    }
}

fn with_reading(gate: Gate, change: impl Fn(&mut ReleaseReading)) -> Says {
    let (mut toy, site) = baked(&gate);
    let readings = &mut toy.balancers[0].readings;
    change(readings.iter_mut().find(|reading| reading.release.as_str() == "v2").unwrap());
    says(&plan(&site, &toy.observed()))
}

#[test]
fn a_good_reading_passes_and_each_limit_is_kept() {
    let gate = || Gate { max_latency: Some(secs(1)), ..Gate::default() };
    assert_eq!(with_reading(gate(), |_| {}), Says::Pass);
    assert_eq!(with_reading(gate(), |r| r.errors = Some(10.0)), Says::Pass);
    assert_eq!(with_reading(gate(), |r| r.errors = Some(10.5)), Says::Fail);
    assert_eq!(with_reading(gate(), |r| r.requests = Some(20.0)), Says::Pass);
    assert_eq!(with_reading(gate(), |r| r.requests = Some(19.0)), Says::Wait);
    assert_eq!(with_reading(gate(), |r| (r.requests, r.errors) = (Some(19.0), Some(19.0))), Says::Wait);
    assert_eq!(with_reading(gate(), |r| r.latency_ms = Some(1000.0)), Says::Pass);
    assert_eq!(with_reading(gate(), |r| r.latency_ms = Some(1001.0)), Says::Fail);
    assert_eq!(with_reading(Gate::default(), |r| r.latency_ms = Some(9e9)), Says::Pass, "not looked at");
}

#[test]
fn a_missing_reading_is_waited_for_or_not_as_the_topology_says() {
    let latency = || Gate { max_latency: Some(secs(1)), ..Gate::default() };
    let changes: [fn(&mut ReleaseReading); 13] = [
        |r| r.requests = Some(f64::NAN),
        |r| r.requests = Some(f64::INFINITY),
        |r| r.errors = Some(f64::INFINITY),
        |r| r.errors = Some(-1.0),
        |r| r.latency_ms = Some(f64::NAN),
        |r| r.latency_ms = Some(-1.0),
        |r| r.requests = None,
        |r| r.errors = None,
        |r| r.errors = Some(f64::NAN),
        |r| r.requests = Some(-1.0),
        |r| r.latency_ms = None,
        |r| r.healthy = None,
        |r| r.healthy = Some(0.0),
    ];
    for (index, change) in changes.into_iter().enumerate() {
        assert_eq!(with_reading(latency(), change), Says::Wait, "{index}");
        let go_on = Gate { no_reading: NoReading::GoOn, ..latency() };
        assert_eq!(with_reading(go_on, change), Says::Pass, "{index}");
    }
}

#[test]
fn no_reading_at_all_is_waited_for_by_name() {
    let (mut toy, site) = baked(&Gate::default());
    toy.balancers[0].readings.retain(|reading| reading.release.as_str() == "v1");
    let plan = plan(&site, &toy.observed());
    assert_eq!(says(&plan), Says::Wait);
    assert_eq!(whys(&plan), [Why::Settling, Why::Reading { release: "v2".into(), lack: Lack::Any }]);
}

#[test]
fn the_stable_releases_readings_are_not_the_candidates() {
    let (mut toy, site) = baked(&Gate::default());
    let stable = toy.balancers[0].readings.iter_mut().find(|reading| reading.release.as_str() == "v1").unwrap();
    stable.errors = Some(1000.0);
    assert_eq!(says(&plan(&site, &toy.observed())), Says::Pass);
}

#[test]
fn another_pools_readings_are_not_the_candidates() {
    assert_eq!(with_reading(Gate::default(), |r| r.pool = "other".into()), Says::Wait);
}

#[test]
fn every_balancer_of_the_pool_is_asked_and_one_without_weight_is_not() {
    let (mut toy, _) = baked(&Gate::default());
    let site = |weight| {
        let gate = Rollout::default();
        valid(shop_of(web().release("v2").rollout(gate)).with(Balancer::http("second").weighted("web", weight)))
    };
    for (weight, expected) in [(100, Says::Fail), (0, Says::Pass)] {
        let mut second = toy.balancers[0].clone();
        second.spec = crate::plan::wanted::balancer(&site(weight), &site(weight).topology().balancers[1]);
        second.readings.iter_mut().for_each(|reading| reading.errors = Some(500.0));
        toy.balancers.truncate(1);
        toy.balancers.push(second);
        let network = crate::plan::wanted::network(&site(weight));
        toy.network.as_mut().unwrap().spec = network;
        assert_eq!(says(&plan(&site(weight), &toy.observed())), expected);
    }
}

#[test]
fn a_reading_must_be_of_this_attempt_and_newer_than_the_newest_instance() {
    let (toy, _) = baked(&Gate::default());
    let since = toy.pools[0].spec.marks.candidate.as_ref().unwrap().since;
    let newest = toy.pools[0].instances.last().unwrap().since;
    let at = |at, over| with_reading(Gate::default(), |r| (r.at, r.over) = (at, over));
    assert_eq!(at(newest, secs(1)), Says::Pass);
    assert_eq!(at(newest.back(secs(1)), secs(1)), Says::Wait);
    assert_eq!(at(toy.at, toy.at.since(since)), Says::Pass);
    assert_eq!(at(toy.at, toy.at.since(since) + secs(1)), Says::Wait, "it holds answers of an earlier attempt");
    let bad = |over| with_reading(Gate::default(), |r| (r.errors, r.over) = (Some(1000.0), over));
    assert_eq!(bad(secs(30)), Says::Fail);
    assert_eq!(bad(toy.at.since(since) + secs(1)), Says::Wait);
}

#[test]
fn a_bad_reading_fails_the_gate_before_the_bake_is_over() {
    let site = site_with(Gate::default());
    let mut toy = Toy::converged(&shop(web()));
    toy.turn(&site);
    toy.tick(35);
    toy.errors.insert("v2".into(), 0.5);
    toy.tick(5);
    assert_eq!(says(&plan(&site, &toy.observed())), Says::Fail);
}

#[test]
fn who_the_balancer_does_not_find_healthy_does_not_serve() {
    let (mut toy, site) = baked(&Gate::default());
    let newest = toy.pools[0].instances.last().unwrap().id.clone();
    let at = toy.at;
    let target = toy.balancers[0].targets.iter_mut().find(|target| target.instance == newest).unwrap();
    (target.health, target.since) = (TargetHealth::Unhealthy, at);
    toy.balancers[0].targets[0].since = at + secs(100);
    assert_eq!(says(&plan(&site, &toy.observed())), Says::Wait);
    toy.at = at + secs(149);
    assert_eq!(says(&plan(&site, &toy.observed())), Says::Wait);
    toy.at = at + secs(150);
    assert_eq!(says(&plan(&site, &toy.observed())), Says::Fail, "longer than its boot budget and a minute");
}

#[test]
fn an_instance_that_is_overdue_fails_the_gate_unless_its_zone_ails() {
    for phase in [InstancePhase::Unready, InstancePhase::Returning, InstancePhase::Booting] {
        let (mut toy, site) = baked(&Gate::default());
        let (id, zone) = {
            let newest = toy.pools[0].instances.last().unwrap();
            (newest.id.to_string(), newest.zone.clone())
        };
        toy.phase(&id, phase);
        let from = if phase == InstancePhase::Booting { toy.instance(&id).launched } else { toy.at };
        toy.at = from + secs(149);
        let waits = plan(&site, &toy.observed());
        assert_eq!((says(&waits), waits.look_again), (Says::Wait, Some(from + secs(150))));
        toy.at = from + secs(150);
        assert_eq!(says(&plan(&site, &toy.observed())), Says::Fail, "{phase:?}");
        let other = toy.pools[0]
            .instances
            .iter()
            .find(|i| i.zone == zone && i.release.as_str() == "v1")
            .unwrap()
            .id
            .to_string();
        let mut elsewhere = toy.clone();
        let id =
            toy.pools[0].instances.iter().find(|i| i.zone != zone && i.release.as_str() == "v1").unwrap().id.clone();
        elsewhere.phase(id.as_str(), InstancePhase::Unready);
        assert_eq!(says(&plan(&site, &elsewhere.observed())), Says::Fail, "another zone ails");
        toy.phase(&other, InstancePhase::Booting);
        assert_eq!(says(&plan(&site, &toy.observed())), Says::Fail, "booting is no ailment");
        toy.phase(&other, InstancePhase::Unready);
        for _ in 0..2 {
            let waits = plan(&site, &toy.observed());
            assert_eq!((says(&waits), waits.look_again), (Says::Wait, None), "{phase:?}: time alone changes nothing");
            toy.at = toy.at + secs(1);
        }
    }
}

#[test]
fn losses_are_held_against_the_candidate_only_when_they_are_its_own() {
    use LossReason::{Gone, NeverReady, Unhealthy};
    let v = |release: &str, zone: &str, at: i64, why| (release.to_owned(), zone.to_owned(), at, why);
    // Seconds before now; the candidate began 160 s ago.
    let table = [
        (vec![v("v2", "a", 10, NeverReady)], Says::Fail),
        (vec![v("v2", "a", 10, Unhealthy)], Says::Fail),
        (vec![v("v2", "a", 160, Unhealthy)], Says::Fail),
        (vec![v("v2", "a", 161, Unhealthy)], Says::Pass),
        (vec![v("v1", "a", 10, Unhealthy)], Says::Pass),
        (vec![v("v2", "a", 10, Gone)], Says::Pass),
        (vec![v("v2", "a", 70, Gone), v("v2", "a", 10, Gone)], Says::Pass),
        (vec![v("v2", "a", 71, Gone), v("v2", "a", 10, Gone)], Says::Fail),
        (vec![v("v2", "a", 10, Gone), v("v2", "b", 10, Gone)], Says::Fail),
        (vec![v("v2", "a", 10, Unhealthy), v("v1", "a", 20, Gone)], Says::Pass),
        (vec![v("v2", "a", 10, Unhealthy), v("v1", "b", 20, Gone)], Says::Fail),
        (vec![v("v1", "a", 310, Gone), v("v2", "a", 10, NeverReady)], Says::Pass),
        (vec![v("v1", "a", 311, Gone), v("v2", "a", 10, NeverReady)], Says::Fail),
        // What the candidate before this one lost does not excuse it: that one was no better.
        (vec![v("v1.9", "a", 20, NeverReady), v("v2", "a", 10, NeverReady)], Says::Fail),
    ];
    for (losses, expected) in table {
        let (mut toy, site) = baked(&Gate::default());
        let at = toy.at;
        toy.pools[0].losses = losses
            .iter()
            .map(|(release, zone, ago, why)| Loss {
                instance: "x-1".into(),
                zone: zone.as_str().into(),
                release: release.as_str().into(),
                at: at.back(secs(u64::try_from(*ago).unwrap())),
                why: *why,
            })
            .collect();
        assert_eq!(says(&plan(&site, &toy.observed())), expected, "{losses:?}");
        let reason = losses.iter().map(|(_, _, _, why)| *why).find(|_| expected == Says::Fail && losses.len() == 1);
        if let Some(reason) = reason {
            toy.turn(&site);
            let said = if reason == NeverReady { "never ready" } else { "ready and then failed its checks" };
            assert_eq!(toy.pools[0].spec.marks.rejected[0].why, format!("x-1 was {said}"));
        }
    }
}

#[test]
fn a_zones_loss_excuses_nobody_who_began_after_it_served_again() {
    // Seconds before now: since when the stable release is ready in the zone again, and how the candidate ends. It lost an
    // instance there 250 s ago, the candidate one 10 s ago; one that boots may take 90 s.
    let table = [
        (240, Says::Fail),
        (100, Says::Fail),
        (99, Says::Pass),
        (5, Says::Pass),
        // That one was ready all the time: it is not the one that came again.
        (250, Says::Pass),
    ];
    for (since, expected) in table {
        let (mut toy, site) = baked(&Gate::default());
        let at = toy.at;
        let loss = |release: &str, ago: u64| Loss {
            instance: "x-1".into(),
            zone: "a".into(),
            release: release.into(),
            at: at.back(secs(ago)),
            why: LossReason::NeverReady,
        };
        toy.pools[0].losses = vec![loss("v1", 250), loss("v2", 10)];
        toy.instance("a-1").since = at.back(secs(since));
        assert_eq!(says(&plan(&site, &toy.observed())), expected, "{since}");
        toy.pools[0].instances.retain(|instance| instance.zone.as_str() != "a" || instance.release.as_str() != "v1");
        assert_ne!(says(&plan(&site, &toy.observed())), Says::Fail, "{since}: nobody came again");
    }
}

#[test]
fn without_knowing_the_balancers_nobody_passes_and_nobody_is_taken_out() {
    let (toy, site) = baked(&Gate { no_reading: NoReading::GoOn, ..Gate::default() });
    let unknown = Known::Unknown(Error::new(Kind::Unavailable, Operation("balancer.observe"), Resource::Tier));
    let plan = plan(&site, &Observed { balancers: unknown, ..toy.observed() });
    assert_eq!(says(&plan), Says::Wait);
}

#[test]
fn several_of_the_candidate_are_waited_for_until_the_first_is_overdue() {
    let gate = Gate::default();
    let pool = || web().size(6..=9).rollout(Rollout { surge: 2, gate: gate.clone(), ..Rollout::default() });
    let site = shop(pool().release("v2"));
    let mut toy = Toy::converged(&shop(pool()));
    toy.turn(&site);
    toy.tick(30);
    toy.tick(100);
    let new: Vec<String> = toy.pools[0].instances[6..].iter().map(|instance| instance.id.to_string()).collect();
    toy.phase(&new[0], InstancePhase::Unready);
    assert_eq!(whys(&plan(&site, &toy.observed())), [Why::Capacity { ready: 7, wanted: 8 }, Why::Settling]);
    toy.phase(&new[1], InstancePhase::Unready);
    for (first, second) in [(20, 10), (10, 20)] {
        let at = toy.at;
        toy.instance(&new[0]).since = at.back(secs(first));
        toy.instance(&new[1]).since = at.back(secs(second));
        assert_eq!(plan(&site, &toy.observed()).look_again, Some(at + secs(130)), "{first} {second}");
    }
    toy.instance(&new[1]).zone = toy.instance(&new[0]).zone.clone();
    toy.at = toy.at + secs(150);
    assert_eq!(asked(&plan(&site, &toy.observed())), ["ensure v1 8..=9"], "two that fail together are no ailing zone");
}

#[test]
fn a_failed_gate_says_the_share_it_measured() {
    for (requests, errors, share) in [(1000.0, 500.0, "50.0%"), (0.0, 1.0, "100.0%")] {
        let gate = Gate { min_requests: 0, ..Gate::default() };
        let (mut toy, site) = baked(&gate);
        let reading = toy.balancers[0].readings.iter_mut().find(|reading| reading.release.as_str() == "v2").unwrap();
        (reading.requests, reading.errors) = (Some(requests), Some(errors));
        toy.turn(&site);
        let why = &toy.pools[0].spec.marks.rejected[0].why;
        assert_eq!(*why, format!("{share} of its answers at front were 5xx, at most 1.0%"));
    }
}

#[test]
fn an_instance_of_the_stable_release_that_is_overdue_is_not_the_candidates_fault() {
    let (mut toy, site) = baked(&Gate::default());
    toy.phase("b-2", InstancePhase::Booting);
    toy.at = toy.at + secs(1000);
    let plan = plan(&site, &toy.observed());
    assert!(!asked(&plan).iter().any(|step| step.starts_with("ensure")), "{plan}");
}
