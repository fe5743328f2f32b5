//! A plan on a screen, in a file, and against another world.

use super::*;
use crate::{
    backend::{
        Error, Kind, Operation, Resource,
        state::{InstancePhase, InstanceState, Loss, LossReason},
    },
    plan::{BalancerStep, DnsStep, NetworkStep, Reason, Risk, Step},
    topology::HoldMode,
};

#[test]
fn a_plan_says_what_why_at_what_risk_and_what_is_waited_for() {
    let pool = || web().guards(min_healthy(500)).hold("x-9", HoldMode::Replace);
    let mut toy = Toy::converged(&shop(pool()));
    toy.turn(&valid(shop_of(pool()).close("a")));
    toy.tick(30);
    let text = plan(&valid(shop_of(pool()).close("a")), &toy.observed()).to_string();
    let expected = "\
shop, generation 0

wave 1
  -/+ pool web exchanges a-1: zone a is closed  (replaces)
        drains and stops; 6 stay ready

waiting
  pool web: there is no x-9 to hold: take it from the list
  pool web: instances are still being moved

0 to create, 0 to change, 1 to replace, 0 to remove; 2 waiting
";
    assert_eq!(text, expected);
}

#[test]
fn no_line_is_longer_than_eighty_columns() {
    let mut topology = shop_of(web());
    topology.balancers.clear();
    topology.dns.clear();
    let mut toy = Toy::converged(&shop(web()));
    toy.pools[0].spec = crate::backend::spec::PoolSpec {
        capacity: crate::topology::Capacity::Fixed(9),
        max_skew: 7,
        boot: crate::topology::Boot { ready: "/else".into(), ..toy.pools[0].spec.boot.clone() },
        guards: min_healthy(1),
        ..toy.pools[0].spec.clone()
    };
    for site in [valid(topology), shop(web()), shop(web()).removed()] {
        for observed in [toy.observed(), Toy::empty().observed()] {
            let text = plan(&site, &observed).to_string();
            assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        }
    }
}

#[test]
fn a_saved_plan_is_loaded_as_it_was() {
    let site = shop(web().release("v2"));
    let toy = Toy::converged(&shop(web()));
    for plan in [plan(&site, &toy.observed()), plan(&site, &Toy::empty().observed())] {
        assert_eq!(Plan::load(&plan.save()).unwrap(), plan);
    }
    assert!(Plan::load("{}").is_err());
    assert!(Plan::load("").is_err());
}

#[test]
fn a_reviewed_plan_holds_while_only_time_and_readings_pass() {
    let site = shop(web().release("v2"));
    let mut toy = Toy::converged(&shop(web()));
    let reviewed = plan(&site, &toy.observed());
    toy.at = toy.at + secs(600);
    toy.measure();
    toy.balancers[0].readings[0].errors = Some(3.0);
    assert_eq!(reviewed.still_holds(&plan(&site, &toy.observed())), Ok(()));
}

#[test]
fn a_reviewed_plan_is_stale_when_the_world_or_the_steps_differ() {
    let site = shop(web().release("v2"));
    let toy = Toy::converged(&shop(web()));
    let reviewed = plan(&site, &toy.observed());
    let mut other = toy.clone();
    other.phase("a-1", InstancePhase::Unready);
    let stale = reviewed.still_holds(&plan(&site, &other.observed())).unwrap_err();
    assert!(stale.world_changed && stale.gone.is_empty() && stale.new.is_empty());
    let stale = reviewed.still_holds(&plan(&shop(web().release("v3")), &toy.observed())).unwrap_err();
    assert_eq!((stale.world_changed, stale.gone.len(), stale.new.len()), (false, 1, 1));
    assert!(stale.to_string().contains("release v3"), "{stale}");
    let newer = valid(shop_of(web().release("v2")).generation(1));
    assert!(reviewed.still_holds(&plan(&newer, &toy.observed())).is_err());
    let another = Plan { topology: "shop-2".into(), ..reviewed.clone() };
    assert!(reviewed.still_holds(&another).is_err());
}

