//! What CloudWatch measured of releases that are being rolled out, for their gates: one call a quarter of a minute at
//! most, and none while nothing is rolled out.
//!
//! Whatever keeps it from being read (no permission, an emulator without these metrics) is no reading, and never an error:
//! what a gate does then is the topology's choice. A permission that is missing is told. Metrics and their dimensions: the
//! user guide for application load balancers, "CloudWatch metrics for your Application Load Balancer".

mod estimate;

use crate::{
    connect::Service,
    error::{Told, Wish},
};
use aws_sdk_cloudwatch::{
    Client,
    config::{Builder, retry::RetryConfig},
    types::{Dimension, Metric, MetricDataQuery, MetricDataResult, MetricStat},
};
use aws_smithy_types::DateTime;
use estimate::{Counted, Figures, Heads, MINUTE, Minutes, estimate};
use ha_core::{
    backend::{Kind, Resource, state::ReleaseReading},
    name::{InstanceId, PoolName, Release},
    time::Timestamp,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// A minute is complete so long after its end: the service is told of it a little later.
const LATE: Duration = Duration::from_secs(60);
/// How long before a candidate came is looked at, to know what is usual.
const BEFORE: Duration = Duration::from_secs(900);
/// What is longer ago is not asked for.
const LONGEST: Duration = Duration::from_secs(24 * 3600);
/// A roll-out that nobody looked at for so long is over.
const FORGOTTEN: Duration = Duration::from_secs(3600);
/// What was answered is used for so long, and so is that nothing was.
const FRESH: Duration = Duration::from_secs(15);
/// So many target groups are asked for at once: each takes three metrics, and one call takes 500.
const GROUPS: usize = 160;

/// A release that is being rolled out in a pool.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Trial {
    pub release: Release,
    /// Since when.
    pub since: Timestamp,
    /// Who runs it.
    pub members: BTreeSet<InstanceId>,
}

/// A target group in which a release is to be measured.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Watched {
    pub pool: PoolName,
    pub trial: Trial,
    /// The load balancer and the target group, by their ids.
    pub balancer: String,
    pub group: String,
    /// Whether the balancer serves no other pool: then its own errors are this one's, too.
    pub alone: bool,
    /// Who is healthy in the group.
    pub healthy: BTreeSet<InstanceId>,
}

/// Measures releases.
pub(crate) struct Meters {
    client: Client,
    kept: Mutex<Kept>,
}

/// What was seen and answered of late.
#[derive(Default)]
struct Kept {
    heads: BTreeMap<Key, Vec<Heads>>,
    asked: Option<Asked>,
}

/// What was answered, and when it was asked.
#[derive(Clone, Debug, PartialEq)]
struct Asked {
    at: Timestamp,
    counted: BTreeMap<Key, Minutes>,
    barred: Option<String>,
}

/// What the policy of whoever runs this has to allow.
const BARRED: &str = "what is measured may not be read: the permission cloudwatch:GetMetricData is missing";

/// What was measured, by load balancer.
type Readings = BTreeMap<String, Vec<ReleaseReading>>;

/// An attempt in a target group.
type Key = (String, Release, Timestamp);

impl Watched {
    fn key(&self) -> Key {
        (self.group.clone(), self.trial.release.clone(), self.trial.since)
    }
    fn own(&self) -> usize {
        self.healthy.intersection(&self.trial.members).count()
    }
}

impl Meters {
    pub fn new(service: &Service) -> Self {
        // What fails is asked again a quarter of a minute later anyhow.
        let config = Builder::from(&service.config).retry_config(RetryConfig::disabled()).build();
        Self { client: Client::from_conf(config), kept: Mutex::default() }
    }

    /// What was measured of these by now, by load balancer; and what keeps it from being read.
    pub async fn read(&self, watched: &[Watched], now: Timestamp) -> (Readings, Option<String>) {
        let known = {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.see(watched, now);
            kept.known(watched, now)
        };
        let Asked { counted, barred, .. } = match known {
            Some(asked) => asked,
            None => {
                let asked = self.ask(watched, now).await;
                let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
                kept.asked = Some(asked.clone());
                asked
            }
        };
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let mut readings = Readings::new();
        for it in watched {
            let (Some(minutes), Some(heads)) = (counted.get(&it.key()), kept.heads.get(&it.key())) else { continue };
            let own = estimate(minutes, heads, it.trial.since);
            readings.entry(it.balancer.clone()).or_default().extend(own.iter().map(|figures| reading(it, figures)));
        }
        (readings, barred)
    }

