//! Everything that is there of the laboratory's sites, as the engine and the state directory show it; and its end.

use crate::docker::{
    Docker, called,
    dns::RecordRow,
    engine::{Seen, Trouble},
};
use ha_core::{
    backend::{Resource, Scope, Store},
    conformance::Object,
    name::{BalancerName, PoolName},
};
use std::{fs, io};

/// Everything, whoever made it.
pub(super) async fn everything(docker: &Docker, scopes: &[Scope; 2]) -> Result<Vec<Object>, Trouble> {
    let mut all = Vec::new();
    for scope in scopes {
        for seen in named(docker, scope).await? {
            let owner = seen.labels.as_ref().map(|labels| labels.scope.clone());
            all.push(Object { scope: owner, what: Resource::Instance(seen.name.as_str().into()) });
        }
        let keys = docker.directory.list(scope, "").await.map_err(|error| Trouble::from(error.kind().clone()))?;
        all.extend(keys.into_iter().map(|key| Object { scope: Some(scope.clone()), what: Resource::Object(key) }));
    }
    let ours = |name: &str| scopes.iter().any(|scope| name == called(scope, "network"));
    for seen in docker.engine.networks().await?.into_iter().filter(|seen| ours(&seen.name)) {
        all.push(Object { scope: seen.labels.map(|labels| labels.scope), what: Resource::Network });
    }
    let tables = docker.directory.read().await?;
    let owned = |owner: &Scope, what| Object { scope: Some(owner.clone()), what };
    all.extend(tables.networks.values().map(|row| owned(&row.owner, Resource::Network)));
    let pool = |name: &PoolName| Resource::Pool(name.clone());
    all.extend(tables.pools.values().map(|row| owned(&row.owner, pool(&row.spec.name))));
    let balancer = |name: &BalancerName| Resource::Balancer(name.clone());
    all.extend(tables.balancers.values().map(|row| owned(&row.owner, balancer(&row.spec.name))));
    // Nobody's record is one that somebody made by hand.
    let owner = |owner: &Scope| Some(owner.clone()).filter(|owner| !owner.name.is_empty());
    let record = |row: &RecordRow| Object { scope: owner(&row.owner), what: Resource::Record(row.set.name.clone()) };
    all.extend(tables.records.values().map(record));
    all.sort();
    Ok(all)
}

/// The containers that a scope's things are called, marked or not.
async fn named(docker: &Docker, scope: &Scope) -> Result<Vec<Seen>, Trouble> {
    docker.engine.list_named(&called(scope, "")).await
}

/// Removes everything of these scopes, unmarked things under their names as well, and the state directory.
pub(super) async fn clear(docker: &Docker, scopes: &[Scope; 2]) -> Result<(), Trouble> {
    for scope in scopes {
        for seen in named(docker, scope).await? {
            docker.engine.remove(&seen.id).await?;
        }
        for seen in docker.engine.networks().await? {
            if seen.name == called(scope, "network") {
                docker.engine.remove_network(&seen.id).await?;
            }
        }
    }
    match fs::remove_dir_all(docker.directory.place()) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}
