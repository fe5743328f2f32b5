//! What one look at a site showed, and how it stands by zone.

use super::site::Site;
use crate::{
    show::Tone,
    stop::{Stop, said},
};
use ha_core::{
    Observed,
    backend::state::{
        BalancerState, InstancePhase, InstanceState, NetworkState, PoolState, RecordState, TargetHealth, TargetState,
    },
    name::{PoolName, ZoneName},
    observe::Known,
};

/// What was seen of every tier.
pub struct Seen {
    /// If there is one.
    pub network: Option<NetworkState>,
    /// In order of name.
    pub pools: Vec<PoolState>,
    /// Likewise.
    pub balancers: Vec<BalancerState>,
    /// Likewise.
    pub records: Vec<RecordState>,
}

impl Seen {
    /// What could not be read is no empty site.
    pub fn of(observed: Observed) -> Result<Self, Stop> {
        Ok(Self {
            network: known(observed.network)?.flatten(),
            pools: known(observed.pools)?.unwrap_or_default(),
            balancers: known(observed.balancers)?.unwrap_or_default(),
            records: known(observed.records)?.unwrap_or_default(),
        })
    }

    /// Nothing is there.
    pub fn is_empty(&self) -> bool {
        self.network.is_none() && self.pools.is_empty() && self.balancers.is_empty() && self.records.is_empty()
    }

    /// The site's zones, and those in which something is left.
    pub fn zones(&self, site: &Site) -> Vec<ZoneName> {
        let mut zones = site.wanted.topology().zones.clone();
        let there = self.pools.iter().flat_map(|pool| &pool.instances).map(|it| &it.zone);
        for zone in there {
            if !zones.contains(zone) {
                zones.push(zone.clone());
            }
        }
        zones
    }

    /// What the pools have in a zone.
    pub fn here<'a>(&'a self, zone: &'a ZoneName) -> impl Iterator<Item = (&'a PoolState, &'a InstanceState)> {
        let all = self.pools.iter().flat_map(|pool| pool.instances.iter().map(move |it| (pool, it)));
        all.filter(move |(_, instance)| instance.zone == *zone)
    }

    /// Whether users get to it: it is ready, and fit for every balancer of its pool.
    fn serves(&self, pool: &PoolState, instance: &InstanceState) -> bool {
        let before = |it: &&BalancerState| it.spec.routes.iter().any(|route| route.pool == pool.spec.name);
        let fit = self.targets(pool, instance).filter(|(_, health)| *health == TargetHealth::Healthy).count();
        instance.phase == InstancePhase::Ready && fit == self.balancers.iter().filter(before).count()
    }

    /// How it stands in a zone.
    pub fn stand(&self, zone: &ZoneName) -> Stand {
        let here: Vec<_> = self.here(zone).collect();
        // So few that the skew which the pool allows would be kept without it leave a zone empty.
        let owed = |pool: &&PoolState| {
            let others = pool.spec.zones.len().saturating_sub(1);
            pool.spec.zones.contains(zone) && pool.desired as usize > others * pool.spec.max_skew as usize
        };
        let lacks =
            self.pools.iter().filter(owed).filter(|pool| !here.iter().any(|(it, _)| it.spec.name == pool.spec.name));
        Stand {
            instances: here.len(),
            serving: here.iter().filter(|(pool, instance)| self.serves(pool, instance)).count(),
            lacks: lacks.map(|pool| pool.spec.name.clone()).collect(),
            closed: !self.pools.iter().any(|pool| pool.spec.zones.contains(zone)),
        }
    }

    /// How many of a balancer's targets it has judged well, and how many there are. Whoever left its pool is no target any
    /// more, though some provider may still list it.
    pub fn healthy(&self, balancer: &BalancerState) -> (usize, usize) {
        let pool = |name: &PoolName| self.pools.iter().find(|it| it.spec.name == *name);
        let stays =
            |it: &&TargetState| pool(&it.pool).is_some_and(|pool| pool.instances.iter().any(|i| i.id == it.instance));
        let targets: Vec<_> = balancer.targets.iter().filter(stays).collect();
        (targets.iter().filter(|target| target.health == TargetHealth::Healthy).count(), targets.len())
    }

    /// How each balancer judges an instance.
    pub fn targets<'a>(
        &'a self,
        pool: &'a PoolState,
        instance: &'a InstanceState,
    ) -> impl Iterator<Item = (&'a BalancerState, TargetHealth)> {
        self.balancers.iter().filter_map(|balancer| {
            let mut targets = balancer.targets.iter();
            let target = targets.find(|it| it.pool == pool.spec.name && it.instance == instance.id)?;
            Some((balancer, target.health))
        })
    }
}

