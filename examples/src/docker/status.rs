//! How a site is: instances by zone, balancers, names, and who keeps it.

use super::{keeper, site::Site};
use crate::{
    show::{Paint, Tone},
    stop::Stop,
    words::{health, phase, stands, stands_for},
};
use ha_core::{
    backend::state::{InstancePhase, TargetHealth},
    name::ZoneName,
    topology::Protocol,
};
use ha_local::docker::{
    balancer::BalancerRow,
    now,
    pool::{MemberRow, PoolRow},
    state::{Tables, ZoneRow},
};
use serde_json::{Value, json};

/// How the site is, for people or for programs.
pub async fn status(site: &Site, json: bool, paint: Paint) -> Result<String, Stop> {
    let tables = site.tables().await?;
    let keeper = keeper(site, &tables).await;
    if json {
        return Ok(format!("{:#}", value(site, &tables, keeper)));
    }
    Ok(page(site, &tables, keeper, paint).trim_end().to_owned())
}

/// Where the site is entered, one line for each place.
pub async fn entries(site: &Site) -> Result<Vec<String>, Stop> {
    let tables = site.tables().await?;
    let mut lines: Vec<String> = mine(site, &tables).flat_map(|row| urls(row).into_iter()).collect();
    if lines.is_empty() {
        let ready = site.pools(&tables).flat_map(|row| row.members.iter().map(move |member| (row, member)));
        let ready = ready.filter(|(_, member)| member.phase == InstancePhase::Ready);
        lines.extend(ready.map(|(row, member)| format!("http://{}:{}", member.address, row.spec.boot.port)));
    }
    let names = tables.records.values().filter(|row| row.owner == site.scope).filter_map(|row| {
        let server = tables.name_servers.get(&site.scope.to_string())?;
        Some(format!("name {}: dig @127.0.0.1 -p {} {}", row.set.name, server.port, row.set.name))
    });
    lines.extend(names);
    Ok(lines)
}

fn mine<'a>(site: &'a Site, tables: &'a Tables) -> impl Iterator<Item = &'a BalancerRow> {
    tables.balancers.values().filter(|row| row.owner == site.scope)
}

fn urls(row: &BalancerRow) -> Vec<String> {
    let url = |listener: &ha_core::topology::Listener| {
        let slot = row.slots.iter().find(|slot| slot.listener == Some(listener.port))?;
        let scheme = if matches!(listener.protocol, Protocol::Https { .. }) { "https" } else { "http" };
        Some(format!("{scheme}://127.0.0.1:{}", slot.outside))
    };
    row.spec.listeners.iter().filter_map(url).collect()
}

/// Who keeps the site: what is told, and whether somebody does.
async fn keeper(site: &Site, tables: &Tables) -> (&'static str, bool) {
    let acts = tables.supervisor.as_ref().is_some_and(|turn| turn.until > now());
    match (keeper::standing(site).await, acts) {
        (Some(_), true) => ("acts", true),
        (Some(_), false) => ("does not act", false),
        (None, true) => ("acts in another process", true),
        (None, false) => ("none: the site serves, nothing is repaired", false),
    }
}

fn page(site: &Site, tables: &Tables, (keeper, keeps): (&str, bool), paint: Paint) -> String {
    let strong = |text: &str| paint.paint(Tone::Strong, text, 0);
    let pools: Vec<&PoolRow> = site.pools(tables).collect();
    if pools.is_empty() && mine(site, tables).next().is_none() {
        return format!("{}\nnothing is there: docker_site up\n", strong(&site.scope.to_string()));
    }
    let keeper = paint.paint(if keeps { Tone::Good } else { Tone::Bad }, keeper, 0);
    let mut page = format!("{}   supervisor {keeper}\n", strong(&site.scope.to_string()));
    // What is long makes its column wider.
    let members = || pools.iter().flat_map(|row| &row.members);
    let longest = |least: usize, word: fn(&MemberRow) -> &str| {
        members().map(|member| word(member).chars().count()).max().unwrap_or_default().max(least)
    };
    let widths = [longest(14, |member| member.id.as_str()), longest(12, |member| member.release.as_str())];
    for zone in &site.wanted.topology().zones {
        let (how, tone) = how(tables.zone(&site.scope.name, zone));
        page += &format!("\n{} {}\n", strong(&format!("zone {zone}")), paint.paint(tone, how, 0));
        for row in &pools {
            let there = row.members.iter().filter(|member| member.zone == *zone);
            there.for_each(|member| page += &instance(site, tables, (row, member), (widths, paint)));
        }
    }
    page += "\n";
    for row in mine(site, tables) {
        let healthy = row.targets.iter().filter(|target| target.health == TargetHealth::Healthy).count();
        let name = format!("balancer {}", row.spec.name);
        let (word, tone) = phase(row.phase);
        let phase = paint.paint(tone, word, 8);
        page += &format!("{name:<24} {phase} {healthy} of {} healthy  {}\n", row.targets.len(), urls(row).join(" "));
    }
    for row in tables.records.values().filter(|row| row.owner == site.scope) {
        let name = format!("name {}", row.set.name);
        let (word, tone) = phase(row.phase);
        let phase = paint.paint(tone, word, 8);
        let alive = row.answers.iter().filter(|(_, alive)| *alive).map(|(endpoint, _)| stands_for(endpoint));
        let server = tables.name_servers.get(&site.scope.to_string());
        let asked = server.map_or(String::new(), |server| format!("  dig @127.0.0.1 -p {}", server.port));
        page += &format!("{name:<24} {phase} {}{asked}\n", alive.collect::<Vec<_>>().join(", "));
    }
    page
}

