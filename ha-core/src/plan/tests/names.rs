//! Requests are moved to what can serve: names to balancers, balancers to pools.

use super::*;
use crate::{
    backend::{
        Error, Kind, Operation, Resource,
        state::{InstancePhase, Phase, TargetHealth},
    },
    plan::{Reason, Risk},
    topology::{Endpoint, RecordKind},
};

fn two_balancers(to: &str) -> ValidTopology {
    let mut topology = shop_of(web()).with(Balancer::http("next").to("web"));
    topology.dns = vec![Dns::apex("shop.example").to(to).ttl(secs(300))];
    valid(topology)
}

#[test]
fn a_name_moves_only_to_a_balancer_that_serves() {
    let mut toy = Toy::converged(&two_balancers("front"));
    let moved = two_balancers("next");
    let next = |toy: &mut Toy| toy.balancers.iter_mut().position(|b| b.spec.name.as_str() == "next").unwrap();
    let index = next(&mut toy);
    let good = toy.balancers[index].clone();
    toy.balancers[index].phase = Phase::Pending;
    assert!(has(&plan(&moved, &toy.observed()), |why| *why == Why::Footing("balancer next serving".into())));
    toy.balancers[index] = good.clone();
    toy.balancers[index].targets.iter_mut().for_each(|target| target.health = TargetHealth::Unhealthy);
    assert_eq!(asked(&plan(&moved, &toy.observed())), [""; 0]);
    toy.balancers[index] = good;
    let plan = plan(&moved, &toy.observed());
    assert_eq!(asked(&plan), ["record shop.example: differs in kind"]);
    assert_eq!(plan.steps().next().unwrap().risk, Risk::Failover);
}

#[test]
fn a_name_moves_to_a_pool_only_when_enough_of_it_is_ready() {
    let site = shop(web());
    let mut toy = Toy::converged(&site);
    let mut topology = shop_of(web());
    topology.dns = vec![Dns::round_robin("shop.example", "web")];
    let moved = valid(topology);
    toy.phase("a-1", InstancePhase::Unready);
    assert!(has(&plan(&moved, &toy.observed()), |why| *why == Why::Footing("pool web ready".into())));
    toy.phase("a-1", InstancePhase::Ready);
    assert_eq!(asked(&plan(&moved, &toy.observed())).iter().filter(|step| step.contains("kind")).count(), 1);
}

/// A pool behind no balancer, under a name of its own that is kept so long.
fn direct(ttl: u64) -> ValidTopology {
    let dns = vec![Dns::round_robin("shop.example", "web").ttl(secs(ttl))];
    valid(Topology { balancers: Vec::new(), dns, ..shop_of(web()) })
}

#[test]
fn who_leaves_a_pool_answers_for_as_long_as_its_own_name_may_be_kept() {
    assert_eq!(Toy::converged(&shop(web())).pools[0].spec.drain, secs(0), "its name stands for a balancer");
    let mut toy = Toy::converged(&direct(60));
    assert_eq!(toy.pools[0].spec.drain, secs(60));
    let longer = toy.turn(&direct(300));
    assert!(longer.steps().any(|step| step.reason == Reason::Drift(vec!["drain".into()])), "{longer}");
    assert_eq!(toy.pools[0].spec.drain, secs(300));
}

#[test]
fn a_shorter_drain_is_asked_for_when_resolvers_have_forgotten() {
    let mut toy = Toy::converged(&direct(300));
    toy.turn(&direct(60));
    let since = toy.records[0].since;
    let asked_at = |toy: &mut Toy, at: u64| {
        toy.at = since + secs(at);
        let plan = plan(&direct(60), &toy.observed());
        assert!(!plan.converged(), "{plan}");
        (asked(&plan).len(), plan.look_again)
    };
    assert_eq!((toy.records[0].set.ttl, toy.pools[0].spec.drain), (secs(60), secs(300)));
    assert_eq!(asked_at(&mut toy, 299), (0, Some(since + secs(300))));
    assert_eq!(asked_at(&mut toy, 300).0, 1);
    toy.turn(&direct(60));
    assert_eq!(toy.pools[0].spec.drain, secs(60));
}

#[test]
fn other_settings_of_a_name_change_while_its_move_waits() {
    let mut toy = Toy::converged(&two_balancers("front"));
    let mut topology = two_balancers("next").topology().clone();
    topology.dns[0].ttl = secs(600);
    toy.balancers.iter_mut().for_each(|balancer| balancer.phase = Phase::Pending);
    let plan = plan(&valid(topology), &toy.observed());
    let step = plan.steps().next().unwrap();
    assert_eq!(step.reason, Reason::Drift(vec!["ttl".into()]));
}

