//! Whether every planted bug still fits the code that it breaks: what only `mutants` finds, hours later, is found here.

use super::files::Source;
use crate::part::Finding;
use std::{path::Path, process::Command};

/// The patches of `mutants/` that do not apply.
pub fn check(root: &Path, sources: &[Source]) -> Result<Vec<Finding>, String> {
    let patches =
        sources.iter().map(|it| &it.path).filter(|path| path.starts_with("mutants/") && path.ends_with(".patch"));
    let mut findings = Vec::new();
    for path in patches {
        let mut git = Command::new("git");
        let output =
            git.args(["apply", "--check", path]).current_dir(root).output().map_err(|it| format!("git: {it}"))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let why = said.lines().next().unwrap_or_default().trim_start_matches("error: ");
            findings.push(Finding { path: path.clone(), line: 1, what: format!("does not apply: {why}") });
        }
    }
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_whose_line_is_gone_is_named_and_one_that_fits_is_not() {
        let root = std::env::temp_dir().join(format!("xtask-patches-{}", std::process::id()));
        let patch =
            |line: &str| format!("# test: -p a b\n--- a/code.rs\n+++ b/code.rs\n@@ -1 +1 @@\n-{line}\n+broken\n");
        let files = [("mutants/fits.patch", patch("as it is")), ("mutants/late.patch", patch("as it was"))];
        let sources = files.map(|(path, text)| Source { path: path.into(), text });
        std::fs::create_dir_all(root.join("mutants")).unwrap();
        std::fs::write(root.join("code.rs"), "as it is\n").unwrap();
        sources.iter().for_each(|it| std::fs::write(root.join(&it.path), &it.text).unwrap());
        let found = check(&root, &sources);
        std::fs::remove_dir_all(&root).unwrap();
        let found = found.unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        let said = found[0].to_string();
        assert!(said.starts_with("mutants/late.patch:1: does not apply: "), "{said}");
    }
}
