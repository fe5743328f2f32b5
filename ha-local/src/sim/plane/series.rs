//! What users saw over time: buckets of equal length whose memory does not grow with requests.

use ha_core::time::Timestamp;

/// One bucket: intents by when they began (`offered`) and when they ended (the rest).
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Bucket {
    /// When it begins.
    pub start: Timestamp,
    /// Intents begun.
    pub offered: u64,
    /// Answered well and in time.
    pub served: u64,
    /// Failed.
    pub failed: u64,
    /// Sum of the latencies of those served, in ns.
    pub latency_ns: u64,
    /// The longest of them.
    pub latency_max_ns: u64,
    /// The 99th percentile of them, to a sixteenth of its size.
    pub latency_p99_ns: u64,
}

/// The latencies of intents served, over the whole run, in ms.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Latency {
    /// The exact mean.
    pub mean_ms: f64,
    /// The median.
    pub p50_ms: f64,
    /// The 99th percentile.
    pub p99_ms: f64,
    /// The longest.
    pub max_ms: f64,
}
