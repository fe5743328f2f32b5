//! Leaving a zone and coming back, resizing, and who may be taken out.

use super::*;
use crate::{
    backend::{
        Error, Kind, Operation, Resource,
        state::{InstancePhase, LossReason, TargetHealth},
    },
    plan::Reason,
    topology::Rollout,
};

fn closed() -> ValidTopology {
    valid(shop_of(web()).close("a"))
}

fn settle(toy: &mut Toy, site: &ValidTopology) {
    for _ in 0..60 {
        let done = toy.turn(site).converged();
        assert!(toy.ready() >= 6);
        if done {
            return;
        }
    }
    panic!("{}", plan(site, &toy.observed()));
}

#[test]
fn a_closed_zone_is_left_with_headroom_and_used_again_when_opened() {
    let mut toy = Toy::converged(&shop(web()));
    let first = toy.turn(&closed());
    let reasons: Vec<_> = first.steps().map(|step| step.reason.clone()).collect();
    assert_eq!(reasons, [Reason::Zones(vec!["a".into()]), Reason::Drift(vec!["zones".into()])]);
    assert_eq!(asked(&first)[0], "ensure v1 7..=8");
    let second = toy.turn(&closed());
    assert!(has(&second, |why| *why == Why::Capacity { ready: 6, wanted: 7 }), "{second}");
    let third = toy.turn(&closed());
    assert_eq!(asked(&third), ["retire a-1"]);
    assert_eq!(third.steps().next().unwrap().reason, Reason::Evacuate("a".into()));
    settle(&mut toy, &closed());
    assert!(toy.pools[0].instances.iter().all(|instance| instance.zone.as_str() != "a"));
    assert_eq!(toy.pools[0].spec.bounds.min, 6);
    let back = toy.turn(&shop(web()));
    assert_eq!(asked(&back)[0], "ensure v1 6..=8");
    assert!(has(&back, |why| *why == Why::Settling), "the keeper moves some back");
}

#[test]
fn nobody_is_retired_in_the_turn_that_changes_the_pool() {
    let pool = || web().guards(min_healthy(500));
    let toy = Toy::converged(&shop(pool()));
    let plan = plan(&valid(shop_of(pool()).close("a")), &toy.observed());
    assert!(asked(&plan).iter().all(|step| !step.starts_with("retire")), "{plan}");
}

#[test]
fn who_does_not_serve_leaves_a_closed_zone_at_once() {
    let mut toy = Toy::converged(&shop(web()));
    toy.turn(&closed());
    toy.phase("a-1", InstancePhase::Unready);
    assert_eq!(asked(&plan(&closed(), &toy.observed())), ["retire a-1"]);
}

#[test]
fn the_last_targets_stay_even_when_they_fail_their_checks() {
    let mut toy = Toy::converged(&shop(web()));
    toy.turn(&closed());
    let ids: Vec<String> = toy.pools[0].instances.iter().map(|instance| instance.id.to_string()).collect();
    ids.iter().for_each(|id| toy.phase(id, InstancePhase::Unready));
    toy.pools[0].instances.truncate(6);
    assert_eq!(asked(&plan(&closed(), &toy.observed())), [""; 0]);
}

#[test]
fn the_last_one_that_serves_is_never_taken_out() {
    let one = |release: &str| {
        let rollout = Rollout { surge: 0, ..Rollout::default() };
        web().release(release).size(1..=1).capacity(1).guards(min_healthy(0)).rollout(rollout)
    };
    let mut toy = Toy::converged(&shop(one("v1")));
    toy.turn(&shop(one("v2")));
    let plan = plan(&shop(one("v2")), &toy.observed());
    assert_eq!(asked(&plan), [""; 0]);
    assert!(has(&plan, |why| *why == Why::Budget));
}

#[test]
fn a_zone_is_left_in_the_middle_of_a_release_without_asking_its_gate() {
    let mut toy = Toy::converged(&shop(web()));
    let both = valid(shop_of(web().release("v2")).close("a"));
    toy.turn(&both);
    toy.tick(30);
    toy.balancers[0].readings.clear();
    let plan = plan(&both, &toy.observed());
    assert!(has(&plan, |why| *why == Why::Reading { release: "v2".into(), lack: Lack::Any }));
    assert_eq!(asked(&plan), ["retire a-1"]);
}

#[test]
fn no_batch_begins_before_the_pool_is_complete() {
    let pool = |release: &str| {
        web().release(release).guards(min_healthy(500)).rollout(Rollout { surge: 2, batch: 1, ..Rollout::default() })
    };
    let mut toy = Toy::converged(&shop(pool("v1")));
    let site = shop(pool("v2"));
    toy.turn(&site);
    toy.tick(30);
    toy.tick(60);
    assert_eq!(asked(&plan(&site, &toy.observed())), ["retire a-1"]);
    toy.lose("b-2", LossReason::Gone);
    assert_eq!(asked(&plan(&site, &toy.observed())), [""; 0]);
}

