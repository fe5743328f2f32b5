//! What a run of tests is called, and the removal of what runs left that were killed.

use crate::docker::engine::{Engine, Trouble};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process,
};

/// What the names of all runs begin with: no site is called so.
const MARK: &str = "ha-test-";

/// What this process calls a run of tests of this kind: by the kind and the process, so that others can tell whether it
/// lives.
pub fn run_name(kind: &str) -> String {
    format!("{MARK}{kind}-{}", process::id())
}

/// The directory of a run of tests of this kind.
pub fn run_place(kind: &str) -> PathBuf {
    env::temp_dir().join(run_name(kind))
}

/// Removes containers, networks and directories of runs of this machine whose processes are gone; answers what it removed.
/// Where nobody can say which processes live, nothing is.
pub async fn sweep(engine: &Engine) -> Result<Vec<String>, Trouble> {
    let mut removed = Vec::new();
    for seen in engine.list_named(MARK).await?.into_iter().filter(|seen| is_left(&seen.name)) {
        engine.remove(&seen.id).await?;
        removed.push(seen.name);
    }
    for seen in engine.networks().await?.into_iter().filter(|seen| is_left(&seen.name)) {
        engine.remove_network(&seen.id).await?;
        removed.push(seen.name);
    }
    let places = fs::read_dir(env::temp_dir())?.filter_map(Result::ok);
    let left = places.filter(|place| place.file_name().to_str().is_some_and(is_left));
    removed.extend(left.map(|place| place.path().display().to_string()));
    // What a container wrote there may be another user's.
    removed.iter().filter(|name| name.starts_with('/')).for_each(|place| drop(fs::remove_dir_all(place)));
    Ok(removed)
}

/// Whether something of this name is a run's whose process is gone.
fn is_left(name: &str) -> bool {
    let run = name.split('.').next().unwrap_or(name);
    let process = run.strip_prefix(MARK).and_then(|run| run.rsplit_once('-')?.1.parse::<u32>().ok());
    process.is_some_and(is_gone)
}

fn is_gone(process: u32) -> bool {
    let lives = |process: &str| Path::new("/proc").join(process).exists();
    lives("self") && !lives(&process.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_left_when_its_process_is_gone() {
        let mut ended = process::Command::new("true").spawn().unwrap();
        let gone = ended.id();
        ended.wait().unwrap();
        for (name, expected) in [
            (format!("{MARK}zones-{gone}.one.web-a-1"), true),
            (format!("{MARK}zones-{gone}"), true),
            (run_name("zones"), false),
            (format!("zones-{gone}.one.web-a-1"), false),
            (format!("shop.{MARK}zones-{gone}"), false),
            (format!("{MARK}zones"), false),
        ] {
            assert_eq!(is_left(&name), expected, "{name}");
        }
    }
}
