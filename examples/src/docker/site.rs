//! A site and the provider it is with, as files and engine say.

use super::arguments::Asked;
use crate::{place, stop::Stop};
use ha_core::{
    ValidTopology,
    backend::{Scope, state::InstancePhase},
    name::ZoneName,
    topology::{HoldMode, Topology},
};
use ha_local::docker::{
    Docker, Settings,
    pool::{MemberRow, PoolRow},
    state::Tables,
};
use std::{
    fs,
    path::{Component, Path, PathBuf},
    sync::Arc,
};

/// A site, and where it is.
#[derive(Clone, Debug)]
pub struct Site {
    /// As its file wants it.
    pub wanted: ValidTopology,
    /// Whose everything is.
    pub scope: Scope,
    /// The provider.
    pub docker: Arc<Docker>,
    /// The provider's file.
    pub provider: PathBuf,
}

impl Site {
    /// Reads the files and connects to the engine.
    pub async fn open(asked: &Asked) -> Result<Self, Stop> {
        let file = place::topology(asked.topology.as_deref());
        let read = ValidTopology::load(&file).map_err(|problems| Stop::Wrong(problems.to_string()))?;
        let provider = place::provider(asked.provider.as_deref(), &file, "docker");
        let wrong = |error| Stop::Wrong(format!("{}: {error}", provider.display()));
        let provider = provider.canonicalize().map_err(wrong)?;
        let mut settings = Settings::open(&provider).map_err(|unfit| Stop::Wrong(unfit.to_string()))?;
        settings.directory = straight(&settings.directory);
        for place in settings.certificates.values_mut() {
            *place = straight(place);
        }
        let mut topology = read.topology().clone();
        topology.id.get_or_insert_with(|| of_place(&settings.directory));
        let wanted = topology.validate().map_err(|problems| Stop::Wrong(problems.to_string()))?;
        let engine = settings.engine.clone();
        let docker = Docker::connect(settings).await.map_err(|trouble| {
            let which = engine.or_else(|| std::env::var("DOCKER_HOST").ok());
            let which = which.unwrap_or_else(|| "unix:///var/run/docker.sock".to_owned());
            let advice = "start one, say by DOCKER_HOST where it is, or ask for the right to use it (group docker)";
            let said = trouble.said_only().replace(&which, &nameless(&which));
            Stop::Failed(format!("no Docker engine answers at {}: {said}\n{advice}", nameless(&which)))
        })?;
        Ok(Self { scope: wanted.scope(), wanted, docker, provider })
    }

    /// The tables of the provider.
    pub async fn tables(&self) -> Result<Tables, Stop> {
        self.docker.directory.read().await.map_err(|trouble| Stop::Failed(trouble.said_only()))
    }

    /// Refuses a directory in which nothing can be remembered, before anything is made.
    pub fn remembers(&self) -> Result<(), Stop> {
        let place = &self.docker.settings.directory;
        let trial = place.join("trial");
        let tried =
            fs::create_dir_all(place).and_then(|()| fs::write(&trial, "")).and_then(|()| fs::remove_file(&trial));
        tried.map_err(|error| {
            let (place, provider) = (place.display(), self.provider.display());
            Stop::Wrong(format!("{provider}: directory: {place} cannot be written: {error}; name another"))
        })
    }

    /// The site's pools as they are.
    pub fn pools<'a>(&'a self, tables: &'a Tables) -> impl Iterator<Item = &'a PoolRow> {
        tables.pools.values().filter(|row| row.owner == self.scope)
    }

