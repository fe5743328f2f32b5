//! Where the tiers write what they find: the plan while it is being made.

use super::{Action, BalancerStep, DnsStep, NetworkStep, Plan, PoolStep, Reason, Step, TierName, Waiting, Why, world};
use crate::{
    backend::state::{BalancerState, NetworkState, PoolState, Reading, RecordState},
    observe::{Known, Observed},
    time::{Timestamp, show},
    topology::{Balancer, Dns, Pool, ValidTopology},
    validate::Problem,
};
use std::time::Duration;

/// A reading older than this is not knowing: too much may have happened since.
pub(crate) const FRESH: Duration = Duration::from_secs(60);

/// Creation goes up from the network to the names, removal comes down.
const WAVES: usize = 8;

/// A plan in the making.
pub(super) struct Draft<'a> {
    pub site: &'a ValidTopology,
    pub observed: &'a Observed,
    waves: [Vec<Step>; WAVES],
    waiting: Vec<Waiting>,
    problems: Vec<Problem>,
    look_again: Option<Timestamp>,
}

/// What the planner takes a tier for.
pub(super) enum Seen<'a, T> {
    /// It was so, not long ago.
    Known(&'a Reading<T>),
    /// It could not be read, or was read too long ago.
    Unknown(String),
    /// The backend has no port for it.
    NotManaged,
}

impl<'a, T> Seen<'a, T> {
    fn read(known: &'a Known<T>, at: Timestamp) -> Self {
        match known {
            Known::Known(reading) if at.since(reading.at) > FRESH => {
                Self::Unknown(format!("last seen {} ago", show(at.since(reading.at))))
            }
            Known::Known(reading) => Self::Known(reading),
            Known::Unknown(error) => Self::Unknown(error.to_string()),
            Known::NotManaged => Self::NotManaged,
        }
    }
    /// What is there, if that is known; a tier that nobody manages holds nothing.
    pub fn all<U>(&self) -> Option<&'a [U]>
    where
        T: AsRef<[U]>,
    {
        match self {
            Self::Known(reading) => Some(reading.state.as_ref()),
            Self::Unknown(_) => None,
            Self::NotManaged => Some(&[]),
        }
    }
}

impl<'a> Draft<'a> {
    pub fn new(site: &'a ValidTopology, observed: &'a Observed) -> Self {
        Self { site, observed, waves: Default::default(), waiting: Vec::new(), problems: Vec::new(), look_again: None }
    }
    pub fn network(&self) -> Seen<'a, Option<NetworkState>> {
        Seen::read(&self.observed.network, self.observed.at)
    }
    pub fn pools(&self) -> Seen<'a, Vec<PoolState>> {
        Seen::read(&self.observed.pools, self.observed.at)
    }
    pub fn balancers(&self) -> Seen<'a, Vec<BalancerState>> {
        Seen::read(&self.observed.balancers, self.observed.at)
    }
    pub fn records(&self) -> Seen<'a, Vec<RecordState>> {
        Seen::read(&self.observed.records, self.observed.at)
    }
    /// The pools that are wanted: none of a site that is to go.
    pub fn wanted_pools(&self) -> &'a [Pool] {
        if self.site.is_removed() { &[] } else { &self.site.topology().pools }
    }
    /// The balancers that are wanted.
    pub fn wanted_balancers(&self) -> &'a [Balancer] {
        if self.site.is_removed() { &[] } else { &self.site.topology().balancers }
    }
    /// The records that are wanted.
    pub fn wanted_records(&self) -> &'a [Dns] {
        if self.site.is_removed() { &[] } else { &self.site.topology().dns }
    }
    /// Adds a step to its wave.
    pub fn step(&mut self, action: Action, reason: Reason, effect: impl Into<String>) {
        self.waves[wave(&action)].push(Step::new(action, reason, effect.into()));
    }
    /// Notes what is waited for.
    pub fn wait(&mut self, tier: TierName, why: Why, since: Option<Timestamp>) {
        if !self.waiting.iter().any(|waiting| waiting.tier == tier && waiting.why == why) {
            self.waiting.push(Waiting { tier, why, since });
        }
    }
    /// Notes that the backend lacks the port of a tier that the site declares.
    pub fn lacks(&mut self, path: &str, port: &str) {
        self.problems.push(no_port(path, port));
    }
    /// Notes that the plan could differ at `then`, an instant of a tier that was read at `read`.
    pub fn look_again(&mut self, then: Timestamp, read: Timestamp) {
        let then = self.observed.at + then.since(read);
        self.look_again = Some(self.look_again.map_or(then, |before| before.min(then)));
    }
    pub fn finish(self) -> Plan {
        Plan {
            topology: self.site.topology().name.clone(),
            generation: self.site.topology().generation,
            at: self.observed.at,
            world: world::fingerprint(self.observed),
            waves: self.waves.into_iter().filter(|wave| !wave.is_empty()).collect(),
            waiting: self.waiting,
            problems: self.problems,
            look_again: self.look_again,
        }
    }
}

/// The problem of a declared tier without its port.
pub(super) fn no_port(path: &str, port: &str) -> Problem {
    Problem::new(path, format!("the backend has no port for {port}"), format!("add one, or take {path} out"))
}

fn wave(action: &Action) -> usize {
    match action {
        Action::Network(NetworkStep::Ensure(_)) => 0,
        Action::Pool(
            PoolStep::Ensure(_)
            | PoolStep::Bound { .. }
            | PoolStep::Hold { .. }
            | PoolStep::PutBack { .. }
            | PoolStep::Retire { .. },
        ) => 1,
        Action::Balancer(BalancerStep::Ensure(_) | BalancerStep::Route { .. }) => 2,
        Action::Dns(DnsStep::Ensure(_)) => 3,
        Action::Dns(DnsStep::Remove { .. }) => 4,
        Action::Balancer(BalancerStep::Remove { .. }) => 5,
        Action::Pool(PoolStep::Remove { .. }) => 6,
        Action::Network(NetworkStep::Remove) => 7,
    }
}
