//! What each fault does, as types: the vocabulary's words end here, and nothing behind this file compares text.

use super::{
    way::Way,
    whom::{Filter, Named, Whom},
};
use crate::sim::engine::call::Outcome;
use ha_core::{fault::Parameters, name::PoolName};
use std::time::Duration;

/// In how many steps a leak makes its process slower.
pub(super) const LEAK_STEPS: u32 = 10;

/// What a fault does to whom, by family.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Strike {
    Instances(Whom, Instances),
    Zone(Whom, Zone),
    Link(Way, Link),
    Boot(Whom, Boot),
    Capacity(Whom, Capacity),
    Api(Named, Api),
    Balancer(Named, Balancer),
    Dns(Asked, Dns),
    Store(Store),
    Release(Runs, Bad),
    Clock(Clock),
    Controller(Controller),
    Operator(Operator),
    Call(Pattern, Outcome),
    View(Named, View),
    Metrics(Metric, Metrics),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Instances {
    Kill,
    Stop,
    Hang,
    Slow(f64),
    Errors(f64),
    Isolate,
}

impl Instances {
    /// The effect of this word.
    pub fn read(word: &str, given: &Parameters) -> Option<Self> {
        Some(match word {
            "kill" => Self::Kill,
            "stop" => Self::Stop,
            "hang" => Self::Hang,
            "slow" => Self::Slow(times(given)),
            "errors" => Self::Errors(rate(given)),
            "isolate" => Self::Isolate,
            _ => return None,
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Zone {
    Power,
    Network,
    Slow { times: f64, rate: f64 },
}

impl Zone {
    /// The effect of this word.
    pub fn read(word: &str, given: &Parameters) -> Option<Self> {
        Some(match word {
            "power" => Self::Power,
            "network" => Self::Network,
            "slow" => Self::Slow { times: times(given), rate: given.rate.unwrap_or(0.0) },
            _ => return None,
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Link {
    Cut,
    Loss(f64),
    Delay(Duration),
    Congested(f64),
}

impl Link {
    /// The effect of this word.
    pub fn read(word: &str, given: &Parameters) -> Option<Self> {
        Some(match word {
            "cut" => Self::Cut,
            "loss" => Self::Loss(rate(given)),
            "delay" => Self::Delay(given.delay.unwrap_or_default()),
            "congested" => Self::Congested(given.carries.unwrap_or(1.0)),
            _ => return None,
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Boot {
    Slow(f64),
    NeverServes {
        above_size: Option<f64>,
    },
    NoNetwork(Duration),
    /// The names under which a boot finds what it fetches are not answered, with this probability.
    NoNames(f64),
}

impl Boot {
    /// The effect of this word.
    pub fn read(word: &str, given: &Parameters) -> Option<Self> {
        Some(match word {
            "slow" => Self::Slow(times(given)),
            "never_serves" => Self::NeverServes { above_size: given.above_size },
            "no_network" => Self::NoNetwork(given.delay.unwrap_or_default()),
            _ => return None,
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Capacity {
    None,
    Scarce(f64),
    Quota(u32),
}

impl Capacity {
    /// The effect of this word.
    pub fn read(word: &str, given: &Parameters) -> Option<Self> {
        Some(match word {
            "none" => Self::None,
            "scarce" => Self::Scarce(rate(given)),
            "quota" => Self::Quota(given.most.unwrap_or(0)),
            _ => return None,
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Api {
    Down,
    Error { rate: f64, reads: f64 },
    Throttle { rate: f64, retry_after: Option<Duration> },
    Slow(Duration),
    Backlog(Option<Duration>),
}

impl Api {
    /// The effect of this word.
    pub fn read(word: &str, given: &Parameters) -> Option<Self> {
        Some(match word {
            "down" => Self::Down,
            "error" => Self::Error { rate: rate(given), reads: given.reads.unwrap_or_else(|| rate(given)) },
            "throttle" => Self::Throttle { rate: rate(given), retry_after: given.retry_after },
            "slow" => Self::Slow(given.delay.unwrap_or_default()),
            "backlog" => Self::Backlog(given.delay),
            _ => return None,
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Balancer {
    Down,
    Error(f64),
    Flap {
        rate: f64,
        period: Duration,
    },
    Stale(Duration),
    CorruptOnChange(f64),
    /// A launch of one of its own servers is refused, with this probability.
    NoServers(f64),
}

impl Balancer {
    /// The effect of this word.
    pub fn read(word: &str, given: &Parameters) -> Option<Self> {
        Some(match word {
            "down" => Self::Down,
            "error" => Self::Error(rate(given)),
            "flap" => Self::Flap { rate: rate(given), period: given.period.unwrap_or(Duration::from_secs(60)) },
            "stale" => Self::Stale(given.age.unwrap_or_default()),
            "corrupt_on_change" => Self::CorruptOnChange(rate(given)),
            _ => return None,
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Dns {
    Empty,
    Unresolvable(f64),
    Stale(Option<Duration>),
}

impl Dns {
    /// The effect of this word.
    pub fn read(word: &str, given: &Parameters) -> Option<Self> {
        Some(match word {
            "empty" => Self::Empty,
            "unresolvable" => Self::Unresolvable(rate(given)),
            "stale" => Self::Stale(given.extra),
            _ => return None,
        })
    }
}

/// Whose questions fare so: those for a name, or those of a share of the users' resolvers.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Asked {
    Record(Option<String>),
    Store,
    Users(f64),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Store {
    Down,
    Error { reads: f64, writes: f64 },
}

impl Store {
    /// The effect of this word.
    pub fn read(word: &str, given: &Parameters) -> Option<Self> {
        Some(match word {
            "down" => Self::Down,
            "error" => Self::Error { reads: given.reads.unwrap_or(0.0), writes: given.writes.unwrap_or(0.0) },
            _ => return None,
        })
    }
}

/// Which release is bad: the one that is asked for when it strikes, or one by name; `zones`: only there.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Runs {
    New(Option<PoolName>, Option<Vec<u8>>),
    Named(Filter),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Bad {
    NeverReady,
    Crashes(Duration),
    Errors { rate: f64, above_load: u32 },
    Slow { times: f64, above_load: u32 },
    Leaks(Duration),
    Latent(f64),
    OneWay,
}

impl Bad {
    /// The effect of this word.
    pub fn read(word: &str, given: &Parameters) -> Option<Self> {
        // At most 1, so it fits.
        let above_load = given.above_load.map_or(0, |load| (load * 1000.0).round() as u32);
        let after = given.after.unwrap_or_default();
        Some(match word {
            "never_ready" => Self::NeverReady,
            "crashes" => Self::Crashes(after),
            "errors" => Self::Errors { rate: rate(given), above_load },
            "slow" => Self::Slow { times: times(given), above_load },
            "leaks" => Self::Leaks(after),
            "latent" => Self::Latent(rate(given)),
            "one_way" => Self::OneWay,
            _ => return None,
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Clock {
    /// In ns.
    Jump(i64),
    /// In millionths.
    Drift(i64),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Controller {
    Down,
    Pause,
    Second,
}

/// What somebody asks of the library, as a changed topology. No pool: every one.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Operator {
    Evacuate(Vec<u8>),
    Reopen(Vec<u8>),
    Release(Option<PoolName>),
    Resize(Option<PoolName>, u32),
    Hold(Whom),
    PutBack(Whom),
    MinimumUnset(Option<PoolName>),
    Remove(Option<PoolName>),
}

/// Calls `nth` to `nth + count - 1` of those that match.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pattern {
    pub port: Named,
    pub verb: Option<String>,
    pub resource: Option<String>,
    pub nth: u32,
    pub count: u32,
    /// Others see the old state for as long as the provider may take anyway.
    pub until_settled: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum View {
    Stale(Duration),
    /// This share.
    Missing(f64),
    PageShift(f64),
}

/// A metric of a pool; `None`: of every one.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Metric {
    pub metric: Named,
    pub pool: Named,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Metrics {
    Gap,
    Delay(Duration),
    Fixed(f64),
    Scaled(f64),
}

impl Metrics {
    /// The effect of this word.
    pub fn read(word: &str, given: &Parameters) -> Option<Self> {
        Some(match word {
            "gap" => Self::Gap,
            "delay" => Self::Delay(given.delay.unwrap_or_default()),
            "fixed" => Self::Fixed(given.value.unwrap_or_default()),
            "scaled" => Self::Scaled(given.factor.unwrap_or(1.0)),
            _ => return None,
        })
    }
}

impl Strike {
    /// How often what it does is looked at again while its cause is there; `None`: nothing of it changes by itself.
    pub fn is_looked_at_every(&self) -> Option<Duration> {
        match self {
            Self::Link(_, Link::Congested(_)) | Self::Release(_, Bad::OneWay) => Some(Duration::from_secs(10)),
            Self::Release(_, Bad::Leaks(after)) => Some((*after / LEAK_STEPS).max(Duration::from_secs(1))),
            Self::Instances(..) | Self::Zone(..) | Self::Link(..) | Self::Boot(..) | Self::Capacity(..) => None,
            Self::Api(..) | Self::Balancer(..) | Self::Dns(..) | Self::Store(_) | Self::Release(..) => None,
            Self::Clock(_) | Self::Controller(_) | Self::Operator(_) | Self::Call(..) | Self::View(..) => None,
            Self::Metrics(..) => None,
        }
    }
    /// The effects whose machines are picked when they strike.
    pub fn picks(&self) -> Option<&Whom> {
        match self {
            Self::Instances(whom, _) => Some(whom),
            // Of a whole zone, power picks as well: its machines go down and come back one after the other.
            Self::Zone(whom, Zone::Power) => Some(whom),
            Self::Zone(whom, Zone::Network | Zone::Slow { .. }) => whom.is_some_of().then_some(whom),
            Self::Operator(Operator::Hold(whom) | Operator::PutBack(whom)) => Some(whom),
            Self::Operator(_) | Self::Link(..) | Self::Boot(..) | Self::Capacity(..) | Self::Api(..) => None,
            Self::Balancer(..) | Self::Dns(..) | Self::Store(_) | Self::Release(..) | Self::Clock(_) => None,
            Self::Controller(_) | Self::Call(..) | Self::View(..) | Self::Metrics(..) => None,
        }
    }
}

fn rate(given: &Parameters) -> f64 {
    given.rate.unwrap_or(1.0)
}

fn times(given: &Parameters) -> f64 {
    given.times.unwrap_or(1.0)
}
