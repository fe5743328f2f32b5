//! The world: everything that is true in a simulation, as plain data.

use super::{
    cloud::{Cloud, Env},
    engine::{
        call::{CallId, Effect},
        draw::{Seed, join},
        limits::Limits,
        queue::{Event, Queue, Ties},
        sending::Calls,
        task::{ClockError, TaskKind, Tasks},
        trace::{Lane, Record, Trace, Weight},
        wait::WaitKey,
    },
    faults::Faults,
    measure::Capacity,
    plane::{Address, Ctx, Notice, Plane, RecordView},
    profile::Profile,
    watch::Watch,
};
use ha_core::{
    name::{BalancerName, DnsName},
    time::Timestamp,
    topology::ValidTopology,
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// What the world wants of the executor after an event.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Attention {
    /// These waits are over.
    pub woken: Vec<WaitKey>,
    /// These tasks start.
    pub started: Vec<u32>,
    /// These tasks are no more.
    pub ended: Vec<u32>,
    /// Tasks that were stopped go on.
    pub resumed: bool,
    /// The run is over.
    pub stop: bool,
}

impl Attention {
    /// Whether anything is wanted.
    pub fn wanted(&self) -> bool {
        self.stop || self.resumed || !(self.woken.is_empty() && self.started.is_empty() && self.ended.is_empty())
    }
}

/// What is counted of our loop's calls.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct CallCounts {
    /// Accepted or not: calls of our loop that state a wish, the lease's not counted, since the first arrival.
    pub mutating: u64,
    /// Every call of our loop, if it is to be recorded.
    pub recorded: Option<Vec<(CallId, Effect)>>,
    /// How often each outcome other than normal happened, by name.
    pub outcomes: BTreeMap<&'static str, u64>,
    /// What really changed at the provider, if that is to be counted.
    pub changes: Option<super::tally::Tally>,
}

/// Everything that is true.
#[derive(Clone, Debug, PartialEq)]
pub struct World {
    /// Now.
    pub now: Timestamp,
    /// When the first user comes: the run's zero.
    pub origin: Timestamp,
    /// The source of chance.
    pub seed: Seed,
    /// What happens next.
    pub queue: Queue,
    /// Users, balancers, servers.
    pub plane: Plane,
    /// The provider's services.
    pub cloud: Cloud,
    /// Faults, and which are at work.
    pub faults: Faults,
    /// What happened.
    pub trace: Trace,
    /// How the provider behaves.
    pub profile: Arc<Profile>,
    /// The calls on their way.
    pub calls: Calls,
    /// What is left of the provider's limits on calls.
    pub limits: Limits,
    /// What is counted of our loop's calls.
    pub counts: CallCounts,
    /// Who runs.
    pub tasks: Tasks,
    /// What the owner wants now.
    pub wanted: ValidTopology,
    /// What is wanted of the executor.
    pub attention: Attention,
    /// Timers that somebody waits for, and whether they rang.
    pub timers: BTreeMap<u64, bool>,
    /// Whether turns and checks run that cannot change anything.
    pub run_everything: bool,
    /// Whether nobody runs our loop after the start.
    pub without_loop: bool,
    /// Invariants, and what was found.
    pub watch: Watch,
    /// How many instances were ready, over time.
    pub capacity: Capacity,
    /// The version of the cloud up to which resting tasks know of changes, and when it changed.
    seen: (u64, Timestamp),
    /// The record of the last step that our loop asked for on a resource: it leads to what the provider does there.
    pub causes: BTreeMap<String, usize>,
    /// The record of what somebody asked for last of a resource: it leads to the steps of our loop.
    pub wishes: BTreeMap<String, usize>,
    notices: Vec<Notice>,
}

