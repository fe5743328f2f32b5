//! What is refused, and that a refusal changes nothing: footings, other people's things, repetitions, removal in order.

use super::*;
use crate::sim::cloud::Planted;
use ha_core::backend::{Expect, Version};

#[test]
fn a_wish_without_its_footing_is_refused() {
    let mut lab = Lab::new();
    let rows: [Request; 3] = [
        Request::PoolEnsure(scope(), pool("web", 6)),
        Request::BalancerEnsure(scope(), balancer("front", "web")),
        Request::DnsEnsure(scope(), alias()),
    ];
    for request in &rows {
        assert!(matches!(lab.refused(request), Kind::NotReady(_)), "{request:?}");
    }
    lab.wish(&Request::NetworkEnsure(scope(), network())).unwrap();
    assert_eq!(lab.refused(&rows[1]), Kind::NotReady("there is no pool web".into()));
}

#[test]
fn what_others_stand_on_is_not_removed() {
    let mut lab = Lab::shop();
    let rows: [(Request, &str); 3] = [
        (Request::NetworkRemove(scope()), "pool web stands in the network"),
        (Request::PoolRemove(scope(), "web".into()), "balancer front names pool web"),
        (Request::BalancerRemove(scope(), "front".into()), "record shop.example names balancer front"),
    ];
    for (request, why) in &rows {
        assert_eq!(lab.refused(request), Kind::NotReady((*why).into()));
    }
}

#[test]
fn removal_in_order_leaves_nothing() {
    let mut lab = Lab::shop();
    for request in [
        Request::DnsRemove(scope(), "shop.example".into()),
        Request::BalancerRemove(scope(), "front".into()),
        Request::PoolRemove(scope(), "web".into()),
        Request::NetworkRemove(scope()),
    ] {
        lab.wish(&request).unwrap();
        lab.run_for(secs(300));
        lab.wish(&request).unwrap();
    }
    assert_eq!(lab.cloud.everything(), []);
    assert_eq!(lab.cloud.keepers(), []);
}

#[test]
fn the_things_of_another_are_a_conflict_and_stay_unseen() {
    let other = Scope { name: "shop".into(), id: "s2".into() };
    for owner in [Some(other), None] {
        let mut lab = Lab::new();
        let theirs = Planted::Network { site: "shop".into(), owner: owner.clone(), spec: network() };
        lab.act(|cloud, env| cloud.plant(env, theirs));
        let theirs = Planted::Record { owner: owner.clone(), set: alias() };
        lab.act(|cloud, env| cloud.plant(env, theirs));
        for request in [Request::NetworkEnsure(scope(), network()), Request::NetworkRemove(scope())] {
            let kind = lab.refused(&request);
            let Kind::Conflict(with) = kind else { panic!("{kind}") };
            assert!(with.contains(if owner.is_some() { "shop#s2" } else { "no mark" }), "{with}");
        }
        for request in [Request::DnsEnsure(scope(), alias()), Request::DnsRemove(scope(), "shop.example".into())] {
            assert!(
                matches!(lab.refused(&request), Kind::Conflict(_)),
                "the conflict is told, whatever else is missing"
            );
        }
        let seen = lab.part(ME, &Request::DnsObserve(scope()), 0);
        assert!(matches!(seen, Ok(Answer::Records(reading)) if reading.state.is_empty()));
    }
}

#[test]
fn two_sites_have_their_own_pools_of_one_name() {
    let mut lab = Lab::shop();
    let other = Scope { name: "blog".into(), id: "s1".into() };
    lab.wish(&Request::NetworkEnsure(other.clone(), network())).unwrap();
    lab.wish(&Request::PoolEnsure(other.clone(), pool("web", 3))).unwrap();
    lab.run_for(secs(300));
    assert_eq!(lab.pool().instances.len(), 6);
    let Ok(Answer::Pools(theirs)) = lab.part(ME, &Request::PoolObserve(other), 0) else { panic!("pools") };
    assert_eq!(theirs.state[0].instances.len(), 3);
}

#[test]
fn asking_twice_is_asking_once() {
    let mut lab = Lab::shop();
    let before = lab.cloud.clone();
    for request in [
        Request::NetworkEnsure(scope(), network()),
        Request::PoolEnsure(scope(), pool("web", 6)),
        Request::BalancerEnsure(scope(), balancer("front", "web")),
        Request::DnsEnsure(scope(), alias()),
    ] {
        lab.wish(&request).unwrap();
        assert_eq!(lab.cloud.version(), before.version(), "{request:?}");
    }
}

#[test]
fn any_prefix_of_a_wishs_parts_is_finished_by_asking_again() {
    let wishes = || {
        [
            Request::NetworkEnsure(scope(), network()),
            Request::PoolEnsure(scope(), pool("web", 6)),
            Request::BalancerEnsure(scope(), balancer("front", "web")),
        ]
    };
    for hit in 0..wishes().len() {
        let mut lab = Lab::new();
        for (index, request) in wishes().iter().enumerate() {
            if index == hit {
                lab.part(ME, request, 0).unwrap();
                let before = lab.cloud.version();
                lab.run_for(secs(200));
                lab.wish(request).unwrap();
                assert_ne!(lab.cloud.version(), before, "the rest was still to be done");
            }
            lab.wish(request).unwrap();
        }
        lab.wish(&Request::DnsEnsure(scope(), alias())).unwrap();
        lab.run_for(secs(600));
        let whole = Lab::shop();
        assert_eq!(lab.pool().spec, pool("web", 6));
        assert_eq!(lab.balancer().spec, balancer("front", "web"));
        assert_eq!(lab.cloud.everything(), whole.cloud.everything());
    }
}

#[test]
fn names_of_instances_are_never_used_twice() {
    let mut lab = Lab::shop();
    lab.wish(&Request::DnsRemove(scope(), "shop.example".into())).unwrap();
    lab.run_for(secs(300));
    lab.wish(&Request::BalancerRemove(scope(), "front".into())).unwrap();
    lab.run_for(secs(300));
    lab.wish(&Request::PoolRemove(scope(), "web".into())).unwrap();
    lab.run_for(secs(300));
    lab.wish(&Request::PoolEnsure(scope(), pool("web", 3))).unwrap();
    lab.run_for(secs(0));
    let names: Vec<String> = lab.pool().instances.iter().map(|it| it.id.to_string()).collect();
    assert_eq!(names, ["web-a-3", "web-b-3", "web-c-3"]);
}

#[test]
fn the_store_compares_before_it_sets() {
    let mut lab = Lab::new();
    let put = |expect| Request::StorePut(scope(), "lease".into(), b"x".to_vec(), expect);
    let Ok(Answer::Version(first)) = lab.wish(&put(Expect::Absent)) else { panic!("a version") };
    assert!(matches!(lab.refused(&put(Expect::Absent)), Kind::Conflict(_)));
    let Ok(Answer::Version(second)) = lab.wish(&put(Expect::Version(first.clone()))) else { panic!("a version") };
    assert!(matches!(lab.refused(&put(Expect::Version(first.clone()))), Kind::Conflict(_)));
    let delete = |version: Version| Request::StoreDelete(scope(), "lease".into(), version);
    assert!(matches!(lab.refused(&delete(first)), Kind::Conflict(_)));
    lab.wish(&delete(second.clone())).unwrap();
    lab.wish(&delete(second)).unwrap();
    assert_eq!(lab.wish(&Request::StoreGet(scope(), "lease".into())), Ok(Answer::Object(None)));
}
