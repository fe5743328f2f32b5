//! Real faults, by the words of the vocabulary: what each does to containers, zones and launches.

use crate::docker::{
    Docker, balancer,
    engine::{Part, Seen, Standing, Trouble},
    state::key,
};
use ha_core::{
    backend::Scope,
    fault::{Amount, Fault, Subject},
    name::{BalancerName, InstanceId, ZoneName},
};
use std::collections::BTreeSet;

/// What a fault is here.
enum Blow<'a> {
    /// Of machines: when it strikes, and when it ends.
    Machines(Act, Option<Act>),
    /// An instance is cut off.
    Isolate(InstanceId),
    /// A zone has no power.
    Power(ZoneName),
    /// A zone's border is closed.
    Border(ZoneName),
    /// A zone has no room.
    Room(ZoneName),
    /// What a pool launches never serves.
    NeverServes(&'a str),
    /// A balancer fails.
    Balancer(BalancerName),
}

/// Why a laboratory of containers cannot show this fault, if it cannot.
pub fn unfit(fault: &Fault) -> Option<String> {
    read(fault).err()
}

/// What a fault is here; an error says why that cannot be shown.
fn read(fault: &Fault) -> Result<(Blow<'_>, &str, &str), String> {
    let cannot = |why: &str| Err(format!("containers cannot be struck so, {why}: {fault}"));
    let Subject::Named(kind, name) = &fault.target.what else { return cannot("it names no thing") };
    if fault.target.amount != Amount::All || fault.target.zone.is_some() || name == "*" {
        return cannot("where it strikes whoever is drawn, or only some: name a thing");
    }
    let (name, zone) = (name.as_str(), ZoneName::from(name.as_str()));
    let blow = match (fault.effect, kind.as_str()) {
        ("instances.kill", "instance" | "pool" | "zone") => Blow::Machines(Act::Kill, None),
        ("instances.hang", "instance" | "pool" | "zone") => Blow::Machines(Act::Freeze, Some(Act::Thaw)),
        ("instances.errors", "instance" | "pool" | "zone") => {
            Blow::Machines(Act::Tell("500s"), Some(Act::Tell("none")))
        }
        ("instances.isolate", "instance") => Blow::Isolate(name.into()),
        ("zone.power", "zone") => Blow::Power(zone),
        ("zone.network", "zone") => Blow::Border(zone),
        ("capacity.none", "zone") => Blow::Room(zone),
        ("boot.never_serves", "pool") => Blow::NeverServes(name),
        ("balancer.down" | "balancer.flap", "balancer") => Blow::Balancer(name.into()),
        _ => return cannot("no such blow is known here"),
    };
    if fault.parameters.rate.is_some_and(|rate| rate < 1.0) {
        return cannot("where some requests or checks fail and others do not");
    }
    let known = |given: &str| given == "rate" || fault.effect == "balancer.flap" && given == "period";
    match fault.parameters.given().into_iter().find(|(given, _)| !known(given)) {
        Some((given, _)) => cannot(&format!("with {given}")),
        None => Ok((blow, kind, name)),
    }
}

/// Lets a fault of a site strike, or ends it. An error says why that cannot be shown here.
pub(super) async fn turn(docker: &Docker, scope: &Scope, fault: &Fault, on: bool) -> Result<(), String> {
    let (blow, kind, name) = read(fault)?;
    let outcome = match blow {
        Blow::Machines(act, _) if on => each(docker, scope, (kind, name), act).await,
        Blow::Machines(_, Some(end)) => each(docker, scope, (kind, name), end).await,
        Blow::Machines(_, None) => Ok(()),
        Blow::Isolate(instance) => docker.isolate(scope, &instance, on).await,
        Blow::Power(zone) => docker.power(scope, &zone, !on).await,
        Blow::Border(zone) => docker.border(scope, &zone, !on).await,
        Blow::Room(zone) => docker.room(scope, &zone, !on).await,
        Blow::NeverServes(pool) => never_serves(docker, key(&scope.name, pool), on).await,
        Blow::Balancer(balancer) => return balancer::strike(docker, scope, &balancer, (fault.effect, on)).await,
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
