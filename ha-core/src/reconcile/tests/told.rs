//! What a loop tells, and how it asks its clock to rest.

use super::memory::{Fate, World, run};
use crate::{
    backend::{Error, Kind, Operation, Resource},
    event::{Event, What},
    observe::{Known, Observed},
    plan::tests::{shop, shop_of, toy::Toy, valid, web},
    reconcile::{Controller, Turned},
};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

type Told = Arc<Mutex<Vec<Event>>>;

fn telling(world: &Arc<World>, name: &str) -> (Controller, Told) {
    let told: Told = Arc::default();
    let events = told.clone();
    let observer = move |event: &Event| events.lock().unwrap().push(event.clone());
    (Controller::new(world.backend(), name.into()).observer(Arc::new(observer)), told)
}

fn count(told: &Told, is: fn(&What) -> bool) -> usize {
    told.lock().unwrap().iter().filter(|event| is(&event.what)).count()
}

#[test]
fn every_turn_tells_its_number_and_its_plan() {
    let world = World::new(Toy::empty());
    let (mut one, told) = telling(&world, "one");
    let turns = run(one.until_converged(&shop(web()))).unwrap().turns;
    let events = told.lock().unwrap().clone();
    let planned = events.iter().filter(|event| matches!(event.what, What::Planned(_))).map(|event| event.turn);
    assert_eq!(planned.collect::<Vec<_>>(), (1..=turns).collect::<Vec<_>>());
    let converged = events.iter().find(|event| event.what == What::Converged).unwrap().turn;
    assert_eq!(converged, turns, "at the end, not before");
}

#[test]
fn a_site_found_as_it_is_wanted_is_told_once() {
    let world = World::new(Toy::converged(&shop(web())));
    let (mut one, told) = telling(&world, "one");
    for _ in 0..3 {
        run(one.once(&shop(web())));
    }
    assert_eq!(count(&told, |what| *what == What::Converged), 1);
}

#[test]
fn a_tier_that_is_read_now_and_not_then_does_not_make_the_site_converge_again_and_again() {
    let world = World::new(Toy::converged(&shop(web())));
    let (mut one, told) = telling(&world, "one");
    for turn in 0..20 {
        if turn % 2 == 1 {
            world.fate("pool.observe", &[Fate::Dropped]);
        }
        run(one.once(&shop(web())));
    }
    assert_eq!(count(&told, |what| *what == What::Converged), 1, "it was so all the time");
    world.pass(30);
    world.toy.lock().unwrap().records.clear();
    for _ in 0..3 {
        run(one.once(&shop(web())));
    }
    assert_eq!(count(&told, |what| *what == What::Converged), 2, "a record was gone, and is back");
}

#[test]
fn what_is_waited_for_turn_after_turn_is_told_once() {
    let world = World::new(Toy::converged(&shop(web())));
    let site = shop(web().hold("x-9", crate::topology::HoldMode::Replace));
    let (mut one, told) = telling(&world, "one");
    for _ in 0..3 {
        run(one.once(&site));
    }
    assert_eq!(count(&told, |what| matches!(what, What::Waiting(_))), 1);
    run(one.once(&shop(web())));
    run(one.once(&site));
    assert_eq!(count(&told, |what| matches!(what, What::Waiting(_))), 2, "it was over meanwhile");
}

#[test]
fn who_does_not_act_tells_why() {
    let world = World::new(Toy::empty());
    let site = |generation| valid(shop_of(web()).generation(generation));
    let (mut one, first) = telling(&world, "one");
    let (mut two, second) = telling(&world, "two");
    run(one.once(&site(0)));
    run(two.once(&site(1)));
    assert_eq!(count(&second, |what| *what == What::LeaseHeld("one".into())), 1);
    run(one.once(&site(0)));
    assert_eq!(count(&first, |what| *what == What::Superseded(1)), 1);
}

#[test]
fn a_loop_rests_until_the_first_who_asked_it_to_wait_is_ready_again() {
    let waits = |world: &Arc<World>, mut one: Controller| {
        let rest = run(async {
            let turned = one.once(&shop(web())).await;
            one.rest(&turned).await;
            world.rests.lock().unwrap()[0]
        });
        (rest.quiet, rest.look_again)
    };
    for (first, second) in [(20, 5), (5, 20)] {
        let world = World::new(Toy::empty());
        world.fate("network.ensure", &[Fate::Throttled(first)]);
        world.fate("pool.ensure", &[Fate::Throttled(second)]);
        let soon = Toy::empty().at + Duration::from_secs(5);
        assert_eq!(waits(&world, telling(&world, "one").0), (false, Some(soon)));
    }
    let world = World::new(Toy::empty());
    world.fate("store.get", &[Fate::Throttled(7)]);
    let soon = Toy::empty().at + Duration::from_secs(7);
    assert_eq!(waits(&world, telling(&world, "one").0), (false, Some(soon)));
    let world = World::new(Toy::empty());
    run(telling(&world, "other").0.once(&shop(web())));
    let (mut two, _) = telling(&world, "two");
    let Turned::StoodBy { look_again, .. } = run(two.once(&shop(web()))) else { panic!() };
    assert_eq!(waits(&world, two), (false, Some(look_again)));
}

#[test]
fn a_loop_rests_until_what_is_due_or_who_asked_it_to_wait_whichever_is_sooner() {
    for (throttled, expected) in [(5, 5), (400, 60)] {
        let world = World::new(Toy::converged(&shop(web())));
        world.toy.lock().unwrap().records[0].since = Toy::converged(&shop(web())).at;
        let mut site = shop_of(web());
        site.dns[0].ttl = Duration::from_secs(30);
        site.balancers[0].drain = Duration::from_secs(7);
        world.fate("balancer.ensure", &[Fate::Throttled(throttled)]);
        let (mut one, _) = telling(&world, "one");
        let before = world.toy.lock().unwrap().at;
        let turned = run(one.once(&valid(site)));
        run(one.rest(&turned));
        let rest = world.rests.lock().unwrap()[0];
        assert_eq!(rest.look_again, Some(before + Duration::from_secs(expected)), "{throttled}");
    }
}

#[test]
fn one_tier_that_is_not_known_makes_a_look_partial() {
    fn unknown<T>() -> Known<T> {
        Known::Unknown(Error::new(Kind::Unavailable, Operation("x.observe"), Resource::Tier))
    }
    let whole = Toy::empty().observed();
    assert!(!whole.is_partial());
    assert!(Observed { network: unknown(), ..whole.clone() }.is_partial());
    assert!(Observed { pools: unknown(), ..whole.clone() }.is_partial());
    assert!(Observed { balancers: unknown(), ..whole.clone() }.is_partial());
    assert!(Observed { records: unknown(), ..whole.clone() }.is_partial());
    assert_eq!(whole.pools.known(), Some(&Vec::new()));
    assert_eq!((unknown::<u8>().known(), Known::<u8>::NotManaged.known()), (None, None));
}
