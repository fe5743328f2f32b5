//! Creation, drift, adoption, and what is left alone when a tier is not known.

use super::*;
use crate::{
    backend::{
        Error, Kind, Operation, Resource,
        state::{Phase, Reading},
    },
    plan::{Change, NetworkStep, Reason, Risk, TierName, wanted},
    time::Timestamp,
    topology::{Allow, Party},
};

fn unknown<T>() -> Known<T> {
    Known::Unknown(Error::new(Kind::Unavailable, Operation("x.observe"), Resource::Tier))
}

#[test]
fn an_empty_world_is_filled_in_four_waves() {
    let plan = plan(&shop(web()), &Observed::nothing(Timestamp::ZERO));
    let waves: Vec<Vec<String>> =
        plan.waves.iter().map(|wave| wave.iter().map(ToString::to_string).collect()).collect();
    let expected = ["network: missing", "pool web: missing", "balancer front: missing", "record shop.example: missing"];
    assert_eq!(waves, expected.map(|step| vec![step.to_owned()]));
    assert!(plan.steps().all(|step| step.change == Change::Create && step.risk == Risk::InPlace));
    assert!(plan.waiting.is_empty() && plan.problems.is_empty() && plan.look_again.is_none());
    assert!(!plan.converged());
}

#[test]
fn a_new_pool_starts_with_its_release_as_the_stable_one() {
    let plan = plan(&shop(web()), &Observed::nothing(Timestamp::ZERO));
    let spec = plan.steps().find_map(|step| match &step.action {
        Action::Pool(PoolStep::Ensure(spec)) => Some(spec.clone()),
        Action::Network(_) | Action::Pool(_) | Action::Balancer(_) | Action::Dns(_) => None,
    });
    let spec = spec.unwrap();
    assert_eq!((spec.release.as_str(), spec.marks.stable.as_str(), spec.bounds.min), ("v1", "v1", 6));
    assert!(spec.marks.candidate.is_none() && spec.marks.rejected.is_empty());
    assert_eq!(spec.zones, ["a".into(), "b".into(), "c".into()]);
}

#[test]
fn the_network_lets_through_what_the_tiers_need_and_keeps_closed_zones() {
    let mut topology = shop_of(web()).close("c").with(Dns::round_robin("direct.example", "web"));
    let own = Allow { from: Party::World, to: Party::Pool("web".into()), port: 22 };
    let needed_anyway = Allow { port: 80, ..own.clone() };
    topology.network.allow = vec![own.clone(), needed_anyway];
    let spec = crate::plan::wanted::network(&valid(topology));
    let (front, pool) = (Party::Balancer("front".into()), Party::Pool("web".into()));
    let rule = |from: &Party, to: &Party| Allow { from: from.clone(), to: to.clone(), port: 80 };
    let expected = [rule(&Party::World, &front), rule(&front, &pool), rule(&Party::World, &pool), own];
    assert_eq!(spec.allow, expected);
    assert_eq!(spec.zones.len(), 3);
}

#[test]
fn a_site_as_wanted_needs_nothing() {
    let site = shop(web());
    let plan = plan(&site, &Toy::converged(&site).observed());
    assert!(plan.converged() && plan.waiting.is_empty(), "{plan}");
}

#[test]
fn drift_is_repaired_and_named_in_every_tier() {
    let site = shop(web());
    let converged = Toy::converged(&site);
    let drift = |change: fn(&mut Toy)| {
        let mut toy = converged.clone();
        change(&mut toy);
        let plan = plan(&site, &toy.observed());
        let steps: Vec<_> = plan.steps().map(|step| (step.reason.clone(), step.change)).collect();
        assert_eq!(steps.len(), 1, "{plan}");
        steps[0].clone()
    };
    let of = |field: &str| (Reason::Drift(vec![field.into()]), Change::Change);
    assert_eq!(drift(|toy| toy.network.as_mut().unwrap().spec.allow.clear()), of("allow"));
    assert_eq!(drift(|toy| toy.pools[0].spec.boot.port = 8080), of("boot"));
    assert_eq!(drift(|toy| toy.pools[0].spec.bounds.max = 7), of("bounds"));
    assert_eq!(drift(|toy| toy.pools[0].spec.bounds.min = 5), of("bounds"));
    assert_eq!(drift(|toy| toy.balancers[0].spec.drain = secs(1)), of("drain"));
    assert_eq!(drift(|toy| toy.balancers[0].spec.routes[0].weight = 7), of("routes"));
    assert_eq!(drift(|toy| toy.records[0].set.ttl = secs(1)), of("ttl"));
}

