//! The container of a balancer: what it is made of, its files, and making it so.

use super::{
    BalancerRow,
    config::{self, CONTROL, FILES, Frame, SOCKETS, Server},
};
use crate::docker::{
    Docker, called,
    engine::{Attached, File, Labels, Part, Port, Seen, Standing, Transport, Trouble, Wanted},
    network::NetworkRow,
};
use ha_core::{backend::Kind, topology::Protocol};
use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
};

/// Where files are tried, inside.
const ASIDE: &str = "/etc/ha/trial";

/// The entries of each map, by its file.
pub(super) type Maps = BTreeMap<String, BTreeMap<String, String>>;

/// A certificate with its key, by name. Its content is nowhere but in the container's file.
#[derive(Default)]
pub(super) struct Certificates(Vec<(String, Vec<u8>)>);

impl Certificates {
    /// Reads those that the balancer's listeners name.
    pub(super) fn read(docker: &Docker, row: &BalancerRow) -> Result<Self, Trouble> {
        let names = row.spec.listeners.iter().filter_map(|listener| match &listener.protocol {
            Protocol::Https { certificate } => Some(certificate),
            Protocol::Http | Protocol::RedirectToHttps => None,
        });
        let read = |name: &String| {
            let missing =
                || Trouble::said(Kind::Rejected(format!("there is no certificate {name}")), "provider's file");
            let place = docker.settings.certificate(name).ok_or_else(missing)?;
            let said = |error: std::io::Error| {
                let said = format!("certificate {name}, {}: {error}", place.display());
                Trouble::said(Kind::NotReady(format!("certificate {name}")), said)
            };
            Ok((name.clone(), std::fs::read(place).map_err(said)?))
        };
        names.map(read).collect::<Result<_, _>>().map(Self)
    }

    /// What they hold, as one number.
    pub(super) fn digest(&self) -> u64 {
        digest(&self.0)
    }
}

fn digest(of: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

/// Its files, and what they are as a digest.
pub(super) struct Files {
    pub(super) all: Vec<File>,
    pub(super) digest: String,
}

/// The files with which HAProxy starts, now or after its next restart.
pub(super) fn files(frame: &Frame<'_>, servers: &[Server], maps: &Maps, certificates: &Certificates) -> Files {
    let file = |place: String, content: Vec<u8>, mode| File { place, content, mode, owner: (0, 0) };
    let mut all = vec![file(configuration(), frame.written(servers).into_bytes(), 0o644)];
    for (place, entries) in maps {
        let text: String = entries.iter().map(|(key, value)| format!("{key} {value}\n")).collect();
        all.push(file(place.clone(), text.into_bytes(), 0o644));
    }
    for (name, pem) in &certificates.0 {
        all.push(file(config::certificate(name), pem.clone(), 0o600));
    }
    let contents: Vec<_> = all.iter().map(|file| (&file.place, &file.content)).collect();
    let digest = format!("{:016x}", digest(&contents));
    Files { all, digest }
}

fn configuration() -> String {
    format!("{FILES}/haproxy.cfg")
}

/// The container that a balancer is to be.
pub(super) fn wanted(
    docker: &Docker,
    row: &BalancerRow,
    network: &NetworkRow,
    files: &Files,
) -> Result<Wanted, Trouble> {
    let not_yet = || Trouble::from(Kind::NotReady("the network has no addresses yet".into()));
    let address = network.address(None, row.last_byte).ok_or_else(not_yet)?;
    let id = network.id.clone().ok_or_else(not_yet)?;
    let published = row.slots.iter().map(|slot| (slot.inside, slot.outside)).chain([(CONTROL, row.control)]);
    let image = docker.settings.images.haproxy.clone();
    let ports: Vec<(u16, u16)> = published.collect();
    // What cannot be changed while it lives: who wants it otherwise makes it anew.
    let plan = format!("{:016x}", digest((&image, address, &id, &ports)));
    let name = row.spec.name.to_string();
    let labels = Labels { scope: row.owner.clone(), part: Part::Balancer, name: name.clone(), plan };
    let attached = Attached::To { network: id, address };
    let mut wanted = Wanted::new(called(&row.owner, name), image, labels, attached);
    let master = format!("{SOCKETS}/master.sock");
    let command = ["haproxy", "-W", "-db", "-S", &master, "-f", &configuration()].map(str::to_owned);
    wanted.command = Some(command.to_vec());
    let port = |(inside, outside)| Port { inside, outside, transport: Transport::Tcp };
    wanted.ports = ports.into_iter().map(port).collect();
    wanted.memory = vec![SOCKETS.to_owned()];
    wanted.files.clone_from(&files.all);
    wanted.revives = true;
    Ok(wanted)
}

/// How the container stands after one look.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Machine {
    /// It runs, and was running before.
    Runs(String),
    /// It was made just now, or had never started: with these files.
    Begun,
    /// It had ended, and was started again with the files that it has.
    Revived,
    /// It is frozen by somebody else.
    Frozen,
    /// Its ports are taken by somebody else: it needs others.
    NoPorts,
}

