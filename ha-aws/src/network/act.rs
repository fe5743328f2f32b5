//! Carries out one step of a network: one call, and what it changes of what is there.

use super::{
    seen::{Address, Gateway, Group, Nat, NatState, Rule, Seen, Source, Subnet, Table, Vpc, WORLD},
    steps::{Change, Delete, Make, Part, Step, vpc_tags},
};
use crate::{
    ec2::{marked, written},
    error::{Told, Wish, accept_gone},
    mark,
    name::{joined, token},
};
use aws_sdk_ec2::{
    Client,
    types::{
        DomainType, IpPermission, IpRange, Ipv6Range, NatGatewayState, PrefixListId, ResourceType, TagSpecification,
        UserIdGroupPair,
    },
};
use ha_core::backend::{Result, Scope, spec::NetworkSpec};
use std::collections::BTreeSet;

/// What a step made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Made {
    pub id: String,
    /// Whether it works at once, where that takes time as a rule.
    pub works: bool,
}

impl Made {
    /// Something of this id, of which it is not known whether it works yet.
    pub fn of(id: String) -> Self {
        Self { id, works: false }
    }
}

/// A wish for a network.
pub(super) type Act<'a> = crate::making::Making<'a, Client, NetworkSpec>;

impl Act<'_> {
    /// Carries the step out; answers what it made, if it made something.
    pub(super) async fn carry_out(&self, step: &Step, seen: &Seen) -> Result<Made> {
        let now = || self.service.clock.now();
        match step {
            Step::Make(make) => {
                let made = self.make(make, seen).await?;
                self.service.lately.made(self.scope, &made.id, now());
                Ok(made)
            }
            Step::Change(change) => self.change(change).await.map(Made::of),
            Step::Delete(delete) => {
                accept_gone(self.delete(delete).await)?;
                self.service.lately.gone(&delete.id, now());
                Ok(Made::of(delete.id.clone()))
            }
        }
    }

    fn marks(&self, kind: ResourceType, object: &str) -> TagSpecification {
        marked(kind, &mark::tags(self.scope, object))
    }

    async fn make(&self, make: &Make, seen: &Seen) -> Result<Made> {
        let (client, wish) = (self.clients, self.wish);
        let mut works = false;
        let id = match make {
            Make::Vpc => {
                let marks = marked(ResourceType::Vpc, &vpc_tags(self.scope, self.spec));
                let call = client.create_vpc().cidr_block(&self.service.provider.cidr).tag_specifications(marks);
                call.send().await.told(wish)?.vpc.and_then(|it| it.vpc_id)
            }
            Make::Gateway => {
                let marks = self.marks(ResourceType::InternetGateway, "gateway");
                let made = client.create_internet_gateway().tag_specifications(marks).send().await.told(wish)?;
                made.internet_gateway.and_then(|it| it.internet_gateway_id)
            }
            Make::Subnet { vpc, object, zone, cidr } => {
                let call = client.create_subnet().vpc_id(vpc).cidr_block(cidr);
                let call = call.availability_zone(self.service.provider.zone(zone));
                let marks = self.marks(ResourceType::Subnet, object);
                call.tag_specifications(marks).send().await.told(wish)?.subnet.and_then(|it| it.subnet_id)
            }
            Make::Address { object } => {
                let marks = self.marks(ResourceType::ElasticIp, object);
                let call = client.allocate_address().domain(DomainType::Vpc).tag_specifications(marks);
                call.send().await.told(wish)?.allocation_id
            }
            Make::Nat { object, subnet, address } => {
                let marks = self.marks(ResourceType::Natgateway, object);
                let call = client.create_nat_gateway().subnet_id(subnet).allocation_id(address);
                let call = call.client_token(self.nat_token(seen, object, [subnet, address]));
                let made = call.tag_specifications(marks).send().await.told(wish)?.nat_gateway;
                works = made.as_ref().and_then(|it| it.state()) == Some(&NatGatewayState::Available);
                made.and_then(|it| it.nat_gateway_id)
            }
            Make::Table { vpc, object } => {
                let marks = self.marks(ResourceType::RouteTable, object);
                let call = client.create_route_table().vpc_id(vpc).tag_specifications(marks);
                call.send().await.told(wish)?.route_table.and_then(|it| it.route_table_id)
            }
            Make::Group { vpc, object } => {
                return make_group(client, self.scope, (vpc, object), wish).await.map(Made::of);
            }
        };
        let id = id.ok_or_else(|| wish.strange("the service made something and does not say what"))?;
        Ok(Made { id, works })
    }

    /// A gateway that was deleted, or failed, is followed by another: the token must not bring the old one back.
    fn nat_token(&self, seen: &Seen, object: &str, on: [&str; 2]) -> String {
        let before = seen.nats.iter().filter(|it| it.object == object).map(|it| it.id.as_str());
        let step: Vec<&str> = [self.scope.id.as_str(), object].into_iter().chain(on).chain(before).collect();
        token(&step)
    }

    async fn change(&self, change: &Change) -> Result<String> {
        let (client, wish) = (self.clients, self.wish);
        match change {
            Change::Spec { vpc } => {
                let tags = written(&vpc_tags(self.scope, self.spec));
                client.create_tags().resources(vpc).set_tags(Some(tags)).send().await.told(wish)?;
            }
            Change::Attach { gateway, vpc } => {
                let call = client.attach_internet_gateway().internet_gateway_id(gateway).vpc_id(vpc);
                call.send().await.told(wish)?;
            }
            Change::Associate { table, subnet } => {
                let call = client.associate_route_table().route_table_id(table).subnet_id(subnet);
                let made = call.send().await.told(wish)?;
                return Ok(made.association_id.unwrap_or_default());
            }
            Change::Disassociate { association } => {
                let call = client.disassociate_route_table().association_id(association);
                accept_gone(call.send().await.map(drop).told(wish))?;
            }
            Change::Route { table, to, again } => self.route(table, to, *again).await?,
            Change::Close { table } => {
                let call = client.delete_route().route_table_id(table).destination_cidr_block(WORLD);
                call.send().await.told(wish)?;
            }
            Change::Permit { group, rules } => {
                let permissions = Some(rules.iter().map(permission).collect());
                let call = client.authorize_security_group_ingress().group_id(group);
                call.set_ip_permissions(permissions).send().await.told(wish)?;
            }
            Change::Revoke { group, rules } => {
                let permissions = Some(rules.iter().map(permission).collect());
                let call = client.revoke_security_group_ingress().group_id(group);
                call.set_ip_permissions(permissions).send().await.told(wish)?;
            }
        }
        Ok(String::new())
    }

    async fn route(&self, table: &str, to: &str, again: bool) -> Result<()> {
        let (gateway, nat) = match to.starts_with("nat-") {
            true => (None, Some(to.to_owned())),
            false => (Some(to.to_owned()), None),
        };
        if again {
            let call = self.clients.replace_route().route_table_id(table).destination_cidr_block(WORLD);
            call.set_gateway_id(gateway).set_nat_gateway_id(nat).send().await.told(self.wish)?;
        } else {
            let call = self.clients.create_route().route_table_id(table).destination_cidr_block(WORLD);
            call.set_gateway_id(gateway).set_nat_gateway_id(nat).send().await.told(self.wish)?;
        }
        Ok(())
    }

    async fn delete(&self, Delete { id, part }: &Delete) -> Result<()> {
        let (client, wish) = (self.clients, self.wish);
        match part {
            Part::Nat => client.delete_nat_gateway().nat_gateway_id(id).send().await.map(drop).told(wish),
            Part::Address => client.release_address().allocation_id(id).send().await.map(drop).told(wish),
            Part::Subnet => client.delete_subnet().subnet_id(id).send().await.map(drop).told(wish),
            Part::Table => client.delete_route_table().route_table_id(id).send().await.map(drop).told(wish),
            Part::Group => client.delete_security_group().group_id(id).send().await.map(drop).told(wish),
            Part::Vpc => client.delete_vpc().vpc_id(id).send().await.map(drop).told(wish),
            Part::Gateway(attached) => self.delete_gateway(id, attached.as_deref()).await,
        }
    }

    async fn delete_gateway(&self, id: &str, attached: Option<&str>) -> Result<()> {
        if let Some(vpc) = attached {
            let call = self.clients.detach_internet_gateway().internet_gateway_id(id).vpc_id(vpc);
            accept_gone(call.send().await.map(drop).told(self.wish))?;
        }
        self.clients.delete_internet_gateway().internet_gateway_id(id).send().await.map(drop).told(self.wish)
    }
}

