//! The steps of which a network is made and unmade, one call each, and how far a network is.

use super::{
    draft::{steps, ways_out_work},
    seen::{NatState, OWN, Rule, Seen},
};
use crate::{
    mark::{self, Tags},
    provider::Provider,
};
use ha_core::{
    backend::{Scope, spec::NetworkSpec, state::Phase},
    name::ZoneName,
    topology::Party,
};

/// One call.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    Make(Make),
    Change(Change),
    Delete(Delete),
}

/// Something is made; the service names it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Make {
    Vpc,
    Gateway,
    Subnet { vpc: String, object: String, zone: ZoneName, cidr: String },
    Address { object: String },
    Nat { object: String, subnet: String, address: String },
    Table { vpc: String, object: String },
    Group { vpc: String, object: String },
}

/// Something that is there is changed.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Change {
    /// Writes the spec on a network that bears another.
    Spec {
        vpc: String,
    },
    Attach {
        gateway: String,
        vpc: String,
    },
    Associate {
        table: String,
        subnet: String,
    },
    Disassociate {
        association: String,
    },
    /// Sends what is for the world this way; `again` after another way.
    Route {
        table: String,
        to: String,
        again: bool,
    },
    /// Sends nothing to the world.
    Close {
        table: String,
    },
    Permit {
        group: String,
        rules: Vec<Rule>,
    },
    Revoke {
        group: String,
        rules: Vec<Rule>,
    },
}

/// Something is removed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Delete {
    pub id: String,
    pub part: Part,
}

/// What a removed thing is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Nat,
    Address,
    Subnet,
    Table,
    /// Attached to this network.
    Gateway(Option<String>),
    Group,
    Vpc,
}

/// The two sides of a zone: with and without addresses in the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Public,
    Private,
}

/// The name of a zone's subnet.
pub(crate) fn subnet(side: Side, zone: &ZoneName) -> String {
    match side {
        Side::Public => format!("public-{zone}"),
        Side::Private => format!("private-{zone}"),
    }
}

/// The name of the security group of a balancer's or a pool's own.
pub(crate) fn group(party: &Party) -> Option<String> {
    match party {
        Party::World => None,
        Party::Balancer(name) => Some(format!("balancer-{name}")),
        Party::Pool(name) => Some(format!("pool-{name}")),
    }
}

impl Step {
    /// Whether the service may refuse it for now: what leaves lingers, and what is new does not work at once.
    pub(super) fn may_wait(&self) -> bool {
        match self {
            Self::Make(_) => false,
            Self::Change(Change::Route { .. } | Change::Disassociate { .. }) | Self::Delete(_) => true,
            Self::Change(
                Change::Spec { .. }
                | Change::Attach { .. }
                | Change::Associate { .. }
                | Change::Close { .. }
                | Change::Permit { .. }
                | Change::Revoke { .. },
            ) => false,
        }
    }
    /// A part that is to go.
    pub(super) fn delete(part: Part, id: &str) -> Self {
        Self::Delete(Delete { id: id.into(), part })
    }
}

/// Whether something comes or goes by itself.
pub(super) fn moving(seen: &Seen) -> bool {
    seen.nats.iter().any(|it| matches!(it.state, NatState::Pending | NatState::Deleting))
}

/// How far the network is. What a crash left undone is broken: it does not mend itself, and is asked for again.
pub(super) fn phase(spec: &NetworkSpec, seen: &Seen, provider: &Provider) -> Phase {
    let steps = steps(spec, seen, provider);
    match (steps.iter().all(Step::may_wait), steps.is_empty(), moving(seen)) {
        (false, _, _) | (true, false, false) => Phase::Broken,
        (true, _, true) => Phase::Pending,
        (true, true, false) if ways_out_work(spec, seen) => Phase::Active,
        (true, true, false) => Phase::Broken,
    }
}

/// The tags of the network itself.
pub(super) fn vpc_tags(scope: &Scope, spec: &NetworkSpec) -> Tags {
    let mut tags = mark::tags(scope, OWN);
    tags.extend(mark::spec_tags(spec));
    tags
}
