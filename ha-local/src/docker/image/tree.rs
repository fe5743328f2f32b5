//! A root file system in memory: filled from packages, written as a tar that is the same for the same contents.

use super::{error::ImageError, setup};
use std::{
    collections::BTreeMap,
    io::{self, Read},
    path::{Component, Path},
};
use tar::{Archive, Builder, EntryType, Header};

/// Places that are links in a merged file system, and where what packages put there goes.
const MOVED: [(&str, &str); 6] = [
    ("bin", "usr/bin"),
    ("lib", "usr/lib"),
    ("lib32", "usr/lib32"),
    ("lib64", "usr/lib64"),
    ("sbin", "usr/sbin"),
    ("var/run", "run"),
];

/// What is at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A directory.
    Directory,
    /// A file.
    File(Vec<u8>),
    /// A symbolic link.
    Link(String),
}

/// What is at a path, whose it is, and who may use it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    item: Item,
    mode: u32,
    owner: u64,
    group: u64,
}

/// A root file system.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree(BTreeMap<String, Entry>);

impl Tree {
    /// The file system that packages are unpacked into: what they need besides their files.
    pub fn prepared(setups: &[&setup::Setup]) -> Self {
        let mut tree = Self::default();
        let (mut passwd, mut group) = (String::new(), String::new());
        for setup in setups {
            for (path, owner, mode) in setup.directories {
                let entry = Entry { item: Item::Directory, mode: *mode, owner: *owner, group: *owner };
                tree.insert((*path).to_owned(), entry);
            }
            for (path, target) in setup.links {
                tree.put(path, Item::Link((*target).to_owned()), 0o777);
            }
            for (name, number) in setup.users {
                passwd += &format!("{name}:x:{number}:{number}::/:/usr/sbin/nologin\n");
                group += &format!("{name}:x:{number}:\n");
            }
        }
        tree.put("etc/passwd", Item::File(passwd.into_bytes()), 0o644);
        tree.put("etc/group", Item::File(group.into_bytes()), 0o644);
        tree.put("etc/nsswitch.conf", Item::File(b"hosts: files dns\n".to_vec()), 0o644);
        tree
    }

    /// Puts something of root's at a path.
    pub fn put(&mut self, path: &str, item: Item, mode: u32) {
        self.insert(path.to_owned(), Entry { item, mode, owner: 0, group: 0 });
    }

    /// Adds what a package's tar holds. What is there already stays, but that a file replaces a file.
    pub fn unpack(&mut self, tar: impl Read) -> Result<(), ImageError> {
        let unread = |error: io::Error| ImageError::Unfit(format!("a package's files: {error}"));
        for entry in Archive::new(tar).entries().map_err(unread)? {
            let mut entry = entry.map_err(unread)?;
            let path = placed(&entry.path().map_err(unread)?)?;
            if path.is_empty() || setup::is_left_out(&path) {
                continue;
            }
            let target = entry.link_name().map_err(unread)?.map(|target| target.into_owned()).unwrap_or_default();
            let kind = entry.header().entry_type();
            let item = if kind.is_dir() {
                Item::Directory
            } else if kind.is_symlink() {
                Item::Link(target.to_string_lossy().into_owned())
            } else if kind.is_hard_link() {
                match self.0.get(&placed(&target)?).map(|first| &first.item) {
                    Some(Item::File(contents)) => Item::File(contents.clone()),
                    Some(Item::Directory | Item::Link(_)) | None => {
                        return Err(ImageError::Unfit(format!("{path}: a hard link to nothing")));
                    }
                }
            } else if kind.is_file() {
                let mut contents = Vec::new();
                entry.read_to_end(&mut contents).map_err(unread)?;
                Item::File(contents)
            } else {
                // Devices and pipes: the engine makes those that there must be.
                continue;
            };
            if item == Item::Directory && self.0.contains_key(&path) {
                continue;
            }
            let header = entry.header();
            let (owner, group) = (header.uid().map_err(unread)?, header.gid().map_err(unread)?);
            let mode = header.mode().map_err(unread)? & 0o7777;
            self.insert(path, Entry { item, mode, owner, group });
        }
        Ok(())
    }

