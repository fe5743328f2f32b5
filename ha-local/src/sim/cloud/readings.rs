//! What balancers measured of the releases behind them: the latest time, and the minutes before.

use super::{Cloud, Env};
use ha_core::{
    backend::{
        Scope,
        state::{ReleaseReading, TargetHealth},
    },
    name::{BalancerName, PoolName, Release},
    time::{Timestamp, nanos},
};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

/// How many minutes before the latest time can still be read: what the plane keeps.
const KEPT: u64 = 15;

impl Cloud {
    /// What a balancer measured of each release behind it until `at`.
    pub(super) fn readings(
        &self,
        env: &Env<'_>,
        scope: &Scope,
        name: &BalancerName,
        at: Timestamp,
    ) -> Vec<ReleaseReading> {
        let Some(number) = self.balancer_of(&scope.name, name) else { return Vec::new() };
        let balancer = &self.balancers[&number];
        // Names are alike far more often than they differ, and alike is told faster than which is first.
        let mut behind: Vec<(&PoolName, &Release, u32)> = Vec::new();
        for (pool, instance, target) in self.targets_of(number, balancer) {
            let release = &self.instances[&instance].release;
            let healthy = u32::from(target.checks.health == TargetHealth::Healthy);
            match behind.iter_mut().find(|known| known.0 == pool && known.1 == release) {
                Some(known) => known.2 += healthy,
                None => behind.push((pool, release, healthy)),
            }
        }
        behind.sort();
        let latest = |(pool, release, healthy): (&PoolName, &Release, u32)| {
            let at = at.back(env.profile.metrics.delay + env.faults.metric_delay(pool));
            let healthy = env.faults.metric("healthy", pool, f64::from(healthy));
            ReleaseReading { healthy, ..measured(env, (pool, release), at, env.profile.metrics.period) }
        };
        let mut readings: Vec<ReleaseReading> = behind.into_iter().map(latest).collect();
        for index in 0..readings.len() {
            let (pool, release) = (readings[index].pool.clone(), readings[index].release.clone());
            let before = readings[index].at.back(readings[index].over);
            readings.extend(earlier(env, (&pool, &release), before));
        }
        readings
    }
}

/// What was measured of a release over a time.
fn measured(env: &Env<'_>, of: (&PoolName, &Release), at: Timestamp, over: Duration) -> ReleaseReading {
    let (pool, release) = of;
    let measured = env.plane.readings(pool, release, over, at);
    let (requests, errors) = (measured.requests as f64, measured.errors as f64);
    let mean = (measured.requests > 0).then(|| measured.latency_ns as f64 / requests / 1_000_000.0);
    let seen = |metric, truth| env.faults.metric(metric, pool, truth);
    ReleaseReading {
        pool: pool.clone(),
        release: release.clone(),
        at,
        over,
        healthy: None,
        requests: seen("requests", requests),
        errors: seen("errors", errors),
        latency_ms: mean.and_then(|mean| seen("latency", mean)),
    }
}

/// The whole minutes before `before` in which the release answered somebody, as far back as they are kept.
fn earlier<'a>(
    env: &'a Env<'_>,
    of: (&'a PoolName, &'a Release),
    before: Timestamp,
) -> impl Iterator<Item = ReleaseReading> + 'a {
    let minute = nanos(MINUTE);
    let kept = (1..=KEPT).filter_map(move |ago| (before.0 / minute).checked_sub(ago));
    kept.filter_map(move |nth| {
        // The minute's last instant: the plane counts every minute that a time touches.
        let last = Timestamp((nth + 1) * minute - 1);
        let any = env.plane.readings(of.0, of.1, Duration::ZERO, last).requests > 0;
        let end = Timestamp((nth + 1) * minute);
        any.then(|| ReleaseReading { at: end, over: MINUTE, ..measured(env, of, last, Duration::ZERO) })
    })
}
