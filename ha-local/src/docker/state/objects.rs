//! The store: small objects with compare-and-set, each a file of its own that begins with its version.

use super::{
    Directory,
    directory::{at, blocking, next_version},
};
use crate::docker::engine::Trouble;
use async_trait::async_trait;
use ha_core::{
    backend::{Expect, Kind, Resource, Result, Scope, Store, Version, Versioned},
    name::StoreKey,
};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Objects live here, below a directory for each scope.
const OBJECTS: &str = "objects";

#[async_trait]
impl Store for Directory {
    async fn get(&self, scope: &Scope, key: &StoreKey) -> Result<Option<Versioned>> {
        let file = file(self.place(), scope, key);
        blocking(move || load(&file)).await.map_err(|trouble| trouble.of("store.get", Resource::Object(key.clone())))
    }

    async fn put(&self, scope: &Scope, key: &StoreKey, value: &[u8], expect: &Expect) -> Result<Version> {
        let (wanted, value, expect) = ((scope.clone(), key.clone()), value.to_vec(), expect.clone());
        let put = self.held(move |held| {
            let file = file(held.place(), &wanted.0, &wanted.1);
            let found = load(&file)?.map(|found| found.version);
            let before = match (&expect, &found) {
                (Expect::Absent, None) => 0,
                (Expect::Version(expected), Some(found)) if expected == found => found.0.parse().unwrap_or(0),
                (_, found) => return Err(other(found.as_ref())),
            };
            let version = next_version(before);
            let content = [format!("{version}\n").as_bytes(), &value].concat();
            fs::create_dir_all(of(held.place(), &wanted.0)).map_err(|error| at(&file, &error))?;
            held.put(&file, Some(&content), || Ok(load(&file)?.map(|there| there.version) == found))?;
            Ok(Version(version.to_string()))
        });
        put.await.map_err(|trouble| trouble.of("store.put", Resource::Object(key.clone())))
    }

    async fn delete(&self, scope: &Scope, key: &StoreKey, version: &Version) -> Result<()> {
        let (wanted, version) = ((scope.clone(), key.clone()), version.clone());
        let delete = self.held(move |held| {
            let file = file(held.place(), &wanted.0, &wanted.1);
            match load(&file)? {
                None => return Ok(()),
                Some(found) if found.version == version => {
                    held.put(&file, None, || Ok(load(&file)?.is_some_and(|there| there.version == version)))?;
                }
                Some(found) => return Err(other(Some(&found.version))),
            }
            // They fail when something else is in them.
            let _ = fs::remove_dir(of(held.place(), &wanted.0));
            let _ = fs::remove_dir(held.place().join(OBJECTS));
            Ok(())
        });
        delete.await.map_err(|trouble| trouble.of("store.delete", Resource::Object(key.clone())))
    }

    async fn list(&self, scope: &Scope, prefix: &str) -> Result<Vec<StoreKey>> {
        let (directory, prefix) = (of(self.place(), scope), prefix.to_owned());
        let list = blocking(move || {
            let names = match fs::read_dir(&directory) {
                Ok(entries) => entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()),
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
                Err(error) => return Err(at(&directory, &error)),
            };
            let mut keys: Vec<String> = names.filter_map(|name| key_of(&name)).collect();
            keys.retain(|key| key.starts_with(&prefix));
            keys.sort();
            Ok(keys.into_iter().map(StoreKey::from).collect())
        });
        list.await.map_err(|trouble| trouble.of("store.list", Resource::Tier))
    }
}

fn other(found: Option<&Version>) -> Trouble {
    Kind::Conflict(match found {
        Some(version) => format!("it is at version {}", version.0),
        None => "it is not there".into(),
    })
    .into()
}

fn load(file: &Path) -> std::result::Result<Option<Versioned>, Trouble> {
    let content = match fs::read(file) {
        Ok(content) => content,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(at(file, &error)),
    };
    let end = content.iter().position(|byte| *byte == b'\n');
    let version = end.and_then(|end| std::str::from_utf8(&content[..end]).ok());
    match (end, version) {
        (Some(end), Some(version)) => {
            Ok(Some(Versioned { value: content[end + 1..].to_vec(), version: Version(version.to_owned()) }))
        }
        _ => Err(Trouble::said(Kind::Unavailable, format!("{}: it does not begin with a version", file.display()))),
    }
}

fn of(place: &Path, scope: &Scope) -> PathBuf {
    place.join(OBJECTS).join(format!("{}#{}", written(&scope.name), written(&scope.id)))
}

fn file(place: &Path, scope: &Scope, key: &StoreKey) -> PathBuf {
    of(place, scope).join(written(key.as_str()))
}

/// The text as the name of a file: what is not a letter, a digit, `-` or `_` as its bytes. It ends like no other file here.
fn written(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => char::from(byte).to_string(),
        _ => format!("%{byte:02x}"),
    };
    text.bytes().map(byte).collect::<String>() + "~"
}

/// The text that was written so; `None`: it is no object's name.
fn key_of(name: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = name.strip_suffix('~')?.bytes();
    while let Some(byte) = rest.next() {
        let read = match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            _ => byte,
        };
        bytes.push(read);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_the_name_of_a_file_and_is_read_back() {
        for key in ["lease", "a/b/1", "..", "", "%2f", "a b", "ä", "x.new", "A~"] {
            let name = written(key);
            assert!(!name.contains('/') && !name.starts_with('.'), "{name}");
            assert_eq!(key_of(&name).as_deref(), Some(key));
        }
        assert_eq!(key_of("lease.new"), None);
    }
}
