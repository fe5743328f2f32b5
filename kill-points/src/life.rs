//! A life: all acts one after another, each by processes of its own, of which the first of an act may be killed.

use crate::{
    Child, Failed, Task, WORD,
    hook::{DEATH, NOTES},
    journal::{Noted, Outcome},
    point::{Point, counted, told},
};
use std::{
    collections::BTreeMap,
    env,
    fs::{self, File},
    io,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{Command, ExitStatus},
    sync::atomic::{AtomicU64, Ordering},
};

/// A life has a place for what its processes share, and a number.
pub struct Life {
    words: Vec<String>,
    number: u64,
    place: PathBuf,
    processes: u64,
}

static COUNT: AtomicU64 = AtomicU64::new(0);

/// Variables that a process keeps: without them nothing is found or reached.
const KEPT: [&str; 4] = ["PATH", "DOCKER_HOST", "LD_LIBRARY_PATH", "PIP_INDEX_URL"];

impl Life {
    /// Begins one, by a program that is started with `words`.
    pub fn begin(words: &[String], folder: &Path) -> Result<Self, Failed> {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let place = folder.join(format!("life-{}-{number}", std::process::id()));
        let mut life = Self { words: words.to_vec(), number, place, processes: 0 };
        life.finish(Task::Begin, &[])?;
        Ok(life)
    }

