//! What is a provider's own and in no topology: where it remembers, what releases run from, ports, certificates, timers.

use super::image;
use ha_core::{backend::Kind, keeper::Policy, name::Release, time::text, topology::HealthCheck};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    time::Duration,
};

/// What is a provider's own. Read from a file of its own, beside the topology's.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where the provider remembers. In a file: seen from where that file is.
    pub directory: PathBuf,
    /// The engine's address; if none is said, where `DOCKER_HOST` or the system's default says.
    #[serde(default)]
    pub engine: Option<String>,
    /// The first two bytes of the site's addresses, as `10.88`; if none are said, some that are free.
    #[serde(default)]
    pub subnet: Option<Subnet>,
    /// The first and the last of the ports that may be published on loopback.
    #[serde(default = "ports")]
    pub ports: (u16, u16),
    /// What the provider's own parts run from.
    #[serde(default)]
    pub images: Images,
    /// What releases run from; `*` stands for those that are not named.
    #[serde(default)]
    pub releases: BTreeMap<String, Program>,
    /// PEM files with certificate and key, by the name that listeners use.
    #[serde(default)]
    pub certificates: BTreeMap<String, PathBuf>,
    /// How instances are checked that no balancer checks.
    #[serde(default = "check")]
    pub check: HealthCheck,
    /// How pools are kept where a topology leaves it open.
    #[serde(default = "policy")]
    pub policy: Policy,
    /// How long things may take.
    #[serde(default)]
    pub timers: Timers,
}

/// What the provider's own parts run from: names of images on the engine.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Images {
    /// What holds an instance's network place: it waits, and has `nft`.
    pub net: String,
    /// HAProxy.
    pub haproxy: String,
    /// Knot.
    pub knot: String,
}

impl Default for Images {
    fn default() -> Self {
        Self { net: image::NET.into(), haproxy: image::HAPROXY.into(), knot: image::KNOT.into() }
    }
}

/// What an instance of a release runs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// The image on the engine; `{release}` stands for the release.
    pub image: String,
    /// Its command, if not the image's own.
    #[serde(default)]
    pub command: Option<Vec<String>>,
    /// What its environment has besides what every instance is told. No secrets: the engine tells it to whoever may ask
    /// the engine. They belong into files, see `mounts`.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// What is mounted where: a name without a slash is a volume of the site's own, which is made when it is needed and
    /// outlives pools; anything else a place of the host.
    #[serde(default)]
    pub mounts: BTreeMap<String, String>,
}

/// How long things may take.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Timers {
    /// How long changes by others may stay unseen.
    #[serde(with = "text")]
    pub settle: Duration,
    /// The longest that a call of the engine takes.
    #[serde(with = "text")]
    pub call: Duration,
    /// Between two looks of the supervisor at everything.
    #[serde(with = "text")]
    pub look: Duration,
    /// For how long a supervisor that says nothing more keeps others from acting.
    #[serde(with = "text")]
    pub turn: Duration,
    /// Between asking a process to end and ending it.
    #[serde(with = "text")]
    pub grace: Duration,
}

impl Default for Timers {
    fn default() -> Self {
        Self {
            settle: Duration::ZERO,
            call: Duration::from_secs(20),
            look: Duration::from_millis(250),
            turn: Duration::from_secs(5),
            grace: Duration::from_secs(5),
        }
    }
}

fn ports() -> (u16, u16) {
    (21_000, 21_999)
}

fn check() -> HealthCheck {
    let second = Duration::from_secs(1);
    HealthCheck { interval: second, timeout: second, healthy: 2, unhealthy: 2 }
}

fn policy() -> Policy {
    Policy {
        replaces_unhealthy: true,
        keeps_brake: true,
        patience: Duration::from_secs(10),
        back_off: Duration::from_secs(30),
        rebalances: true,
    }
}

/// The first two bytes of a /16.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Subnet(pub [u8; 2]);

impl TryFrom<String> for Subnet {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let bytes: Option<Vec<u8>> = text.split('.').map(|byte| byte.parse().ok()).collect();
        match bytes.as_deref() {
            Some([a, b]) => Ok(Self([*a, *b])),
            _ => Err(format!("not the first two bytes of addresses: {text:?} (write it like 10.88)")),
        }
    }
}

/// Why a provider's file is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit(String);

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unfit {}

