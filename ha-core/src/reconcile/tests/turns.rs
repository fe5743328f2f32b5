//! Turns: from nothing to converged, through faults, and to the end.

use super::memory::{Fate, World, run};
use crate::{
    apply::{Outcome, Stop},
    backend::{Backend, Clock, Kind},
    event::{Event, What},
    plan::tests::{shop, shop_of, toy::Toy, valid, web},
    reconcile::{Controller, End, StallCause, Turned, converge, teardown},
    topology::{Allow, Balancer, Dns, Party, Placement, Topology},
};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

fn controller(world: &Arc<World>, name: &str) -> Controller {
    Controller::new(world.backend(), name.into())
}

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn a_site_is_made_changed_and_removed_by_the_same_loop() {
    let world = World::new(Toy::empty());
    let report = run(converge(&shop(web()), &world.backend())).unwrap();
    assert_eq!((report.accepted, report.failed), (4, 0), "{report}");
    assert_eq!(world.toy.lock().unwrap().ready(), 6);
    assert!(world.lease().unwrap().contains("\"released_ms\":0"), "the lease is given back");
    run(converge(&shop(web().release("v2")), &world.backend())).unwrap();
    assert_eq!(world.toy.lock().unwrap().releases(), ["v2"]);
    run(teardown(&shop(web()), &world.backend())).unwrap();
    let toy = world.toy.lock().unwrap();
    assert!(toy.network.is_none() && toy.pools.is_empty() && toy.balancers.is_empty() && toy.records.is_empty());
    assert_eq!(world.lease(), None, "the lease goes with the site");
}

#[test]
fn every_call_may_be_lost_dropped_throttled_or_denied_once() {
    let verbs = ["network.ensure", "pool.ensure", "balancer.ensure", "dns.ensure", "pool.retire", "pool.observe"];
    for verb in [&verbs[..], &["balancer.observe", "dns.observe", "network.observe", "store.get", "store.put"]].concat()
    {
        for fate in [Fate::Lost, Fate::Dropped, Fate::Throttled(5), Fate::Denied] {
            let world = World::new(Toy::empty());
            world.fate(verb, &[fate]);
            run(converge(&shop(web()), &world.backend())).unwrap();
            run(converge(&shop(web().release("v2")), &world.backend())).unwrap();
            assert_eq!(world.toy.lock().unwrap().releases(), ["v2"], "{verb} {fate:?}");
        }
    }
}

#[test]
fn a_site_that_cannot_be_made_is_given_up_with_the_reason() {
    let world = World::new(Toy::empty());
    world.fate("pool.ensure", &[Fate::Denied; 500]);
    let stalled = run(converge(&shop(web()), &world.backend())).unwrap_err();
    assert_eq!(stalled.cause, StallCause::Patience);
    assert!(stalled.lasted >= secs(900) && stalled.lasted < secs(1000));
    assert!(stalled.errors.iter().any(|error| *error.kind() == Kind::Denied), "{stalled}");
    assert!(world.lease().unwrap().contains("\"released_ms\":0"));
}

#[test]
fn nothing_is_applied_while_the_backend_has_problems() {
    let world = World::new(Toy::empty());
    let anonymous = Topology { id: None, ..shop_of(web()) };
    let stalled = run(converge(&valid(anonymous.clone()), &world.backend())).unwrap_err();
    let StallCause::Problems(problems) = &stalled.cause else { panic!("{stalled}") };
    assert!(problems[0].fix.contains("id = \"shop-1\""), "{stalled}");
    assert_eq!(world.count("network.ensure"), 0);
    run(converge(&valid(anonymous), &world.backend().with_anonymous())).unwrap();
    let crooked = web().placement(Placement { zones: Vec::new(), max_skew: 99 });
    let stalled = run(converge(&shop(crooked), &world.backend())).unwrap_err();
    assert!(matches!(&stalled.cause, StallCause::Problems(problems) if problems.len() == 1), "{stalled}");
}

