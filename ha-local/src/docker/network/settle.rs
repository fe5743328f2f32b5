//! Makes the engine's networks follow the rows.

use crate::{
    docker::{
        Acting, called,
        engine::{Labels, Part, SeenNetwork, Trouble, WantedNetwork},
        now,
        state::{Tables, key},
    },
    sim::engine::draw::who,
};
use ha_core::backend::{Kind, Scope, state::Phase};

/// A site's addresses begin with 10; these second bytes are tried, the ones that others rarely use.
const SECOND: std::ops::RangeInclusive<u8> = 88..=127;

/// One pass over all networks.
pub(crate) async fn tend(acting: &Acting) -> Result<(), Trouble> {
    let tables = acting.docker.directory.read().await?;
    for row in tables.networks.values() {
        match row.phase {
            Phase::Pending => make(acting, &row.owner, row.subnet).await?,
            Phase::Removing => unmake(acting, &row.owner).await?,
            Phase::Active | Phase::Broken => {}
        }
    }
    Ok(())
}

async fn make(acting: &Acting, scope: &Scope, chosen: Option<[u8; 2]>) -> Result<(), Trouble> {
    let mut chosen = chosen;
    // Names are not unique at the engine, address ranges are: of two who make this network, one is refused, and finds it.
    for _ in SECOND {
        if let Some(seen) = acting.docker.engine.network_of(scope).await? {
            return made(acting, scope, &seen).await;
        }
        let subnet = match chosen {
            Some(subnet) => subnet,
            None => choose(acting, scope, &[]).await?,
        };
        let labels =
            Labels { scope: scope.clone(), part: Part::Network, name: scope.name.clone(), plan: String::new() };
        let wanted = WantedNetwork { name: called(scope, "network"), labels, subnet };
        match acting.docker.engine.create_network(&wanted).await {
            Ok(_) => {}
            Err(trouble) if matches!(trouble.kind(), Kind::Conflict(_)) && acting.docker.settings.subnet.is_none() => {
                chosen = match acting.docker.engine.network_of(scope).await? {
                    Some(_) => Some(subnet),
                    None => Some(choose(acting, scope, &[subnet]).await?),
                };
            }
            Err(trouble) => return Err(trouble),
        }
    }
    Err(Kind::Quota.into())
}

/// Writes down which address range is to be taken: one that no network of the engine has, and none of these.
async fn choose(acting: &Acting, scope: &Scope, but: &[[u8; 2]]) -> Result<[u8; 2], Trouble> {
    let ranges: Vec<String> = acting.docker.engine.networks().await?.into_iter().flat_map(|seen| seen.ranges).collect();
    let is_free = |[a, b]: &[u8; 2]| !ranges.iter().any(|range| range.starts_with(&format!("{a}.{b}.")));
    let mut candidates = candidates(scope).filter(|subnet| is_free(subnet) && !but.contains(subnet));
    let free = match acting.docker.settings.subnet {
        Some(subnet) => Some(subnet.0),
        None => candidates.next(),
    };
    let (scope, but) = (scope.clone(), but.to_vec());
    let write = move |tables: &mut Tables| {
        let row = tables.networks.get_mut(&scope.name).filter(|row| row.owner == scope).ok_or(Kind::NotFound)?;
        let free = free.ok_or(Kind::Quota)?;
        Ok(*row.subnet.insert(row.subnet.filter(|subnet| !but.contains(subnet)).unwrap_or(free)))
    };
    acting.change(write).await
}

/// The address ranges in the order in which a site tries them. Each site begins elsewhere: of two that begin at once, both
/// would take the first that is free, and one would be refused.
fn candidates(scope: &Scope) -> impl Iterator<Item = [u8; 2]> {
    let count = SECOND.count();
    let first = usize::try_from(who(&scope.to_string()) % count as u64).unwrap_or(0);
    SECOND.cycle().skip(first).take(count).map(|second| [10, second])
}

async fn made(acting: &Acting, scope: &Scope, seen: &SeenNetwork) -> Result<(), Trouble> {
    let subnet = seen.ranges.first().and_then(|range| {
        let mut bytes = range.split('.').map(|byte| byte.parse().ok());
        Some([bytes.next()??, bytes.next()??])
    });
    let (scope, id) = (scope.clone(), seen.id.clone());
    let write = move |tables: &mut Tables| {
        let row = tables.networks.get_mut(&scope.name).filter(|row| row.owner == scope).ok_or(Kind::NotFound)?;
        if row.phase == Phase::Pending {
            (row.phase, row.since, row.id, row.subnet) = (Phase::Active, now(), Some(id), subnet);
        }
        Ok(())
    };
    acting.change(write).await
}

async fn unmake(acting: &Acting, scope: &Scope) -> Result<(), Trouble> {
    while let Some(seen) = acting.docker.engine.network_of(scope).await? {
        acting.docker.engine.remove_network(&seen.id).await?;
    }
    let scope = scope.clone();
    let forget = move |tables: &mut Tables| {
        let gone =
            tables.networks.get(&scope.name).is_some_and(|row| row.owner == scope && row.phase == Phase::Removing);
        if gone {
            tables.networks.remove(&scope.name);
            // With the network the site is gone: nobody remembers its names.
            let site = key(&scope.name, "");
            tables.launched.retain(|key, _| !key.starts_with(&site));
            tables.zones.retain(|key, _| !key.starts_with(&site));
        }
        Ok(())
    };
    acting.change(forget).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_site_tries_every_address_range_and_begins_elsewhere() {
        let scope = |name: usize| Scope { name: format!("site-{name}"), id: "1".into() };
        let all: BTreeSet<[u8; 2]> = SECOND.map(|second| [10, second]).collect();
        for name in 0..40 {
            let tried: Vec<[u8; 2]> = candidates(&scope(name)).collect();
            assert_eq!((tried.len(), tried.into_iter().collect::<BTreeSet<_>>()), (all.len(), all.clone()));
        }
        let first: BTreeSet<[u8; 2]> = (0..40).filter_map(|name| candidates(&scope(name)).next()).collect();
        assert!(first.len() > 15, "{first:?}");
    }
}
