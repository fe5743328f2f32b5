//! Decides what HAProxy is to be told, from who is wished behind it and what it says of itself. Every order may be repeated
//! or be the last one: the next look goes on from what it finds.

use super::{
    config::{FULL, Frame, Server, checked, map, open, shares},
    seen::{self, Seen},
};
use ha_core::{
    backend::{
        spec::BalancerSpec,
        state::{InstancePhase, TargetHealth},
    },
    name::{InstanceId, PoolName},
};
use std::{collections::BTreeMap, net::Ipv4Addr};

/// An instance of a pool that the balancer serves.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Member {
    pub(super) pool: PoolName,
    pub(super) instance: InstanceId,
    pub(super) phase: InstancePhase,
    pub(super) address: Ipv4Addr,
    pub(super) port: u16,
}

/// What follows from one look.
#[derive(Clone, Debug, PartialEq, Default)]
pub(super) struct Decision {
    /// What HAProxy is told, in this order.
    pub(super) commands: Vec<String>,
    /// Who is behind it, how it judges them, and whether he drains with nothing in flight.
    pub(super) targets: Vec<(PoolName, InstanceId, TargetHealth, bool)>,
    /// With whom it is to come back after a restart.
    pub(super) servers: Vec<Server>,
    /// With which entries in which maps.
    pub(super) maps: BTreeMap<String, BTreeMap<String, String>>,
}

