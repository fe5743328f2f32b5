//! The sites and the faults at which the laws are tried.

use ha_core::{
    fault::Fault,
    topology::{Algorithm, Balancer, Dns, Endpoint, Exposure, Network, Pool, Topology, ValidTopology},
    validate::Problems,
};
use ha_examples::{
    arguments::Options,
    inputs::{DAY, Inputs},
};
use ha_local::sim::{Distribution, Profile, Sim, Traffic, Workload, workload::Service};
use std::time::Duration;

pub const MINUTE: Duration = Duration::from_secs(60);
/// How long a run of a law is.
pub const LENGTH: Duration = Duration::from_secs(2 * 3600);

/// A kind of site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Site {
    /// Three zones behind a balancer that sends to whoever has least to do.
    Balanced,
    /// Two zones behind a balancer that goes in turn, users who stay, new targets that begin slowly.
    InTurn,
    /// Two zones and no balancer: the name answers the instances.
    Direct,
    /// Two pools behind a balancer each; the name stands for the first, or for the second if that is dead.
    Standby,
    /// The site of the reference day; what befalls it there does so here, and its users come.
    ReferenceDay,
}

impl Site {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Balanced, Self::InTurn, Self::Direct, Self::Standby];

    /// Its name in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Balanced => "balanced",
            Self::InTurn => "in turn",
            Self::Direct => "direct",
            Self::Standby => "standby",
            Self::ReferenceDay => "default day",
        }
    }
    /// The wish, with so many instances in its first pool, and names that are kept so long.
    pub fn wish(self, instances: u32, ttl: Duration) -> Result<ValidTopology, Problems> {
        let pool = |name: &str, capacity: u32| {
            Pool::new(name).release("1").size(capacity..=capacity + 4).capacity(capacity).ready("/", MINUTE * 4)
        };
        let web = pool("web", instances);
        let front = Balancer::http("front").to("web");
        let site = match self {
            Self::ReferenceDay => return Ok(reference_day()?.site),
            Self::Balanced => Topology::new("site")
                .zones(["a", "b", "c"])
                .with(web)
                .with(front.algorithm(Algorithm::LeastOutstanding))
                .with(Dns::apex("shop.example").to("front").ttl(ttl)),
            Self::InTurn => Topology::new("site")
                .zones(["a", "b"])
                .with(web)
                .with(front.sticky(MINUTE * 10).slow_start(MINUTE))
                .with(Dns::apex("shop.example").to("front").ttl(ttl)),
            Self::Direct => Topology::new("site")
                .zones(["a", "b"])
                .network(Network { instances: Exposure::Public, ..Network::default() })
                .with(web)
                .with(Dns::round_robin("shop.example", "web").ttl(ttl)),
            Self::Standby => Topology::new("site")
                .zones(["a", "b", "c"])
                .with(web)
                .with(pool("sorry", 4))
                .with(front)
                .with(Balancer::http("standby").to("sorry"))
                .with(
                    Dns::failover(
                        "shop.example",
                        Endpoint::Balancer("front".into()),
                        Endpoint::Balancer("standby".into()),
                    )
                    .ttl(ttl),
                ),
        };
        site.validate()
    }
}

/// What is run: a site, its provider, and what befalls it.
#[derive(Clone, Debug)]
pub struct Case {
    pub site: Site,
    pub instances: u32,
    pub ttl: Duration,
    pub profile: Profile,
    pub faults: Vec<Fault>,
    pub without_loop: bool,
}

impl Case {
    /// Six instances on AWS to which nothing happens.
    pub fn new(site: Site) -> Self {
        let (profile, faults) = (Profile::aws(), Vec::new());
        Self { site, instances: 6, ttl: MINUTE, profile, faults, without_loop: false }
    }
    /// The same, and this happens as well.
    pub fn with(mut self, fault: &Fault) -> Self {
        self.faults.push(fault.clone());
        self
    }
    /// The run: 8.4 users a second of 15 that six instances can serve, 0.56 of it; without a fault nobody fails.
    pub fn sim(&self, seed: u64) -> Result<Sim, Problems> {
        if self.site == Site::ReferenceDay {
            return self.on_the_reference_day(seed);
        }
        let site = self.site.wish(self.instances, self.ttl)?;
        let time = Distribution::Constant { mean: Duration::from_millis(400) };
        let service = Service { time, concurrency: 1, queue: 64 };
        let pools = site.topology().pools.iter().map(|pool| (pool.name.clone(), service));
        let mut sim = Sim::new(&site, seed)
            .profile(self.profile.clone())
            .workload(Workload::of(pools))
            .traffic(Traffic::poisson(8.4).to("shop.example"))
            .length(LENGTH)
            .without_loop(self.without_loop);
        for fault in &self.faults {
            sim = sim.at(&ha_core::time::show(fault.at), fault.clone());
        }
        Ok(sim)
    }
    /// The day that `game_day` shows without an argument, from another seed.
    fn on_the_reference_day(&self, seed: u64) -> Result<Sim, Problems> {
        let day = reference_day()?;
        let sim = Sim::new(&day.site, seed).profile(day.profile).workload(day.workload).traffic(day.traffic);
        Ok(sim.scenario(&day.scenario).length(DAY).without_loop(self.without_loop))
    }
}

