//! The images that the backend's parts and the reference application run from.

use super::{
    Image, ImageError, ImageSource, elf, setup,
    tree::{Item, Tree},
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// HAProxy.
pub const HAPROXY: &str = "ha-site/haproxy:local";
/// Knot, the DNS server, and its tools.
pub const KNOT: &str = "ha-site/knot:local";
/// What holds a place in the network: `nft`, `ip` and `sleep`.
pub const NET: &str = "ha-site/net:local";
/// The reference application; a release is a tag of it.
pub const APP: &str = "ha-site/app";

/// Where the parts' images come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// Public images, from a registry.
    #[default]
    Public,
    /// Debian packages, without a registry.
    Debian,
}

// Each with its public image and its Debian packages.
const PARTS: [(&str, &str, &[&str]); 3] = [
    (HAPROXY, "haproxy:2.6", &["haproxy"]),
    (KNOT, "cznic/knot:3.2", &["knot", "knot-dnsutils", "knot-module-geoip"]),
    (NET, "nicolaka/netshoot:v0.13", &["nftables", "iproute2", "busybox-static"]),
];

/// The images of the backend's own parts.
pub fn parts(origin: Origin) -> Vec<Image> {
    let part = |(name, public, packages): (&str, &str, &[&str])| {
        let source = match origin {
            Origin::Public => ImageSource::Pull(public.to_owned()),
            Origin::Debian => ImageSource::Debian { packages: packages.iter().map(|&one| one.to_owned()).collect() },
        };
        Image { name: name.to_owned(), source, environment: BTreeMap::new(), command: Vec::new() }
    };
    PARTS.into_iter().map(part).collect()
}

/// The image of a release of the reference application: the same program, which the image tells its release, and which
/// fault it starts with, if the release is to be a bad one.
pub fn app(tar: PathBuf, release: &str, fault: Option<&str>) -> Image {
    let told = [("SITE_RELEASE", Some(release)), ("SITE_FAULT", fault)];
    let told = told.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
    Image {
        name: format!("{APP}:{release}"),
        source: ImageSource::Tar(tar),
        environment: told.collect(),
        command: vec!["/site".to_owned(), "serve".to_owned()],
    }
}

/// The tar of an image that holds one program, at `/` and its name, and a directory `/data` for everybody. The program must
/// bring all its libraries.
pub fn program_tar(program: &Path) -> Result<Vec<u8>, ImageError> {
    let name = program.file_name().and_then(|name| name.to_str()).unwrap_or("program");
    let mut tree = Tree::prepared(&setup::of(&[]));
    tree.put(name, Item::File(super::read(program)?), 0o755);
    tree.put("data", Item::Directory, 0o1777);
    let lacking = elf::lacking(&tree);
    if !lacking.is_empty() {
        return Err(ImageError::Lacking(lacking));
    }
    tree.tar().map_err(ImageError::file(program))
}
