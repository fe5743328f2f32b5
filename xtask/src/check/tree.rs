//! What a package may depend on: how many crates, and which never.

use crate::part::call;
use serde::Deserialize;
use std::{collections::BTreeSet, path::Path};

/// The limit of one package.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// The package.
    pub package: String,
    most: usize,
    never: Vec<String>,
}

impl Limit {
    /// Asks cargo, and answers what is wrong.
    pub fn check(&self, root: &Path) -> Result<(), String> {
        let wanted = ["tree", "-p", &self.package, "-e", "normal", "--prefix", "none", "--no-dedupe"];
        let wrong = self.wrong(&call(root, "cargo", &wanted)?);
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
    }
    fn wrong(&self, tree: &str) -> Vec<String> {
        let lines: BTreeSet<&str> = tree.lines().filter(|line| !line.is_empty()).collect();
        let place = format!("{}/Cargo.toml:1", self.package);
        let mut wrong = Vec::new();
        if lines.len() > self.most {
            wrong.push(format!("{place}: {} lines of cargo tree, at most {}", lines.len(), self.most));
        }
        for name in lines.iter().filter_map(|line| line.split(' ').next()) {
            if self.never.iter().any(|never| fits(never, name)) {
                wrong.push(format!("{place}: depends on {name}"));
            }
        }
        wrong
    }
}

fn fits(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |beginning| name.starts_with(beginning))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(tree: &str) -> Vec<String> {
        let never = vec!["ha-aws".into(), "hyper*".into()];
        Limit { package: "ha-core".into(), most: 3, never }.wrong(tree)
    }

    #[test]
    fn a_small_tree_is_fine_and_repeated_lines_count_once() {
        assert_eq!(wrong("ha-core v0.1.0\nserde v1.0.0\ntoml v1.0.0\nserde v1.0.0\n"), [""; 0]);
    }

    #[test]
    fn too_many_crates_are_found() {
        assert_eq!(wrong("a v1\nb v1\nc v1\nd v1\n"), ["ha-core/Cargo.toml:1: 4 lines of cargo tree, at most 3"]);
    }

    #[test]
    fn a_crate_that_must_not_be_there_is_found() {
        assert_eq!(wrong("ha-core v1\nha-aws v1\n"), ["ha-core/Cargo.toml:1: depends on ha-aws"]);
        assert_eq!(wrong("ha-core v1\nhyper-util v1\n"), ["ha-core/Cargo.toml:1: depends on hyper-util"]);
    }
}
