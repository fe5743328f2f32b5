//! The state of a site's names, from what stands in its zones.

use super::{
    Records,
    marker::Marker,
    record::{read, records as wanted},
    wish::place_of,
    zone::{self, Zone, Zones, markers, under},
};
use crate::{
    balancer::{
        balancer_name,
        seen::{Life, Seen},
    },
    concurrent::{self, Call},
    error::{Told, Wish},
};
use aws_sdk_route53::types::{ChangeStatus, ResourceRecordSet};
use futures_util::future::join;
use ha_core::{
    backend::{
        Result, Scope,
        spec::RecordSet,
        state::{Phase, Reading, RecordState},
    },
    time::Timestamp,
    topology::{Endpoint, RecordKind},
};
use std::time::Duration;

/// How long a change takes to be everywhere, by the developer guide: for changes that another process made.
const EVERYWHERE: Duration = Duration::from_secs(60);

/// A zone and everything in it.
type Read = (Zone, Vec<ResourceRecordSet>);

impl Records {
    pub(super) async fn states(&self, scope: &Scope, wish: &Wish) -> Result<Reading<Vec<RecordState>>> {
        let at = self.service.clock.now();
        let (zones, balancers) = join(self.zones(scope, wish), self.balancers.albs_of(scope, wish)).await;
        let (zones, balancers) = (zones?, balancers?);
        let mut states = Vec::new();
        for (zone, all) in &zones {
            let own = markers(all).filter(|(_, marker)| marker.stranger(scope).is_none());
            for (_, marker) in own {
                states.push(self.state(scope, marker, (all, &balancers), at, wish).await?);
            }
            if zone.own && all.is_empty() {
                states.push(answers_nothing(zone, self.since.of(&zone.id, (), None, at)));
            }
        }
        states.sort_by(|a, b| a.set.name.cmp(&b.set.name));
        Ok(Reading { state: states, at })
    }

    /// The zones of the scope, each with everything in it.
    pub(super) async fn zones(&self, scope: &Scope, wish: &Wish) -> Result<Vec<Read>> {
        let zones = Zones::read(&self.client, scope, &self.service.provider, wish).await?;
        let read = |zone: Zone| -> Call<'_, Read> {
            Box::pin(async move {
                let all = zone::records(&self.client, &zone, wish).await?;
                Ok((zone, all))
            })
        };
        concurrent::all(zones.usable.into_iter().map(read).collect()).await.into_iter().collect()
    }

    async fn state(
        &self,
        scope: &Scope,
        marker: Marker,
        (all, balancers): (&[ResourceRecordSet], &Seen),
        now: Timestamp,
        wish: &Wish,
    ) -> Result<RecordState> {
        let endpoints = marker.set.kind.endpoints();
        let places = endpoints.iter().filter_map(|endpoint| match endpoint {
            Endpoint::Balancer(name) => Some((endpoint.clone(), place_of(scope, name, balancers)?)),
            Endpoint::Pool(_) => None,
        });
        let wanted = wanted(&marker.set, &places.collect());
        let under = under(all, marker.set.name.as_str());
        let mut there: Vec<_> = under.iter().filter_map(|it| read(it)).collect();
        there.sort_by(|a, b| a.id().cmp(&b.id()));
        let phase = match there == wanted && under.len() == there.len() && !there.is_empty() {
            false => Phase::Broken,
            true if self.is_everywhere(&marker, now, wish).await? => Phase::Active,
            true => Phase::Pending,
        };
        let alive = |endpoint: &Endpoint| match endpoint {
            Endpoint::Balancer(name) => {
                let name = balancer_name(scope, name);
                balancers.albs.iter().any(|it| it.name == name && it.life == Life::Works)
            }
            Endpoint::Pool(_) => false,
        };
        let answers = endpoints.into_iter().map(|it| (it.clone(), alive(&it))).collect();
        Ok(RecordState { set: marker.set, phase, since: marker.at, answers })
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