impl Settings {
    /// Settings with this directory and everything else as it is if nothing is said.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
            engine: None,
            subnet: None,
            ports: ports(),
            images: Images::default(),
            releases: BTreeMap::new(),
            certificates: BTreeMap::new(),
            check: check(),
            policy: policy(),
            timers: Timers::default(),
        }
    }

    /// Reads a provider's file.
    pub fn open(file: &Path) -> Result<Self, Unfit> {
        let text = fs::read_to_string(file).map_err(|error| Unfit(format!("{}: {error}", file.display())))?;
        Self::read(&text, file)
    }

    /// Reads the text of a provider's file; places in it are seen from where `file` is.
    pub fn read(text: &str, file: &Path) -> Result<Self, Unfit> {
        let wrong = |what: String| Unfit(format!("{}: {what}", file.display()));
        if let Some(at) = text.lines().position(|line| line.contains("PRIVATE KEY-----")) {
            let advice = "write it to a file that only you may read, and name that under [certificates]";
            return Err(wrong(format!("line {}: a private key is no part of a provider's file: {advice}", at + 1)));
        }
        let mut settings: Self = toml::from_str(text).map_err(|error| wrong(unquoted(&error, text)))?;
        let (first, last) = settings.ports;
        if first == 0 || first > last {
            return Err(wrong(format!(
                "ports: {first} to {last} are none; write the first and the last, as [21000, 21999]"
            )));
        }
        let here = file.parent().unwrap_or(Path::new(""));
        settings.directory = here.join(&settings.directory);
        for (name, place) in &mut settings.certificates {
            *place = here.join(&place);
            if let Err(error) = fs::metadata(&place) {
                return Err(wrong(format!("certificates.{name}: {}: {error}", place.display())));
            }
        }
        Ok(settings)
    }

    /// What an instance of this release runs.
    pub fn program(&self, release: &Release) -> Option<Program> {
        let found = self.releases.get(release.as_str()).or_else(|| self.releases.get("*"))?.clone();
        Some(Program { image: found.image.replace("{release}", release.as_str()), ..found })
    }

    /// The PEM file of a certificate.
    pub fn certificate(&self, name: &str) -> Option<&Path> {
        self.certificates.get(name).map(PathBuf::as_path)
    }

    /// A port that may be published on loopback: not among those given away, and nobody listens there.
    pub fn free_port(&self, taken: &BTreeSet<u16>) -> Result<u16, Kind> {
        let (first, last) = self.ports;
        let mut ports = (first..=last).filter(|port| !taken.contains(port));
        let free = ports.find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok());
        free.ok_or_else(|| {
            let advice = "end who listens there, or give others in the provider's file, as ports = [21000, 21999]";
            Kind::NotReady(format!("too few of the ports {first} to {last} of 127.0.0.1 are free: {advice}"))
        })
    }
}

/// What is wrong with a file and where, without what stands there: environments hold what is nobody else's to read.
fn unquoted(error: &toml::de::Error, text: &str) -> String {
    let message = match error.message().split_once(": string \"") {
        Some((head, rest)) => format!("{head}: a text{}", rest.rsplit_once('"').map_or("", |(_, tail)| tail)),
        None => error.message().to_owned(),
    };
    let before = error.span().and_then(|span| text.get(..span.start));
    before.map_or_else(|| message.clone(), |before| format!("line {}: {message}", before.matches('\n').count() + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Settings, Unfit> {
        Settings::read(text, Path::new("/site/provider.toml"))
    }

    #[test]
    fn a_provider_s_file_is_read_and_what_is_left_out_is_as_usual() {
        let text = "directory = \"state\"\nsubnet = \"10.90\"\n[releases.\"*\"]\nimage = \"shop:{release}\"\n\
                    [releases.r1]\nimage = \"old\"\n[timers]\ncall = \"9s\"\n";
        let settings = read(text).unwrap();
        assert_eq!(settings.directory, Path::new("/site/state"));
        assert_eq!(settings.subnet, Some(Subnet([10, 90])));
        assert_eq!(settings.program(&"r1".into()).unwrap().image, "old");
        assert_eq!(settings.program(&"r2".into()).unwrap().image, "shop:r2");
        let expected = Timers { call: Duration::from_secs(9), ..Timers::default() };
        assert_eq!(settings.timers, expected);
        assert_eq!(settings.program(&"r1".into()).unwrap().command, None);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for (text, told) in [
            ("directory = 1\n", "line 1"),
            ("", "missing field `directory`"),
            ("directory = \"d\"\nsubnet = \"10.88.0.0/16\"\n", "write it like 10.88"),
            ("directory = \"d\"\nports = [5, 4]\n", "the first and the last"),
            ("directory = \"d\"\nport = [5, 4]\n", "unknown field `port`"),
            ("directory = \"d\"\n[certificates]\nshop = \"absent.pem\"\n", "/site/absent.pem"),
        ] {
            let wrong = read(text).unwrap_err().to_string();
            assert!(wrong.starts_with("/site/provider.toml: ") && wrong.contains(told), "{wrong}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_without_what_stands_there() {
        let release = "directory = \"d\"\n[releases.r1]\nimage = \"i\"\n";
        for (line, told) in [
            ("environmnt = { TOKEN = \"tok5c06\" }\n", "line 4: unknown field `environmnt`"),
            ("environment = \"tok5c06\"\n", "line 4: invalid type: a text, expected a map"),
            ("environment = { A = \"tok5c06\" B = \"tok5c06\" }\n", "line 4: "),
            ("environment = { A = tok5c06 }\n", "line 4: "),
            ("environment = { K = \"-----BEGIN PRIVATE KEY-----tok5c06\" }\n", "line 4: a private key"),
        ] {
            let wrong = read(&format!("{release}{line}")).unwrap_err().to_string();
            assert!(wrong.contains(told) && !wrong.contains("tok5c06"), "{wrong}");
        }
    }

    #[test]
    fn a_port_that_is_taken_is_not_free() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let busy = listener.local_addr().unwrap().port();
        let settings = Settings { ports: (busy, busy), ..Settings::new("d") };
        let told = settings.free_port(&BTreeSet::new()).unwrap_err().to_string();
        assert!(told.contains(&busy.to_string()) && told.contains("ports = ["), "{told}");
        assert!(settings.free_port(&BTreeSet::from([busy])).is_err());
        drop(listener);
        // Somebody else on this machine may be given the very port that was let go: then another is tried.
        let let_go = (0..20).any(|_| {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            let port = listener.local_addr().unwrap().port();
            drop(listener);
            Settings { ports: (port, port), ..Settings::new("d") }.free_port(&BTreeSet::new()) == Ok(port)
        });
        assert!(let_go, "what nobody has is free");
    }
}
