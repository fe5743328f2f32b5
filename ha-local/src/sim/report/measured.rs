//! Makes the report of a run from the world at its end.

use super::{Bucket, Capacity, Intents, Latency, Occurrence, Report, Series};
use crate::sim::{
    plane::{self, Cause},
    world::World,
};
use ha_core::{
    time::Timestamp,
    topology::{self, Pool},
};
use std::{collections::BTreeMap, time::Duration};

impl Report {
    /// What a world showed over so long a run; `events` are what decided it.
    pub(crate) fn of(world: &World, length: Duration, not_converged: Vec<String>, events: Vec<Occurrence>) -> Self {
        let users = &world.plane.ledger().users;
        let failed = users.failed.iter().sum();
        let intents = Intents { offered: users.offered, served: users.served, failed };
        let latency = world.plane.latency();
        Self {
            topology: world.wanted.topology().name.clone(),
            seed: world.seed.0,
            trace_hash: format!("{:016x}", world.trace_hash()),
            length_s: length.as_secs_f64(),
            unknown_s: world.plane.unknown().as_secs_f64(),
            intents,
            failures: failures(&users.failed),
            attempts: users.attempts,
            availability: intents.availability(),
            latency_ms: Latency {
                mean: latency.mean_ms,
                p50: latency.p50_ms,
                p99: latency.p99_ms,
                max: latency.max_ms,
            },
            capacity: Capacity { minimum: world.capacity.minimum(), maximum: world.capacity.maximum() },
            per_instance: per_instance(world),
            mutating_calls: world.counts.mutating,
            converged: not_converged.is_empty(),
            not_converged,
            events,
            records_left_out: world.trace.left_out(),
            series: series(world, length),
        }
    }
}

/// What one instance can answer a second, in the mean over the pools.
fn per_instance(world: &World) -> f64 {
    let pools = &world.wanted.topology().pools;
    let wanted = |pool: &Pool| match pool.capacity {
        topology::Capacity::Fixed(instances) => f64::from(instances),
        topology::Capacity::Scaled => f64::from(pool.size.min),
    };
    let answered = |pool: &Pool| {
        let work = world.plane.config().pools.get(&pool.name).cloned().unwrap_or_default();
        wanted(pool) * f64::from(work.concurrency) / work.service.mean().as_secs_f64().max(1e-9)
    };
    let all: f64 = pools.iter().map(wanted).sum();
    if all > 0.0 { pools.iter().map(answered).sum::<f64>() / all } else { 0.0 }
}

fn failures(failed: &plane::ByCause) -> BTreeMap<String, u64> {
    let counts = Cause::ALL.iter().zip(failed).filter(|(_, count)| **count > 0);
    counts.map(|(cause, count)| (cause.word().to_owned(), *count)).collect()
}

/// The plane leaves out buckets without anybody; here each has its place, and every intent is in one.
fn series(world: &World, length: Duration) -> Series {
    let bucket = world.plane.config().bucket;
    let index_of = |start: Timestamp| (start.since(world.origin).as_nanos() / bucket.as_nanos().max(1)) as usize;
    let seen = world.plane.series();
    // The last intents end after the last one has begun.
    let count = length.as_nanos().div_ceil(bucket.as_nanos().max(1)) as usize;
    let count = seen.last().map_or(count, |last| count.max(index_of(last.start) + 1));
    let empty = |index| {
        let (ready, most_ready) = world.capacity.range(index);
        Bucket { ready, most_ready, ..Bucket::default() }
    };
    let mut buckets: Vec<Bucket> = (0..count).map(empty).collect();
    let ms = |ns: u64| ns as f64 / 1e6;
    for seen in seen {
        let index = index_of(seen.start);
        let Some(place) = buckets.get_mut(index) else { continue };
        place.offered = seen.offered;
        place.served = seen.served;
        place.failed = seen.failed;
        place.causes = seen.causes;
        place.mean_ms = (seen.served > 0).then(|| ms(seen.latency_ns) / seen.served as f64);
        place.p99_ms = (seen.served > 0).then(|| ms(seen.latency_p99_ns));
    }
    Series { bucket_s: bucket.as_secs_f64(), buckets }
}
