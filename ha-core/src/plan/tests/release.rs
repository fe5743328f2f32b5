//! A rolling release from the first step to the last, its gate failing, and its way back.

use super::*;
use crate::{
    backend::{
        spec::{Candidate, Rejected},
        state::InstancePhase,
    },
    plan::{Reason, Risk},
    topology::Rollout,
};

fn v2() -> ValidTopology {
    shop(web().release("v2"))
}

/// Turns until the plan says it is converged; never below six that serve.
fn settle(toy: &mut Toy, site: &ValidTopology, floor: u32) -> Vec<Plan> {
    let mut plans = Vec::new();
    for _ in 0..200 {
        let before = toy.observed();
        let plan = toy.turn(site);
        assert!(toy.ready() >= floor, "{} ready after {plan}", toy.ready());
        assert!(taken(&plan, &before) == 0 || toy.ready() >= floor);
        let done = plan.converged();
        plans.push(plan);
        if done {
            return plans;
        }
    }
    panic!("not converged: {}", plans.last().unwrap());
}

#[test]
fn a_release_begins_with_headroom_and_touches_nobody() {
    let toy = Toy::converged(&shop(web()));
    let plan = plan(&v2(), &toy.observed());
    assert_eq!(asked(&plan), ["ensure v2 7..=8"]);
    let step = plan.steps().next().unwrap();
    assert_eq!((&step.reason, step.risk), (&Reason::Release("v2".into()), Risk::InPlace));
    let Action::Pool(PoolStep::Ensure(spec)) = &step.action else { panic!("{plan}") };
    assert_eq!(spec.marks.stable.as_str(), "v1");
    assert_eq!(spec.marks.candidate, Some(Candidate { release: "v2".into(), since: toy.at }));
}

#[test]
fn a_release_goes_batch_by_batch_and_becomes_the_stable_one() {
    let mut toy = Toy::converged(&shop(web()));
    assert_eq!(asked(&toy.turn(&v2())), ["ensure v2 7..=8"]);
    let waits = toy.turn(&v2());
    assert_eq!((asked(&waits).len(), toy.ready()), (0, 7));
    assert!(has(&waits, |why| *why == Why::Capacity { ready: 6, wanted: 7 }), "{waits}");
    let bakes = toy.turn(&v2());
    let newest = toy.instance("a-7").since;
    assert!(has(&bakes, |why| *why == Why::Bake(newest + secs(60))), "{bakes}");
    assert_eq!((asked(&bakes).len(), bakes.look_again), (0, Some(newest + secs(60))));
    toy.tick(30);
    assert_eq!(asked(&toy.turn(&v2())), ["retire a-1"]);
    let plans = settle(&mut toy, &v2(), 6);
    assert_eq!(toy.releases(), ["v2"]);
    assert_eq!(toy.pools[0].spec.marks.stable.as_str(), "v2");
    assert_eq!(toy.pools[0].spec.bounds.min, 6);
    let all: Vec<String> = plans.iter().flat_map(asked).collect();
    assert_eq!(all.iter().filter(|step| step.starts_with("retire")).count(), 5);
    assert_eq!(all.last().unwrap(), "ensure v2 6..=8");
    assert_eq!(toy.pools[0].instances.len(), 6);
}

#[test]
fn the_last_step_promotes_and_gives_the_headroom_back() {
    let mut toy = Toy::converged(&shop(web()));
    let plans = settle(&mut toy, &v2(), 6);
    let last = plans.iter().rev().find_map(|plan| plan.steps().next()).unwrap();
    assert_eq!(last.reason, Reason::Promote("v2".into()));
}

#[test]
fn between_batches_every_new_instance_must_be_ready_and_baked() {
    let mut toy = Toy::converged(&shop(web()));
    toy.turn(&v2());
    toy.turn(&v2());
    let since = toy.instance("a-7").since;
    toy.at = since + secs(59);
    toy.measure();
    assert_eq!(asked(&plan(&v2(), &toy.observed())), [""; 0]);
    toy.at = since + secs(60);
    toy.measure();
    assert_eq!(asked(&plan(&v2(), &toy.observed())), ["retire a-1"]);
    toy.phase("a-7", InstancePhase::Unready);
    let waits = plan(&v2(), &toy.observed());
    assert_eq!(asked(&waits), [""; 0]);
    assert!(has(&waits, |why| *why == Why::Settling || matches!(why, Why::Capacity { .. })));
}

