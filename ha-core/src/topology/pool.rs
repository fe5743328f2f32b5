//! A pool of like instances: how many, where, what runs, how it boots, how it is renewed.

use crate::name::{InstanceId, PoolName, Release, ZoneName};
use serde::{Deserialize, Serialize};
use std::{ops::RangeInclusive, time::Duration};

/// A pool of like web instances.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pool {
    /// Its name, unique among the site's tiers.
    pub name: PoolName,
    /// What its instances are for, for people: `web`, `admin`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// What runs in it.
    pub release: Release,
    /// Raised by the owner to try a rejected release again.
    pub retry: u32,
    /// The owner's bounds on its size, head-room for roll-outs included.
    pub size: Size,
    /// Who decides how many instances there are.
    pub capacity: Capacity,
    /// Where instances may be.
    pub placement: Placement,
    /// What an instance promises while it boots.
    pub boot: Boot,
    /// What limits the pool's own repairs.
    pub guards: Guards,
    /// How a change of release is carried out.
    pub rollout: Rollout,
    /// Instances that are pulled out to be worked on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hold: Vec<Hold>,
}

/// Bounds on a number of instances; in TOML `"6..=24"` or `{ min = 6, max = 24 }`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// The fewest.
    pub min: u32,
    /// The most.
    pub max: u32,
}

/// Who decides how many instances a pool has. One owner, ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capacity {
    /// The topology: always this many.
    Fixed(u32),
    /// A scaling policy, within the bounds. No backend keeps this yet.
    Scaled,
}

/// Where instances may be.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Placement {
    /// Only these of the site's zones; empty: all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub zones: Vec<ZoneName>,
    /// By how much the fullest open zone may exceed the emptiest before instances are moved.
    pub max_skew: u32,
}

impl Default for Placement {
    fn default() -> Self {
        Self { zones: Vec::new(), max_skew: 1 }
    }
}

/// What an instance promises while it boots, and how one asks it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Boot {
    /// Answers 2xx when, and only when, the instance can serve.
    pub ready: String,
    /// From launch to ready; who takes longer has failed.
    #[serde(with = "crate::time::text")]
    pub budget: Duration,
    /// The port that is asked, and that serves.
    #[serde(default = "default_port")]
    pub port: u16,
}

fn default_port() -> u16 {
    80
}

/// A share of a whole, in thousandths, so that equal inputs decide equally on every platform; in TOML `0.25`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Share(pub u32);

impl Share {
    /// This share of `whole`, rounded down.
    pub fn of(self, whole: u32) -> u32 {
        u32::try_from(u64::from(self.0) * u64::from(whole) / 1000).unwrap_or(u32::MAX)
    }
    /// This share of `whole`, rounded up.
    pub fn of_at_least(self, whole: u32) -> u32 {
        u32::try_from((u64::from(self.0) * u64::from(whole)).div_ceil(1000)).unwrap_or(u32::MAX)
    }
}

impl TryFrom<f64> for Share {
    type Error = String;
    fn try_from(share: f64) -> Result<Self, String> {
        if !(0.0..=1.0).contains(&share) {
            return Err(format!("a share is from 0 to 1, not {share}"));
        }
        // In range by the check above, so the cast neither wraps nor loses the sign.
        Ok(Self((share * 1000.0).round() as u32))
    }
}

impl From<Share> for f64 {
    fn from(share: Share) -> Self {
        Self::from(share.0) / 1000.0
    }
}

/// What limits the pool's own repairs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Guards {
    /// At most this share of the pool is replaced for ill health at a time: overload is not death. `None`: no brake.
    pub brake: Option<Share>,
    /// Our own steps leave at least this share of the fixed capacity ready.
    pub min_healthy: Share,
}

impl Default for Guards {
    fn default() -> Self {
        Self { brake: Some(Share(340)), min_healthy: Share(1000) }
    }
}

/// How a change of release, or a move out of a zone, is carried out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rollout {
    /// Instances launched above the capacity while it goes on; at least one, or `guards.min_healthy` below 1.
    pub surge: u32,
    /// Instances replaced at a time, at most.
    pub batch: u32,
    /// How long a batch must stay ready before the next.
    #[serde(with = "crate::time::text")]
    pub bake: Duration,
    /// What the new release must show.
    pub gate: Gate,
}

impl Default for Rollout {
    fn default() -> Self {
        Self { surge: 1, batch: 1, bake: Duration::from_secs(60), gate: Gate::default() }
    }
}