    /// The tar: sorted, and without a trace of when, where and by whom it was made.
    pub fn tar(&self) -> io::Result<Vec<u8>> {
        let mut builder = Builder::new(Vec::new());
        for (path, entry) in &self.0 {
            let mut header = Header::new_gnu();
            header.set_mode(entry.mode);
            header.set_uid(entry.owner);
            header.set_gid(entry.group);
            header.set_mtime(0);
            header.set_size(0);
            match &entry.item {
                Item::Directory => {
                    header.set_entry_type(EntryType::Directory);
                    builder.append_data(&mut header, format!("{path}/"), io::empty())?;
                }
                Item::File(contents) => {
                    header.set_entry_type(EntryType::Regular);
                    header.set_size(contents.len() as u64);
                    builder.append_data(&mut header, path, contents.as_slice())?;
                }
                Item::Link(target) => {
                    header.set_entry_type(EntryType::Symlink);
                    builder.append_link(&mut header, path, target)?;
                }
            }
        }
        builder.into_inner()
    }

    /// Every file, with its path.
    pub fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().filter_map(|(path, entry)| match &entry.item {
            Item::File(contents) => Some((path.as_str(), contents.as_slice())),
            Item::Directory | Item::Link(_) => None,
        })
    }

    /// Every directory.
    pub fn directories(&self) -> impl Iterator<Item = &str> {
        let is_one = |entry: &Entry| entry.item == Item::Directory;
        self.0.iter().filter(move |(_, entry)| is_one(entry)).map(|(path, _)| path.as_str())
    }

    /// The file at a path, through links.
    pub fn file(&self, path: &str) -> Option<&[u8]> {
        let mut path = path.to_owned();
        for _ in 0..10 {
            match &self.0.get(&path)?.item {
                Item::File(contents) => return Some(contents),
                Item::Directory => return None,
                Item::Link(target) => {
                    let beside = path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
                    path = joined(&beside, target);
                }
            }
        }
        None
    }

    fn insert(&mut self, path: String, entry: Entry) {
        let parents = path.match_indices('/').map(|(end, _)| path[..end].to_owned());
        for parent in parents.collect::<Vec<_>>() {
            let folder = Entry { item: Item::Directory, mode: 0o755, owner: 0, group: 0 };
            self.0.entry(parent).or_insert(folder);
        }
        self.0.insert(path, entry);
    }
}

/// A path of a link's target or of a library, from the folder in which it is said.
pub fn joined(folder: &str, target: &str) -> String {
    let mut parts: Vec<&str> = if target.starts_with('/') { Vec::new() } else { folder.split('/').collect() };
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    moved(&parts.join("/"))
}

/// Where what a package has at this path goes.
fn placed(path: &Path) -> Result<String, ImageError> {
    let unfit = || ImageError::Unfit(format!("{}: no path that a package may have", path.display()));
    let mut parts = Vec::new();
    for part in path.components() {
        match part {
            Component::CurDir | Component::RootDir => {}
            Component::Normal(name) => parts.push(name.to_str().ok_or_else(unfit)?),
            Component::ParentDir | Component::Prefix(_) => return Err(unfit()),
        }
    }
    Ok(moved(&parts.join("/")))
}

