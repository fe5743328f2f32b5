//! The provider file: what is AWS's own of a site, and no topology says: region, zones, images, certificates, buckets.

use ha_core::{
    document::{Document, Section},
    name::{Release, ZoneName},
    validate::{Problem, Problems},
};
use std::collections::BTreeMap;

/// What is AWS's own of a site.
#[derive(Clone, Debug, PartialEq)]
pub struct Provider {
    /// The region.
    pub region: String,
    /// The availability zones that the topology's zones stand for; one that is not here is the region's of that letter.
    pub zones: BTreeMap<ZoneName, String>,
    /// The addresses of the site's network: a /16, of which each zone takes two /20.
    pub cidr: String,
    /// What instances are made of, where their release says nothing else.
    pub machine: Machine,
    /// What each release is here; `*` stands for those that are not named, `{release}` in its texts for their names.
    pub releases: BTreeMap<Release, Machine>,
    /// The certificates, each an ARN, by the names that topologies use.
    pub certificates: BTreeMap<String, String>,
    /// The bucket of the store; without it there is none, and a second controller is not kept out.
    pub bucket: Option<String>,
    /// Hosted zones that are there already, each an id, by their domain; others are made.
    pub hosted_zones: BTreeMap<String, String>,
}

/// What instances are made of; `None` is left to what stands above.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    /// The AMI.
    pub image: Option<String>,
    /// The instance type.
    pub instance_type: Option<String>,
    /// The name of the instance profile.
    pub profile: Option<String>,
    /// The script that runs the boot contract.
    pub user_data: Option<String>,
    /// Whether instances say for themselves when they are ready: our script does, after theirs. Their profile must
    /// allow `autoscaling:CompleteLifecycleAction`. Without it, an instance that runs counts as ready, and its
    /// balancer tells whether it serves.
    pub signals: Option<bool>,
}

/// What stands for every release that is not named.
const ANY: &str = "*";
const CIDR: &str = "10.64.0.0/16";
const EXAMPLE: &str = "region = \"eu-central-1\"";

impl Provider {
    /// A provider file of this region that says nothing else.
    pub fn new(region: &str) -> Self {
        Self {
            region: region.into(),
            zones: BTreeMap::new(),
            cidr: CIDR.into(),
            machine: Machine::default(),
            releases: BTreeMap::new(),
            certificates: BTreeMap::new(),
            bucket: None,
            hosted_zones: BTreeMap::new(),
        }
    }

    /// Reads a provider file; `file` is its name for people.
    pub fn parse(text: &str, file: &str) -> Result<Self, Problems> {
        secrets(text, file)?;
        let document = Document::parse(text, file)?;
        let root = document.root();
        let mut read = Self::new("");
        if let Some(region) = root.required("region", EXAMPLE).and_then(|value| value.text()) {
            read.region = region.into();
        }
        if let Some(cidr) = root.value("cidr") {
            match cidr.text() {
                Some(text) if network(text).is_some() => read.cidr = text.into(),
                Some(_) => cidr.refuse("a network of 65,536 private addresses", &format!("{CIDR:?}")),
                None => {}
            }
        }
        read.bucket = root.text("bucket").map(String::from);
        read.zones = texts(root.section("zones")).into_iter().map(|(zone, az)| (zone.into(), az)).collect();
        read.certificates = texts(root.section("certificates"));
        read.hosted_zones = texts(root.section("hosted_zones"));
        if let Some(section) = root.section("machine") {
            read.machine = machine(section);
        }
        if let Some(releases) = root.section("releases") {
            let names: Vec<&str> = releases.keys().collect();
            for name in names {
                if let Some(section) = releases.section(name) {
                    read.releases.insert(name.into(), machine(section));
                }
            }
            releases.close();
        }
        root.close();
        document.finish(read)
    }

    /// The availability zone that a zone of the topology stands for.
    pub fn zone(&self, zone: &ZoneName) -> String {
        self.zones.get(zone).cloned().unwrap_or_else(|| format!("{}{zone}", self.region))
    }

    /// The topology's name of an availability zone.
    pub fn zone_of(&self, place: &str) -> ZoneName {
        let named = self.zones.iter().find(|(_, az)| *az == place).map(|(zone, _)| zone.clone());
        named.unwrap_or_else(|| place.strip_prefix(&self.region).unwrap_or(place).into())
    }

    /// What instances of this release are made of, if the file names the release, or all.
    pub fn release(&self, release: &Release) -> Option<Machine> {
        let (named, above) = (self.releases.get(release), &self.machine);
        let own = match named {
            Some(own) => own.clone(),
            None => self.releases.get(&Release::from(ANY))?.of(release),
        };
        Some(Machine {
            image: own.image.or_else(|| above.image.clone()),
            instance_type: own.instance_type.or_else(|| above.instance_type.clone()),
            profile: own.profile.or_else(|| above.profile.clone()),
            user_data: own.user_data.or_else(|| above.user_data.clone()),
            signals: own.signals.or(above.signals),
        })
    }

    /// The addresses of the `slot`th of the sixteen parts of the network; nothing beyond.
    pub fn part(&self, slot: u8) -> Option<String> {
        let (first, second) = network(&self.cidr)?;
        (slot < 16).then(|| format!("{first}.{second}.{}.0/20", slot * 16))
    }
}

