//! Hosted zones: those that the provider file names, and those that we made.
//!
//! Zones have no tags when they are made; their comment, which is given with them, says whose they are.

use super::{marker, record::plain};
use crate::{
    concurrent::{self, Call},
    connect::Service,
    error::{Told, Wish},
    name::token,
    provider::Provider,
};
use aws_sdk_route53::{
    Client,
    types::{HostedZone, HostedZoneConfig, ResourceRecordSet, RrType},
};
use futures_util::future::join;
use ha_core::{
    backend::{Kind, Result, Scope},
    time::Timestamp,
};
use std::{collections::BTreeMap, time::Duration};

/// A zone in which records of this scope may stand.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Zone {
    pub id: String,
    pub name: String,
    /// Whether the scope made it.
    pub own: bool,
}

/// The zones of an account, as far as they matter to a scope.
#[derive(Clone, Debug, Default)]
pub(super) struct Zones {
    pub usable: Vec<Zone>,
    /// Others that are found from the world, and whose they are.
    others: Vec<(String, String)>,
}

/// What a zone's comment says that the scope made.
fn comment(scope: &Scope) -> String {
    format!("ha:site={} ha:id={}", scope.name, scope.id)
}

/// Whether a name is in a domain.
fn is_in(name: &str, domain: &str) -> bool {
    name == domain || name.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

/// The domain of the provider file that a name is in; of several the narrowest.
pub(super) fn given<'a>(provider: &'a Provider, name: &str) -> Option<&'a str> {
    let domains = provider.hosted_zones.keys().map(String::as_str).filter(|domain| is_in(name, domain));
    domains.max_by_key(|domain| domain.len())
}

/// The domain for which a zone is made: the last two labels, unless those may be a registry's own, as in `co.uk`.
pub(super) fn made_for(name: &str) -> Option<&str> {
    let mut dots = name.rmatch_indices('.').map(|(at, _)| at);
    let (last, before) = (dots.next()?, dots.next());
    let domain = &name[before.map_or(0, |at| at + 1)..];
    let (country, second) = (name.len() - last - 1 == 2, domain.len() - (name.len() - last));
    (before.is_none() || !country || second > 3).then_some(domain)
}

/// A zone's id and its domain.
type Place = (String, String);

/// What is listed of a site's names: the zones, and everything in each that may be used.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub(super) zones: Zones,
    pub(super) all: Vec<(Zone, Vec<ResourceRecordSet>)>,
}

impl Listed {
    /// The zone in which a name stands, and everything in it.
    pub(super) fn of(&self, name: &str) -> Option<(Zone, Vec<ResourceRecordSet>)> {
        let zone = self.zones.of(name)?;
        self.all.iter().find(|(own, _)| own.id == zone.id).cloned()
    }

    /// The same with a zone that was just made.
    pub(super) fn add(&mut self, zone: &Zone) {
        self.zones.usable.push(zone.clone());
        self.all.push((zone.clone(), Vec::new()));
    }
}

/// Lists it; `shown` to the port itself, or ahead.
pub(crate) async fn list(service: &Service, scope: &Scope, wish: &Wish, shown: bool) -> Result<(Listed, Timestamp)> {
    let client = Client::new(&service.config);
    let now = service.clock.now();
    let begun = service.shelves.names.begin(now);
    // Most are there again: what stands in them is asked at the same time as which there are.
    let expected: Vec<Place> = service.shelves.zones.of(scope);
    let zones = Zones::read(&client, scope, &service.provider, wish);
    let (zones, ahead) = join(zones, contents(&client, expected, wish)).await;
    // Where one of them is gone, nothing was told of the others.
    let (zones, mut all) = (zones?, ahead.unwrap_or_default());
    let place = |zone: &Zone| (zone.id.clone(), zone.name.clone());
    let others = zones.usable.iter().map(place).filter(|place| !all.contains_key(place)).collect();
    all.extend(contents(&client, others, wish).await?);
    service.shelves.zones.are(scope, zones.usable.iter().map(place));
    let all = zones.usable.iter().map(|zone| (zone.clone(), all.remove(&place(zone)).unwrap_or_default())).collect();
    let listed = Listed { zones, all };
    service.shelves.names.keep(scope, begun, listed.clone(), shown);
    Ok((listed, now))
}

/// What stands in each of these zones.
async fn contents(client: &Client, places: Vec<Place>, wish: &Wish) -> Result<BTreeMap<Place, Vec<ResourceRecordSet>>> {
    let read = |place: Place| -> Call<'_, (Place, Vec<ResourceRecordSet>)> {
        Box::pin(async move {
            let all = records(client, (&place.0, &place.1), wish).await?;
            Ok((place, all))
        })
    };
    concurrent::all(places.into_iter().map(read).collect()).await.into_iter().collect()
}

impl Zones {
    /// All zones of the account that matter to this scope.
    pub async fn read(client: &Client, scope: &Scope, provider: &Provider, wish: &Wish) -> Result<Self> {
        let mut zones = Self::default();
        let mut pages = client.list_hosted_zones().into_paginator().items().send();
        while let Some(it) = pages.next().await {
            zones.add(&it.told(wish)?, scope, provider);
        }
        // The older of two that two controllers made at once is the one.
        zones.usable.sort_by(|a, b| (a.own, &a.id).cmp(&(b.own, &b.id)));
        Ok(zones)
    }