#[test]
fn a_target_missing_at_the_balancer_does_not_count_as_serving() {
    let mut toy = Toy::converged(&shop(web()));
    toy.turn(&closed());
    toy.tick(30);
    assert_eq!(asked(&plan(&closed(), &toy.observed())), ["retire a-1"]);
    let good = toy.clone();
    toy.balancers[0].targets.pop();
    assert_eq!(asked(&plan(&closed(), &toy.observed())), [""; 0]);
    toy = good.clone();
    toy.instance("c-3").phase = InstancePhase::Unready;
    assert_eq!(asked(&plan(&closed(), &toy.observed())), [""; 0], "both must say so: the pool and the balancer");
    for health in [TargetHealth::Initial, TargetHealth::Unhealthy, TargetHealth::Draining] {
        toy = good.clone();
        toy.balancers[0].targets[1].health = health;
        assert_eq!(asked(&plan(&closed(), &toy.observed())), [""; 0], "{health:?}");
    }
}

#[test]
fn nobody_is_taken_out_while_the_balancers_are_not_known() {
    let mut toy = Toy::converged(&shop(web()));
    toy.turn(&closed());
    toy.tick(30);
    let unknown = Known::Unknown(Error::new(Kind::Unavailable, Operation("balancer.observe"), Resource::Tier));
    let plan = plan(&closed(), &Observed { balancers: unknown, ..toy.observed() });
    assert_eq!(taken(&plan, &toy.observed()), 0, "{plan}");
}

#[test]
fn the_headroom_is_kept_while_giving_it_back_could_take_one_too_many() {
    let mut toy = Toy::converged(&shop(web()));
    toy.pools[0].spec.bounds.min = 7;
    toy.tick(30);
    toy.tick(30);
    assert_eq!((toy.ready(), asked(&plan(&shop(web()), &toy.observed()))), (7, vec!["bound 6..=8".to_owned()]));
    toy.phase("a-1", InstancePhase::Unready);
    let waits = plan(&shop(web()), &toy.observed());
    assert_eq!(asked(&waits), [""; 0]);
    assert!(has(&waits, |why| *why == Why::Capacity { ready: 6, wanted: 7 }), "{waits}");
}

#[test]
fn headroom_that_cannot_be_filled_is_given_back_when_nothing_needs_it() {
    let mut toy = Toy::converged(&shop(web()));
    toy.pools[0].spec.bounds.min = 8;
    let plan = plan(&shop(web()), &toy.observed());
    assert_eq!(plan.steps().next().unwrap().reason, Reason::GiveBack);
}

#[test]
fn a_resized_pool_is_asked_for_its_new_number_and_waited_for() {
    let mut toy = Toy::converged(&shop(web()));
    let larger = shop(web().size(6..=12).capacity(9));
    assert_eq!(asked(&toy.turn(&larger)), ["ensure v1 6..=12"]);
    assert!(has(&toy.turn(&larger), |why| *why == Why::Capacity { ready: 6, wanted: 9 }));
    assert!(plan(&larger, &toy.observed()).converged());
    assert_eq!(asked(&toy.turn(&shop(web()))), ["ensure v1 6..=8"]);
    assert!(plan(&shop(web()), &toy.observed()).converged());
}

#[test]
fn what_drains_is_waited_for() {
    let site = shop(web());
    for phase in [InstancePhase::Draining, InstancePhase::Lost] {
        let mut toy = Toy::converged(&site);
        let mut extra = toy.instance("a-1").clone();
        (extra.id, extra.phase) = ("a-99".into(), phase);
        toy.pools[0].instances.push(extra);
        assert_eq!(whys(&plan(&site, &toy.observed())), [Why::Settling], "{phase:?}");
    }
}

#[test]
fn a_crooked_spread_is_waited_for_unless_a_zone_refuses() {
    let site = shop(web());
    let mut toy = Toy::converged(&site);
    toy.instance("a-1").zone = "b".into();
    assert_eq!(whys(&plan(&site, &toy.observed())), [Why::Settling], "1, 3 and 2");
    toy.pools[0].refused.push(("a".into(), toy.at));
    assert_eq!(whys(&plan(&site, &toy.observed())), []);
    toy.pools[0].refused.clear();
    toy.pools[0].instances.retain(|instance| instance.id.as_str() != "a-1");
    toy.pools[0].spec.capacity = crate::topology::Capacity::Fixed(5);
    toy.pools[0].spec.bounds.min = 5;
    toy.measure();
    assert_eq!(whys(&plan(&shop(web().size(5..=8).capacity(5)), &toy.observed())), [], "1, 2 and 2");
}
