//! The tests: all of them where their data is beside the project, and how many there were.

use super::world::World;
use crate::part::call;
use std::path::Path;

/// Recorded traces and outages, which are not part of the project.
const DATA: &str = "../shared/data";

/// Runs all tests of a world; those that need data are left out, and said to be ignored, where it is absent.
pub fn run(root: &Path, world: World) -> Result<(), String> {
    let (which, how) = world.tests();
    let data = world == World::Rust && root.join(DATA).is_dir();
    let how = if data { &["--include-ignored"][..] } else { how };
    let most = [world.packages(), which, &["--"], how].concat();
    let alone = world.alone();
    if alone.is_empty() {
        return counted(root, &[most]);
    }
    let others: Vec<&str> = alone.iter().flat_map(|name| ["--skip", name]).collect();
    let one_at_a_time = [world.packages(), which, &["--", "--include-ignored", "--test-threads", "1"], alone].concat();
    counted(root, &[[most, others].concat(), one_at_a_time])
}

/// Runs those tests of a world that need a Rust toolchain alone, and are run by no other world's check.
pub fn units(root: &Path, world: World) -> Result<(), String> {
    counted(root, &[[world.packages(), &["--lib", "--bins", "--", "--skip", "sim::"]].concat()])
}

/// Runs tests, a call of cargo each, and prints how many there were.
fn counted(root: &Path, calls: &[Vec<&str>]) -> Result<(), String> {
    let run = |words: &Vec<&str>| call(root, "cargo", &[&["test", "--no-fail-fast", "--quiet"], &words[..]].concat());
    let printed = calls.iter().map(run).collect::<Result<Vec<_>, _>>()?.concat();
    let (passed, ignored) = (count(&printed, "passed"), count(&printed, "ignored"));
    if passed == 0 {
        return Err("no test was run".into());
    }
    say!("{passed} passed, 0 failed, {ignored} skipped");
    Ok(())
}

/// The sum of what stands before `word` in all lines `test result: ok. 5 passed; 0 failed; 1 ignored; ..`.
fn count(printed: &str, word: &str) -> u64 {
    let results = printed.lines().filter(|line| line.starts_with("test result:"));
    let counts =
        results.filter_map(|line| line.split(&format!(" {word}")).next()?.rsplit(' ').next()?.parse::<u64>().ok());
    counts.sum()
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn results_are_added_up() {
        let printed = "running 2 tests\n\
                       test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s\n\
                       test result: ok. 40 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 3s\n";
        assert_eq!((count(printed, "passed"), count(printed, "ignored")), (42, 1));
    }
}
