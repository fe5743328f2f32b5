//! Wishes: the site is made, changed, removed, while a person sees how far it is.

use super::{
    images, keeper, program,
    site::{Site, hold},
    visit::visit,
};
use crate::{show::Line, stop::Stop, telling::tell};
use ha_core::{
    Controller, Observed, Topology, ValidTopology,
    backend::state::{InstancePhase, TargetHealth},
    event::Event,
    plan,
    plan::{Waiting, Why},
    time::show,
    topology::{Capacity, Pool},
};
use ha_local::docker::{Supervisor, image::Origin, pool::PoolRow};
use std::{collections::BTreeMap, fs, sync::Arc, time::Duration};
use tokio::time::{interval, sleep};

/// Makes the site, and what keeps it.
pub async fn up(site: &Site, origin: Option<Origin>, line: &Line) -> Result<(), Stop> {
    let backend = site.docker.backend();
    let first = plan(&site.wanted, &Observed::nothing(backend.clock.now())).checked(&site.wanted, &backend);
    if !first.problems.is_empty() {
        let problems = first.problems.iter().map(|problem| format!("\n  {problem}")).collect::<String>();
        return Err(Stop::Wrong(format!("containers cannot keep this site:{problems}")));
    }
    site.remembers()?;
    images::ensure(site, origin, line).await?;
    line.say(format!("site {}: its supervisor starts", site.scope));
    keeper::start(site).await?;
    let made = converge(site, &site.wanted, line);
    let took = if renews(site).await? { visited(site, line, made).await? } else { made.await? };
    line.say(format!("{} is up after {}", site.scope.name, show(took)));
    for address in super::status::entries(site).await? {
        line.say(address);
    }
    Ok(())
}

/// Rolls a release out.
pub async fn release(site: &Site, pool: &str, (name, fault): (&str, Option<&str>), line: &Line) -> Result<(), Stop> {
    let mut topology = site.as_it_is().await?;
    images::release(site, name, fault, line).await?;
    let tables = site.tables().await?;
    let rejected = |name: &str| {
        let row = site.pools(&tables).find(|row| row.spec.name.as_str() == pool)?;
        row.spec.marks.rejected.iter().filter(|rejected| rejected.release.as_str() == name).map(|it| it.retry).max()
    };
    for wanted in topology.pools.iter_mut().filter(|wanted| wanted.name.as_str() == pool) {
        wanted.release = name.into();
        // Who asks for a release that failed wants it tried again.
        wanted.retry = rejected(name).map_or(wanted.retry, |before| before.max(wanted.retry) + 1);
    }
    let took = visited(site, line, change(site, topology, line)).await?;
    let tables = site.tables().await?;
    let row = site.pools(&tables).find(|row| row.spec.name.as_str() == pool);
    let marks = row.map(|row| &row.spec.marks);
    match marks.and_then(|marks| Some((marks, marks.rejected.iter().rfind(|it| it.release.as_str() == name)?))) {
        Some((marks, rejected)) if marks.stable.as_str() != name => Err(Stop::Failed(format!(
            "release {name} was rolled back after {}: {}; {pool} runs {}",
            show(took),
            rejected.why,
            marks.stable
        ))),
        Some(_) | None => {
            line.say(format!("{pool} runs release {name} after {}", show(took)));
            Ok(())
        }
    }
}

/// Whether a pool has to leave the release that it has proved.
async fn renews(site: &Site) -> Result<bool, Stop> {
    let (tables, wanted) = (site.tables().await?, &site.wanted.topology().pools);
    let others = |wish: &Pool, row: &PoolRow| wish.name == row.spec.name && wish.release != row.spec.marks.stable;
    Ok(site.pools(&tables).any(|row| wanted.iter().any(|wish| others(wish, row))))
}

/// Does what may roll a release out, and visits the site meanwhile.
async fn visited(
    site: &Site,
    line: &Line,
    work: impl Future<Output = Result<Duration, Stop>>,
) -> Result<Duration, Stop> {
    line.say("a visitor asks for ten pages a second meanwhile, so that the gate has answers to read");
    tokio::select! {
        took = work => took,
        never = visit(site, line) => match never {},
    }
}

/// Gives a pool another size.
pub async fn resize(site: &Site, pool: &str, count: u32, line: &Line) -> Result<(), Stop> {
    let mut topology = site.as_it_is().await?;
    for wanted in topology.pools.iter_mut().filter(|wanted| wanted.name.as_str() == pool) {
        wanted.capacity = Capacity::Fixed(count);
    }
    let took = change(site, topology, line).await?;
    line.say(format!("{pool} has {count} instances after {}", show(took)));
    Ok(())
}

/// Pulls an instance out, or puts it back.
pub async fn pull(site: &Site, instance: &str, out: bool, line: &Line) -> Result<(), Stop> {
    let (pool, id) = site.instance(&site.tables().await?, instance)?;
    let mut topology = site.as_it_is().await?;
    match out {
        true => hold(&mut topology, &pool, &id),
        false => topology.pools.iter_mut().for_each(|pool| pool.hold.retain(|held| held.instance.as_str() != id)),
    }
    let took = change(site, topology, line).await?;
    line.say(format!("{id} is {} after {}", if out { "held" } else { "back" }, show(took)));
    Ok(())
}