fn moved(path: &str) -> String {
    for (from, to) in MOVED {
        match path.strip_prefix(from) {
            Some("") => return to.to_owned(),
            Some(rest) if rest.starts_with('/') => return format!("{to}{rest}"),
            Some(_) | None => {}
        }
    }
    path.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A package's tar: directories end in `/`, links say `->`, hard links `=>`.
    fn package(entries: &[(&str, &str)]) -> Vec<u8> {
        let mut builder = Builder::new(Vec::new());
        for (path, contents) in entries {
            let mut header = Header::new_gnu();
            header.set_mode(0o4755);
            header.set_uid(7);
            header.set_gid(8);
            // As a package would have it.
            header.set_mtime(1_700_000_000);
            header.set_size(0);
            let link = contents.strip_prefix("->").map(|target| (EntryType::Symlink, target));
            let link = link.or(contents.strip_prefix("=>").map(|target| (EntryType::Link, target)));
            if let Some((kind, target)) = link {
                header.set_entry_type(kind);
                builder.append_link(&mut header, path, target).unwrap();
            } else {
                header.set_entry_type(if path.ends_with('/') { EntryType::Directory } else { EntryType::Regular });
                header.set_size(contents.len() as u64);
                builder.append_data(&mut header, path, contents.as_bytes()).unwrap();
            }
        }
        builder.into_inner().unwrap()
    }

    fn unpacked(packages: &[&[(&str, &str)]]) -> Tree {
        let mut tree = Tree::prepared(&setup::of(&["knot".to_owned()]));
        for entries in packages {
            tree.unpack(package(entries).as_slice()).unwrap();
        }
        tree
    }

    #[test]
    fn the_same_contents_make_the_same_tar_in_whatever_order_they_come() {
        let one: &[(&str, &str)] = &[("usr/bin/a", "A"), ("usr/share/x/y", "Y")];
        let other: &[(&str, &str)] = &[("usr/bin/b", "B"), ("usr/share/x/z", "->y")];
        let tar = unpacked(&[one, other]).tar().unwrap();
        assert_eq!(tar, unpacked(&[other, one]).tar().unwrap());
        assert_ne!(tar, unpacked(&[one]).tar().unwrap());
        let mut archive = Archive::new(tar.as_slice());
        let entries = archive.entries().unwrap().map(|entry| entry.unwrap());
        let seen: Vec<(String, u64, u32, u64)> = entries
            .map(|entry| {
                let header = entry.header();
                let path = entry.path().unwrap().display().to_string();
                (path, header.uid().unwrap(), header.mode().unwrap(), header.mtime().unwrap())
            })
            .collect();
        assert!(seen.iter().all(|(.., time)| *time == 0));
        assert!(seen.contains(&("usr/bin/a".to_owned(), 7, 0o4755, 0)), "{seen:?}");
        assert!(seen.contains(&("var/lib/knot/".to_owned(), 995, 0o770, 0)), "{seen:?}");
    }

    #[test]
    fn what_goes_to_the_merged_places_goes_where_they_lead() {
        let files = [
            ("./bin/", ""),
            ("./bin/sh", "S"),
            ("./lib/y-linux-gnu/l.so", "->l.so.1"),
            ("lib/y-linux-gnu/l.so.1", "L"),
        ];
        let tree = unpacked(&[&files, &[("usr/sbin/h", "=>./bin/sh"), ("usr/share/doc/a/b", "-")]]);
        assert_eq!(tree.file("usr/bin/sh"), Some(b"S".as_slice()));
        assert_eq!(tree.file("usr/sbin/h"), Some(b"S".as_slice()));
        assert_eq!(tree.file("usr/lib/y-linux-gnu/l.so"), Some(b"L".as_slice()));
        assert_eq!(tree.0["bin"].item, Item::Link("usr/bin".to_owned()));
        assert!(!tree.0.contains_key("usr/share/doc/a/b"));
    }

    #[test]
    fn a_package_that_reaches_outside_or_links_to_nothing_is_refused() {
        let mut tree = Tree::default();
        assert!(placed(Path::new("../etc/passwd")).is_err());
        assert!(tree.unpack(package(&[("a", "=>b")]).as_slice()).is_err());
        assert!(tree.unpack([b'x'; 700].as_slice()).is_err());
    }

    #[test]
    fn links_are_followed_and_rings_end() {
        assert_eq!(joined("usr/lib", "../bin/./a"), "usr/bin/a");
        assert_eq!(joined("usr/lib", "/lib/b"), "usr/lib/b");
        let tree = unpacked(&[&[("usr/a", "->b"), ("usr/b", "->a")]]);
        assert_eq!(tree.file("usr/a"), None);
    }
}
