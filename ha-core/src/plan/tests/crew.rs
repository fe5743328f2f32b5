//! How the instances of a pool are counted: who serves, who goes first, how far zones are apart.

use super::*;
use crate::{
    backend::state::{InstancePhase, TargetHealth},
    plan::crew::Crew,
    time::Timestamp,
    topology::{Hold, HoldMode, Route},
};

fn ids(toy: &Toy, spec: &crate::backend::spec::PoolSpec, listed: &[Hold]) -> Vec<String> {
    let crew = Crew::read(&toy.pools[0], Some(&toy.balancers));
    crew.outdated(spec, listed).iter().map(|member| member.state.id.to_string()).collect()
}

#[test]
fn who_does_not_serve_goes_first_then_the_wrong_zone_then_the_oldest() {
    let mut toy = Toy::converged(&shop(web()));
    let mut set = |id: &str, release: &str, phase, launched| {
        toy.phase(id, phase);
        let instance = toy.instance(id);
        (instance.release, instance.launched) = (release.into(), Timestamp::from_secs(launched));
    };
    set("a-1", "v2", InstancePhase::Ready, 50);
    set("b-2", "v1", InstancePhase::Ready, 40);
    set("c-3", "v1", InstancePhase::Ready, 30);
    set("a-4", "v2", InstancePhase::Unready, 90);
    set("b-5", "v2", InstancePhase::Ready, 10);
    set("c-6", "v1", InstancePhase::Unready, 20);
    let mut wanted = toy.pools[0].spec.clone();
    (wanted.release, wanted.zones) = ("v2".into(), vec!["b".into(), "c".into()]);
    assert_eq!(ids(&toy, &wanted, &[]), ["a-4", "c-6", "a-1", "c-3", "b-2"]);
    let listed = [Hold { instance: "c-3".into(), mode: HoldMode::Replace }];
    assert_eq!(ids(&toy, &wanted, &listed), ["a-4", "c-6", "a-1", "b-2"]);
    toy.phase("a-4", InstancePhase::Draining);
    assert_eq!(ids(&toy, &wanted, &[])[0], "c-6", "who leaves already is not asked to");
}

#[test]
fn whoever_gives_requests_judges_however_few_and_whatever_else_it_serves() {
    let mut toy = Toy::converged(&shop(web()));
    toy.balancers[0].targets[0].health = TargetHealth::Unhealthy;
    let other = Route { pool: "other".into(), weight: 1 };
    for (weight, serving) in [(0, 6), (1, 5), (100, 5)] {
        toy.balancers[0].spec.routes = vec![Route { pool: "web".into(), weight }, other.clone()];
        assert_eq!(Crew::read(&toy.pools[0], Some(&toy.balancers)).serving(), serving, "{weight}");
    }
    assert_eq!(Crew::read(&toy.pools[0], None).serving(), 6);
}

#[test]
fn the_skew_is_that_of_the_pools_zones_and_of_those_who_live() {
    let mut toy = Toy::converged(&shop(web()));
    let skew = |toy: &Toy, zones: &[&str]| {
        let mut spec = toy.pools[0].spec.clone();
        spec.zones = zones.iter().map(|zone| (*zone).into()).collect();
        Crew::read(&toy.pools[0], None).skew(&spec)
    };
    let all = ["a", "b", "c"];
    assert_eq!(skew(&toy, &all), 0);
    toy.instance("a-1").zone = "b".into();
    assert_eq!((skew(&toy, &all), skew(&toy, &["a", "c"]), skew(&toy, &["b"]), skew(&toy, &[])), (2, 1, 0, 0));
    toy.phase("b-2", InstancePhase::Held(HoldMode::Replace));
    assert_eq!(skew(&toy, &all), 1);
}

#[test]
fn what_a_list_names_twice_serves_once() {
    let mut toy = Toy::converged(&shop(web()));
    toy.pools[0].instances[4] = toy.pools[0].instances[3].clone();
    let crew = Crew::read(&toy.pools[0], Some(&toy.balancers));
    assert_eq!((crew.serving(), crew.living()), (5, 5));
}
