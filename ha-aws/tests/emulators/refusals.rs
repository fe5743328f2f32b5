//! What no emulator refuses: what lingers, what is throttled, what the account does not allow, what a zone has no room for.

use crate::{
    calls::{pool, spec},
    emulator::{Emulator, EmulatorLab, Kind, Refusal, Wire, block_on},
};
use ha_core::{
    backend::{self, Backend, Network, Resource, Scope, state::Phase},
    conformance::Lab,
};
use std::{collections::BTreeSet, sync::Arc};

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

/// The ids of what a network is made of, whoever made it.
async fn parts(lab: &EmulatorLab) -> BTreeSet<String> {
    let ec2 = &lab.eyes().ec2;
    let vpcs = ec2.describe_vpcs().send().await.expect("they are listed");
    let subnets = ec2.describe_subnets().send().await.expect("they are listed");
    let gateways = ec2.describe_internet_gateways().send().await.expect("they are listed");
    let addresses = ec2.describe_addresses().send().await.expect("they are listed");
    let tables = ec2.describe_route_tables().send().await.expect("they are listed");
    let groups = ec2.describe_security_groups().send().await.expect("they are listed");
    let templates = ec2.describe_launch_templates().send().await.expect("they are listed");
    let ids = vpcs.vpcs().iter().map(|it| it.vpc_id());
    let ids = ids.chain(subnets.subnets().iter().map(|it| it.subnet_id()));
    let ids = ids.chain(gateways.internet_gateways().iter().map(|it| it.internet_gateway_id()));
    let ids = ids.chain(addresses.addresses().iter().map(|it| it.allocation_id()));
    let ids = ids.chain(tables.route_tables().iter().map(|it| it.route_table_id()));
    let ids = ids.chain(groups.security_groups().iter().map(|it| it.group_id()));
    let ids = ids.chain(templates.launch_templates().iter().map(|it| it.launch_template_name()));
    ids.flatten().map(String::from).collect()
}

/// Where filters are ignored, what another site or nobody of ours made is neither used nor removed.
#[test]
fn what_a_filter_lets_through_is_looked_at_again() {
    let Ok(emulator) = Emulator::start(Kind::Moto).map_err(|why| eprintln!("ignored: {why}")) else { return };
    block_on(async {
        let lab = EmulatorLab::new(emulator).await;
        let [scope, _] = lab.scopes();
        let other = Scope { name: "neighbour".into(), id: "1".into() };
        let backend = lab.empty().await;
        let nobodys = parts(&lab).await;
        backend.network.clone().unwrap().ensure(&other, &spec()).await.unwrap();
        let before = parts(&lab).await;
        let blind = lab.backend(Some(&Wire::unfiltered())).await;
        let (network, pools) = (blind.network.clone().unwrap(), blind.pool.clone().unwrap());
        network.ensure(&scope, &spec()).await.unwrap();
        pools.ensure(&scope, &pool()).await.unwrap();
        assert_eq!(phase(&network, &scope).await, Some(Phase::Active));
        assert_eq!(pools.observe(&scope).await.unwrap().state[0].phase, Phase::Active);
        let parts_of_one = before.difference(&nobodys).count();
        assert_eq!(parts(&lab).await.len(), before.len() + parts_of_one + 1, "each has its own, and a template");
        for _ in 0..3 {
            pools.remove(&scope, &"web".into()).await.unwrap();
        }
        network.remove(&scope).await.unwrap();
        assert_eq!(phase(&network, &scope).await, None);
        assert_eq!(parts(&lab).await, before);
    });
}
