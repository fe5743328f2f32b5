//! How a run is asked for: the site, the seed, and all that may be different from the usual.

use super::{
    LoopSetup, Profile, Simulation, Traffic, Workload,
    engine::{caller::Caller, draw::Seed, executor::Task, trace::Trace},
    faults::Faults,
    run::Run,
    world::{Parts, World},
};
use ha_core::{
    backend::Backend,
    event::Observer,
    fault::{Fault, Scenario},
    keeper::OrderObserver,
    time::{Timestamp, parse},
    topology::ValidTopology,
    validate::{Problem, Problems},
};
use std::{future::Future, sync::Arc, time::Duration};

/// The site is made, and at rest, before the first user comes: this long after the clock's zero.
pub const ORIGIN: Timestamp = Timestamp::from_secs(6 * 3600);
/// How long a run is that nothing else says the length of.
const DAY: Duration = Duration::from_secs(86_400);

type OwnTask = (String, Box<dyn Fn(Caller) -> Task + Send + Sync>);
type Progress = Box<dyn Fn(f64) + Send + Sync>;

/// A run to be: a site, a seed, and what happens to it.
///
/// ```
/// use ha_core::{Balancer, Dns, Pool, Topology, fault::Fault};
/// use ha_local::sim::{Sim, Traffic};
/// use std::time::Duration;
///
/// let site = Topology::new("shop").zones(["a", "b"])
///     .with(Pool::new("web").release("1").size(4..=6).capacity(4).ready("/healthz", Duration::from_secs(90)))
///     .with(Balancer::http("front").to("web"))
///     .with(Dns::apex("shop.example").to("front"))
///     .validate()?;
/// let run = Sim::new(&site, 42)
///     .traffic(Traffic::poisson(5.0))
///     .length(Duration::from_secs(3600))
///     .at("20m", Fault::zone_power("a"))
///     .run();
/// assert!(run.availability() > 0.99, "{run}");
/// assert_eq!(run.capacity_floor(), 2, "{run}");
/// assert!(run.time_to_recover() < Some(Duration::from_secs(300)), "{run}");
/// assert!(run.events().iter().any(|event| event.cause.as_deref() == Some("zone a loses power")), "{run}");
/// # Ok::<(), ha_core::validate::Problems>(())
/// ```
///
/// A [`Run`] is its [`Report`](super::Report) with the trace; printed, it tells the story: the dip, what led to it, the
/// first fix that would help, what happened and why, what users saw.
pub struct Sim {
    pub(super) site: ValidTopology,
    pub(super) seed: u64,
    pub(super) profile: Profile,
    pub(super) workload: Workload,
    pub(super) traffic: Option<Traffic>,
    pub(super) faults: Vec<Fault>,
    pub(super) name: String,
    pub(super) length: Option<Duration>,
    pub(super) options: Options,
    pub(super) setup: LoopSetup,
    pub(super) own: Vec<OwnTask>,
    pub(super) progress: Option<Progress>,
    problems: Vec<Problem>,
}

/// What may be switched in a run.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Options {
    pub(super) without_loop: bool,
    pub(super) run_everything: bool,
    pub(super) follow: usize,
    pub(super) keep: usize,
    pub(super) watch: bool,
    pub(super) from_nothing: bool,
}

