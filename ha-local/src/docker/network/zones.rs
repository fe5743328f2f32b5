//! What befalls whole zones: no power, a closed border, no room.

use super::rules;
use crate::docker::{
    Docker,
    engine::{Part, Seen, Standing, Trouble},
    state::{Tables, ZoneRow, key},
};
use futures_util::future::try_join_all;
use ha_core::{
    backend::{Kind, Scope},
    name::{InstanceId, ZoneName},
};
use std::{collections::BTreeMap, net::Ipv4Addr};

impl Docker {
    /// Takes the power from a zone, or gives it back: what runs there ends at once, and nothing is launched there.
    pub async fn power(&self, scope: &Scope, zone: &ZoneName, on: bool) -> Result<(), Trouble> {
        self.befall(scope, zone, move |row| row.dark = !on).await?;
        if on {
            return Ok(());
        }
        let running = self.running_in(scope, zone).await?;
        // First what holds their places on the network: who loses power says nothing any more, not even that he is gone.
        let (places, others): (Vec<_>, Vec<_>) = running.iter().partition(|(seen, _)| is_holder(seen));
        try_join_all(places.iter().map(|(seen, _)| self.engine.kill(&seen.id))).await?;
        try_join_all(others.iter().map(|(seen, _)| self.engine.kill(&seen.id))).await?;
        self.poke();
        Ok(())
    }

    /// Closes the border of a zone, or opens it: inside it works on. Each instance has rules of its own, so that a border
    /// closes over some tenths of a second.
    pub async fn border(&self, scope: &Scope, zone: &ZoneName, open: bool) -> Result<(), Trouble> {
        self.befall(scope, zone, move |row| row.cut = !open).await?;
        let running = self.running_in(scope, zone).await?;
        let holders = running.iter().filter(|(seen, _)| is_holder(seen));
        try_join_all(holders.map(|(seen, address)| async move {
            match open {
                true => rules::open_border(self, &seen.id).await,
                false => rules::close_border(self, &seen.id, *address).await,
            }
        }))
        .await?;
        Ok(())
    }

    /// Refuses every launch in a zone, or none.
    pub async fn room(&self, scope: &Scope, zone: &ZoneName, room: bool) -> Result<(), Trouble> {
        self.befall(scope, zone, move |row| row.full = !room).await
    }

    /// Cuts one instance off from the network, or connects it again.
    pub async fn isolate(&self, scope: &Scope, instance: &InstanceId, cut: bool) -> Result<(), Trouble> {
        let members = self.members(scope, |_, id| id == instance).await?;
        let holders = self.engine.list(scope, Some(Part::Holder)).await?;
        let found = holders.into_iter().find(|seen| named(seen) == Some(instance.as_str()));
        match (found, members.get(instance)) {
            (Some(seen), Some(address)) if cut => rules::isolate(self, &seen.id, *address).await,
            (Some(seen), Some(_)) => rules::open_border(self, &seen.id).await,
            // It was replaced meanwhile, and its rules went with it.
            _ if !cut => Ok(()),
            _ => Err(Kind::NotFound.into()),
        }
    }

    async fn befall(
        &self,
        scope: &Scope,
        zone: &ZoneName,
        act: impl FnOnce(&mut ZoneRow) + Send + 'static,
    ) -> Result<(), Trouble> {
        let (scope, zone) = (scope.clone(), zone.clone());
        self.wish(move |tables| {
            let row = tables.zones.entry(key(&scope.name, &zone)).or_default();
            act(row);
            if *row == ZoneRow::default() {
                tables.zones.remove(&key(&scope.name, &zone));
            }
            Ok(())
        })
        .await
    }

    /// The addresses of those instances of the scope.
    async fn members(
        &self,
        scope: &Scope,
        which: impl Fn(&ZoneName, &InstanceId) -> bool,
    ) -> Result<BTreeMap<InstanceId, Ipv4Addr>, Trouble> {
        let Tables { pools, .. } = self.directory.read().await?;
        let mine = pools.into_values().filter(|row| row.owner == *scope).flat_map(|row| row.members);
        let those = mine.filter(|member| which(&member.zone, &member.id));
        Ok(those.map(|member| (member.id, member.address)).collect())
    }

    /// What runs in a zone, holders and instances, each with the address of the instance.
    async fn running_in(&self, scope: &Scope, zone: &ZoneName) -> Result<Vec<(Seen, Ipv4Addr)>, Trouble> {
        let there = self.members(scope, |its, _| its == zone).await?;
        let runs = |seen: &Seen| matches!(seen.standing, Standing::Running | Standing::Paused);
        let found = self.engine.list(scope, None).await?.into_iter().filter(runs);
        let address = |seen: &Seen| there.get(&InstanceId::from(named(seen)?)).copied();
        Ok(found.filter_map(|seen| address(&seen).map(|address| (seen, address))).collect())
    }
}

/// The instance that a container is, or holds the place of.
fn named(seen: &Seen) -> Option<&str> {
    let labels = seen.labels.as_ref()?;
    matches!(labels.part, Part::Holder | Part::Instance).then_some(labels.name.as_str())
}

fn is_holder(seen: &Seen) -> bool {
    seen.labels.as_ref().is_some_and(|labels| labels.part == Part::Holder)
}
