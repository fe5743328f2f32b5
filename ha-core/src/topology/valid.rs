//! A topology that holds together: the only one that the planner takes.

use super::{Balancer, Pool, Topology};
use crate::{
    backend::Scope,
    name::{BalancerName, PoolName},
};
use std::sync::Arc;

/// A topology that was checked. Made by [`Topology::validate`] only; cheap to clone.
#[derive(Clone, Debug, PartialEq)]
pub struct ValidTopology {
    topology: Arc<Topology>,
    removed: bool,
}

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
    /// The pool of this name.
    pub fn pool(&self, name: &PoolName) -> Option<&Pool> {
        self.topology.pools.iter().find(|pool| pool.name == *name)
    }
    /// The balancer of this name.
    pub fn balancer(&self, name: &BalancerName) -> Option<&Balancer> {
        self.topology.balancers.iter().find(|balancer| balancer.name == *name)
    }
}