/// How a zone stands.
pub struct Stand {
    /// How many there are.
    pub instances: usize,
    /// To how many of them users get.
    pub serving: usize,
    /// Pools that should have an instance there and have none.
    pub lacks: Vec<PoolName>,
    /// No pool may launch there.
    pub closed: bool,
}

impl Stand {
    /// In words.
    pub fn said(&self) -> (String, Tone) {
        let serve = format!("{} of {} serve", self.serving, self.instances);
        match (self.lacks.as_slice(), self.closed) {
            ([], true) if self.instances == 0 => ("closed".into(), Tone::Good),
            ([], true) => (format!("closed, {serve}"), Tone::Moving),
            ([], false) if self.instances == 0 => ("empty".into(), Tone::Good),
            ([], false) if self.serving == self.instances => (serve, Tone::Good),
            ([], false) => (serve, if self.serving == 0 { Tone::Bad } else { Tone::Moving }),
            (lacks, _) => {
                let names: Vec<&str> = lacks.iter().map(PoolName::as_str).collect();
                let (serve, names) = (if self.instances == 0 { String::new() } else { serve + ", " }, names.join(", "));
                (format!("{serve}nothing of {names}"), Tone::Bad)
            }
        }
    }
}

/// Whether a pool's zones have more unequal shares than its topology lets them have.
pub fn is_uneven(pool: &PoolState) -> bool {
    let in_zone = |zone: &ZoneName| {
        let there = pool.instances.iter().filter(|it| it.zone == *zone);
        there.filter(|it| !matches!(it.phase, InstancePhase::Draining | InstancePhase::Lost)).count()
    };
    let counts: Vec<usize> = pool.spec.zones.iter().map(in_zone).collect();
    let (most, least) = (counts.iter().max().unwrap_or(&0), counts.iter().min().unwrap_or(&0));
    most - least > pool.spec.max_skew as usize
}