impl World {
    /// A world in which nothing is.
    pub fn new(site: &ValidTopology, seed: Seed, ties: Ties, parts: Parts) -> Self {
        Self {
            now: Timestamp::ZERO,
            origin: parts.origin,
            seed,
            queue: Queue::new(seed, ties),
            plane: parts.plane,
            cloud: parts.cloud,
            faults: parts.faults,
            trace: parts.trace,
            profile: parts.profile,
            calls: Calls::default(),
            limits: Limits::default(),
            counts: CallCounts::default(),
            tasks: Tasks::default(),
            wanted: site.clone(),
            attention: Attention::default(),
            timers: BTreeMap::new(),
            run_everything: false,
            without_loop: false,
            watch: Watch::default(),
            capacity: Capacity::default(),
            seen: (0, Timestamp::ZERO),
            causes: BTreeMap::new(),
            wishes: BTreeMap::new(),
            notices: Vec::new(),
        }
    }
    /// Something happens now.
    pub fn handle(&mut self, event: Event) {
        match event {
            Event::Plane(event) => {
                let (plane, mut ctx) = self.split();
                plane.handle(&mut ctx, event);
                if self.notices.is_empty() {
                    return;
                }
            }
            Event::Cloud(event) => self.with_cloud(None, |cloud, env| cloud.handle(env, event)),
            Event::Call(call, stage) => self.call_stage(call, stage),
            Event::Timer(timer) => self.ring(timer),
            Event::Fault(fault, stage) => self.fault_stage(fault, stage),
            // One that was ended before it began never begins.
            Event::Start(task) => {
                if self.tasks.get(task).is_some_and(|record| !record.dead) {
                    self.attention.started.push(task);
                }
            }
        }
        self.settle();
    }
    /// The plane and what it needs of the rest of the world.
    pub fn split(&mut self) -> (&mut Plane, Ctx<'_>) {
        let ctx = Ctx { now: self.now, queue: &mut self.queue, seed: self.seed, notices: &mut self.notices };
        (&mut self.plane, ctx)
    }
    /// Lets the cloud do something with the rest of the world at hand.
    pub fn with_cloud<T>(&mut self, cause: Option<usize>, act: impl FnOnce(&mut Cloud, &mut Env<'_>) -> T) -> T {
        let mut env = Env {
            now: self.now,
            seed: self.seed,
            queue: &mut self.queue,
            plane: &mut self.plane,
            faults: &self.faults,
            trace: &mut self.trace,
            profile: &self.profile,
            notices: &mut self.notices,
            cause,
            run_everything: self.run_everything,
        };
        act(&mut self.cloud, &mut env)
    }
    /// After an event: notices are heard, new pools get keepers, resting tasks learn of changes.
    pub(crate) fn settle(&mut self) {
        while !self.notices.is_empty() {
            for notice in std::mem::take(&mut self.notices) {
                self.with_cloud(None, |cloud, env| cloud.notice(env, notice));
            }
        }
        if self.cloud.version() == self.seen.0 {
            return;
        }
        self.seen = (self.cloud.version(), self.now);
        self.capacity.note(self.now, self.cloud.ready_instances());
        self.watch_state();
        self.tally();
        self.start_keepers();
        self.wake_resting();
    }
    /// When something last changed that a turn could see.
    pub fn changed_at(&self) -> Timestamp {
        self.seen.1
    }
    /// Something changed that a turn could see: whoever rests looks again at its next turn.
    pub fn interest(&mut self) {
        self.seen.1 = self.now;
        self.wake_resting();
    }
    fn start_keepers(&mut self) {
        for (scope, pool) in self.cloud.keepers() {
            let kept = |kind: &TaskKind| matches!(kind, TaskKind::Keeper(s, p) if *s == scope && *p == pool);
            if !self.tasks.living().any(|(_, task)| kept(&task.kind)) {
                self.start(TaskKind::Keeper(scope, pool), self.now, ClockError::default());
            }
        }
    }
    /// Starts a task at an instant; answers its number.
    pub fn start(&mut self, kind: TaskKind, at: Timestamp, clock: ClockError) -> u32 {
        let task = self.tasks.add(kind, at, clock);
        self.queue.push(at, Event::Start(task));
        task
    }
    /// The tasks of a world at rest start anew, but for one: they remember nothing.
    pub(crate) fn restart_tasks(&mut self, but: Option<u32>) {
        let living: Vec<_> = self.tasks.living().map(|(task, record)| (task, record.clock)).collect();
        self.timers.clear();
        for (task, clock) in living.into_iter().filter(|(task, _)| Some(*task) != but) {
            match self.tasks.end(task) {
                Some(TaskKind::Own(_)) | None => {}
                Some(kind) => {
                    self.start(kind, self.now, clock);
                }
            }
        }
    }
    /// The run's time begins: from here on it is counted.
    pub(crate) fn begin_counting(&mut self) {
        self.capacity.begin(self.now, self.plane.config().bucket, self.cloud.ready_instances());
        self.counts.mutating = 0;
    }
    /// The record of the trace that led to the steps on a resource: the last one about it.
    pub fn cause_of(&self, resource: &str) -> Option<usize> {
        self.causes.get(resource).copied()
    }
    /// A task's code has run to its end.
    pub(crate) fn task_ended(&mut self, task: u32) {
        self.tasks.end(task);
    }
    /// A task dies in the middle of what it does; a fresh one starts a second later.
    pub fn crash(&mut self, task: u32) {
        let clock = self.tasks.get(task).map(|record| record.clock).unwrap_or_default();
        if let Some(kind) = self.tasks.end(task) {
            self.attention.ended.push(task);
            self.start(kind, self.now + Duration::from_secs(1), clock);
        }
    }
    /// A task dies and does not come back by itself; answers what it did.
    pub fn stop(&mut self, task: u32) -> Option<TaskKind> {
        let kind = self.tasks.end(task)?;
        self.attention.ended.push(task);
        Some(kind)
    }
    /// A name under which users know a balancer that no record names: every endpoint, for good.
    pub(crate) fn name_of_balancer(&mut self, balancer: &BalancerName) -> DnsName {
        let name = DnsName::from(format!("{balancer}.balancer"));
        let zones = u8::try_from(self.wanted.topology().zones.len()).unwrap_or(u8::MAX);
        let answers = (0..zones).map(|zone| Address::Balancer(balancer.clone(), zone)).collect();
        let ttl = Duration::from_secs(3600);
        let record = RecordView { answers, weights: Vec::new(), ttl, timeouts: 0, stale: None };
        let (plane, mut ctx) = self.split();
        plane.set_record(&mut ctx, &name, Some(record));
        name
    }
    /// The hash of everything that happened, what users saw included.
    pub fn trace_hash(&self) -> u64 {
        let users = &self.plane.ledger().users;
        let seen = users.failed.iter().chain([&users.offered, &users.served, &users.attempts]);
        seen.fold(join(self.trace.hash(), self.plane.latency().mean_ms.to_bits()), |hash, count| join(hash, *count))
    }
    /// Adds a record to the trace.
    pub fn tell(&mut self, lane: Lane, weight: Weight, what: String, cause: Option<usize>) -> usize {
        self.trace.add(Record { at: self.now, lane, weight, what, cause, one: None, felt: false })
    }
}

/// What a world is put together from.
pub struct Parts {
    /// When the first user comes.
    pub origin: Timestamp,
    /// Users, balancers, servers.
    pub plane: Plane,
    /// The provider's services.
    pub cloud: Cloud,
    /// Faults.
    pub faults: Faults,
    /// An empty trace.
    pub trace: Trace,
    /// How the provider behaves.
    pub profile: Arc<Profile>,
}
