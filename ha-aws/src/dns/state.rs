//! The state of a site's names, from what stands in its zones.

use super::{
    Records,
    answers::{self, Eye},
    marker::Marker,
    record::{Place, records as wanted, stands},
    wish::place_of,
    zone::{Listed, Zone, list, markers, under},
};
use crate::{
    balancer::{
        balancer_name,
        seen::{Life, Seen},
    },
    error::{Told, Wish},
    pool::EVERYWHERE,
};
use aws_sdk_route53::types::{ChangeStatus, ResourceRecordSet};
use futures_util::future::join;
use ha_core::{
    backend::{
        Result, Scope,
        spec::RecordSet,
        state::{Phase, Reading, RecordState},
    },
    name::DnsName,
    time::Timestamp,
    topology::{Endpoint, RecordKind},
};
use std::collections::BTreeMap;

/// What a name rests on.
struct Ground {
    /// Where its endpoints answer.
    places: BTreeMap<Endpoint, Place>,
    alive: Vec<(Endpoint, bool)>,
    /// Whether somebody looks at each address, and at nothing else.
    whole: bool,
}

impl Records {
    pub(super) async fn states(&self, scope: &Scope, wish: &Wish) -> Result<Reading<Vec<RecordState>>> {
        let (now, shelves) = (self.service.clock.now(), &self.service.shelves);
        let listed = async {
            match shelves.names.show(scope, now) {
                Some(ahead) => Ok(ahead),
                None => list(&self.service, scope, wish, true).await,
            }
        };
        let balancers = async {
            match shelves.places.recent(scope, now) {
                Some(albs) => Ok(Seen { albs, ..Seen::default() }),
                None => self.balancers.albs_of(scope, wish).await,
            }
        };
        let (listed, balancers) = join(listed, balancers).await;
        let ((Listed { all: zones, .. }, at), balancers) = (listed?, balancers?);
        let own: Vec<(Marker, &[ResourceRecordSet])> = zones
            .iter()
            .flat_map(|(_, all)| markers(all).map(|(_, marker)| (marker, all.as_slice())))
            .filter(|(marker, _)| marker.stranger(scope).is_none())
            .collect();
        let eyes = self.eyes(scope, &own, wish).await?;
        let mut states = Vec::new();
        for (marker, all) in &own {
            let looking = eyes.get(&marker.set.name).map(Vec::as_slice).unwrap_or_default();
            let ground = self.ground(scope, marker, (&balancers, looking), wish).await?;
            states.push(self.state(marker, all, ground, wish).await?);
        }
        for (zone, _) in zones.iter().filter(|(zone, all)| zone.own && all.is_empty()) {
            states.push(answers_nothing(zone, self.since.of(&zone.id, (), None, at)));
        }
        states.sort_by(|a, b| a.set.name.cmp(&b.set.name));
        Ok(Reading { state: states, at })
    }

    /// The health checks of the names that answer in turn.
    async fn eyes<'a>(
        &self,
        scope: &Scope,
        own: &'a [(Marker, &[ResourceRecordSet])],
        wish: &Wish,
    ) -> Result<BTreeMap<&'a DnsName, Vec<Eye>>> {
        let in_turn = |set: &RecordSet| matches!(set.kind, RecordKind::RoundRobin { .. });
        let names: Vec<&DnsName> =
            own.iter().map(|(it, _)| &it.set).filter(|it| in_turn(it)).map(|it| &it.name).collect();
        match names.is_empty() {
            true => Ok(BTreeMap::new()),
            false => answers::eyes(&self.client, scope, &names, wish).await,
        }
    }

    /// What a name rests on, as it is now.
    async fn ground(
        &self,
        scope: &Scope,
        marker: &Marker,
        (balancers, eyes): (&Seen, &[Eye]),
        wish: &Wish,
    ) -> Result<Ground> {
        let mut ground = Ground { places: BTreeMap::new(), alive: Vec::new(), whole: true };
        for endpoint in marker.set.kind.endpoints() {
            let (place, alive) = match &endpoint {
                Endpoint::Balancer(name) => {
                    let own = balancer_name(scope, name);
                    let works = balancers.albs.iter().any(|it| it.name == own && it.life == Life::Works);
                    (place_of(scope, name, balancers), works)
                }
                Endpoint::Pool(name) => {
                    let crew = answers::crew(&self.balancers, scope, name, wish).await?;
                    let place = crew.as_ref().map(|crew| crew.place(eyes));
                    let watched = crew.as_ref().is_some_and(|crew| crew.unwatched(eyes).is_empty());
                    ground.whole &=
                        watched && place.as_ref().is_some_and(|place| answers::idle(eyes, place).is_empty());
                    (place, crew.is_some_and(|crew| !crew.addresses.is_empty()))
                }
            };
            ground.places.extend(place.map(|place| (endpoint.clone(), place)));
            ground.alive.push((endpoint, alive));
        }
        Ok(ground)
    }

    async fn state(
        &self,
        marker: &Marker,
        all: &[ResourceRecordSet],
        ground: Ground,
        wish: &Wish,
    ) -> Result<RecordState> {
        let wanted = wanted(&marker.set, &ground.places);
        let as_asked = ground.whole && !wanted.is_empty() && stands(&under(all, marker.set.name.as_str()), &wanted);
        let phase = match as_asked {
            false => Phase::Broken,
            true if self.is_everywhere(marker, self.service.clock.now(), wish).await? => Phase::Active,
            true => Phase::Pending,
        };
        Ok(RecordState { set: marker.set.clone(), phase, since: marker.at, answers: ground.alive })
    }

    /// Whether the last change of a name has reached all of the service's servers.
    async fn is_everywhere(&self, marker: &Marker, now: Timestamp, wish: &Wish) -> Result<bool> {
        let known = self.changes().get(&marker.set.name).filter(|(at, _)| *at == marker.at).cloned();
        match known {
            Some((_, None)) => Ok(true),
            Some((at, Some(id))) => {
                let answer = self.client.get_change().id(id).send().await.told(wish)?;
                let there = answer.change_info().is_none_or(|change| *change.status() == ChangeStatus::Insync);
                if there {
                    self.changes().insert(marker.set.name.clone(), (at, None));
                }
                Ok(there)
            }
            // Another process made it, and took the change's id with it.
            None => Ok(now.since(marker.at) >= EVERYWHERE.min(self.service.settle)),
        }
    }
}

/// A zone that we made and in which nothing stands: what was begun, or not yet ended, by somebody who is gone.
fn answers_nothing(zone: &Zone, since: Timestamp) -> RecordState {
    let kind = RecordKind::Weighted { answers: Vec::new() };
    let set = RecordSet { name: zone.name.as_str().into(), kind, ttl: EVERYWHERE };
    RecordState { set, phase: Phase::Broken, since, answers: Vec::new() }
}
