//! A backend of one's own: a third party's `Dns` and `Store` in memory, brought to the conformance suite by its own lab.
//!
//! Run it with `cargo run --example own_backend`: a line for each case, and exit code 1 if one failed.

use async_trait::async_trait;
use ha_core::{
    backend::{
        Backend, Clock, Dns, Error, Expect, Kind, Operation, Resource, Rest, Result, Scope, Store, Version, Versioned,
        spec::RecordSet,
        state::{Phase, Reading, RecordState},
    },
    conformance::{Lab, Object, Patience, Verdict, cases, run_case},
    keeper,
    name::{DnsName, StoreKey},
    time::Timestamp,
    topology::{Endpoint, RecordKind},
    validate::Problem,
};
use std::{
    collections::BTreeMap,
    future::Future,
    pin::pin,
    process::ExitCode,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll, Wake, Waker},
    thread,
    time::Duration,
};

/// How long the provider's checks take to find an endpoint dead, or alive again.
const DETECTION: Duration = Duration::from_secs(20);

/// All that there is. A real backend has an API behind it; this one has a lock.
#[derive(Default)]
struct World(Mutex<State>);

#[derive(Default)]
struct State {
    now: Timestamp,
    /// Whose a record is (`None`: made by hand), what it is, and since when.
    records: BTreeMap<DnsName, (Option<Scope>, RecordSet, Timestamp)>,
    objects: BTreeMap<(Scope, StoreKey), Versioned>,
    /// Whether each endpoint is dead, and since when it is as it is.
    dead: [(bool, Timestamp); 2],
    /// What each user's resolver remembers, and until when.
    caches: BTreeMap<(DnsName, u32), (Vec<Endpoint>, Timestamp)>,
    writes: u64,
    questions: usize,
}

fn endpoints() -> [Endpoint; 2] {
    ["north", "south"].map(|name| Endpoint::Balancer(name.into()))
}

impl World {
    fn state(&self) -> MutexGuard<'_, State> {
        // The lock is never held across anything that panics, and a poisoned world has nothing worth saving.
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl State {
    /// Whether the provider's checks take it for alive.
    fn alive(&self, endpoint: &Endpoint) -> bool {
        let known = endpoints().iter().position(|other| other == endpoint).map(|index| self.dead[index]);
        known.is_some_and(|(dead, since)| dead == (self.now.since(since) < DETECTION))
    }

    /// One answer to one question, by weight; empty where the name has none.
    fn answer(&mut self, name: &DnsName) -> (Vec<Endpoint>, Duration) {
        let Some((_, set, _)) = self.records.get(name) else { return (Vec::new(), Duration::ZERO) };
        let all = set.kind.endpoints();
        let alive: Vec<bool> = all.iter().map(|endpoint| self.alive(endpoint)).collect();
        // The same decision that the simulator and a supervisor of one's own take.
        let given = keeper::dns::answers(&set.kind, &alive);
        let weight = |index: usize| match &set.kind {
            RecordKind::Weighted { answers } => answers[index].weight as usize,
            RecordKind::Alias { .. } | RecordKind::Failover { .. } | RecordKind::RoundRobin { .. } => 1,
        };
        self.questions += 1;
        let total: usize = given.iter().map(|index| weight(*index)).sum();
        // A prime step through the weights spreads the answers evenly without drawing lots.
        let mut left = (self.questions * 7919) % total.max(1);
        let chosen = given.into_iter().find(|index| {
            let taken = left < weight(*index);
            left = left.saturating_sub(weight(*index));
            taken
        });
        (chosen.map(|index| all[index].clone()).into_iter().collect(), set.ttl)
    }

    fn version(&mut self) -> Version {
        self.writes += 1;
        Version(self.writes.to_string())
    }
}

/// A clock that stands still but for those who wait on it.
#[async_trait]
impl Clock for World {
    fn now(&self) -> Timestamp {
        self.state().now
    }
    fn elapsed(&self) -> Duration {
        self.state().now.since(Timestamp::ZERO)
    }
    async fn sleep(&self, duration: Duration) {
        let mut state = self.state();
        state.now = state.now + duration;
    }
    async fn rest(&self, rest: Rest) {
        self.sleep(rest.longest(self.now())).await;
    }
}

#[async_trait]
impl Dns for World {
    fn check(&self, set: &RecordSet, _: u32) -> Vec<Problem> {
        match set.kind {
            RecordKind::RoundRobin { .. } => {
                vec![Problem::new(format!("dns.{}", set.name), "there are no pools here", "name an endpoint")]
            }
            RecordKind::Alias { .. } | RecordKind::Weighted { .. } | RecordKind::Failover { .. } => Vec::new(),
        }
    }
    async fn observe(&self, scope: &Scope) -> Result<Reading<Vec<RecordState>>> {
        let state = self.state();
        let mine = state.records.values().filter(|(owner, ..)| owner.as_ref() == Some(scope));
        let states = mine.map(|(_, set, since)| {
            let all = set.kind.endpoints().into_iter();
            let answers = all.map(|to| (to.clone(), state.alive(&to))).collect();
            RecordState { set: set.clone(), phase: Phase::Active, since: *since, answers }
        });
        Ok(Reading { state: states.collect(), at: state.now })
    }
    async fn ensure(&self, scope: &Scope, set: &RecordSet) -> Result<()> {
        let refused = |kind| Err(Error::new(kind, Operation("dns.ensure"), Resource::Record(set.name.clone())));
        let mut state = self.state();
        if let Some(absent) = set.kind.endpoints().into_iter().find(|to| !endpoints().contains(to)) {
            return refused(Kind::NotReady(format!("there is no {absent:?}")));
        }
        let now = state.now;
        match state.records.get(&set.name) {
            Some((Some(owner), old, _)) if owner == scope && old == set => return Ok(()),
            Some((Some(owner), ..)) if owner != scope => return refused(Kind::Conflict(format!("made by {owner}"))),
            Some((None, ..)) => return refused(Kind::Conflict("made by hand".into())),
            Some(_) | None => state.records.insert(set.name.clone(), (Some(scope.clone()), set.clone(), now)),
        };
        Ok(())
    }
    async fn remove(&self, scope: &Scope, name: &DnsName) -> Result<()> {
        self.state().records.retain(|other, (owner, ..)| other != name || owner.as_ref() != Some(scope));
        Ok(())
    }
}

fn overtaken(verb: &'static str, key: &StoreKey, found: Option<&Versioned>) -> Error {
    let found = found.map_or("nothing".into(), |found| format!("version {}", found.version.0));
    Error::new(Kind::Conflict(format!("found {found}")), Operation(verb), Resource::Object(key.clone()))
}

#[async_trait]
impl Store for World {
    async fn get(&self, scope: &Scope, key: &StoreKey) -> Result<Option<Versioned>> {
        Ok(self.state().objects.get(&(scope.clone(), key.clone())).cloned())
    }
    async fn put(&self, scope: &Scope, key: &StoreKey, value: &[u8], expect: &Expect) -> Result<Version> {
        let mut state = self.state();
        let found = state.objects.get(&(scope.clone(), key.clone()));
        let holds = match expect {
            Expect::Absent => found.is_none(),
            Expect::Version(version) => found.is_some_and(|found| found.version == *version),
        };
        if !holds {
            return Err(overtaken("store.put", key, found));
        }
        let version = state.version();
        let object = Versioned { value: value.to_vec(), version: version.clone() };
        state.objects.insert((scope.clone(), key.clone()), object);
        Ok(version)
    }
    async fn delete(&self, scope: &Scope, key: &StoreKey, version: &Version) -> Result<()> {
        let mut state = self.state();
        let place = (scope.clone(), key.clone());
        match state.objects.get(&place) {
            Some(found) if found.version != *version => Err(overtaken("store.delete", key, Some(found))),
            Some(_) | None => {
                state.objects.remove(&place);
                Ok(())
            }
        }
    }
    async fn list(&self, scope: &Scope, prefix: &str) -> Result<Vec<StoreKey>> {
        let state = self.state();
        let keys = state.objects.keys().filter(|(owner, key)| owner == scope && key.as_str().starts_with(prefix));
        Ok(keys.map(|(_, key)| key.clone()).collect())
    }
}

/// What brings the backend to the suite: it makes worlds, and strikes and asks in them.
#[derive(Default)]
struct OwnLab(Mutex<Arc<World>>);

impl OwnLab {
    fn world(&self) -> Arc<World> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }
}

