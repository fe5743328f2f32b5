//! Which libraries programs want, and which of them a file system lacks. No program is run to find out.

use super::tree::{Tree, joined};
use std::collections::{BTreeMap, BTreeSet};

const LOAD: u64 = 1;
const DYNAMIC: u64 = 2;
const NEEDED: u64 = 1;
const STRINGS: u64 = 5;
const RPATH: u64 = 15;
const RUNPATH: u64 = 29;

/// What a program or a library wants.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wants {
    libraries: Vec<String>,
    /// Where it looks first.
    places: Vec<String>,
}

/// What the programs of a file system lack: `usr/bin/x: libx.so.1`, through libraries of libraries.
pub fn lacking(tree: &Tree) -> Vec<String> {
    let usual: Vec<String> = tree
        .directories()
        .filter(|folder| *folder == "usr/lib" || *folder == "usr/lib64" || is_of_an_architecture(folder))
        .map(str::to_owned)
        .collect();
    let mut lacking = Vec::new();
    for (program, _) in tree.files().filter(|(path, _)| is_program(path)) {
        let missing = missing(tree, &usual, program);
        lacking.extend(missing.into_iter().map(|library| format!("{program}: {library}")));
    }
    lacking
}

fn is_program(path: &str) -> bool {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    ["", "usr/bin", "usr/sbin"].contains(&folder)
}

fn is_of_an_architecture(folder: &str) -> bool {
    folder.strip_prefix("usr/lib/").is_some_and(|name| !name.contains('/') && name.ends_with("-linux-gnu"))
}

fn missing(tree: &Tree, usual: &[String], program: &str) -> BTreeSet<String> {
    let (mut missing, mut seen) = (BTreeSet::new(), BTreeSet::new());
    let mut open = vec![program.to_owned()];
    while let Some(path) = open.pop() {
        let wants = tree.file(&path).and_then(wants).unwrap_or_default();
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let own = wants.places.iter().map(|place| match place.strip_prefix("$ORIGIN") {
            Some(rest) => joined(folder, rest.trim_start_matches('/')),
            None => joined("", place),
        });
        let places: Vec<String> = own.chain(usual.iter().cloned()).collect();
        for library in wants.libraries {
            let found = places.iter().map(|place| format!("{place}/{library}")).find(|path| tree.file(path).is_some());
            match found {
                Some(found) if seen.insert(found.clone()) => open.push(found),
                Some(_) => {}
                None => drop(missing.insert(library)),
            }
        }
    }
    missing
}

/// What a file wants; `None`: it is no program or library that is linked at start.
fn wants(file: &[u8]) -> Option<Wants> {
    // 64 bits, little-endian: every architecture that is spoken of here.
    if file.get(..6)? != b"\x7fELF\x02\x01" {
        return None;
    }
    let start = number(file, 0x20, 8)?;
    let (size, count) = (number(file, 0x36, 2)?, number(file, 0x38, 2)?);
    let headers: Vec<[u64; 4]> = (0..count)
        .filter_map(|index| {
            let at = start.checked_add(size.checked_mul(index)?)?;
            let field = |offset: u64, width: u64| number(file, at.checked_add(offset)?, width);
            // Kind, place in the file, address, length in the file.
            Some([field(0, 4)?, field(8, 8)?, field(16, 8)?, field(32, 8)?])
        })
        .collect();
    let [_, place, _, length] = headers.iter().find(|header| header[0] == DYNAMIC)?;
    let mut table: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    for at in (*place..place.checked_add(*length)?).step_by(16) {
        table.entry(number(file, at, 8)?).or_default().push(number(file, at.checked_add(8)?, 8)?);
    }
    let address = *table.get(&STRINGS)?.first()?;
    let holds = |header: &&[u64; 4]| header[0] == LOAD && address >= header[2] && address - header[2] < header[3];
    let strings = headers.iter().find(holds).map(|header| header[1].saturating_add(address - header[2]))?;
    let all = |kind: u64| -> Vec<String> {
        let offsets = table.get(&kind).into_iter().flatten();
        offsets.filter_map(|offset| text(file, strings.checked_add(*offset)?)).collect()
    };
    let places = all(RUNPATH).into_iter().chain(all(RPATH));
    let places = places.flat_map(|list| list.split(':').map(str::to_owned).collect::<Vec<_>>()).collect();
    Some(Wants { libraries: all(NEEDED), places })
}

fn number(file: &[u8], at: u64, width: u64) -> Option<u64> {
    let at = usize::try_from(at).ok()?;
    let bytes = file.get(at..at.checked_add(usize::try_from(width).ok()?)?)?;
    Some(bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}

fn text(file: &[u8], at: u64) -> Option<String> {
    let rest = file.get(usize::try_from(at).ok()?..)?;
    let end = rest.iter().position(|byte| *byte == 0)?;
    Some(String::from_utf8_lossy(&rest[..end]).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docker::image::tree::Item;

    /// The program that runs this test.
    fn own_program() -> Vec<u8> {
        std::fs::read(std::env::current_exe().unwrap()).unwrap()
    }

    #[test]
    fn what_a_program_lacks_is_found_and_what_it_has_is_not() {
        let mut tree = Tree::default();
        tree.put("usr/bin/own", Item::File(own_program()), 0o755);
        tree.put("usr/lib/some-linux-gnu/unlike", Item::Link("libc.so.6".into()), 0o777);
        let wanted = wants(&own_program()).unwrap().libraries;
        assert!(wanted.contains(&"libc.so.6".to_owned()), "{wanted:?}");
        assert!(lacking(&tree).contains(&"usr/bin/own: libc.so.6".to_owned()), "{:?}", lacking(&tree));
        for library in wanted {
            tree.put(&format!("usr/lib/some-linux-gnu/{library}"), Item::File(b"no program".to_vec()), 0o644);
        }
        assert_eq!(lacking(&tree), [""; 0]);
    }

    #[test]
    fn what_is_cut_off_or_no_program_wants_nothing_that_is_not_there() {
        let own = own_program();
        let whole = wants(&own).unwrap();
        for length in (0..own.len().min(4096)).chain([own.len() / 2, own.len() - 1]) {
            let wanted = wants(&own[..length]).unwrap_or_default();
            assert!(wanted.libraries.iter().all(|library| whole.libraries.contains(library)), "{wanted:?}");
        }
        assert_eq!(wants(b"#!/bin/sh"), None);
        let mut wild = own[..4096].to_vec();
        wild[0x20..0x40].fill(0xff);
        assert_eq!(wants(&wild), None);
    }
}
