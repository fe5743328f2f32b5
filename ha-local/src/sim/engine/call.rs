//! A call of a port as data: sent, effective in parts, answered.

use ha_core::{
    backend::{
        Expect, Kind, Operation, Refill, Resource, Scope, Version, Versioned,
        spec::{BalancerSpec, NetworkSpec, PoolSpec, RecordSet},
        state::{BalancerState, NetworkState, PoolState, Reading, RecordState},
    },
    keeper::pool::{Order, View},
    name::{BalancerName, DnsName, InstanceId, PoolName, StoreKey},
    time::Timestamp,
    topology::{HoldMode, Route, Size},
};
use std::time::Duration;

/// What is asked of a port, with all arguments.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// `network.observe`
    NetworkObserve(Scope),
    /// `network.ensure`
    NetworkEnsure(Scope, NetworkSpec),
    /// `network.remove`
    NetworkRemove(Scope),
    /// `pool.observe`
    PoolObserve(Scope),
    /// `pool.ensure`
    PoolEnsure(Scope, PoolSpec),
    /// `pool.bound`
    PoolBound(Scope, PoolName, Size),
    /// `pool.hold`
    PoolHold(Scope, PoolName, InstanceId, HoldMode),
    /// `pool.put_back`
    PoolPutBack(Scope, PoolName, InstanceId),
    /// `pool.retire`
    PoolRetire(Scope, PoolName, InstanceId, Refill),
    /// `pool.remove`
    PoolRemove(Scope, PoolName),
    /// `balancer.observe`
    BalancerObserve(Scope),
    /// `balancer.ensure`
    BalancerEnsure(Scope, BalancerSpec),
    /// `balancer.route`
    BalancerRoute(Scope, BalancerName, Vec<Route>),
    /// `balancer.remove`
    BalancerRemove(Scope, BalancerName),
    /// `dns.observe`
    DnsObserve(Scope),
    /// `dns.ensure`
    DnsEnsure(Scope, RecordSet),
    /// `dns.remove`
    DnsRemove(Scope, DnsName),
    /// `store.get`
    StoreGet(Scope, StoreKey),
    /// `store.put`
    StorePut(Scope, StoreKey, Vec<u8>, Expect),
    /// `store.delete`
    StoreDelete(Scope, StoreKey, Version),
    /// `store.list`
    StoreList(Scope, String),
    /// `hands.view`: a keeper looks at its pool.
    HandsView(Scope, PoolName),
    /// `hands.launch`, `hands.drain`, `hands.stop`: a keeper's order.
    HandsOrder(Scope, PoolName, Order),
}

/// What a port answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// A wish was accepted.
    Done,
    /// `network.observe`
    Network(Reading<Option<NetworkState>>),
    /// `pool.observe`
    Pools(Reading<Vec<PoolState>>),
    /// `balancer.observe`
    Balancers(Reading<Vec<BalancerState>>),
    /// `dns.observe`
    Records(Reading<Vec<RecordState>>),
    /// `store.get`
    Object(Option<Versioned>),
    /// `store.put`
    Version(Version),
    /// `store.list`
    Keys(Vec<StoreKey>),
    /// `hands.view`
    View(Option<Box<View>>),
}

/// Which call: the same when something else is disturbed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CallId {
    /// Who calls.
    pub task: u32,
    /// The caller in draws.
    pub caller: u64,
    /// When the turn began in which it calls.
    pub turn: Timestamp,
    /// The verb.
    pub operation: Operation,
    /// On what.
    pub resource: Resource,
    /// Which of the same in that turn, from 0.
    pub nth: u32,
}

/// What becomes of a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// As it should be.
    Normal,
    /// The caller dies before it is sent.
    CrashBefore,
    /// The caller dies after the effect, before the answer.
    CrashApplied,
    /// The caller dies after the answer, before anything is done with it.
    CrashAnswered,
    /// No answer, effect.
    TimeoutApplied,
    /// No answer, no effect.
    TimeoutNotApplied,
    /// An error instead of an answer, effect.
    ErrorApplied,
    /// An error of this kind, no effect: throttled, unavailable, refused.
    Refused(Kind),
    /// This share of the parts takes effect; the answer is an error that says which.
    Partial(f64),
    /// A second, equal answer so much later.
    AnsweredTwice(Duration),
    /// The answer comes so much later.
    AnsweredLate(Duration),
    /// Success, but others, and a later process, see the old state for so long.
    StaleReads(Duration),
}

impl Outcome {
    /// Its name in the vocabulary of faults; errors without effect go by their kind.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::CrashBefore => "crash_before",
            Self::CrashApplied => "crash_applied",
            Self::CrashAnswered => "crash_answered",
            Self::TimeoutApplied => "timeout_applied",
            Self::TimeoutNotApplied => "timeout_not_applied",
            Self::ErrorApplied => "error_applied",
            Self::Refused(Kind::Throttled(_)) => "throttled",
            Self::Refused(Kind::Unavailable) => "error_not_applied",
            Self::Refused(_) => "refused",
            Self::Partial(_) => "partial",
            Self::AnsweredTwice(_) => "answered_twice",
            Self::AnsweredLate(_) => "answered_late",
            Self::StaleReads(_) => "stale_reads",
        }
    }
}