#[test]
fn a_batch_is_as_large_as_asked_and_as_the_budget_allows() {
    let rollout = |surge, batch| Rollout { surge, batch, ..Rollout::default() };
    for (surge, batch, healthy, retired) in
        [(1, 3, 1000, 1), (2, 3, 1000, 2), (2, 1, 1000, 1), (2, 8, 500, 5), (1, 2, 666, 2)]
    {
        let pool = || web().rollout(rollout(surge, batch)).guards(min_healthy(healthy));
        let mut toy = Toy::converged(&shop(pool()));
        let site = shop(pool().release("v2"));
        toy.turn(&site);
        toy.tick(30);
        toy.tick(60);
        let plan = plan(&site, &toy.observed());
        assert_eq!(plan.steps().count(), retired, "surge {surge} batch {batch} healthy {healthy}: {plan}");
        assert_eq!(taken(&plan, &toy.observed()), u32::try_from(retired).unwrap());
        assert!(!has(&plan, |why| *why == Why::Budget), "somebody could be spared");
    }
}

#[test]
fn without_surge_the_first_batch_goes_at_once_within_the_minimum() {
    let pool = || web().rollout(Rollout { surge: 0, batch: 2, ..Rollout::default() }).guards(min_healthy(500));
    let mut toy = Toy::converged(&shop(pool()));
    let site = shop(pool().release("v2"));
    let lower = |release: &str| shop(pool().release(release).size(3..=8));
    let asks = plan(&lower("v2"), &Toy::converged(&lower("v1")).observed());
    assert_eq!(asked(&asks), ["ensure v2 3..=8"], "no head-room, no other minimum");
    assert_eq!(asked(&toy.turn(&site)), ["ensure v2 6..=8"]);
    assert_eq!(asked(&toy.turn(&site)), ["retire a-1", "retire b-2"]);
    assert_eq!(asked(&plan(&site, &toy.observed())), [""; 0], "the first batch is not back yet");
    settle(&mut toy, &site, 3);
    assert_eq!(toy.releases(), ["v2"]);
}

#[test]
fn without_surge_and_with_a_full_minimum_nobody_can_be_spared() {
    let pool = || web().rollout(Rollout { surge: 0, ..Rollout::default() });
    let mut toy = Toy::converged(&shop(pool()));
    let site = shop(pool().release("v2"));
    toy.turn(&site);
    let plan = plan(&site, &toy.observed());
    assert_eq!(asked(&plan), [""; 0]);
    assert!(has(&plan, |why| *why == Why::Budget) && !plan.converged(), "{plan}");
}

#[test]
fn headroom_never_exceeds_the_owners_maximum() {
    let pool = || web().size(6..=7).rollout(Rollout { surge: 5, ..Rollout::default() });
    let toy = Toy::converged(&shop(pool()));
    assert_eq!(asked(&plan(&shop(pool().release("v2")), &toy.observed())), ["ensure v2 7..=7"]);
}

#[test]
fn a_release_that_fails_is_rejected_rolled_back_and_not_tried_again() {
    let mut toy = Toy::converged(&shop(web()));
    toy.errors.insert("v2".into(), 0.2);
    let plans = settle(&mut toy, &v2(), 6);
    let reasons: Vec<Reason> = plans.iter().flat_map(|plan| plan.steps().map(|step| step.reason.clone())).collect();
    assert!(reasons.contains(&Reason::Rollback("v2".into())));
    assert!(reasons.contains(&Reason::Outdated("v2".into())));
    assert!(!reasons.contains(&Reason::Outdated("v1".into())), "no good instance was touched");
    assert_eq!(toy.releases(), ["v1"]);
    let marks = &toy.pools[0].spec.marks;
    assert_eq!((marks.stable.as_str(), marks.candidate.is_none()), ("v1", true));
    assert!(
        matches!(&marks.rejected[..], [Rejected { release, retry: 0, why }] if release.as_str() == "v2" && why.contains("5xx"))
    );
    let waits = plan(&v2(), &toy.observed());
    assert_eq!(whys(&waits), [Why::Rejected("v2".into())]);
    assert!(waits.converged(), "only the owner can end it");
    toy.errors.clear();
    assert_eq!(asked(&toy.turn(&v2())), [""; 0], "not tried again, though it would be good now");
}

#[test]
fn a_rejected_release_is_tried_again_when_retry_is_raised() {
    let mut toy = Toy::converged(&shop(web()));
    toy.errors.insert("v2".into(), 0.2);
    settle(&mut toy, &v2(), 6);
    toy.errors.clear();
    let mut again = web().release("v2");
    again.retry = 1;
    assert_eq!(asked(&toy.turn(&shop(again.clone()))), ["ensure v2 7..=8"]);
    settle(&mut toy, &shop(again), 6);
    assert_eq!(toy.releases(), ["v2"]);
    assert!(toy.pools[0].spec.marks.rejected.is_empty());
}

