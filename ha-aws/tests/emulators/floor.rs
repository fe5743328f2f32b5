//! What a site really takes, against the least that its plan says: calls, their depth, and looks at what is unchanged.

use crate::emulator::{
    Emulator, Kind, block_on,
    eyes::Eyes,
    lab::{BUCKET, IMAGE, REGION},
};
use ha_aws::{Aws, Machine, Provider};
use ha_aws_tasks::{
    Exchange, Proxy,
    floor::{Floor, Look},
    proxy::depth,
};
use ha_core::{
    Controller,
    backend::Backend,
    topology::{Balancer, Dns, Nat, Network, Pool, Topology, ValidTopology},
};
use std::{collections::BTreeMap, time::Duration};

/// Each call takes so much longer: what is at the same time is seen to be, however busy the machine is.
const DELAY: Duration = Duration::from_millis(60);

pub fn provider() -> Provider {
    let mut provider = Provider::new(REGION);
    let machine = Machine { image: Some(IMAGE.into()), instance_type: Some("t3.micro".into()), ..Machine::default() };
    provider.releases.insert("*".into(), machine);
    provider
}

/// Over this proxy, without a bucket.
pub async fn backend(proxy: &Proxy) -> Backend {
    over(proxy, None).await
}

async fn over(proxy: &Proxy, bucket: Option<&str>) -> Backend {
    let provider = Provider { bucket: bucket.map(String::from), ..provider() };
    let aws = Aws::new(provider).endpoint(&proxy.url()).credentials("test", "test");
    aws.settle(Duration::from_secs(1)).call_timeout(Duration::from_secs(20)).connect().await
}

/// What it took to make a site so.
struct Run {
    exchanges: Vec<Exchange>,
    turns: usize,
}

/// Makes the site so, by a process of its own as it were.
async fn apply(site: &ValidTopology, proxy: &Proxy, (holder, bucket): (&str, Option<&str>)) -> Run {
    let backend = over(proxy, bucket).await;
    let mut controller = Controller::new(backend, holder.into()).period(Duration::from_secs(1));
    let report = controller.until_converged(site).await.unwrap_or_else(|stalled| panic!("{holder}: {stalled}"));
    Run { exchanges: proxy.take(), turns: usize::try_from(report.turns).unwrap_or(usize::MAX) }
}

/// Takes out the calls of the lease, which are no part of a plan: a look, a write each turn, and one to give it back.
fn lease_apart(run: &Run, bucket: Option<&str>) -> (Vec<Exchange>, Vec<String>) {
    let (lease, rest): (Vec<&Exchange>, Vec<&Exchange>) =
        run.exchanges.iter().partition(|it| it.request.service() == "s3");
    let writes = lease.iter().filter(|it| it.request.changes()).count();
    let most = bucket.map_or((0, 0), |_| (1, run.turns + 1));
    let found = (lease.len() - writes, writes);
    let over = (found != most).then(|| format!("lease: {found:?} looks and writes, not {most:?}"));
    (rest.into_iter().cloned().collect(), over.into_iter().collect())
}

/// How often each call was made.
fn counts(exchanges: &[Exchange], changes: bool) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for it in exchanges.iter().filter(|it| it.request.changes() == changes) {
        *counts.entry(format!("{} {}", it.request.service(), it.request.call())).or_insert(0) += 1;
    }
    counts
}

/// How often a call was made more than is needed; a page is no call more.
fn too_often(looks: &[Look], counts: &BTreeMap<String, usize>) -> Vec<String> {
    let needed = |call: &str| {
        let fit = looks.iter().filter(|look| call.starts_with(&format!("{} {}", look.call.0, look.call.1)));
        fit.max_by_key(|look| look.call.1.len())
    };
    let mut by_look: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for (call, count) in counts {
        let (name, most) = needed(call).map_or((call.clone(), 0), |look| (look.call.1.to_owned(), look.times));
        by_look.entry(name).or_insert((0, most)).0 += count;
    }
    let over = by_look.iter().filter(|(_, (count, most))| count > most);
    over.map(|(call, (count, most))| format!("{call}: {count} times, {most} would do")).collect()
}

