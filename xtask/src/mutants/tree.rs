//! The copy of the project in which bugs are planted; what it builds is kept from one bug to the next.

use crate::{check::Source, part::Watch};
use ha_examples::child::command;
use std::{
    fs,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

/// A bug may make its test run for ever; that is noticed, too.
const PATIENCE: Duration = Duration::from_secs(600);

/// The copy.
pub struct Tree {
    origin: PathBuf,
    copy: PathBuf,
    build: PathBuf,
}

/// How a test ended.
#[derive(Debug, PartialEq)]
pub enum Ended {
    /// Well; with what it said.
    Passed(String),
    /// Not well.
    Failed(String),
    /// Not at all.
    Hung,
}

impl Tree {
    /// A copy in the project's own target folder.
    pub fn beside(origin: &Path) -> Result<Self, String> {
        let place = origin.join("target").join("mutants");
        let tree = Self { origin: origin.to_owned(), copy: place.join("tree"), build: place.join("build") };
        tree.refresh()?;
        Ok(tree)
    }
    /// Makes the copy equal to the project: every text file that git knows or would take in. Equal files are not
    /// written, so that cargo builds only what differs.
    pub fn refresh(&self) -> Result<(), String> {
        let sources = Source::all(&self.origin)?;
        for Source { path, text } in &sources {
            let target = self.copy.join(path);
            if fs::read_to_string(&target).is_ok_and(|there| there == *text) {
                continue;
            }
            let folder = target.parent().unwrap_or(&self.copy);
            let wrong = |error| format!("{path}: {error}");
            fs::create_dir_all(folder).map_err(wrong)?;
            fs::write(&target, text).map_err(wrong)?;
        }
        self.remove_others(&sources, &self.copy)
    }
    /// Removes what an earlier patch created, or what the project has no more.
    fn remove_others(&self, sources: &[Source], folder: &Path) -> Result<(), String> {
        for entry in fs::read_dir(folder).map_err(|error| error.to_string())?.flatten() {
            let path = entry.path();
            if path.is_dir() {
                self.remove_others(sources, &path)?;
            } else if !sources.iter().any(|source| self.copy.join(&source.path) == path) {
                fs::remove_file(&path).map_err(|error| error.to_string())?;
            }
        }
        Ok(())
    }
    /// Plants a bug.
    pub fn apply(&self, patch: &Path) -> Result<(), String> {
        // Without this, git finds the project around the copy and passes over files that are not below the copy.
        let around = self.copy.parent().unwrap_or(&self.copy);
        let mut git = Command::new("git");
        git.arg("apply").arg(patch).current_dir(&self.copy).env("GIT_CEILING_DIRECTORIES", around);
        let output = git.output().map_err(|error| format!("git: {error}"))?;
        let said = String::from_utf8_lossy(&output.stderr);
        if output.status.success() { Ok(()) } else { Err(format!("does not apply: {said}")) }
    }
    /// Builds the test: a bug that does not compile proves nothing.
    pub fn build(&self, test: &[String]) -> Result<(), String> {
        let output = self.cargo(&["--no-run"], test).output().map_err(|error| format!("cargo: {error}"))?;
        let said = String::from_utf8_lossy(&output.stderr);
        if output.status.success() { Ok(()) } else { Err(format!("does not compile: {said}")) }
    }
    /// Runs the test.
    pub fn test(&self, test: &[String]) -> Result<Ended, String> {
        let log = self.build.with_extension("log");
        let wrong = |error: std::io::Error| format!("cargo test: {error}");
        let file = fs::File::create(&log).map_err(wrong)?;
        let both = file.try_clone().map_err(wrong)?;
        let mut child = self.cargo(&[], test).stdout(file).stderr(both).process_group(0).spawn().map_err(wrong)?;
        let watch = Watch::start();
        let status = loop {
            match child.try_wait().map_err(wrong)? {
                Some(status) => break status,
                None if watch.elapsed() > PATIENCE => {
                    // The group, because cargo's end does not end the test that it started.
                    Command::new("kill").arg("--").arg(format!("-{}", child.id())).status().map_err(wrong)?;
                    child.wait().map_err(wrong)?;
                    return Ok(Ended::Hung);
                }
                None => pause(),
            }
        };
        let said = fs::read_to_string(&log).map_err(wrong)?;
        Ok(if status.success() { Ended::Passed(said) } else { Ended::Failed(said) })
    }
    fn cargo(&self, first: &[&str], test: &[String]) -> Command {
        let mut cargo = command("cargo");
        cargo.arg("test").args(first).args(test).current_dir(&self.copy);
        cargo.env("CARGO_TARGET_DIR", &self.build).stdin(Stdio::null());
        cargo
    }
}

#[expect(clippy::disallowed_methods, reason = "waits for another process, in real time; no result depends on it")]
fn pause() {
    std::thread::sleep(Duration::from_millis(50));
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATCH: &str = "# test: x\n--- a/src/lib.rs\n+++ b/src/lib.rs\n@@ -1,2 +1,2 @@\n //! A library.\n-pub fn one() -> u32 { 1 }\n+pub fn one() -> u32 { 2 }\n";

    fn project(name: &str) -> (PathBuf, PathBuf) {
        let root = std::env::temp_dir().join(format!("xtask-{name}-{}", std::process::id()));
        fs::remove_dir_all(&root).ok();
        fs::create_dir_all(root.join("src")).unwrap();
        fs::write(root.join(".gitignore"), "/target\n*.patch\n").unwrap();
        fs::write(root.join("src/lib.rs"), "//! A library.\npub fn one() -> u32 { 1 }\n").unwrap();
        let init = Command::new("git").args(["init", "-q"]).current_dir(&root).status().unwrap();
        assert!(init.success());
        let patch = root.join("one.patch");
        fs::write(&patch, PATCH).unwrap();
        (root, patch)
    }

    #[test]
    fn a_bug_is_planted_in_the_copy_only_and_gone_after_a_refresh() {
        let (root, patch) = project("planted");
        let tree = Tree::beside(&root).unwrap();
        tree.apply(&patch).unwrap();
        let read = |place: &Path| fs::read_to_string(place.join("src/lib.rs")).unwrap();
        assert!(read(&tree.copy).contains("{ 2 }"));
        assert!(read(&root).contains("{ 1 }"));
        fs::write(tree.copy.join("src/new.rs"), "left by a patch").unwrap();
        tree.refresh().unwrap();
        assert_eq!(read(&tree.copy), read(&root));
        assert!(!tree.copy.join("src/new.rs").exists());
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn a_patch_that_does_not_apply_is_refused() {
        let (root, patch) = project("refused");
        fs::write(root.join("src/lib.rs"), "//! Another library.\n").unwrap();
        let tree = Tree::beside(&root).unwrap();
        assert!(tree.apply(&patch).unwrap_err().starts_with("does not apply: "));
        fs::remove_dir_all(root).unwrap();
    }
}
