//! What a server is told by its environment.

use crate::fault::Fault;
use std::{path::PathBuf, time::Duration};

/// Who a server is, and how it behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Where it answers.
    pub port: u16,
    /// What it says that it is: the release,
    pub release: String,
    /// the pool,
    pub pool: String,
    /// the instance,
    pub instance: String,
    /// and the zone.
    pub zone: String,
    /// The path that says whether it is ready.
    pub ready: String,
    /// So long after its start everything is answered with 503.
    pub boot: Duration,
    /// How long it serves on, not ready, after it was told to stop, at least.
    pub linger: Duration,
    /// And at most.
    pub drain: Duration,
    /// Where executed POSTs are written down.
    pub log: Option<PathBuf>,
    /// The socket through which faults are switched.
    pub control: PathBuf,
    /// The fault that it starts with.
    pub fault: Fault,
}

impl Settings {
    /// Reads the settings; an error names the variable.
    pub fn read(variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, String> {
        let text = |name: &str, default: &str| {
            variable(name).filter(|value| !value.is_empty()).unwrap_or_else(|| default.into())
        };
        let word = |name: &str| {
            let value = text(name, "none");
            let plain = |letter: char| letter.is_ascii_graphic();
            if value.chars().all(plain) {
                Ok(value)
            } else {
                Err(format!("{name}={value:?}: it becomes a header: letters, digits and signs only, no space"))
            }
        };
        let number = |name: &str, default: &str| {
            let value = text(name, default);
            value.parse::<u64>().map_err(|error| format!("{name}={value:?}: {error}"))
        };
        let time = |name: &str, default: &str| number(name, default).map(Duration::from_millis);
        let ready = text("SITE_READY", "/healthz");
        if !ready.starts_with('/') {
            return Err(format!("SITE_READY={ready:?}: a path begins with /"));
        }
        let port = number("SITE_PORT", "8080")?;
        Ok(Self {
            port: u16::try_from(port).map_err(|_| format!("SITE_PORT={port}: a port is 65535 at most"))?,
            release: word("SITE_RELEASE")?,
            pool: word("SITE_POOL")?,
            instance: word("SITE_INSTANCE")?,
            zone: word("SITE_ZONE")?,
            ready,
            boot: time("SITE_BOOT_MS", "0")?,
            linger: time("SITE_LINGER_MS", "0")?,
            drain: time("SITE_DRAIN_MS", "5000")?,
            log: variable("SITE_LOG").filter(|path| !path.is_empty()).map(PathBuf::from),
            control: PathBuf::from(text("SITE_CONTROL", "/tmp/site.sock")),
            fault: text("SITE_FAULT", "none").parse().map_err(|error| format!("SITE_FAULT: {error}"))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(given: &[(&str, &str)]) -> Result<Settings, String> {
        let given: Vec<(String, String)> =
            given.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        Settings::read(&|name| given.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()))
    }

    #[test]
    fn an_empty_environment_is_enough() {
        let settings = read(&[]).unwrap();
        assert_eq!((settings.port, settings.release.as_str(), settings.log), (8080, "none", None));
        assert_eq!((settings.fault, settings.drain), (Fault::None, Duration::from_secs(5)));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let table = [
            (("SITE_PORT", "70000"), "SITE_PORT=70000: a port is 65535 at most"),
            (("SITE_BOOT_MS", "soon"), "SITE_BOOT_MS=\"soon\": invalid digit found in string"),
            (("SITE_READY", "ready"), "SITE_READY=\"ready\": a path begins with /"),
            (("SITE_FAULT", "sleepy"), "SITE_FAULT: no such fault: \"sleepy\" (none, 500s, hang, slow:MS, not-ready)"),
        ];
        for (given, wanted) in table {
            assert_eq!(read(&[given]).unwrap_err(), wanted);
        }
        assert!(read(&[("SITE_RELEASE", "r1\r\nX-Evil: 1")]).unwrap_err().starts_with("SITE_RELEASE="));
    }
}
