//! What is there of a site's network: one list call for each type, at once.

use crate::{
    connect::Service,
    ec2::{filter, is_ours, ours, read},
    error::{Told, Wish},
    mark::{self, OBJECT, Tags},
};
use aws_sdk_ec2::{
    Client,
    types::{IpPermission, NatGatewayState, RouteTable, SecurityGroup},
};
use futures_util::future::{join, join3};
use ha_core::backend::{Result, Scope};
use std::collections::BTreeSet;

/// The name of the network among the site's objects.
pub(super) const OWN: &str = "network";
/// Everywhere.
pub(super) const WORLD: &str = "0.0.0.0/0";

/// What there is of one site's network.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Seen {
    pub vpcs: Vec<Vpc>,
    /// A network of the site's name that is not the scope's, and whose it is.
    pub stranger: Option<String>,
    pub subnets: Vec<Subnet>,
    pub gateways: Vec<Gateway>,
    pub addresses: Vec<Address>,
    pub nats: Vec<Nat>,
    pub tables: Vec<Table>,
    pub groups: Vec<Group>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Vpc {
    pub id: String,
    pub tags: Tags,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Subnet {
    pub id: String,
    pub object: String,
    pub vpc: String,
    pub cidr: String,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Gateway {
    pub id: String,
    /// The network it is attached to.
    pub vpc: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Address {
    pub id: String,
    pub object: String,
    /// Whether something has it.
    pub used: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Nat {
    pub id: String,
    pub object: String,
    pub state: NatState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NatState {
    Pending,
    Available,
    Deleting,
    /// Deleted or failed: it is listed for an hour, and does nothing.
    Dead,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Table {
    pub id: String,
    pub object: String,
    pub vpc: String,
    /// Where everything goes that is not for the network itself.
    pub way_out: Option<String>,
    /// The subnets it is for, each with the id of that association.
    pub subnets: Vec<(String, String)>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Group {
    pub id: String,
    pub object: String,
    pub vpc: String,
    pub rules: BTreeSet<Rule>,
}

/// Who may connect to a group's members.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rule {
    pub protocol: String,
    pub ports: (i32, i32),
    pub from: Source,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    Addresses(String),
    Addresses6(String),
    Group(String),
    List(String),
}

impl Rule {
    pub fn tcp(port: u16, from: Source) -> Self {
        Self { protocol: "tcp".into(), ports: (port.into(), port.into()), from }
    }
}

impl Seen {
    /// Lists everything of the scope.
    pub async fn read(client: &Client, scope: &Scope, wish: &Wish) -> Result<Self> {
        let (places, ways, (tables, groups)) = join3(
            join(vpcs(client, scope, wish), subnets(client, scope, wish)),
            join3(gateways(client, scope, wish), addresses(client, scope, wish), nats(client, scope, wish)),
            join(tables(client, scope, wish), groups(client, scope, wish)),
        )
        .await;
        let ((vpcs, subnets), (gateways, addresses, nats)) = (places, ways);
        let (vpcs, stranger) = vpcs?;
        let mut seen = Self {
            vpcs,
            stranger,
            subnets: subnets?,
            gateways: gateways?,
            addresses: addresses?,
            nats: nats?,
            tables: tables?,
            groups: groups?,
        };
        // Of two objects with one name, the one with the smaller id is the site's; the other is surplus.
        seen.vpcs.sort_by(|a, b| a.id.cmp(&b.id));
        seen.subnets.sort_by(|a, b| a.id.cmp(&b.id));
        seen.gateways.sort_by(|a, b| a.id.cmp(&b.id));
        seen.addresses.sort_by(|a, b| a.id.cmp(&b.id));
        seen.nats.sort_by(|a, b| a.id.cmp(&b.id));
        seen.tables.sort_by(|a, b| a.id.cmp(&b.id));
        seen.groups.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(seen)
    }

    /// The ids of all that is there.
    pub fn ids(&self) -> BTreeSet<&str> {
        let vpcs = self.vpcs.iter().map(|it| it.id.as_str());
        let subnets = self.subnets.iter().map(|it| it.id.as_str());
        let gateways = self.gateways.iter().map(|it| it.id.as_str());
        let addresses = self.addresses.iter().map(|it| it.id.as_str());
        let nats = self.nats.iter().map(|it| it.id.as_str());
        let tables = self.tables.iter().map(|it| it.id.as_str());
        let groups = self.groups.iter().map(|it| it.id.as_str());
        vpcs.chain(subnets).chain(gateways).chain(addresses).chain(nats).chain(tables).chain(groups).collect()
    }

    /// Leaves out what was asked to go and is listed all the same, because the listing is older.
    pub fn without_gone(mut self, service: &Service) -> Self {
        let now = service.clock.now();
        let here = |id: &str| !service.lately.is_gone(id, now, service.settle);
        self.vpcs.retain(|it| here(&it.id));
        self.subnets.retain(|it| here(&it.id));
        self.gateways.retain(|it| here(&it.id));
        self.addresses.retain(|it| here(&it.id));
        self.tables.retain(|it| here(&it.id));
        self.groups.retain(|it| here(&it.id));
        self
    }
}

fn id(id: Option<&str>, wish: &Wish) -> Result<String> {
    id.map(String::from).ok_or_else(|| wish.strange("an object without an id was listed"))
}

fn object(tags: &Tags) -> String {
    tags.get(OBJECT).cloned().unwrap_or_default()
}

/// The scope's networks; and whose a network of that name is that is not the scope's.
pub(super) async fn vpcs(client: &Client, scope: &Scope, wish: &Wish) -> Result<(Vec<Vpc>, Option<String>)> {
    // By any tag of these values: our own bear the site's name, one that somebody made by hand perhaps ours as its name.
    let by_hand = format!("{}/{OWN}", scope.name);
    let call = client.describe_vpcs().filters(filter("tag-value", &[&scope.name, &by_hand]));
    let listed = call.into_paginator().items().send().collect::<std::result::Result<Vec<_>, _>>().await.told(wish)?;
    let (mut own, mut stranger) = (Vec::new(), None);
    for vpc in listed {
        let (id, tags) = (id(vpc.vpc_id(), wish)?, read(vpc.tags()));
        let named = tags.get(mark::SITE) == Some(&scope.name) || tags.get("Name") == Some(&by_hand);
        match mark::stranger(&tags, scope) {
            None => own.push(Vpc { id, tags }),
            Some(whose) if named => stranger = Some(format!("VPC {id}: {whose}")),
            Some(_) => {}
        }
    }
    Ok((own, stranger))
}

pub(super) async fn subnets(client: &Client, scope: &Scope, wish: &Wish) -> Result<Vec<Subnet>> {
    let call = client.describe_subnets().set_filters(Some(ours(scope)));
    let listed = call.into_paginator().items().send().collect::<std::result::Result<Vec<_>, _>>().await.told(wish)?;
    let subnet = |it: aws_sdk_ec2::types::Subnet| {
        let (vpc, cidr) = (it.vpc_id().unwrap_or_default().into(), it.cidr_block().unwrap_or_default().into());
        Ok(Subnet { id: id(it.subnet_id(), wish)?, object: object(&read(it.tags())), vpc, cidr })
    };
    listed.into_iter().filter(|it| is_ours(it.tags(), scope)).map(subnet).collect()
}

async fn gateways(client: &Client, scope: &Scope, wish: &Wish) -> Result<Vec<Gateway>> {
    let call = client.describe_internet_gateways().set_filters(Some(ours(scope)));
    let listed = call.into_paginator().items().send().collect::<std::result::Result<Vec<_>, _>>().await.told(wish)?;
    let gateway = |it: aws_sdk_ec2::types::InternetGateway| {
        let vpc = it.attachments().first().and_then(|attached| attached.vpc_id()).map(String::from);
        Ok(Gateway { id: id(it.internet_gateway_id(), wish)?, vpc })
    };
    listed.into_iter().filter(|it| is_ours(it.tags(), scope)).map(gateway).collect()
}

async fn addresses(client: &Client, scope: &Scope, wish: &Wish) -> Result<Vec<Address>> {
    // This call has no pages: it answers all of them.
    let listed = client.describe_addresses().set_filters(Some(ours(scope))).send().await.told(wish)?;
    let address = |it: &aws_sdk_ec2::types::Address| {
        let used = it.association_id().is_some();
        Ok(Address { id: id(it.allocation_id(), wish)?, object: object(&read(it.tags())), used })
    };
    listed.addresses().iter().filter(|it| is_ours(it.tags(), scope)).map(address).collect()
}

pub(super) async fn nats(client: &Client, scope: &Scope, wish: &Wish) -> Result<Vec<Nat>> {
    let call = client.describe_nat_gateways().set_filter(Some(ours(scope)));
    let listed = call.into_paginator().items().send().collect::<std::result::Result<Vec<_>, _>>().await.told(wish)?;
    let listed = listed.into_iter().filter(|it| is_ours(it.tags(), scope));
    let nat = |it: aws_sdk_ec2::types::NatGateway| {
        let state = match it.state() {
            Some(NatGatewayState::Available) => NatState::Available,
            Some(NatGatewayState::Deleting) => NatState::Deleting,
            Some(NatGatewayState::Deleted | NatGatewayState::Failed) => NatState::Dead,
            Some(_) | None => NatState::Pending,
        };
        Ok(Nat { id: id(it.nat_gateway_id(), wish)?, object: object(&read(it.tags())), state })
    };
    listed.map(nat).collect()
}

async fn tables(client: &Client, scope: &Scope, wish: &Wish) -> Result<Vec<Table>> {
    let call = client.describe_route_tables().set_filters(Some(ours(scope)));
    let listed = call.into_paginator().items().send().collect::<std::result::Result<Vec<_>, _>>().await.told(wish)?;
    listed.iter().filter(|it| is_ours(it.tags(), scope)).map(|it| table(it, wish)).collect()
}

fn table(it: &RouteTable, wish: &Wish) -> Result<Table> {
    let outward = it.routes().iter().find(|route| route.destination_cidr_block() == Some(WORLD));
    let way_out = outward.and_then(|route| route.gateway_id().or(route.nat_gateway_id())).map(String::from);
    let pair = |a: &aws_sdk_ec2::types::RouteTableAssociation| {
        Some((a.subnet_id()?.to_owned(), a.route_table_association_id()?.to_owned()))
    };
    let subnets = it.associations().iter().filter_map(pair).collect();
    let vpc = it.vpc_id().unwrap_or_default().into();
    Ok(Table { id: id(it.route_table_id(), wish)?, object: object(&read(it.tags())), vpc, way_out, subnets })
}

pub(super) async fn groups(client: &Client, scope: &Scope, wish: &Wish) -> Result<Vec<Group>> {
    let call = client.describe_security_groups().set_filters(Some(ours(scope)));
    let listed = call.into_paginator().items().send().collect::<std::result::Result<Vec<_>, _>>().await.told(wish)?;
    listed.iter().filter(|it| is_ours(it.tags(), scope)).map(|it| group(it, wish)).collect()
}

fn group(it: &SecurityGroup, wish: &Wish) -> Result<Group> {
    let vpc = it.vpc_id().unwrap_or_default().into();
    let rules = it.ip_permissions().iter().flat_map(rules).collect();
    Ok(Group { id: id(it.group_id(), wish)?, object: object(&read(it.tags())), vpc, rules })
}

/// The service lists rules of equal ports together.
fn rules(permission: &IpPermission) -> Vec<Rule> {
    let ports = (permission.from_port().unwrap_or(-1), permission.to_port().unwrap_or(-1));
    let rule = |from| Rule { protocol: permission.ip_protocol().unwrap_or_default().into(), ports, from };
    let four = permission.ip_ranges().iter().filter_map(|it| Some(Source::Addresses(it.cidr_ip()?.into())));
    let six = permission.ipv6_ranges().iter().filter_map(|it| Some(Source::Addresses6(it.cidr_ipv6()?.into())));
    let groups = permission.user_id_group_pairs().iter().filter_map(|it| Some(Source::Group(it.group_id()?.into())));
    let lists = permission.prefix_list_ids().iter().filter_map(|it| Some(Source::List(it.prefix_list_id()?.into())));
    four.chain(six).chain(groups).chain(lists).map(rule).collect()
}
