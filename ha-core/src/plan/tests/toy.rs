//! A cloud of a few lines for the planner's tests: it does what it is asked, at once, and its pools keep their number.

use crate::{
    backend::{
        spec::PoolSpec,
        state::{
            BalancerState, InstancePhase, InstanceState, Loss, LossReason, NetworkState, Phase, PoolState, Reading,
            RecordState, ReleaseReading, TargetHealth, TargetState,
        },
    },
    name::{Release, ZoneName},
    observe::{Known, Observed},
    plan::{Action, BalancerStep, DnsStep, NetworkStep, Plan, PoolStep, plan, wanted},
    time::Timestamp,
    topology::{Capacity, HoldMode, ValidTopology},
};
use std::{collections::BTreeMap, time::Duration};

/// Everything there is.
#[derive(Clone)]
pub(crate) struct Toy {
    pub at: Timestamp,
    pub network: Option<NetworkState>,
    pub pools: Vec<PoolState>,
    pub balancers: Vec<BalancerState>,
    pub records: Vec<RecordState>,
    /// The share of 5xx of each release; 0 where it is not listed.
    pub errors: BTreeMap<Release, f64>,
    /// Releases that never become ready.
    pub never_ready: Vec<Release>,
    launched: u32,
}

impl Toy {
    pub fn empty() -> Self {
        Self {
            at: Timestamp::from_secs(1000),
            network: None,
            pools: Vec::new(),
            balancers: Vec::new(),
            records: Vec::new(),
            errors: BTreeMap::new(),
            never_ready: Vec::new(),
            launched: 0,
        }
    }
    /// The site as it is wanted, at rest for an hour.
    pub fn converged(site: &ValidTopology) -> Self {
        let mut toy = Self::empty();
        for _ in 0..20 {
            toy.turn(site);
        }
        toy.tick(3600);
        assert!(plan(site, &toy.observed()).converged(), "{}", plan(site, &toy.observed()));
        toy
    }
    pub fn observed(&self) -> Observed {
        fn known<T>(state: T, at: Timestamp) -> Known<T> {
            Known::Known(Reading { state, at })
        }
        Observed {
            at: self.at,
            network: known(self.network.clone(), self.at),
            pools: known(self.pools.clone(), self.at),
            balancers: known(self.balancers.clone(), self.at),
            records: known(self.records.clone(), self.at),
        }
    }
    /// Plans, does all of it, and lets half a minute pass.
    pub fn turn(&mut self, site: &ValidTopology) -> Plan {
        let plan = plan(site, &self.observed());
        plan.steps().for_each(|step| self.carry_out(&step.action));
        self.tick(30);
        plan
    }
    pub fn carry_out(&mut self, action: &Action) {
        match action {
            Action::Network(NetworkStep::Ensure(spec)) => {
                self.network = Some(NetworkState { spec: spec.clone(), phase: Phase::Active, since: self.at });
            }
            Action::Network(NetworkStep::Remove) => self.network = None,
            Action::Pool(step) => self.pool_step(step),
            Action::Balancer(BalancerStep::Ensure(spec)) => {
                let (targets, readings) = (Vec::new(), Vec::new());
                let (spec, phase, since) = (spec.clone(), Phase::Active, self.at);
                self.balancers.retain(|balancer| balancer.spec.name != spec.name);
                self.balancers.push(BalancerState { spec, phase, since, targets, readings, unread: None });
            }
            Action::Balancer(BalancerStep::Route { balancer, routes }) => {
                let seen = self.balancers.iter_mut().find(|seen| seen.spec.name == *balancer).unwrap();
                seen.spec.routes.clone_from(routes);
            }
            Action::Balancer(BalancerStep::Remove { balancer }) => {
                self.balancers.retain(|seen| seen.spec.name != *balancer);
            }
            Action::Dns(DnsStep::Ensure(set)) => {
                let answers = set.kind.endpoints().into_iter().map(|endpoint| (endpoint, true)).collect();
                self.records.retain(|record| record.set.name != set.name);
                self.records.push(RecordState { set: set.clone(), phase: Phase::Active, since: self.at, answers });
            }
            Action::Dns(DnsStep::Remove { name }) => self.records.retain(|record| record.set.name != *name),
        }
        self.measure();
    }
    fn pool_step(&mut self, step: &PoolStep) {
        let at = self.at;
        match step {
            PoolStep::Ensure(spec) => match self.pools.iter_mut().find(|pool| pool.spec.name == spec.name) {
                Some(pool) => pool.spec = spec.clone(),
                None => self.pools.push(PoolState {
                    spec: spec.clone(),
                    phase: Phase::Active,
                    desired: desired(spec),
                    instances: Vec::new(),
                    losses: Vec::new(),
                    refused: Vec::new(),
                    strays: Vec::new(),
                }),
            },
            PoolStep::Bound { bounds, .. } => self.pools[0].spec.bounds = *bounds,
            PoolStep::Hold { instance, mode, .. } => self.phase(instance.as_str(), InstancePhase::Held(*mode)),
            PoolStep::PutBack { instance, .. } => self.phase(instance.as_str(), InstancePhase::Ready),
            PoolStep::Retire { instance, .. } => self.phase(instance.as_str(), InstancePhase::Draining),
            PoolStep::Remove { pool } => self.pools.retain(|seen| seen.spec.name != *pool),
        }
        self.at = at;
    }
    /// The instance of this name.
    pub fn instance(&mut self, id: &str) -> &mut InstanceState {
        let mut all = self.pools.iter_mut().flat_map(|pool| &mut pool.instances);
        all.find(|instance| instance.id.as_str() == id).unwrap()
    }
    pub fn phase(&mut self, id: &str, phase: InstancePhase) {
        let at = self.at;
        let instance = self.instance(id);
        (instance.phase, instance.since) = (phase, at);
        self.measure();
    }
    /// Ends an instance, as a loss.
    pub fn lose(&mut self, id: &str, why: LossReason) {
        let InstanceState { id, zone, release, .. } = self.instance(id).clone();
        let pool = &mut self.pools[0];
        pool.instances.retain(|instance| instance.id != id);
        pool.losses.push(Loss { instance: id, zone, release, at: self.at, why });
        self.measure();
    }
    pub fn tick(&mut self, seconds: u64) {
        self.at = self.at + Duration::from_secs(seconds);
        let (at, never) = (self.at, self.never_ready.clone());
        let mut number = self.launched;
        for pool in &mut self.pools {
            give_up(pool, at, &never);
            for instance in &mut pool.instances {
                let boots = instance.phase == InstancePhase::Booting && !never.contains(&instance.release);
                if boots && at.since(instance.launched) >= Duration::from_secs(30) {
                    (instance.phase, instance.since) = (InstancePhase::Ready, at);
                }
            }
            keep_the_number(pool, at, &mut number);
            spread(pool);
        }
        self.launched = number;
        self.measure();
    }
    /// Brings the balancers' targets and readings up to date.
    pub fn measure(&mut self) {
        for balancer in &mut self.balancers {
            (balancer.targets, balancer.readings) = (Vec::new(), Vec::new());
            for route in &balancer.spec.routes {
                let Some(pool) = self.pools.iter().find(|pool| pool.spec.name == route.pool) else { continue };
                let ready = || pool.instances.iter().filter(|instance| instance.phase == InstancePhase::Ready);
                for InstanceState { id, since, .. } in ready() {
                    let (pool, instance) = (route.pool.clone(), id.clone());
                    let health = TargetHealth::Healthy;
                    balancer.targets.push(TargetState { pool, instance, health, since: *since });
                }
                let mut releases: BTreeMap<Release, f64> = BTreeMap::new();
                ready().for_each(|instance| *releases.entry(instance.release.clone()).or_default() += 1.0);
                for (release, healthy) in releases {
                    let share = self.errors.get(&release).copied().unwrap_or(0.0);
                    balancer.readings.push(ReleaseReading {
                        pool: route.pool.clone(),
                        release,
                        at: self.at,
                        over: Duration::from_secs(30),
                        healthy: Some(healthy),
                        requests: Some(1000.0),
                        errors: Some(1000.0 * share),
                        latency_ms: Some(50.0),
                    });
                }
            }
        }
    }
    pub fn ready(&self) -> u32 {
        let all = self.pools.iter().flat_map(|pool| &pool.instances);
        u32::try_from(all.filter(|instance| instance.phase == InstancePhase::Ready).count()).unwrap()
    }
    /// The releases that run, each once.
    pub fn releases(&self) -> Vec<String> {
        let all = self.pools.iter().flat_map(|pool| &pool.instances);
        let mut releases: Vec<String> = all.map(|instance| instance.release.to_string()).collect();
        releases.sort();
        releases.dedup();
        releases
    }
}

