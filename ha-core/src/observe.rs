//! Reads every tier of a site through its ports, each with its age. Not knowing one tier does not hide the others.

use crate::{
    backend::{
        self, Backend, Error, Kind, Operation, Resource,
        state::{BalancerState, NetworkState, PoolState, Reading, RecordState},
    },
    time::Timestamp,
    topology::ValidTopology,
};

/// What is known of one tier.
#[derive(Clone, Debug, PartialEq)]
pub enum Known<T> {
    /// It was so at that instant.
    Known(Reading<T>),
    /// It could not be read. Nothing is made, removed or taken out of service on the strength of this.
    Unknown(Error),
    /// The backend has no port for it.
    NotManaged,
}

impl<T> Known<T> {
    /// The state, if it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(reading) => Some(&reading.state),
            Self::Unknown(_) | Self::NotManaged => None,
        }
    }
}

/// All tiers of a site as they were seen. The tiers are read at different instants.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    /// The planner's only now: the clock after all tiers were read.
    pub at: Timestamp,
    /// The private network.
    pub network: Known<Option<NetworkState>>,
    /// The pools, by name.
    pub pools: Known<Vec<PoolState>>,
    /// The balancers, by name.
    pub balancers: Known<Vec<BalancerState>>,
    /// The DNS records, by name.
    pub records: Known<Vec<RecordState>>,
}

impl Observed {
    /// An empty world, in which every tier is managed: what an offline plan starts from.
    pub fn nothing(at: Timestamp) -> Self {
        fn empty<T: Default>(at: Timestamp) -> Known<T> {
            Known::Known(Reading { state: T::default(), at })
        }
        Self { at, network: empty(at), pools: empty(at), balancers: empty(at), records: empty(at) }
    }
}

impl Observed {
    /// The same, where a reading from before `then` is not knowing: who changed something at `then` must not act on how
    /// it was before.
    pub fn not_before(self, then: Timestamp) -> Self {
        fn newer<T>(known: Known<T>, then: Timestamp, verb: &'static str) -> Known<T> {
            match known {
                Known::Known(reading) if reading.at < then => {
                    Known::Unknown(Error::new(Kind::Unavailable, Operation(verb), Resource::Tier))
                }
                Known::Known(_) | Known::Unknown(_) | Known::NotManaged => known,
            }
        }
        Self {
            at: self.at,
            network: newer(self.network, then, "network.observe"),
            pools: newer(self.pools, then, "pool.observe"),
            balancers: newer(self.balancers, then, "balancer.observe"),
            records: newer(self.records, then, "dns.observe"),
        }
    }
    /// Whether a tier could not be read.
    pub fn is_partial(&self) -> bool {
        matches!(self.network, Known::Unknown(_))
            || matches!(self.pools, Known::Unknown(_))
            || matches!(self.balancers, Known::Unknown(_))
            || matches!(self.records, Known::Unknown(_))
    }
}

/// Reads every tier, one after the other. Dropping the future leaves nothing.
pub async fn observe(site: &ValidTopology, backend: &Backend) -> Observed {
    let scope = site.scope();
    let network = read(backend.network.as_ref().map(|port| port.observe(&scope))).await;
    let pools = read(backend.pool.as_ref().map(|port| port.observe(&scope))).await;
    let balancers = read(backend.balancer.as_ref().map(|port| port.observe(&scope))).await;
    let records = read(backend.dns.as_ref().map(|port| port.observe(&scope))).await;
    Observed { at: backend.clock.now(), network, pools, balancers, records }
}

async fn read<T>(asked: Option<impl Future<Output = backend::Result<Reading<T>>>>) -> Known<T> {
    match asked {
        Some(asked) => asked.await.map_or_else(Known::Unknown, Known::Known),
        None => Known::NotManaged,
    }
}