#[async_trait]
impl Lab for OwnLab {
    async fn empty(&self) -> Backend {
        *self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Arc::default();
        // Alive since long ago: nothing is left to be detected.
        self.world().state().now = Timestamp::from_secs(3600);
        self.another_eye().await
    }
    async fn another_eye(&self) -> Backend {
        let world = self.world();
        Backend::new(world.clone()).with_dns(world.clone()).with_store(world)
    }
    fn scopes(&self) -> [Scope; 2] {
        ["1", "2"].map(|id| Scope { name: "shop".into(), id: id.into() })
    }
    fn patience(&self) -> Patience {
        Patience { poll: DETECTION / 2, calm: DETECTION * 3 / 2, limit: DETECTION * 180 }
    }
    fn not_shown(&self) -> &[(&str, &str)] {
        &[]
    }
    fn endpoints(&self) -> Option<[Endpoint; 2]> {
        Some(endpoints())
    }
    async fn set_endpoint(&self, index: usize, alive: bool) -> std::result::Result<(), String> {
        let world = self.world();
        let mut state = world.state();
        state.dead[index] = (!alive, state.now);
        Ok(())
    }
    async fn resolve(&self, name: &DnsName, user: u32) -> Vec<Endpoint> {
        let world = self.world();
        let mut state = world.state();
        if let Some((answer, _)) = state.caches.get(&(name.clone(), user)).filter(|(_, until)| *until > state.now) {
            return answer.clone();
        }
        let (answer, ttl) = state.answer(name);
        let until = state.now + ttl;
        state.caches.insert((name.clone(), user), (answer.clone(), until));
        answer
    }
    async fn everything(&self) -> Vec<Object> {
        let world = self.world();
        let state = world.state();
        let records = state.records.iter().map(|(name, (scope, ..))| (scope.clone(), Resource::Record(name.clone())));
        let objects = state.objects.keys().map(|(scope, key)| (Some(scope.clone()), Resource::Object(key.clone())));
        records.chain(objects).map(|(scope, what)| Object { scope, what }).collect()
    }
    async fn plant(&self, _: &Scope, what: &Resource) -> std::result::Result<(), String> {
        let Resource::Record(name) = what else { return Err(format!("there can be no {what}")) };
        let [north, _] = endpoints();
        let set = RecordSet { name: name.clone(), kind: RecordKind::Alias { to: north }, ttl: DETECTION };
        self.world().state().records.insert(name.clone(), (None, set, Timestamp::ZERO));
        Ok(())
    }
}

/// Wakes the thread that runs the future.
struct Unpark(thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// The smallest executor: polls, and sleeps until woken.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}

fn main() -> ExitCode {
    let lab = OwnLab::default();
    let mut failed = 0;
    for case in cases() {
        let verdict = block_on(run_case(case, &lab));
        println!("{case}: {verdict}");
        failed += usize::from(matches!(verdict, Verdict::Failed(_)));
    }
    println!("{failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
