//! Sees what stands before the pools: balancers and names; and makes unmarked ones by hand.

use super::eyes::{Eyes, object};
use aws_sdk_route53::types::{
    Change, ChangeAction, ChangeBatch, HostedZone, ResourceRecord, ResourceRecordSet, ResourceRecordSetFailover, RrType,
};
use ha_core::{
    backend::{Resource, Scope},
    conformance::Object,
    name::{BalancerName, DnsName},
    topology::Endpoint,
};

/// Balancers and their target groups; listeners go with them.
pub async fn balancers(eyes: &Eyes) -> Vec<Object> {
    let elb = &eyes.elb;
    let listed = elb.describe_load_balancers().send().await.expect("load balancers are listed");
    let groups = elb.describe_target_groups().send().await.expect("target groups are listed");
    let albs =
        listed.load_balancers().iter().filter_map(|it| Some((it.load_balancer_arn()?, it.load_balancer_name()?)));
    let groups = groups.target_groups().iter().filter_map(|it| Some((it.target_group_arn()?, it.target_group_name()?)));
    let mut all = Vec::new();
    for (id, name) in albs.chain(groups) {
        let tags = elb.describe_tags().resource_arns(id).send().await.expect("tags are listed");
        let tags = tags.tag_descriptions().iter().flat_map(|it| it.tags());
        let pairs = tags.filter_map(|tag| Some((tag.key()?.to_owned(), tag.value()?.to_owned())));
        all.push(object(&pairs.collect::<Vec<_>>(), Resource::Balancer(name.into())));
    }
    all
}

/// Hosted zones, by their comment, and what stands in them, by the TXT record beside it.
pub async fn names(eyes: &Eyes) -> Vec<Object> {
    let checks = eyes.dns.list_health_checks().send().await.expect("health checks are listed").health_checks;
    // Their references hold a digest of the site, which only the site itself can read.
    let check = |_| Object { scope: None, what: Resource::Record("health check".into()) };
    let mut all: Vec<Object> = checks.iter().map(check).collect();
    for zone in zones(eyes).await {
        let said = zone.config().and_then(|config| config.comment()).unwrap_or_default();
        let pairs =
            said.split(' ').filter_map(|pair| pair.split_once('=')).map(|(key, value)| (key.into(), value.into()));
        all.push(object(&pairs.collect::<Vec<_>>(), Resource::Record(zone.name().into())));
        let listed = records(eyes, &zone).await;
        let own = |it: &&ResourceRecordSet| !matches!(it.r#type(), RrType::Ns | RrType::Soa);
        for it in listed.iter().filter(own) {
            let marker = format!("_ha.{}", it.name().trim_start_matches("_ha."));
            let text = listed.iter().find(|other| other.name() == marker && *other.r#type() == RrType::Txt);
            let text = text.and_then(|it| it.resource_records().first()).map(|it| it.value());
            let whose = text.and_then(|text| text.strip_prefix("\"ha ")?.split('"').next()?.split_once('#'));
            let scope = whose.map(|(name, id)| Scope { name: name.into(), id: id.into() });
            let name = format!("{} {} {}", it.name(), it.r#type().as_str(), it.set_identifier().unwrap_or_default());
            all.push(Object { scope, what: Resource::Record(name.into()) });
        }
    }
    all
}

async fn zones(eyes: &Eyes) -> Vec<HostedZone> {
    eyes.dns.list_hosted_zones().send().await.expect("hosted zones are listed").hosted_zones
}

async fn records(eyes: &Eyes, zone: &HostedZone) -> Vec<ResourceRecordSet> {
    let call = eyes.dns.list_resource_record_sets().hosted_zone_id(zone.id());
    call.send().await.expect("records are listed").resource_record_sets
}

/// A target group under the name of nobody's balancer, and the balancer over two of the network's subnets.
pub async fn plant_balancer(eyes: &Eyes, scope: &Scope, name: &BalancerName) -> Result<(), String> {
    let listed = eyes.ec2.describe_subnets().send().await.map_err(|error| format!("{error:?}"))?;
    let mut subnets: Vec<_> = listed.subnets().iter().filter(|it| it.tags().is_empty()).collect();
    subnets.sort_by_key(|it| it.availability_zone());
    let ids = subnets.iter().take(2).filter_map(|it| it.subnet_id().map(String::from)).collect();
    let call = eyes.elb.create_load_balancer().name(format!("{}-{name}", scope.name)).set_subnets(Some(ids));
    call.send().await.map(drop).map_err(|error| format!("{error:?}"))
}

/// A record in the zone of its domain.
pub async fn plant_record(eyes: &Eyes, name: &DnsName) -> Result<(), String> {
    let zones = zones(eyes).await;
    let inside = |zone: &&HostedZone| format!("{name}.").ends_with(zone.name());
    let zone = zones.iter().find(inside).ok_or_else(|| format!("{name} is in no zone"))?;
    let told = |error: aws_sdk_route53::error::BuildError| error.to_string();
    let value = ResourceRecord::builder().value("192.0.2.1").build().map_err(told)?;
    let set = ResourceRecordSet::builder().name(name.as_str()).r#type(RrType::A).ttl(60).resource_records(value);
    let change = Change::builder().action(ChangeAction::Create).resource_record_set(set.build().map_err(told)?);
    let batch = ChangeBatch::builder().changes(change.build().map_err(told)?).build().map_err(told)?;
    let call = eyes.dns.change_resource_record_sets().hosted_zone_id(zone.id()).change_batch(batch);
    call.send().await.map(drop).map_err(|error| format!("{error:?}"))
}

/// What a user finds who asks for a name: nobody answers here, so that the zone is read as the service's guide says.
/// Whether what a record stands for is alive is nowhere to be seen: the first of a failover is always taken.
pub async fn resolve(eyes: &Eyes, name: &DnsName, user: u32) -> Vec<Endpoint> {
    let mut sets = Vec::new();
    for zone in zones(eyes).await {
        let all = records(eyes, &zone).await;
        let under = |it: &ResourceRecordSet| it.name() == format!("{name}.") && *it.r#type() == RrType::A;
        sets.extend(all.into_iter().filter(under));
    }
    let weight = |it: &ResourceRecordSet| it.weight().map_or(1, |weight| u32::try_from(weight).unwrap_or(0));
    sets.retain(|it| !matches!(it.failover(), Some(ResourceRecordSetFailover::Secondary)));
    let total: u32 = sets.iter().map(weight).sum();
    // Every user another one: neighbours do not get the same answer.
    let mut drawn = if total == 0 { return Vec::new() } else { user % total };
    for set in &sets {
        if drawn < weight(set) {
            return alias(eyes, set).await.into_iter().collect();
        }
        drawn -= weight(set);
    }
    Vec::new()
}

async fn alias(eyes: &Eyes, set: &ResourceRecordSet) -> Option<Endpoint> {
    let dns = set.alias_target()?.dns_name().trim_end_matches('.').to_owned();
    let listed = eyes.elb.describe_load_balancers().send().await.expect("load balancers are listed");
    let found = listed.load_balancers().iter().find(|it| it.dns_name() == Some(&dns))?.load_balancer_name()?.to_owned();
    Some(Endpoint::Balancer(found.split_once('-')?.1.into()))
}
