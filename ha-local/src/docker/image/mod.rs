//! Images: what containers are made from, and how an image comes to be on the engine.
//!
//! An image is pulled from a registry, made here from Debian packages, or taken from a tar file. Whatever the source, it
//! ends up under the name that [`Image::name`] says, so that whoever runs containers need not know the source.

mod apt;
mod debian;
mod elf;
mod engine;
mod error;
mod setup;
mod standard;
mod tree;

pub use error::ImageError;
pub use standard::{APP, HAPROXY, KNOT, NET, Origin, app, parts, program_tar};

use bollard::Docker;
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

/// An image that is to be on the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// What it is called there: `repository:tag`.
    pub name: String,
    /// Where it comes from.
    pub source: ImageSource,
    /// What its containers find in their environment. Of a pulled image: its own, whatever is said here.
    pub environment: BTreeMap<String, String>,
    /// What its containers run if nothing else is said. Of a pulled image: its own, whatever is said here.
    pub command: Vec<String>,
}

/// Where an image comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageSource {
    /// Pulled by the engine under this name, as `haproxy:2.6`.
    Pull(String),
    /// Made here from Debian packages and all that they need, as the system's package lists offer them, or new ones where
    /// these are absent or too old. Needs `apt-get` and `dpkg-deb`, and no rights of an administrator. No script of a
    /// package runs.
    Debian {
        /// The packages.
        packages: Vec<String>,
    },
    /// The root file system in a tar file.
    Tar(PathBuf),
}

/// How far an image is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// The registry sends it; what the engine says.
    Pulling(String),
    /// It is found out which packages are needed, in which versions.
    Resolving,
    /// The system's package lists do not do: new ones are fetched.
    Updating,
    /// So many packages are fetched that are not in the cache.
    Downloading(usize),
    /// So many packages are unpacked.
    Unpacking(usize),
    /// So many bytes go to the engine.
    Importing(usize),
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pulling(said) => write!(f, "pulling: {said}"),
            Self::Resolving => f.write_str("finding out which packages are needed"),
            Self::Updating => f.write_str("fetching new package lists: by the system's it failed"),
            Self::Downloading(packages) => write!(f, "downloading {packages} packages"),
            Self::Unpacking(packages) => write!(f, "unpacking {packages} packages"),
            Self::Importing(bytes) => write!(f, "importing {} MB", bytes / 1_000_000),
        }
    }
}

/// An image that is on the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// The engine's id of it.
    pub id: String,
    /// Its size.
    pub bytes: u64,
    /// Whether it was there already.
    pub present: bool,
    /// What its processes are told, as `NAME=value`.
    pub environment: Vec<String>,
}

/// Who is told how far an image is.
pub type Tell = Arc<dyn Fn(&Image, &Progress) + Send + Sync>;

/// Makes sure that images are on an engine.
#[derive(Clone)]
pub struct Images {
    engine: Docker,
    cache: PathBuf,
    tell: Tell,
}

impl Images {
    /// For this engine, with what was made kept in the directory `cache`, as `target/ha-images`.
    pub fn new(engine: Docker, cache: impl Into<PathBuf>) -> Self {
        Self { engine, cache: cache.into(), tell: Arc::new(|_, _| {}) }
    }

    /// Tells how far each image is.
    #[must_use]
    pub fn telling(self, tell: Tell) -> Self {
        Self { tell, ..self }
    }

    /// Makes sure that an image is there. One that was made after the same recipe stays as it is, so that a second call
    /// asks the engine and nobody else.
    pub async fn ensure(&self, image: &Image) -> Result<Made, ImageError> {
        self.make(image, false).await
    }

    /// Like [`Images::ensure`], and looks whether the source has something newer: other versions of the packages, another
    /// image in the registry.
    pub async fn refresh(&self, image: &Image) -> Result<Made, ImageError> {
        self.make(image, true).await
    }

    /// The image that has this name on the engine, wherever it came from.
    pub async fn find(&self, name: &str) -> Result<Option<Made>, ImageError> {
        Ok(engine::find(&self.engine, name).await?.map(engine::Found::present))
    }

    /// Removes every image that was made by [`Images::ensure`] from the engine, and answers their names. Pulled ones stay.
    pub async fn remove(&self) -> Result<Vec<String>, ImageError> {
        engine::remove(&self.engine).await
    }

    async fn make(&self, image: &Image, refresh: bool) -> Result<Made, ImageError> {
        let material = match &image.source {
            ImageSource::Pull(from) => return self.pull(image, from, refresh).await,
            ImageSource::Debian { packages } => Material::Packages(packages.clone()),
            ImageSource::Tar(path) => Material::Tar(read(path)?),
        };
        let recipe = material.recipe(image);
        let found = engine::find(&self.engine, &image.name).await?.filter(|found| found.recipe == recipe);
        let found = match found {
            Some(found) if !refresh => return Ok(found.present()),
            found => found,
        };
        let (tar, contents) = match material {
            Material::Packages(packages) => self.made_from(image, packages).await?,
            Material::Tar(tar) => {
                let contents = fingerprint([tar.as_slice()]);
                (tar, contents)
            }
        };
        if let Some(found) = found.filter(|found| found.contents == contents) {
            return Ok(found.present());
        }
        (self.tell)(image, &Progress::Importing(tar.len()));
        engine::import(&self.engine, image, tar, &engine::Marks { recipe, contents }).await
    }

    async fn pull(&self, image: &Image, from: &str, refresh: bool) -> Result<Made, ImageError> {
        let there = engine::find(&self.engine, from).await?;
        if there.is_none() || refresh {
            engine::pull(&self.engine, from, |said| (self.tell)(image, &Progress::Pulling(said))).await?;
        }
        let present = !refresh && there.is_some();
        Ok(Made { present, ..engine::name(&self.engine, from, &image.name).await? })
    }

    async fn made_from(&self, image: &Image, packages: Vec<String>) -> Result<(Vec<u8>, String), ImageError> {
        let (cache, tell, image) = (self.cache.clone(), self.tell.clone(), image.clone());
        let work = move || debian::tar(&cache, &packages, &|progress| tell(&image, &progress));
        // What panics in there is a bug of ours, and goes on as one here.
        match tokio::task::spawn_blocking(work).await {
            Ok(made) => made,
            Err(ended) => std::panic::resume_unwind(ended.into_panic()),
        }
    }
}

impl fmt::Debug for Images {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Images").field("cache", &self.cache).finish_non_exhaustive()
    }
}

/// What an image is made from here.
enum Material {
    Packages(Vec<String>),
    Tar(Vec<u8>),
}

impl Material {
    /// What is decided without asking the package lists: an image that was made after it need not be made again.
    fn recipe(&self, image: &Image) -> String {
        let own = format!("{:?} {:?}", image.environment, image.command);
        match self {
            Self::Packages(packages) => fingerprint([own.as_bytes(), debian::recipe(packages).as_bytes()]),
            Self::Tar(tar) => fingerprint([own.as_bytes(), tar]),
        }
    }
}

/// What tells contents apart.
fn fingerprint<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}

fn read(path: &Path) -> Result<Vec<u8>, ImageError> {
    std::fs::read(path).map_err(|source| ImageError::File { path: path.to_owned(), source })
}
