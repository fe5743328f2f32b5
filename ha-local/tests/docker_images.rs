//! Images on a real engine: made once, found again, replaced when they change.
#![cfg(feature = "docker")]

use bollard::{Docker, query_parameters::RemoveImageOptionsBuilder};
use ha_core::backend::Scope;
use ha_local::docker::{
    called,
    engine::{Attached, Engine, File, Labels, Part, Wanted},
    image::{APP, Image, ImageSource, Images, KNOT, Origin, app, parts},
    lab::{run_name, run_place, sweep},
};
use std::{collections::BTreeMap, fs, path::PathBuf, time::Duration};

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
    let place = Place(run_place("images"));
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

#[tokio::test]
#[ignore = "needs a Docker engine"]
async fn a_release_that_somebody_made_with_a_fault_is_made_anew_without() {
    let engine = Docker::connect_with_defaults().unwrap().negotiate_version().await.unwrap();
    let place = Place(run_place("release"));
    fs::create_dir_all(&place.0).unwrap();
    let path = place.0.join("root.tar");
    fs::write(&path, tar("one")).unwrap();
    let name = format!("test-{}", std::process::id());
    let images = Images::new(engine.clone(), &place.0);
    let mut ids = Vec::new();
    for fault in [Some("500s"), None, Some("not-ready")] {
        let release = app(path.clone(), &name, fault);
        let made = images.ensure(&release).await.unwrap();
        let told = made.environment.iter().find_map(|told| told.strip_prefix("SITE_FAULT="));
        assert_eq!((made.present, told), (false, fault));
        assert!(images.ensure(&release).await.unwrap().present);
        ids.push(made.id);
    }
    let options = RemoveImageOptionsBuilder::new().force(true).build();
    engine.remove_image(&format!("{APP}:{name}"), Some(options), None).await.unwrap();
    for id in ids {
        assert!(engine.inspect_image(&id).await.is_err(), "{id} is still there");
    }
}

#[tokio::test]
#[ignore = "needs a Docker engine"]
async fn an_image_that_cannot_be_pulled_is_told_with_what_to_do() {
    let engine = Docker::connect_with_defaults().unwrap().negotiate_version().await.unwrap();
    // Nobody listens there, on any machine.
    let from = "127.0.0.1:1/ha-site/absent:1";
    let image = Image {
        name: format!("ha-site/test:absent-{}", std::process::id()),
        source: ImageSource::Pull(from.into()),
        environment: BTreeMap::new(),
        command: Vec::new(),
    };
    let refused = Images::new(engine, run_place("absent")).ensure(&image).await.unwrap_err().to_string();
    assert!(refused.contains(from) && refused.contains("Debian packages"), "{refused}");
}

/// A weighted name: Knot takes this only with its module for it.
const WEIGHTED: &str = "server:\n    rundir: /run/knot\n    listen: 0.0.0.0@53\n\
                        database:\n    storage: /etc/ha\n\
                        mod-geoip:\n  - id: shop\n    config-file: /etc/ha/weights\n    ttl: 7\n    mode: weighted\n\
                        zone:\n  - domain: shop.example\n    storage: /etc/ha\n    module: mod-geoip/shop\n";
const WEIGHTS: &str = "shop.example:\n  - weight: 3\n    A: 10.88.0.2\n  - weight: 1\n    A: 10.88.0.3\n";

#[tokio::test]
#[ignore = "needs a Docker engine, apt-get and a Debian mirror"]
async fn the_dns_server_made_from_packages_draws_by_weight() {
    let engine = Engine::connect(None, Duration::from_secs(60)).await.unwrap();
    sweep(&engine).await.unwrap();
    let place = Place(run_place("knot"));
    let mut image = parts(Origin::Debian).into_iter().find(|image| image.name == KNOT).unwrap();
    image.name = format!("ha-site/test:knot-{}", std::process::id());
    let made = Images::new(engine.client().clone(), &place.0).ensure(&image).await.unwrap();
    assert!(!made.present);

    let scope = Scope { name: run_name("knot"), id: "1".into() };
    let labels = Labels { scope: scope.clone(), part: Part::Dns, name: "names".into(), plan: String::new() };
    let mut wanted = Wanted::new(called(&scope, "names"), &image.name, labels, Attached::Outside);
    wanted.command = Some(["knotd", "-c", "/etc/ha/knot.conf"].map(str::to_owned).to_vec());
    let file = |name: &str, content: &str| File {
        place: format!("/etc/ha/{name}"),
        content: content.into(),
        mode: 0o600,
        owner: (0, 0),
    };
    wanted.memory = vec!["/run/knot".into()];
    wanted.files = vec![file("knot.conf", WEIGHTED), file("weights", WEIGHTS)];
    let container = engine.create(&wanted).await.unwrap();
    engine.start(&container).await.unwrap();
    let ended = engine.exec(&container, &["knotc", "-c", "/etc/ha/knot.conf", "conf-check"]).await.unwrap();
    engine.remove(&container).await.unwrap();
    let options = RemoveImageOptionsBuilder::new().force(true).build();
    engine.client().remove_image(&image.name, Some(options), None).await.unwrap();
    assert_eq!(ended.code, 0, "{}", ended.said);
}