impl Machine {
    /// The same with the release's name in its texts.
    fn of(&self, release: &Release) -> Self {
        let named = |text: &String| text.replace("{release}", release.as_str());
        Self { image: self.image.as_ref().map(named), user_data: self.user_data.as_ref().map(named), ..self.clone() }
    }
}

/// The first two numbers of a private /16.
fn network(cidr: &str) -> Option<(u8, u8)> {
    let numbers: Vec<u8> = cidr.strip_suffix(".0.0/16")?.split('.').map(str::parse).collect::<Result<_, _>>().ok()?;
    match numbers[..] {
        [10, second] => Some((10, second)),
        [172, second @ 16..=31] => Some((172, second)),
        [192, 168] => Some((192, 168)),
        _ => None,
    }
}

/// Refuses a file that holds a private key, before anything of it could be repeated in another complaint.
fn secrets(text: &str, file: &str) -> Result<(), Problems> {
    let keys = text.lines().zip(1..).filter(|(line, _)| line.contains("PRIVATE KEY-----") && line.contains("BEGIN"));
    let refused = |(_, line): (&str, u32)| {
        let what = "a private key is no part of a provider file: whoever may look at an instance reads its user data";
        let fix =
            "name its certificate's ARN under [certificates], or let the program ask for it by its instance profile";
        Problem::new(format!("{file}:{line}"), what, fix)
    };
    match keys.map(refused).collect::<Vec<_>>() {
        none if none.is_empty() => Ok(()),
        refused => Err(Problems(refused)),
    }
}

fn texts(section: Option<Section<'_>>) -> BTreeMap<String, String> {
    let Some(section) = section else { return BTreeMap::new() };
    let keys: Vec<&str> = section.keys().collect();
    let pairs = keys.into_iter().filter_map(|key| Some((key.to_owned(), section.text(key)?.to_owned()))).collect();
    section.close();
    pairs
}

fn machine(section: Section<'_>) -> Machine {
    let text = |key| section.text(key).map(String::from);
    let read = Machine {
        image: text("image"),
        instance_type: text("instance_type"),
        profile: text("profile"),
        user_data: text("user_data"),
        signals: section.flag("signals"),
    };
    section.close();
    read
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
region = "eu-central-1"
cidr = "172.20.0.0/16"
bucket = "shop-store"
[zones]
c = "eu-central-1-ham-1a"
[machine]
instance_type = "t3.micro"
signals = true
[releases."1.0"]
image = "ami-1"
[releases."1.1"]
image = "ami-2"
instance_type = "t3.small"
"#;

    #[test]
    fn a_file_is_read() {
        let provider = Provider::parse(FILE, "aws.toml").unwrap();
        let zones = ["a", "c"].map(|zone| provider.zone(&zone.into()));
        assert_eq!(zones, ["eu-central-1a", "eu-central-1-ham-1a"]);
        assert_eq!(zones.map(|az| provider.zone_of(&az).to_string()), ["a", "c"]);
        let types = ["1.0", "1.1"].map(|name| provider.release(&name.into()).unwrap().instance_type.unwrap());
        assert_eq!(types, ["t3.micro", "t3.small"]);
        assert_eq!(provider.release(&"1.2".into()), None);
        let any = "region = \"eu-central-1\"\n[releases.\"*\"]\nimage = \"ami-1\"\nuser_data = \"run {release}\"\n";
        let any = Provider::parse(any, "aws.toml").unwrap().release(&"1.2".into()).unwrap();
        assert_eq!((any.image.as_deref(), any.user_data.as_deref()), (Some("ami-1"), Some("run 1.2")));
        assert_eq!(
            [0, 1, 15, 16].map(|slot| provider.part(slot)),
            [Some("172.20.0.0/20".into()), Some("172.20.16.0/20".into()), Some("172.20.240.0/20".into()), None]
        );
    }

    #[test]
    fn a_private_key_is_refused_and_not_repeated() {
        let key = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEplanted\n-----END EC PRIVATE KEY-----";
        for text in [
            format!("region = \"eu-central-1\"\n[machine]\nuser_data = \"\"\"\n#!/bin/sh\necho '{key}'\n\"\"\"\n"),
            format!("region = \"eu-central-1\"\n[certificates]\nshop = '''\n{key}'''\n"),
        ] {
            let told = Provider::parse(&text, "aws.toml").unwrap_err().to_string();
            assert!(told.contains("a private key is no part") && told.lines().count() == 1, "{told}");
            assert!(told.starts_with("aws.toml:") && !told.contains("planted") && !told.contains("MHc"), "{told}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said_at_once_and_where() {
        let told = Provider::parse("cidr = \"8.8.0.0/16\"\n[machine]\nimages = \"ami-1\"\n", "aws.toml").unwrap_err();
        let told = told.to_string();
        for part in ["region", "aws.toml:1:8: cidr: \"8.8.0.0/16\" is not", "did you mean \"image\"?"] {
            assert!(told.contains(part), "{part} is not in: {told}");
        }
    }
}
