//! Writes what Knot is configured with: a pure function of the names that it answers for.

use super::rows::{Published, Secret};
use crate::docker::engine::File;
use ha_core::name::DnsName;
use std::{
    fmt::Write,
    hash::{DefaultHasher, Hash, Hasher},
};

/// Where its files are, inside.
const FILES: &str = "/etc/ha";
/// What it keeps of its zones, inside: a directory of root's own, since Knot gives up root's right to those of others.
const DATA: &str = "/etc/ha/zones";
/// Where its sockets are, inside: in memory, so that no file names a process that is gone.
pub(super) const RUN: &str = "/run/knot";
/// The name of the key by which records are changed.
pub(super) const KEY: &str = "ha";

/// The place of its configuration.
pub(super) fn configuration() -> String {
    format!("{FILES}/knot.conf")
}

/// Its files, and what they are as a digest. Each name is a zone of its own: it may be the apex of a domain or not.
pub(super) fn files(key: &Secret, names: &[(&DnsName, Option<&Published>)]) -> (Vec<File>, String) {
    // Whoever can read its configuration can change its records.
    let file =
        |place: String, content: String| File { place, content: content.into_bytes(), mode: 0o600, owner: (0, 0) };
    let mut all = vec![file(configuration(), config(key, names))];
    for (name, published) in names {
        all.push(file(format!("{DATA}/{name}.zone"), zone(name)));
        if let Some(published) = published.filter(|published| published.one) {
            all.push(file(weights(name), weighed(name, published)));
        }
    }
    let mut hasher = DefaultHasher::new();
    for file in &all {
        (&file.place, &file.content).hash(&mut hasher);
    }
    (all, format!("{:016x}", hasher.finish()))
}

fn weights(name: &DnsName) -> String {
    format!("{FILES}/{name}.weights")
}

fn config(key: &Secret, names: &[(&DnsName, Option<&Published>)]) -> String {
    let mut text = format!(
        "server:\n    rundir: {RUN}\n    listen: 0.0.0.0@53\n    answer-rotation: on\n\
         log:\n  - target: stderr\n    any: warning\n\
         database:\n    storage: {DATA}\n    journal-db-max-size: 64M\n\
         key:\n  - id: {KEY}\n    algorithm: hmac-sha256\n    secret: {}\n\
         acl:\n  - id: {KEY}\n    key: {KEY}\n    action: update\n\
         template:\n  - id: default\n    storage: {DATA}\n    acl: {KEY}\n    zonefile-sync: -1\n    journal-content: all\n",
        key.0
    );
    let weighted = || names.iter().filter_map(|(name, published)| Some((name, published.filter(|it| it.one)?)));
    let modules = weighted().map(|(name, published)| {
        let ttl = published.ttl;
        format!("  - id: {name}\n    config-file: {}\n    ttl: {ttl}\n    mode: weighted\n", weights(name))
    });
    let modules: String = modules.collect();
    if !modules.is_empty() {
        text += "mod-geoip:\n";
        text += &modules;
    }
    if !names.is_empty() {
        text += "zone:\n";
    }
    for (name, published) in names {
        // Writing to a string does not fail.
        let _ = writeln!(text, "  - domain: {name}");
        if published.is_some_and(|published| published.one) {
            let _ = writeln!(text, "    module: mod-geoip/{name}");
        }
    }
    text
}

/// What a zone begins with: who says that there is no such name is believed for no longer than five seconds.
fn zone(name: &DnsName) -> String {
    format!("$ORIGIN {name}.\n@ 5 SOA {name}. hostmaster.{name}. 1 3600 600 86400 5\n@ 60 NS {name}.\n")
}

fn weighed(name: &DnsName, published: &Published) -> String {
    let answer = |it: &super::rows::Weighed| format!("  - weight: {}\n    A: {}\n", it.weight, it.address);
    format!("{name}:\n{}", published.addresses.iter().map(answer).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docker::dns::rows::Weighed;
    use std::net::Ipv4Addr;

    fn texts(names: &[(&DnsName, Option<&Published>)]) -> Vec<(String, String)> {
        let (files, _) = files(&Secret("c2VjcmV0".into()), names);
        assert!(files.iter().all(|file| file.mode == 0o600));
        files.into_iter().map(|file| (file.place, String::from_utf8(file.content).unwrap())).collect()
    }

    #[test]
    fn each_name_is_a_zone_and_a_weighted_one_has_a_module() {
        let (plain, weighted) = (DnsName::from("shop.example"), DnsName::from("www.shop.example"));
        let address = |last, weight| Weighed { address: Ipv4Addr::new(10, 88, 0, last), weight };
        let published = Published { ttl: 7, addresses: vec![address(2, 240), address(3, 80)], one: true };
        let alias = Published { ttl: 60, addresses: vec![address(2, 1)], one: false };
        let files = texts(&[(&plain, Some(&alias)), (&weighted, Some(&published))]);
        let places: Vec<&str> = files.iter().map(|(place, _)| place.as_str()).collect();
        let expected = [
            "/etc/ha/knot.conf",
            "/etc/ha/zones/shop.example.zone",
            "/etc/ha/zones/www.shop.example.zone",
            "/etc/ha/www.shop.example.weights",
        ];
        assert_eq!(places, expected);
        let config = &files[0].1;
        let zones =
            "zone:\n  - domain: shop.example\n  - domain: www.shop.example\n    module: mod-geoip/www.shop.example\n";
        assert!(config.ends_with(zones), "{config}");
        assert!(config.contains("    config-file: /etc/ha/www.shop.example.weights\n    ttl: 7\n    mode: weighted\n"));
        assert_eq!(
            files[3].1,
            "www.shop.example:\n  - weight: 240\n    A: 10.88.0.2\n  - weight: 80\n    A: 10.88.0.3\n"
        );
        assert!(!texts(&[(&plain, None)])[0].1.contains("mod-geoip"));
    }

    #[test]
    fn another_answer_is_no_other_configuration_unless_it_is_weighed() {
        let name = DnsName::from("shop.example");
        let of = |last, one| {
            let addresses = vec![Weighed { address: Ipv4Addr::new(10, 88, 0, last), weight: 1 }];
            files(&Secret("k".into()), &[(&name, Some(&Published { ttl: 7, addresses, one }))]).1
        };
        assert_eq!(of(2, false), of(3, false));
        assert_ne!(of(2, true), of(3, true));
        assert_ne!(of(2, true), of(2, false));
    }
}
