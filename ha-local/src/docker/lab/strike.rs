//! Real faults, by the words of the vocabulary: what each does to containers, zones and launches.

use crate::docker::{
    Docker, balancer,
    engine::{Part, Seen, Standing, Trouble},
    state::key,
};
use ha_core::{
    backend::Scope,
    fault::{Amount, Fault, Subject},
    name::{InstanceId, ZoneName},
};
use std::collections::BTreeSet;

/// Lets a fault of a site strike, or ends it. An error says why that cannot be shown here.
pub(super) async fn turn(docker: &Docker, scope: &Scope, fault: &Fault, on: bool) -> Result<(), String> {
    let cannot = || format!("this lab cannot strike: {fault}");
    let Subject::Named(kind, name) = &fault.target.what else { return Err(cannot()) };
    if fault.target.amount != Amount::All {
        return Err(cannot());
    }
    let zone = ZoneName::from(name.as_str());
    let outcome = match (fault.effect, kind.as_str()) {
        ("instances.kill", _) if on => each(docker, scope, (kind, name), Act::Kill).await,
        ("instances.kill", _) => Ok(()),
        ("instances.hang", _) if on => each(docker, scope, (kind, name), Act::Freeze).await,
        ("instances.hang", _) => each(docker, scope, (kind, name), Act::Thaw).await,
        ("instances.errors", _) if on => each(docker, scope, (kind, name), Act::Tell("500s")).await,
        ("instances.errors", _) => each(docker, scope, (kind, name), Act::Tell("none")).await,
        ("instances.isolate", "instance") => docker.isolate(scope, &name.as_str().into(), on).await,
        ("zone.power", "zone") => docker.power(scope, &zone, !on).await,
        ("zone.network", "zone") => docker.border(scope, &zone, !on).await,
        ("capacity.none", "zone") => docker.room(scope, &zone, !on).await,
        ("boot.never_serves", "pool") => never_serves(docker, key(&scope.name, name), on).await,
        (effect @ ("balancer.down" | "balancer.flap"), "balancer") => {
            return balancer::strike(docker, scope, &name.as_str().into(), (effect, on)).await;
        }
        _ => return Err(cannot()),
    };
    outcome.map_err(|trouble| format!("{fault}: {trouble}"))
}

async fn never_serves(docker: &Docker, pool: String, on: bool) -> Result<(), Trouble> {
    let plant = docker.wish(move |tables| {
        match on {
            true => tables.hopeless.insert(pool),
            false => tables.hopeless.remove(&pool),
        };
        Ok(())
    });
    plant.await
}

/// What is done to a machine.
#[derive(Clone, Copy)]
enum Act {
    Kill,
    Freeze,
    Thaw,
    /// The application is told to be ill in this way.
    Tell(&'static str),
}

/// Does it to each instance that is meant.
async fn each(docker: &Docker, scope: &Scope, meant: (&str, &str), act: Act) -> Result<(), Trouble> {
    let tables = docker.directory.read().await?;
    let rows = tables.pools.values().filter(|row| row.owner == *scope);
    let members = rows.flat_map(|row| row.members.iter().map(move |member| (row, member)));
    let meant = members.filter(|(row, member)| match meant {
        ("instance", name) => member.id.as_str() == name,
        ("pool", name) => row.spec.name.as_str() == name,
        ("zone", name) => member.zone.as_str() == name,
        _ => false,
    });
    let ids: BTreeSet<InstanceId> = meant.map(|(_, member)| member.id.clone()).collect();
    for seen in docker.engine.list(scope, None).await? {
        let Some(labels) = seen.labels.as_ref().filter(|labels| ids.contains(&labels.name.as_str().into())) else {
            continue;
        };
        match labels.part {
            Part::Instance => to_part(docker, &seen, act).await?,
            Part::Holder if matches!(act, Act::Kill) => docker.engine.kill(&seen.id).await?,
            Part::Holder | Part::Network | Part::Balancer | Part::Dns | Part::Supervisor | Part::Volume => {}
        }
    }
    docker.poke();
    Ok(())
}

async fn to_part(docker: &Docker, seen: &Seen, act: Act) -> Result<(), Trouble> {
    match (act, seen.standing) {
        (Act::Kill, _) => docker.engine.kill(&seen.id).await,
        (Act::Freeze, Standing::Running) => docker.engine.pause(&seen.id).await,
        (Act::Thaw, Standing::Paused) => docker.engine.unpause(&seen.id).await,
        (Act::Tell(ill), Standing::Running) => docker.engine.exec(&seen.id, &["/site", "fault", ill]).await.map(|_| ()),
        (Act::Freeze | Act::Thaw | Act::Tell(_), _) => Ok(()),
    }
}