    /// Ends the lives in this folder that nobody lives any more: their command was killed.
    pub fn sweep(words: &[String], folder: &Path) -> Result<(), Failed> {
        let places = match fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            read => read.map_err(|error| at(folder, &error))?,
        };
        for place in places.filter_map(|entry| Some(entry.ok()?.path())) {
            let name = place.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let mut parts = name.split('-').skip(1).map_while(|part| part.parse::<u64>().ok());
            let (Some(whose), Some(number)) = (parts.next(), parts.next()) else { continue };
            if !Path::new("/proc").join(whose.to_string()).exists() {
                end_processes(&place)?;
                // Its own numbers of processes are taken.
                Self { words: words.to_vec(), number, place, processes: 1_000_000 }.end()?;
            }
        }
        Ok(())
    }

    /// An act without a fault: what it did, and what is there afterwards.
    pub fn note(&mut self, act: &str) -> Result<Noted, Failed> {
        let notes = self.place.join(format!("{act}.calls"));
        self.finish(Task::Act(act.to_owned()), &[(NOTES, notes.display().to_string())])?;
        let noted = match fs::read_to_string(&notes) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            read => read.map_err(|error| at(&notes, &error))?,
        };
        let (calls, by_chance) = (counted(noted.lines()), Vec::new());
        Ok(Noted { act: act.to_owned(), calls, by_chance, there: self.look()? })
    }

    /// An act in which the first process dies at a point, if there is one; the next finishes the work. `None`: the
    /// call did not come.
    pub fn act(&mut self, noted: &Noted, point: Option<&Point>) -> Result<Option<Outcome>, Failed> {
        let act = || Task::Act(noted.act.clone());
        let mut met = false;
        if let Some(Point { call, when, .. }) = point {
            let (status, said) = self.process(act(), &[(DEATH, told(call, *when))])?;
            met = status.signal() == Some(signal_hook::consts::SIGKILL);
            if !met && !status.success() {
                return Ok(Some(Outcome::Red(format!("the process that was to die: {status}: {}", tail(&said)))));
            }
        }
        if met || point.is_none() {
            let (status, said) = self.process(act(), &[])?;
            if !status.success() {
                return Ok(Some(Outcome::Red(format!("the next process: {status}: {}", tail(&said)))));
            }
        }
        let there = self.look()?;
        let differs = differences(&noted.there, &there);
        Ok(match differs.is_empty() {
            false => Some(Outcome::Red(differs.join("; "))),
            true => met.then_some(Outcome::Green),
        })
    }

    /// Everything that is there.
    pub fn look(&mut self) -> Result<Vec<String>, Failed> {
        let said = self.finish(Task::Look, &[])?;
        let mut lines: Vec<String> = said.lines().map(str::to_owned).collect();
        lines.sort();
        Ok(lines)
    }

    /// Removes what is left of it.
    pub fn end(mut self) -> Result<(), Failed> {
        self.finish(Task::Clear, &[])?;
        fs::remove_dir_all(&self.place).map_err(|error| at(&self.place, &error))
    }

    fn finish(&mut self, task: Task, told: &[(&str, String)]) -> Result<String, Failed> {
        let (status, said) = self.process(task.clone(), told)?;
        if status.success() { Ok(said) } else { Err(Failed(format!("{task:?}: {status}: {}", tail(&said)))) }
    }

    /// Runs a process whose home and caches are empty; answers what it printed, or what it complained of if it failed.
    fn process(&mut self, task: Task, told: &[(&str, String)]) -> Result<(ExitStatus, String), Failed> {
        self.processes += 1;
        let home = self.place.join(format!("process-{}", self.processes));
        fs::create_dir_all(&home).map_err(|error| at(&home, &error))?;
        let (printed, complained) = (home.with_extension("out"), home.with_extension("err"));
        let file = |place: &Path| File::create(place).map_err(|error| at(place, &error));
        let program = env::current_exe().map_err(|error| Failed(format!("this program is not found: {error}")))?;
        let child = Child { task, place: self.place.clone(), number: self.number };
        let status = Command::new(program)
            .args(&self.words)
            .args(child.words())
            .env_clear()
            .envs(KEPT.iter().filter_map(|name| Some((name, env::var_os(name)?))))
            .envs(["HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "TMPDIR"].map(|name| (name, &home)))
            .envs(told.iter().map(|(name, value)| (name, value)))
            .current_dir(&home)
            .stdout(file(&printed)?)
            .stderr(file(&complained)?)
            .status()
            .map_err(|error| Failed(format!("a process cannot be started: {error}")))?;
        let said = if status.success() { &printed } else { &complained };
        Ok((status, fs::read_to_string(said).map_err(|error| at(said, &error))?))
    }
}

/// Ends processes of a life whose command was killed: they would go on with its work while it is removed.
fn end_processes(place: &Path) -> Result<(), Failed> {
    let processes = fs::read_dir("/proc").map_err(|error| at(Path::new("/proc"), &error))?;
    for process in processes.filter_map(Result::ok) {
        // One that ended meanwhile has no words any more.
        let words = fs::read(process.path().join("cmdline")).unwrap_or_default();
        let mut words = words.split(|byte| *byte == 0).map(String::from_utf8_lossy);
        if words.any(|word| word == WORD) && words.any(|word| Path::new(word.as_ref()) == place) {
            // That it has ended by now is as good.
            let _ = Command::new("kill").arg("-9").arg(process.file_name()).status();
        }
    }
    Ok(())
}

fn at(place: &Path, error: &io::Error) -> Failed {
    Failed(format!("{}: {error}", place.display()))
}

/// The last lines of it.
fn tail(said: &str) -> String {
    let lines: Vec<&str> = said.lines().collect();
    lines[lines.len().saturating_sub(6)..].join(" | ")
}

/// What is there and should not be, and the other way round. Both may have lines several times.
pub fn differences(wanted: &[String], there: &[String]) -> Vec<String> {
    let count = |lines: &[String]| {
        let mut counts: BTreeMap<String, i64> = BTreeMap::new();
        lines.iter().for_each(|line| *counts.entry(line.clone()).or_default() += 1);
        counts
    };
    let (wanted, there) = (count(wanted), count(there));
    let missing = wanted.iter().filter(|(line, _)| !there.contains_key(*line));
    let missing = missing.map(|(line, _)| format!("missing: {line}"));
    let other = there.iter().filter_map(|(line, count)| match wanted.get(line) {
        None => Some(format!("left: {line}")),
        Some(due) if due != count => Some(format!("{count} instead of {due}: {line}")),
        Some(_) => None,
    });
    missing.chain(other).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_of_a_life_that_nobody_lives_any_more_are_ended_and_no_others() {
        let place = env::temp_dir().join(format!("ha-life-{}", std::process::id()));
        let process = |place: &Path| {
            let words = ["-c", "read -r nothing", WORD, "act"];
            Command::new("sh").args(words).arg(place).stdin(std::process::Stdio::piped()).spawn().unwrap()
        };
        let (mut own, mut other) = (process(&place), process(&place.join("other")));
        // Its words are there when it has begun.
        let begun = |id: u32| fs::read(format!("/proc/{id}/cmdline")).is_ok_and(|words| words.starts_with(b"sh\0"));
        while !begun(own.id()) || !begun(other.id()) {
            std::thread::yield_now();
        }
        end_processes(&place).unwrap();
        assert_eq!(own.wait().unwrap().signal(), Some(signal_hook::consts::SIGKILL));
        assert!(other.try_wait().unwrap().is_none());
        other.kill().unwrap();
        other.wait().unwrap();
    }

    #[test]
    fn what_is_left_missing_or_twice_is_a_difference() {
        let lines = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert!(differences(&lines("a b b"), &lines("b a b")).is_empty());
        let found = differences(&lines("a b"), &lines("b b c"));
        assert_eq!(found, ["missing: a", "2 instead of 1: b", "left: c"]);
    }
}