/// Makes the container run, if it does not.
pub(super) async fn raise(docker: &Docker, wanted: &Wanted, found: Option<&Seen>) -> Result<Machine, Trouble> {
    let same = found.filter(|seen| seen.labels.as_ref() == Some(&wanted.labels));
    let (id, standing) = match (same, found) {
        (Some(seen), _) => (seen.id.clone(), seen.standing),
        (None, other) => {
            if let Some(seen) = other {
                docker.engine.remove(&seen.id).await?;
            }
            (docker.engine.create(wanted).await?, Standing::Created)
        }
    };
    let begins = match standing {
        Standing::Running => return Ok(Machine::Runs(id)),
        Standing::Paused => return Ok(Machine::Frozen),
        Standing::Ended => false,
        Standing::Created => true,
    };
    if begins && same.is_some() {
        // Whoever made it may have been interrupted before its files were in it.
        docker.engine.upload(&id, &wanted.files).await?;
    }
    match docker.engine.start(&id).await {
        Ok(()) if begins => Ok(Machine::Begun),
        Ok(()) => Ok(Machine::Revived),
        Err(trouble) if matches!(trouble.kind(), Kind::Conflict(_)) => {
            docker.engine.remove(&id).await?;
            Ok(Machine::NoPorts)
        }
        Err(trouble) => Err(trouble),
    }
}

/// Puts files into it, after HAProxy itself has found that it can start with them. Until then they stand aside: with those
/// that it has, it can start again.
pub(super) async fn put(docker: &Docker, container: &str, files: &Files) -> Result<(), Trouble> {
    docker.engine.upload(container, &files.aside()).await?;
    let ended = docker.engine.exec(container, &["haproxy", "-c", "-f", &format!("{ASIDE}/haproxy.cfg")]).await?;
    if ended.code != 0 {
        let said = format!("HAProxy does not take its new configuration and goes on with the old one: {}", ended.said);
        return Err(Trouble::said(Kind::Rejected("its configuration".into()), said));
    }
    docker.engine.upload(container, &files.all).await
}

impl Files {
    /// The same in another place, of which they speak as well.
    fn aside(&self) -> Vec<File> {
        let moved = |text: &str| text.replace(&format!("{FILES}/"), &format!("{ASIDE}/"));
        let move_one = |file: &File| {
            let mut file = File { place: moved(&file.place), ..file.clone() };
            if let (true, Ok(text)) = (file.place.ends_with(".cfg"), std::str::from_utf8(&file.content)) {
                file.content = moved(text).into_bytes();
            }
            file
        };
        self.all.iter().map(move_one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_tried_stand_aside_and_speak_of_each_other_there() {
        let file = |place: &str, content: &str| File {
            place: place.into(),
            content: content.into(),
            mode: 0o600,
            owner: (0, 0),
        };
        let all = vec![
            file("/etc/ha/haproxy.cfg", "bind :1 ssl crt /etc/ha/shop.pem\nserver m unix@/run/ha/master.sock"),
            file("/etc/ha/shop.pem", "of /etc/ha/shop"),
        ];
        let aside = Files { all, digest: String::new() }.aside();
        let places: Vec<&str> = aside.iter().map(|file| file.place.as_str()).collect();
        assert_eq!(places, ["/etc/ha/trial/haproxy.cfg", "/etc/ha/trial/shop.pem"]);
        let text = "bind :1 ssl crt /etc/ha/trial/shop.pem\nserver m unix@/run/ha/master.sock";
        assert_eq!(aside[0].content, text.as_bytes());
        assert_eq!(aside[1].content, b"of /etc/ha/shop");
    }
}
