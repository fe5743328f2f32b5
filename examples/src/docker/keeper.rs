//! The supervisor as a container of its own, which survives who started it.

use super::{images::KEEPER, site::Site};
use crate::stop::Stop;
use ha_local::docker::{
    SUPERVISOR, called,
    engine::{Attached, File, Labels, Part, Standing, Trouble, Wanted},
};
use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::Duration,
};

const SOCKET: &str = "/var/run/docker.sock";

/// Starts it, in place of one that is there.
pub async fn start(site: &Site) -> Result<(), Stop> {
    let wanted = wanted(site).map_err(Stop::Failed)?;
    let failed = |trouble: Trouble| Stop::Failed(format!("the supervisor cannot be started: {trouble}"));
    stop(site).await?;
    let engine = &site.docker.engine;
    let id = engine.create(&wanted).await.map_err(failed)?;
    engine.start(&id).await.map_err(failed)
}

/// Ends it and removes it.
pub async fn stop(site: &Site) -> Result<(), Stop> {
    let engine = &site.docker.engine;
    let failed = |trouble: Trouble| Stop::Failed(format!("the supervisor cannot be removed: {trouble}"));
    for seen in engine.list(&site.scope, Some(Part::Supervisor)).await.map_err(failed)? {
        engine.stop(&seen.id, Duration::from_secs(5)).await.map_err(failed)?;
        engine.remove(&seen.id).await.map_err(failed)?;
    }
    Ok(())
}

/// What it does, if there is one.
pub async fn standing(site: &Site) -> Option<Standing> {
    let found = site.docker.engine.list(&site.scope, Some(Part::Supervisor)).await.ok()?;
    found.first().map(|seen| seen.standing)
}

fn wanted(site: &Site) -> Result<Wanted, String> {
    let settings = &site.docker.settings;
    // The directory itself comes and goes with what is in it.
    let around = settings.directory.parent().unwrap_or(Path::new("/")).to_path_buf();
    let told = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
    fs::create_dir_all(&around).map_err(|error| told(&around, error))?;
    let mut mounts = vec![pair(&around, "")];
    // Folders, for a file that is mounted stays the old one where another takes its name; a name may stand for a file
    // somewhere else.
    let real = settings.certificates.values().filter_map(|place| place.canonicalize().ok());
    let folders = settings.certificates.values().cloned().chain(real);
    let folders: BTreeSet<PathBuf> = folders.filter_map(|place| place.parent().map(Path::to_path_buf)).collect();
    mounts.extend(folders.iter().filter(|folder| **folder != around).map(|folder| pair(folder, ":ro")));
    let mut environment = Vec::new();
    let mut user = None;
    match settings.engine.clone().or_else(|| std::env::var("DOCKER_HOST").ok()) {
        Some(address) if !address.starts_with("unix://") => environment.push(("DOCKER_HOST".to_owned(), address)),
        address => {
            let socket = PathBuf::from(address.as_deref().map_or(SOCKET, |address| &address["unix://".len()..]));
            let is = fs::metadata(&socket).map_err(|error| told(&socket, error))?;
            let ours = fs::metadata(&settings.directory).or_else(|_| fs::metadata(&around));
            let ours = ours.map_err(|error| told(&around, error))?;
            environment.push(("DOCKER_HOST".to_owned(), format!("unix://{}", socket.display())));
            mounts.push(pair(&socket, ""));
            // Whoever owns the engine is root inside; anybody else is himself, in the group that may use it.
            if is.uid() != ours.uid() {
                user = Some((ours.uid(), vec![ours.gid(), is.gid()]));
            }
        }
    }
    let labels =
        Labels { scope: site.scope.clone(), part: Part::Supervisor, name: SUPERVISOR.into(), plan: String::new() };
    let place = site.provider.display().to_string();
    let command = Some(vec!["/ha-supervisor".to_owned(), place.clone()]);
    // In a folder that is mounted it is there already, and what is put there would take the place of its owner's.
    let files = match folders.iter().chain([&around]).any(|folder| site.provider.starts_with(folder)) {
        true => Vec::new(),
        false => {
            let content = fs::read(&site.provider).map_err(|error| told(&site.provider, error))?;
            let ids = user.as_ref().and_then(|(own, groups)| Some((*own, *groups.first()?)));
            let owner = ids.map_or((0, 0), |(own, group)| (u64::from(own), u64::from(group)));
            vec![File { place, content, mode: 0o600, owner }]
        }
    };
    let wanted = Wanted::new(called(&site.scope, SUPERVISOR), KEEPER, labels, Attached::Host);
    Ok(Wanted { command, environment, mounts, files, user, revives: true, ..wanted })
}

fn pair(place: &Path, how: &str) -> (String, String) {
    let place = place.display().to_string();
    (place.clone(), place + how)
}

/// What it complained about last, each line after a line break.
pub async fn said(site: &Site) -> String {
    let engine = &site.docker.engine;
    let Ok(found) = engine.list(&site.scope, Some(Part::Supervisor)).await else { return String::new() };
    let Some(seen) = found.first() else { return String::new() };
    let lines = engine.last_lines(&seen.id, 8).await.unwrap_or_default();
    lines.iter().map(|line| format!("\n  supervisor: {line}")).collect()
}