#[test]
fn a_missing_port_is_a_problem_for_each_declared_tier() {
    let world = World::new(Toy::empty());
    let bare = || crate::backend::Backend::new(world.clone());
    assert_eq!(bare().check(&shop(web())).len(), 4);
    assert_eq!(bare().check(&shop(web()).removed()).len(), 0);
    assert_eq!(world.backend().check(&shop(web())).len(), 0);
    let names_only = valid(Topology { pools: Vec::new(), balancers: Vec::new(), ..shop_of(web()) });
    assert_eq!(bare().with_dns(world.clone()).check(&names_only).len(), 0);
    assert_eq!(bare().check(&names_only).len(), 1);
    let but = |backend: Backend, topology: Topology| backend.check(&valid(topology.id("x"))).len();
    let nets = || bare().with_network(world.clone());
    assert_eq!(but(nets(), Topology::new("none")), 0);
    assert_eq!(but(bare().with_pool(world.clone()), Topology::new("pool").zones(["a"]).with(web())), 1);
    assert_eq!(but(bare().with_balancer(world.clone()), Topology::new("front").with(Balancer::http("front"))), 1);
}

#[test]
fn what_a_port_cannot_keep_is_a_problem_whichever_port_it_is() {
    let world = World::new(Toy::empty());
    let problems = |topology: Topology| world.backend().check(&valid(topology)).len();
    let anybody = Allow { from: Party::World, to: Party::Pool("web".into()), port: 99 };
    let mut network = shop_of(web());
    network.network.allow.push(anybody);
    assert_eq!(problems(network), 1);
    assert_eq!(problems(shop_of(web().placement(Placement { zones: Vec::new(), max_skew: 99 }))), 1);
    let front = vec![Balancer::http("front").to("web").drain(secs(99))];
    assert_eq!(problems(Topology { balancers: front, ..shop_of(web()) }), 1);
    let dns = vec![Dns::apex("shop.example").to("front").ttl(secs(99))];
    assert_eq!(problems(Topology { dns, ..shop_of(web()) }), 1);
    let dns = vec![Dns::round_robin("shop.example", "web")];
    assert_eq!(problems(Topology { dns, ..shop_of(web().size(1..=99)) }), 1, "as many answers as the pool may have");
    assert_eq!(problems(shop_of(web())), 0);
}

#[test]
fn the_second_controller_stands_by_and_takes_over_when_the_first_is_dead() {
    let world = World::new(Toy::empty());
    let (mut one, mut two) = (controller(&world, "one"), controller(&world, "two"));
    assert!(matches!(run(one.once(&shop(web()))), Turned::Acted { .. }));
    let due = world.now() + secs(60);
    assert_eq!(run(two.once(&shop(web()))), Turned::StoodBy { holder: "one".into(), look_again: due });
    world.pass(60);
    assert!(matches!(run(two.once(&shop(web()))), Turned::Acted { .. }));
    assert!(matches!(run(one.once(&shop(web()))), Turned::StoodBy { .. }));
}

#[test]
fn who_holds_the_lease_looks_while_it_renews_and_who_lost_it_meanwhile_looks_again() {
    let world = World::new(Toy::empty());
    let (mut one, mut two) = (controller(&world, "one"), controller(&world, "two"));
    let looks = |turned| {
        assert!(matches!(turned, Turned::Acted { .. }), "{turned:?}");
        std::mem::take(&mut *world.calls.lock().unwrap()).iter().filter(|call| *call == "network.observe").count()
    };
    assert_eq!(looks(run(one.once(&shop(web())))), 1);
    assert_eq!(looks(run(one.once(&shop(web())))), 1);
    run(two.once(&shop(web())));
    world.pass(60);
    run(two.until_converged(&shop(web()))).unwrap();
    world.calls.lock().unwrap().clear();
    assert_eq!(looks(run(one.once(&shop(web())))), 2, "two may have changed something after the first look");
}

