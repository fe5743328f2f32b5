//! The language of faults: what strikes whom, when, and for how long. One language for simulator, laboratory and drills.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long the cause of a fault lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lasts {
    /// It strikes once; what it left stays until somebody repairs it.
    Once,
    /// It is gone after this long.
    For(Duration),
    /// It stays.
    Forever,
}

/// One fault: what strikes whom, when, how strongly.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// From the start of the run.
    pub at: Duration,
    /// How long the cause lasts.
    pub lasts: Lasts,
    /// Whom: a selector of the vocabulary.
    pub target: Selector,
    /// What: `family.effect`, one of the vocabulary's.
    pub effect: &'static str,
    /// How strongly.
    pub parameters: Parameters,
}

/// Whom a fault strikes: `share:0.3 of pool:web in zone:a`.
#[derive(Clone, Debug, PartialEq)]
pub struct Selector {
    /// How many of them.
    pub amount: Amount,
    /// What.
    pub what: Subject,
    /// Only those in this zone.
    pub zone: Option<String>,
    /// Only those in this pool (metrics).
    pub pool: Option<String>,
}

/// How many of those selected.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Amount {
    /// All of them.
    All,
    /// The nearest whole number to this share, at least one; of things still to come, the probability of each.
    Share(f64),
    /// This many.
    Count(u32),
}

/// What is selected; a name `*` means every one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// Every instance and database member.
    All,
    /// The users, and the resolvers they ask.
    Users,
    /// Our own loop.
    Controller,
    /// A thing by its kind and name: `pool:web`.
    Named(String, String),
    /// Packets between two ends.
    Link {
        /// One end.
        from: LinkEnd,
        /// The other.
        to: LinkEnd,
        /// Both ways, or only from `from` to `to`.
        both_ways: bool,
    },
    /// All calls of a port, or its answers.
    Service(String),
    /// A metric.
    Metric(String),
    /// Calls of a verb: port, verb, resource.
    Call(String, String, Option<String>),
}

/// One end of a link.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LinkEnd {
    /// `users`, `controller`, `keepers`, `others`, `all`.
    Word(String),
    /// A zone or a thing by its kind and name.
    Named(String, String),
}

/// How strongly a fault strikes; which are allowed and required is the vocabulary's to say.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Parameters {
    /// Probability for each request, packet, launch, answer, change, attempt.
    pub rate: Option<f64>,
    /// The same for reads.
    pub reads: Option<f64>,
    /// The same for writes.
    pub writes: Option<f64>,
    /// Factor on a duration or a load.
    pub times: Option<f64>,
    /// A reading is multiplied by it.
    pub factor: Option<f64>,
    /// A reading is replaced by it.
    pub value: Option<f64>,
    /// A delay.
    #[serde(with = "crate::time::text::option")]
    pub delay: Option<Duration>,
    /// How old what is seen is.
    #[serde(with = "crate::time::text::option")]
    pub age: Option<Duration>,
    /// How long after boot.
    #[serde(with = "crate::time::text::option")]
    pub after: Option<Duration>,
    /// Beyond the TTL.
    #[serde(with = "crate::time::text::option")]
    pub extra: Option<Duration>,
    /// Between two changes.
    #[serde(with = "crate::time::text::option")]
    pub period: Option<Duration>,
    /// What a throttled answer asks to wait.
    #[serde(with = "crate::time::text::option")]
    pub retry_after: Option<Duration>,
    /// The strength grows from nothing to full over it.
    #[serde(with = "crate::time::text::option")]
    pub ramp: Option<Duration>,
    /// The hit ones are struck over it, evenly.
    #[serde(with = "crate::time::text::option")]
    pub stagger: Option<Duration>,
    /// They come back over it, evenly.
    #[serde(with = "crate::time::text::option")]
    pub tail: Option<Duration>,
    /// Share of the hit ones that never comes back.
    pub lost: Option<f64>,
    /// Share of the traffic that still passes.
    pub carries: Option<f64>,
    /// Only above this utilisation.
    pub above_load: Option<f64>,
    /// Only above this multiple of the pool's size.
    pub above_size: Option<f64>,
    /// Number of instances.
    pub most: Option<u32>,
    /// Clock error in seconds.
    pub seconds: Option<f64>,
    /// Clock error in millionths.
    pub ppm: Option<f64>,
    /// The first matching call that is hit, from 1.
    pub nth: Option<u32>,
    /// How many calls in a row.
    pub count: Option<u32>,
    /// Share of a batch that took effect.
    pub done: Option<f64>,
    /// `no_capacity`, `quota`, `denied` or `conflict`.
    pub error: Option<String>,
}
