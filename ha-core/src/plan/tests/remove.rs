//! Removal comes down from the names to the network, and never pulls away what something still points at.

use super::*;
use crate::{
    backend::{Error, Kind, Operation, Resource, state::Phase},
    plan::{Change, Reason, Risk},
};

fn unknown<T>() -> Known<T> {
    Known::Unknown(Error::new(Kind::Unavailable, Operation("x.observe"), Resource::Tier))
}

#[test]
fn a_site_goes_from_the_names_down_to_the_network() {
    let site = shop(web());
    let mut toy = Toy::converged(&site);
    let order = [
        "record shop.example goes: the topology has it no more",
        "balancer front goes: the topology has it no more",
        "remove web",
        "network goes: the topology has it no more",
    ];
    for step in order {
        let plan = toy.turn(&site.removed());
        assert_eq!(asked(&plan), [step]);
        assert!(plan.steps().all(|step| {
            step.change == Change::Remove && step.reason == Reason::Unwanted && step.risk == Risk::Failover
        }));
    }
    assert!(plan(&site.removed(), &toy.observed()).converged());
}

#[test]
fn what_is_pointed_at_waits_and_names_what_points_at_it() {
    let site = shop(web());
    let toy = Toy::converged(&site);
    let plan = plan(&site.removed(), &toy.observed());
    let footings = whys(&plan);
    assert_eq!(
        footings,
        [
            Why::Footing("the pools in it".into()),
            Why::Footing("balancer front letting go of it".into()),
            Why::Footing("shop.example standing for something else".into()),
        ]
    );
}

#[test]
fn nothing_is_removed_while_what_may_point_at_it_is_not_known() {
    let site = shop(web());
    let mut toy = Toy::converged(&site);
    toy.records.clear();
    let blind = Observed { records: unknown(), ..toy.observed() };
    assert_eq!(asked(&plan(&site.removed(), &blind)), [""; 0]);
    assert!(has(&plan(&site.removed(), &blind), |why| *why == Why::Footing("knowing the records".into())));
    toy.balancers.clear();
    assert_eq!(asked(&plan(&site.removed(), &Observed { records: unknown(), ..toy.observed() })), [""; 0]);
    assert_eq!(asked(&plan(&site.removed(), &Observed { balancers: unknown(), ..toy.observed() })), [""; 0]);
    assert_eq!(asked(&plan(&site.removed(), &toy.observed())), ["remove web"]);
    toy.pools.clear();
    assert_eq!(asked(&plan(&site.removed(), &Observed { balancers: unknown(), ..toy.observed() })), [""; 0]);
    assert_eq!(asked(&plan(&site.removed(), &Observed { pools: unknown(), ..toy.observed() })), [""; 0]);
    assert_eq!(asked(&plan(&site.removed(), &toy.observed())).len(), 1);
}

#[test]
fn the_network_stays_while_a_balancer_stands_in_it() {
    let site = shop(web());
    let mut toy = Toy::converged(&site);
    toy.pools.clear();
    let plan = plan(&site.removed(), &toy.observed());
    assert!(whys(&plan).contains(&Why::Footing("the balancers in it".into())), "{plan}");
}

#[test]
fn what_is_on_its_way_out_is_not_asked_again() {
    let site = shop(web());
    let mut toy = Toy::converged(&site);
    toy.network.as_mut().unwrap().phase = Phase::Removing;
    toy.pools[0].phase = Phase::Removing;
    toy.balancers[0].phase = Phase::Removing;
    toy.records[0].phase = Phase::Removing;
    let plan = plan(&site.removed(), &toy.observed());
    assert_eq!(whys(&plan), vec![Why::Removing; 4]);
    assert_eq!(plan.steps().count(), 0, "{plan}");
}

#[test]
fn a_tier_taken_from_the_topology_goes_and_the_others_stay() {
    let mut toy = Toy::converged(&shop(web()));
    let rest = valid(Topology { dns: Vec::new(), ..shop_of(web()) });
    assert_eq!(asked(&toy.turn(&rest)), ["record shop.example goes: the topology has it no more"]);
    assert!(plan(&rest, &toy.observed()).converged());
}

#[test]
fn a_balancer_goes_only_when_resolvers_have_forgotten_it() {
    let old = shop(web());
    let moved = valid(Topology {
        balancers: vec![Balancer::http("next").to("web")],
        dns: vec![Dns::apex("shop.example").to("next")],
        ..shop_of(web())
    });
    let mut toy = Toy::converged(&old);
    assert_eq!(asked(&toy.turn(&moved)).iter().filter(|step| step.contains("next: missing")).count(), 1);
    let switch = toy.turn(&moved);
    assert!(asked(&switch).contains(&"record shop.example: differs in kind".into()), "{switch}");
    let since = toy.records[0].since;
    toy.at = since + secs(59);
    let waits = plan(&moved, &toy.observed());
    assert_eq!(asked(&waits), [""; 0], "{waits}");
    assert_eq!(waits.look_again, Some(since + secs(60)));
    assert_eq!(whys(&waits), [Why::Footing("resolvers forgetting what shop.example was".into())]);
    toy.at = since + secs(60);
    assert_eq!(asked(&plan(&moved, &toy.observed())), ["balancer front goes: the topology has it no more"]);
}

#[test]
fn a_balancer_stays_while_any_answer_of_a_name_leads_to_it() {
    let answer = |name: &str| (crate::topology::Endpoint::Balancer(name.into()), 1);
    let mut topology = shop_of(web()).with(Balancer::http("next").to("web"));
    topology.dns = vec![Dns::weighted("shop.example", [answer("front"), answer("next")])];
    let toy = Toy::converged(&valid(topology.clone()));
    topology.balancers.retain(|balancer| balancer.name.as_str() == "front");
    topology.dns[0] = Dns::weighted("shop.example", [answer("front")]);
    let plan = plan(&valid(topology), &toy.observed());
    assert_eq!(asked(&plan).iter().filter(|step| step.contains("goes")).count(), 0, "{plan}");
}

#[test]
fn a_pool_stays_while_a_balancer_or_a_name_leads_to_it_and_others_do_not_keep_it() {
    let spare = || Pool { name: "spare".into(), ..web() };
    let site = |front: Balancer, to: &str| {
        let dns = vec![Dns::apex("shop.example").to("front"), Dns::round_robin("direct.example", to)];
        valid(Topology { balancers: vec![front], dns, ..shop_of(web()).with(spare()) })
    };
    let without = |site: &ValidTopology| {
        let mut topology = site.topology().clone();
        topology.pools.retain(|pool| pool.name.as_str() == "web");
        topology.balancers = vec![Balancer::http("front").to("web")];
        topology.dns = vec![Dns::apex("shop.example").to("front"), Dns::round_robin("direct.example", "web")];
        valid(topology)
    };
    let web_only = || Balancer::http("front").to("web");
    let routed = site(Balancer::http("front").to("web").to("spare"), "web");
    let named = site(web_only(), "spare");
    let free = site(web_only(), "web");
    let footing = |what: &str| Some(Why::Footing(what.into()));
    for (site, awaited) in [
        (routed, footing("balancer front letting go of it")),
        (named, footing("direct.example standing for something else")),
        (free, None),
    ] {
        let plan = plan(&without(&site), &Toy::converged(&site).observed());
        assert_eq!(asked(&plan).contains(&"remove spare".into()), awaited.is_none(), "{plan}");
        assert!(awaited.is_none_or(|why| whys(&plan).contains(&why)), "{plan}");
    }
}
