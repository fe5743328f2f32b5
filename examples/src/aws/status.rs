//! How a site is: instances by zone, balancers, names, as one look shows them.

use super::site::Site;
use crate::{
    show::{Paint, Tone},
    stop::{Stop, said},
    words::{health, phase, stands, stands_for},
};
use ha_core::{
    Observed,
    backend::state::{BalancerState, InstanceState, PoolState, RecordState, TargetHealth},
    name::ZoneName,
    observe,
    observe::Known,
};
use serde_json::{Value, json};

/// How the site is, for people or for programs.
pub async fn status(site: &Site, json: bool, paint: Paint) -> Result<String, Stop> {
    let seen = Seen::of(observe(&site.wanted, &site.backend).await)?;
    Ok(match json {
        true => format!("{:#}", value(site, &seen)),
        false => page(site, &seen, paint).trim_end().to_owned(),
    })
}

/// What was seen of every tier.
struct Seen {
    network: Option<ha_core::backend::state::NetworkState>,
    pools: Vec<PoolState>,
    balancers: Vec<BalancerState>,
    records: Vec<RecordState>,
}

impl Seen {
    /// What could not be read is no empty site.
    fn of(observed: Observed) -> Result<Self, Stop> {
        Ok(Self {
            network: known(observed.network)?.flatten(),
            pools: known(observed.pools)?.unwrap_or_default(),
            balancers: known(observed.balancers)?.unwrap_or_default(),
            records: known(observed.records)?.unwrap_or_default(),
        })
    }

    fn is_empty(&self) -> bool {
        self.network.is_none() && self.pools.is_empty() && self.balancers.is_empty() && self.records.is_empty()
    }

    /// The site's zones, and those in which something is left.
    fn zones(&self, site: &Site) -> Vec<ZoneName> {
        let mut zones = site.wanted.topology().zones.clone();
        let there = self.pools.iter().flat_map(|pool| &pool.instances).map(|it| &it.zone);
        let others: Vec<ZoneName> = there.filter(|zone| !zones.contains(zone)).cloned().collect();
        zones.extend(others);
        zones.dedup();
        zones
    }

    /// How each balancer judges an instance.
    fn judged(&self, pool: &PoolState, instance: &InstanceState) -> Vec<(String, &'static str)> {
        let of = |balancer: &BalancerState| {
            let mut targets = balancer.targets.iter();
            let target = targets.find(|it| it.pool == pool.spec.name && it.instance == instance.id)?;
            Some((balancer.spec.name.to_string(), health(target.health)))
        };
        self.balancers.iter().filter_map(of).collect()
    }
}

fn known<T>(tier: Known<T>) -> Result<Option<T>, Stop> {
    match tier {
        Known::Known(reading) => Ok(Some(reading.state)),
        Known::Unknown(error) => Err(Stop::Failed(said(&error))),
        Known::NotManaged => Ok(None),
    }
}

/// What is said of an instance that somebody took out of its pool.
const STRAY: &str = "bears the pool's mark and is not in it: it goes with the pool";

fn page(site: &Site, seen: &Seen, paint: Paint) -> String {
    let strong = |text: &str| paint.paint(Tone::Strong, text, 0);
    let mut page = format!("{}\n", strong(&site.wanted.scope().to_string()));
    if seen.is_empty() {
        return page + "nothing is there: aws_site apply\n";
    }
    for zone in seen.zones(site) {
        page += &format!("\n{}\n", strong(&format!("zone {zone}")));
        for pool in &seen.pools {
            let there = pool.instances.iter().filter(|instance| instance.zone == zone);
            there.for_each(|instance| page += &line(seen, (pool, instance), paint));
        }
    }
    page += "\n";
    let row = |name: String, at, rest: String| {
        let (word, tone) = phase(at);
        format!("{name:<24} {} {rest}", paint.paint(tone, word, 8)).trim_end().to_owned() + "\n"
    };
    page += &seen.network.iter().map(|it| row("network".into(), it.phase, String::new())).collect::<String>();
    for pool in &seen.pools {
        let rest = format!("{} of {} instances, release {}", pool.instances.len(), pool.desired, pool.spec.release);
        page += &row(format!("pool {}", pool.spec.name), pool.phase, rest);
        page += &pool.strays.iter().map(|id| format!("  {id} {STRAY}\n")).collect::<String>();
    }
    for balancer in &seen.balancers {
        let healthy = balancer.targets.iter().filter(|target| target.health == TargetHealth::Healthy).count();
        let rest = format!("{healthy} of {} healthy", balancer.targets.len());
        page += &row(format!("balancer {}", balancer.spec.name), balancer.phase, rest);
    }
    for record in &seen.records {
        page += &row(format!("name {}", record.set.name), record.phase, answers(record).join(", "));
    }
    page
}

fn line(seen: &Seen, (pool, instance): (&PoolState, &InstanceState), paint: Paint) -> String {
    let (word, tone) = stands(instance.phase);
    let judged = seen.judged(pool, instance).into_iter().map(|(balancer, health)| format!("{balancer} {health}"));
    let judged = judged.collect::<Vec<_>>().join(", ");
    let (id, release) = (&instance.id, &instance.release);
    format!("  {id:<20} {}  {release:<12} {judged}", paint.paint(tone, word, 9)).trim_end().to_owned() + "\n"
}

fn answers(record: &RecordState) -> Vec<String> {
    record.answers.iter().filter(|(_, alive)| *alive).map(|(endpoint, _)| stands_for(endpoint)).collect()
}

fn value(site: &Site, seen: &Seen) -> Value {
    let instance = |pool: &PoolState, it: &InstanceState| {
        let judged = seen.judged(pool, it).into_iter().map(|(balancer, health)| (balancer, json!(health)));
        json!({
            "id": it.id, "pool": pool.spec.name, "phase": stands(it.phase).0, "release": it.release,
            "balancers": judged.collect::<serde_json::Map<_, _>>(),
        })
    };
    let zone = |name: &ZoneName| {
        let all = seen.pools.iter().flat_map(|pool| pool.instances.iter().map(move |it| (pool, it)));
        let here = all.filter(|(_, it)| it.zone == *name).map(|(pool, it)| instance(pool, it));
        json!({ "name": name, "instances": here.collect::<Vec<_>>() })
    };
    let pool = |it: &PoolState| {
        json!({
            "name": it.spec.name, "phase": phase(it.phase).0, "release": it.spec.release, "desired": it.desired,
            "instances": it.instances.len(), "strays": it.strays,
        })
    };
    let balancer = |it: &BalancerState| {
        let healthy = it.targets.iter().filter(|target| target.health == TargetHealth::Healthy).count();
        json!({ "name": it.spec.name, "phase": phase(it.phase).0, "targets": it.targets.len(), "healthy": healthy })
    };
    let record = |it: &RecordState| json!({ "name": it.set.name, "phase": phase(it.phase).0, "answers": answers(it) });
    json!({
        "site": site.wanted.scope().name,
        "id": site.wanted.scope().id,
        "network": seen.network.as_ref().map(|it| phase(it.phase).0),
        "zones": seen.zones(site).iter().map(zone).collect::<Vec<_>>(),
        "pools": seen.pools.iter().map(pool).collect::<Vec<_>>(),
        "balancers": seen.balancers.iter().map(balancer).collect::<Vec<_>>(),
        "names": seen.records.iter().map(record).collect::<Vec<_>>(),
    })
}
