//! How a site is: instances by zone, balancers, names, as one look shows them.

use super::{
    seen::{Seen, Stand, is_uneven},
    site::Site,
};
use crate::{
    show::{Paint, Tone},
    stop::Stop,
    words::{health, phase, stands, stands_for},
};
use ha_core::{
    backend::state::{BalancerState, InstanceState, PoolState, RecordState},
    name::ZoneName,
    observe,
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

/// What is said of an instance that somebody took out of its pool.
const STRAY: &str = "bears the pool's mark and is not in it: it goes with the pool";

fn page(site: &Site, seen: &Seen, paint: Paint) -> String {
    let strong = |text: &str| paint.paint(Tone::Strong, text, 0);
    let mut page = format!("{}\n", strong(&site.wanted.scope().to_string()));
    if seen.is_empty() {
        return page + "nothing is there: aws_site apply\n";
    }
    for zone in seen.zones(site) {
        let (stand, tone) = seen.stand(&zone).said();
        page += &format!("\n{} {}\n", strong(&format!("zone {zone}")), paint.paint(tone, &stand, 0));
        seen.here(&zone).for_each(|(pool, instance)| page += &line(seen, (pool, instance), paint));
    }
    page += "\n";
    let row = |name: String, at, rest: String| {
        let (word, tone) = phase(at);
        format!("{name:<24} {} {rest}", paint.paint(tone, word, 8)).trim_end().to_owned() + "\n"
    };
    page += &seen.network.iter().map(|it| row("network".into(), it.phase, String::new())).collect::<String>();
    for pool in &seen.pools {
        let uneven = if is_uneven(pool) { paint.paint(Tone::Bad, ", uneven by zone", 0) } else { String::new() };
        let rest = format!("{} of {} instances of {}{uneven}", pool.instances.len(), pool.desired, pool.spec.release);
        page += &row(format!("pool {}", pool.spec.name), pool.phase, rest);
        page += &pool.strays.iter().map(|id| format!("  {id} {STRAY}\n")).collect::<String>();
    }
    for balancer in &seen.balancers {
        let (healthy, targets) = seen.healthy(balancer);
        let rest = format!("{healthy} of {targets} healthy");
        page += &row(format!("balancer {}", balancer.spec.name), balancer.phase, rest);
    }
    for record in &seen.records {
        page += &row(format!("name {}", record.set.name), record.phase, answers(record).join(", "));
    }
    page
}

fn line(seen: &Seen, (pool, instance): (&PoolState, &InstanceState), paint: Paint) -> String {
    let (word, tone) = stands(instance.phase);
    let judged = seen.targets(pool, instance).map(|(balancer, of)| format!("{} {}", balancer.spec.name, health(of)));
    let judged = judged.collect::<Vec<_>>().join(", ");
    let (id, release) = (&instance.id, &instance.release);
    format!("  {id:<20} {}  {release:<12} {judged}", paint.paint(tone, word, 9)).trim_end().to_owned() + "\n"
}

fn answers(record: &RecordState) -> Vec<String> {
    record.answers.iter().filter(|(_, alive)| *alive).map(|(endpoint, _)| stands_for(endpoint)).collect()
}

fn value(site: &Site, seen: &Seen) -> Value {
    let instance = |pool: &PoolState, it: &InstanceState| {
        let judged = seen.targets(pool, it).map(|(balancer, of)| (balancer.spec.name.to_string(), json!(health(of))));
        json!({
            "id": it.id, "pool": pool.spec.name, "phase": stands(it.phase).0, "release": it.release,
            "balancers": judged.collect::<serde_json::Map<_, _>>(),
        })
    };
    let zone = |name: &ZoneName| {
        let here = seen.here(name).map(|(pool, it)| instance(pool, it));
        let Stand { serving, lacks, closed, .. } = seen.stand(name);
        json!({ "name": name, "instances": here.collect::<Vec<_>>(), "serving": serving, "lacks": lacks, "closed": closed })
    };
    let pool = |it: &PoolState| {
        json!({
            "name": it.spec.name, "phase": phase(it.phase).0, "release": it.spec.release, "desired": it.desired,
            "instances": it.instances.len(), "strays": it.strays, "uneven": is_uneven(it),
        })
    };
    let balancer = |it: &BalancerState| {
        let (healthy, targets) = seen.healthy(it);
        json!({ "name": it.spec.name, "phase": phase(it.phase).0, "targets": targets, "healthy": healthy })
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
