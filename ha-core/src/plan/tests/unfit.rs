//! Who does not serve costs nothing: when such an instance may be exchanged, and when it stays.

use super::*;
use crate::{backend::state::InstancePhase, topology::Rollout};

fn of(release: &str) -> Pool {
    web().release(release).guards(min_healthy(500))
}

/// The site in the middle of a release: `v2` is the candidate on one instance more than there were, baked and good.
fn rolling() -> Toy {
    let mut toy = Toy::converged(&shop(of("v1")));
    toy.turn(&shop(of("v2")));
    toy.tick(30);
    toy.tick(60);
    toy
}

#[test]
fn rolling_back_exchanges_all_who_do_not_serve_at_once() {
    let mut toy = Toy::converged(&shop(of("v1")));
    for id in ["a-1", "b-2", "c-3"] {
        toy.instance(id).release = "v2".into();
        toy.phase(id, InstancePhase::Unready);
    }
    let plan = plan(&shop(of("v1")), &toy.observed());
    assert_eq!(asked(&plan), ["bound 7..=8", "retire a-1", "retire b-2", "retire c-3"], "batches are for who serves");
    let effects: Vec<&str> = plan.steps().skip(1).map(|step| step.effect.as_str()).collect();
    assert_eq!(effects, ["does not serve; another is launched"; 3]);
}

#[test]
fn one_that_serves_suffices_for_the_others_to_go() {
    let mut toy = Toy::converged(&shop(of("v1")));
    let ids: Vec<String> = toy.pools[0].instances.iter().map(|instance| instance.id.to_string()).collect();
    for id in &ids[1..] {
        toy.instance(id).release = "v2".into();
        toy.phase(id, InstancePhase::Unready);
    }
    let retired =
        |toy: &Toy| asked(&plan(&shop(of("v1")), &toy.observed())).iter().filter(|s| s.contains("retire")).count();
    assert_eq!(retired(&toy), 5);
    toy.phase(&ids[0], InstancePhase::Unready);
    assert_eq!(retired(&toy), 0, "then the balancer may be giving requests to all");
}

#[test]
fn in_a_closed_zone_who_does_not_serve_goes_at_once_though_a_release_is_rolling() {
    let mut toy = rolling();
    let site = valid(shop_of(of("v2")).close("a"));
    toy.turn(&site);
    toy.phase("a-1", InstancePhase::Unready);
    toy.phase("a-4", InstancePhase::Unready);
    let all = asked(&plan(&site, &toy.observed()));
    assert!(all.contains(&"retire a-1".into()) && all.contains(&"retire a-4".into()), "{all:?}");
}

#[test]
fn in_a_release_who_does_not_serve_waits_for_the_gate_and_costs_a_place_of_the_batch_but_no_budget() {
    let full = || Pool { guards: min_healthy(1000), ..of("v2") }.rollout(Rollout { batch: 2, ..Rollout::default() });
    let mut toy = rolling();
    toy.pools[0].spec = crate::backend::spec::PoolSpec { guards: min_healthy(1000), ..toy.pools[0].spec.clone() };
    toy.phase("b-2", InstancePhase::Unready);
    let site = shop(full());
    assert_eq!(asked(&plan(&site, &toy.observed())), ["retire b-2"], "six of seven serve, and six must");
    toy.phase("a-1", InstancePhase::Unready);
    toy.phase("c-3", InstancePhase::Unready);
    assert_eq!(asked(&plan(&site, &toy.observed())), ["retire a-1", "retire b-2"]);
    toy.balancers[0].readings.clear();
    assert_eq!(asked(&plan(&site, &toy.observed())), [""; 0]);
}

#[test]
fn below_the_floor_who_still_boots_is_not_sent_away() {
    let mut toy = Toy::converged(&shop(of("v1")));
    let ids: Vec<String> = toy.pools[0].instances.iter().map(|instance| instance.id.to_string()).collect();
    for id in &ids[1..] {
        toy.instance(id).release = "v2".into();
        toy.phase(id, InstancePhase::Booting);
        let now = toy.at;
        toy.instance(id).launched = now;
    }
    let retires = |toy: &Toy| asked(&plan(&shop(of("v1")), &toy.observed())).iter().any(|s| s.contains("retire"));
    assert!(!retires(&toy));
    for id in &ids[1..] {
        toy.phase(id, InstancePhase::Unready);
    }
    assert!(retires(&toy), "who fails its checks is no help");
}
