//! The provider's limits on calls: buckets of tokens, one token a call.

use super::{call::CallId, task::TaskKind};
use crate::sim::{profile::Bucket, world::World};
use ha_core::time::{Timestamp, nanos};
use std::time::Duration;

/// A bucket: when it will be full again, if nothing more is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
struct Level(Timestamp);

impl Level {
    /// Whether there is a token now.
    fn has_one(self, bucket: Bucket, now: Timestamp) -> bool {
        self.after(bucket, now).since(now) <= token(bucket) * bucket.burst
    }
    /// The bucket after one more was taken.
    fn after(self, bucket: Bucket, now: Timestamp) -> Timestamp {
        self.0.max(now) + token(bucket)
    }
}

/// How long it takes until a token comes.
fn token(bucket: Bucket) -> Duration {
    Duration::from_secs_f64(1.0 / bucket.per_second)
}

/// What is left of the provider's limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Limits {
    all: Level,
    dns: Level,
}

impl World {
    /// Whether the provider's limits let this call through. What the provider does by itself counts in no bucket.
    pub(crate) fn let_through(&mut self, id: &CallId) -> bool {
        let of_provider = self.tasks.get(id.task).is_none_or(|record| matches!(record.kind, TaskKind::Keeper(..)));
        let api = &self.profile.api;
        let to_dns = id.operation.0.starts_with("dns.");
        let (all, dns) = (api.calls, api.dns_calls.filter(|_| to_dns));
        if of_provider {
            return true;
        }
        let (now, limits) = (self.now, &mut self.limits);
        let levels = [(&mut limits.all, all), (&mut limits.dns, dns)];
        let has_one = |(level, bucket): &(&mut Level, Option<Bucket>)| bucket.is_none_or(|it| level.has_one(it, now));
        if !levels.iter().all(has_one) {
            return false;
        }
        for (level, bucket) in levels {
            *level = bucket.map_or(*level, |bucket| Level(level.after(bucket, now)));
        }
        true
    }
    /// Whether every bucket is full again after this time, so that what was taken before does not matter.
    pub(crate) fn limits_forget_within(&self, period: Duration) -> bool {
        let api = &self.profile.api;
        let buckets = [api.calls, api.dns_calls];
        buckets.into_iter().flatten().all(|bucket| nanos(token(bucket) * bucket.burst) <= nanos(period))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_lets_its_burst_through_and_then_one_a_token() {
        let bucket = Bucket { per_second: 2.0, burst: 3 };
        let mut level = Level::default();
        let mut let_through = |ms: u64| {
            let now = Timestamp(ms * 1_000_000);
            let through = level.has_one(bucket, now);
            if through {
                level = Level(level.after(bucket, now));
            }
            through
        };
        let found: Vec<bool> = [0, 0, 0, 0, 499, 500, 501, 9000, 9000, 9000, 9000].map(&mut let_through).to_vec();
        assert_eq!(found, [true, true, true, false, false, true, false, true, true, true, false]);
    }
}
