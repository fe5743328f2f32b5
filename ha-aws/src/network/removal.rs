//! How a network is taken down: pure, from what is there. What others rest on goes after them.

use super::{
    seen::{NatState, Seen},
    steps::{Change, Part, Step},
};

/// What can be removed now of a network that is to go: what others rest on goes after them.
pub(super) fn removal(seen: &Seen) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let nats = |states: [NatState; 2]| seen.nats.iter().filter(move |it| states.contains(&it.state));
    steps.extend(nats([NatState::Pending, NatState::Available]).map(|it| Step::delete(Part::Nat, &it.id)));
    for it in &seen.groups {
        let (group, rules) = (it.id.clone(), it.rules.iter().cloned().collect());
        steps.push(match it.rules.is_empty() {
            true => Step::delete(Part::Group, &group),
            false => Step::Change(Change::Revoke { group, rules }),
        });
    }
    let associations = seen.tables.iter().flat_map(|it| &it.subnets);
    steps.extend(associations.map(|(_, id)| Step::Change(Change::Disassociate { association: id.clone() })));
    if seen.nats.iter().any(|it| it.state != NatState::Dead) {
        return steps;
    }
    steps.extend(seen.addresses.iter().map(|it| Step::delete(Part::Address, &it.id)));
    steps.extend(seen.subnets.iter().map(|it| Step::delete(Part::Subnet, &it.id)));
    let unused = seen.tables.iter().filter(|it| it.subnets.is_empty());
    steps.extend(unused.map(|it| Step::delete(Part::Table, &it.id)));
    if seen.addresses.is_empty() {
        let gateways = seen.gateways.iter();
        steps.extend(gateways.map(|it| Step::delete(Part::Gateway(it.vpc.clone()), &it.id)));
    }
    if steps.is_empty() && seen.tables.is_empty() {
        steps.extend(seen.vpcs.iter().map(|it| Step::delete(Part::Vpc, &it.id)));
    }
    steps
}
