//! A root file system from Debian packages: what they need, fetched by `apt-get`, unpacked by `dpkg-deb`, kept by versions.

use super::{
    Progress,
    apt::{self, Lists, output, raw_output},
    elf,
    error::ImageError,
    fingerprint, setup,
    tree::Tree,
};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// A package in a version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Package {
    /// What apt calls its file: `name_version_architecture.deb`.
    file: String,
    name: String,
    version: String,
}

/// What is decided about an image of these packages before it is known in which versions they are to be had.
pub fn recipe(packages: &[String]) -> String {
    format!("{packages:?} {}", setup::decided(packages))
}

/// The tar of an image of these packages, and what tells its contents from others: from the cache, if it has these
/// versions.
pub fn tar(cache: &Path, packages: &[String], tell: &dyn Fn(Progress)) -> Result<(Vec<u8>, String), ImageError> {
    let store = cache.join("packages");
    fs::create_dir_all(&store).map_err(ImageError::file(&store))?;
    let found = apt::by_lists(cache, tell, |lists| {
        tell(Progress::Resolving);
        let mut found = Found::of(cache, packages, closure(cache, lists, packages)?);
        found.tar = fs::read(&found.kept).ok();
        if found.tar.is_none() {
            download(&store, lists, &found.packages, tell)?;
        }
        Ok(found)
    });
    let Found { packages: needed, contents, kept, tar } = found?;
    if let Some(tar) = tar {
        return Ok((tar, contents));
    }
    tell(Progress::Unpacking(needed.len()));
    let mut tree = Tree::prepared(&setup::of(packages));
    for package in &needed {
        unpack(&store.join(&package.file), &mut tree)?;
    }
    let lacking = elf::lacking(&tree);
    if !lacking.is_empty() {
        return Err(ImageError::Lacking(lacking));
    }
    let tar = tree.tar().map_err(ImageError::file(&kept))?;
    // Under its name only when it is whole.
    let whole = cache.join(format!(".{contents}.{}", std::process::id()));
    fs::write(&whole, &tar).map_err(ImageError::file(&whole))?;
    fs::rename(&whole, &kept).map_err(ImageError::file(&kept))?;
    outdated(&kept, &store, &needed).into_iter().for_each(|old| drop(fs::remove_file(old)));
    Ok((tar, contents))
}

/// What an image needs, and what there is of it.
struct Found {
    packages: Vec<Package>,
    /// What tells its contents from others.
    contents: String,
    /// Where its tar is kept.
    kept: PathBuf,
    /// The tar, if it was made before.
    tar: Option<Vec<u8>>,
}

impl Found {
    fn of(cache: &Path, wanted: &[String], packages: Vec<Package>) -> Self {
        let versions: Vec<&str> = packages.iter().map(|package| package.file.as_str()).collect();
        let contents = fingerprint([recipe(wanted).as_bytes(), versions.join(" ").as_bytes()]);
        let kept = cache.join(format!("{}-{contents}.tar", wanted.join("-")));
        Self { packages, contents, kept, tar: None }
    }
}

/// What the cache has of these packages in other versions: tars of their image, and the packages themselves.
fn outdated(kept: &Path, store: &Path, needed: &[Package]) -> Vec<PathBuf> {
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let files = |folder: &Path| {
        let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
        entries.map(|entry| entry.path()).filter(|path| path.is_file()).collect::<Vec<_>>()
    };
    // Both end in the fingerprint of their versions.
    let image = |path: &Path| name(path).rsplit_once('-').map(|(image, _)| image.to_owned());
    let is_tar = |path: &PathBuf| path.extension().is_some_and(|it| it == "tar") && path != kept;
    let tars = kept.parent().map(files).unwrap_or_default().into_iter().filter(is_tar);
    let packages = files(store).into_iter().filter(|path| {
        let file = name(path);
        needed.iter().any(|one| file.split('_').next() == Some(&one.name) && file != one.file)
    });
    tars.filter(|path| image(path) == image(kept)).chain(packages).collect()
}

/// The packages and all that they need on a system that has nothing, less what only install scripts use.
fn closure(cache: &Path, lists: &Lists, packages: &[String]) -> Result<Vec<Package>, ImageError> {
    let nothing = cache.join("no-package-is-installed");
    fs::write(&nothing, "").map_err(ImageError::file(&nothing))?;
    let nothing = fs::canonicalize(&nothing).map_err(ImageError::file(&nothing))?;
    let mut apt = lists.apt();
    apt.arg("-o").arg(format!("Dir::State::status={}", nothing.display()));
    apt.args(["-o", "APT::Install-Recommends=false", "--print-uris", "-y", "install"]);
    read(&output(apt.args(packages))?)
}

