//! The project's text files: those that git knows or would take in.

use crate::part::call;
use std::path::Path;

/// A text file of the project.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// From the project's folder, with `/`.
    pub path: String,
    /// Its content.
    pub text: String,
}

impl Source {
    /// All of them; files that are no text are left out.
    pub fn all(root: &Path) -> Result<Vec<Self>, String> {
        let listed = call(root, "git", &["ls-files", "--cached", "--others", "--exclude-standard"])?;
        let read = |path: &str| {
            let text = std::fs::read_to_string(root.join(path)).ok()?;
            Some(Self { path: path.to_owned(), text })
        };
        Ok(listed.lines().filter_map(read).collect())
    }
    /// Whether it is Rust.
    pub fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }
    /// Whether it is what a test compares its output with.
    pub fn is_golden(&self) -> bool {
        self.path.split('/').any(|part| part == "golden")
    }
    /// Its name without folder and ending.
    pub fn stem(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or(&self.path);
        name.split('.').next().unwrap_or(name)
    }
}
