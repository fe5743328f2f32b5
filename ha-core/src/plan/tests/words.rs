//! The words of a plan: what each step, reason and wait is called, what kind of change it is, and where lines break.

use super::*;
use crate::{
    backend::Refill,
    plan::{BalancerStep, Change, DnsStep, NetworkStep, Reason, Risk, Step, TierName},
    time::Timestamp,
    topology::{HoldMode, Size},
};

#[test]
fn every_step_has_its_words_its_change_its_risk_and_its_tier() {
    use {Change as C, Risk as R};
    let toy = Toy::converged(&shop(web()));
    let (spec, front, set) = (&toy.pools[0].spec, &toy.balancers[0].spec, &toy.records[0].set);
    let pool = || crate::name::PoolName::from("web");
    let hold = |mode| Action::Pool(PoolStep::Hold { pool: pool(), instance: "a-1".into(), mode });
    let retire = |refill| Action::Pool(PoolStep::Retire { pool: pool(), instance: "a-1".into(), refill });
    let ensure = NetworkStep::Ensure(toy.network.clone().unwrap().spec);
    let put_back = PoolStep::PutBack { pool: pool(), instance: "a-1".into() };
    let route = BalancerStep::Route { balancer: "front".into(), routes: front.routes.clone() };
    let bound = PoolStep::Bound { pool: pool(), bounds: Size { min: 7, max: 8 } };
    let rows: [(Action, &str, Change, Risk); 15] = [
        (Action::Network(ensure), "network", C::Change, R::InPlace),
        (Action::Network(NetworkStep::Remove), "network goes", C::Remove, R::Failover),
        (Action::Pool(PoolStep::Ensure(spec.clone())), "pool web", C::Change, R::InPlace),
        (Action::Pool(bound), "pool web 7..=8", C::Change, R::InPlace),
        (hold(HoldMode::Replace), "pool web holds a-1, replaced", C::Change, R::Replace),
        (hold(HoldMode::Shrink), "pool web holds a-1, not replaced", C::Change, R::Replace),
        (Action::Pool(put_back), "pool web puts a-1 back", C::Change, R::InPlace),
        (retire(Refill::Yes), "pool web exchanges a-1", C::Replace, R::Replace),
        (retire(Refill::No), "pool web retires a-1", C::Replace, R::Replace),
        (Action::Pool(PoolStep::Remove { pool: pool() }), "pool web goes", C::Remove, R::Failover),
        (Action::Balancer(BalancerStep::Ensure(front.clone())), "balancer front", C::Change, R::InPlace),
        (Action::Balancer(route), "balancer front weighs its pools", C::Change, R::Failover),
        (
            Action::Balancer(BalancerStep::Remove { balancer: "front".into() }),
            "balancer front goes",
            C::Remove,
            R::Failover,
        ),
        (Action::Dns(DnsStep::Ensure(set.clone())), "record shop.example", C::Change, R::InPlace),
        (Action::Dns(DnsStep::Remove { name: set.name.clone() }), "record shop.example goes", C::Remove, R::Failover),
    ];
    for (action, words, change, risk) in rows {
        let step = Step::new(action, Reason::GiveBack, String::new());
        assert_eq!(step.to_string(), format!("{words}: head-room no longer needed"));
        assert_eq!((step.change, step.risk), (change, risk), "{words}");
        let tier = step.tier().to_string();
        assert!(words.starts_with(&tier), "{words}: {tier}");
        let made = Step::new(step.action, Reason::Missing, String::new());
        assert_eq!(made.change, if words == tier { C::Create } else { change }, "{words}");
    }
}

#[test]
fn every_reason_has_its_words() {
    let rows = [
        (Reason::Missing, "missing"),
        (Reason::Drift(vec!["boot".into(), "zones".into()]), "differs in boot, zones"),
        (Reason::Release("v2".into()), "release v2"),
        (Reason::Rollback("v2".into()), "v2 failed its gate"),
        (Reason::Promote("v2".into()), "v2 passed its gate everywhere"),
        (Reason::Zones(vec!["a".into(), "b".into()]), "zones closed or opened: a b"),
        (Reason::Headroom, "head-room"),
        (Reason::GiveBack, "head-room no longer needed"),
        (Reason::Outdated("v1".into()), "it runs v1"),
        (Reason::Evacuate("a".into()), "zone a is closed"),
        (Reason::Hold, "the owner wants it out"),
        (Reason::PutBack, "the owner wants it back"),
        (Reason::Unwanted, "the topology has it no more"),
    ];
    for (reason, words) in rows {
        assert_eq!(reason.to_string(), words);
    }
}