#[test]
fn an_older_topology_ends_with_superseded() {
    let world = World::new(Toy::empty());
    let site = |generation| valid(shop_of(web()).generation(generation));
    run(controller(&world, "new").once(&site(2)));
    assert_eq!(run(controller(&world, "old").forever(&site(1))), End::Superseded(2));
    let stalled = run(controller(&world, "old").until_converged(&site(1))).unwrap_err();
    assert_eq!(stalled.cause, StallCause::Ended(End::Superseded(2)));
}

#[test]
fn no_turn_starts_while_the_store_is_down() {
    let world = World::new(Toy::empty());
    world.fate("store.get", &[Fate::Dropped]);
    assert!(matches!(run(controller(&world, "one").once(&shop(web()))), Turned::Unsure(_)));
    assert_eq!(world.count("network.observe"), 0);
}

#[test]
fn without_a_store_the_loop_works_alone() {
    let world = World::new(Toy::empty());
    let mut backend = world.backend();
    backend.store = None;
    run(converge(&shop(web()), &backend)).unwrap();
    assert_eq!(world.count("store"), 0);
}

#[test]
fn stop_ends_the_loop_and_gives_the_lease_back() {
    let world = World::new(Toy::empty());
    let stop = Stop::default();
    let (token, turns) = (stop.clone(), Mutex::new(0));
    let wanted = move || {
        *turns.lock().unwrap() += 1;
        if *turns.lock().unwrap() == 4 {
            token.stop();
        }
        shop(web())
    };
    assert_eq!(
        run(controller(&world, "one").stop(stop).forever(&wanted as &dyn crate::reconcile::Wanted)),
        End::Stopped
    );
    assert_eq!(world.rests.lock().unwrap().len(), 3);
    assert!(world.lease().unwrap().contains("\"released_ms\":0"));
}

#[test]
fn what_changed_lately_is_said_when_the_lease_is_given_back() {
    let world = World::new(Toy::empty());
    let stop = Stop::default();
    let token = stop.clone();
    let observer = move |event: &Event| {
        if matches!(event.what, What::Accepted(_)) {
            token.stop();
        }
    };
    let backend = world.backend().with_settle(secs(60));
    let mut one = Controller::new(backend, "one".into()).stop(stop).observer(Arc::new(observer));
    assert_eq!(run(one.forever(&shop(web()))), End::Stopped);
    assert_eq!(world.count("pool.ensure"), 0, "one step only");
    assert!(world.lease().unwrap().contains("\"released_ms\":30000"), "{:?}", world.lease());
}

#[test]
fn a_reading_from_before_the_last_change_is_not_acted_on() {
    let world = World::new(Toy::empty());
    let mut one = controller(&world, "one");
    run(one.once(&shop(web())));
    *world.stale.lock().unwrap() = secs(31);
    world.pass(30);
    let Turned::Acted { plan, partial, .. } = run(one.once(&shop(web().release("v2")))) else { panic!() };
    assert!(partial && plan.steps().next().is_none(), "{plan}");
    *world.stale.lock().unwrap() = secs(30);
    let Turned::Acted { plan, partial, .. } = run(one.once(&shop(web().release("v2")))) else { panic!() };
    assert!(!partial && plan.steps().next().is_some());
}

#[test]
fn the_clock_is_told_how_to_rest() {
    let world = World::new(Toy::empty());
    let mut one = controller(&world, "one").period(secs(20));
    run(one.until_converged(&shop(web()))).unwrap();
    let stop = Stop::default();
    let site = shop(web().release("v2"));
    world.fate("pool.ensure", &[Fate::Throttled(5)]);
    let (token, rests) = (stop.clone(), world.clone());
    let wanted = move || {
        if rests.rests.lock().unwrap().len() > 12 {
            token.stop();
        }
        site.clone()
    };
    world.rests.lock().unwrap().clear();
    run(one.stop(stop).forever(&wanted as &dyn crate::reconcile::Wanted));
    let rests = world.rests.lock().unwrap();
    assert!(rests.iter().all(|rest| rest.period == secs(20)));
    assert_eq!((rests[0].look_again.is_some(), rests[0].quiet), (true, false), "throttled");
    assert!(!rests[1].quiet, "it asked again");
    let bakes = rests[2..].iter().find(|rest| rest.look_again.is_some()).expect("a candidate bakes");
    assert!(!bakes.quiet, "while it bakes, what is measured of it may turn bad");
}

