//! What no emulator refuses: what lingers, what is throttled, what the account does not allow, what a zone has no room for.

use crate::{
    calls::{pool, spec},
    emulator::{Emulator, EmulatorLab, Kind, Refusal, Wire, block_on},
};
use ha_core::{
    backend::{self, Backend, Network, Resource, Scope, state::Phase},
    conformance::Lab,
};
use std::sync::Arc;

fn refusal(call: &'static str, status: u16, code: &'static str, times: usize) -> Refusal {
    Refusal { call, status, code, times }
}

async fn phase(network: &Arc<dyn Network>, scope: &Scope) -> Option<Phase> {
    network.observe(scope).await.unwrap().state.map(|state| state.phase)
}

/// A subnet in which an interface lingers does not go: the wish is accepted, the network is not as it should be, and asking
/// again finishes it.
async fn what_lingers_goes_later(backend: &Backend, scope: &Scope, wire: &Wire) {
    let network = backend.network.clone().unwrap();
    network.ensure(scope, &spec()).await.unwrap();
    wire.refuse(refusal("DeleteSubnet", 400, "DependencyViolation", 1));
    wire.refuse(refusal("DeleteSecurityGroup", 400, "DependencyViolation", 1));
    network.remove(scope).await.unwrap();
    assert_eq!(phase(&network, scope).await, Some(Phase::Broken));
    network.remove(scope).await.unwrap();
    assert_eq!(phase(&network, scope).await, None);
}

/// A step that is refused ends the wish with its kind; what was made meanwhile is used by the next.
async fn each_refusal_has_its_kind(backend: &Backend, scope: &Scope, wire: &Wire) {
    let network = backend.network.clone().unwrap();
    for (refused, kind) in [
        (refusal("AllocateAddress", 400, "AddressLimitExceeded", 1), backend::Kind::Quota),
        (refusal("CreateSubnet", 403, "UnauthorizedOperation", 1), backend::Kind::Denied),
        // More often than the client tries by itself.
        (refusal("CreateNatGateway", 503, "RequestLimitExceeded", 3), backend::Kind::Throttled(None)),
        (refusal("CreateRoute", 500, "InternalError", 30), backend::Kind::Unavailable),
    ] {
        wire.refuse(refused.clone());
        let told = network.ensure(scope, &spec()).await.map_err(|error| error.kind().clone());
        assert_eq!(told, Err(kind), "{refused:?}");
        wire.accept();
    }
    network.ensure(scope, &spec()).await.unwrap();
    assert_eq!(phase(&network, scope).await, Some(Phase::Active));
    let pools = backend.pool.clone().unwrap();
    wire.refuse(refusal("CreateAutoScalingGroup", 400, "LimitExceeded", 1));
    assert_eq!(*pools.ensure(scope, &pool()).await.unwrap_err().kind(), backend::Kind::Quota);
    pools.ensure(scope, &pool()).await.unwrap();
}

#[test]
fn what_is_refused_is_told_by_its_kind_and_finished_later() {
    let Ok(emulator) = Emulator::start(Kind::Moto).map_err(|why| eprintln!("ignored: {why}")) else { return };
    block_on(async {
        let wire = Wire::default();
        let lab = EmulatorLab::new(emulator).await.noting(&wire);
        let [scope, _] = lab.scopes();
        what_lingers_goes_later(&lab.empty().await, &scope, &wire).await;
        each_refusal_has_its_kind(&lab.empty().await, &scope, &wire).await;
    });
}

/// A pool whose name somebody else's group has is refused, and what was made for it meanwhile is gone again.
#[test]
fn a_name_that_is_not_free_leaves_no_template_behind() {
    let Ok(emulator) = Emulator::start(Kind::Moto).map_err(|why| eprintln!("ignored: {why}")) else { return };
    block_on(async {
        let lab = EmulatorLab::new(emulator).await;
        let [scope, _] = lab.scopes();
        let backend = lab.empty().await;
        lab.plant(&scope, &Resource::Pool("web".into())).await.expect("it is made by hand");
        let network = backend.network.clone().unwrap();
        network.ensure(&scope, &spec()).await.unwrap();
        let templates = async || {
            let listed = lab.eyes().ec2.describe_launch_templates().send().await.expect("they are listed");
            let names = listed.launch_templates().iter().filter_map(|it| it.launch_template_name().map(String::from));
            names.collect::<Vec<_>>()
        };
        let before = templates().await;
        let pools = backend.pool.clone().unwrap();
        let told = pools.ensure(&scope, &pool()).await.unwrap_err();
        assert!(matches!(told.kind(), backend::Kind::Conflict(_)), "{told}");
        assert_eq!(templates().await, before);
    });
}
