//! What is to be done so that a network is as its spec says: pure, from the spec and what is there.
//!
//! Only steps whose footing is there are named; when they are done, others may be. No step is named: nothing is missing,
//! or what is missing waits for something that is on its way.

use super::{
    seen::{self, Gateway, Group, NatState, Rule, Seen, Source, Subnet, Table, WORLD},
    steps::{Change, Make, Part, Side, Step, group, subnet},
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
    steps.extend(
        (mark::spec(&vpc.tags).as_ref() != Ok(spec)).then(|| Step::Change(Change::Spec { vpc: vpc.id.clone() })),
    );
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
    steps.extend(seen.vpcs.is_empty().then_some(Step::Make(Make::Vpc)));
    steps.extend(seen.gateways.is_empty().then_some(Step::Make(Make::Gateway)));
    for zone in zones_with_nat(spec, seen) {
        let object = nat(&zone);
        let there = seen.addresses.iter().any(|address| address.object == object);
        steps.extend((!there).then_some(Step::Make(Make::Address { object })));
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

/// Where a subnet sends what is for the world.
#[derive(Clone, Copy)]
enum Way<'a> {
    Closed,
    /// Wherever it does: what would be better does not work yet.
    Kept,
    /// Here, unless it has another way, which stays until this one works.
    First(&'a str),
    To(&'a str),
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
        own.map(|it| Step::Change(Change::Attach { gateway: it.id.clone(), vpc: self.vpc.into() }))
            .into_iter()
            .collect()
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
                steps.push(Step::Make(Make::Subnet { vpc: self.vpc.into(), object, zone: zone.clone(), cidr }));
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
                steps.push(Step::Make(Make::Nat { object, subnet: subnet.id.clone(), address: address.id.clone() }));
            }
        }
        steps
    }

    fn tables(&self) -> Vec<Step> {
        let zones = &self.spec.zones;
        let public: Vec<String> = zones.iter().map(|zone| subnet(Side::Public, zone)).collect();
        let mut steps = self.keep_table(PUBLIC, &public, self.attached().map_or(Way::Kept, Way::To));
        for zone in zones {
            let through = if self.nats.contains(zone) { Some(zone) } else { self.nats.first() };
            let way = match through.map(|zone| self.living_nat(zone)) {
                None => Way::Closed,
                Some(None) => Way::Kept,
                Some(Some(nat)) if nat.state == NatState::Available => Way::To(&nat.id),
                Some(Some(nat)) => Way::First(&nat.id),
            };
            steps.extend(self.keep_table(&private(zone), &[subnet(Side::Private, zone)], way));
        }
        steps
    }

    fn keep_table(&self, object: &str, subnets: &[String], way: Way) -> Vec<Step> {
        let Some(table) = self.table(object) else {
            return vec![Step::Make(Make::Table { vpc: self.vpc.into(), object: object.into() })];
        };
        let id = || table.id.clone();
        let there = subnets.iter().filter_map(|object| self.subnet(object));
        let lacking = there.filter(|subnet| !table.subnets.iter().any(|(id, _)| *id == subnet.id));
        let associate = |subnet: &Subnet| Change::Associate { table: id(), subnet: subnet.id.clone() };
        let mut changes: Vec<Change> = lacking.map(associate).collect();
        match (table.way_out.as_deref(), way) {
            (None, Way::First(to) | Way::To(to)) => {
                changes.push(Change::Route { table: id(), to: to.into(), again: false });
            }
            (Some(now), Way::To(to)) if now != to => {
                changes.push(Change::Route { table: id(), to: to.into(), again: true });
            }
            (Some(_), Way::Closed) => changes.push(Change::Close { table: id() }),
            (Some(_), Way::To(_) | Way::First(_) | Way::Kept) | (None, Way::Closed | Way::Kept) => {}
        }
        changes.into_iter().map(Step::Change).collect()
    }

    fn groups(&self) -> Vec<Step> {
        let parties = self.spec.allow.iter().flat_map(|rule| [&rule.from, &rule.to]);
        let wanted: BTreeSet<String> = parties.filter_map(group).collect();
        let missing = wanted.iter().filter(|object| self.group(object).is_none());
        let mut steps: Vec<Step> =
            missing.map(|object| Step::Make(Make::Group { vpc: self.vpc.into(), object: object.clone() })).collect();
        for there in self.seen.groups.iter().filter(|it| it.vpc == self.vpc) {
            let wanted = self.rules(&there.object);
            let [lacking, surplus] =
                [&wanted - &there.rules, &there.rules - &wanted].map(|rules| rules.into_iter().collect::<Vec<_>>());
            let group = there.id.clone();
            if !lacking.is_empty() {
                steps.push(Step::Change(Change::Permit { group: group.clone(), rules: lacking }));
            }
            if !surplus.is_empty() {
                steps.push(Step::Change(Change::Revoke { group, rules: surplus }));
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
                steps.push(Step::delete(Part::Nat, &it.id));
            }
        }
        let mut kept = BTreeSet::new();
        for it in &seen.addresses {
            let second = !kept.insert(&it.object);
            if !it.used && (second || !wanted_nat(&it.object)) {
                steps.push(Step::delete(Part::Address, &it.id));
            }
        }
        let own = self.own_gateway().map(|it| &it.id);
        for it in seen.gateways.iter().filter(|it| Some(&it.id) != own) {
            steps.push(Step::delete(Part::Gateway(it.vpc.clone()), &it.id));
        }
        let sides = [Side::Public, Side::Private];
        let wanted: BTreeSet<String> =
            self.spec.zones.iter().flat_map(|zone| sides.map(|side| subnet(side, zone))).collect();
        for it in seen.subnets.iter().filter(|it| !wanted.contains(&it.object) || it.vpc != self.vpc) {
            steps.push(Step::delete(Part::Subnet, &it.id));
        }
        let wanted: BTreeSet<String> = self.spec.zones.iter().map(private).chain([PUBLIC.to_owned()]).collect();
        for it in &seen.tables {
            let own = wanted.contains(&it.object) && self.table(&it.object).is_some_and(|own| own.id == it.id);
            // One that is still used by a subnet goes after it.
            if !own && it.subnets.is_empty() {
                steps.push(Step::delete(Part::Table, &it.id));
            }
        }
        for it in seen.groups.iter().filter(|it| it.vpc != self.vpc) {
            steps.push(Step::delete(Part::Group, &it.id));
        }
        let empty =
            |vpc: &str| !seen.subnets.iter().any(|it| it.vpc == vpc) && !seen.groups.iter().any(|it| it.vpc == vpc);
        for it in seen.vpcs.iter().filter(|it| it.id != self.vpc && empty(&it.id)) {
            steps.push(Step::delete(Part::Vpc, &it.id));
        }
        steps
    }
}
