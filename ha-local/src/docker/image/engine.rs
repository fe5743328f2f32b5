//! Images as the engine keeps them: found, pulled, imported, named, removed.

use super::{Image, ImageError, Made};
use bollard::{
    Docker, body_full,
    errors::Error,
    query_parameters::{
        CreateImageOptionsBuilder, ListImagesOptionsBuilder, RemoveImageOptionsBuilder, TagImageOptionsBuilder,
    },
};
use futures_util::StreamExt;
use std::{collections::HashMap, fmt::Write};

const IMAGE: &str = "ha-site.image";
const RECIPE: &str = "ha-site.recipe";
const CONTENTS: &str = "ha-site.contents";

/// By what an image is known again.
pub struct Marks {
    pub recipe: String,
    pub contents: String,
}

/// An image that was found.
pub struct Found {
    pub recipe: String,
    pub contents: String,
    id: String,
    bytes: u64,
    environment: Vec<String>,
}

impl Found {
    /// It was there already.
    pub fn present(self) -> Made {
        Made { id: self.id, bytes: self.bytes, present: true, environment: self.environment }
    }
}

/// The image of a name.
pub async fn find(engine: &Docker, name: &str) -> Result<Option<Found>, ImageError> {
    let found = match engine.inspect_image(name).await {
        Err(Error::DockerResponseServerError { status_code: 404, .. }) => return Ok(None),
        found => found.map_err(ImageError::engine(format!("inspect {name}")))?,
    };
    let config = found.config.unwrap_or_default();
    let (labels, environment) = (config.labels.unwrap_or_default(), config.env.unwrap_or_default());
    let label = |name: &str| labels.get(name).cloned().unwrap_or_default();
    let bytes = u64::try_from(found.size.unwrap_or_default()).unwrap_or_default();
    let id = found.id.unwrap_or_default();
    Ok(Some(Found { recipe: label(RECIPE), contents: label(CONTENTS), id, bytes, environment }))
}

/// Has the engine pull an image; tells what it says.
pub async fn pull(engine: &Docker, from: &str, tell: impl Fn(String)) -> Result<(), ImageError> {
    let (repository, tag) = split(from);
    let options = CreateImageOptionsBuilder::new().from_image(repository).tag(tag).build();
    let mut steps = std::pin::pin!(engine.create_image(Some(options), None, None));
    while let Some(step) = steps.next().await {
        let step = step.map_err(|source| ImageError::Pull { from: from.to_owned(), source })?;
        let mut said = step.status.unwrap_or_default();
        let far = step.progress_detail.and_then(|detail| Some((detail.current?, detail.total?)));
        if let Some((current, total)) = far.filter(|(_, total)| *total > 0) {
            write!(said, " {} %", current * 100 / total).ok();
        }
        tell(said);
    }
    Ok(())
}

/// Gives an image another name.
pub async fn name(engine: &Docker, from: &str, name: &str) -> Result<Made, ImageError> {
    if from != name {
        let (repository, tag) = split(name);
        let options = TagImageOptionsBuilder::new().repo(repository).tag(tag).build();
        engine.tag_image(from, Some(options)).await.map_err(ImageError::engine(format!("call {from} {name}")))?;
    }
    made(engine, name).await
}

/// Makes an image from its root file system, and removes what had its name before, if nothing runs from it.
pub async fn import(engine: &Docker, image: &Image, tar: Vec<u8>, marks: &Marks) -> Result<Made, ImageError> {
    let (repository, tag) = split(&image.name);
    let options = CreateImageOptionsBuilder::new().from_src("-").repo(repository).tag(tag);
    let options = options.changes(changes(image, marks)?).build();
    let what = format!("import {}", image.name);
    let mut steps = std::pin::pin!(engine.create_image(Some(options), Some(body_full(tar.into())), None));
    while let Some(step) = steps.next().await {
        step.map_err(ImageError::engine(what.clone()))?;
    }
    sweep(engine).await?;
    made(engine, &image.name).await
}