#[test]
fn a_shorter_ttl_is_written_when_the_longer_one_is_over() {
    let mut toy = Toy::converged(&two_balancers("front"));
    let mut topology = two_balancers("next").topology().clone();
    topology.dns[0].ttl = secs(60);
    let site = valid(topology);
    let switch = toy.turn(&site);
    assert_eq!(asked(&switch), ["record shop.example: differs in kind"]);
    let since = toy.records[0].since;
    assert_eq!(toy.records[0].set.ttl, secs(300));
    toy.at = since + secs(299);
    let waits = plan(&site, &toy.observed());
    assert_eq!((asked(&waits).len(), waits.look_again), (0, Some(since + secs(300))));
    assert!(!waits.converged());
    toy.at = since + secs(300);
    assert_eq!(asked(&plan(&site, &toy.observed())), ["record shop.example: differs in ttl"]);
}

#[test]
fn a_weighted_name_waits_for_what_is_added_only() {
    let answers = |names: &[&str]| RecordKind::Weighted {
        answers: names
            .iter()
            .map(|name| crate::topology::Answer { to: Endpoint::Balancer((*name).into()), weight: 1 })
            .collect(),
    };
    let mut topology = two_balancers("front").topology().clone();
    topology.dns[0].kind = answers(&["front"]);
    let mut toy = Toy::converged(&valid(topology.clone()));
    topology.dns[0].kind = answers(&["front", "next"]);
    toy.balancers.iter_mut().filter(|b| b.spec.name.as_str() == "front").for_each(|b| b.phase = Phase::Pending);
    let plan = plan(&valid(topology), &toy.observed());
    assert_eq!(asked(&plan), ["record shop.example: differs in kind"]);
}

#[test]
fn one_healthy_target_makes_a_balancer_serve_and_one_ready_instance_a_pool_that_needs_none() {
    let mut toy = Toy::converged(&two_balancers("front"));
    let next = toy.balancers.iter_mut().find(|b| b.spec.name.as_str() == "next").unwrap();
    next.targets.iter_mut().skip(1).for_each(|target| target.health = TargetHealth::Unhealthy);
    assert_eq!(asked(&plan(&two_balancers("next"), &toy.observed())), ["record shop.example: differs in kind"]);
    let pool = || web().guards(min_healthy(0));
    let mut toy = Toy::converged(&shop(pool()));
    let moved = valid(Topology { dns: vec![Dns::round_robin("shop.example", "web")], ..shop_of(pool()) });
    let moves = |toy: &Toy| asked(&plan(&moved, &toy.observed())).iter().any(|step| step.contains("kind"));
    let ids: Vec<String> = toy.pools[0].instances.iter().map(|instance| instance.id.to_string()).collect();
    ids.iter().for_each(|id| toy.phase(id, InstancePhase::Unready));
    assert!(!moves(&toy));
    toy.phase(&ids[0], InstancePhase::Ready);
    assert!(moves(&toy));
}

fn two_pools(front: Balancer) -> ValidTopology {
    let mut topology = shop_of(web()).with(Pool { name: "next".into(), ..web() });
    topology.balancers = vec![front];
    valid(topology)
}

#[test]
fn a_pool_is_routed_to_only_when_enough_of_it_is_ready() {
    let before = two_pools(Balancer::http("front").to("web"));
    let moved = two_pools(Balancer::http("front").to("next"));
    let mut toy = Toy::converged(&before);
    let id = toy.pools[1].instances[0].id.to_string();
    toy.phase(&id, InstancePhase::Booting);
    let waits = plan(&moved, &toy.observed());
    assert!(has(&waits, |why| *why == Why::Footing("pool next ready".into())), "{waits}");
    assert!(!asked(&waits).iter().any(|step| step.starts_with("balancer")));
    toy.phase(&id, InstancePhase::Ready);
    let plan = plan(&moved, &toy.observed());
    assert!(asked(&plan).iter().any(|step| step.starts_with("balancer front: differs in")), "{plan}");
    assert!(plan.steps().any(|step| step.risk == Risk::Failover));
}

#[test]
fn a_pool_leaves_a_balancer_only_when_the_others_can_serve() {
    let before = two_pools(Balancer::http("front").to("web").to("next"));
    let after = two_pools(Balancer::http("front").weighted("web", 0).to("next"));
    let mut toy = Toy::converged(&before);
    let id = toy.pools[1].instances[0].id.to_string();
    toy.phase(&id, InstancePhase::Unready);
    assert!(has(&plan(&after, &toy.observed()), |why| *why == Why::Footing("pool next ready".into())));
    toy.phase(&id, InstancePhase::Ready);
    assert_eq!(asked(&plan(&after, &toy.observed())), ["balancer front weighs its pools: differs in routes"]);
}

