//! What queueing theory says of a site without faults, and what the simulator says.

use ha_core::{
    topology::{Algorithm, Balancer, Dns, Exposure, Network, Pool, Topology, ValidTopology},
    validate::Problems,
};
use ha_local::sim::{
    Distribution, Profile, Sim, Traffic, Workload,
    workload::{Service, Users},
};
use std::time::Duration;

/// A site whose formula is known: times in mean service times.
#[derive(Clone, Debug)]
pub struct Case {
    /// What it is called in the books.
    pub name: &'static str,
    instances: u32,
    zones: usize,
    places: u32,
    service: Distribution,
    /// The load of each server, from 0 to 1.
    load: f64,
    even: bool,
    direct: bool,
    /// The mean response time.
    pub mean: f64,
    /// All but one in a hundred take less; `None`: no formula.
    pub p99: Option<f64>,
}

/// What was found over so many seeds, with standard errors.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    /// The mean response time, and its error.
    pub mean: (f64, f64),
    /// Its 99th percentile, and its error.
    pub p99: (f64, f64),
}

/// The mean service time of every case.
const MEAN: Duration = Duration::from_millis(80);

impl Case {
    fn of(name: &'static str, instances: u32, load: f64) -> Self {
        let service = Distribution::Exponential { mean: MEAN };
        let (zones, places, even, direct) = (1, 1, false, false);
        Self { name, instances, zones, places, service, load, even, direct, mean: 0.0, p99: None }
    }
    /// A response time that is exponential with this mean.
    fn exponential(self, mean: f64) -> Self {
        Self { mean, p99: Some(mean * f64::ln(100.0)), ..self }
    }
    /// The site that is run.
    pub fn site(&self) -> Result<ValidTopology, Problems> {
        let most = self.instances + 1;
        let web =
            Pool::new("web").release("1").size(self.instances..=most).capacity(self.instances).ready("/", MEAN * 1000);
        let zones = &["a", "b", "c", "d"][..self.zones];
        let site = Topology::new("theory").zones(zones.iter().copied()).with(web);
        let site = if self.direct {
            let network = Network { instances: Exposure::Public, ..Network::default() };
            site.network(network).with(Dns::round_robin("shop.example", "web"))
        } else {
            let front = Balancer::http("front").to("web").algorithm(Algorithm::RoundRobin);
            site.with(front).with(Dns::apex("shop.example").to("front"))
        };
        site.validate()
    }
    /// How many come a second.
    pub fn rate(&self) -> f64 {
        self.load * f64::from(self.places * self.instances) / self.service.mean().as_secs_f64()
    }
    /// The run with this seed and about so many arrivals.
    pub fn sim(&self, seed: u64, arrivals: f64) -> Result<Sim, Problems> {
        let service = Service { time: self.service, concurrency: self.places, queue: u32::MAX };
        let pools = [("web".into(), service)].into();
        let traffic = if self.even { Traffic::constant(self.rate()) } else { Traffic::poisson(self.rate()) };
        let length = Duration::from_secs((arrivals / self.rate()).ceil() as u64);
        let sim = Sim::new(&self.site()?, seed).profile(Profile::ideal());
        Ok(sim.workload(Workload { pools, users: Users::ideal() }).traffic(traffic).length(length))
    }
    /// What the simulator says, over so many seeds with so many arrivals each.
    pub fn found(&self, seeds: u64, arrivals: f64) -> Result<Found, Problems> {
        let (mut means, mut tails) = (Vec::new(), Vec::new());
        let unit = self.service.mean().as_secs_f64() * 1000.0;
        for seed in 1..=seeds {
            let run = self.sim(seed, arrivals)?.try_run()?;
            assert_eq!(run.intents.served, run.intents.offered, "{}: everybody is served", self.name);
            means.push(run.latency_ms.mean / unit);
            tails.push(run.latency_ms.p99 / unit);
        }
        Ok(Found { mean: mean_and_error(&means), p99: mean_and_error(&tails) })
    }
}

impl Found {
    /// How many standard errors the mean, and the percentile, are from the formula's.
    pub fn off(&self, case: &Case) -> (f64, Option<f64>) {
        // Sites without chance have no error; a thousandth is what the histogram keeps.
        let off = |(found, error): (f64, f64), right: f64| (found - right) / error.max(0.0003 * right);
        (off(self.mean, case.mean), case.p99.map(|right| off(self.p99, right)))
    }
}