    async fn ask(&self, watched: &[Watched], now: Timestamp) -> Asked {
        let asked = &watched[..watched.len().min(GROUPS)];
        let from = asked.iter().map(|it| minute(it.trial.since.back(BEFORE))).min().unwrap_or(now);
        let until = minute(now.back(LATE));
        let queries = asked.iter().enumerate().flat_map(|(index, it)| queries(index, it)).collect();
        let call = self.client.get_metric_data().set_metric_data_queries(Some(queries));
        let call = call.start_time(written(from.max(minute(now.back(LONGEST))))).end_time(written(until));
        let pages = call.into_paginator().send().collect::<Result<Vec<_>, _>>().await;
        let pages = pages.told(&Wish::new("balancer.observe", Resource::Tier));
        let barred = pages.as_ref().is_err_and(|error| *error.kind() == Kind::Denied).then(|| BARRED.to_owned());
        let results: Vec<MetricDataResult> = pages
            .unwrap_or_default()
            .into_iter()
            .flat_map(|page| page.metric_data_results.unwrap_or_default())
            .collect();
        let minutes = asked.iter().enumerate().map(|(index, it)| (it.key(), counted(index, &results)));
        Asked { at: now, counted: minutes.collect(), barred }
    }
}

impl Kept {
    /// Notes who is there, and forgets who was not watched for long.
    fn see(&mut self, watched: &[Watched], now: Timestamp) {
        self.heads.retain(|_, heads| heads.last().is_some_and(|last| now.since(last.at) < FORGOTTEN));
        for it in watched {
            let heads = self.heads.entry(it.key()).or_default();
            heads.push(Heads { at: now, own: it.own(), all: it.healthy.len() });
            heads.retain(|heads| now.since(heads.at) < LONGEST);
        }
    }

    /// What was answered a moment ago, if it was about all of these; nothing is asked about nobody.
    fn known(&self, watched: &[Watched], now: Timestamp) -> Option<Asked> {
        if watched.is_empty() {
            return Some(Asked { at: now, counted: BTreeMap::new(), barred: None });
        }
        let asked = self.asked.as_ref()?;
        let fresh = now >= asked.at && now.since(asked.at) < FRESH;
        (fresh && watched.iter().all(|it| asked.counted.contains_key(&it.key()))).then(|| asked.clone())
    }
}

/// The beginning of its minute.
fn minute(at: Timestamp) -> Timestamp {
    Timestamp(at.0 - at.0 % ha_core::time::nanos(MINUTE))
}

fn written(at: Timestamp) -> DateTime {
    DateTime::from_secs(i64::try_from(at.0 / 1_000_000_000).unwrap_or(i64::MAX))
}

fn reading(it: &Watched, figures: &Figures) -> ReleaseReading {
    ReleaseReading {
        pool: it.pool.clone(),
        release: it.trial.release.clone(),
        at: figures.at,
        over: MINUTE,
        healthy: Some(it.own() as f64),
        requests: Some(figures.requests),
        errors: Some(figures.errors),
        latency_ms: figures.mean_ms,
    }
}

/// The name of a query about this target group.
fn id(index: usize, what: &str) -> String {
    format!("{what}{index}")
}

/// What is asked of a target group. An answer that its target never gave is counted for the balancer as a whole; where
/// that serves others, too, only the connections that failed are known for each.
fn queries(index: usize, it: &Watched) -> Vec<MetricDataQuery> {
    // arn:...:loadbalancer/app/NAME/0123, arn:...:targetgroup/NAME/0123
    let balancer = it.balancer.split_once(":loadbalancer/").map_or(&*it.balancer, |(_, name)| name);
    let group = it.group.rsplit(':').next().unwrap_or_default();
    let dimension = |name: &str, value: &str| Dimension::builder().name(name).value(value).build();
    let query = |what: &str, metric: &str, stat: &str, of_group: bool| {
        let metric = Metric::builder().namespace("AWS/ApplicationELB").metric_name(metric);
        let metric = metric.dimensions(dimension("LoadBalancer", balancer));
        let metric = if of_group { metric.dimensions(dimension("TargetGroup", group)) } else { metric };
        let stat = MetricStat::builder().metric(metric.build()).period(60).stat(stat).build();
        MetricDataQuery::builder().id(id(index, what)).metric_stat(stat).build()
    };
    let unanswered = if it.alone { "HTTPCode_ELB_5XX_Count" } else { "TargetConnectionErrorCount" };
    vec![
        query("requests", "RequestCount", "Sum", true),
        query("errors", "HTTPCode_Target_5XX_Count", "Sum", true),
        query("unanswered", unanswered, "Sum", !it.alone),
        query("time", "TargetResponseTime", "Average", true),
    ]
}

