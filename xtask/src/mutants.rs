//! `cargo xtask mutants`: plants one bug at a time in a copy of the project and wants the named test to fail.

mod tree;

use crate::part::{Parts, Stop};
use std::{collections::BTreeSet, path::Path};
use tree::{Ended, Tree};

const FOLDER: &str = "mutants";
const HEADER: &str = "# test: ";

/// A planted bug: a patch whose first line names the test that must fail.
#[derive(Clone, Debug, PartialEq)]
struct Mutant {
    /// The patch's file name.
    name: String,
    /// The arguments of `cargo test` that run the test.
    test: Vec<String>,
}

/// Which are run.
#[derive(Clone, Debug, PartialEq)]
enum Choice {
    All,
    Some { number: usize, by: String },
}

/// Runs them; one that is missed, or cannot be planted, is a failure.
pub fn run(root: &Path, arguments: &[&str]) -> Result<(), Stop> {
    let mutants = choice(arguments)?.of(read(root)?);
    let tree = Tree::beside(root).map_err(Stop::Usage)?;
    let mut parts = Parts::default();
    let tests: BTreeSet<&[String]> = mutants.iter().map(|mutant| mutant.test.as_slice()).collect();
    // A test that fails anyway would catch every bug.
    for test in tests {
        parts.run(&format!("without a bug: {}", test.join(" ")), || passes(&tree, test));
    }
    for mutant in &mutants {
        parts.run(&mutant.name, || caught(root, &tree, mutant));
    }
    say!("{} planted", mutants.len());
    parts.end()
}

fn passes(tree: &Tree, test: &[String]) -> Result<(), String> {
    tree.refresh()?;
    match tree.test(test)? {
        Ended::Passed(said) if runs_a_test(&said) => Ok(()),
        Ended::Passed(_) => Err("no test of that name".into()),
        Ended::Failed(said) => Err(said),
        Ended::Hung => Err("it does not end".into()),
    }
}

fn caught(root: &Path, tree: &Tree, mutant: &Mutant) -> Result<(), String> {
    tree.refresh()?;
    tree.apply(&root.join(FOLDER).join(&mutant.name))?;
    tree.build(&mutant.test)?;
    match tree.test(&mutant.test)? {
        Ended::Passed(_) => Err(format!("{FOLDER}/{}:1: missed: {} passes", mutant.name, mutant.test.join(" "))),
        Ended::Failed(_) | Ended::Hung => Ok(()),
    }
}

/// Whether `cargo test` said that it ran at least one test.
fn runs_a_test(said: &str) -> bool {
    said.lines().any(|line| line.starts_with("test result: ok. ") && !line.starts_with("test result: ok. 0 passed"))
}

fn read(root: &Path) -> Result<Vec<Mutant>, Stop> {
    let folder = root.join(FOLDER);
    let entries = std::fs::read_dir(&folder).map_err(|error| Stop::Usage(format!("{FOLDER}: {error}")))?;
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.ends_with(".patch"))
        .collect();
    names.sort();
    let mutant = |name: String| {
        let text = std::fs::read_to_string(folder.join(&name)).map_err(|error| format!("{FOLDER}/{name}: {error}"))?;
        header(&name, &text)
    };
    names.into_iter().map(|name| mutant(name).map_err(Stop::Usage)).collect()
}

fn header(name: &str, text: &str) -> Result<Mutant, String> {
    let first = text.lines().next().unwrap_or_default();
    let test: Vec<String> =
        first.strip_prefix(HEADER).unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    if test.is_empty() {
        return Err(format!("{FOLDER}/{name}:1: the first line is not `{HEADER}` and arguments of cargo test"));
    }
    Ok(Mutant { name: name.to_owned(), test })
}

fn choice(arguments: &[&str]) -> Result<Choice, Stop> {
    match arguments {
        [] => Ok(Choice::All),
        ["--some", number, "--by", by] | ["--by", by, "--some", number] => match number.parse() {
            Ok(number) => Ok(Choice::Some { number, by: (*by).to_owned() }),
            Err(_) => Err(Stop::Usage(format!("--some {number}: not a number"))),
        },
        other => Err(Stop::Usage(format!("mutants {}: want nothing, or --some N --by HASH", other.join(" ")))),
    }
}

impl Choice {
    /// Those that are run: with a hash, another selection for every hash, the same for the same one.
    fn of(&self, mut mutants: Vec<Mutant>) -> Vec<Mutant> {
        match self {
            Self::All => mutants,
            Self::Some { number, by } => {
                mutants.sort_by_key(|mutant| ha_local::sim::engine::draw::who(&format!("{by} {}", mutant.name)));
                mutants.truncate(*number);
                mutants
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_names_the_test() {
        let mutant = header("a.patch", "# test: -p ha-core --lib keeper::pool\n--- a/x\n").unwrap();
        assert_eq!(mutant.test, ["-p", "ha-core", "--lib", "keeper::pool"]);
        for text in ["", "--- a/x\n", "# test:\n", "# test: \n"] {
            assert!(header("a.patch", text).unwrap_err().starts_with("mutants/a.patch:1: "), "{text:?}");
        }
    }

    #[test]
    fn a_hash_chooses_always_the_same_ones_and_another_hash_others() {
        let all: Vec<_> = (0..30).map(|i| Mutant { name: format!("{i}.patch"), test: vec!["x".into()] }).collect();
        let by = |by: &str| Choice::Some { number: 8, by: by.into() }.of(all.clone());
        assert_eq!(by("c0ffee"), by("c0ffee"));
        assert_eq!(by("c0ffee").len(), 8);
        assert_ne!(by("c0ffee"), by("decade"));
    }

    #[test]
    fn a_wrong_call_is_refused() {
        assert!(choice(&["--some", "many", "--by", "x"]).is_err());
        assert!(choice(&["--some", "8"]).is_err());
        assert_eq!(choice(&[]), Ok(Choice::All));
    }

    #[test]
    fn a_filter_that_fits_no_test_is_not_a_test() {
        assert!(!runs_a_test("test result: ok. 0 passed; 0 failed; 12 filtered out"));
        assert!(runs_a_test("test result: ok. 0 passed; 0 failed\ntest result: ok. 2 passed; 0 failed"));
    }
}
