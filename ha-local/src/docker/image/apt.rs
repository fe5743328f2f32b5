//! Calls of `apt-get`: with the system's package lists, and once more with new ones of our own where these do not do.

use super::{Progress, error::ImageError};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Which package lists apt goes by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lists {
    /// Those that the system has, as old as they are.
    System,
    /// Those in this directory, which are ours: nobody needs rights to renew them, and the system's stay as they are.
    Own(PathBuf),
}

impl Lists {
    /// `apt-get` that goes by these lists, writes nothing of the system's and asks a mirror again that fails for a moment.
    pub(super) fn apt(&self) -> Command {
        let mut apt = Command::new("apt-get");
        apt.args(["-qq", "-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User=root", "-o", "Acquire::Retries=3"]);
        if let Self::Own(place) = self {
            apt.arg("-o").arg(format!("Dir::State::lists={}", place.display()));
            apt.args(["-o", "Dir::Cache::pkgcache=", "-o", "Dir::Cache::srcpkgcache="]);
        }
        apt
    }

    /// Fetches new ones into the cache. What could not be fetched of them is no failure yet: the rest may do.
    fn renewed(cache: &Path) -> Result<(Self, Option<String>), ImageError> {
        let place = cache.join("lists");
        fs::create_dir_all(place.join("partial")).map_err(ImageError::file(&place))?;
        let lists = Self::Own(fs::canonicalize(&place).map_err(ImageError::file(&place))?);
        // Otherwise apt takes lists that it cannot fetch for no error.
        match output(lists.apt().args(["-o", "APT::Update::Error-Mode=any", "update"])) {
            Ok(_) => Ok((lists, None)),
            Err(ImageError::Failed { said, .. }) => Ok((lists, Some(said))),
            Err(other) => Err(other),
        }
    }
}

/// Does something by the system's lists. If apt fails at it they may be absent, or so old that the mirror has no such
/// versions any more: then by new ones.
pub(super) fn by_lists<T>(
    cache: &Path,
    tell: &dyn Fn(Progress),
    act: impl Fn(&Lists) -> Result<T, ImageError>,
) -> Result<T, ImageError> {
    renewing(act, || {
        tell(Progress::Updating);
        Lists::renewed(cache)
    })
}

fn renewing<T>(
    act: impl Fn(&Lists) -> Result<T, ImageError>,
    renew: impl FnOnce() -> Result<(Lists, Option<String>), ImageError>,
) -> Result<T, ImageError> {
    match act(&Lists::System) {
        Err(ImageError::Failed { command, .. }) if command.starts_with("apt-get") => {}
        done => return done,
    }
    let (lists, trouble) = renew()?;
    act(&lists).map_err(|error| match (error, trouble) {
        (ImageError::Failed { command, said }, Some(why)) => {
            let said = format!("{said}\nnew package lists could not be fetched: {why}");
            ImageError::Failed { command, said }
        }
        (error, _) => error,
    })
}

/// What a program prints; an error if it fails.
pub(super) fn output(command: &mut Command) -> Result<String, ImageError> {
    raw_output(command).map(|said| String::from_utf8_lossy(&said).into_owned())
}

pub(super) fn raw_output(command: &mut Command) -> Result<Vec<u8>, ImageError> {
    let program = command.get_program().to_string_lossy().into_owned();
    command.env("LC_ALL", "C").env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null());
    let done = command.output().map_err(|source| ImageError::Program { program: program.clone(), source })?;
    if done.status.success() {
        return Ok(done.stdout);
    }
    let last = command.get_args().map(|argument| argument.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ");
    let said = String::from_utf8_lossy(&done.stderr).trim().to_owned();
    Err(ImageError::Failed { command: format!("{program} {last}"), said })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(command: &str, said: &str) -> ImageError {
        ImageError::Failed { command: command.into(), said: said.into() }
    }

    #[test]
    fn where_the_system_s_lists_do_not_do_new_ones_are_fetched_once() {
        let own = Lists::Own("/cache/lists".into());
        let stale = |lists: &Lists| match lists {
            Lists::System => Err(failed("apt-get download a=1", "404  Not Found")),
            Lists::Own(_) => Ok(lists.clone()),
        };
        for trouble in [None, Some("one source of five is away".to_owned())] {
            assert_eq!(renewing(stale, || Ok((own.clone(), trouble))).unwrap(), own);
        }
        let never = || panic!("nothing is to be renewed");
        assert_eq!(renewing(|lists| Ok(lists.clone()), never).unwrap(), Lists::System);
        let broken = |_: &Lists| -> Result<(), ImageError> { Err(failed("dpkg-deb a.deb", "no archive")) };
        assert!(renewing(broken, never).unwrap_err().to_string().contains("no archive"));
    }

    #[test]
    fn why_neither_lists_did_is_told() {
        let absent =
            |_: &Lists| -> Result<(), ImageError> { Err(failed("apt-get install a", "E: Unable to locate package a")) };
        let off = || Ok((Lists::Own("/cache/lists".into()), Some("Could not resolve 'deb.debian.org'".into())));
        let said = renewing(absent, off).unwrap_err().to_string();
        for part in ["locate package a", "could not be fetched: Could not resolve", "mirror"] {
            assert!(said.contains(part), "{said}");
        }
    }

    #[test]
    fn own_lists_leave_the_system_s_alone() {
        let told = |lists: &Lists| format!("{:?}", lists.apt());
        assert!(told(&Lists::System).contains("Acquire::Retries=3") && !told(&Lists::System).contains("lists"));
        let own = told(&Lists::Own("/c/lists".into()));
        assert!(own.contains("Dir::State::lists=/c/lists") && own.contains("Dir::Cache::pkgcache="), "{own}");
    }
}
