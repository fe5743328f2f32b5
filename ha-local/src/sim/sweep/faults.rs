//! Random faults, drawn from the whole vocabulary: an effect, a target that it fits, parameters in their ranges.

use super::dice::Dice;
use crate::sim::faults::Faults;
use ha_core::{
    fault::{Effect, Fault, Lasts, Parameters, effects},
    time::Timestamp,
    topology::ValidTopology,
};
use std::time::Duration;

/// The faults are over after so long.
pub(super) const PHASE: Duration = Duration::from_secs(36 * 3600);
/// What may stay for ever: a site must be able to live with it.
const PERMANENT: [&str; 9] = [
    "clock.drift",
    "dns.stale",
    "boot.slow",
    "instances.slow",
    "instances.errors",
    "instances.hang",
    "instances.isolate",
    "release.latent",
    "release.slow",
];

/// What makes a new release bad for good, early enough for the gate to see it.
const GATED: [&str; 4] = ["release.never_ready", "release.errors", "release.slow", "release.one_way"];

/// The effects that this version can inject.
pub fn in_scope() -> Vec<&'static Effect> {
    const LATER: [&str; 8] = ["volumes", "database", "storage", "cache", "dependency", "backup", "secrets", "events"];
    effects().iter().filter(|effect| !LATER.contains(&effect.family())).collect()
}

/// One to eight faults, of a subset of kinds.
pub(super) fn faults(dice: Dice, site: &ValidTopology) -> Vec<Fault> {
    let all = in_scope();
    let kinds: Vec<&'static Effect> = (0..4).filter_map(|nth| dice.about("kind", nth).pick("effect", &all)).collect();
    let count = u64::from(dice.between("faults", 1, 8));
    let drawn = (0..count).filter_map(|nth| fault(dice.about("fault", nth), &kinds, site));
    let mut faults: Vec<Fault> =
        drawn.flat_map(|fault| beside(dice, &fault, site).into_iter().chain([fault])).collect();
    faults.truncate(8);
    faults
}

/// What has to be asked for, so that this changes something.
fn beside(dice: Dice, fault: &Fault, site: &ValidTopology) -> Vec<Fault> {
    let target = fault.target.to_string();
    let zone = || dice.pick("moved", &site.topology().zones).map(|zone| format!("zone:{zone}")).unwrap_or_default();
    let (earlier, meanwhile) = (fault.at / 2, amid(fault));
    let asked = match fault.effect {
        "operator.reopen" => vec![("operator.evacuate", target, earlier)],
        "operator.put_back" => vec![("operator.hold", target, earlier)],
        // It strikes who is changed.
        "balancer.corrupt_on_change" => vec![("operator.evacuate", zone(), meanwhile)],
        // It strikes who needs servers of its own.
        _ if lacks_servers(fault) => {
            vec![("operator.evacuate", zone(), earlier), ("operator.reopen", zone(), meanwhile)]
        }
        _ => Vec::new(),
    };
    let asked = asked.into_iter().filter_map(|(effect, target, at)| Some(Fault::new(effect, &target).ok()?.at(at)));
    asked.collect()
}

/// Whether the provider has no servers for balancers because of this.
pub(super) fn lacks_servers(fault: &Fault) -> bool {
    fault.effect.starts_with("capacity.") && fault.target.what.kind() == "balancer"
}

/// Half way between its beginning and its end.
pub(super) fn amid(fault: &Fault) -> Duration {
    let end = fault.ends().unwrap_or(PHASE);
    fault.at + end.saturating_sub(fault.at) / 2
}

