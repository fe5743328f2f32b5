//! Where the files are that a program reads when none is named.

use std::path::{Path, PathBuf};

/// Where the project is, from which this program was built.
pub fn root() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own)
}

/// The topology that was named, or the reference one.
pub fn topology(named: Option<&Path>) -> PathBuf {
    named.map_or_else(|| root().join("examples/sites/web.toml"), Path::to_owned)
}

/// The provider's file that was named; else the one beside the topology, `shop.aws.toml` for `shop.toml` and `aws`; else
/// that of the reference topology.
pub fn provider(named: Option<&Path>, topology: &Path, provider: &str) -> PathBuf {
    let ending = format!("{provider}.toml");
    let beside = topology.with_extension(&ending);
    match named {
        Some(named) => named.to_owned(),
        None if beside.exists() => beside,
        None => self::topology(None).with_extension(&ending),
    }
}