#[test]
fn every_wait_has_its_words_and_only_two_are_the_owners() {
    let reading = |lack| Why::Reading { release: "v2".into(), lack };
    let rows = [
        (Why::Unknown("no answer".into()), "not known: no answer", false),
        (Why::Pending, "accepted, does not work yet", false),
        (Why::Removing, "on its way out", false),
        (Why::Capacity { ready: 5, wanted: 6 }, "5 of 6 instances are ready", false),
        (Why::Settling, "instances are still being moved", false),
        (Why::Bake(Timestamp::from_secs(90)), "the new release must stay ready until 1m30s", false),
        (reading(Lack::Balancer), "no reading of v2 to go by yet: the balancer before it is not seen", false),
        (
            reading(Lack::Requests { least: 20 }),
            "no reading of v2 to go by yet: fewer than 20 requests (if no more come: a smaller min_requests, or \
             no_reading = \"go_on\")",
            false,
        ),
        (Why::Footing("pool web ready".into()), "waits for pool web ready", false),
        (Why::Broken("pool web".into()), "pool web does not work", false),
        (Why::Rejected("v2".into()), "v2 was rejected: name another, or raise retry", true),
        (Why::NoSuchInstance("x-9".into()), "there is no x-9 to hold: take it from the list", true),
        (Why::Budget, "nobody can be spared without going below the minimum", false),
        (Why::Unseen, "asked for more than once, and not there: asked again later", false),
    ];
    for (why, words, owners) in rows {
        assert_eq!((why.to_string().as_str(), why.is_the_owners()), (words, owners));
        let tier = TierName::Pool(None);
        let waiting = Waiting { tier: tier.clone(), why: why.clone(), since: None };
        assert_eq!(waiting.to_string(), format!("pools: {words}"));
        let waiting = Waiting { tier, why, since: Some(Timestamp::from_secs(5)) };
        assert_eq!(waiting.to_string(), format!("pools: {words} (since 5s)"));
    }
    let all = [TierName::Network, TierName::Balancer(None), TierName::Dns(None)];
    assert_eq!(all.map(|tier| tier.to_string()), ["network", "balancers", "records"]);
}

#[test]
fn a_line_of_eighty_columns_stays_whole_and_a_longer_one_breaks_between_words() {
    let toy = Toy::converged(&shop(web()));
    let shown = |length: usize| {
        let mut plan = plan(&shop(web().release("v2")), &toy.observed());
        plan.waves[0][0].effect = format!("{} end", "x".repeat(length - 4));
        plan.to_string().lines().skip_while(|line| !line.contains("xx")).take(2).map(str::to_owned).collect::<Vec<_>>()
    };
    // Eight columns go to the indent.
    let (whole, broken) = (shown(72), shown(73));
    assert_eq!((whole[0].len(), whole[0].ends_with(" end"), whole[1].as_str()), (80, true, ""));
    assert_eq!((broken[0].len(), broken[1].as_str()), (77, "          end"));
}

#[test]
fn a_plan_counts_its_steps_by_what_they_do() {
    let toy = Toy::converged(&shop(web()));
    let last = |plan: &Plan| plan.to_string().lines().last().unwrap().to_owned();
    let create = plan(&shop(web()), &Toy::empty().observed());
    assert_eq!(last(&create), "4 to create, 0 to change, 0 to replace, 0 to remove; 0 waiting");
    assert!(create.to_string().contains("\nwave 4\n  +   record shop.example: missing  (in place)\n"), "{create}");
    let change = plan(&shop(web().release("v2")), &toy.observed());
    assert_eq!(last(&change), "0 to create, 1 to change, 0 to replace, 0 to remove; 1 waiting");
    assert!(change.to_string().contains("\n  ~   pool web: release v2  (in place)\n"), "{change}");
    let remove = plan(&shop(web()).removed(), &toy.observed());
    assert_eq!(last(&remove), "0 to create, 0 to change, 0 to replace, 1 to remove; 3 waiting");
    assert!(remove.to_string().contains("\n  -   record shop.example goes: "), "{remove}");
    assert!(remove.to_string().contains("(users may notice)"), "{remove}");
}

#[test]
fn a_step_is_like_itself_begun_at_another_time_and_like_no_other() {
    let mut toy = Toy::converged(&shop(web()));
    let step = |toy: &Toy, release: &str| plan(&shop(web().release(release)), &toy.observed()).waves[0][0].clone();
    let (one, other) = (step(&toy, "v2"), step(&toy, "v3"));
    toy.tick(60);
    assert!(one.is_like(&step(&toy, "v2")) && one != step(&toy, "v2"));
    assert!(!one.is_like(&other));
}
