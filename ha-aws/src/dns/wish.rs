//! What it takes to make a name answer as its spec says, and to make it answer nothing.

use super::{
    Records,
    answers::{self, Crew, Eye},
    marker::Marker,
    record::{Place, batch, records as wanted, removal, stands},
    zone::{self, Listed, Zone, Zones, list, made_for, markers, under},
};
use crate::{
    balancer::{REMOVING, balancer_name, seen::Seen},
    error::{Told, Wish},
};
use aws_sdk_route53::types::{ChangeBatch, ChangeStatus, ResourceRecordSet};
use aws_smithy_types::error::operation::BuildError;
use futures_util::future::join;
use ha_core::{
    backend::{Kind, Result, Scope, spec::RecordSet},
    name::{BalancerName, DnsName, PoolName},
    topology::{Endpoint, RecordKind},
};
use std::collections::BTreeMap;

impl Records {
    pub(super) async fn make(&self, scope: &Scope, set: &RecordSet, wish: &Wish) -> Result<()> {
        let (listed, balancers) = join(self.known(scope, wish), self.known_balancers(scope, wish)).await;
        let (listed, balancers) = (listed?, balancers?);
        let (name, zones) = (set.name.as_str(), &listed.zones);
        let there = listed.of(name);
        match &there {
            Some((_, all)) => is_free(scope, name, all, wish)?,
            None => {
                if let Some(whose) = made_for(name).and_then(|domain| zones.stranger(domain)) {
                    return Err(wish.refuse(Kind::Conflict(whose.into())));
                }
            }
        }
        let mut places = places(scope, set, &balancers, wish)?;
        let crew = self.crew(scope, set, wish).await?;
        let (zone, all) = match there {
            Some(there) => there,
            None => self.zone_for(scope, name, wish).await?,
        };
        let known = markers(&all).map(|(_, marker)| marker).find(|marker| marker.set.name == set.name);
        let mut eyes = Vec::new();
        if let Some((pool, crew)) = &crew {
            eyes = self.watched(scope, (&zone, set, known.is_some()), crew, wish).await?;
            places.insert(Endpoint::Pool(pool.clone()), crew.place(&eyes));
        }
        let (under, wanted) = (under(&all, name), wanted(set, &places));
        if !known.is_some_and(|marker| marker.set == *set) || !stands(&under, &wanted) {
            let marker = Marker::new(scope, set, self.service.clock.now());
            self.change(&zone, batch(&under, &wanted, &marker), Some(&marker), wish).await?;
        }
        match crew {
            Some((pool, _)) => {
                let idle = places.get(&Endpoint::Pool(pool)).map(|place| answers::idle(&eyes, place));
                answers::close(&self.client, idle.unwrap_or_default(), wish).await
            }
            None => Ok(()),
        }
    }

    /// The zones for a wish: what was listed a moment ago does.
    async fn known(&self, scope: &Scope, wish: &Wish) -> Result<Listed> {
        match self.service.shelves.names.recent(scope, self.service.clock.now()) {
            Some(listed) => Ok(listed),
            None => list(&self.service, scope, wish, true).await.map(|(listed, _)| listed),
        }
    }

    async fn known_balancers(&self, scope: &Scope, wish: &Wish) -> Result<Seen> {
        match self.service.shelves.places.recent(scope, self.service.clock.now()) {
            Some(albs) => Ok(Seen { albs, ..Seen::default() }),
            None => self.balancers.look(scope, &[], wish).await,
        }
    }

    /// The zone that another wish made meanwhile, or a new one.
    async fn zone_for(&self, scope: &Scope, name: &str, wish: &Wish) -> Result<(Zone, Vec<ResourceRecordSet>)> {
        let _one_at_a_time = self.making.lock().await;
        if let Some(there) = self.known(scope, wish).await?.of(name) {
            return Ok(there);
        }
        let zone = self.make_zone(scope, name, wish).await?;
        self.service.shelves.names.change(scope, |listed| listed.add(&zone));
        self.service.shelves.zones.add(scope, (zone.id.clone(), zone.name.clone()));
        Ok((zone, Vec::new()))
    }

    /// The pool that answers in turn, if one does.
    async fn crew(&self, scope: &Scope, set: &RecordSet, wish: &Wish) -> Result<Option<(PoolName, Crew)>> {
        let RecordKind::RoundRobin { to } = &set.kind else { return Ok(None) };
        let crew = answers::crew(&self.balancers, scope, to, wish).await?;
        let crew = crew.ok_or_else(|| wish.not_ready(format!("there is no pool {to}")))?;
        crew.fits(to, wish)?;
        Ok(Some((to.clone(), crew)))
    }

    /// Lets somebody look at each address; answers all who do. A marker stands first: whoever goes on after a crash sees
    /// by it that somebody looks.
    async fn watched(
        &self,
        scope: &Scope,
        (zone, set, marked): (&Zone, &RecordSet, bool),
        crew: &Crew,
        wish: &Wish,
    ) -> Result<Vec<Eye>> {
        let mut eyes =
            answers::eyes(&self.client, scope, &[&set.name], wish).await?.remove(&set.name).unwrap_or_default();
        let missing = crew.unwatched(&eyes);
        if missing.is_empty() {
            return Ok(eyes);
        }
        let now = self.service.clock.now();
        if !marked {
            let marker = Marker::new(scope, set, now);
            self.change(zone, batch(&[], &[], &marker), Some(&marker), wish).await?;
        }
        let when = (now, self.service.settle);
        eyes.extend(answers::watch(&self.client, (scope, &set.name), (crew, missing), when, wish).await?);
        Ok(eyes)
    }