/// What a new release must show before more of it is launched: its instances stay ready, and what the balancers before
/// it measure of it is good enough. Of a pool that no balancer gives requests to nothing is measured: there the first is
/// all, the plan says so, and limits or numbers of requests that differ from the defaults are refused.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Gate {
    /// The largest share of 5xx among its answers.
    pub max_errors: Share,
    /// The longest mean latency of its answers; `None`: not looked at.
    #[serde(with = "crate::time::text::option", skip_serializing_if = "Option::is_none")]
    pub max_latency: Option<Duration>,
    /// Fewer requests than this since the roll-out began are no reading; the latest that make up so many are judged, a
    /// minute of them or, where few users come, as far back as the balancer's readings go.
    pub min_requests: u64,
    /// What to do without a reading.
    pub no_reading: NoReading,
}

impl Default for Gate {
    fn default() -> Self {
        Self { max_errors: Share(10), max_latency: None, min_requests: 20, no_reading: NoReading::Wait }
    }
}

/// What a gate does without a reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoReading {
    /// The roll-out waits.
    Wait,
    /// The roll-out goes on if the instances stayed ready.
    GoOn,
}

/// An instance to be pulled out: it leaves the balancer after draining, and comes back when this is taken away.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hold {
    /// As the plan and `observe` name it.
    pub instance: InstanceId,
    /// What happens to the place it leaves.
    pub mode: HoldMode,
}

/// What happens to the place that a held instance leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldMode {
    /// Another instance is launched for the time.
    #[default]
    Replace,
    /// The pool is smaller by one for the time.
    Shrink,
}

impl Pool {
    /// A pool with safe defaults; it still needs `release`, `size`, `capacity` and `ready`.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            role: None,
            release: Release::from(""),
            retry: 0,
            size: Size { min: 0, max: 0 },
            capacity: Capacity::Scaled,
            placement: Placement::default(),
            boot: Boot { ready: String::new(), budget: Duration::ZERO, port: default_port() },
            guards: Guards::default(),
            rollout: Rollout::default(),
            hold: Vec::new(),
        }
    }
    /// Whether its placement allows this zone.
    pub fn may_be_in(&self, zone: &ZoneName) -> bool {
        self.placement.zones.is_empty() || self.placement.zones.contains(zone)
    }
    /// What its instances are for, for people.
    pub fn role(mut self, role: &str) -> Self {
        self.role = Some(role.into());
        self
    }
    /// What runs in it.
    pub fn release(mut self, release: &str) -> Self {
        self.release = release.into();
        self
    }
    /// The owner's bounds on its size, head-room for roll-outs included.
    pub fn size(mut self, size: RangeInclusive<u32>) -> Self {
        self.size = Size { min: *size.start(), max: *size.end() };
        self
    }
    /// Always this many instances.
    pub fn capacity(mut self, instances: u32) -> Self {
        self.capacity = Capacity::Fixed(instances);
        self
    }
    /// The path that answers 2xx when an instance can serve, and how long that may take after launch.
    pub fn ready(mut self, path: &str, budget: Duration) -> Self {
        self.boot.ready = path.into();
        self.boot.budget = budget;
        self
    }
    /// The port on which instances serve and are asked whether they are ready; 80 if nothing is said.
    pub fn port(mut self, port: u16) -> Self {
        self.boot.port = port;
        self
    }
    /// Raised by the owner to try a rejected release again.
    pub fn retry(mut self, retry: u32) -> Self {
        self.retry = retry;
        self
    }
    /// Only these of the site's zones.
    pub fn zones<'a>(mut self, zones: impl IntoIterator<Item = &'a str>) -> Self {
        self.placement.zones = zones.into_iter().map(ZoneName::from).collect();
        self
    }
    /// Where instances may be.
    pub fn placement(mut self, placement: Placement) -> Self {
        self.placement = placement;
        self
    }
    /// What limits the pool's own repairs.
    pub fn guards(mut self, guards: Guards) -> Self {
        self.guards = guards;
        self
    }
    /// How a change of release is carried out.
    pub fn rollout(mut self, rollout: Rollout) -> Self {
        self.rollout = rollout;
        self
    }
    /// Pulls one instance out.
    pub fn hold(mut self, instance: &str, mode: HoldMode) -> Self {
        self.hold.push(Hold { instance: instance.into(), mode });
        self
    }
}