#[test]
fn weights_alone_are_routed_and_nothing_else_is_asked() {
    let site = shop(web());
    let mut toy = Toy::converged(&site);
    toy.balancers[0].spec.routes[0].weight = 7;
    let plan = plan(&site, &toy.observed());
    assert_eq!(asked(&plan), ["balancer front weighs its pools: differs in routes"]);
}

#[test]
fn what_is_broken_is_asked_for_again_and_waited_for() {
    let site = shop(web());
    let mut toy = Toy::converged(&site);
    toy.network.as_mut().unwrap().phase = Phase::Broken;
    toy.pools[0].phase = Phase::Broken;
    toy.balancers[0].phase = Phase::Broken;
    toy.records[0].phase = Phase::Broken;
    let plan = plan(&site, &toy.observed());
    assert_eq!(plan.steps().filter(|step| step.reason == Reason::Drift(vec!["phase".into()])).count(), 4, "{plan}");
    assert!(asked(&plan).contains(&"balancer front: differs in phase".into()), "all of it, not its weights: {plan}");
    assert_eq!(whys(&plan).iter().filter(|why| matches!(why, Why::Broken(_))).count(), 4);
}

#[test]
fn what_is_pending_is_waited_for_and_not_asked_again() {
    let site = shop(web());
    let mut toy = Toy::converged(&site);
    toy.network.as_mut().unwrap().phase = Phase::Pending;
    toy.pools[0].phase = Phase::Pending;
    toy.balancers[0].phase = Phase::Pending;
    toy.records[0].phase = Phase::Pending;
    let plan = plan(&site, &toy.observed());
    assert_eq!(plan.steps().count(), 0, "{plan}");
    assert_eq!(whys(&plan), vec![Why::Pending; 4]);
    assert!(!plan.converged());
}

#[test]
fn what_is_on_its_way_out_and_wanted_again_is_waited_for() {
    let site = shop(web());
    let mut toy = Toy::converged(&site);
    toy.network.as_mut().unwrap().phase = Phase::Removing;
    toy.pools[0].phase = Phase::Removing;
    toy.balancers[0].phase = Phase::Removing;
    toy.records[0].phase = Phase::Removing;
    let plan = plan(&site, &toy.observed());
    assert_eq!(plan.steps().count(), 0, "{plan}");
    assert_eq!(whys(&plan), vec![Why::Removing; 4]);
}

#[test]
fn a_tier_that_is_not_known_is_left_alone_and_the_others_go_on() {
    let nothing = Observed::nothing(Timestamp::ZERO);
    let table = [
        (Observed { network: unknown(), ..nothing.clone() }, TierName::Network),
        (Observed { pools: unknown(), ..nothing.clone() }, TierName::Pool(None)),
        (Observed { balancers: unknown(), ..nothing.clone() }, TierName::Balancer(None)),
        (Observed { records: unknown(), ..nothing.clone() }, TierName::Dns(None)),
    ];
    for (observed, tier) in table {
        let plan = plan(&shop(web()), &observed);
        assert_eq!(plan.steps().count(), 3, "{plan}");
        assert!(matches!(&plan.waiting[..], [Waiting { tier: t, why: Why::Unknown(_), .. }] if *t == tier), "{plan}");
        assert!(!plan.converged());
    }
}

#[test]
fn a_reading_of_more_than_a_minute_ago_is_not_knowing() {
    let site = shop(web());
    let mut observed = Toy::empty().observed();
    let aged = |age: u64, observed: &Observed| Known::Known(Reading { state: None, at: observed.at.back(secs(age)) });
    observed.network = aged(60, &observed);
    assert_eq!(plan(&site, &observed).steps().count(), 4);
    observed.network = aged(61, &observed);
    let plan = plan(&site, &observed);
    assert!(!plan.steps().any(|step| matches!(step.action, Action::Network(NetworkStep::Ensure(_)))));
    assert!(has(&plan, |why| matches!(why, Why::Unknown(_))));
}

