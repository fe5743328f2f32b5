//! What is answered to the cloud: all faults on the same thing taken together.

use super::{at_work, subject, web};
use crate::sim::{
    cloud::Machine,
    faults::{EndpointFate, injected::STEPS},
    plane::{LinkState, Place},
};
use ha_core::{
    backend::{Kind, state::InstancePhase},
    name::{InstanceId, Release},
    time::Timestamp,
};
use std::time::Duration;

#[test]
fn faults_on_the_same_machine_add_up() {
    let mut faults = at_work(&[
        "where = \"zone:a\", fault = \"zone.slow\", times = 2, rate = 0.5",
        "where = \"zone:*\", fault = \"zone.slow\", times = 3, rate = 0.5",
        "where = \"release:v1 in zone:a\", fault = \"release.slow\", times = 2",
    ]);
    let pool = web();
    let ailment = faults.ailment(subject(&pool, "web-1", 0));
    assert_eq!((ailment.slow, ailment.errors, ailment.off), (12_000, 750_000, false));
    assert_eq!(faults.ailment(subject(&pool, "web-1", 1)).slow, 3000);
    faults.all[1].phase = super::Phase::Over;
    assert_eq!(faults.ailment(subject(&pool, "web-1", 1)).slow, 1000);
    assert!(faults.consequences()["zone.slow"] > 0);
}

#[test]
fn what_grows_is_as_strong_as_it_has_grown() {
    let mut faults = at_work(&["where = \"zone:a\", fault = \"zone.slow\", times = 5, ramp = \"10m\""]);
    let pool = web();
    let mut slow = |grown| {
        faults.all[0].grown = grown;
        faults.ailment(subject(&pool, "web-1", 0)).slow
    };
    assert_eq!((slow(0), slow(STEPS / 2), slow(STEPS)), (1000, 3000, 5000));
}

#[test]
fn only_those_that_were_picked_are_struck_and_a_replacement_is_not() {
    let mut faults = at_work(&["where = \"pool:web\", fault = \"instances.errors\", rate = 0.2"]);
    faults.all[0].memory.struck.insert(1);
    let pool = web();
    let replacement = super::Subject { instance: 2, ..subject(&pool, "web-2", 0) };
    assert_eq!(faults.ailment(subject(&pool, "web-1", 0)).errors, 200_000);
    assert_eq!(faults.ailment(replacement).errors, 0);
}

#[test]
fn a_zone_without_power_takes_whatever_is_in_it_by_then() {
    let mut faults = at_work(&["where = \"zone:a\", fault = \"zone.power\", tail = \"1h\""]);
    let pool = web();
    faults.all[0].memory.picked = vec![1];
    let later = super::Subject { instance: 2, ..subject(&pool, "web-2", 0) };
    assert!(faults.ailment(later).off && faults.zone_is_off(0) && !faults.zone_is_off(1));
    assert!(!faults.ailment(subject(&pool, "web-1", 0)).off, "its turn has not come");
    faults.all[0].memory.struck.insert(1);
    faults.all[0].phase = super::Phase::Over;
    assert!(faults.ailment(subject(&pool, "web-1", 0)).off, "it is not back yet");
    assert!(!faults.ailment(later).off && !faults.zone_is_off(0));
}