    fn add(&mut self, it: &HostedZone, scope: &Scope, provider: &Provider) {
        let id = it.id().trim_start_matches("/hostedzone/").to_owned();
        let (name, said) = (plain(it.name()), it.config().and_then(|config| config.comment()).unwrap_or_default());
        if it.config().is_some_and(|config| config.private_zone()) {
            return;
        }
        let named =
            provider.hosted_zones.get(&name).is_some_and(|given| given.trim_start_matches("/hostedzone/") == id);
        let own = said == comment(scope);
        if own || named {
            self.usable.push(Zone { id, name, own });
        } else if said.starts_with("ha:site=") {
            self.others.push((name, format!("hosted zone {id} was made by another site ({said})")));
        } else {
            let fix = format!("to use it, name it in the provider file: [hosted_zones] {name:?} = {id:?}");
            self.others.push((name, format!("hosted zone {id} is there and bears no site's mark; {fix}")));
        }
    }

    /// The zone in which a name stands: the narrowest.
    pub fn of(&self, name: &str) -> Option<&Zone> {
        let within = self.usable.iter().filter(|zone| is_in(name, &zone.name));
        within.rev().max_by_key(|zone| zone.name.len())
    }

    /// Whose the zone of this domain is, if it is there and is not to be touched.
    pub fn stranger(&self, domain: &str) -> Option<&str> {
        self.others.iter().find(|(name, _)| name == domain).map(|(_, whose)| whose.as_str())
    }
}

/// Makes a zone. The same within `settle` is the same call: a zone that was made and is not yet listed is not made again.
pub(super) async fn make(
    client: &Client,
    scope: &Scope,
    domain: &str,
    (now, settle): (Timestamp, Duration),
    wish: &Wish,
) -> Result<Zone> {
    let window = now.0 / u64::try_from(settle.as_nanos()).unwrap_or(u64::MAX).max(1);
    let reference = token(&[&scope.name, &scope.id, domain, &window.to_string()]);
    let config = HostedZoneConfig::builder().comment(comment(scope)).build();
    let call = client.create_hosted_zone().name(domain).caller_reference(reference).hosted_zone_config(config);
    let made = call.send().await.told(wish)?;
    let zone = made.hosted_zone.ok_or_else(|| wish.strange("a hosted zone was made, and it is not said which"))?;
    let id = zone.id().trim_start_matches("/hostedzone/").to_owned();
    Ok(Zone { id, name: domain.into(), own: true })
}

/// Everything that stands in a zone, but what the service itself needs there.
pub(super) async fn records(
    client: &Client,
    (id, domain): (&str, &str),
    wish: &Wish,
) -> Result<Vec<ResourceRecordSet>> {
    let mut all = Vec::new();
    let mut call = client.list_resource_record_sets().hosted_zone_id(id);
    loop {
        let page = call.clone().send().await.told(wish)?;
        all.extend(page.resource_record_sets);
        if !page.is_truncated {
            break;
        }
        call = call.set_start_record_name(page.next_record_name).set_start_record_type(page.next_record_type);
        call = call.set_start_record_identifier(page.next_record_identifier);
    }
    let needed = |it: &ResourceRecordSet| plain(it.name()) == domain && matches!(it.r#type(), RrType::Ns | RrType::Soa);
    all.retain(|it| !needed(it));
    Ok(all)
}

/// The records under a name that answer with addresses.
pub(super) fn under<'a>(all: &'a [ResourceRecordSet], name: &str) -> Vec<&'a ResourceRecordSet> {
    let answers = |it: &&ResourceRecordSet| matches!(it.r#type(), RrType::A | RrType::Aaaa | RrType::Cname);
    all.iter().filter(answers).filter(|it| plain(it.name()) == name).collect()
}

/// The markers in a zone, each with its record.
pub(super) fn markers(all: &[ResourceRecordSet]) -> impl Iterator<Item = (&ResourceRecordSet, marker::Marker)> {
    let txt = all.iter().filter(|it| *it.r#type() == RrType::Txt);
    txt.filter_map(|it| {
        let name = plain(it.name());
        let read = marker::Marker::read(it.resource_records().first()?.value())?;
        (marker::named(&name)? == read.set.name.as_str()).then_some((it, read))
    })
}

/// Removes a zone that the scope made and in which nothing stands.
pub(super) async fn remove(client: &Client, zone: &Zone, wish: &Wish) -> Result<()> {
    let done = client.delete_hosted_zone().id(&zone.id).send().await.map(drop).told(wish);
    match crate::error::accept_gone(done) {
        // Somebody has written something in it since it was looked at.
        Err(error) if matches!(error.kind(), Kind::NotReady(_)) => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_made_for_a_domain_that_can_be_yours() {
        for (name, domain) in [
            ("shop.example", Some("shop.example")),
            ("www.shop.example", Some("shop.example")),
            ("shop.co.uk", None),
            ("www.shop.de", Some("shop.de")),
            ("www.abc.de", None),
            ("abc.de", Some("abc.de")),
            ("example", None),
        ] {
            assert_eq!(made_for(name), domain, "{name}");
        }
    }

    #[test]
    fn a_name_stands_in_the_narrowest_zone() {
        let mut provider = Provider::new("eu-central-1");
        for domain in ["shop.example", "eu.shop.example", "op.example"] {
            provider.hosted_zones.insert(domain.into(), "Z1".into());
        }
        let found = ["www.eu.shop.example", "eushop.example", "shop.example"].map(|name| given(&provider, name));
        assert_eq!(found, [Some("eu.shop.example"), None, Some("shop.example")]);
    }
}
