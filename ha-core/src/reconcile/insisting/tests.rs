//! How often a wish in vain is repeated, what is said meanwhile, and when it is forgotten.

use super::*;
use crate::{
    backend::{Error, Operation, Resource},
    observe::{Known, Observed},
    plan::{
        plan,
        tests::{shop, toy::Toy, web},
    },
    topology::Topology,
};

const PERIOD: Duration = Duration::from_secs(30);

/// The turns, counted from 0, of those that ask for a network that is accepted and never seen.
fn asks(turns: u64) -> Vec<u64> {
    let site = Topology::new("blind").zones(["a"]).validate().unwrap();
    let mut insisting = Insisting::default();
    let asked = (0..turns).filter(|turn| {
        let mut plan = plan(&site, &Observed::nothing(Timestamp::from_secs(turn * 30)));
        insisting.hold_back(&mut plan, PERIOD);
        let steps: Vec<_> = plan.steps().map(|step| (step.clone(), Outcome::Accepted)).collect();
        let asks = !steps.is_empty();
        assert_eq!(asks, plan.waiting.iter().all(|waiting| waiting.why != Why::Unseen));
        insisting.note(&Applied { steps }, plan.at);
        asks
    });
    asked.collect()
}

#[test]
fn what_is_accepted_and_never_seen_is_asked_again_ever_more_rarely() {
    assert_eq!(asks(40), [0, 1, 5, 13, 29]);
    // At the latest after an hour.
    assert_eq!(asks(1000).len(), 4 + (1000 - 29) / 120 + 2);
}

#[test]
fn a_wish_that_was_fulfilled_once_is_new_when_it_comes_back() {
    let site = Topology::new("blind").zones(["a"]).validate().unwrap();
    let mut insisting = Insisting::default();
    let mut turn = |at: u64, site: &crate::topology::ValidTopology| {
        let mut plan = plan(site, &Observed::nothing(Timestamp::from_secs(at)));
        insisting.hold_back(&mut plan, PERIOD);
        let steps: Vec<_> = plan.steps().map(|step| (step.clone(), Outcome::Accepted)).collect();
        insisting.note(&Applied { steps: steps.clone() }, plan.at);
        steps.len()
    };
    assert_eq!([turn(0, &site), turn(30, &site), turn(60, &site)], [1, 1, 0]);
    assert_eq!(turn(90, &site.removed()), 0);
    assert_eq!([turn(120, &site), turn(150, &site)], [1, 1]);
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_secs(seconds)
}

/// The four wishes of a new site.
fn wishes() -> Plan {
    plan(&shop(web()), &Toy::empty().observed())
}

/// Notes that these steps of the plan were accepted then.
fn accepted(insisting: &mut Insisting, steps: &[Step], then: u64) {
    let steps = steps.iter().map(|step| (step.clone(), Outcome::Accepted)).collect();
    insisting.note(&Applied { steps }, at(then));
}

/// How many steps are left of the wishes, when it is looked again, and since when what is waited for was not seen.
fn left(insisting: &mut Insisting, now: u64, look_again: Option<u64>) -> (usize, Option<Timestamp>, Vec<Timestamp>) {
    let mut plan = Plan { at: at(now), look_again: look_again.map(at), ..wishes() };
    insisting.hold_back(&mut plan, PERIOD);
    let unseen = plan.waiting.iter().filter(|waiting| waiting.why == Why::Unseen).filter_map(|waiting| waiting.since);
    assert!(plan.waves.iter().all(|wave| !wave.is_empty()));
    (plan.steps().count(), plan.look_again, unseen.collect())
}

#[test]
fn it_is_looked_again_when_the_first_of_the_wishes_held_back_is_due() {
    let steps: Vec<Step> = wishes().steps().cloned().collect();
    let mut insisting = Insisting::default();
    accepted(&mut insisting, &steps, 2000);
    accepted(&mut insisting, &steps, 2030);
    accepted(&mut insisting, &steps[..1], 2060);
    // The first was asked three times and is due at 2060 + 240, the others at 2030 + 120.
    let since = vec![at(2060), at(2030), at(2030), at(2030)];
    assert_eq!(left(&mut insisting, 2061, None), (0, Some(at(2150)), since.clone()));
    assert_eq!(
        left(&mut insisting, 2061, Some(2100)),
        (0, Some(at(2100)), since.clone()),
        "something else is due before"
    );
    assert_eq!(left(&mut insisting, 2061, Some(2200)), (0, Some(at(2150)), since));
    assert_eq!(left(&mut insisting, 2149, None).0, 0);
    assert_eq!(left(&mut insisting, 2150, None), (3, Some(at(2300)), vec![at(2060)]));
    assert_eq!(left(&mut insisting, 2150, Some(2200)), (3, Some(at(2200)), vec![at(2060)]));
    assert_eq!(left(&mut insisting, 2300, None), (4, None, Vec::new()));
}

#[test]
fn where_the_clock_was_set_back_a_wish_is_repeated() {
    let steps: Vec<Step> = wishes().steps().cloned().collect();
    let mut insisting = Insisting::default();
    accepted(&mut insisting, &steps, 90_000);
    accepted(&mut insisting, &steps, 90_030);
    assert_eq!(left(&mut insisting, 90_030, None).0, 0);
    assert_eq!(left(&mut insisting, 90_029, None).0, 4);
}

#[test]
fn a_wish_for_a_tier_that_cannot_be_read_is_remembered_and_another_is_not() {
    let (site, toy) = (shop(web()), Toy::empty());
    let steps: Vec<Step> = wishes().steps().cloned().collect();
    let unknown = || Known::Unknown(Error::new(Kind::Unavailable, Operation("observe"), Resource::Tier));
    let pools_unknown = Observed { pools: unknown(), ..toy.observed() };
    let mut network_there = toy.clone();
    network_there.network = Toy::converged(&site).network;
    for (observed, left_after) in [(pools_unknown, 0), (network_there.observed(), 1)] {
        let mut insisting = Insisting::default();
        accepted(&mut insisting, &steps, 2000);
        accepted(&mut insisting, &steps, 2030);
        insisting.hold_back(&mut Plan { at: at(2040), ..plan(&site, &observed) }, PERIOD);
        assert_eq!(left(&mut insisting, 2050, None).0, left_after);
    }
}

#[test]
fn what_may_be_answered_otherwise_next_time_is_asked_again_and_a_refusal_for_good_is_not() {
    let refused = |kind| Outcome::Failed(Error::new(kind, Operation("pool.ensure"), Resource::Tier));
    let for_good =
        [Kind::Quota, Kind::NoCapacity, Kind::Denied, Kind::Rejected("no".into()), Kind::Conflict("x".into())];
    let for_now = [Kind::NotReady("x".into()), Kind::NotFound, Kind::Unavailable, Kind::Throttled(None)];
    for kind in for_good {
        assert!(settles(&refused(kind.clone())), "{kind:?}");
    }
    for kind in for_now {
        assert!(!settles(&refused(kind.clone())), "{kind:?}");
    }
    assert!(settles(&Outcome::Accepted) && !settles(&Outcome::NotStarted));
}