#[test]
fn boots_and_launches_follow_their_faults() {
    let mut faults = at_work(&[
        "where = \"pool:web\", fault = \"boot.slow\", times = 4",
        "where = \"pool:web\", fault = \"boot.never_serves\", above_size = 2",
        "where = \"zone:b\", fault = \"capacity.none\"",
        "where = \"pool:web in zone:c\", fault = \"capacity.quota\", most = 2",
    ]);
    faults.all[1].memory.sizes.insert(web(), 2);
    let pool = web();
    let fate = faults.boot(subject(&pool, "web-1", 0));
    assert_eq!((fate.times, fate.never_serves), (4000, true));
    let few = super::Subject { alive: 4, ..subject(&pool, "web-1", 0) };
    assert!(!faults.boot(few).never_serves);
    let (id, release) = (InstanceId::from("web-9"), Release::from("v1"));
    let machine = |number, zone| Machine {
        number,
        name: &id,
        zone,
        pool: &pool,
        release: &release,
        phase: InstancePhase::Ready,
        served: None,
    };
    let living = [machine(1, 2), machine(2, 0), machine(3, 2)];
    let launch = |zone, living: &[Machine<'_>]| faults.launch(subject(&pool, "web-1", zone), 0, living);
    assert_eq!((launch(0, &living), launch(1, &living)), (None, Some(Kind::NoCapacity)));
    assert_eq!((launch(2, &living), launch(2, &living[1..])), (Some(Kind::Quota), None));
}

#[test]
fn a_share_of_boots_is_a_probability() {
    let faults = at_work(&["where = \"share:0.5 of pool:web\", fault = \"boot.never_serves\""]);
    let pool = web();
    let names: Vec<String> = (0..400).map(|number| format!("web-{number}")).collect();
    let hit = names.iter().filter(|name| faults.boot(subject(&pool, name, 0)).never_serves).count();
    assert!((150..250).contains(&hit), "{hit}");
}

#[test]
fn a_link_is_closed_one_way_or_both_and_a_zones_border_around_it() {
    let faults = at_work(&[
        "where = \"link:a>b\", fault = \"link.delay\", delay = \"80ms\"",
        "where = \"link:users-all\", fault = \"link.loss\", rate = 0.5",
        "where = \"zone:c\", fault = \"zone.network\"",
    ]);
    let (a, b, c) = (Place::Zone(0), Place::Zone(1), Place::Zone(2));
    let clear = LinkState::default();
    assert_eq!(faults.link(a, b), LinkState { delay_ns: 80_000_000, ..clear });
    assert_eq!(faults.link(b, a), clear);
    assert_eq!(faults.link(Place::Users, a), LinkState { loss: 500_000, ..clear });
    assert_eq!(faults.link(a, Place::Users), LinkState { loss: 500_000, ..clear });
    assert_eq!((faults.link(a, c).cut, faults.link(c, Place::Users).cut, faults.link(c, c).cut), (true, true, false));
    assert!(faults.keepers_are_cut_from(2) && !faults.keepers_are_cut_from(0));
}

#[test]
fn endpoints_and_names_follow_their_faults() {
    let mut faults = at_work(&[
        "where = \"balancer:front in zone:a\", fault = \"balancer.down\"",
        "where = \"balancer:*\", fault = \"balancer.error\", rate = 0.1",
        "where = \"balancer:back\", fault = \"balancer.corrupt_on_change\", rate = 1",
        "where = \"record:*\", fault = \"dns.empty\"",
        "where = \"share:0.1 of users\", fault = \"dns.stale\", extra = \"1h\"",
        "where = \"share:0.5 of users\", fault = \"dns.unresolvable\", rate = 0.5",
    ]);
    assert_eq!(faults.endpoint("front", 0, &[]), EndpointFate { down: true, errors: 100_000 });
    assert_eq!(faults.endpoint("front", 1, &[]), EndpointFate { down: false, errors: 100_000 });
    assert_eq!(faults.endpoint("back", 1, &[Timestamp::from_secs(5)]).errors, 1_000_000);
    faults.all[2].at = Timestamp::from_secs(9);
    assert_eq!(faults.endpoint("back", 1, &[Timestamp::from_secs(5)]).errors, 100_000, "an earlier change");
    let fate = faults.name("shop.example");
    assert!(fate.empty);
    assert_eq!((fate.timeouts, fate.stale), (250_000, Some((100_000, Duration::from_secs(3600)))));
}

#[test]
fn balancers_get_no_servers_of_their_own_where_there_is_no_capacity() {
    let faults = at_work(&[
        "where = \"balancer:front in zone:a\", fault = \"capacity.none\"",
        "where = \"balancer:back\", fault = \"capacity.scarce\", rate = 0.5",
    ]);
    let lacks = |balancer, zone, second| faults.lacks_servers(balancer, zone, Timestamp::from_secs(second));
    assert_eq!([lacks("front", 0, 1), lacks("front", 1, 1)], [true, false]);
    let refused = (0..400).filter(|second| lacks("back", 2, *second)).count();
    assert!((150..250).contains(&refused), "{refused}");
    assert_eq!(faults.launch(subject(&web(), "web-1", 0), 0, &[]), None, "machines are launched all the same");
}

#[test]
fn a_flapping_balancer_judges_anew_each_period() {
    let faults = at_work(&["where = \"balancer:front\", fault = \"balancer.flap\", rate = 0.5, period = \"1m\""]);
    assert!(faults.flapping("front") && !faults.flapping("back"));
    let flaps = |second| faults.flaps("front", "web-1", Timestamp::from_secs(second));
    assert!((0..60).all(|second| flaps(second) == flaps(0)));
    let unhealthy = (0..200).filter(|minute| flaps(minute * 60)).count();
    assert!((70..130).contains(&unhealthy), "{unhealthy}");
}

#[test]
fn views_and_metrics_deceive() {
    let faults = at_work(&[
        "where = \"service:pool\", fault = \"view.stale\", age = \"2m\"",
        "where = \"share:0.3 of service:balancer\", fault = \"view.missing\"",
        "where = \"service:dns\", fault = \"view.page_shift\", rate = 1",
        "where = \"metric:errors in pool:web\", fault = \"metrics.scaled\", factor = 0.5",
        "where = \"metric:healthy\", fault = \"metrics.fixed\", value = 3",
        "where = \"metric:latency\", fault = \"metrics.gap\"",
        "where = \"metric:*\", fault = \"metrics.delay\", delay = \"15m\"",
    ]);
    assert_eq!((faults.stale("pool"), faults.stale("dns")), (Some(Duration::from_secs(120)), None));
    let names: Vec<String> = (0..300).map(|number| format!("front-{number}")).collect();
    let unseen = names.iter().filter(|name| faults.unseen("balancer", name)).count();
    assert!((60..120).contains(&unseen) && !faults.unseen("pool", "web-1"), "{unseen}");
    let (twice, not) = faults.page_shift("dns", Timestamp::ZERO, 4).unwrap();
    assert!(not == twice + 1 && not < 4);
    assert_eq!(faults.page_shift("dns", Timestamp::ZERO, 1), None);
    let metric = |name, pool: &str| faults.metric(name, &pool.into(), 8.0);
    assert_eq!((metric("errors", "web"), metric("errors", "admin")), (Some(4.0), Some(8.0)));
    assert_eq!((metric("healthy", "web"), metric("latency", "web")), (Some(3.0), None));
    assert_eq!(faults.metric_delay(&web()), Duration::from_secs(900));
    assert_eq!(faults.history(), Some(Duration::from_secs(900)));
}
