//! An image is pulled from a registry: one of our own on loopback, which an engine trusts without a certificate.
#![cfg(feature = "docker")]

use bollard::{Docker, query_parameters::RemoveImageOptionsBuilder};
use ha_local::docker::{
    image::{Image, ImageSource, Images},
    lab::run_place,
};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

/// What stands at a path, and what kind of thing it is.
type Shelf = BTreeMap<String, (&'static str, Vec<u8>)>;

const MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const CONFIG: &str = "application/vnd.docker.container.image.v1+json";
const LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";

fn digest(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// An image with one file and a command, as a registry has it.
fn shelf(repository: &str, tag: &str) -> Shelf {
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(3);
    header.set_mode(0o644);
    builder.append_data(&mut header, "file", b"one".as_slice()).unwrap();
    let layer = builder.into_inner().unwrap();
    let config = json!({
        "architecture": if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" }, "os": "linux",
        "config": { "Cmd": ["/file"] }, "rootfs": { "type": "layers", "diff_ids": [digest(&layer)] },
    });
    let config = config.to_string().into_bytes();
    let part = |kind: &str, bytes: &[u8]| json!({ "mediaType": kind, "size": bytes.len(), "digest": digest(bytes) });
    let manifest = json!({
        "schemaVersion": 2, "mediaType": MANIFEST, "config": part(CONFIG, &config), "layers": [part(LAYER, &layer)],
    });
    let manifest = manifest.to_string().into_bytes();
    let at = |kind: &str, name: &str| format!("/v2/{repository}/{kind}/{name}");
    BTreeMap::from([
        ("/v2/".to_owned(), ("application/json", b"{}".to_vec())),
        (at("blobs", &digest(&config)), (CONFIG, config)),
        (at("blobs", &digest(&layer)), (LAYER, layer)),
        (at("manifests", &digest(&manifest)), (MANIFEST, manifest.clone())),
        (at("manifests", tag), (MANIFEST, manifest)),
    ])
}

/// Answers what is asked for on one connection, until it ends.
async fn serve(stream: TcpStream, shelf: Arc<Shelf>, asked: Arc<Mutex<Vec<String>>>) {
    let mut stream = BufReader::new(stream);
    loop {
        let mut first = String::new();
        if stream.read_line(&mut first).await.unwrap_or(0) == 0 {
            return;
        }
        let mut line = String::new();
        while stream.read_line(&mut line).await.unwrap_or(0) > 2 {
            line.clear();
        }
        let mut words = first.split_whitespace();
        let (verb, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        asked.lock().unwrap().push(format!("{verb} {path}"));
        let (code, kind, bytes) = match shelf.get(path) {
            Some((kind, bytes)) => ("200 OK", *kind, bytes.as_slice()),
            None => ("404 Not Found", "text/plain", b"".as_slice()),
        };
        let (length, digest) = (bytes.len(), digest(bytes));
        let head = format!(
            "HTTP/1.1 {code}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\ndocker-content-digest: {digest}\r\n\
             docker-distribution-api-version: registry/2.0\r\n\r\n"
        );
        let body: &[u8] = if verb == "HEAD" { b"" } else { bytes };
        if stream.write_all(&[head.as_bytes(), body].concat()).await.is_err() {
            return;
        }
    }
}

#[tokio::test]
#[ignore = "needs a Docker engine on this machine"]
async fn an_image_is_pulled_from_a_registry_once_and_gets_our_name() {
    let engine = Docker::connect_with_defaults().unwrap().negotiate_version().await.unwrap();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let place = listener.local_addr().unwrap();
    let tag = format!("p{}", std::process::id());
    let (shelf, asked) = (Arc::new(shelf("shop/part", &tag)), Arc::new(Mutex::new(Vec::new())));
    let heard = asked.clone();
    let registry = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, shelf.clone(), heard.clone()));
        }
    });
    let from = format!("{place}/shop/part:{tag}");
    let name = format!("ha-site/test:{tag}");
    let source = ImageSource::Pull(from.clone());
    let image = Image { name: name.clone(), source, environment: BTreeMap::new(), command: Vec::new() };
    let images = Images::new(engine.clone(), run_place("pull"));
    let first = images.ensure(&image).await.unwrap();
    assert!(!first.present);
    let config = engine.inspect_image(&name).await.unwrap().config.unwrap();
    assert_eq!(config.cmd.unwrap(), ["/file"]);
    assert!(asked.lock().unwrap().iter().any(|it| it.contains("/blobs/")), "{:?}", asked.lock().unwrap());

    // What is there already is asked of nobody.
    asked.lock().unwrap().clear();
    let again = images.ensure(&image).await.unwrap();
    assert_eq!((again.present, again.id), (true, first.id));
    assert_eq!(*asked.lock().unwrap(), [""; 0]);
    images.refresh(&image).await.unwrap();
    assert!(!asked.lock().unwrap().is_empty(), "a registry that may have something newer is asked");

    registry.abort();
    for name in [&name, &from] {
        let options = RemoveImageOptionsBuilder::new().force(true).build();
        engine.remove_image(name, Some(options), None).await.unwrap();
    }
}
