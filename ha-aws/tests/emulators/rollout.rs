//! A roll-out is judged by what CloudWatch measured: a good release goes on, a bad one goes back. Moto is the site, and
//! knows no metrics; ministack is the CloudWatch beside it, in which minutes are planted.

use crate::emulator::{Emulator, Kind, block_on, eyes::Eyes, lab::REGION};
use crate::floor::provider;
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_sdk_cloudwatch::types::{Dimension, MetricDatum};
use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
    },
    orchestrator::{HttpRequest, HttpResponse},
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::{DateTime, body::SdkBody};
use ha_aws::{Aws, WallClock};
use ha_core::{
    Controller,
    backend::{Backend, Clock, state::PoolState},
    reconcile::Turned,
    time::Timestamp,
    topology::{Balancer, Pool, Rollout, Topology, ValidTopology},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

/// Sends what is for CloudWatch elsewhere, and counts it.
#[derive(Clone, Debug)]
struct Split {
    inner: SharedHttpClient,
    /// Where it is sent; `None`: whoever asks may not.
    metrics: Option<String>,
    asked: Arc<AtomicUsize>,
}

#[derive(Debug)]
struct SplitConnector {
    inner: SharedHttpConnector,
    split: Split,
}

impl HttpClient for Split {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(SplitConnector { inner, split: self.clone() })
    }
}

impl HttpConnector for SplitConnector {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        // http://HOST/service/NAME/operation/ACTION
        let path = request.uri().splitn(4, '/').nth(3).unwrap_or_default().to_owned();
        if path.contains("/operation/") {
            self.split.asked.fetch_add(1, Ordering::Relaxed);
            let Some(metrics) = &self.split.metrics else {
                let answer = HttpResponse::new(403.try_into().expect("it is a status"), SdkBody::empty());
                return HttpConnectorFuture::ready(Ok(answer));
            };
            request.set_uri(format!("{metrics}/{path}")).expect("it is an address");
        }
        self.inner.call(request)
    }
}

/// Two instances in two zones, replaced at once; the gate waits for readings.
fn site(release: &str) -> ValidTopology {
    let rollout = Rollout { bake: Duration::from_secs(1), surge: 2, batch: 2, ..Rollout::default() };
    let pool = Pool::new("web").release(release).size(2..=4).capacity(2).ready("/ready", Duration::from_secs(60));
    let topology = Topology::new("shop").id("1").zones(["a", "b"]).with(pool.rollout(rollout));
    topology.with(Balancer::http("front").to("web")).validate().expect("the site holds together")
}

struct World {
    moto: Emulator,
    ministack: Emulator,
    asked: Arc<AtomicUsize>,
}

impl World {
    fn start() -> Self {
        let start = |kind| Emulator::start(kind).unwrap_or_else(|why| panic!("{kind}: {why}"));
        Self { moto: start(Kind::Moto), ministack: start(Kind::Ministack), asked: Arc::default() }
    }

    async fn backend(&self) -> Backend {
        backend(&self.moto, Some(self.ministack.url()), &self.asked).await
    }

    /// A quarter of an hour of 600 requests a minute without errors, and another with these.
    async fn plant(&self, errors: f64) {
        let eyes = Eyes::open(&self.moto.url(), REGION).await;
        let listed = eyes.elb.describe_load_balancers().send().await.expect("load balancers are listed");
        let balancer = listed.load_balancers()[0].load_balancer_arn().unwrap().split(":loadbalancer/").nth(1).unwrap();
        let listed = eyes.elb.describe_target_groups().send().await.expect("target groups are listed");
        let group = listed.target_groups()[0].target_group_arn().unwrap().rsplit(':').next().unwrap();
        let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .region(Region::new(REGION))
            .endpoint_url(self.ministack.url())
            .credentials_provider(Credentials::new("test", "test", None, None, "test"));
        let client = aws_sdk_cloudwatch::Client::new(&config.load().await);
        let now = i64::try_from(WallClock::default().now().since(Timestamp::ZERO).as_secs()).unwrap() / 60;
        for minute in now - 15..now + 15 {
            let datum = |metric: &str, value: f64| {
                let dimension = |name: &str, value: &str| Dimension::builder().name(name).value(value).build();
                let of = [dimension("LoadBalancer", balancer), dimension("TargetGroup", group)];
                let datum = MetricDatum::builder().metric_name(metric).set_dimensions(Some(of.into()));
                datum.timestamp(DateTime::from_secs(minute * 60)).value(value).build()
            };
            let put = client.put_metric_data().namespace("AWS/ApplicationELB");
            let put = put.metric_data(datum("RequestCount", 600.0)).metric_data(datum("TargetResponseTime", 0.05));
            let put = match minute > now {
                true => put.metric_data(datum("HTTPCode_Target_5XX_Count", errors)),
                false => put,
            };
            put.send().await.expect("metrics are planted");
        }
    }