fn reference_day() -> Result<Inputs, Problems> {
    Inputs::read(&Options::default())
}

/// Faults that strike after half an hour and are over half an hour before the end, if they ever are: each makes things worse.
pub const FAULTS: [&str; 34] = [
    r#"{ at = "30m", lasts = "40m", where = "zone:a", fault = "zone.power" }"#,
    r#"{ at = "30m", lasts = "40m", where = "zone:a", fault = "zone.network" }"#,
    r#"{ at = "30m", lasts = "40m", where = "zone:a", fault = "zone.slow", times = 6, ramp = "10m" }"#,
    r#"{ at = "30m", where = "instances:3 of pool:web", fault = "instances.kill" }"#,
    r#"{ at = "30m", lasts = "20m", where = "instances:3 of pool:web", fault = "instances.stop" }"#,
    r#"{ at = "30m", lasts = "40m", where = "instances:2 of pool:web", fault = "instances.hang" }"#,
    r#"{ at = "30m", lasts = "40m", where = "instances:2 of pool:web", fault = "instances.errors", rate = 0.5 }"#,
    r#"{ at = "30m", lasts = "40m", where = "instances:3 of pool:web", fault = "instances.slow", times = 10 }"#,
    r#"{ at = "30m", lasts = "40m", where = "instances:2 of pool:web", fault = "instances.isolate" }"#,
    r#"{ at = "30m", lasts = "20m", where = "link:users-all", fault = "link.loss", rate = 0.4 }"#,
    r#"{ at = "30m", lasts = "20m", where = "link:users-a", fault = "link.cut" }"#,
    r#"{ at = "30m", lasts = "20m", where = "link:a-others", fault = "link.cut" }"#,
    r#"{ at = "30m", lasts = "20m", where = "link:a>b", fault = "link.delay", delay = "800ms" }"#,
    r#"{ at = "30m", lasts = "1h", where = "all", fault = "boot.slow", times = 5 }"#,
    r#"{ at = "30m", lasts = "1h", where = "all", fault = "boot.never_serves" }"#,
    r#"{ at = "30m", lasts = "1h", where = "all", fault = "capacity.none" }"#,
    r#"{ at = "30m", lasts = "1h", where = "all", fault = "capacity.scarce", rate = 0.7 }"#,
    r#"{ at = "30m", lasts = "1h", where = "service:*", fault = "api.down" }"#,
    r#"{ at = "30m", lasts = "1h", where = "service:*", fault = "api.error", rate = 0.5 }"#,
    r#"{ at = "30m", lasts = "1h", where = "service:pool", fault = "api.backlog", delay = "10m" }"#,
    r#"{ at = "30m", lasts = "30m", where = "balancer:front", fault = "balancer.down" }"#,
    r#"{ at = "30m", lasts = "30m", where = "balancer:front", fault = "balancer.error", rate = 0.3 }"#,
    r#"{ at = "30m", lasts = "40m", where = "balancer:front", fault = "balancer.flap", rate = 0.3, period = "1m" }"#,
    r#"{ at = "30m", lasts = "30m", where = "balancer:front", fault = "balancer.stale", age = "20m" }"#,
    r#"{ at = "30m", lasts = "10m", where = "record:*", fault = "dns.empty" }"#,
    r#"{ at = "30m", lasts = "30m", where = "record:*", fault = "dns.unresolvable", rate = 0.8 }"#,
    r#"{ at = "30m", lasts = "1h", where = "share:0.5 of users", fault = "dns.stale", extra = "30m" }"#,
    r#"{ at = "30m", lasts = "1h", where = "store:*", fault = "store.down" }"#,
    r#"{ at = "30m", lasts = "30m", where = "service:*", fault = "view.stale", age = "5m" }"#,
    r#"{ at = "30m", lasts = "30m", where = "share:0.3 of service:*", fault = "view.missing" }"#,
    r#"{ at = "30m", lasts = "30m", where = "metric:*", fault = "metrics.gap" }"#,
    r#"{ at = "30m", where = "controller", fault = "clock.jump", seconds = -300 }"#,
    r#"{ at = "30m", lasts = "1h", where = "controller", fault = "controller.down" }"#,
    r#"{ at = "30m", lasts = "10m", where = "controller", fault = "controller.pause" }"#,
];

/// What an operator asks for, and a release that is bad: without our loop all of it is done at once.
pub const ASKED: [&str; 8] = [
    r#"{ at = "30m", where = "pool:web", fault = "operator.release" }"#,
    r#"{ at = "0s", lasts = "forever", where = "pool:web", fault = "release.errors", rate = 0.4 }"#,
    r#"{ at = "0s", lasts = "forever", where = "pool:web", fault = "release.never_ready" }"#,
    r#"{ at = "0s", lasts = "forever", where = "pool:web", fault = "release.crashes", after = "90s" }"#,
    r#"{ at = "0s", lasts = "forever", where = "pool:web", fault = "release.slow", times = 4 }"#,
    r#"{ at = "30m", where = "zone:a", fault = "operator.evacuate" }"#,
    r#"{ at = "30m", where = "instances:2 of pool:web", fault = "operator.hold" }"#,
    r#"{ at = "30m", where = "pool:web", fault = "operator.resize", most = 8 }"#,
];
