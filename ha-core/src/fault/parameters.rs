//! How strongly a fault strikes: the parameters of the vocabulary, by name.

use serde::{Deserialize, Serialize};
use std::{fmt, time::Duration};

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

impl Parameters {
    /// The parameters that are given, by name, each as it is written in a fault file.
    pub fn given(&self) -> Vec<(String, String)> {
        let serde_json::Value::Object(all) = serde_json::json!(self) else { return Vec::new() };
        let written = |value: &serde_json::Value| match value.as_f64() {
            Some(number) => number.to_string(),
            None => value.to_string(),
        };
        all.iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.clone(), written(value))).collect()
    }
}

/// Prints what is given as in a fault file: `rate = 0.5, tail = "2h"`.
impl fmt::Display for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let given: Vec<String> = self.given().into_iter().map(|(name, value)| format!("{name} = {value}")).collect();
        f.write_str(&given.join(", "))
    }
}
