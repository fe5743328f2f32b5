//! A random site, how its provider behaves, and what its owner asks of it later.

use super::dice::Dice;
use crate::sim::{Profile, drill};
use ha_core::topology::{
    Algorithm, Balancer, Capacity, Dns, Endpoint, Exposure, Gate, Guards, HealthCheck, Network, NoReading, Pool,
    Rollout, Share, Topology, ValidTopology,
};
use std::time::Duration;

/// What the owner asks for when the faults are over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// Nothing.
    Nothing,
    /// The site is to be gone.
    Remove,
    /// Only the first pool, balancer and name are to stay.
    Less,
    /// Pools are weighed otherwise, and names live longer.
    Otherwise,
    /// The first pool is to be behind one more balancer.
    More,
}

/// How the provider behaves.
pub(super) fn profile(dice: Dice) -> Profile {
    match dice.between("profile", 0, 2) {
        0 => Profile::ideal(),
        1 => drill::profile(),
        _ => Profile::aws(),
    }
}

pub(super) fn ask(dice: Dice) -> Ask {
    let all = [Ask::Nothing, Ask::Nothing, Ask::Nothing, Ask::Nothing, Ask::Remove, Ask::Less, Ask::Otherwise];
    dice.pick("ask", &all).unwrap_or(Ask::Nothing)
}

impl Ask {
    /// The site as it is wanted from then on, if that can be.
    pub(super) fn of(self, site: &ValidTopology) -> Option<ValidTopology> {
        let mut topology = site.topology().clone();
        topology.generation += 1;
        match self {
            Self::Nothing => return None,
            Self::Remove => return Some(site.removed()),
            Self::Less => {
                topology.dns.truncate(1);
                topology.balancers.truncate(1);
                let first = topology.balancers.first().map(|balancer| balancer.routes.clone()).unwrap_or_default();
                topology.pools.retain(|pool| first.iter().any(|route| route.pool == pool.name));
            }
            Self::Otherwise => {
                topology.dns.iter_mut().for_each(|dns| dns.ttl += Duration::from_secs(7));
                let routes = topology.balancers.iter_mut().flat_map(|balancer| balancer.routes.iter_mut());
                routes.for_each(|route| route.weight += 11);
            }
            Self::More => {
                let (pool, health) = (topology.pools.first()?.name.clone(), topology.balancers.first()?.health.clone());
                topology = topology.with(Balancer::http("aside").health(health).to(pool.as_str()));
            }
        }
        topology.validate().ok()
    }
}

/// A site that holds together.
pub(super) fn site(dice: Dice) -> ValidTopology {
    let tries = (0..100).filter_map(|nth| draw(dice.about("site", nth)).validate().ok()).next();
    tries.expect("most that are drawn hold together: `random_sites_hold_together` draws many")
}

fn draw(dice: Dice) -> Topology {
    let zones = dice.between("zones", 1, 3) as usize;
    let pools = dice.between("pools", 1, 2);
    let kind = dice.between("name", 0, 3);
    let instances = if kind == 3 { Exposure::Public } else { Exposure::Private };
    let mut site = Topology::new("shop").id("sweep").zones(["a", "b", "c"].into_iter().take(zones));
    site.network = Network { instances, ..Network::default() };
    site = site.with(pool(dice.about("pool", 1), "web"));
    site = site.with(balancer(dice.about("balancer", 1), "front").to("web"));
    if pools == 2 {
        site = site.with(pool(dice.about("pool", 2), "admin"));
        let beside = dice.one_in("beside", 2);
        if beside {
            let front = site.balancers.pop().map(|front| front.weighted("admin", 50));
            site.balancers.extend(front);
        }
        if kind == 1 || kind == 2 || !beside {
            site = site.with(balancer(dice.about("balancer", 2), "back").to("admin"));
        }
    }
    let ttl = dice.time("ttl", Duration::from_secs(5), Duration::from_secs(300));
    let back = site.balancers.len() > 1;
    site.with(name(kind, back).ttl(ttl))
}

fn name(kind: u32, back: bool) -> Dns {
    let (front, second) = (Endpoint::Balancer("front".into()), Endpoint::Balancer("back".into()));
    match (kind, back) {
        (1, true) => Dns::weighted("shop.example", [(front, 70), (second, 30)]),
        (2, true) => Dns::failover("shop.example", front, second),
        (3, _) => Dns::round_robin("shop.example", "web"),
        _ => Dns::apex("shop.example").to("front"),
    }
}

fn pool(dice: Dice, name: &str) -> Pool {
    let capacity = dice.between("capacity", 1, 6);
    let surge = dice.between("surge", 1, 2);
    let seconds = Duration::from_secs;
    let gate = Gate {
        max_errors: Share(dice.between("max errors", 50, 500)),
        // Nobody asks for the second pool in most sites: its gate would wait for ever.
        no_reading: if name == "web" && dice.one_in("waits", 2) { NoReading::Wait } else { NoReading::GoOn },
        min_requests: 1,
        ..Gate::default()
    };
    let rollout =
        Rollout { surge, batch: dice.between("batch", 1, 3), bake: dice.time("bake", seconds(5), seconds(120)), gate };
    let guards = Guards {
        brake: dice.pick("brake", &[None, Some(Share(340)), Some(Share(500)), Some(Share(1000))]).flatten(),
        min_healthy: dice.pick("min healthy", &[Share(500), Share(750), Share(1000)]).unwrap_or(Share(1000)),
    };
    let pool = Pool::new(name).release("v1").size(1..=capacity + surge + 4).rollout(rollout).guards(guards);
    Pool { capacity: Capacity::Fixed(capacity), ..pool.ready("/healthz", seconds(300)) }
}

fn balancer(dice: Dice, name: &str) -> Balancer {
    let seconds = Duration::from_secs;
    let health = HealthCheck {
        interval: dice.time("interval", seconds(5), seconds(30)),
        timeout: seconds(2),
        healthy: dice.between("healthy", 2, 3),
        unhealthy: dice.between("unhealthy", 2, 3),
    };
    let algorithms = Algorithm::ALL.map(|(_, rule)| rule);
    let mut balancer = Balancer::http(name)
        .health(health)
        .algorithm(dice.pick("algorithm", &algorithms).unwrap_or_default())
        .drain(dice.time("drain", seconds(1), seconds(60)));
    if dice.one_in("sticky", 3) {
        balancer = balancer.sticky(seconds(600));
    }
    if dice.one_in("slow start", 3) {
        balancer = balancer.slow_start(seconds(60));
    }
    if dice.one_in("fail open", 3) {
        balancer = balancer.fail_open(Share(300));
    }
    balancer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_sites_hold_together() {
        let first = (0..300).filter(|seed| draw(Dice::new(*seed).about("site", 0)).validate().is_ok()).count();
        assert!(first > 200, "only {first} of 300 hold together at once");
        (0..300).for_each(|seed| drop(site(Dice::new(seed))));
    }
}
