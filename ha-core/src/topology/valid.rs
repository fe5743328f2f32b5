//! A topology that holds together: the only one that the planner takes.

use super::{Balancer, Pool, Topology};
use crate::{
    backend::Scope,
    name::{BalancerName, PoolName, ZoneName},
};
use std::sync::Arc;

/// A topology that was checked. Made by [`Topology::validate`] only; cheap to clone.
#[derive(Clone, Debug, PartialEq)]
pub struct ValidTopology {
    topology: Arc<Topology>,
    removed: bool,
}

/// The constants of the 64-bit FNV-1a hash.
const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

impl ValidTopology {
    pub(crate) fn checked(topology: Topology) -> Self {
        Self { topology: Arc::new(topology), removed: false }
    }
    /// The topology.
    pub fn topology(&self) -> &Topology {
        &self.topology
    }
    /// The same site, wanted gone: every object of its scope is to be removed.
    pub fn removed(&self) -> Self {
        Self { topology: self.topology.clone(), removed: true }
    }
    /// Whether the site is wanted gone.
    pub fn is_removed(&self) -> bool {
        self.removed
    }
    /// What marks the site's objects.
    pub fn scope(&self) -> Scope {
        Scope { name: self.topology.name.clone(), id: self.topology.id.clone().unwrap_or_default() }
    }
    /// A number that is the same for equal topologies, on every platform and in every process, and another for others.
    pub fn fingerprint(&self) -> u64 {
        // Every type of a topology is plain data with text keys, which JSON can always hold.
        let json = serde_json::to_vec(&(&*self.topology, self.removed)).expect("a topology is plain data");
        json.iter().fold(FNV_OFFSET, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(FNV_PRIME))
    }
    /// The zones in which instances of the pool may be launched, in order of preference.
    pub fn open_zones_of(&self, pool: &Pool) -> Vec<ZoneName> {
        self.topology.open_zones().filter(|zone| pool.may_be_in(zone)).cloned().collect()
    }
    /// The pool of this name.
    pub fn pool(&self, name: &PoolName) -> Option<&Pool> {
        self.topology.pools.iter().find(|pool| pool.name == *name)
    }
    /// The balancer of this name.
    pub fn balancer(&self, name: &BalancerName) -> Option<&Balancer> {
        self.topology.balancers.iter().find(|balancer| balancer.name == *name)
    }
}