#[test]
fn a_declared_tier_without_its_port_is_a_problem_and_others_are_not() {
    let nothing = Observed::nothing(Timestamp::ZERO);
    let none = Observed {
        network: Known::NotManaged,
        pools: Known::NotManaged,
        balancers: Known::NotManaged,
        records: Known::NotManaged,
        ..nothing
    };
    let problems = |topology: Topology| plan(&valid(topology), &none).problems.len();
    assert_eq!(problems(shop_of(web())), 4);
    let bare = crate::backend::Backend::new(crate::reconcile::tests::memory::World::new(Toy::empty()));
    let site = shop(web());
    assert_eq!(plan(&site, &none).checked(&site, &bare).problems.len(), 4, "each is said once");
    let mut known = plan(&site, &Toy::converged(&site).observed());
    known.problems.extend(plan(&site, &none).problems);
    assert!(!known.converged(), "who has problems is not done");
    assert_eq!(problems(Topology::new("empty")), 0);
    assert_eq!(problems(Topology::new("one").with(web())), 2);
    assert_eq!(problems(Topology::new("one").with(Balancer::http("front"))), 2);
    assert_eq!(problems(Topology::new("one").with(Dns::apex("a.example"))), 1);
}

#[test]
fn a_rule_or_zone_still_in_use_is_not_cut_off() {
    let site = shop(web());
    let mut toy = Toy::converged(&site);
    let old = Allow { from: Party::World, to: Party::Balancer("front".into()), port: 8080 };
    let unused = Allow { from: Party::World, to: Party::Balancer("front".into()), port: 9090 };
    let listener = crate::topology::Listener { port: 8080, protocol: crate::topology::Protocol::Http };
    toy.balancers[0].spec.listeners.push(listener);
    let network = toy.network.as_mut().unwrap();
    network.spec.allow.extend([old.clone(), unused.clone()]);
    network.spec.zones.extend(["d".into(), "e".into()]);
    toy.instance("a-1").zone = "d".into();
    let mut spare = toy.pools[0].clone();
    (spare.spec.name, spare.instances) = ("spare".into(), Vec::new());
    toy.pools.push(spare);
    let wanted = |observed: &Observed| {
        let plan = plan(&site, observed);
        plan.steps().find_map(|step| match &step.action {
            Action::Network(NetworkStep::Ensure(spec)) => Some(spec.clone()),
            Action::Network(_) | Action::Pool(_) | Action::Balancer(_) | Action::Dns(_) => None,
        })
    };
    let spec = wanted(&toy.observed()).unwrap();
    assert!(spec.allow.contains(&old) && !spec.allow.contains(&unused));
    assert_eq!(spec.zones, ["a".into(), "b".into(), "c".into(), "d".into()]);
    assert_eq!(wanted(&Observed { pools: unknown(), ..toy.observed() }), None, "all of it may be in use");
    let spec = wanted(&Observed { records: unknown(), ..toy.observed() }).unwrap();
    assert!(spec.allow.contains(&unused) && !spec.zones.contains(&"e".into()));
}

#[test]
fn a_pools_number_is_the_owners_or_the_policys_and_always_within_the_bounds() {
    let size = |min, max| crate::topology::Size { min, max };
    let rows = [(5, size(6, 8), 6), (6, size(6, 8), 6), (7, size(6, 8), 7), (9, size(6, 8), 8)];
    for (instances, bounds, expected) in rows {
        assert_eq!(wanted::within(instances, bounds), expected, "{instances}");
        let scaled = Pool { capacity: crate::topology::Capacity::Scaled, size: bounds, ..web() };
        assert_eq!(wanted::capacity(&scaled, instances), expected, "{instances}");
        assert_eq!(wanted::capacity(&web(), instances), 6, "six are asked for, whatever there are");
    }
}

#[test]
fn a_pool_is_placed_in_those_of_its_zones_that_are_open() {
    let placed = |zones: &[&str]| Pool {
        placement: crate::topology::Placement {
            zones: zones.iter().map(|zone| (*zone).into()).collect(),
            ..web().placement
        },
        ..web()
    };
    let rows: [(&[&str], &[&str]); 3] = [(&[], &["b", "c"]), (&["a", "b"], &["b"]), (&["a"], &[])];
    for (zones, expected) in rows {
        let pool = placed(zones);
        let open = wanted::zones(&shop_of(pool.clone()).close("a"), &pool);
        assert_eq!(open.iter().map(|zone| zone.as_str()).collect::<Vec<_>>(), expected, "{zones:?}");
    }
}