/// Removes every image that was made here, and answers the names.
pub async fn remove(engine: &Docker) -> Result<Vec<String>, ImageError> {
    let mut removed = Vec::new();
    for (id, names) in list(engine, &[("label", IMAGE)]).await? {
        let options = RemoveImageOptionsBuilder::new().force(true).build();
        let what = format!("remove {}", names.join(" "));
        engine.remove_image(&id, Some(options), None).await.map_err(ImageError::engine(what))?;
        removed.extend(names);
    }
    removed.sort();
    Ok(removed)
}

/// Removes images of ours that lost their names. What still runs from one keeps it.
async fn sweep(engine: &Docker) -> Result<(), ImageError> {
    for (id, _) in list(engine, &[("label", IMAGE), ("dangling", "true")]).await? {
        let options = RemoveImageOptionsBuilder::new().build();
        match engine.remove_image(&id, Some(options), None).await {
            // In use, or somebody else was quicker, or the engine cannot just now: what was wanted is there, and the next
            // sweep tries again.
            Err(Error::DockerResponseServerError { .. }) => {}
            done => drop(done.map_err(ImageError::engine(format!("remove {id}")))?),
        }
    }
    Ok(())
}

async fn list(engine: &Docker, filters: &[(&str, &str)]) -> Result<Vec<(String, Vec<String>)>, ImageError> {
    let filters = filters.iter().map(|(name, value)| ((*name).to_owned(), vec![(*value).to_owned()]));
    let options = ListImagesOptionsBuilder::new().filters(&filters.collect::<HashMap<_, _>>()).build();
    let found = engine.list_images(Some(options)).await.map_err(ImageError::engine("list images"))?;
    Ok(found.into_iter().map(|image| (image.id, image.repo_tags)).collect())
}

async fn made(engine: &Docker, name: &str) -> Result<Made, ImageError> {
    let found = find(engine, name).await?;
    let found = found.ok_or_else(|| ImageError::Unfit(format!("{name}: the engine made it and does not have it")))?;
    Ok(Made { present: false, ..found.present() })
}

/// Repository and tag of a name. What stands after a `:` behind the last `/` is the tag; a port stands before it.
fn split(name: &str) -> (&str, &str) {
    match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, tag),
        Some(_) | None => (name, "latest"),
    }
}

/// What the image says of itself, as lines of a Dockerfile.
fn changes(image: &Image, marks: &Marks) -> Result<Vec<String>, ImageError> {
    let mut changes = Vec::new();
    for (name, value) in &image.environment {
        changes.push(format!("ENV {name}={}", quoted(value)?));
    }
    if !image.command.is_empty() {
        let words: Vec<&str> = image.command.iter().map(String::as_str).collect();
        changes.push(format!("CMD {}", serde_json::Value::from(words)));
    }
    for (label, value) in [(IMAGE, &image.name), (RECIPE, &marks.recipe), (CONTENTS, &marks.contents)] {
        changes.push(format!("LABEL {label}={}", quoted(value)?));
    }
    Ok(changes)
}

fn quoted(value: &str) -> Result<String, ImageError> {
    if value.contains(char::is_control) {
        return Err(ImageError::Unfit(format!("{value:?}: an image's environment has no line breaks")));
    }
    let escaped = value.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$");
    Ok(format!("\"{escaped}\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_split_at_its_tag_and_not_at_a_port() {
        assert_eq!(split("haproxy:2.6"), ("haproxy", "2.6"));
        assert_eq!(split("registry:5000/a/haproxy"), ("registry:5000/a/haproxy", "latest"));
        assert_eq!(split("registry:5000/a/haproxy:2"), ("registry:5000/a/haproxy", "2"));
    }

    #[test]
    fn what_stands_in_the_environment_is_not_read_as_anything_else() {
        assert_eq!(quoted("a \"b\" $HOME \\").unwrap(), r#""a \"b\" \$HOME \\""#);
        assert!(quoted("a\nRUN b").is_err());
    }
}
