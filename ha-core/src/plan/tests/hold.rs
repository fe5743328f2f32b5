//! Pulling one instance out to work on it, and putting it back.

use super::*;
use crate::{
    backend::state::InstancePhase,
    plan::{Reason, Risk},
    topology::HoldMode,
};

fn held(mode: HoldMode) -> ValidTopology {
    shop(web().hold("b-2", mode))
}

#[test]
fn a_held_instance_is_replaced_first_when_nobody_can_be_spared() {
    let mut toy = Toy::converged(&shop(web()));
    let site = held(HoldMode::Replace);
    let first = toy.turn(&site);
    assert_eq!(asked(&first), ["bound 7..=8"]);
    assert_eq!(first.steps().next().unwrap().reason, Reason::Headroom);
    assert!(has(&first, |why| *why == Why::Budget));
    toy.tick(30);
    let second = toy.turn(&site);
    assert_eq!(asked(&second), ["hold b-2"]);
    let step = second.steps().next().unwrap();
    assert_eq!((&step.reason, step.risk), (&Reason::Hold, Risk::Replace));
    assert_eq!(toy.instance("b-2").phase, InstancePhase::Held(HoldMode::Replace));
    for _ in 0..5 {
        toy.turn(&site);
        assert!(toy.ready() >= 6);
    }
    assert!(plan(&site, &toy.observed()).converged(), "{}", plan(&site, &toy.observed()));
    assert_eq!((toy.pools[0].spec.bounds.min, toy.ready()), (6, 6));
    assert_eq!(whys(&plan(&site, &toy.observed())), [], "held, it is found");
}

#[test]
fn a_held_instance_is_put_back_when_it_is_not_listed() {
    let mut toy = Toy::converged(&shop(web()));
    (0..8).for_each(|_| drop(toy.turn(&held(HoldMode::Replace))));
    let back = toy.turn(&shop(web()));
    assert_eq!(asked(&back), ["put back b-2"]);
    assert_eq!(back.steps().next().unwrap().reason, Reason::PutBack);
    toy.tick(30);
    assert!(plan(&shop(web()), &toy.observed()).converged());
}

#[test]
fn a_pool_is_not_shrunk_below_its_minimum() {
    let toy = Toy::converged(&shop(web()));
    let plan = plan(&held(HoldMode::Shrink), &toy.observed());
    assert_eq!(asked(&plan), [""; 0]);
    assert_eq!(whys(&plan), [Why::Budget]);
}

#[test]
fn a_pool_is_shrunk_as_far_as_its_minimum_allows() {
    let pool = || web().guards(min_healthy(666));
    let mut toy = Toy::converged(&shop(pool()));
    let two = shop(pool().hold("b-2", HoldMode::Shrink).hold("c-3", HoldMode::Shrink));
    assert_eq!(asked(&toy.turn(&two)), ["hold b-2", "hold c-3"]);
    assert!(plan(&two, &toy.observed()).converged(), "{}", plan(&two, &toy.observed()));
    assert_eq!(toy.ready(), 4);
    let mut toy = Toy::converged(&shop(pool()));
    let three = shop(pool().hold("b-2", HoldMode::Shrink).hold("c-3", HoldMode::Shrink).hold("a-1", HoldMode::Shrink));
    assert_eq!(asked(&toy.turn(&three)), [""; 0]);
}

#[test]
fn holds_and_retirements_of_one_turn_share_one_budget() {
    let pool = || {
        web().guards(min_healthy(666)).rollout(crate::topology::Rollout { surge: 0, batch: 6, ..Default::default() })
    };
    let mut toy = Toy::converged(&shop(pool()));
    toy.turn(&valid(shop_of(pool()).close("a")));
    let site = valid(shop_of(pool().hold("b-2", HoldMode::Replace)).close("a"));
    let plan = plan(&site, &toy.observed());
    assert_eq!(asked(&plan), ["hold b-2", "retire a-1"]);
}

#[test]
fn a_held_instance_is_not_exchanged_while_it_is_held() {
    let mut toy = Toy::converged(&shop(web()));
    (0..8).for_each(|_| drop(toy.turn(&held(HoldMode::Replace))));
    let site = shop(web().release("v2").hold("b-2", HoldMode::Replace));
    for _ in 0..60 {
        toy.turn(&site);
    }
    assert!(plan(&site, &toy.observed()).converged(), "{}", plan(&site, &toy.observed()));
    assert_eq!(toy.releases(), ["v1", "v2"]);
    assert_eq!(toy.instance("b-2").release.as_str(), "v1");
    (0..20).for_each(|_| drop(toy.turn(&shop(web().release("v2")))));
    assert_eq!(toy.releases(), ["v2"], "put back, it is exchanged");
}