    async fn make_zone(&self, scope: &Scope, name: &str, wish: &Wish) -> Result<Zone> {
        let unclear = || wish.refuse(Kind::Rejected(format!("name the hosted zone of {name} in the provider file")));
        let domain = made_for(name).ok_or_else(unclear)?;
        let when = (self.service.clock.now(), self.service.settle);
        zone::make(&self.client, scope, domain, when, wish).await
    }

    async fn change(
        &self,
        zone: &Zone,
        batch: std::result::Result<ChangeBatch, BuildError>,
        marker: Option<&Marker>,
        wish: &Wish,
    ) -> Result<()> {
        let batch = batch.map_err(|error| wish.refuse(Kind::Rejected(error.to_string())))?;
        let call = self.client.change_resource_record_sets().hosted_zone_id(&zone.id).change_batch(batch);
        let answer = call.send().await.told(wish);
        self.service.shelves.names.forget();
        let answer = answer?;
        if let (Some(marker), Some(change)) = (marker, answer.change_info()) {
            let pending = (*change.status() != ChangeStatus::Insync).then(|| change.id().to_owned());
            self.changes().insert(marker.set.name.clone(), (marker.at, pending));
        }
        Ok(())
    }

    /// Removes the name, and its zone if we made it and nothing else stands in it.
    pub(super) async fn take_down(&self, scope: &Scope, name: &DnsName, wish: &Wish) -> Result<()> {
        let zones = Zones::read(&self.client, scope, &self.service.provider, wish).await?;
        let Some(zone) = zones.of(name.as_str()) else { return Ok(()) };
        let all = zone::records(&self.client, (&zone.id, &zone.name), wish).await?;
        let own = markers(&all).find(|(_, marker)| marker.set.name == *name && marker.stranger(scope).is_none());
        let mut left = all.len();
        if let Some((text, marker)) = own {
            let mut going = under(&all, name.as_str());
            left -= going.len() + 1;
            if matches!(marker.set.kind, RecordKind::RoundRobin { .. }) {
                // The marker goes last: by it a later process sees that somebody still looks.
                if !going.is_empty() {
                    self.change(zone, removal(&going), None, wish).await?;
                }
                let eyes = answers::eyes(&self.client, scope, &[name], wish).await?.remove(name).unwrap_or_default();
                answers::close(&self.client, eyes.iter().collect(), wish).await?;
                going.clear();
            }
            going.push(text);
            self.change(zone, removal(&going), None, wish).await?;
            self.changes().remove(name);
        }
        let done = if zone.own && left == 0 { zone::remove(&self.client, zone, wish).await } else { Ok(()) };
        self.service.shelves.names.forget();
        done
    }
}

/// Refuses a name under which somebody else's records stand.
fn is_free(scope: &Scope, name: &str, all: &[ResourceRecordSet], wish: &Wish) -> Result<()> {
    let conflict = |whose: String| Err(wish.refuse(Kind::Conflict(format!("record {name}: {whose}"))));
    match markers(all).find(|(_, marker)| marker.set.name.as_str() == name) {
        Some((_, marker)) => marker.stranger(scope).map_or(Ok(()), conflict),
        None if under(all, name).is_empty() => Ok(()),
        None => conflict("it bears no site's mark: somebody else made it".into()),
    }
}

/// Where the endpoints of a set answer; one that is not there refuses the wish.
fn places(scope: &Scope, set: &RecordSet, balancers: &Seen, wish: &Wish) -> Result<BTreeMap<Endpoint, Place>> {
    let place = |endpoint: Endpoint| match &endpoint {
        Endpoint::Balancer(balancer) => {
            let place = place_of(scope, balancer, balancers);
            let place = place.ok_or_else(|| wish.not_ready(format!("there is no balancer {balancer}")))?;
            Ok((endpoint, place))
        }
        Endpoint::Pool(pool) => Err(wish.refuse(Kind::Rejected(format!("AWS answers with pool {pool} in turn only")))),
    };
    match &set.kind {
        RecordKind::RoundRobin { .. } => Ok(BTreeMap::new()),
        kind @ (RecordKind::Alias { .. } | RecordKind::Weighted { .. } | RecordKind::Failover { .. }) => {
            kind.endpoints().into_iter().map(place).collect()
        }
    }
}

/// Where a balancer answers, unless it is on its way out.
pub(super) fn place_of(scope: &Scope, balancer: &BalancerName, seen: &Seen) -> Option<Place> {
    let name = balancer_name(scope, balancer);
    let alb = seen.albs.iter().find(|it| it.name == name && !it.tags.contains_key(REMOVING))?;
    let (dns, zone) = alb.dns.clone();
    Some(Place::Balancer { dns, zone })
}
