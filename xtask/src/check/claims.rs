//! What ARCHITECTURE.md claims of tests: every invariant names one at least, and each that is named exists.

use super::files::Source;
use crate::part::Finding;

const PATH: &str = "ARCHITECTURE.md";

/// Rows of its table of invariants without a test, and tests that no file has.
pub fn check(sources: &[Source]) -> Vec<Finding> {
    let Some(text) = sources.iter().find(|source| source.path == PATH).map(|source| source.text.as_str()) else {
        return Vec::new();
    };
    let lines = (1..).zip(text.lines());
    let table =
        lines.skip_while(|(_, line)| *line != "## Invariants").skip(1).take_while(|(_, l)| !l.starts_with("## "));
    let rows = table.filter(|(_, line)| line.starts_with("| ") && !line.starts_with("| always"));
    let finding = |line: usize, what: String| Finding { path: PATH.into(), line, what };
    let mut findings = Vec::new();
    for (line, row) in rows {
        let named: Vec<&str> = row.split('`').skip(1).step_by(2).collect();
        if named.is_empty() {
            findings.push(finding(line, "no test holds this".into()));
        }
        let missing = named.into_iter().filter(|name| !exists(sources, name));
        findings.extend(missing.map(|name| finding(line, format!("there is no test {name}"))));
    }
    findings
}

/// Whether some file has a function of this name; a path before it is for the reader.
fn exists(sources: &[Source], name: &str) -> bool {
    let function = format!("fn {}(", name.rsplit([':', '.']).next().unwrap_or(name));
    sources.iter().filter(|source| source.is_rust()).any(|source| source.text.contains(&function))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_without_a_test_and_a_test_that_does_not_exist_are_found() {
        let source = |path: &str, text: &str| Source { path: path.into(), text: text.into() };
        let claims = "## Invariants\n\n| always | held by |\n|---|---|\n| a | |\n| b | `x::is_there`, `is_gone` |\n## Next\n| c | |";
        let sources = [source(PATH, claims), source("a.rs", "fn is_there() {}")];
        let found: Vec<String> = check(&sources).iter().map(Finding::to_string).collect();
        assert_eq!(found, ["ARCHITECTURE.md:5: no test holds this", "ARCHITECTURE.md:6: there is no test is_gone"]);
    }
}
