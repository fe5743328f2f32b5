//! What the steps of a plan need: one call for each object that the services let nobody make together with another.
//!
//! It is counted from the specs and the services' API references, and knows nothing of how `ha-aws` does it.

use super::chain::Needs;
use ha_core::{
    backend::spec::{BalancerSpec, NetworkSpec, PoolSpec, RecordSet},
    name::ZoneName,
    topology::{Capacity, ClientAddress, Nat, Party, Protocol, RecordKind},
};
use std::collections::BTreeMap;

/// The calls that a network needs.
pub fn network(needs: &mut Needs, spec: &NetworkSpec) {
    let vpc = needs.call("CreateVpc", "the network", &[]);
    let gateway = needs.call("CreateInternetGateway", "the way to the world", &[]);
    let attached = needs.call("AttachInternetGateway", "the way to the world", &[vpc, gateway]);
    let public = needs.call("CreateRouteTable", "public", &[vpc]);
    needs.call("CreateRoute", "public: to the world", &[public, attached]);
    let mut sides: BTreeMap<&ZoneName, [usize; 2]> = BTreeMap::new();
    for zone in &spec.zones {
        let side = |needs: &mut Needs, name: &str| needs.call("CreateSubnet", format!("{name}-{zone}"), &[vpc]);
        let made = [side(needs, "public"), side(needs, "private")];
        needs.call("AssociateRouteTable", format!("public-{zone}"), &[public, made[0]]);
        sides.insert(zone, made);
    }
    let exits: Vec<&ZoneName> = match spec.nat {
        Nat::None => Vec::new(),
        Nat::One => spec.zones.first().into_iter().collect(),
        Nat::PerZone => spec.zones.iter().collect(),
    };
    let exits: BTreeMap<&ZoneName, usize> =
        exits.into_iter().map(|zone| (zone, exit(needs, zone, &sides, attached))).collect();
    for zone in &spec.zones {
        // A table for each zone: its way out can change while the others' stay.
        let table = needs.call("CreateRouteTable", format!("private-{zone}"), &[vpc]);
        needs.call("AssociateRouteTable", format!("private-{zone}"), &[table, sides[zone][1]]);
        if let Some(exit) = exits.get(zone).or_else(|| exits.values().next()) {
            needs.call("CreateRoute", format!("private-{zone}: to the world"), &[table, *exit]);
        }
    }
    groups(needs, spec, vpc);
}

fn exit(needs: &mut Needs, zone: &ZoneName, sides: &BTreeMap<&ZoneName, [usize; 2]>, attached: usize) -> usize {
    let address = needs.call("AllocateAddress", format!("the way out of {zone}"), &[]);
    needs.call("CreateNatGateway", format!("the way out of {zone}"), &[sides[zone][0], address, attached])
}

/// A security group for each party, and one call for all rules of each.
fn groups(needs: &mut Needs, spec: &NetworkSpec, vpc: usize) {
    let mut made: BTreeMap<String, usize> = BTreeMap::new();
    for party in spec.allow.iter().flat_map(|rule| [&rule.from, &rule.to]) {
        if let Some(name) = named(party) {
            made.entry(name.clone()).or_insert_with(|| needs.call("CreateSecurityGroup", name, &[vpc]));
        }
    }
    for (name, group) in &made {
        let into = spec.allow.iter().filter(|rule| named(&rule.to).as_ref() == Some(name));
        let from: Vec<usize> = into.clone().filter_map(|rule| made.get(&named(&rule.from)?).copied()).collect();
        if into.count() > 0 {
            needs.call("AuthorizeSecurityGroupIngress", name.clone(), &[vec![*group], from].concat());
        }
    }
}

fn named(party: &Party) -> Option<String> {
    match party {
        Party::World => None,
        Party::Balancer(name) => Some(format!("balancer {name}")),
        Party::Pool(name) => Some(format!("pool {name}")),
    }
}

/// Whether a network makes a security group for this party.
fn has(network: Option<&NetworkSpec>, party: &Party) -> bool {
    network.is_some_and(|spec| spec.allow.iter().any(|rule| rule.from == *party || rule.to == *party))
}

/// The calls that a pool needs in a network.
pub fn pool(needs: &mut Needs, spec: &PoolSpec, network: Option<&NetworkSpec>) {
    let name = &spec.name;
    let alone = !has(network, &Party::Pool(name.clone()));
    let group = alone.then(|| needs.call("CreateSecurityGroup", format!("pool {name}"), &[]));
    let template = needs.call(
        "CreateLaunchTemplate",
        format!("release {} of {name}", spec.release),
        &group.map_or(vec![], |it| vec![it]),
    );
    needs.call("CreateAutoScalingGroup", format!("pool {name}"), &[template]);
}

/// The calls that a balancer needs in a network.
pub fn balancer(needs: &mut Needs, spec: &BalancerSpec, network: Option<&NetworkSpec>) {
    let name = &spec.name;
    let alone = !has(network, &Party::Balancer(name.clone()));
    let group: Vec<usize> =
        alone.then(|| needs.call("CreateSecurityGroup", format!("balancer {name}"), &[])).into_iter().collect();
    let alb = needs.call("CreateLoadBalancer", name.as_str(), &group);
    if spec.client_address == ClientAddress::Hidden {
        needs.call("ModifyLoadBalancerAttributes", name.as_str(), &[alb]);
    }
    let mut behind = vec![alb];
    for route in &spec.routes {
        // The balancer bears the mark of the whole: whoever goes on after a crash finds the rest by it.
        let made = needs.call("CreateTargetGroup", format!("{} behind {name}", route.pool), &[alb]);
        // Drain, stickiness, slow start: only known to a group that is there, and before it gets a request.
        behind.push(needs.call("ModifyTargetGroupAttributes", format!("{} behind {name}", route.pool), &[made]));
    }
    let mut listens = behind.clone();
    for listener in &spec.listeners {
        let after = match listener.protocol {
            Protocol::RedirectToHttps => &behind[..1],
            Protocol::Http | Protocol::Https { .. } => &behind[..],
        };
        listens.push(needs.call("CreateListener", format!("{name}, port {}", listener.port), after));
    }
    for route in &spec.routes {
        // A target group without a listener judges nobody, and a pool must not take that for illness.
        needs.call("AttachLoadBalancerTargetGroups", format!("{} behind {name}", route.pool), &listens);
    }
}

/// The calls that names need; `zones` are the hosted zones that are there by then.
pub fn record(needs: &mut Needs, set: &RecordSet, zones: &mut BTreeMap<String, usize>, pools: &[PoolSpec]) {
    let domain = domain(set.name.as_str()).to_owned();
    let zone = *zones.entry(domain.clone()).or_insert_with(|| needs.call("CreateHostedZone", domain, &[]));
    let mut after = vec![zone];
    if let RecordKind::RoundRobin { to } = &set.kind {
        let pool = pools.iter().find(|pool| pool.name == *to);
        let count = pool.map_or(0, |pool| match pool.capacity {
            Capacity::Fixed(count) => count,
            Capacity::Scaled => pool.bounds.min,
        });
        let check = |number| needs.call("CreateHealthCheck", format!("instance {number} of {to}"), &[]);
        after.extend((1..=count).map(check).collect::<Vec<_>>());
    }
    needs.call("ChangeResourceRecordSets", set.name.as_str(), &after);
}

/// The domain in whose zone a name stands: its last two labels.
fn domain(name: &str) -> &str {
    let dot = name.rmatch_indices('.').nth(1);
    dot.map_or(name, |(at, _)| &name[at + 1..])
}