/// Makes a site and asks for it again; answers what it took beyond what it may.
async fn measure(name: &str, site: &ValidTopology, bucket: Option<&str>) -> Vec<String> {
    let emulator = Emulator::start(Kind::Moto).expect("moto starts");
    let (proxy, floor) = (emulator.proxy(DELAY).expect("a proxy starts"), Floor::of_site(site));
    if let Some(bucket) = bucket {
        Eyes::open(&emulator.url(), REGION).await.make_bucket(bucket).await;
    }
    let making = apply(site, &proxy, ("maker", bucket)).await;
    let asking = apply(site, &proxy, ("again", bucket)).await;
    let ((made, mut over), (again, more)) = (lease_apart(&making, bucket), lease_apart(&asking, bucket));
    over.extend(more);
    let (deep, (changing, looking)) = (depth(&making.exchanges), (counts(&made, true), counts(&made, false)));
    let (total, looks) = (changing.values().sum::<usize>(), counts(&again, false));
    println!("{name}: made by {total} calls ({} at least, {} at most)", floor.calls(), floor.most_calls());
    println!(
        "  and {} looks; {} deep ({} at least, {} at most)",
        looking.values().sum::<usize>(),
        deep,
        floor.chains(),
        floor.most_depth()
    );
    println!("  unchanged: {} looks ({} at most)", looks.values().sum::<usize>(), floor.most_looks());
    if total > floor.most_calls() {
        over.push(format!("{total} calls, at most {}: {changing:#?}", floor.most_calls()));
    }
    if deep > floor.most_depth() {
        over.push(format!("{deep} deep, at most {}:\n{}", floor.most_depth(), told(&making.exchanges)));
    }
    over.extend(counts(&again, true).keys().map(|call| format!("unchanged, and yet {call}")));
    over.extend(too_often(&floor.looks, &looks).into_iter().map(|call| format!("unchanged: {call}")));
    over.iter_mut().for_each(|what| *what = format!("{name}: {what}"));
    over
}

/// All calls with their times, for whoever wants to know why it is so deep.
fn told(exchanges: &[Exchange]) -> String {
    let mut sorted: Vec<&Exchange> = exchanges.iter().collect();
    sorted.sort_by_key(|it| it.start);
    let line = |it: &&Exchange| {
        format!(
            "  {:>6} {:>6} {} {}",
            it.start.as_millis(),
            it.end.as_millis(),
            it.request.service(),
            it.request.call()
        )
    };
    sorted.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn shop(zones: &[&str]) -> Topology {
    let pool = Pool::new("web").release("r1").size(2..=4).capacity(2).ready("/ready", Duration::from_secs(60));
    let topology = Topology::new("shop").id("1").zones(zones.iter().copied()).with(pool);
    topology.with(Balancer::http("front").to("web")).with(Dns::apex("shop.example").to("front"))
}

/// The reference site.
pub fn reference() -> ValidTopology {
    let read = ValidTopology::read(include_str!("../../../examples/sites/web.toml"), "web.toml");
    read.expect("it holds together").topology().clone().id("1").validate().expect("it holds together")
}

fn sites() -> Vec<(&'static str, ValidTopology)> {
    let valid = |topology: Topology| topology.validate().expect("it holds together");
    let office = Pool::new("office").release("r1").size(1..=2).capacity(1).ready("/", Duration::from_secs(60));
    let two = shop(&["a", "b"]).with(office).with(Balancer::http("back").to("office"));
    let exits = shop(&["a", "b", "c"]).network(Network { nat: Nat::PerZone, ..Network::default() });
    vec![
        ("the reference site", reference()),
        ("two pools, two balancers", valid(two.with(Dns::apex("office.shop.example").to("back")))),
        ("a way out for each zone", valid(exits)),
    ]
}

/// The site of the file that `TOPOLOGY` names.
pub fn named() -> Option<ValidTopology> {
    let site = ValidTopology::load(std::env::var_os("TOPOLOGY")?).unwrap_or_else(|problems| panic!("{problems}"));
    let named = site.topology().id.clone().unwrap_or_else(|| "1".into());
    Some(site.topology().clone().id(&named).validate().unwrap_or_else(|problems| panic!("{problems}")))
}

#[test]
fn a_site_takes_no_more_calls_than_its_plan_needs() {
    let sites = named().map_or_else(sites, |site| vec![("the site", site)]);
    let mut over = Vec::new();
    for (name, site) in &sites {
        over.extend(block_on(measure(name, site, None)));
        over.extend(block_on(measure(&format!("{name}, with a lease"), site, Some(BUCKET))));
    }
    assert!(over.is_empty(), "{}", over.join("\n"));
}