/// Reads the lines `'URL' FILE SIZE HASH` of apt.
fn read(said: &str) -> Result<Vec<Package>, ImageError> {
    let mut packages = Vec::new();
    for line in said.lines().filter(|line| line.starts_with('\'')) {
        let unfit = || ImageError::Unfit(format!("apt-get names a file in a way that is not understood: {line}"));
        let file = line.split_whitespace().nth(1).ok_or_else(unfit)?;
        let mut parts = file.split('_');
        let (Some(name), Some(version), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(unfit());
        };
        if !setup::serves_install_scripts_only(name) {
            let version = version.replace("%3a", ":");
            packages.push(Package { file: file.to_owned(), name: name.to_owned(), version });
        }
    }
    packages.sort();
    Ok(packages)
}

/// Fetches what the store lacks.
fn download(store: &Path, lists: &Lists, needed: &[Package], tell: &dyn Fn(Progress)) -> Result<(), ImageError> {
    let missing: Vec<&Package> = needed.iter().filter(|package| !store.join(&package.file).exists()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    tell(Progress::Downloading(missing.len()));
    // What is broken off must not look like a package.
    let halfway = Halfway::new(store)?;
    let wanted: BTreeSet<String> = missing.iter().map(|one| format!("{}={}", one.name, one.version)).collect();
    output(lists.apt().arg("download").args(wanted).current_dir(&halfway.0))?;
    for package in missing {
        let (from, to) = (halfway.0.join(&package.file), store.join(&package.file));
        fs::rename(&from, &to).map_err(ImageError::file(&from))?;
    }
    Ok(())
}

/// A directory that is gone when this is.
struct Halfway(PathBuf);

impl Halfway {
    fn new(store: &Path) -> Result<Self, ImageError> {
        let path = store.join(format!(".{}", std::process::id()));
        fs::create_dir_all(&path).map_err(ImageError::file(&path))?;
        Ok(Self(path))
    }
}

impl Drop for Halfway {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

fn unpack(file: &Path, tree: &mut Tree) -> Result<(), ImageError> {
    let mut command = Command::new("dpkg-deb");
    command.arg("--fsys-tarfile").arg(file);
    let tar = raw_output(&mut command)?;
    tree.unpack(tar.as_slice())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_read_sorted_and_without_those_for_install_scripts() {
        let said = "E: a word that is no file\n\
                    'http://deb/zlib1g_1.deb' zlib1g_1%3a1.2.13.dfsg-1_amd64.deb 86840 MD5Sum:1\n\
                    'http://deb/p.deb' libfile-find-rule-perl_0.34-4_all.deb 1 MD5Sum:2\n\
                    'http://deb/l.deb' libperl5.36_5.36.0-7_amd64.deb 1 MD5Sum:2\n\
                    'http://deb/c.deb' libc6_2.36-9+deb12u14_amd64.deb 2 MD5Sum:3\n";
        let packages = read(said).unwrap();
        let seen: Vec<(&str, &str)> = packages.iter().map(|one| (one.name.as_str(), one.version.as_str())).collect();
        assert_eq!(seen, [("libc6", "2.36-9+deb12u14"), ("zlib1g", "1:1.2.13.dfsg-1")]);
        assert!(read("'http://deb/x' x.deb 1 MD5Sum:1").is_err());
    }

    #[test]
    fn what_other_versions_left_in_the_cache_is_outdated_and_nothing_else_is() {
        let cache = std::env::temp_dir().join(format!("ha-cache-{}", std::process::id()));
        let store = cache.join("packages");
        fs::create_dir_all(&store).unwrap();
        let files = ["knot-geoip-0a.tar", "knot-geoip-0b.tar", "knot-0a.tar", "site.tar", "no-package-is-installed"];
        files.into_iter().for_each(|file| fs::write(cache.join(file), "").unwrap());
        let packages = ["libc6_1_amd64.deb", "libc6_2_amd64.deb", "libc6-dev_1_amd64.deb"];
        packages.into_iter().for_each(|file| fs::write(store.join(file), "").unwrap());
        let needed = Package { file: packages[1].into(), name: "libc6".into(), version: "2".into() };
        let found = outdated(&cache.join(files[1]), &store, &[needed]);
        fs::remove_dir_all(&cache).unwrap();
        assert_eq!(found, [cache.join(files[0]), store.join(packages[0])]);
    }

    #[test]
    fn a_program_that_is_not_there_is_told_with_what_to_do() {
        let missing = output(&mut Command::new("no-such-program-apt-get")).unwrap_err();
        assert!(missing.to_string().contains("pull images from a registry"), "{missing}");
        let failed = output(Command::new("sh").args(["-c", "echo wrong >&2; exit 3"])).unwrap_err();
        assert!(failed.to_string().contains("wrong"), "{failed}");
    }
}