#[test]
fn a_balancer_that_waits_for_a_pool_still_gets_its_other_settings() {
    let mut toy = Toy::converged(&shop(web()));
    let site = two_pools(Balancer::http("front").to("next").drain(secs(7)));
    let plan = plan(&site, &toy.observed());
    let step = plan.steps().find(|step| step.to_string().starts_with("balancer")).unwrap();
    assert_eq!(step.reason, Reason::Drift(vec!["drain".into()]));
    toy.carry_out(&step.action);
    assert_eq!(toy.balancers[0].spec.routes[0].pool.as_str(), "web");
}

/// Front's routes by weight.
fn routed(routes: &[(&str, u32)]) -> Balancer {
    routes.iter().fold(Balancer::http("front"), |front, (pool, weight)| front.weighted(pool, *weight))
}

#[test]
fn routes_wait_only_for_a_pool_that_gets_what_it_did_not_get_before() {
    type Routes<'a> = &'a [(&'a str, u32)];
    // Before, after, who cannot serve, and whether that is waited for.
    let rows: [(Routes<'_>, Routes<'_>, &str, bool); 10] = [
        (&[("web", 1), ("next", 0)], &[("web", 1), ("next", 1)], "next", true),
        (&[("web", 1), ("next", 0)], &[("web", 1), ("next", 1)], "web", false),
        (&[("web", 1)], &[("web", 1), ("next", 1)], "next", true),
        (&[("web", 1)], &[("web", 1), ("next", 0)], "next", false),
        // Another share of what both get already.
        (&[("web", 1), ("next", 1)], &[("web", 2), ("next", 1)], "next", false),
        (&[("web", 1), ("next", 1)], &[("web", 1), ("next", 2)], "next", false),
        // Who stays takes over what the other leaves.
        (&[("web", 1), ("next", 1)], &[("web", 1), ("next", 0)], "web", true),
        (&[("web", 1), ("next", 1)], &[("web", 1), ("next", 0)], "next", false),
        (&[("web", 1), ("next", 1)], &[("web", 1)], "web", true),
        // Who got nothing leaves nothing.
        (&[("web", 1), ("next", 0)], &[("web", 1)], "web", false),
    ];
    for (before, after, ill, waits) in rows {
        let mut toy = Toy::converged(&two_pools(routed(before)));
        let pool = toy.pools.iter().find(|pool| pool.spec.name.as_str() == ill).unwrap();
        let id = pool.instances[0].id.to_string();
        toy.phase(&id, InstancePhase::Unready);
        let plan = plan(&two_pools(routed(after)), &toy.observed());
        let said = has(&plan, |why| *why == Why::Footing(format!("pool {ill} ready")));
        assert_eq!(said, waits, "{before:?} to {after:?}, {ill} cannot serve: {plan}");
        assert_eq!(asked(&plan).iter().any(|step| step.starts_with("balancer")), !waits, "{plan}");
    }
}

#[test]
fn routes_that_change_wait_for_the_pools_to_be_known_and_others_do_not() {
    let (before, after) =
        (two_pools(routed(&[("web", 1), ("next", 1)])), two_pools(routed(&[("web", 1), ("next", 2)])));
    let toy = Toy::converged(&before);
    let unknown = Known::Unknown(Error::new(Kind::Unavailable, Operation("pool.observe"), Resource::Tier));
    let blind = Observed { pools: unknown, ..toy.observed() };
    let knowing = |plan: &Plan| has(plan, |why| *why == Why::Footing("knowing the pools".into()));
    assert!(!knowing(&plan(&before, &blind)));
    assert!(knowing(&plan(&after, &blind)));
}

#[test]
fn a_balancer_that_waits_for_a_pool_keeps_the_old_ones_way_of_being_ready() {
    let mut toy = Toy::converged(&shop(web()));
    let mut topology = shop_of(web()).with(Pool { name: "next".into(), ..web().ready("/next", secs(90)) });
    topology.balancers = vec![Balancer::http("front").to("next").drain(secs(7))];
    let before = toy.balancers[0].spec.clone();
    toy.turn(&valid(topology));
    let after = &toy.balancers[0].spec;
    assert_eq!((&after.routes, &after.ready, after.drain), (&before.routes, &before.ready, secs(7)));
}

#[test]
fn a_ttl_that_is_not_shorter_is_written_at_once_and_waits_for_nothing() {
    let mut toy = Toy::converged(&two_balancers("front"));
    toy.turn(&two_balancers("next"));
    toy.at = toy.records[0].since + secs(1);
    assert!(plan(&two_balancers("next"), &toy.observed()).converged(), "just moved, with the TTL it had");
    let mut topology = two_balancers("next").topology().clone();
    topology.dns[0].ttl = secs(301);
    let longer = toy.turn(&valid(topology));
    assert_eq!((asked(&longer).len(), whys(&longer), toy.records[0].set.ttl), (1, vec![], secs(301)));
}
