//! What a controller asks in vain, it asks ever more rarely.

use super::memory::{Fate, World, run};
use crate::{
    apply::Stop,
    backend::Clock,
    plan::Why,
    plan::tests::{shop, toy::Toy, web},
    reconcile::{Controller, Turned, Wanted},
};
use std::{sync::Arc, time::Duration};

/// The turns, of so many, in which one that acts for ever asks for a network.
fn asks(world: &Arc<World>, turns: usize) -> Vec<usize> {
    let (stop, mut asked) = (Stop::default(), Vec::new());
    let mut one = Controller::new(world.backend(), "one".into()).stop(stop.clone());
    let (rests, token) = (world.clone(), stop);
    let wanted = move || {
        if rests.rests.lock().unwrap().len() >= turns {
            token.stop();
        }
        shop(web())
    };
    run(one.forever(&wanted as &dyn Wanted));
    let mut turn = 0;
    for call in world.calls.lock().unwrap().iter() {
        turn += usize::from(call == "network.observe");
        if call == "network.ensure" {
            asked.push(turn - 1);
        }
    }
    asked
}

#[test]
fn what_is_accepted_and_takes_no_effect_is_asked_ever_more_rarely() {
    let world = World::new(Toy::empty());
    *world.ignores.lock().unwrap() = true;
    assert_eq!(asks(&world, 30), [0, 1, 5, 13, 29]);
}

#[test]
fn what_is_refused_for_good_is_asked_ever_more_rarely_by_who_acts_for_ever() {
    let world = World::new(Toy::empty());
    world.fate("network.ensure", &[Fate::Denied; 40]);
    assert_eq!(asks(&world, 30), [0, 1, 5, 13, 29]);
}

#[test]
fn what_is_refused_for_good_is_asked_ever_more_rarely_by_who_takes_single_turns() {
    let world = World::new(Toy::empty());
    world.fate("network.ensure", &[Fate::Denied; 40]);
    let mut one = Controller::new(world.backend(), "one".into());
    for _ in 0..6 {
        run(one.once(&shop(web())));
        world.pass(30);
    }
    assert_eq!(world.count("network.ensure"), 3);
}

#[test]
fn what_is_held_back_is_waited_for_until_it_is_due() {
    let world = World::new(Toy::empty());
    *world.ignores.lock().unwrap() = true;
    let mut one = Controller::new(world.backend(), "one".into()).period(Duration::from_secs(20));
    let mut turn = || {
        let turned = run(one.once(&shop(web())));
        let Turned::Acted { plan, .. } = &turned else { panic!() };
        let unseen = plan.waiting.iter().filter(|waiting| waiting.why == Why::Unseen).count();
        let told = (plan.steps().count(), unseen, plan.look_again);
        world.pass(20);
        told
    };
    turn();
    let again = world.now() + Duration::from_secs(80);
    assert_eq!(turn(), (4, 0, None));
    for _ in 0..3 {
        assert_eq!(turn(), (0, 4, Some(again)));
    }
    assert_eq!(turn(), (4, 0, None));
}
