//! What is measured of a run beside requests: how many instances were ready, over time.

use ha_core::time::{Timestamp, nanos};
use std::time::Duration;

/// Ready instances over time, from the run's beginning on.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Capacity {
    begun: Option<Timestamp>,
    bucket: u64,
    now: u32,
    minimum: u32,
    maximum: u32,
    /// The fewest and the most in each bucket.
    ranges: Vec<(u32, u32)>,
}

impl Capacity {
    /// From here on it is measured.
    pub(super) fn begin(&mut self, now: Timestamp, bucket: Duration, ready: u32) {
        let bucket = nanos(bucket).max(1);
        *self =
            Self { begun: Some(now), bucket, now: ready, minimum: ready, maximum: ready, ranges: vec![(ready, ready)] };
    }
    /// So many are ready from now on.
    pub(super) fn note(&mut self, now: Timestamp, ready: u32) {
        let Some(begun) = self.begun else { return };
        let bucket = (now.since(begun).as_nanos() / u128::from(self.bucket)) as usize;
        self.ranges.resize((bucket + 1).max(self.ranges.len()), (self.now, self.now));
        let (fewest, most) = self.ranges[bucket];
        self.ranges[bucket] = (fewest.min(ready), most.max(ready));
        (self.now, self.minimum, self.maximum) = (ready, self.minimum.min(ready), self.maximum.max(ready));
    }
    /// The fewest at any instant.
    pub fn minimum(&self) -> u32 {
        self.minimum
    }
    /// The most at any instant.
    pub fn maximum(&self) -> u32 {
        self.maximum
    }
    /// The fewest and the most in a bucket.
    pub fn range(&self, bucket: usize) -> (u32, u32) {
        self.ranges.get(bucket).copied().unwrap_or((self.now, self.now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fewest_and_the_most_of_each_bucket_are_kept() {
        let mut capacity = Capacity::default();
        capacity.note(Timestamp::from_secs(1), 99);
        capacity.begin(Timestamp::from_secs(100), Duration::from_secs(60), 6);
        capacity.note(Timestamp::from_secs(110), 4);
        capacity.note(Timestamp::from_secs(130), 6);
        capacity.note(Timestamp::from_secs(300), 8);
        assert_eq!((capacity.minimum(), capacity.maximum()), (4, 8));
        assert_eq!([0, 1, 2, 3, 4].map(|bucket| capacity.range(bucket)), [(4, 6), (6, 6), (6, 6), (6, 8), (8, 8)]);
    }
}