fn permission(rule: &Rule) -> IpPermission {
    let (from, to) = rule.ports;
    let built = IpPermission::builder().ip_protocol(&rule.protocol).from_port(from).to_port(to);
    match &rule.from {
        Source::Addresses(cidr) => built.ip_ranges(IpRange::builder().cidr_ip(cidr).build()),
        Source::Addresses6(cidr) => built.ipv6_ranges(Ipv6Range::builder().cidr_ipv6(cidr).build()),
        Source::Group(id) => built.user_id_group_pairs(UserIdGroupPair::builder().group_id(id).build()),
        Source::List(id) => built.prefix_list_ids(PrefixListId::builder().prefix_list_id(id).build()),
    }
    .build()
}

/// What is there once the step is carried out; `answer` is what it answered.
pub(super) fn after(seen: &mut Seen, step: &Step, answer: Made, spec_tags: mark::Tags) {
    match step {
        Step::Make(make) => made(seen, make, answer, spec_tags),
        Step::Change(change) => changed(seen, change, answer.id, &spec_tags),
        Step::Delete(delete) => deleted(seen, delete),
    }
}

fn made(seen: &mut Seen, make: &Make, Made { id, works }: Made, tags: mark::Tags) {
    match make.clone() {
        Make::Vpc => seen.vpcs.push(Vpc { id, tags }),
        Make::Gateway => seen.gateways.push(Gateway { id, vpc: None }),
        Make::Subnet { vpc, object, cidr, .. } => seen.subnets.push(Subnet { id, object, vpc, cidr }),
        Make::Address { object } => seen.addresses.push(Address { id, object, used: false }),
        Make::Nat { object, address, .. } => {
            seen.addresses.iter_mut().filter(|it| it.id == address).for_each(|it| it.used = true);
            let state = if works { NatState::Available } else { NatState::Pending };
            seen.nats.push(Nat { id, object, state });
        }
        Make::Table { vpc, object } => {
            seen.tables.push(Table { id, object, vpc, way_out: None, subnets: Vec::new() });
        }
        Make::Group { vpc, object } => seen.groups.push(Group { id, object, vpc, rules: BTreeSet::new() }),
    }
}