/// What was counted of a target group. A minute without requests has no row; one without errors has none of these.
fn counted(index: usize, results: &[MetricDataResult]) -> Minutes {
    let values = |what: &str| -> BTreeMap<Timestamp, f64> {
        let own = results.iter().filter(|it| it.id() == Some(&id(index, what)));
        let pairs = own.flat_map(|it| it.timestamps().iter().zip(it.values()));
        pairs.map(|(at, value)| (Timestamp::from_secs(u64::try_from(at.secs()).unwrap_or(0)), *value)).collect()
    };
    let [requests, errors, unanswered, time] = ["requests", "errors", "unanswered", "time"].map(values);
    let row = |(at, requests): (&Timestamp, &f64)| {
        let of = |values: &BTreeMap<Timestamp, f64>| values.get(at).copied();
        let errors = of(&errors).unwrap_or(0.0) + of(&unanswered).unwrap_or(0.0);
        (*at, Counted { requests: *requests, errors, mean_ms: of(&time).map(|seconds| seconds * 1000.0) })
    };
    requests.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched(alone: bool) -> Watched {
        let members = BTreeSet::from(["i-1".into()]);
        let arn = "arn:aws:elasticloadbalancing:eu-central-1:123456789012";
        Watched {
            pool: "web".into(),
            trial: Trial { release: "r2".into(), since: Timestamp::from_secs(600), members },
            balancer: format!("{arn}:loadbalancer/app/shop-front/50dc6c495c0c9188"),
            group: format!("{arn}:targetgroup/shop-web-1/73e2d6bc24d8a067"),
            alone,
            healthy: ["i-1", "i-2", "i-3"].map(InstanceId::from).into(),
        }
    }

    #[test]
    fn a_target_group_is_asked_for_by_the_ends_of_its_ids() {
        let told = |alone| {
            let text = |it: &MetricDataQuery| {
                let stat = it.metric_stat().unwrap();
                let metric = stat.metric().unwrap();
                let of = metric.dimensions().iter().map(|it| it.value().unwrap_or_default()).collect::<Vec<_>>();
                format!("{} {} {}", metric.metric_name().unwrap(), stat.stat().unwrap(), of.join(" "))
            };
            queries(0, &watched(alone)).iter().map(text).collect::<Vec<_>>()
        };
        let both = "app/shop-front/50dc6c495c0c9188 targetgroup/shop-web-1/73e2d6bc24d8a067";
        assert_eq!(told(true)[0], format!("RequestCount Sum {both}"));
        assert_eq!(told(true)[2], "HTTPCode_ELB_5XX_Count Sum app/shop-front/50dc6c495c0c9188");
        assert_eq!(told(false)[2], format!("TargetConnectionErrorCount Sum {both}"));
        assert_eq!(told(false)[3], format!("TargetResponseTime Average {both}"));
    }

    #[test]
    fn a_minute_is_what_its_metrics_say_and_none_of_errors_are_no_errors() {
        let result = |what: &str, rows: &[(i64, f64)]| {
            let (times, values) = rows.iter().map(|(at, value)| (DateTime::from_secs(*at), *value)).unzip();
            MetricDataResult::builder().id(id(3, what)).set_timestamps(Some(times)).set_values(Some(values)).build()
        };
        let results = [
            result("requests", &[(660, 50.0), (600, 40.0)]),
            result("errors", &[(660, 2.0)]),
            result("unanswered", &[(660, 1.0), (720, 9.0)]),
            result("time", &[(600, 0.25)]),
        ];
        let quiet = Counted { requests: 40.0, errors: 0.0, mean_ms: Some(250.0) };
        let loud = Counted { requests: 50.0, errors: 3.0, mean_ms: None };
        let at = Timestamp::from_secs;
        assert_eq!(counted(3, &results), Minutes::from([(at(600), quiet), (at(660), loud)]));
        assert_eq!(counted(2, &results), Minutes::new());
    }

    #[test]
    fn what_was_answered_is_used_for_a_while_and_for_the_same_attempt_only() {
        let (mut kept, at) = (Kept::default(), Timestamp::from_secs);
        assert_eq!(kept.known(&[], at(700)).unwrap().counted, BTreeMap::new(), "nobody is asked about nothing");
        let it = [watched(true)];
        kept.see(&it, at(700));
        assert_eq!(kept.known(&it, at(700)), None);
        let counted = BTreeMap::from([(it[0].key(), Minutes::new())]);
        kept.asked = Some(Asked { at: at(700), counted, barred: None });
        assert!(kept.known(&it, at(714)).is_some() && kept.known(&it, at(715)).is_none());
        assert!(kept.known(&it, at(699)).is_none(), "the clock was set back");
        let mut other = watched(true);
        other.trial.since = at(650);
        assert_eq!(kept.known(&[other.clone()], at(701)), None);
        assert_eq!(kept.heads[&it[0].key()], [Heads { at: at(700), own: 1, all: 3 }]);
        kept.see(&[other.clone()], at(702));
        assert_eq!(kept.heads.len(), 2, "it may be watched again");
        kept.see(&[other], at(4300));
        assert_eq!(kept.heads.len(), 1, "it is over");
    }
}
