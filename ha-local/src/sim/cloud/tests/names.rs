//! What names answer: the living after detection, never nothing, changes when they are in effect.

use super::*;

fn pools(lab: &mut Lab) {
    lab.wish(&Request::NetworkEnsure(scope(), network())).unwrap();
    lab.wish(&Request::PoolEnsure(scope(), pool("web", 3))).unwrap();
}

#[test]
fn a_round_robin_answers_the_living_and_never_nothing() {
    let mut lab = Lab::new();
    pools(&mut lab);
    lab.run_for(secs(200));
    assert_eq!(lab.count(InstancePhase::Ready), 3, "its own agent checks a pool that no balancer names");
    lab.wish(&Request::DnsEnsure(scope(), record(Dns::round_robin("shop.example", "web")))).unwrap();
    lab.run_for(secs(100));
    assert_eq!(lab.answers("shop.example"), 3);
    lab.profile.keeper.status_check = secs(100_000);
    lab.kill("web-a-1");
    lab.run_for(secs(30));
    assert_eq!(lab.answers("shop.example"), 2);
    lab.kill("web-b-1");
    lab.kill("web-c-1");
    lab.run_for(secs(30));
    assert_eq!(lab.answers("shop.example"), 3, "when none is alive, all are answered");
}

#[test]
fn a_failover_record_follows_the_life_of_its_primary() {
    let mut lab = Lab::shop();
    lab.wish(&Request::PoolEnsure(scope(), pool("spare", 3))).unwrap();
    lab.wish(&Request::BalancerEnsure(scope(), balancer("back", "spare"))).unwrap();
    let [first, second] = ["front", "back"].map(|name| Endpoint::Balancer(name.into()));
    lab.wish(&Request::DnsEnsure(scope(), record(Dns::failover("shop.example", first, second)))).unwrap();
    lab.run_for(secs(600));
    let answered = |lab: &Lab| {
        let number = lab.cloud.record_of(&"shop.example".into()).unwrap();
        format!("{:?}", lab.cloud.records[&number].view.as_ref().unwrap().answers)
    };
    assert!(answered(&lab).contains("front"), "{}", answered(&lab));
    for number in
        lab.cloud.machines().iter().filter(|it| it.pool.as_str() == "web").map(|it| it.number).collect::<Vec<_>>()
    {
        lab.act(|cloud, env| cloud.kill(env, number));
    }
    lab.run_for(secs(45));
    assert!(answered(&lab).contains("back"), "{}", answered(&lab));
    lab.run_for(secs(600));
    assert!(answered(&lab).contains("front"), "{}", answered(&lab));
}

#[test]
fn weights_are_shared_by_the_addresses_of_an_endpoint() {
    let mut lab = Lab::shop();
    let answers = [(Endpoint::Balancer("front".into()), 30), (Endpoint::Pool("web".into()), 60)];
    lab.wish(&Request::DnsEnsure(scope(), record(Dns::weighted("shop.example", answers)))).unwrap();
    lab.run_for(secs(200));
    let number = lab.cloud.record_of(&"shop.example".into()).unwrap();
    let weights = &lab.cloud.records[&number].view.as_ref().unwrap().weights;
    assert_eq!(weights.len(), 9);
    assert_eq!(weights[..3].iter().sum::<u32>() * 2, weights[3..].iter().sum::<u32>());
}

#[test]
fn a_change_is_in_effect_when_it_is_active_and_not_before() {
    let mut lab = Lab::shop();
    lab.wish(&Request::DnsEnsure(scope(), record(Dns::round_robin("shop.example", "web")))).unwrap();
    assert_eq!(lab.record().phase, ha_core::backend::state::Phase::Pending);
    assert_eq!(lab.answers("shop.example"), 3, "still the balancer's three endpoints");
    lab.run_for(secs(60));
    assert_eq!(lab.record().phase, ha_core::backend::state::Phase::Active);
    assert_eq!(lab.answers("shop.example"), 6);
    assert!(matches!(lab.record().set.kind, RecordKind::RoundRobin { .. }));
}

#[test]
fn a_cut_zone_leaves_the_answers() {
    let mut lab = Lab::shop();
    let cut = crate::sim::plane::LinkState { cut: true, ..Default::default() };
    let way = (crate::sim::plane::Place::Users, crate::sim::plane::Place::Zone(1));
    lab.act(|cloud, env| cloud.set_link(env, way.0, way.1, cut));
    lab.run_for(secs(20));
    assert_eq!(lab.answers("shop.example"), 2);
    lab.act(|cloud, env| cloud.set_link(env, way.0, way.1, crate::sim::plane::LinkState::default()));
    lab.run_for(secs(20));
    assert_eq!(lab.answers("shop.example"), 3);
}
