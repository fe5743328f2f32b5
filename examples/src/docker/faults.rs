//! Faults that a person lets strike, and their end.

use super::{arguments::How, site::Site};
use crate::{show::Line, stop::Stop};
use ha_core::backend::state::InstancePhase;
use ha_local::docker::engine::{Part, Seen, Standing, Trouble};

/// Breaks a zone or an instance.
pub async fn strike(site: &Site, what: &str, how: &How, line: &Line) -> Result<(), Stop> {
    let docker = &site.docker;
    let tables = site.tables().await?;
    site.is_there(&tables)?;
    if let Some(zone) = site.zone(what)? {
        let struck = match how {
            How::Off => docker.power(&site.scope, &zone, false).await.map(|()| "has no power"),
            How::Cut => docker.border(&site.scope, &zone, false).await.map(|()| "is cut off"),
            How::Full => docker.room(&site.scope, &zone, false).await.map(|()| "takes no launch"),
            How::Freeze | How::Fault(_) => {
                return Err(Stop::Wrong(format!("{what}: a zone is broken by nothing, --cut or --full")));
            }
        };
        line.say(format!("zone {zone} {}; docker_site heal ends it", struck.map_err(failed)?));
        return Ok(());
    }
    let (_, id) = site.instance(&tables, what)?;
    let struck = match how {
        How::Cut => docker.isolate(&site.scope, &id.as_str().into(), true).await.map(|()| "is cut off".to_owned()),
        How::Off => docker.engine.kill(&part(site, &id).await?.id).await.map(|()| "is killed".to_owned()),
        How::Freeze => docker.engine.pause(&part(site, &id).await?.id).await.map(|()| "stands still".to_owned()),
        How::Fault(kind) => ill(site, &id, kind).await.map(|()| format!("is ill: {kind}")),
        How::Full => return Err(Stop::Wrong(format!("{what}: --full is for zones"))),
    };
    line.say(format!("{id} {}", struck.map_err(failed)?));
    Ok(())
}

/// Ends what was broken, all or this.
pub async fn heal(site: &Site, what: Option<&str>, line: &Line) -> Result<(), Stop> {
    let docker = &site.docker;
    let only = what.map(|what| site.zone(what)).transpose()?;
    for name in &site.wanted.topology().zones {
        if only.as_ref().is_some_and(|only| only.as_ref() != Some(name)) {
            continue;
        }
        let row = site.tables().await?.zone(&site.scope.name, name);
        if row.dark {
            docker.power(&site.scope, name, true).await.map_err(failed)?;
        }
        if row.cut {
            docker.border(&site.scope, name, true).await.map_err(failed)?;
        }
        if row.full {
            docker.room(&site.scope, name, true).await.map_err(failed)?;
        }
        if row.dark || row.cut || row.full {
            line.say(format!("zone {name} is well"));
        }
    }
    let one = match (what, only) {
        (Some(_), Some(Some(_))) => return Ok(()),
        (Some(what), _) => Some(site.instance(&site.tables().await?, what)?.1),
        (None, _) => None,
    };
    for id in alive(site).await? {
        if one.as_ref().is_none_or(|one| *one == id) {
            heal_instance(site, &id, line).await?;
        }
    }
    Ok(())
}

async fn heal_instance(site: &Site, id: &str, line: &Line) -> Result<(), Stop> {
    // It may have been replaced meanwhile: then nothing is left to heal.
    let Ok(seen) = part(site, id).await else { return Ok(()) };
    if seen.standing == Standing::Paused {
        site.docker.engine.unpause(&seen.id).await.map_err(failed)?;
        line.say(format!("{id} goes on"));
    }
    let tables = site.tables().await?;
    let member = site.pools(&tables).flat_map(|row| &row.members).find(|member| member.id.as_str() == id);
    // The border of a zone that is cut off stays closed.
    if member.is_some_and(|member| !tables.zone(&site.scope.name, &member.zone).cut) {
        site.docker.isolate(&site.scope, &id.into(), false).await.map_err(failed)?;
        ill(site, id, "none").await.map_err(failed)?;
    }
    Ok(())
}

/// Instances whose machines run.
async fn alive(site: &Site) -> Result<Vec<String>, Stop> {
    let tables = site.tables().await?;
    let members = site.pools(&tables).flat_map(|row| row.present());
    let runs = members.filter(|member| member.phase != InstancePhase::Lost);
    Ok(runs.map(|member| member.id.to_string()).collect())
}

/// The application is told to be ill.
async fn ill(site: &Site, id: &str, kind: &str) -> Result<(), Trouble> {
    let found = site.docker.engine.list(&site.scope, Some(Part::Instance)).await?;
    for seen in found.iter().filter(|seen| is(seen, id) && seen.standing == Standing::Running) {
        site.docker.engine.exec(&seen.id, &["/site", "fault", kind]).await?;
    }
    Ok(())
}

/// The container of an instance's program.
async fn part(site: &Site, id: &str) -> Result<Seen, Stop> {
    let found = site.docker.engine.list(&site.scope, Some(Part::Instance)).await.map_err(failed)?;
    let running = |seen: &Seen| matches!(seen.standing, Standing::Running | Standing::Paused);
    let found = found.into_iter().find(|seen| is(seen, id) && running(seen));
    found.ok_or_else(|| Stop::Failed(format!("{id} does not run")))
}

fn is(seen: &Seen, id: &str) -> bool {
    seen.labels.as_ref().is_some_and(|labels| labels.name == id)
}

fn failed(trouble: Trouble) -> Stop {
    Stop::Failed(trouble.to_string())
}