fn instance(
    site: &Site,
    tables: &Tables,
    (row, member): (&PoolRow, &MemberRow),
    ([wide, release_wide], paint): ([usize; 2], Paint),
) -> String {
    let (phase, tone) = stands(member.phase);
    let targets = mine(site, tables).flat_map(|balancer| balancer.targets.iter().map(move |it| (balancer, it)));
    let judged = targets.filter(|(_, target)| target.pool == row.spec.name && target.instance == member.id);
    let judged: Vec<String> =
        judged.map(|(balancer, target)| format!("{} {}", balancer.spec.name, health(target.health))).collect();
    let address = format!("{}:{}", member.address, row.spec.boot.port);
    let phase = paint.paint(tone, phase, 9);
    let (id, release) = (&member.id, &member.release);
    let line = format!("  {id:<wide$} {phase}  {release:<release_wide$} {address:<21} {}", judged.join(", "));
    line.trim_end().to_owned() + "\n"
}

fn value(site: &Site, tables: &Tables, (keeper, keeps): (&str, bool)) -> Value {
    let zone =
        |name: &ZoneName| {
            let row = tables.zone(&site.scope.name, name);
            let pools = site.pools(tables).flat_map(|row| row.members.iter().map(move |member| (row, member)));
            let instances: Vec<Value> = pools.filter(|(_, member)| member.zone == *name).map(|(row, member)| json!({
            "id": member.id, "pool": row.spec.name, "phase": stands(member.phase).0, "release": member.release,
            "address": format!("{}:{}", member.address, row.spec.boot.port),
        })).collect();
            json!({ "name": name, "is": how(row).0, "instances": instances })
        };
    let balancer = |row: &BalancerRow| {
        let targets = row
            .targets
            .iter()
            .map(|target| json!({ "pool": target.pool, "instance": target.instance, "health": health(target.health) }));
        json!({ "name": row.spec.name, "phase": phase(row.phase).0, "urls": urls(row), "targets": targets.collect::<Vec<_>>() })
    };
    let records = tables.records.values().filter(|row| row.owner == site.scope).map(|row| {
        let alive = row.answers.iter().filter(|(_, alive)| *alive).map(|(endpoint, _)| stands_for(endpoint));
        json!({ "name": row.set.name, "phase": phase(row.phase).0, "answers": alive.collect::<Vec<_>>() })
    });
    json!({
        "site": site.scope.name,
        "id": site.scope.id,
        "supervisor": { "acts": keeps, "is": keeper },
        "zones": site.wanted.topology().zones.iter().map(zone).collect::<Vec<_>>(),
        "balancers": mine(site, tables).map(balancer).collect::<Vec<_>>(),
        "names": records.collect::<Vec<_>>(),
        "name_server": tables.name_servers.get(&site.scope.to_string()).map(|server| format!("127.0.0.1:{}", server.port)),
    })
}

fn how(zone: ZoneRow) -> (&'static str, Tone) {
    match zone {
        ZoneRow { dark: true, .. } => ("no power", Tone::Bad),
        ZoneRow { cut: true, .. } => ("cut off", Tone::Bad),
        ZoneRow { full: true, .. } => ("takes no launch", Tone::Moving),
        ZoneRow { dark: false, cut: false, full: false } => ("well", Tone::Good),
    }
}
