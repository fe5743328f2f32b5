//! `cargo xtask images`: makes all images, tells how far it is, and where the cache is.

use bollard::Docker;
use ha_examples::docker::{images::keeper, program};
use ha_local::docker::image::{self, Image, Images, Origin, Progress};
use lexopt::prelude::*;
use std::{
    io::{IsTerminal, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

pub const HELP: &str = "\
cargo xtask images [--refresh] [--pull] [--release NAME[=FAULT]] [--no-supervisor] [--cache DIR]
cargo xtask images --remove

Puts the images on the engine (DOCKER_HOST, or the system's) that sites on Docker run from: HAProxy, Knot, nftables from
Debian packages (needs apt-get and dpkg-deb, no registry and no rights of an administrator), releases of the reference
application, and the supervisor of docker_site, whose first build takes minutes. What is there already stays: a second run asks the engine and is done.

  --refresh              looks whether the package lists have other versions (`apt-get update` brings new lists)
  --pull                 pulls public images instead of making them from packages
  --release NAME[=FAULT] a release of the reference application, that starts with a fault if one is named (500s, hang,
                         slow:MS, not-ready); if none is given: local, r1, r2, errors=500s and stuck=not-ready
  --no-supervisor        not the supervisor of docker_site, which no test on an engine runs
  --cache DIR            where packages and tars are kept, if not in target/ha-images
  --remove               removes the images that were made from the engine; the cache stays and is named
";

/// What is asked for.
struct Wanted {
    refresh: bool,
    origin: Origin,
    releases: Vec<(String, Option<String>)>,
    supervisor: bool,
    cache: PathBuf,
    remove: bool,
}

/// Runs the command.
pub async fn run(arguments: &[String]) -> Result<(), String> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = own.parent().unwrap_or(own);
    let Some(wanted) = read(arguments, root).map_err(|error| format!("{error}\n\n{HELP}"))? else {
        print!("{HELP}");
        return Ok(());
    };
    let unreached = |error| format!("no Docker engine answers: {}", program::said(&error));
    let engine = Docker::connect_with_defaults().map_err(unreached)?.negotiate_version().await.map_err(unreached)?;
    let images = Images::new(engine, &wanted.cache).telling(Arc::new(tell));
    if wanted.remove {
        let removed = images.remove().await.map_err(|error| program::said(&error))?;
        removed.iter().for_each(|name| println!("removed {name}"));
    } else {
        make(&images, &wanted).await?;
    }
    println!("cache: {}", wanted.cache.display());
    Ok(())
}

async fn make(images: &Images, wanted: &Wanted) -> Result<(), String> {
    let mut all = image::parts(wanted.origin);
    show("the reference application: building");
    let tar = program::tar(program::SITE, &wanted.cache, &|said| show(&format!("the reference application: {said}")))?;
    all.extend(wanted.releases.iter().map(|(name, fault)| image::app(tar.clone(), name, fault.as_deref())));
    if wanted.supervisor {
        all.push(keeper(&wanted.cache, &|said| show(&format!("what keeps sites: {said}")))?);
    }
    for image in &all {
        let done = if wanted.refresh { images.refresh(image).await } else { images.ensure(image).await };
        let made = done.map_err(|error| format!("{}: {}", image.name, program::said(&error)))?;
        let how = if made.present { "there already" } else { "made" };
        show("");
        println!("{:<28}{:>7.1} MB  {how}", image.name, made.bytes as f64 / 1e6);
    }
    Ok(())
}

fn tell(image: &Image, progress: &Progress) {
    show(&format!("{}: {progress}", image.name));
}

/// Shows how far it is: on a terminal in one line that is written over, elsewhere in lines of their own.
fn show(text: &str) {
    if std::io::stdout().is_terminal() {
        print!("\r\x1b[2K{text}");
        std::io::stdout().flush().ok();
    } else if !text.is_empty() {
        println!("  {text}");
    }
}

fn read(arguments: &[String], root: &Path) -> Result<Option<Wanted>, lexopt::Error> {
    let mut wanted = Wanted {
        refresh: false,
        origin: Origin::Debian,
        releases: Vec::new(),
        supervisor: true,
        cache: root.join("target/ha-images"),
        remove: false,
    };
    let mut parser = lexopt::Parser::from_args(arguments);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("help") | Short('h') => return Ok(None),
            Long("refresh") => wanted.refresh = true,
            Long("pull") => wanted.origin = Origin::Public,
            Long("no-supervisor") => wanted.supervisor = false,
            Long("remove") => wanted.remove = true,
            Long("cache") => wanted.cache = parser.value()?.into(),
            Long("release") => {
                let value = parser.value()?.string()?;
                let (name, fault) = value.split_once('=').map_or((value.as_str(), None), |(n, f)| (n, Some(f)));
                wanted.releases.push((name.to_owned(), fault.map(str::to_owned)));
            }
            other @ (Short(_) | Long(_) | Value(_)) => return Err(other.unexpected()),
        }
    }
    if wanted.releases.is_empty() {
        let usual =
            [("local", None), ("r1", None), ("r2", None), ("errors", Some("500s")), ("stuck", Some("not-ready"))];
        wanted.releases = usual.map(|(name, fault)| (name.to_owned(), fault.map(str::to_owned))).into();
    }
    Ok(Some(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn releases(arguments: &[&str]) -> Vec<(String, Option<String>)> {
        let arguments: Vec<String> = arguments.iter().map(|&word| word.to_owned()).collect();
        read(&arguments, Path::new("/p")).unwrap().unwrap().releases
    }

    #[test]
    fn releases_are_named_with_their_fault() {
        let given = ["--release", "a", "--release=b=slow:300"];
        assert_eq!(releases(&given), [("a".to_owned(), None), ("b".to_owned(), Some("slow:300".to_owned()))]);
        assert_eq!(releases(&[]).len(), 5);
        assert!(read(&["--relase".to_owned()], Path::new("/p")).is_err());
    }
}
