//! How many calls go over the wire: as many as there are objects, and none that changes something when nothing is to be.

use crate::emulator::{Emulator, EmulatorLab, Kind, Request, Wire, block_on};
use ha_core::{
    backend::{Backend, Scope, spec::NetworkSpec, state::Phase},
    conformance::Lab,
    topology::{Allow, Exposure, Nat, Party},
};

fn spec() -> NetworkSpec {
    let (front, web) = (Party::Balancer("front".into()), Party::Pool("web".into()));
    let allow =
        vec![Allow { from: Party::World, to: front.clone(), port: 80 }, Allow { from: front, to: web, port: 8080 }];
    NetworkSpec { zones: vec!["a".into(), "b".into()], instances: Exposure::Private, nat: Nat::One, allow }
}

fn changing(requests: &[Request]) -> usize {
    requests.iter().filter(|request| !request.call.starts_with("Describe")).count()
}

fn calls(requests: &[Request]) -> Vec<&str> {
    requests.iter().map(|request| request.call.as_str()).collect()
}

async fn network_calls(backend: &Backend, scope: &Scope, wire: &Wire) {
    let network = backend.network.as_ref().expect("it has networks");
    wire.take();
    network.ensure(scope, &spec()).await.unwrap();
    let made = wire.take();
    // VPC, gateway and its attachment; four subnets and three tables, each subnet with its table; an address, a NAT
    // gateway and three ways out; two security groups with a rule each.
    assert_eq!(changing(&made), 3 + 4 + 3 + 4 + 2 + 3 + 4, "{:#?}", calls(&made));
    assert!(made.len() - changing(&made) <= 8, "{:#?}", calls(&made));
    network.ensure(scope, &spec()).await.unwrap();
    let again = wire.take();
    assert_eq!((changing(&again), again.len()), (0, 7), "{:#?}", calls(&again));
    let state = network.observe(scope).await.unwrap().state.unwrap();
    assert_eq!((state.phase, state.spec), (Phase::Active, spec()));
    assert_eq!(wire.take().len(), 7);
}

#[test]
fn a_network_takes_a_call_for_each_object_and_none_when_it_is_there() {
    let Ok(emulator) = Emulator::start(Kind::Moto).map_err(|why| eprintln!("ignored: {why}")) else { return };
    block_on(async {
        let wire = Wire::default();
        let lab = EmulatorLab::new(emulator).await.noting(&wire);
        let [scope, _] = lab.scopes();
        network_calls(&lab.empty().await, &scope, &wire).await;
    });
}