fn changed(seen: &mut Seen, change: &Change, id: String, tags: &mark::Tags) {
    match change {
        Change::Spec { vpc } => {
            seen.vpcs.iter_mut().filter(|it| it.id == *vpc).for_each(|it| it.tags.extend(tags.clone()));
        }
        Change::Attach { gateway, vpc } => {
            seen.gateways.iter_mut().filter(|it| it.id == *gateway).for_each(|it| it.vpc = Some(vpc.clone()));
        }
        Change::Associate { table, subnet } => {
            let association = (subnet.clone(), id);
            seen.tables.iter_mut().filter(|it| it.id == *table).for_each(|it| it.subnets.push(association.clone()));
        }
        Change::Disassociate { association } => {
            seen.tables.iter_mut().for_each(|it| it.subnets.retain(|(_, id)| id != association));
        }
        Change::Route { table, to, .. } => set_way_out(seen, table, Some(to.clone())),
        Change::Close { table } => set_way_out(seen, table, None),
        Change::Permit { group, rules } => change_rules(seen, group, rules, true),
        Change::Revoke { group, rules } => change_rules(seen, group, rules, false),
    }
}

fn deleted(seen: &mut Seen, Delete { id, part }: &Delete) {
    match part {
        Part::Nat => {
            seen.nats.iter_mut().filter(|it| it.id == *id).for_each(|it| it.state = NatState::Deleting);
        }
        Part::Address => seen.addresses.retain(|it| it.id != *id),
        Part::Subnet => {
            seen.subnets.retain(|it| it.id != *id);
            seen.tables.iter_mut().for_each(|it| it.subnets.retain(|(subnet, _)| subnet != id));
        }
        Part::Table => seen.tables.retain(|it| it.id != *id),
        Part::Gateway(_) => seen.gateways.retain(|it| it.id != *id),
        Part::Group => seen.groups.retain(|it| it.id != *id),
        Part::Vpc => seen.vpcs.retain(|it| it.id != *id),
    }
}

fn set_way_out(seen: &mut Seen, table: &str, to: Option<String>) {
    seen.tables.iter_mut().filter(|it| it.id == table).for_each(|it| it.way_out.clone_from(&to));
}

fn change_rules(seen: &mut Seen, group: &str, rules: &[Rule], add: bool) {
    for it in seen.groups.iter_mut().filter(|it| it.id == group) {
        for rule in rules {
            if add {
                it.rules.insert(rule.clone())
            } else {
                it.rules.remove(rule)
            };
        }
    }
}

/// Makes a security group in this network, for this object.
pub(super) async fn make_group(
    client: &Client,
    scope: &Scope,
    (vpc, object): (&str, &str),
    wish: &Wish,
) -> Result<String> {
    let name = joined(&[&scope.name, object], 255);
    let marks = marked(ResourceType::SecurityGroup, &mark::tags(scope, object));
    let call = client.create_security_group().group_name(name).vpc_id(vpc).tag_specifications(marks);
    let made = call.description(format!("{object} of site {}", scope.name)).send().await.told(wish)?;
    made.group_id.ok_or_else(|| wish.strange("a security group without an id was made"))
}
