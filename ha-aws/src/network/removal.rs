//! How a network is taken down: pure, from what is there. What others rest on goes after them.

use super::{
    seen::{NatState, Seen},
    steps::Step,
};

/// What can be removed now of a network that is to go: what others rest on goes after them.
pub(super) fn removal(seen: &Seen) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let nats = |states: [NatState; 2]| seen.nats.iter().filter(move |it| states.contains(&it.state));
    steps.extend(nats([NatState::Pending, NatState::Available]).map(|it| Step::DeleteNat { id: it.id.clone() }));
    for it in &seen.groups {
        let (group, rules) = (it.id.clone(), it.rules.iter().cloned().collect());
        steps.push(match it.rules.is_empty() {
            true => Step::DeleteGroup { id: group },
            false => Step::Revoke { group, rules },
        });
    }
    let associations = seen.tables.iter().flat_map(|it| &it.subnets);
    steps.extend(associations.map(|(_, id)| Step::Disassociate { association: id.clone() }));
    if seen.nats.iter().any(|it| it.state != NatState::Dead) {
        return steps;
    }
    steps.extend(seen.addresses.iter().map(|it| Step::Release { id: it.id.clone() }));
    steps.extend(seen.subnets.iter().map(|it| Step::DeleteSubnet { id: it.id.clone() }));
    let unused = seen.tables.iter().filter(|it| it.subnets.is_empty());
    steps.extend(unused.map(|it| Step::DeleteTable { id: it.id.clone() }));
    if seen.addresses.is_empty() {
        let gateways = seen.gateways.iter();
        steps.extend(gateways.map(|it| Step::DeleteGateway { id: it.id.clone(), attached: it.vpc.clone() }));
    }
    if steps.is_empty() && seen.tables.is_empty() {
        steps.extend(seen.vpcs.iter().map(|it| Step::DeleteVpc { id: it.id.clone() }));
    }
    steps
}