    /// Rolls another release out after these errors were planted; answers the pool, and how often CloudWatch was asked
    /// and for how many seconds.
    async fn roll_out(&self, errors: f64) -> (PoolState, usize, u64) {
        converge(&site("r1"), self.backend().await).await;
        assert_eq!(self.asked.load(Ordering::Relaxed), 0, "nothing is rolled out yet");
        self.plant(errors).await;
        let backend = self.backend().await;
        let clock = WallClock::default();
        converge(&site("r2"), backend.clone()).await;
        let took = clock.elapsed().as_secs();
        let pools = backend.pool.as_ref().unwrap().observe(&site("r2").scope()).await.unwrap().state;
        (pools.into_iter().next().expect("the pool is there"), self.asked.load(Ordering::Relaxed), took)
    }
}

/// Moto, and these metrics beside it.
async fn backend(moto: &Emulator, metrics: Option<String>, asked: &Arc<AtomicUsize>) -> Backend {
    let inner = aws_smithy_http_client::Builder::new().build_http();
    let split = Split { inner, metrics, asked: asked.clone() };
    let aws = Aws::new(provider()).endpoint(&moto.url()).credentials("test", "test");
    let aws = aws.http_client(SharedHttpClient::new(split));
    aws.settle(Duration::from_secs(1)).call_timeout(Duration::from_secs(20)).connect().await
}

async fn converge(site: &ValidTopology, backend: Backend) {
    let controller = Controller::new(backend, "rollout".into()).period(Duration::from_secs(2));
    let mut controller = controller.patience(Duration::from_secs(400));
    controller.until_converged(site).await.unwrap_or_else(|stalled| panic!("{stalled}"));
}

fn releases(pool: &PoolState) -> Vec<&str> {
    pool.instances.iter().map(|it| it.release.as_str()).collect()
}

#[test]
fn a_release_that_cloudwatch_finds_good_is_rolled_out_and_a_bad_one_rolled_back() {
    let (one, another) = (World::start(), World::start());
    let (good, bad) = block_on(async { tokio::join!(one.roll_out(1.0), another.roll_out(60.0)) });
    let (pool, asked, took) = good;
    assert_eq!(releases(&pool), ["r2", "r2"]);
    assert_eq!((pool.spec.marks.stable.as_str(), pool.spec.marks.rejected.len()), ("r2", 0));
    assert!(took >= 60, "it took {took} s: not a whole minute was measured");
    let most = 2 + usize::try_from(took).unwrap() / 15;
    assert!((1..=most).contains(&asked), "CloudWatch was asked {asked} times in {took} s");

    let (pool, _, _) = bad;
    assert_eq!(releases(&pool), ["r1", "r1"]);
    let rejected: Vec<String> =
        pool.spec.marks.rejected.iter().map(|it| format!("{}: {}", it.release, it.why)).collect();
    // A tenth of all answers, and half of the instances: a fifth of the candidate's.
    assert!(rejected.len() == 1 && rejected[0].contains("20.0% of its answers at front were 5xx"), "{rejected:?}");
}

#[test]
fn a_gate_that_may_not_read_says_which_permission_is_missing() {
    let moto = Emulator::start(Kind::Moto).unwrap_or_else(|why| panic!("moto: {why}"));
    block_on(async {
        let asked = Arc::default();
        converge(&site("r1"), backend(&moto, None, &asked).await).await;
        let backend = backend(&moto, None, &asked).await;
        let mut controller = Controller::new(backend.clone(), "rollout".into());
        let mut waited = Vec::new();
        for _ in 0..20 {
            let Turned::Acted { plan, .. } = controller.once(&site("r2")).await else { panic!("nobody else acts") };
            waited = plan.waiting.iter().map(ToString::to_string).collect();
            if waited.iter().any(|why| why.contains("the permission cloudwatch:GetMetricData is missing")) {
                return;
            }
            backend.clock.sleep(Duration::from_secs(1)).await;
        }
        panic!("nobody says it: {waited:?}");
    });
}
