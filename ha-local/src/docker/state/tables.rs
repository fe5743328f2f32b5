//! All that a provider remembers: wishes, and the facts that must outlive who found them.

use crate::docker::{
    balancer::BalancerRow,
    dns::{RecordRow, ServerRow},
    network::NetworkRow,
    pool::PoolRow,
};
use ha_core::{
    backend::{Kind, Scope},
    name::ZoneName,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// All that a provider remembers. Names are a site's, whoever owns what bears them: two scopes of one name meet here.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Tables {
    /// Grows with every change.
    pub version: u64,
    /// Networks, by site.
    pub networks: BTreeMap<String, NetworkRow>,
    /// Pools, by [`key`].
    pub pools: BTreeMap<String, PoolRow>,
    /// Balancers, by [`key`].
    pub balancers: BTreeMap<String, BalancerRow>,
    /// Records, by name.
    pub records: BTreeMap<String, RecordRow>,
    /// What answers for the records, by whose they are.
    pub name_servers: BTreeMap<String, ServerRow>,
    /// How many instances a pool ever launched in each zone, by [`key`]: names are not used twice while the site is there.
    pub launched: BTreeMap<String, BTreeMap<ZoneName, u64>>,
    /// What befell zones, by [`key`]; a zone that is not here is well.
    pub zones: BTreeMap<String, ZoneRow>,
    /// Pools, by [`key`], whose instances never become ready if they are launched now: a fault that a drill plants.
    pub hopeless: BTreeSet<String>,
    /// Who acts for this provider.
    pub supervisor: Option<Turn>,
}

/// The key of what a site calls so.
pub fn key(site: &str, name: impl std::fmt::Display) -> String {
    format!("{site}/{name}")
}

/// What befell a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ZoneRow {
    /// Without power: nothing runs there.
    pub dark: bool,
    /// No packet crosses its border.
    pub cut: bool,
    /// Every launch is refused.
    pub full: bool,
}

/// Who acts, and until when nobody else does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// Who: two supervisors never share it.
    pub holder: String,
    /// Until when.
    pub until: Timestamp,
}

impl Tables {
    /// Whether nothing is left to remember.
    pub(super) fn is_empty(&self) -> bool {
        let tiers = self.networks.is_empty() && self.pools.is_empty() && self.balancers.is_empty();
        tiers
            && self.records.is_empty()
            && self.name_servers.is_empty()
            && self.zones.is_empty()
            && self.hopeless.is_empty()
    }

    /// What befell this zone of a site.
    pub fn zone(&self, site: &str, zone: &ZoneName) -> ZoneRow {
        self.zones.get(&key(site, zone)).copied().unwrap_or_default()
    }

    /// Who has anything here; nobody's records are what somebody made by hand.
    pub fn scopes(&self) -> BTreeSet<Scope> {
        let networks = self.networks.values().map(|row| &row.owner);
        let pools = self.pools.values().map(|row| &row.owner);
        let balancers = self.balancers.values().map(|row| &row.owner);
        let records = self.records.values().map(|row| &row.owner).filter(|owner| !owner.name.is_empty());
        networks.chain(pools).chain(balancers).chain(records).cloned().collect()
    }
}

/// Whether `scope` may change what is `owner`'s.
pub fn owned(owner: &Scope, scope: &Scope, what: impl std::fmt::Display) -> Result<(), Kind> {
    if owner == scope { Ok(()) } else { Err(Kind::Conflict(format!("{what} was made for {owner}"))) }
}
