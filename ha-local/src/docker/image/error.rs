//! Why an image cannot be had, for the person who wants it.

use std::{io, path::PathBuf};
use thiserror::Error;

/// Why an image cannot be had.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ImageError {
    /// A program that images from Debian packages need cannot be run.
    #[error(
        "{program} cannot be run: images from Debian packages are made by apt-get and dpkg-deb; where there are none, \
         pull images from a registry or take them from tar files"
    )]
    Program {
        /// Which.
        program: String,
        /// Why not.
        source: io::Error,
    },
    /// A program failed.
    #[error("{command} failed: {said}{}", advice(.command))]
    Failed {
        /// How it was called.
        command: String,
        /// What it said.
        said: String,
    },
    /// A file cannot be read or written.
    #[error("{}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Something that a package or a setting says cannot become part of an image.
    #[error("{0}")]
    Unfit(String),
    /// Programs lack libraries.
    #[error("programs of the image lack libraries, one of their packages is left out: {}", .0.join(", "))]
    Lacking(Vec<String>),
    /// The engine cannot pull an image.
    #[error(
        "the engine cannot pull {from}; where it reaches no registry, images are made from Debian packages or taken from \
         tar files"
    )]
    Pull {
        /// Which.
        from: String,
        /// What it said.
        source: bollard::errors::Error,
    },
    /// The engine refused, or cannot be reached.
    #[error("the engine, asked to {what}")]
    Engine {
        /// What it was asked to do.
        what: String,
        /// What it said.
        source: bollard::errors::Error,
    },
}

fn advice(command: &str) -> &'static str {
    if command.starts_with("apt-get") {
        "\ndoes this machine reach its Debian mirror? `apt-get update` shows it"
    } else {
        ""
    }
}

impl ImageError {
    /// An error of the engine, which was asked to do `what`.
    pub(super) fn engine(what: impl Into<String>) -> impl FnOnce(bollard::errors::Error) -> Self {
        let what = what.into();
        |source| Self::Engine { what, source }
    }
    /// An error of a file.
    pub(super) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        |source| Self::File { path, source }
    }
}