fn mean_and_error(numbers: &[f64]) -> (f64, f64) {
    let count = numbers.len() as f64;
    let mean = numbers.iter().sum::<f64>() / count;
    let squares = numbers.iter().map(|number| (number - mean) * (number - mean)).sum::<f64>();
    (mean, (squares / (count - 1.0) / count).sqrt())
}

/// The probability of waiting in an M/M/c at this load of each server (Erlang's second formula).
fn erlang_c(c: u32, load: f64) -> f64 {
    let offered = load * f64::from(c);
    let blocked = (1..=c).fold(1.0, |blocked, k| offered * blocked / (f64::from(k) + offered * blocked));
    blocked / (1.0 - load * (1.0 - blocked))
}

/// The root of `s = L(s)`, with which the waiting times of a GI/M/1 are made; `L` belongs to the arrivals.
fn root(transform: impl Fn(f64) -> f64) -> f64 {
    (0..10_000).fold(0.5, |root, _| transform(root))
}

/// The instant after which a response takes longer with probability 0.01 in an M/M/c.
fn p99_of_many_places(c: u32, load: f64) -> f64 {
    let (waits, leaves) = (erlang_c(c, load), f64::from(c) * (1.0 - load));
    let longer = |t: f64| {
        let both = (leaves * f64::exp(-t) - f64::exp(-leaves * t)) / (leaves - 1.0);
        (1.0 - waits) * f64::exp(-t) + waits * both
    };
    let (mut low, mut high) = (0.0, 1000.0);
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if longer(middle) > 0.01 { low = middle } else { high = middle }
    }
    low
}

/// Every case.
pub fn cases() -> Vec<Case> {
    let one = |name, load: f64| Case::of(name, 1, load).exponential(1.0 / (1.0 - load));
    let many = |name, places: u32, load: f64| Case {
        places,
        mean: 1.0 + erlang_c(places, load) / (f64::from(places) * (1.0 - load)),
        p99: Some(p99_of_many_places(places, load)),
        ..Case::of(name, 1, load)
    };
    let in_turn = |name, instances: u32, zones, load: f64| {
        let n = f64::from(instances);
        let root = root(|s| f64::powf(n * load / (n * load + 1.0 - s), n));
        Case { zones, ..Case::of(name, instances, load).exponential(1.0 / (1.0 - root)) }
    };
    // Pollaczek and Khinchine: by the mean of the square of the service time, in squares of its mean.
    let of_any = |name, service, square: f64, load: f64| Case {
        service,
        mean: 1.0 + load * square / (2.0 * (1.0 - load)),
        ..Case::of(name, 1, load)
    };
    let sigma = 0.8;
    let (short, long, share) = (MEAN / 2, MEAN * 11 / 2, 0.1);
    let even = root(|s| f64::exp(-(1.0 - s) / 0.8));
    vec![
        one("M/M/1 at 0.5", 0.5),
        one("M/M/1 at 0.8", 0.8),
        many("M/M/3 at 0.7", 3, 0.7),
        many("M/M/16 at 0.9", 16, 0.9),
        in_turn("in turn over 5 in 3 zones at 0.7", 5, 3, 0.7),
        in_turn("in turn over 32 in 4 zones at 0.8", 32, 4, 0.8),
        Case { direct: true, zones: 2, ..one("at random over 4 in 2 zones at 0.6", 0.6) }.over(4),
        of_any("M/D/1 at 0.8", Distribution::Constant { mean: MEAN }, 1.0, 0.8),
        of_any("M/G/1 lognormal at 0.7", Distribution::Lognormal { mean: MEAN, sigma }, f64::exp(sigma * sigma), 0.7),
        of_any("M/G/1 two-point at 0.7", Distribution::TwoPoint { short, long, share }, 0.9 * 0.25 + 0.1 * 30.25, 0.7),
        Case { even: true, ..Case::of("D/M/1 at 0.8", 1, 0.8).exponential(1.0 / (1.0 - even)) },
    ]
}

impl Case {
    /// The same for each of so many.
    fn over(self, instances: u32) -> Self {
        Self { instances, ..self }
    }
}