#[test]
fn a_release_that_never_boots_is_rejected() {
    let mut toy = Toy::converged(&shop(web()));
    toy.never_ready.push("v2".into());
    settle(&mut toy, &v2(), 6);
    assert_eq!(toy.releases(), ["v1"]);
    let rejected = &toy.pools[0].spec.marks.rejected;
    assert_eq!((rejected.len(), rejected[0].why.as_str()), (1, "a-7 was never ready"));
}

#[test]
fn another_release_in_the_middle_replaces_the_candidate_and_keeps_the_stable_one() {
    let mut toy = Toy::converged(&shop(web()));
    (0..8).for_each(|_| drop(toy.turn(&v2())));
    let v3 = shop(web().release("v3"));
    let plan = toy.turn(&v3);
    assert_eq!(asked(&plan), ["ensure v3 7..=8"]);
    let marks = &toy.pools[0].spec.marks;
    assert_eq!((marks.stable.as_str(), marks.candidate.as_ref().unwrap().release.as_str()), ("v1", "v3"));
    assert!(marks.rejected.is_empty());
    settle(&mut toy, &v3, 6);
    assert_eq!(toy.releases(), ["v3"]);
}

#[test]
fn the_stable_release_in_the_middle_cancels_and_rejects_nothing() {
    let mut toy = Toy::converged(&shop(web()));
    (0..8).for_each(|_| drop(toy.turn(&v2())));
    let plan = toy.turn(&shop(web()));
    assert_eq!(asked(&plan), ["ensure v1 7..=8"]);
    assert_eq!(plan.steps().next().unwrap().reason, Reason::Release("v1".into()));
    settle(&mut toy, &shop(web()), 6);
    let marks = &toy.pools[0].spec.marks;
    assert_eq!((toy.releases(), marks.rejected.len(), marks.candidate.is_none()), (vec!["v1".into()], 0, true));
}

#[test]
fn only_the_last_ten_rejections_are_remembered() {
    let mut toy = Toy::converged(&shop(web()));
    let old = |number: u32| Rejected { release: format!("bad-{number}").as_str().into(), retry: 0, why: String::new() };
    toy.pools[0].spec.marks.rejected = (0..10).map(old).collect();
    toy.errors.insert("v2".into(), 1.0);
    settle(&mut toy, &v2(), 6);
    let rejected: Vec<&str> = toy.pools[0].spec.marks.rejected.iter().map(|entry| entry.release.as_str()).collect();
    assert_eq!((rejected.len(), rejected[0], rejected[9]), (10, "bad-1", "v2"));
}

#[test]
fn drift_in_the_middle_of_a_release_is_repaired_towards_the_candidate() {
    let mut toy = Toy::converged(&shop(web()));
    toy.turn(&v2());
    toy.pools[0].spec.release = "v1".into();
    let plan = plan(&v2(), &toy.observed());
    assert_eq!(asked(&plan), ["ensure v2 7..=8"]);
    assert_eq!(plan.steps().next().unwrap().reason, Reason::Drift(vec!["release".into()]));
}

/// All run the candidate, and it is not yet the stable release.
fn everywhere() -> Toy {
    let mut toy = Toy::converged(&shop(web()));
    for _ in 0..200 {
        toy.turn(&v2());
        if toy.releases() == ["v2"] {
            break;
        }
    }
    toy.tick(60);
    toy.tick(60);
    toy
}

#[test]
fn who_is_listed_to_be_held_keeps_no_release_from_becoming_the_stable_one() {
    let mut toy = everywhere();
    let id = toy.pools[0].instances[0].id.to_string();
    toy.instance(&id).release = "v1".into();
    let promoted = |site: &ValidTopology| {
        plan(site, &toy.observed()).steps().any(|step| step.reason == Reason::Promote("v2".into()))
    };
    assert!(!promoted(&v2()));
    assert!(promoted(&shop(web().release("v2").hold(&id, crate::topology::HoldMode::Shrink))));
}

#[test]
fn a_pool_not_yet_complete_is_not_promoted() {
    let mut toy = everywhere();
    assert_eq!(asked(&plan(&v2(), &toy.observed())), ["ensure v2 6..=8"], "complete, it is");
    assert_eq!((toy.ready(), toy.pools[0].spec.bounds.min), (7, 7));
    toy.pools[0].instances.remove(0);
    toy.measure();
    assert_eq!(asked(&plan(&v2(), &toy.observed())), ["ensure v2 6..=8"], "without the head-room, too");
    toy.pools[0].instances.remove(0);
    toy.measure();
    assert_eq!(asked(&plan(&v2(), &toy.observed())), [""; 0]);
}