fn desired(spec: &PoolSpec) -> u32 {
    let Capacity::Fixed(instances) = spec.capacity else { panic!("the toy keeps fixed pools only") };
    wanted::within(instances, spec.bounds)
}

/// What drains or is lost is gone at the next tick; what is not ready in time is given up.
fn give_up(pool: &mut PoolState, at: Timestamp, never: &[Release]) {
    let budget = pool.spec.boot.budget;
    let late = |i: &InstanceState| {
        i.phase == InstancePhase::Booting && never.contains(&i.release) && at.since(i.launched) >= budget
    };
    for instance in pool.instances.iter().filter(|instance| late(instance)) {
        let InstanceState { id, zone, release, .. } = instance.clone();
        pool.losses.push(Loss { instance: id, zone, release, at, why: LossReason::NeverReady });
    }
    pool.instances
        .retain(|instance| !late(instance) && !matches!(instance.phase, InstancePhase::Draining | InstancePhase::Lost));
}

fn keep_the_number(pool: &mut PoolState, at: Timestamp, number: &mut u32) {
    let shrunk = pool.instances.iter().filter(|i| i.phase == InstancePhase::Held(HoldMode::Shrink)).count();
    pool.desired = desired(&pool.spec);
    let wanted = (pool.desired as usize).saturating_sub(shrunk);
    let live = |pool: &PoolState| pool.instances.iter().filter(|i| !matches!(i.phase, InstancePhase::Held(_))).count();
    while live(pool) < wanted {
        let in_zone = |zone: &ZoneName| pool.instances.iter().filter(|instance| instance.zone == *zone).count();
        let zone = pool.spec.zones.iter().min_by_key(|zone| in_zone(zone)).unwrap().clone();
        *number += 1;
        pool.instances.push(InstanceState {
            id: format!("{zone}-{number}").into(),
            zone,
            release: pool.spec.release.clone(),
            phase: InstancePhase::Booting,
            since: at,
            launched: at,
        });
    }
    while live(pool) > wanted {
        let counts: BTreeMap<ZoneName, usize> = pool.instances.iter().fold(BTreeMap::new(), |mut counts, instance| {
            *counts.entry(instance.zone.clone()).or_default() += 1;
            counts
        });
        let free = pool.instances.iter().enumerate().filter(|(_, i)| !matches!(i.phase, InstancePhase::Held(_)));
        let right = |i: &InstanceState| i.release == pool.spec.release && pool.spec.zones.contains(&i.zone);
        let last = free.min_by_key(|(_, i)| (i.phase == InstancePhase::Ready, right(i), usize::MAX - counts[&i.zone]));
        let index = last.unwrap().0;
        pool.instances.remove(index);
    }
}

/// Moves instances, as if by magic, until no zone has more than the allowed skew above another.
fn spread(pool: &mut PoolState) {
    let zones = pool.spec.zones.clone();
    let live = |pool: &PoolState, zone: &ZoneName| {
        let there = |i: &&InstanceState| i.zone == *zone && !matches!(i.phase, InstancePhase::Held(_));
        pool.instances.iter().filter(there).count()
    };
    loop {
        let fullest = zones.iter().max_by_key(|zone| live(pool, zone)).unwrap();
        let emptiest = zones.iter().min_by_key(|zone| live(pool, zone)).unwrap();
        if live(pool, fullest) - live(pool, emptiest) <= pool.spec.max_skew as usize {
            return;
        }
        let there = |i: &&mut InstanceState| i.zone == *fullest && !matches!(i.phase, InstancePhase::Held(_));
        pool.instances.iter_mut().find(there).unwrap().zone = emptiest.clone();
    }
}