fn fault(dice: Dice, kinds: &[&'static Effect], site: &ValidTopology) -> Option<Fault> {
    let effect = dice.pick("which", kinds)?;
    (0..50).find_map(|nth| {
        let fault = draw(dice.about("try", nth), effect, site)?;
        Faults::new("sweep", std::slice::from_ref(&fault), site, Timestamp::ZERO).is_ok().then_some(fault)
    })
}

fn draw(dice: Dice, effect: &'static Effect, site: &ValidTopology) -> Option<Fault> {
    let kind = dice.pick("kind", &effect.kinds)?;
    let mut target = target(dice, &kind, site)?;
    if effect.amount && dice.one_in("amount", 2) {
        let share = f64::from(dice.between("share", 1, 10)) / 10.0;
        let amount = if dice.one_in("count", 2) { "instances:1".into() } else { format!("share:{share}") };
        target = format!("{amount} of {target}");
    }
    let fault = Fault::new(&effect.name, &target).ok()?;
    let longest = Duration::from_secs(6 * 3600);
    let at = dice.time("at", Duration::from_secs(60), PHASE - longest);
    let forever = PERMANENT.contains(&effect.name.as_str()) && dice.one_in("forever", 3);
    let lasts = match effect.lasts {
        false => Lasts::Once,
        true if forever || kind == "pool" && GATED.contains(&effect.name.as_str()) => Lasts::Forever,
        true => Lasts::For(dice.time("lasts", Duration::from_secs(20), longest)),
    };
    let optional = effect.optional.iter().filter(|name| dice.one_in(name, 2));
    let mut parameters = Parameters::default();
    for name in effect.required.iter().chain(optional) {
        set(&mut parameters, dice, name);
    }
    Some(Fault { at, lasts, parameters, ..fault })
}

fn target(dice: Dice, kind: &str, site: &ValidTopology) -> Option<String> {
    let topology = site.topology();
    let zones: Vec<String> = topology.zones.iter().map(ToString::to_string).collect();
    let zone = dice.pick("zone", &zones)?;
    let pools: Vec<String> = topology.pools.iter().map(|pool| pool.name.to_string()).collect();
    let pool = dice.pick("pool", &pools)?;
    let balancers: Vec<String> = topology.balancers.iter().map(|balancer| balancer.name.to_string()).collect();
    let front = if dice.one_in("every", 3) { "*".to_owned() } else { dice.pick("front", &balancers)? };
    let service = dice.pick("service", &["network", "pool", "balancer", "dns", "store", "*"])?;
    let metric = dice.pick("metric", &["healthy", "errors", "latency", "requests", "*"])?;
    Some(match kind {
        "all" | "users" | "controller" => kind.into(),
        "zone" => format!("zone:{zone}"),
        "pool" => format!("pool:{pool}"),
        "instance" => format!("instance:{pool}-{zone}-1"),
        "release" => format!("release:{}", dice.pick("release", &["v1", "v1+1"])?),
        "balancer" if dice.one_in("part", 2) => format!("balancer:{front} in zone:{zone}"),
        "balancer" => format!("balancer:{front}"),
        "store" => "store:*".into(),
        "record" => "record:*".into(),
        "service" => format!("service:{service}"),
        "metric" => format!("metric:{metric}"),
        "link" => link(dice, &zone)?,
        "call" => call(dice)?,
        _ => return None,
    })
}

fn link(dice: Dice, zone: &str) -> Option<String> {
    let zone = format!("zone:{zone}");
    let ends = [zone.as_str(), "users", "controller", "keepers", "others", "all", "store:*"];
    let (from, to) = (dice.pick("from", &ends)?, dice.pick("to", &ends)?);
    let sign = if dice.one_in("one way", 3) { ">" } else { "-" };
    Some(format!("link:{from}{sign}{to}"))
}

fn call(dice: Dice) -> Option<String> {
    let verbs = [
        "*.*",
        "*.ensure",
        "*.observe",
        "network.ensure",
        "pool.ensure",
        "pool.bound",
        "pool.hold",
        "pool.put_back",
        "pool.retire",
        "balancer.ensure",
        "dns.ensure",
        "store.put",
        "store.get",
        "hands.launch",
        "hands.stop",
    ];
    Some(format!("call:{}", dice.pick("verb", &verbs)?))
}

fn set(given: &mut Parameters, dice: Dice, name: &str) {
    let seconds = Duration::from_secs;
    let tenths = |name| Some(f64::from(dice.between(name, 1, 10)) / 10.0);
    let time = |most| Some(dice.time(name, seconds(1), seconds(most)));
    match name {
        "rate" => given.rate = tenths(name),
        "reads" => given.reads = tenths(name),
        "writes" => given.writes = tenths(name),
        "times" => given.times = Some(f64::from(dice.between(name, 2, 20))),
        "factor" => given.factor = tenths(name),
        "value" => given.value = Some(f64::from(dice.between(name, 0, 20))),
        "delay" => given.delay = time(600),
        "age" => given.age = time(600),
        "after" => given.after = time(1200),
        "extra" => given.extra = time(3600),
        "period" => given.period = time(300),
        "retry_after" => given.retry_after = time(120),
        "ramp" => given.ramp = time(1200),
        "stagger" => given.stagger = time(600),
        "tail" => given.tail = time(1800),
        "lost" => given.lost = tenths(name),
        "carries" => given.carries = tenths(name),
        "above_load" => given.above_load = tenths(name).map(|load: f64| load / 10.0),
        "above_size" => given.above_size = Some(1.0 + f64::from(dice.between(name, 1, 10)) / 10.0),
        "most" => given.most = Some(dice.between(name, 1, 8)),
        "seconds" => given.seconds = Some(f64::from(dice.between(name, 0, 240)) - 120.0),
        "ppm" => given.ppm = Some(f64::from(dice.between(name, 0, 400)) - 200.0),
        "nth" => given.nth = Some(dice.between(name, 1, 10)),
        "count" => given.count = Some(dice.between(name, 1, 5)),
        "done" => given.done = tenths(name).map(|done: f64| done * 0.9),
        "error" => given.error = dice.pick(name, &["no_capacity", "quota", "denied", "conflict"]).map(str::to_owned),
        _ => {}
    }
}