/// Whether a call only reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It changes nothing.
    Read,
    /// It states a wish that takes effect in so many parts.
    Write {
        /// How many, at least one.
        parts: u16,
    },
}

/// A call on its way.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Which.
    pub id: CallId,
    /// What is asked.
    pub request: Request,
    /// What becomes of it.
    pub outcome: Outcome,
    /// What its effect was, once it has had one.
    pub effect: Option<Result<Answer, Kind>>,
    /// What the caller is answered, once it is.
    pub answer: Option<Result<Answer, Kind>>,
    /// Nobody waits for the answer any more.
    pub heard: bool,
    /// Stages that are still to happen.
    pub stages: u32,
    /// The record of the trace that led to it.
    pub cause: Option<usize>,
}

impl Request {
    /// Whether an accepted wish is all that it answers.
    pub fn answers_done(&self) -> bool {
        match self {
            Self::NetworkObserve(_) | Self::PoolObserve(_) | Self::BalancerObserve(_) | Self::DnsObserve(_) => false,
            Self::StoreGet(..) | Self::StorePut(..) | Self::StoreList(..) | Self::HandsView(..) => false,
            Self::NetworkEnsure(..) | Self::NetworkRemove(_) | Self::PoolEnsure(..) | Self::PoolBound(..) => true,
            Self::PoolHold(..) | Self::PoolPutBack(..) | Self::PoolRetire(..) | Self::PoolRemove(..) => true,
            Self::BalancerEnsure(..) | Self::BalancerRoute(..) | Self::BalancerRemove(..) => true,
            Self::DnsEnsure(..) | Self::DnsRemove(..) | Self::StoreDelete(..) | Self::HandsOrder(..) => true,
        }
    }
    /// The verb.
    pub fn operation(&self) -> Operation {
        Operation(match self {
            Self::NetworkObserve(..) => "network.observe",
            Self::NetworkEnsure(..) => "network.ensure",
            Self::NetworkRemove(..) => "network.remove",
            Self::PoolObserve(..) => "pool.observe",
            Self::PoolEnsure(..) => "pool.ensure",
            Self::PoolBound(..) => "pool.bound",
            Self::PoolHold(..) => "pool.hold",
            Self::PoolPutBack(..) => "pool.put_back",
            Self::PoolRetire(..) => "pool.retire",
            Self::PoolRemove(..) => "pool.remove",
            Self::BalancerObserve(..) => "balancer.observe",
            Self::BalancerEnsure(..) => "balancer.ensure",
            Self::BalancerRoute(..) => "balancer.route",
            Self::BalancerRemove(..) => "balancer.remove",
            Self::DnsObserve(..) => "dns.observe",
            Self::DnsEnsure(..) => "dns.ensure",
            Self::DnsRemove(..) => "dns.remove",
            Self::StoreGet(..) => "store.get",
            Self::StorePut(..) => "store.put",
            Self::StoreDelete(..) => "store.delete",
            Self::StoreList(..) => "store.list",
            Self::HandsView(..) => "hands.view",
            Self::HandsOrder(_, _, Order::Launch { .. }) => "hands.launch",
            Self::HandsOrder(_, _, Order::Drain { .. }) => "hands.drain",
            Self::HandsOrder(_, _, Order::Stop { .. }) => "hands.stop",
        })
    }
    /// On what.
    pub fn resource(&self) -> Resource {
        match self {
            Self::NetworkObserve(_) | Self::PoolObserve(_) | Self::BalancerObserve(_) | Self::DnsObserve(_) => {
                Resource::Tier
            }
            Self::StoreList(..) => Resource::Tier,
            Self::NetworkEnsure(..) | Self::NetworkRemove(_) => Resource::Network,
            Self::PoolEnsure(_, spec) => Resource::Pool(spec.name.clone()),
            Self::PoolBound(_, pool, _) | Self::PoolRemove(_, pool) | Self::HandsView(_, pool) => {
                Resource::Pool(pool.clone())
            }
            Self::PoolHold(_, _, id, _) | Self::PoolPutBack(_, _, id) | Self::PoolRetire(_, _, id, _) => {
                Resource::Instance(id.clone())
            }
            Self::BalancerEnsure(_, spec) => Resource::Balancer(spec.name.clone()),
            Self::BalancerRoute(_, name, _) | Self::BalancerRemove(_, name) => Resource::Balancer(name.clone()),
            Self::DnsEnsure(_, set) => Resource::Record(set.name.clone()),
            Self::DnsRemove(_, name) => Resource::Record(name.clone()),
            Self::StoreGet(_, key) | Self::StorePut(_, key, _, _) | Self::StoreDelete(_, key, _) => {
                Resource::Object(key.clone())
            }
            Self::HandsOrder(_, _, Order::Launch { id, .. } | Order::Drain { id, .. } | Order::Stop { id, .. }) => {
                Resource::Instance(id.clone())
            }
        }
    }
}
