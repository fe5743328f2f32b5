//! What is to be done so that a network is as its spec says: pure, from the spec and what is there.
//!
//! Only steps whose footing is there are named; when they are done, others may be. No step is named: nothing is missing,
//! or what is missing waits for something that is on its way.

use super::{
    seen::{self, Gateway, Group, NatState, Rule, Seen, Source, Subnet, Table, WORLD},
    steps::{Side, Step, group, subnet},
};
use crate::{mark, provider::Provider};
use ha_core::{
    backend::spec::NetworkSpec,
    name::ZoneName,
    topology::{Allow, Nat},
};
use std::collections::BTreeSet;

const PUBLIC: &str = "public";

fn private(zone: &ZoneName) -> String {
    format!("private-{zone}")
}

fn nat(zone: &ZoneName) -> String {
    format!("nat-{zone}")
}

/// What is to be done now.
pub(super) fn steps(spec: &NetworkSpec, seen: &Seen, provider: &Provider) -> Vec<Step> {
    let Some(vpc) = seen.vpcs.first() else { return first(spec, seen) };
    let draft = Draft { spec, seen, provider, vpc: &vpc.id, nats: zones_with_nat(spec, seen) };
    let mut steps = first(spec, seen);
    steps.extend((mark::spec(&vpc.tags).as_ref() != Ok(spec)).then(|| Step::Spec { vpc: vpc.id.clone() }));
    steps.extend(draft.gateway());
    steps.extend(draft.subnets());
    steps.extend(draft.nats());
    steps.extend(draft.tables());
    steps.extend(draft.groups());
    steps.extend(draft.surplus());
    steps
}

/// Whether every way out that the spec asks for works.
pub(super) fn ways_out_work(spec: &NetworkSpec, seen: &Seen) -> bool {
    let works = |zone: &ZoneName| seen.nats.iter().any(|it| it.object == nat(zone) && it.state == NatState::Available);
    zones_with_nat(spec, seen).iter().all(works)
}

/// What rests on nothing.
fn first(spec: &NetworkSpec, seen: &Seen) -> Vec<Step> {
    let mut steps = Vec::new();
    steps.extend(seen.vpcs.is_empty().then_some(Step::Vpc));
    steps.extend(seen.gateways.is_empty().then_some(Step::Gateway));
    for zone in zones_with_nat(spec, seen) {
        let object = nat(&zone);
        let there = seen.addresses.iter().any(|address| address.object == object);
        steps.extend((!there).then_some(Step::Address { object }));
    }
    steps
}

/// The zones with a way out of their own. The one of `Nat::One` stays where it is while that zone is the site's.
fn zones_with_nat(spec: &NetworkSpec, seen: &Seen) -> Vec<ZoneName> {
    let living = |zone: &&ZoneName| seen.nats.iter().any(|it| it.object == nat(zone) && it.state.works());
    match spec.nat {
        Nat::None => Vec::new(),
        Nat::PerZone => spec.zones.clone(),
        Nat::One => spec.zones.iter().find(living).or(spec.zones.first()).cloned().into_iter().collect(),
    }
}

impl NatState {
    fn works(self) -> bool {
        match self {
            Self::Pending | Self::Available => true,
            Self::Deleting | Self::Dead => false,
        }
    }
}

struct Draft<'a> {
    spec: &'a NetworkSpec,
    seen: &'a Seen,
    provider: &'a Provider,
    vpc: &'a str,
    nats: Vec<ZoneName>,
}