    /// The site as its file wants it, with release, size and held instances as they were last asked for.
    pub async fn as_it_is(&self) -> Result<Topology, Stop> {
        let tables = self.tables().await?;
        let mut topology = self.wanted.topology().clone();
        for pool in &mut topology.pools {
            let Some(row) = self.pools(&tables).find(|row| row.spec.name == pool.name) else {
                let name = &self.scope.name;
                return Err(Stop::Failed(format!("{name} has no pool {} yet: bring it up first", pool.name)));
            };
            let marks = &row.spec.marks;
            pool.release = marks.candidate.as_ref().map_or(&marks.stable, |candidate| &candidate.release).clone();
            pool.capacity = row.spec.capacity;
            let held = row.members.iter().filter_map(|member| {
                let InstancePhase::Held(mode) = member.phase else { return None };
                Some((member.id.as_str(), mode))
            });
            for (id, mode) in held {
                if pool.hold.iter().all(|hold| hold.instance.as_str() != id) {
                    *pool = pool.clone().hold(id, mode);
                }
            }
        }
        Ok(topology)
    }

    /// The instance that is called so, or the Nth of a pool's where it says `POOL-N`; the pool's name comes first.
    pub fn instance(&self, tables: &Tables, said: &str) -> Result<(String, String), Stop> {
        for row in self.pools(tables) {
            let nth = said.strip_prefix(row.spec.name.as_str()).and_then(|rest| rest.strip_prefix('-'));
            let nth = nth.and_then(|rest| rest.parse::<usize>().ok());
            let present = in_order(row);
            let found = match nth {
                Some(nth) => nth.checked_sub(1).and_then(|index| present.get(index)).copied(),
                None => present.iter().find(|member| member.id.as_str() == said).copied(),
            };
            if let Some(member) = found {
                return Ok((row.spec.name.to_string(), member.id.to_string()));
            }
        }
        self.is_there(tables)?;
        let there = self.pools(tables).flat_map(in_order).map(|member| member.id.to_string());
        let all: Vec<String> = there.collect();
        Err(Stop::Wrong(format!("there is no instance {said}; there are {}", all.join(", "))))
    }

    /// The zone that is called `zone-Z`; nothing where an instance is meant.
    pub fn zone(&self, said: &str) -> Result<Option<ZoneName>, Stop> {
        let zones = &self.wanted.topology().zones;
        let Some(name) = said.strip_prefix("zone-") else { return Ok(None) };
        let found = zones.iter().find(|zone| zone.as_str() == name).cloned();
        // A pool may be called zone, and its instances zone-a-1.
        if found.is_none() && self.wanted.topology().pools.iter().all(|pool| pool.name.as_str() != "zone") {
            let all: Vec<&str> = zones.iter().map(ZoneName::as_str).collect();
            return Err(Stop::Wrong(format!("there is no zone {name}; there are {}", all.join(", "))));
        }
        Ok(found)
    }

    /// Refuses what can only be done to a site that was brought up.
    pub fn is_there(&self, tables: &Tables) -> Result<(), Stop> {
        let none = self.pools(tables).next().is_none();
        if none { Err(Stop::Failed(format!("{} is not there: docker_site up", self.scope.name))) } else { Ok(()) }
    }
}

/// An address without who asks there and with which password.
fn nameless(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    rest.rsplit_once('@').map_or_else(|| address.to_owned(), |(_, place)| format!("{scheme}://***@{place}"))
}

/// A pool's instances by zone, as the status shows them.
fn in_order(row: &PoolRow) -> Vec<&MemberRow> {
    let mut present: Vec<_> = row.present().collect();
    present.sort_by(|a, b| (&a.zone, a.launched).cmp(&(&b.zone, b.launched)));
    present
}

/// Pulls an instance out of its pool, another in its place.
pub fn hold(topology: &mut Topology, pool: &str, instance: &str) {
    for found in topology.pools.iter_mut().filter(|found| found.name.as_str() == pool) {
        *found = found.clone().hold(instance, HoldMode::Replace);
    }
}

/// The same place without detours, whether it is there or not.
fn straight(path: &Path) -> PathBuf {
    let mut place = PathBuf::new();
    for part in path.components() {
        if part == Component::ParentDir {
            place.pop();
        } else {
            place.push(part);
        }
    }
    place
}

/// The mark of a site whose topology has none: the same for the same state directory.
fn of_place(directory: &Path) -> String {
    let bytes = directory.as_os_str().as_encoded_bytes();
    // FNV-1a, 32 bits.
    let hash = bytes.iter().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    format!("local-{hash:08x}")
}
