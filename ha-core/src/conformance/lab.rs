//! What brings a backend to the suite: the laboratory that makes it, strikes it, and asks it as a user does.

use crate::{
    backend::{Backend, Resource, Scope},
    fault::Fault,
    name::{BalancerName, DnsName, InstanceId, PoolName, Release, ZoneName},
    topology::{Boot, Endpoint, HealthCheck},
};
use async_trait::async_trait;
use std::time::Duration;

/// How long cases wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Between two looks.
    pub poll: Duration,
    /// How long nothing must change for the world to be at rest: longer than any boot, check or delay takes.
    pub calm: Duration,
    /// Until what is waited for counts as never happening.
    pub limit: Duration,
}

/// What the suite builds from. The default does for backends that take any name.
#[derive(Clone, Debug, PartialEq)]
pub struct Material {
    /// Three zones.
    pub zones: [ZoneName; 3],
    /// Two releases that can be launched and become ready.
    pub releases: [Release; 2],
    /// Their boot contract.
    pub boot: Boot,
    /// The domain under which names are made.
    pub domain: String,
    /// How balancers find out who can serve. The cases wait for it: where shorter times than those of the default are kept,
    /// they take as much less.
    pub health: HealthCheck,
    /// For how long answers may be kept.
    pub ttl: Duration,
}

impl Default for Material {
    fn default() -> Self {
        Self {
            zones: ["a", "b", "c"].map(ZoneName::from),
            releases: ["r1", "r2"].map(Release::from),
            boot: Boot { ready: "/ready".into(), budget: Duration::from_secs(300), port: 80 },
            domain: "conformance.example".into(),
            health: HealthCheck::default(),
            ttl: Duration::from_secs(60),
        }
    }
}

/// One thing that exists.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Object {
    /// Whose mark it carries; `None`: nobody's.
    pub scope: Option<Scope>,
    /// Which it is.
    pub what: Resource,
}

/// Where a user's request enters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// At a balancer.
    Balancer(BalancerName),
    /// Under a name.
    Name(DnsName),
}

/// A user's request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Where it enters.
    pub entry: Entry,
    /// Whose it is: one user keeps cookies and cached names.
    pub user: u32,
    /// How long the instance works on it, at least.
    pub takes: Duration,
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It was answered well.
    Served {
        /// By an instance of this pool.
        pool: PoolName,
        /// By this one.
        instance: InstanceId,
        /// Which runs this.
        release: Release,
    },
    /// It was not; why, for people.
    Failed(String),
}

/// A laboratory for one backend. What has a body here may be left out where the backend lacks the tiers it is for.
#[async_trait]
pub trait Lab: Send + Sync {
    /// An empty backend. What a case before this one made is gone, and its faults are healed.
    async fn empty(&self) -> Backend;
    /// The same world through the eyes of another controller: another backend value.
    async fn another_eye(&self) -> Backend;
    /// Two scopes of one name and different ids.
    fn scopes(&self) -> [Scope; 2];
    /// How long cases wait.
    fn patience(&self) -> Patience;
    /// What this lab cannot show: `port.case`, and why.
    fn not_shown(&self) -> &[(&str, &str)];
    /// Everything that exists, whoever made it.
    async fn everything(&self) -> Vec<Object>;
    /// Makes, without any mark, the object that a wish of `scope` for `what` would make.
    async fn plant(&self, scope: &Scope, what: &Resource) -> Result<(), String>;
    /// What the suite builds from.
    fn material(&self) -> Material {
        Material::default()
    }
    /// Lets a fault strike at once, whatever its `at`; what lasts lasts until it is healed. An error says that this lab
    /// cannot.
    async fn strike(&self, fault: &Fault) -> Result<(), String> {
        Err(format!("this lab cannot strike: {fault}"))
    }
    /// Ends this very fault.
    async fn heal(&self, fault: &Fault) -> Result<(), String> {
        Err(format!("this lab cannot heal: {fault}"))
    }
    /// Sends one request and waits for what becomes of it.
    async fn request(&self, _scope: &Scope, request: &Request) -> Answer {
        Answer::Failed(format!("this lab has nobody to answer at {:?}", request.entry))
    }
    /// What a user finds who asks for a name, through a cache of his own that keeps answers for their TTL. Empty: nothing.
    async fn resolve(&self, _name: &DnsName, _user: u32) -> Vec<Endpoint> {
        Vec::new()
    }
    /// Two endpoints that names may stand for, where the backend has no pools and balancers to make any.
    fn endpoints(&self) -> Option<[Endpoint; 2]> {
        None
    }
    /// Makes one of [`Lab::endpoints`] dead or alive.
    async fn set_endpoint(&self, index: usize, _alive: bool) -> Result<(), String> {
        Err(format!("this lab has no endpoint {index}"))
    }
}
