//! How far one turn gets: the order of the waves, when to look again, and that nothing is said twice.

use super::*;
use crate::{backend::state::InstancePhase, topology::HoldMode};

#[test]
fn waves_go_up_from_the_network_to_the_names_and_down_again() {
    let site = shop(web());
    let spare = shop_of(web())
        .with(Pool { name: "spare".into(), ..web() })
        .with(Balancer::http("idle").to("web"))
        .with(Dns::apex("old.example").to("front"));
    let mut toy = Toy::converged(&valid(spare));
    toy.network.as_mut().unwrap().spec.zones.pop();
    toy.pools[0].spec.boot.port = 8080;
    toy.balancers[0].spec.drain = secs(1);
    toy.records.iter_mut().find(|record| record.set.name.as_str() == "shop.example").unwrap().set.ttl = secs(1);
    let plan = plan(&site, &toy.observed());
    let waves: Vec<Vec<String>> =
        plan.waves.iter().map(|wave| wave.iter().map(|s| s.action.to_string()).collect()).collect();
    let expected = [
        "network",
        "pool web",
        "balancer front",
        "record shop.example",
        "record old.example goes",
        "balancer idle goes",
        "pool spare goes",
    ];
    assert_eq!(waves, expected.map(|step| vec![step.to_owned()]), "{plan}");
}

#[test]
fn the_plan_is_looked_at_again_at_the_earliest_instant_at_which_it_could_differ() {
    let names = |ttl| {
        let both = ["one.example", "two.example"].map(|name| Dns::apex(name).to("front").ttl(secs(ttl)));
        valid(Topology { dns: both.to_vec(), ..shop_of(web()) })
    };
    let toy = Toy::converged(&names(300));
    for ages in [[10, 20], [20, 10]] {
        let mut toy = toy.clone();
        for (record, age) in toy.records.iter_mut().zip(ages) {
            record.since = toy.at.back(secs(age));
        }
        let plan = plan(&names(60), &toy.observed());
        assert_eq!(plan.look_again, Some(toy.at + secs(280)), "{ages:?}: {plan}");
    }
}

#[test]
fn what_two_reasons_wait_for_is_said_once() {
    let mut toy = Toy::converged(&shop(web()));
    toy.phase("b-2", InstancePhase::Draining);
    toy.phase("c-3", InstancePhase::Draining);
    let held = shop(web().hold("b-2", HoldMode::Replace).hold("c-3", HoldMode::Replace));
    assert_eq!(whys(&plan(&held, &toy.observed())).iter().filter(|why| **why == Why::Settling).count(), 1);
}