fn known<T>(tier: Known<T>) -> Result<Option<T>, Stop> {
    match tier {
        Known::Known(reading) => Ok(Some(reading.state)),
        Known::Unknown(error) => Err(Stop::Failed(said(&error))),
        Known::NotManaged => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ha_core::{
        Balancer, Pool, Topology,
        backend::state::Phase,
        name::InstanceId,
        plan,
        plan::{Action, BalancerStep, PoolStep},
        time::Timestamp,
    };
    use std::time::Duration;

    /// A pool of six over three zones behind a balancer, with this many healthy instances in each zone.
    fn seen(healthy: [usize; 3]) -> Seen {
        let pool = Pool::new("web").release("1").size(6..=7).capacity(6).ready("/healthz", Duration::from_secs(90));
        let site = Topology::new("shop").zones(["a", "b", "c"]).with(pool).with(Balancer::http("front").to("web"));
        let site = site.validate().expect("it is sound");
        let plan = plan(&site, &Observed::nothing(Timestamp::ZERO));
        let mut seen = Seen { network: None, pools: Vec::new(), balancers: Vec::new(), records: Vec::new() };
        let at = Timestamp::ZERO;
        for step in plan.waves.into_iter().flatten() {
            match step.action {
                Action::Pool(PoolStep::Ensure(spec)) => seen.pools.push(PoolState {
                    spec,
                    phase: Phase::Active,
                    desired: 6,
                    instances: Vec::new(),
                    losses: Vec::new(),
                    refused: Vec::new(),
                    strays: Vec::new(),
                }),
                Action::Balancer(BalancerStep::Ensure(spec)) => seen.balancers.push(BalancerState {
                    spec,
                    phase: Phase::Active,
                    since: at,
                    targets: Vec::new(),
                    readings: Vec::new(),
                    unread: None,
                }),
                Action::Network(_) | Action::Pool(_) | Action::Balancer(_) | Action::Dns(_) => {}
            }
        }
        for (zone, count) in ["a", "b", "c"].into_iter().zip(healthy) {
            (0..count).for_each(|number| add(&mut seen, zone, number));
        }
        seen
    }

    fn add(seen: &mut Seen, zone: &str, number: usize) {
        let (pool, at) = (&mut seen.pools[0], Timestamp::ZERO);
        let id = InstanceId::from(format!("web-{zone}-{number}"));
        let (zone, release) = (zone.into(), pool.spec.release.clone());
        let phase = InstancePhase::Ready;
        pool.instances.push(InstanceState { id: id.clone(), zone, release, phase, since: at, launched: at });
        let (pool, health) = (pool.spec.name.clone(), TargetHealth::Healthy);
        seen.balancers[0].targets.push(TargetState { pool, instance: id, health, since: at });
    }

    fn stand(seen: &Seen, zone: &str) -> (String, Tone) {
        seen.stand(&zone.into()).said()
    }

    #[test]
    fn a_zone_is_well_when_all_that_is_there_serves() {
        let seen = seen([2, 2, 2]);
        assert_eq!(stand(&seen, "a"), ("2 of 2 serve".into(), Tone::Good));
        assert!(!is_uneven(&seen.pools[0]));
    }

    #[test]
    fn a_zone_without_an_instance_of_a_pool_that_should_have_one_says_so() {
        let seen = seen([6, 0, 0]);
        assert_eq!(stand(&seen, "b"), ("nothing of web".into(), Tone::Bad));
        assert!(is_uneven(&seen.pools[0]));
    }

    #[test]
    fn a_zone_may_be_empty_where_the_pool_is_small_or_allows_the_skew() {
        let mut small = seen([1, 1, 0]);
        small.pools[0].desired = 2;
        assert_eq!(stand(&small, "c"), ("empty".into(), Tone::Good));
        let mut skewed = seen([3, 3, 0]);
        assert_eq!(stand(&skewed, "c"), ("nothing of web".into(), Tone::Bad));
        skewed.pools[0].spec.max_skew = 3;
        assert_eq!(stand(&skewed, "c"), ("empty".into(), Tone::Good));
    }

    #[test]
    fn who_is_ready_and_unfit_for_its_balancer_or_unknown_to_it_serves_nobody() {
        let mut seen = seen([2, 2, 2]);
        seen.balancers[0].targets[0].health = TargetHealth::Unhealthy;
        assert_eq!(stand(&seen, "a"), ("1 of 2 serve".into(), Tone::Moving));
        seen.balancers[0].targets.remove(1);
        assert_eq!(stand(&seen, "a"), ("0 of 2 serve".into(), Tone::Bad));
    }

    #[test]
    fn a_zone_that_is_closed_says_what_is_left_there() {
        let mut seen = seen([2, 2, 2]);
        seen.pools[0].spec.zones.retain(|zone| zone.as_str() != "c");
        assert_eq!(stand(&seen, "c"), ("closed, 2 of 2 serve".into(), Tone::Moving));
        seen.pools[0].instances.truncate(4);
        assert_eq!(stand(&seen, "c"), ("closed".into(), Tone::Good));
        assert!(!is_uneven(&seen.pools[0]));
    }

    #[test]
    fn a_target_whose_instance_is_gone_is_none() {
        let mut seen = seen([2, 2, 2]);
        seen.pools[0].instances.pop();
        assert_eq!(seen.healthy(&seen.balancers[0]), (5, 5));
    }
}