#[test]
fn a_turn_with_an_unknown_tier_is_not_quiet() {
    let world = World::new(Toy::converged(&shop(web())));
    world.fate("dns.observe", &[Fate::Dropped]);
    let mut one = controller(&world, "one");
    run(one.until_converged(&shop(web()))).unwrap();
    assert!(!world.rests.lock().unwrap()[0].quiet);
}

#[test]
fn events_tell_what_is_new_and_convergence_once() {
    let world = World::new(Toy::empty());
    let events: Arc<Mutex<Vec<Event>>> = Arc::default();
    let told = events.clone();
    let observer = move |event: &Event| told.lock().unwrap().push(event.clone());
    let mut one = controller(&world, "one").observer(Arc::new(observer));
    run(one.until_converged(&shop(web()))).unwrap();
    run(one.once(&shop(web())));
    let events = events.lock().unwrap();
    let count = |is: fn(&What) -> bool| events.iter().filter(|event| is(&event.what)).count();
    assert_eq!(count(|what| *what == What::Converged), 1);
    assert_eq!(count(|what| matches!(what, What::LeaseTaken(_))), 2, "taken again after it was given back");
    assert_eq!(count(|what| matches!(what, What::Accepted(_))), 4);
    let waiting: Vec<&What> =
        events.iter().map(|event| &event.what).filter(|what| matches!(what, What::Waiting(_))).collect();
    assert!(!waiting.is_empty());
    assert!(waiting.iter().enumerate().all(|(index, what)| !waiting[..index].contains(what)));
    assert!(events.windows(2).all(|pair| pair[0].turn <= pair[1].turn && pair[0].at <= pair[1].at));
}

#[test]
fn a_boot_budget_is_always_waited_for() {
    let world = World::new(Toy::empty());
    let pool = web().ready("/ready", secs(3600));
    world.toy.lock().unwrap().never_ready.push("v1".into());
    let stalled = run(controller(&world, "one").patience(secs(60)).until_converged(&shop(pool))).unwrap_err();
    assert!(stalled.lasted >= secs(3600), "{stalled}");
}

#[test]
fn steps_that_were_not_started_are_no_change() {
    let world = World::new(Toy::empty());
    let mut one = controller(&world, "one").lease_length(secs(30));
    let Turned::Acted { applied, .. } = run(one.once(&shop(web()))) else { panic!() };
    assert!(applied.steps.iter().all(|(_, outcome)| *outcome == Outcome::NotStarted), "the lease is too short");
}

#[test]
fn a_clock_that_is_set_back_lets_no_step_start_after_the_lease() {
    for (frozen, started) in [(29, true), (30, false)] {
        let world = World::new(Toy::empty());
        let set_back = world.clone();
        let observer = move |event: &Event| {
            if matches!(event.what, What::Planned(_)) {
                set_back.pass(frozen);
                *set_back.set.lock().unwrap() = -90;
            }
        };
        let mut one = controller(&world, "one").observer(Arc::new(observer));
        let Turned::Acted { applied, .. } = run(one.once(&shop(web()))) else { panic!() };
        assert_eq!(applied.started(), started, "frozen for {frozen} s");
    }
}

#[test]
fn a_clock_that_is_set_makes_nobody_blind() {
    for set in [-600, 600] {
        let world = World::new(Toy::empty());
        let mut one = controller(&world, "one");
        run(one.once(&shop(web())));
        *world.set.lock().unwrap() = set;
        world.pass(30);
        *world.stale.lock().unwrap() = secs(30);
        let Turned::Acted { partial, .. } = run(one.once(&shop(web()))) else { panic!() };
        assert!(!partial, "what was read since the last change is known, {set}");
        *world.stale.lock().unwrap() = secs(31);
        let Turned::Acted { partial, .. } = run(one.once(&shop(web()))) else { panic!() };
        assert!(partial, "{set}");
    }
}
