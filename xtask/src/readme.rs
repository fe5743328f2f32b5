//! `cargo xtask readme`: the page of `game_day` that the README shows, written anew by running it.

use crate::part::{Stop, call};
use std::{fs, path::Path};

const START: &str = "<!-- the page of game_day -->\n```text\n";
const END: &str = "```\n<!-- end -->";

/// Runs the main job and puts its page between the README's marks.
pub fn run(root: &Path) -> Result<(), Stop> {
    let path = root.join("README.md");
    let wrong = |error: std::io::Error| Stop::Usage(format!("README.md: {error}"));
    let readme = fs::read_to_string(&path).map_err(wrong)?;
    let page = call(root, "cargo", &["run", "--release", "--quiet", "--example", "game_day"]).map_err(Stop::Usage)?;
    let renewed = put(&readme, &page).ok_or_else(|| Stop::Usage(format!("README.md: no {START:?} .. {END:?}")))?;
    fs::write(&path, renewed).map_err(wrong)
}

fn put(readme: &str, page: &str) -> Option<String> {
    let (before, rest) = readme.split_once(START)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{START}{page}{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_stands_between_its_marks_and_nothing_else_changes() {
        let readme = format!("a\n{START}old\n{END}\nb\n{END}");
        let renewed = put(&readme, "new\n").unwrap();
        assert_eq!(renewed, format!("a\n{START}new\n{END}\nb\n{END}"));
        assert_eq!(put("without", "new\n"), None);
    }
}