#[test]
fn a_fingerprint_changes_with_whatever_is_there() {
    let toy = Toy::converged(&shop(web()));
    let print = |toy: &Toy| plan(&shop(web()), &toy.observed()).world;
    let changes: [fn(&mut Toy); 11] = [
        |toy| {
            let InstanceState { id, zone, release, .. } = toy.instance("a-1").clone();
            let (at, why) = (toy.at, LossReason::Gone);
            toy.pools[0].losses.push(Loss { instance: id, zone, release, at, why });
        },
        |toy| toy.network = None,
        |toy| toy.pools[0].desired += 1,
        |toy| toy.pools[0].spec.release = "v9".into(),
        |toy| toy.pools[0].refused.push(("a".into(), toy.at)),
        |toy| toy.instance("a-1").zone = "b".into(),
        |toy| toy.lose("a-1", LossReason::Gone),
        |toy| toy.balancers[0].spec.routes[0].weight += 1,
        |toy| toy.balancers[0].targets[0].health = crate::backend::state::TargetHealth::Unhealthy,
        |toy| toy.records[0].answers[0].1 = false,
        |toy| toy.records[0].set.ttl = secs(1),
    ];
    for (index, change) in changes.into_iter().enumerate() {
        let mut other = toy.clone();
        change(&mut other);
        assert_ne!(print(&toy), print(&other), "{index}");
    }
}

#[test]
fn a_reviewed_plan_is_stale_when_a_step_is_missing_or_one_came_to_it() {
    let toy = Toy::converged(&shop(web()));
    let reviewed = plan(&shop(web().release("v2")), &toy.observed());
    let less = Plan { waves: Vec::new(), ..reviewed.clone() };
    for (one, other, gone, new) in [(&reviewed, &less, 1, 0), (&less, &reviewed, 0, 1)] {
        let stale = one.still_holds(other).unwrap_err();
        assert_eq!((stale.world_changed, stale.gone.len(), stale.new.len()), (false, gone, new));
    }
}

#[test]
fn users_may_notice_where_requests_are_led_elsewhere_and_nowhere_else() {
    let toy = Toy::converged(&shop(web()));
    let (front, name) = (toy.balancers[0].spec.clone(), toy.records[0].set.clone());
    let drift = |fields: &[&str]| Reason::Drift(fields.iter().map(|field| (*field).to_owned()).collect());
    let risk = |action: &Action, reason: &Reason| Step::new(action.clone(), reason.clone(), String::new()).risk;
    let (front, name) = (Action::Balancer(BalancerStep::Ensure(front)), Action::Dns(DnsStep::Ensure(name)));
    for action in [&front, &name] {
        for fields in [&["routes"][..], &["kind"], &["drain", "routes"], &["kind", "ttl"]] {
            assert_eq!(risk(action, &drift(fields)), Risk::Failover, "{action}: {fields:?}");
        }
        for reason in [drift(&["drain", "ttl"]), drift(&[]), Reason::Missing, Reason::Zones(Vec::new())] {
            assert_eq!(risk(action, &reason), Risk::InPlace, "{action}: {reason}");
        }
    }
    let pool = Action::Pool(PoolStep::Ensure(toy.pools[0].spec.clone()));
    let network = Action::Network(NetworkStep::Ensure(toy.network.clone().unwrap().spec));
    for action in [pool, network] {
        assert_eq!(risk(&action, &drift(&["routes"])), Risk::InPlace, "{action}");
    }
}

#[test]
fn an_empty_tier_one_that_is_not_known_and_one_that_nobody_manages_are_three_worlds() {
    let empty = Toy::empty().observed();
    let unknown = Known::Unknown(Error::new(Kind::Unavailable, Operation("pool.observe"), Resource::Tier));
    let worlds =
        [empty.clone(), Observed { pools: unknown, ..empty.clone() }, Observed { pools: Known::NotManaged, ..empty }];
    let prints = worlds.map(|observed| plan(&shop(web()), &observed).world);
    assert!(prints[0] != prints[1] && prints[1] != prints[2] && prints[0] != prints[2], "{prints:?}");
}