impl<'a> Draft<'a> {
    fn subnet(&self, object: &str) -> Option<&'a Subnet> {
        self.seen.subnets.iter().find(|it| it.vpc == self.vpc && it.object == object)
    }
    fn table(&self, object: &str) -> Option<&'a Table> {
        self.seen.tables.iter().find(|it| it.vpc == self.vpc && it.object == object)
    }
    fn group(&self, object: &str) -> Option<&'a Group> {
        self.seen.groups.iter().find(|it| it.vpc == self.vpc && it.object == object)
    }
    /// The gateway that is, or is to be, the network's.
    fn own_gateway(&self) -> Option<&'a Gateway> {
        let attached = |it: &&Gateway| it.vpc.as_deref() == Some(self.vpc);
        self.seen.gateways.iter().find(attached).or(self.seen.gateways.first())
    }
    fn attached(&self) -> Option<&'a str> {
        self.own_gateway().filter(|it| it.vpc.as_deref() == Some(self.vpc)).map(|it| it.id.as_str())
    }
    fn living_nat(&self, zone: &ZoneName) -> Option<&'a seen::Nat> {
        self.seen.nats.iter().find(|it| it.object == nat(zone) && it.state.works())
    }

    fn gateway(&self) -> Vec<Step> {
        let own = self.own_gateway().filter(|it| it.vpc.is_none());
        own.map(|it| Step::Attach { gateway: it.id.clone(), vpc: self.vpc.into() }).into_iter().collect()
    }

    /// Both sides of each zone. Parts of the network are given out in order, and two never get one part: of two
    /// controllers that make the same subnet, one is refused.
    fn subnets(&self) -> Vec<Step> {
        let mut taken: BTreeSet<String> = self.seen.subnets.iter().map(|it| it.cidr.clone()).collect();
        let mut steps = Vec::new();
        for zone in &self.spec.zones {
            for object in [Side::Public, Side::Private].map(|side| subnet(side, zone)) {
                if self.subnet(&object).is_some() {
                    continue;
                }
                let free = (0..).map_while(|slot| self.provider.part(slot)).find(|cidr| !taken.contains(cidr));
                let Some(cidr) = free else { return steps };
                taken.insert(cidr.clone());
                steps.push(Step::Subnet { vpc: self.vpc.into(), object, zone: zone.clone(), cidr });
            }
        }
        steps
    }

    fn nats(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for zone in self.nats.iter().filter(|zone| self.living_nat(zone).is_none()) {
            let object = nat(zone);
            let address = self.seen.addresses.iter().find(|it| it.object == object && !it.used);
            // A gateway in a network that does not reach the world fails.
            let footing = (self.attached(), self.subnet(&subnet(Side::Public, zone)), address);
            if let (Some(_), Some(subnet), Some(address)) = footing {
                steps.push(Step::Nat { object, subnet: subnet.id.clone(), address: address.id.clone() });
            }
        }
        steps
    }

    fn tables(&self) -> Vec<Step> {
        let zones = &self.spec.zones;
        let public: Vec<String> = zones.iter().map(|zone| subnet(Side::Public, zone)).collect();
        let mut steps = self.keep_table(PUBLIC, &public, self.attached());
        for zone in zones {
            let through = if self.nats.contains(zone) { Some(zone) } else { self.nats.first() };
            let nat = through.and_then(|zone| self.living_nat(zone));
            let mut kept =
                self.keep_table(&private(zone), &[subnet(Side::Private, zone)], nat.map(|it| it.id.as_str()));
            // Until the new way out works, the old one stays.
            let works = nat.is_some_and(|it| it.state == NatState::Available);
            kept.retain(|step| match step {
                Step::Route { changes, .. } => works || !changes,
                Step::Close { .. } => through.is_none(),
                _ => true,
            });
            steps.extend(kept);
        }
        steps
    }

    fn keep_table(&self, object: &str, subnets: &[String], way_out: Option<&str>) -> Vec<Step> {
        let Some(table) = self.table(object) else {
            return vec![Step::Table { vpc: self.vpc.into(), object: object.into() }];
        };
        let mut steps = Vec::new();
        for subnet in subnets.iter().filter_map(|object| self.subnet(object)) {
            if !table.subnets.iter().any(|(id, _)| *id == subnet.id) {
                steps.push(Step::Associate { table: table.id.clone(), subnet: subnet.id.clone() });
            }
        }
        match (table.way_out.as_deref(), way_out) {
            (now, Some(to)) if now != Some(to) => {
                steps.push(Step::Route { table: table.id.clone(), to: to.into(), changes: now.is_some() });
            }
            (Some(_), None) => steps.push(Step::Close { table: table.id.clone() }),
            (_, _) => {}
        }
        steps
    }

    fn groups(&self) -> Vec<Step> {
        let parties = self.spec.allow.iter().flat_map(|rule| [&rule.from, &rule.to]);
        let wanted: BTreeSet<String> = parties.filter_map(group).collect();
        let missing = wanted.iter().filter(|object| self.group(object).is_none());
        let mut steps: Vec<Step> =
            missing.map(|object| Step::Group { vpc: self.vpc.into(), object: object.clone() }).collect();
        for there in self.seen.groups.iter().filter(|it| it.vpc == self.vpc) {
            let wanted = self.rules(&there.object);
            let [lacking, surplus] =
                [&wanted - &there.rules, &there.rules - &wanted].map(|rules| rules.into_iter().collect::<Vec<_>>());
            let group = there.id.clone();
            if !lacking.is_empty() {
                steps.push(Step::Permit { group: group.clone(), rules: lacking });
            }
            if !surplus.is_empty() {
                steps.push(Step::Revoke { group, rules: surplus });
            }
        }
        steps
    }

    /// Who may connect to the members of this group, as far as the groups they are in are there.
    fn rules(&self, object: &str) -> BTreeSet<Rule> {
        let to_it = self.spec.allow.iter().filter(|rule| group(&rule.to).as_deref() == Some(object));
        let rule = |allow: &Allow| {
            let from = match group(&allow.from) {
                None => Source::Addresses(WORLD.into()),
                Some(from) => Source::Group(self.group(&from)?.id.clone()),
            };
            Some(Rule::tcp(allow.port, from))
        };
        to_it.filter_map(rule).collect()
    }

    /// What bears the site's mark and is not, or no longer, part of it.
    fn surplus(&self) -> Vec<Step> {
        let (seen, mut steps) = (self.seen, Vec::new());
        let wanted_nat = |object: &str| self.nats.iter().any(|zone| nat(zone) == object);
        let mut kept = BTreeSet::new();
        for it in seen.nats.iter().filter(|it| it.state.works()) {
            if !wanted_nat(&it.object) || !kept.insert(&it.object) {
                steps.push(Step::DeleteNat { id: it.id.clone() });
            }
        }
        let mut kept = BTreeSet::new();
        for it in &seen.addresses {
            let second = !kept.insert(&it.object);
            if !it.used && (second || !wanted_nat(&it.object)) {
                steps.push(Step::Release { id: it.id.clone() });
            }
        }
        let own = self.own_gateway().map(|it| &it.id);
        for it in seen.gateways.iter().filter(|it| Some(&it.id) != own) {
            steps.push(Step::DeleteGateway { id: it.id.clone(), attached: it.vpc.clone() });
        }
        let sides = [Side::Public, Side::Private];
        let wanted: BTreeSet<String> =
            self.spec.zones.iter().flat_map(|zone| sides.map(|side| subnet(side, zone))).collect();
        for it in seen.subnets.iter().filter(|it| !wanted.contains(&it.object) || it.vpc != self.vpc) {
            steps.push(Step::DeleteSubnet { id: it.id.clone() });
        }
        let wanted: BTreeSet<String> = self.spec.zones.iter().map(private).chain([PUBLIC.to_owned()]).collect();
        for it in &seen.tables {
            let own = wanted.contains(&it.object) && self.table(&it.object).is_some_and(|own| own.id == it.id);
            // One that is still used by a subnet goes after it.
            if !own && it.subnets.is_empty() {
                steps.push(Step::DeleteTable { id: it.id.clone() });
            }
        }
        for it in seen.groups.iter().filter(|it| it.vpc != self.vpc) {
            steps.push(Step::DeleteGroup { id: it.id.clone() });
        }
        let empty =
            |vpc: &str| !seen.subnets.iter().any(|it| it.vpc == vpc) && !seen.groups.iter().any(|it| it.vpc == vpc);
        for it in seen.vpcs.iter().filter(|it| it.id != self.vpc && empty(&it.id)) {
            steps.push(Step::DeleteVpc { id: it.id.clone() });
        }
        steps
    }
}
