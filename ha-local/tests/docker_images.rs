//! Images on a real engine: made once, found again, replaced when they change.
#![cfg(feature = "docker")]

use bollard::{Docker, query_parameters::RemoveImageOptionsBuilder};
use ha_local::docker::image::{Image, ImageSource, Images};
use std::{collections::BTreeMap, fs, path::PathBuf};

struct Place(PathBuf);

impl Drop for Place {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

/// A tar with one file.
fn tar(contents: &str) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(contents.len() as u64);
    header.set_mode(0o644);
    builder.append_data(&mut header, "file", contents.as_bytes()).unwrap();
    builder.into_inner().unwrap()
}

#[tokio::test]
#[ignore = "needs a Docker engine"]
async fn an_image_is_made_once_and_again_when_it_changes() {
    let engine = Docker::connect_with_defaults().unwrap().negotiate_version().await.unwrap();
    let place = Place(std::env::temp_dir().join(format!("ha-images-{}", std::process::id())));
    fs::create_dir_all(&place.0).unwrap();
    let path = place.0.join("root.tar");
    fs::write(&path, tar("one")).unwrap();
    let value = "a \"b\" $HOME \\ c";
    let mut image = Image {
        name: format!("ha-site/test:{}", std::process::id()),
        source: ImageSource::Tar(path.clone()),
        environment: BTreeMap::from([("WORD".to_owned(), value.to_owned())]),
        command: vec!["/file".to_owned(), "two words".to_owned()],
    };
    let images = Images::new(engine.clone(), &place.0);
    let first = images.ensure(&image).await.unwrap();
    assert!(!first.present);
    let config = engine.inspect_image(&image.name).await.unwrap().config.unwrap();
    assert_eq!(config.cmd.unwrap(), ["/file", "two words"]);
    assert!(config.env.unwrap().contains(&format!("WORD={value}")));

    let again = images.ensure(&image).await.unwrap();
    assert_eq!((again.present, &again.id), (true, &first.id));

    fs::write(&path, tar("another")).unwrap();
    let changed = images.ensure(&image).await.unwrap();
    assert!(!changed.present && changed.id != first.id);
    assert!(engine.inspect_image(&first.id).await.is_err(), "the image before it is still there");

    image.command.clear();
    let other = images.ensure(&image).await.unwrap();
    assert!(!other.present && other.id != changed.id);

    let options = RemoveImageOptionsBuilder::new().force(true).build();
    engine.remove_image(&image.name, Some(options), None).await.unwrap();
    image.source = ImageSource::Tar(place.0.join("absent.tar"));
    let absent = images.ensure(&image).await.unwrap_err().to_string();
    assert!(absent.contains("absent.tar"), "{absent}");
}