/// Removes the site, what keeps it, and what it wrote.
pub async fn down(site: &Site, line: &Line) -> Result<(), Stop> {
    let failed = |why: String| Stop::Failed(format!("something is left: {why}"));
    // Its own supervisor may be gone; two at once do no harm.
    let own = Supervisor::new(site.docker.clone(), |_| {});
    let took = converge(site, &site.wanted.removed(), line).await?;
    keeper::stop(site).await?;
    own.stop().await.map_err(|trouble| failed(trouble.to_string()))?;
    let engine = &site.docker.engine;
    for volume in engine.volumes(&site.scope).await.map_err(|trouble| failed(trouble.to_string()))? {
        engine.remove_volume(&volume).await.map_err(|trouble| failed(trouble.to_string()))?;
    }
    let left = engine.list(&site.scope, None).await.map_err(|trouble| failed(trouble.to_string()))?;
    if !left.is_empty() {
        let names: Vec<&str> = left.iter().map(|seen| seen.name.as_str()).collect();
        return Err(failed(names.join(", ")));
    }
    let directory = &site.docker.settings.directory;
    // They fail when something is in them, which is somebody else's.
    for place in [Some(directory.as_path()), directory.parent()].into_iter().flatten() {
        fs::remove_dir(place).ok();
    }
    line.say(format!("{} is gone after {}", site.scope.name, show(took)));
    let cache = program::cache();
    line.say(format!("images stay on the engine (cargo xtask images --remove), and their cache: {}", cache.display()));
    Ok(())
}

async fn change(site: &Site, topology: Topology, line: &Line) -> Result<Duration, Stop> {
    if keeper::standing(site).await.is_none() {
        line.say("no supervisor runs: it is started");
        keeper::start(site).await?;
    }
    let wanted = topology.validate().map_err(|problems| Stop::Wrong(problems.to_string()))?;
    converge(site, &wanted, line).await
}

/// Runs the loop until all is as wanted.
async fn converge(site: &Site, wanted: &ValidTopology, line: &Line) -> Result<Duration, Stop> {
    let backend = site.docker.backend();
    let holder = format!("docker_site-{}-{}", std::process::id(), backend.clock.now().0);
    let seconds = Duration::from_secs;
    let told = line.clone();
    let mut controller = Controller::new(backend, holder.as_str().into())
        .period(seconds(1))
        .lease_length(seconds(30))
        .patience(seconds(120))
        .observer(Arc::new(move |event: &Event| tell(&told, event)));
    let report = tokio::select! {
        report = controller.until_converged(wanted) => report,
        never = watch(site, line) => match never {},
    };
    let report = report.map_err(|stalled| Stop::Failed(stalled.to_string()));
    match report {
        Ok(report) => {
            report.plan.waiting.iter().for_each(|waiting| line.tell(format!("  {}", waits(waiting))));
            Ok(report.took)
        }
        Err(Stop::Failed(why)) => Err(Stop::Failed(format!("{why}{}", keeper::said(site).await))),
        Err(stop) => Err(stop),
    }
}

/// What is waited for, with what helps by this program's own commands.
fn waits(waiting: &Waiting) -> String {
    if let Why::Rejected(release) = &waiting.why {
        let again = format!("or have it tried again: docker_site release {release}");
        return format!("{}: {release} was rejected: name another release, {again}", waiting.tier);
    }
    waiting.to_string()
}

/// Shows, for ever, how far pools and balancers are.
async fn watch(site: &Site, line: &Line) -> std::convert::Infallible {
    let mut turns = interval(Duration::from_millis(500));
    loop {
        turns.tick().await;
        match site.tables().await {
            Ok(tables) => line.show(progress(site, &tables)),
            Err(_) => sleep(Duration::from_secs(1)).await,
        }
    }
}

fn progress(site: &Site, tables: &ha_local::docker::state::Tables) -> String {
    let mut parts = Vec::new();
    for row in site.pools(tables) {
        let mut releases: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
        for member in row.present() {
            let [ready, all] = releases.entry(member.release.as_str()).or_default();
            *ready += usize::from(member.phase == InstancePhase::Ready);
            *all += 1;
        }
        let counts: Vec<_> =
            releases.iter().map(|(release, [ready, all])| format!("{release} {ready}/{all} ready")).collect();
        let counts = if counts.is_empty() { "none".to_owned() } else { counts.join(", ") };
        parts.push(format!("{} (wants {}): {counts}", row.spec.name, row.desired));
    }
    for row in tables.balancers.values().filter(|row| row.owner == site.scope) {
        let healthy = row.targets.iter().filter(|target| target.health == TargetHealth::Healthy).count();
        parts.push(format!("{}: {healthy}/{} healthy", row.spec.name, row.targets.len()));
    }
    if parts.is_empty() { "nothing is there".to_owned() } else { parts.join("; ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ha_core::plan::TierName;

    #[test]
    fn a_rejected_release_names_what_this_program_can_do() {
        let waiting = Waiting { tier: TierName::Pool(None), why: Why::Rejected("v2".into()), since: None };
        let said = waits(&waiting);
        assert!(said.contains("docker_site release v2") && !said.contains("retry"), "{said}");
    }
}