/// How an instance stands in the backend of its pool.
enum Standing<'a> {
    Absent,
    /// Set aside: on its way out, or its adding was interrupted.
    Parked(&'a seen::Server),
    Leaving(&'a seen::Server),
    /// Checked and without weight: it gets nothing until its first good check.
    Fresh(&'a seen::Server),
    Serving(&'a seen::Server),
}

/// The maps of a balancer.
pub(super) fn maps() -> Vec<String> {
    ["stay", "share", "few"].map(map).to_vec()
}

pub(super) fn decide(frame: &Frame<'_>, members: &[Member], seen: &Seen) -> Decision {
    let mut decision = Decision::default();
    for member in members {
        match member.phase {
            InstancePhase::Booting | InstancePhase::Ready | InstancePhase::Unready | InstancePhase::Returning => {
                serve(&mut decision, frame, member, seen);
            }
            InstancePhase::Draining | InstancePhase::Held(_) => leave(&mut decision, member, seen),
            InstancePhase::Lost => {}
        }
    }
    let there = |member: &Member| member.phase != InstancePhase::Lost;
    for ((backend, name), server) in &seen.servers {
        let known = |it: &Member| {
            it.instance.as_str() == name && (*backend == checked(&it.pool) || *backend == open(&it.pool)) && there(it)
        };
        let ours = backend.starts_with("pool.") || backend.starts_with("open.");
        if ours && !members.iter().any(known) {
            decision.commands.extend(drop(backend, name, server));
        }
    }
    decision.maps = entries(frame.spec, &decision.servers);
    for (map, wanted) in &decision.maps {
        let has = seen.maps.get(map).cloned().unwrap_or_default();
        decision.commands.extend(changes(map, wanted, &has));
    }
    decision
}

fn stands<'a>(member: &Member, seen: &'a Seen) -> Standing<'a> {
    match seen.servers.get(&(checked(&member.pool), member.instance.to_string())) {
        None => Standing::Absent,
        Some(server) if server.parked => Standing::Parked(server),
        Some(server) if server.draining => Standing::Leaving(server),
        Some(server) if server.weight == 0 => Standing::Fresh(server),
        Some(server) => Standing::Serving(server),
    }
}

/// An instance that is to have requests once its check has passed, and as long as its checks let it.
fn serve(decision: &mut Decision, frame: &Frame<'_>, member: &Member, seen: &Seen) {
    let name = format!("{}/{}", checked(&member.pool), member.instance);
    let (mut health, mut serves) = (TargetHealth::Initial, false);
    match stands(member, seen) {
        Standing::Absent => decision.commands.extend(add(frame, member, &name)),
        // Made anew, so that no check from before counts.
        Standing::Parked(_) => decision.commands.push(format!("@1 del server {name}")),
        Standing::Leaving(_) => decision.commands.extend(anew(&name)),
        Standing::Fresh(server) if server.passed() => {
            serves = true;
            // From down to up with its weight, so that a slow start begins now and no old check counts against it.
            decision.commands.extend([
                format!("@1 set server {name} health down"),
                format!("@1 set server {name} weight {FULL}"),
                format!("@1 set server {name} health up"),
            ]);
        }
        Standing::Fresh(_) => {}
        Standing::Serving(server) => {
            serves = true;
            health = if server.up { TargetHealth::Healthy } else { TargetHealth::Unhealthy };
            cut(decision, &name, server);
        }
    }
    if serves {
        decision.commands.extend(opened(frame, member, seen));
    }
    decision.targets.push((member.pool.clone(), member.instance.clone(), health, false));
    let Member { pool, instance, address, port, .. } = member.clone();
    decision.servers.push(Server { pool, instance, address, port, serves });
}

/// An instance that gets nothing new and finishes what it has.
fn leave(decision: &mut Decision, member: &Member, seen: &Seen) {
    let (server, leaves) = match stands(member, seen) {
        Standing::Absent => return,
        Standing::Parked(server) | Standing::Leaving(server) => (server, true),
        Standing::Fresh(server) | Standing::Serving(server) => (server, false),
    };
    let name = format!("{}/{}", checked(&member.pool), member.instance);
    if !leaves {
        decision.commands.push(format!("@1 set server {name} state drain"));
    }
    cut(decision, &name, server);
    let other = (open(&member.pool), member.instance.to_string());
    let unchecked = seen.servers.get(&other);
    if unchecked.is_some_and(|server| !server.parked && !server.draining) {
        decision.commands.push(format!("@1 set server {}/{} state drain", other.0, other.1));
    }
    let left = unchecked.is_none_or(|server| server.parked || server.draining);
    let in_flight = server.in_flight + unchecked.map_or(0, |server| server.in_flight);
    // A worker that was replaced may still have requests on it, and gives it new ones.
    let idle = leaves && left && in_flight == 0 && seen.old_workers == 0;
    decision.targets.push((member.pool.clone(), member.instance.clone(), TargetHealth::Draining, idle));
    let Member { pool, instance, address, port, .. } = member.clone();
    decision.servers.push(Server { pool, instance, address, port, serves: false });
}

/// Adds it so that it weighs nothing until its first good check: HAProxy counts who is new as well.
fn add(frame: &Frame<'_>, member: &Member, name: &str) -> Vec<String> {
    let Member { address, port, .. } = member;
    vec![
        format!("@1 add server {name} {address}:{port} weight {FULL} {}", frame.checks()),
        format!("@1 set server {name} weight 0"),
        format!("@1 enable health {name}"),
        format!("@1 set server {name} state ready"),
    ]
}

fn anew(name: &str) -> Vec<String> {
    vec![format!("@1 set server {name} state maint"), format!("@1 del server {name}")]
}

/// Somebody who is gone gets nothing from now on. What is in flight on him is ended, so that what may be repeated is
/// repeated elsewhere; but first those who try to connect to him are sent elsewhere, who would be ended as well.
fn drop(backend: &str, name: &str, server: &seen::Server) -> Vec<String> {
    let name = format!("{backend}/{name}");
    let (park, end) = (format!("@1 set server {name} state maint"), format!("@1 shutdown sessions server {name}"));
    let del = format!("@1 del server {name}");
    match (server.parked, server.in_flight > 0) {
        (false, true) => vec![park],
        (false, false) => vec![park, del],
        (true, true) if server.left_alone() => vec![end, del],
        (true, true) => Vec::new(),
        (true, false) => vec![del],
    }
}

/// What is in flight on somebody who is out because he does not answer at all: it would wait for its time-out. Who answers
/// that he is not ready may finish.
fn cut(decision: &mut Decision, name: &str, server: &seen::Server) {
    if !server.up && server.silent() && server.in_flight > 0 && server.left_alone() {
        decision.commands.push(format!("@1 shutdown sessions server {name}"));
    }
}

/// The same instance in the backend without checks.
fn opened(frame: &Frame<'_>, member: &Member, seen: &Seen) -> Vec<String> {
    let backend = open(&member.pool);
    let name = format!("{backend}/{}", member.instance);
    let Member { address, port, .. } = member;
    let ready = format!("@1 set server {name} state ready");
    match seen.servers.get(&(backend, member.instance.to_string())) {
        None => vec![format!("@1 add server {name} {address}:{port} weight {FULL}{}", frame.preface()), ready],
        Some(server) if server.parked || server.draining => vec![ready],
        Some(_) => Vec::new(),
    }
}

/// Who stays with whom, who gets which share, and how few are too few.
pub(super) fn entries(spec: &BalancerSpec, servers: &[Server]) -> BTreeMap<String, BTreeMap<String, String>> {
    let routed = |pool: &PoolName| spec.routes.iter().any(|route| route.pool == *pool && route.weight > 0);
    let staying = servers.iter().filter(|it| spec.sticky.is_some() && it.serves && routed(&it.pool));
    let stay = staying.map(|it| (it.instance.to_string(), it.pool.to_string())).collect();
    let few = |pool: &PoolName| {
        let all = servers.iter().filter(|it| it.serves && it.pool == *pool).count();
        spec.fail_open.map_or(0, |share| share.of(u32::try_from(all).unwrap_or(u32::MAX)))
    };
    let few = spec.routes.iter().map(|route| (route.pool.to_string(), few(&route.pool).to_string())).collect();
    let share = shares(&spec.routes).into_iter().collect();
    BTreeMap::from([(map("stay"), stay), (map("share"), share), (map("few"), few)])
}

fn changes(map: &str, wanted: &BTreeMap<String, String>, has: &BTreeMap<String, String>) -> Vec<String> {
    let gone = has.keys().filter(|key| !wanted.contains_key(*key)).map(|key| format!("@1 del map {map} {key}"));
    let other = wanted.iter().filter_map(|(key, value)| match has.get(key) {
        None => Some(format!("@1 add map {map} {key} {value}")),
        Some(old) if old != value => Some(format!("@1 set map {map} {key} {value}")),
        Some(_) => None,
    });
    gone.chain(other).collect()
}

#[cfg(test)]
mod tests;
