//! What pools and balancers stand on: the network's subnets and security groups.

use super::{
    act::make_group,
    seen::{self, Group, Subnet, Vpc},
    steps::{Side, group, subnet},
};
use crate::{connect::Service, error::Wish, mark};
use aws_sdk_ec2::Client;
use futures_util::future::join3;
use ha_core::{
    backend::{Result, Scope, spec::NetworkSpec},
    name::ZoneName,
    topology::Exposure,
};

/// What stands on a network sees of it.
#[derive(Clone, Debug)]
pub(crate) struct Footing {
    pub vpc: String,
    pub spec: NetworkSpec,
    subnets: Vec<Subnet>,
    groups: Vec<Group>,
}

impl Footing {
    /// The scope's network, if it has one.
    pub async fn read((client, service): (&Client, &Service), scope: &Scope, wish: &Wish) -> Result<Option<Self>> {
        if let Some(seen) = service.shelves.network.recent(scope, service.clock.now()) {
            let seen = seen.without_gone(service);
            return Self::of(seen.vpcs, (seen.subnets, seen.groups), wish);
        }
        let (vpcs, subnets, groups) = join3(
            seen::vpcs(client, scope, wish),
            seen::subnets(client, scope, wish),
            seen::groups(client, scope, wish),
        )
        .await;
        Self::of(vpcs?.0, (subnets?, groups?), wish)
    }

    fn of(mut vpcs: Vec<Vpc>, (subnets, groups): (Vec<Subnet>, Vec<Group>), wish: &Wish) -> Result<Option<Self>> {
        vpcs.sort_by(|a, b| a.id.cmp(&b.id));
        let Some(vpc) = vpcs.into_iter().next() else { return Ok(None) };
        let spec = mark::spec(&vpc.tags).map_err(|why| wish.not_ready(format!("VPC {}: {why}", vpc.id)))?;
        Ok(Some(Self { vpc: vpc.id, spec, subnets, groups }))
    }

    /// The subnet of this side of a zone.
    pub fn subnet(&self, side: Side, zone: &ZoneName) -> Option<&str> {
        let object = subnet(side, zone);
        self.subnets.iter().find(|it| it.vpc == self.vpc && it.object == object).map(|it| it.id.as_str())
    }

    /// The side on which instances stand.
    pub fn instances(&self) -> Side {
        match self.spec.instances {
            Exposure::Private => Side::Private,
            Exposure::Public => Side::Public,
        }
    }

    /// The security group of this object.
    pub fn group(&self, object: &str) -> Option<&str> {
        self.groups.iter().find(|it| it.vpc == self.vpc && it.object == object).map(|it| it.id.as_str())
    }

    /// Whether the network's own spec has a rule for this object.
    pub fn names(&self, object: &str) -> bool {
        let parties = self.spec.allow.iter().flat_map(|rule| [&rule.from, &rule.to]);
        parties.filter_map(group).any(|named| named == object)
    }

    /// The security group of an object: the network makes it where somebody may talk to the object, else it is made here.
    pub async fn security_group(
        &self,
        (client, service): (&Client, &Service),
        scope: &Scope,
        object: &str,
        wish: &Wish,
    ) -> Result<String> {
        if let Some(id) = self.group(object) {
            return Ok(id.into());
        }
        let id = make_group(client, scope, (&self.vpc, object), wish).await?;
        service.lately.made(scope, &id, service.clock.now());
        let made = Group { id: id.clone(), object: object.into(), vpc: self.vpc.clone(), rules: Default::default() };
        service.shelves.network.change(scope, |seen| seen.groups.push(made));
        Ok(id)
    }
}
