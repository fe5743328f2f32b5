//! A run over time: one bucket after another, all of one length.

use crate::sim::plane::ByCause;
use ha_core::time::Timestamp;
use serde::Serialize;
use std::time::Duration;

/// A run over time, until the last intent has ended. Bucket `i` covers `[i, i + 1) * bucket_s` from the start of the run.
#[derive(Clone, Debug, PartialEq, Default, Serialize)]
pub struct Series {
    /// The length of a bucket, in seconds.
    pub bucket_s: f64,
    /// The buckets, from the start of the run on.
    pub buckets: Vec<Bucket>,
}

/// What happened in one bucket.
#[derive(Clone, Copy, Debug, PartialEq, Default, Serialize)]
pub struct Bucket {
    /// Intents that began.
    pub offered: u64,
    /// Intents that ended well and in time.
    pub served: u64,
    /// Intents that ended otherwise.
    pub failed: u64,
    /// Why, in the order of `Cause::ALL`.
    #[serde(skip)]
    pub causes: ByCause,
    /// The mean latency of the served ones, in ms.
    pub mean_ms: Option<f64>,
    /// All but one in a hundred of the served ones took at most this, in ms.
    pub p99_ms: Option<f64>,
    /// The fewest ready instances at any instant.
    pub ready: u32,
    /// The most.
    pub most_ready: u32,
}

impl Bucket {
    /// Intents that ended.
    pub fn ended(&self) -> u64 {
        self.served + self.failed
    }
    /// The share of the ended intents that failed; 0 when none ended.
    pub fn failing(&self) -> f64 {
        if self.ended() == 0 { 0.0 } else { self.failed as f64 / self.ended() as f64 }
    }
}

impl Series {
    /// When a bucket begins.
    pub fn start(&self, bucket: usize) -> Timestamp {
        Timestamp::ZERO + Duration::from_secs_f64(self.bucket_s.max(0.0) * bucket as f64)
    }
    /// The bucket that an instant lies in; there may be none that late.
    pub fn bucket_of(&self, at: Timestamp) -> usize {
        if self.bucket_s > 0.0 { (at.since(Timestamp::ZERO).as_secs_f64() / self.bucket_s) as usize } else { 0 }
    }
}
