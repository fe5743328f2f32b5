//! The images that a site runs from: what is on the engine is taken as it is, what is missing is made.

use super::{
    program::{self, SITE, SUPERVISOR, said},
    site::Site,
};
use crate::show::Line;
use ha_local::docker::image::{self, APP, Image, ImageSource, Images, Origin};
use std::{collections::BTreeMap, env, path::Path, sync::Arc};

/// The image of what keeps sites.
pub const KEEPER: &str = "ha-site/supervisor:local";

/// Makes sure that everything is there from which the site and its supervisor run.
pub async fn ensure(site: &Site, origin: Option<Origin>, line: &Line) -> Result<(), String> {
    let images = images(site, line);
    let origin = origin.unwrap_or_else(found_here);
    let own = &site.docker.settings.images;
    for name in [&own.net, &own.haproxy, &own.knot] {
        if find(&images, name).await? {
            continue;
        }
        let standard = image::parts(origin).into_iter().find(|part| part.name == *name);
        make(&images, &standard.unwrap_or_else(|| public(name)), line).await?;
    }
    for pool in &site.wanted.topology().pools {
        release(site, pool.release.as_str(), None, line).await?;
    }
    make(&images, &keeper(&program::cache(), &|said| line.show(format!("{KEEPER}: {said}")))?, line).await
}

/// The image of what keeps sites, built from this project.
pub fn keeper(cache: &Path, told: &dyn Fn(&str)) -> Result<Image, String> {
    told("building");
    Ok(plain(KEEPER, ImageSource::Tar(program::tar(SUPERVISOR, cache, told)?)))
}

/// Makes sure that a release's image is there; with a fault, that it starts with it.
pub async fn release(site: &Site, release: &str, fault: Option<&str>, line: &Line) -> Result<(), String> {
    let images = images(site, line);
    let Some(program) = site.docker.settings.program(&release.into()) else {
        let file = site.provider.display();
        return Err(format!(
            "{file}: nothing says what release {release} runs from: add [releases.\"*\"] with an image"
        ));
    };
    if fault.is_none()
        && let Some(there) = images.find(&program.image).await.map_err(|error| said(&error))?
    {
        let ill = there.environment.iter().find_map(|told| told.strip_prefix("SITE_FAULT="));
        if let Some(ill) = ill {
            line.say(format!("{}: it was made with --fault {ill}, and starts so", program.image));
        }
        return Ok(());
    }
    if program.image != format!("{APP}:{release}") {
        return match fault {
            None => make(&images, &public(&program.image), line).await,
            Some(_) => Err(format!("--fault: {} is not the reference application's", program.image)),
        };
    }
    let told = |said: &str| line.show(format!("{}: {said}", program.image));
    told("building");
    let tar = program::tar(SITE, &program::cache(), &told)?;
    make(&images, &image::app(tar, release, fault), line).await
}

fn images(site: &Site, line: &Line) -> Images {
    let line = line.clone();
    let tell = move |image: &Image, progress: &image::Progress| line.show(format!("{}: {progress}", image.name));
    Images::new(site.docker.engine.client().clone(), program::cache()).telling(Arc::new(tell))
}

async fn find(images: &Images, name: &str) -> Result<bool, String> {
    Ok(images.find(name).await.map_err(|error| said(&error))?.is_some())
}

async fn make(images: &Images, image: &Image, line: &Line) -> Result<(), String> {
    let made = images.ensure(image).await.map_err(|error| format!("image {}: {}", image.name, said(&error)))?;
    if !made.present {
        line.say(format!("image {} is made, {:.1} MB", image.name, made.bytes as f64 / 1e6));
    }
    Ok(())
}

fn public(name: &str) -> Image {
    plain(name, ImageSource::Pull(name.to_owned()))
}

fn plain(name: &str, source: ImageSource) -> Image {
    Image { name: name.to_owned(), source, environment: BTreeMap::new(), command: Vec::new() }
}

/// Packages where there are some, a registry elsewhere.
fn found_here() -> Origin {
    let path = env::var_os("PATH").unwrap_or_default();
    let there = |program: &str| env::split_paths(&path).any(|folder| Path::new(&folder).join(program).is_file());
    if there("apt-get") && there("dpkg-deb") { Origin::Debian } else { Origin::Public }
}