impl Sim {
    /// A run of this site with this seed: a day on AWS, nobody comes, nothing fails.
    pub fn new(site: &ValidTopology, seed: u64) -> Self {
        Self {
            site: site.clone(),
            seed,
            profile: Profile::aws(),
            workload: Workload::default(),
            traffic: None,
            faults: Vec::new(),
            name: "run".into(),
            length: None,
            options: Options { keep: 100_000, watch: true, ..Options::default() },
            setup: LoopSetup::default(),
            own: Vec::new(),
            progress: None,
            problems: Vec::new(),
        }
    }
    /// How the provider behaves.
    pub fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }
    /// What users ask of the pools, and how they behave.
    pub fn workload(mut self, workload: Workload) -> Self {
        self.workload = workload;
        self
    }
    /// When users come.
    pub fn traffic(mut self, traffic: Traffic) -> Self {
        self.traffic = Some(traffic);
        self
    }
    /// A fault at a time of the run, as in `"19h30m"`.
    pub fn at(mut self, time: &str, fault: Fault) -> Self {
        match parse(time) {
            Ok(at) => self.faults.push(Fault { at, ..fault }),
            Err(what) => self.problems.push(Problem::new("at", what, "write it like 19h30m")),
        }
        self
    }
    /// All faults of a scenario; the run is as long as it says.
    pub fn scenario(mut self, scenario: &Scenario) -> Self {
        self.faults.extend(scenario.events.iter().cloned());
        self.name.clone_from(&scenario.id);
        self.length = self.length.or(scenario.length);
        self
    }
    /// How long users come. Without it: as long as the recorded traffic, the scenario, or a day.
    pub fn length(mut self, length: Duration) -> Self {
        self.length = Some(length);
        self
    }
    /// Our loop makes the site and then never runs again; what is asked of it is carried out at once, by one call.
    pub fn without_loop(mut self, without: bool) -> Self {
        self.options.without_loop = without;
        self
    }
    /// Also runs the checks and turns that cannot change anything. The trace is the same.
    pub fn run_everything(mut self, everything: bool) -> Self {
        self.options.run_everything = everything;
        self
    }
    /// The run begins with the making of the site: nothing exists, and time is counted from there.
    pub fn from_nothing(mut self) -> Self {
        self.options.from_nothing = true;
        self
    }
    /// Keeps the lives of so many intents, hop by hop.
    pub fn follow(mut self, intents: usize) -> Self {
        self.options.follow = intents;
        self
    }
    /// Keeps so many records of the trace, decisive ones twice as many; 100,000 without it. The report says how many were
    /// not kept.
    pub fn keep(mut self, records: usize) -> Self {
        self.options.keep = records;
        self
    }
    /// The time between two turns of our loop.
    pub fn period(mut self, period: Duration) -> Self {
        self.setup.period = period;
        self
    }
    /// How long the loop's lease lasts.
    pub fn lease(mut self, length: Duration) -> Self {
        self.setup.lease = length;
        self
    }
    /// Tells every event of our loop to an observer of one's own. It must not call the simulation.
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.setup.observers.push(observer);
        self
    }
    /// Tells every accepted order of the provider's keepers to an observer of one's own. It must not call the simulation.
    pub fn orders(mut self, observer: Arc<dyn OrderObserver>) -> Self {
        self.setup.orders = Some(observer);
        self
    }
    /// Runs code of one's own beside the loop, from the first arrival on, with the simulated ports; `backend.clock` is
    /// the simulated clock. It may wait for these only: what else it waits for never comes.
    pub fn task<F>(mut self, name: &str, code: impl Fn(Backend) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.own.push((name.into(), Box::new(move |caller| Box::pin(code(super::ports::backend(caller))))));
        self
    }
    /// Is told now and then how far the run is, from 0 to 1. It changes nothing.
    pub fn progress(mut self, tell: impl Fn(f64) + Send + Sync + 'static) -> Self {
        self.progress = Some(Box::new(tell));
        self
    }
    /// Runs it.
    ///
    /// # Panics
    /// When what is asked for does not hold together, with every problem: for tests. [`Self::try_run`] answers them.
    pub fn run(self) -> Run {
        match self.try_run() {
            Ok(run) => run,
            Err(problems) => panic!("this run cannot be:\n{problems}"),
        }
    }
    /// Runs it, or says what does not hold together.
    pub fn try_run(self) -> Result<Run, Problems> {
        super::run::run(self)
    }
    /// The simulation before its first event.
    pub fn start(&mut self) -> Result<Simulation, Problems> {
        let mut simulation = self.idle()?;
        simulation.start_controller();
        Ok(simulation)
    }
    /// The simulation before its first event, without our loop.
    pub(super) fn idle(&mut self) -> Result<Simulation, Problems> {
        let world = self.world()?;
        Ok(Simulation::new(world, self.setup.clone()))
    }
    /// How long users come.
    pub(super) fn run_length(&self) -> Duration {
        let of_traffic = || self.traffic.as_ref().and_then(Traffic::length);
        let of_faults = || self.faults.iter().map(|fault| fault.at + DAY / 24).max().unwrap_or_default().max(DAY);
        self.length.or_else(of_traffic).unwrap_or_else(of_faults)
    }
    /// When the run's time begins.
    pub(super) fn origin(&self) -> Timestamp {
        if self.options.from_nothing { Timestamp::ZERO } else { ORIGIN }
    }
    pub(super) fn world(&mut self) -> Result<World, Problems> {
        let mut problems = std::mem::take(&mut self.problems);
        problems.extend(self.workload.check(self.site.topology()));
        let faults = match Faults::new(&self.name, &self.faults, &self.site, self.origin()) {
            Ok(faults) => faults,
            Err(found) => {
                problems.extend(found.0);
                Faults::default()
            }
        };
        if !problems.is_empty() {
            return Err(Problems(problems));
        }
        let zones = self.site.topology().zones.clone();
        let parts = Parts {
            origin: self.origin(),
            plane: super::wiring::plane(&self.profile, &self.workload, zones.len(), self.bucket()),
            cloud: super::cloud::Cloud::new(zones),
            faults,
            trace: Trace::keeping(self.options.keep),
            profile: Arc::new(self.profile.clone()),
        };
        let mut world = World::new(&self.site, Seed(self.seed), super::wiring::ties(&self.profile), parts);
        world.run_everything = self.options.run_everything;
        world.without_loop = self.options.without_loop;
        world.watch.on = self.options.watch;
        world.schedule_faults();
        Ok(world)
    }
    /// Buckets of a length that a chart can show.
    pub(super) fn bucket(&self) -> Duration {
        let length = self.run_length();
        if length <= DAY * 2 { Duration::from_secs(60) } else { Duration::from_secs(300) }
    }
}

impl std::fmt::Debug for Sim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sim")
            .field("site", &self.site.topology().name)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}