#[test]
fn who_is_put_back_with_another_release_into_a_full_pool_is_the_pool_s_to_take_away() {
    let mut toy = Toy::converged(&shop(web()));
    (0..60).for_each(|_| drop(toy.turn(&shop(web().release("v2").hold("b-2", HoldMode::Replace)))));
    let site = shop(web().release("v2"));
    for phase in [InstancePhase::Returning, InstancePhase::Ready] {
        toy.phase("b-2", phase);
        let plan = plan(&site, &toy.observed());
        assert_eq!(asked(&plan), [""; 0], "seven where six are wanted: {phase:?}");
        assert_eq!(whys(&plan), [Why::Settling]);
    }
    // One of the others is lost: now it counts, and has to be exchanged.
    toy.phase("b-2", InstancePhase::Returning);
    let lost = toy.pools[0].instances.iter().find(|state| state.release.as_str() == "v2").unwrap().id.clone();
    toy.phase(lost.as_str(), InstancePhase::Lost);
    assert_eq!(asked(&plan(&site, &toy.observed())), ["bound 7..=8"]);
}

#[test]
fn an_instance_that_does_not_exist_is_the_owners_to_take_from_the_list() {
    let site = shop(web().hold("x-9", HoldMode::Replace));
    let mut toy = Toy::converged(&shop(web()));
    let waits = plan(&site, &toy.observed());
    assert_eq!(whys(&waits), [Why::NoSuchInstance("x-9".into())]);
    assert!(waits.converged());
    toy.phase("b-2", InstancePhase::Lost);
    assert!(whys(&plan(&held(HoldMode::Replace), &toy.observed())).contains(&Why::NoSuchInstance("b-2".into())));
}

#[test]
fn who_does_not_serve_is_held_at_once_and_who_drains_is_waited_for() {
    for phase in [InstancePhase::Unready, InstancePhase::Booting, InstancePhase::Returning] {
        let mut toy = Toy::converged(&shop(web()));
        toy.phase("b-2", phase);
        assert_eq!(asked(&plan(&held(HoldMode::Replace), &toy.observed())), ["hold b-2"], "{phase:?}");
    }
    let mut toy = Toy::converged(&shop(web()));
    toy.phase("b-2", InstancePhase::Draining);
    let waits = plan(&held(HoldMode::Replace), &toy.observed());
    assert_eq!(asked(&waits), [""; 0]);
    assert!(has(&waits, |why| *why == Why::Settling));
}

#[test]
fn another_mode_is_asked_for_without_putting_back() {
    let pool = || web().guards(min_healthy(500));
    let mut toy = Toy::converged(&shop(pool()));
    toy.turn(&shop(pool().hold("b-2", HoldMode::Replace)));
    (0..4).for_each(|_| drop(toy.turn(&shop(pool().hold("b-2", HoldMode::Replace)))));
    assert_eq!(asked(&plan(&shop(pool().hold("b-2", HoldMode::Shrink)), &toy.observed())), ["hold b-2"]);
}

#[test]
fn a_spread_made_crooked_by_holding_is_not_waited_for() {
    let pool = || web().guards(min_healthy(500)).hold("b-2", HoldMode::Shrink).hold("b-5", HoldMode::Shrink);
    let mut toy = Toy::converged(&shop(web().guards(min_healthy(500))));
    for id in ["b-2", "b-5"] {
        toy.phase(id, InstancePhase::Held(HoldMode::Shrink));
    }
    assert_eq!(whys(&plan(&shop(pool()), &toy.observed())), [], "2, 0 and 2");
}

#[test]
fn who_can_be_spared_is_held_without_headroom_and_the_effect_says_what_becomes_of_its_place() {
    for (mode, effect) in [
        (HoldMode::Replace, "it drains and runs on; another takes its place"),
        (HoldMode::Shrink, "it drains and runs on; the pool is smaller by one"),
    ] {
        let pool = || web().guards(min_healthy(500));
        let plan = plan(&shop(pool().hold("b-2", mode)), &Toy::converged(&shop(pool())).observed());
        assert_eq!(asked(&plan), ["hold b-2"]);
        assert_eq!(plan.steps().next().unwrap().effect, effect);
    }
}

#[test]
fn a_pool_is_shrunk_by_those_alone_who_are_to_shrink_it() {
    use HoldMode::{Replace, Shrink};
    type Row<'a> = (u32, u32, &'a [(&'a str, HoldMode)], &'a [&'a str]);
    // Instances wanted, the share that must stay, who is listed, who is held.
    let rows: [Row<'_>; 5] = [
        (2, 0, &[("a-1", Shrink)], &["hold a-1"]),
        (6, 666, &[("a-1", Shrink), ("b-2", Shrink), ("c-3", Replace)], &["hold a-1", "hold b-2"]),
        (6, 666, &[("c-3", Replace), ("a-1", Shrink), ("b-2", Shrink), ("a-4", Shrink)], &["hold c-3"]),
        (2, 0, &[("a-1", Shrink), ("b-2", Shrink)], &[]),
        (3, 0, &[("a-1", Shrink), ("b-2", Shrink)], &["hold a-1", "hold b-2"]),
    ];
    for (instances, healthy, listed, expected) in rows {
        let pool = || web().size(1..=8).capacity(instances).guards(min_healthy(healthy));
        let toy = Toy::converged(&shop(pool()));
        let site = shop(listed.iter().fold(pool(), |pool, (id, mode)| pool.hold(id, *mode)));
        assert_eq!(asked(&plan(&site, &toy.observed())), expected, "{instances}, {healthy}: {listed:?}");
    }
}
