//! Carries out one step of a network: one call, and what it changes of what is there.

use super::{
    footing::make_group,
    seen::{Address, Gateway, Group, Nat, NatState, Rule, Seen, Source, Subnet, Table, Vpc, WORLD},
    steps::{Step, vpc_tags},
};
use crate::{
    connect::Service,
    ec2::{marked, written},
    error::{Told, Wish, accept_gone},
    mark,
    name::token,
};
use aws_sdk_ec2::{
    Client,
    types::{
        DomainType, IpPermission, IpRange, Ipv6Range, PrefixListId, ResourceType, TagSpecification, UserIdGroupPair,
    },
};
use ha_core::backend::{Result, Scope, spec::NetworkSpec};

/// One wish under way.
pub(super) struct Act<'a> {
    pub client: &'a Client,
    pub service: &'a Service,
    pub scope: &'a Scope,
    pub spec: &'a NetworkSpec,
    pub wish: &'a Wish,
}

impl Act<'_> {
    /// Carries the step out; answers the id of what it made, if it made something.
    pub async fn carry_out(&self, step: &Step, seen: &Seen) -> Result<String> {
        match step {
            Step::Vpc
            | Step::Gateway
            | Step::Subnet { .. }
            | Step::Address { .. }
            | Step::Nat { .. }
            | Step::Table { .. }
            | Step::Group { .. } => {
                let id = self.make(step, seen).await?;
                self.service.lately.made(self.scope, &id, self.service.clock.now());
                Ok(id)
            }
            Step::Spec { .. }
            | Step::Attach { .. }
            | Step::Associate { .. }
            | Step::Disassociate { .. }
            | Step::Route { .. }
            | Step::Close { .. }
            | Step::Permit { .. }
            | Step::Revoke { .. } => self.change(step).await,
            Step::DeleteNat { id }
            | Step::Release { id }
            | Step::DeleteSubnet { id }
            | Step::DeleteTable { id }
            | Step::DeleteGateway { id, .. }
            | Step::DeleteGroup { id }
            | Step::DeleteVpc { id } => {
                self.delete(step, id).await?;
                self.service.lately.gone(id, self.service.clock.now());
                Ok(id.clone())
            }
        }
    }

    fn marks(&self, kind: ResourceType, object: &str) -> TagSpecification {
        marked(kind, &mark::tags(self.scope, object))
    }

    async fn make(&self, step: &Step, seen: &Seen) -> Result<String> {
        let (client, wish) = (self.client, self.wish);
        let id = match step {
            Step::Vpc => {
                let marks = marked(ResourceType::Vpc, &vpc_tags(self.scope, self.spec));
                let call = client.create_vpc().cidr_block(&self.service.provider.cidr).tag_specifications(marks);
                call.send().await.told(wish)?.vpc.and_then(|it| it.vpc_id)
            }
            Step::Gateway => {
                let marks = self.marks(ResourceType::InternetGateway, "gateway");
                let made = client.create_internet_gateway().tag_specifications(marks).send().await.told(wish)?;
                made.internet_gateway.and_then(|it| it.internet_gateway_id)
            }
            Step::Subnet { vpc, object, zone, cidr } => {
                let call = client.create_subnet().vpc_id(vpc).cidr_block(cidr);
                let call = call.availability_zone(self.service.provider.zone(zone));
                let marks = self.marks(ResourceType::Subnet, object);
                call.tag_specifications(marks).send().await.told(wish)?.subnet.and_then(|it| it.subnet_id)
            }
            Step::Address { object } => {
                let marks = self.marks(ResourceType::ElasticIp, object);
                let call = client.allocate_address().domain(DomainType::Vpc).tag_specifications(marks);
                call.send().await.told(wish)?.allocation_id
            }
            Step::Nat { object, subnet, address } => {
                let marks = self.marks(ResourceType::Natgateway, object);
                let call = client.create_nat_gateway().subnet_id(subnet).allocation_id(address);
                let call = call.client_token(self.nat_token(seen, object, [subnet, address]));
                call.tag_specifications(marks).send().await.told(wish)?.nat_gateway.and_then(|it| it.nat_gateway_id)
            }
            Step::Table { vpc, object } => {
                let marks = self.marks(ResourceType::RouteTable, object);
                let call = client.create_route_table().vpc_id(vpc).tag_specifications(marks);
                call.send().await.told(wish)?.route_table.and_then(|it| it.route_table_id)
            }
            Step::Group { vpc, object } => return make_group(client, self.scope, (vpc, object), wish).await,
            other => return Err(wish.strange(format!("{other:?} makes nothing"))),
        };
        id.ok_or_else(|| wish.strange("the service made something and does not say what"))
    }

    /// A gateway that was deleted, or failed, is followed by another: the token must not bring the old one back.
    fn nat_token(&self, seen: &Seen, object: &str, on: [&str; 2]) -> String {
        let before = seen.nats.iter().filter(|it| it.object == object).map(|it| it.id.as_str());
        let step: Vec<&str> = [self.scope.id.as_str(), object].into_iter().chain(on).chain(before).collect();
        token(&step)
    }

    async fn change(&self, step: &Step) -> Result<String> {
        let (client, wish) = (self.client, self.wish);
        match step {
            Step::Spec { vpc } => {
                let tags = written(&vpc_tags(self.scope, self.spec));
                client.create_tags().resources(vpc).set_tags(Some(tags)).send().await.told(wish)?;
            }
            Step::Attach { gateway, vpc } => {
                let call = client.attach_internet_gateway().internet_gateway_id(gateway).vpc_id(vpc);
                call.send().await.told(wish)?;
            }
            Step::Associate { table, subnet } => {
                let call = client.associate_route_table().route_table_id(table).subnet_id(subnet);
                let made = call.send().await.told(wish)?;
                return Ok(made.association_id.unwrap_or_default());
            }
            Step::Disassociate { association } => {
                let call = client.disassociate_route_table().association_id(association);
                accept_gone(call.send().await.map(drop).told(wish))?;
            }
            Step::Route { table, to, changes } => self.route(table, to, *changes).await?,
            Step::Close { table } => {
                let call = client.delete_route().route_table_id(table).destination_cidr_block(WORLD);
                call.send().await.told(wish)?;
            }
            Step::Permit { group, rules } => {
                let permissions = Some(rules.iter().map(permission).collect());
                let call = client.authorize_security_group_ingress().group_id(group);
                call.set_ip_permissions(permissions).send().await.told(wish)?;
            }
            Step::Revoke { group, rules } => {
                let permissions = Some(rules.iter().map(permission).collect());
                let call = client.revoke_security_group_ingress().group_id(group);
                call.set_ip_permissions(permissions).send().await.told(wish)?;
            }
            other => return Err(wish.strange(format!("{other:?} changes nothing"))),
        }
        Ok(String::new())
    }

    async fn route(&self, table: &str, to: &str, changes: bool) -> Result<()> {
        let (gateway, nat) = match to.starts_with("nat-") {
            true => (None, Some(to.to_owned())),
            false => (Some(to.to_owned()), None),
        };
        if changes {
            let call = self.client.replace_route().route_table_id(table).destination_cidr_block(WORLD);
            call.set_gateway_id(gateway).set_nat_gateway_id(nat).send().await.told(self.wish)?;
        } else {
            let call = self.client.create_route().route_table_id(table).destination_cidr_block(WORLD);
            call.set_gateway_id(gateway).set_nat_gateway_id(nat).send().await.told(self.wish)?;
        }
        Ok(())
    }

    async fn delete(&self, step: &Step, id: &str) -> Result<()> {
        let (client, wish) = (self.client, self.wish);
        let done = match step {
            Step::DeleteNat { .. } => client.delete_nat_gateway().nat_gateway_id(id).send().await.map(drop).told(wish),
            Step::Release { .. } => client.release_address().allocation_id(id).send().await.map(drop).told(wish),
            Step::DeleteSubnet { .. } => client.delete_subnet().subnet_id(id).send().await.map(drop).told(wish),
            Step::DeleteTable { .. } => {
                client.delete_route_table().route_table_id(id).send().await.map(drop).told(wish)
            }
            Step::DeleteGroup { .. } => client.delete_security_group().group_id(id).send().await.map(drop).told(wish),
            Step::DeleteVpc { .. } => client.delete_vpc().vpc_id(id).send().await.map(drop).told(wish),
            Step::DeleteGateway { attached, .. } => self.delete_gateway(id, attached.as_deref()).await,
            other => Err(wish.strange(format!("{other:?} deletes nothing"))),
        };
        accept_gone(done)
    }

    async fn delete_gateway(&self, id: &str, attached: Option<&str>) -> Result<()> {
        if let Some(vpc) = attached {
            let call = self.client.detach_internet_gateway().internet_gateway_id(id).vpc_id(vpc);
            accept_gone(call.send().await.map(drop).told(self.wish))?;
        }
        self.client.delete_internet_gateway().internet_gateway_id(id).send().await.map(drop).told(self.wish)
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

/// What is there once the step is carried out; `id` is what it answered.
pub(super) fn after(seen: &mut Seen, step: &Step, id: String, spec_tags: mark::Tags) {
    match step {
        Step::Vpc => seen.vpcs.push(Vpc { id, tags: spec_tags }),
        Step::Spec { vpc } => {
            seen.vpcs.iter_mut().filter(|it| it.id == *vpc).for_each(|it| it.tags.extend(spec_tags.clone()))
        }
        Step::Gateway => seen.gateways.push(Gateway { id, vpc: None }),
        Step::Attach { gateway, vpc } => {
            seen.gateways.iter_mut().filter(|it| it.id == *gateway).for_each(|it| it.vpc = Some(vpc.clone()));
        }
        Step::Subnet { vpc, object, cidr, .. } => {
            seen.subnets.push(Subnet { id, object: object.clone(), vpc: vpc.clone(), cidr: cidr.clone() });
        }
        Step::Address { object } => seen.addresses.push(Address { id, object: object.clone(), used: false }),
        Step::Nat { object, address, .. } => {
            seen.addresses.iter_mut().filter(|it| it.id == *address).for_each(|it| it.used = true);
            // It is tried at once: the service refuses a route to one that does not work yet, and a later turn makes it.
            seen.nats.push(Nat { id, object: object.clone(), state: NatState::Pending });
        }
        Step::Table { vpc, object } => {
            let (object, vpc) = (object.clone(), vpc.clone());
            seen.tables.push(Table { id, object, vpc, way_out: None, subnets: Vec::new() });
        }
        Step::Associate { table, subnet } => {
            let association = (subnet.clone(), id);
            seen.tables.iter_mut().filter(|it| it.id == *table).for_each(|it| it.subnets.push(association.clone()));
        }
        Step::Disassociate { association } => {
            seen.tables.iter_mut().for_each(|it| it.subnets.retain(|(_, id)| id != association));
        }
        Step::Route { table, to, .. } => set_way_out(seen, table, Some(to.clone())),
        Step::Close { table } => set_way_out(seen, table, None),
        Step::Group { vpc, object } => {
            seen.groups.push(Group { id, object: object.clone(), vpc: vpc.clone(), rules: Default::default() });
        }
        Step::Permit { group, rules } => change_rules(seen, group, rules, true),
        Step::Revoke { group, rules } => change_rules(seen, group, rules, false),
        Step::DeleteNat { id } => {
            seen.nats.iter_mut().filter(|it| it.id == *id).for_each(|it| it.state = NatState::Deleting);
        }
        Step::Release { id } => seen.addresses.retain(|it| it.id != *id),
        Step::DeleteSubnet { id } => {
            seen.subnets.retain(|it| it.id != *id);
            seen.tables.iter_mut().for_each(|it| it.subnets.retain(|(subnet, _)| subnet != id));
        }
        Step::DeleteTable { id } => seen.tables.retain(|it| it.id != *id),
        Step::DeleteGroup { id } => seen.groups.retain(|it| it.id != *id),
        Step::DeleteVpc { id } => seen.vpcs.retain(|it| it.id != *id),
        Step::DeleteGateway { id, .. } => seen.gateways.retain(|it| it.id != *id),
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
