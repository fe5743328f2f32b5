//! The provider's services: networks, pools, balancers, names and the store, and the machines under them.
//!
//! One part of a wish takes effect by [`Cloud::effect`]; what the provider does by itself happens in [`Cloud::handle`].
//! Everything here knows the truth; what a caller may see of it is decided in `sight`.

mod answers;
mod asked;
mod balancer;
mod broken;
mod check;
mod dns;
mod effect;
mod endpoint;
mod event;
mod hands;
mod instance;
mod machine;
mod network;
mod objects;
mod owner;
mod pool;
mod readings;
mod sight;
mod store;
mod strike;
#[cfg(test)]
mod tests;
mod truth;
mod view;

pub use asked::Asked;
pub use broken::Broken;
pub use event::CloudEvent;
pub use owner::{Planted, Thing};
pub use sight::TRUTH;
pub use strike::Machine;

use super::{
    Distribution, Profile,
    engine::{
        draw::{Purpose, Seed},
        queue::{Event, Queue},
        task::grid,
        trace::{Lane, OneOfMany, Record, Trace, Weight},
    },
    faults::Faults,
    plane::{Ctx, LinkState, Notice, Place, Plane},
};
use ha_core::{
    backend::{Scope, state::Phase},
    name::{InstanceId, PoolName, ZoneName},
    time::Timestamp,
};
use instance::{Instance, Target};
use objects::{BalancerObject, NetworkObject, PoolObject, RecordObject};
use sight::Sight;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use store::Objects;

/// What the cloud needs of the rest of the world while it works.
pub struct Env<'a> {
    /// Now.
    pub now: Timestamp,
    /// The source of chance.
    pub seed: Seed,
    /// Where future events go.
    pub queue: &'a mut Queue,
    /// Users, balancers and servers.
    pub plane: &'a mut Plane,
    /// What strikes whom.
    pub faults: &'a Faults,
    /// Where what happens is written.
    pub trace: &'a mut Trace,
    /// How the provider behaves.
    pub profile: &'a Profile,
    /// What the plane tells the cloud; to be handed to [`Cloud::notice`] when the event is over.
    pub notices: &'a mut Vec<Notice>,
    /// The record of the trace that led to what happens now.
    pub cause: Option<usize>,
    /// Whether also that is done which cannot change anything.
    pub run_everything: bool,
}

impl Env<'_> {
    /// The plane, and what it needs to work.
    fn plane(&mut self) -> (&mut Plane, Ctx<'_>) {
        let ctx = Ctx { now: self.now, queue: self.queue, seed: self.seed, notices: self.notices };
        (self.plane, ctx)
    }
    /// An event so long after now.
    fn push(&mut self, after: Duration, event: CloudEvent) {
        self.queue.push(self.now + after, Event::Cloud(event));
    }
    /// A duration of this span, drawn for this thing.
    fn draw(&self, times: Distribution, who: u64, nth: u64) -> Duration {
        times.at(self.seed.unit(Purpose::Delay, who, nth))
    }
    /// The next instant after now of a grid with this period, whose offset is drawn for this thing.
    fn grid(&self, period: Duration, who: u64) -> Timestamp {
        grid(self.now, period, self.seed.bits(Purpose::Offset, who, 0))
    }
    /// Writes a decision or its result into the trace.
    fn tell(&mut self, what: String, cause: Option<usize>) -> usize {
        let cause = cause.or(self.cause);
        self.trace.add(Record {
            at: self.now,
            lane: Lane::Provider,
            weight: Weight::Decisive,
            what,
            cause,
            one: None,
            felt: false,
        })
    }
    /// Writes a step into the trace.
    fn note(&mut self, what: String, cause: Option<usize>) -> usize {
        let cause = cause.or(self.cause);
        self.trace.add(Record {
            at: self.now,
            lane: Lane::Provider,
            weight: Weight::Detail,
            what,
            cause,
            one: None,
            felt: false,
        })
    }
    /// Writes a decision about one instance into the trace: `instance web-a-3 is lost`.
    fn tell_of(
        &mut self,
        pools: &BTreeMap<u32, PoolObject>,
        instance: &Instance,
        fate: String,
        cause: Option<usize>,
    ) -> usize {
        let Instance { id, zone, .. } = instance;
        let pool = pools.get(&instance.pool).map_or("a pool that is gone", |pool| pool.spec.name.as_str());
        let one = OneOfMany {
            name: id.to_string(),
            of: format!("instances of {pool}"),
            place: zone.to_string(),
            fate: fate.clone(),
        };
        self.tell_one(one, format!("instance {id} is {fate}"), cause)
    }
    /// Writes what befell one of many into the trace.
    fn tell_one(&mut self, one: OneOfMany, what: String, cause: Option<usize>) -> usize {
        let (at, lane, weight, cause) = (self.now, Lane::Provider, Weight::Decisive, cause.or(self.cause));
        self.trace.add(Record { at, lane, weight, what, cause, one: Some(one), felt: false })
    }
}

/// The checker of pools that no balancer names: the pool's own agent on each instance.
const AGENT: u32 = 0;

/// The provider's services and all that exists in them.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Cloud {
    zones: Vec<ZoneName>,
    networks: BTreeMap<u32, NetworkObject>,
    pools: BTreeMap<u32, PoolObject>,
    instances: BTreeMap<u32, Instance>,
    balancers: BTreeMap<u32, BalancerObject>,
    records: BTreeMap<u32, RecordObject>,
    /// By checker and instance.
    targets: BTreeMap<(u32, u32), Target>,
    /// Which instance a server of the plane is.
    servers: BTreeMap<u32, u32>,
    /// Which instance a server of the plane is, or was.
    server_names: BTreeMap<u32, InstanceId>,
    /// How many instances were ever launched: names are never used twice, not even after the pool's removal.
    launched: BTreeMap<(String, PoolName), BTreeMap<ZoneName, u64>>,
    links: BTreeMap<(Place, Place), LinkState>,
    store: Objects,
    sight: Sight,
    version: u64,
    dirty: Dirty,
    /// Which clauses of the ports' contracts are broken on purpose.
    pub broken: Broken,
}

/// What has changed during this event and is brought to the plane when it is over.
#[derive(Clone, Debug, PartialEq, Default)]
struct Dirty {
    pools: BTreeSet<u32>,
    balancers: BTreeSet<u32>,
    records: bool,
}

impl Cloud {
    /// A provider with these zones, in which nothing exists.
    pub fn new(zones: Vec<ZoneName>) -> Self {
        Self { zones, ..Self::default() }
    }
    /// The instance that a server of the plane is, or was.
    pub fn name_of_server(&self, server: u32) -> Option<&InstanceId> {
        self.server_names.get(&server)
    }
    /// Changes whenever something that `observe` answers changes, readings excepted.
    pub fn version(&self) -> u64 {
        self.version
    }
    /// Changes whenever something that a pool's keeper sees changes.
    pub fn pool_version(&self, scope: &Scope, pool: &PoolName) -> u64 {
        self.pool_of(&scope.name, pool).map_or(0, |number| self.pools[&number].version)
    }
    /// The pools that are to be kept, in order: those that are there.
    pub fn keepers(&self) -> Vec<(Scope, PoolName)> {
        let there = self.pools.values().filter(|pool| pool.progress.phase != Phase::Pending);
        let kept = there.filter_map(|pool| Some((pool.owner.clone()?, pool.spec.name.clone())));
        let mut kept: Vec<_> = kept.collect();
        kept.sort();
        kept
    }
    /// What happens next by itself.
    pub fn handle(&mut self, env: &mut Env<'_>, event: CloudEvent) {
        self.sight.forget(env.now);
        match event {
            CloudEvent::Booted(instance, epoch) => self.booted(env, instance, epoch),
            CloudEvent::Serves(instance, epoch) => self.serves(env, instance, epoch),
            CloudEvent::Dies(instance, epoch) => self.dies(env, instance, epoch),
            CloudEvent::Missed(instance, epoch) => self.missed(env, instance, epoch),
            CloudEvent::Reached(instance) => self.refresh(env, instance),
            CloudEvent::Drained(instance, epoch) => self.drain_time_is_over(env, instance, epoch),
            CloudEvent::Check(checker, instance) => self.check(env, checker, instance),
            CloudEvent::Settle(kind, number) => self.settle(env, kind, number),
            CloudEvent::CheckRecord(record) => self.check_record(env, record),
        }
        self.flush(env);
    }
    /// What the plane says.
    pub fn notice(&mut self, env: &mut Env<'_>, notice: Notice) {
        match notice {
            Notice::ChecksMayDiffer(server) => {
                if let Some(instance) = self.servers.get(&server.0).copied() {
                    self.arm_instance(env, instance);
                }
            }
            Notice::Idle(server) => {
                if let Some(instance) = self.servers.get(&server.0).copied() {
                    self.idle(env, instance);
                }
            }
        }
        self.flush(env);
    }
    /// Brings to the plane what has changed, and remembers it for readers of the past.
    fn flush(&mut self, env: &mut Env<'_>) {
        while let Some(pool) = self.dirty.pools.pop_first() {
            self.sync_targets(env, pool);
        }
        while let Some(balancer) = self.dirty.balancers.pop_first() {
            self.push_balancer(env, balancer);
        }
        if std::mem::take(&mut self.dirty.records) {
            self.push_records(env);
        }
        self.remember(env);
    }
    fn touch_pool(&mut self, pool: u32) {
        self.version += 1;
        if let Some(pool) = self.pools.get_mut(&pool) {
            pool.version += 1;
        }
    }
    fn zone_index(&self, zone: &ZoneName) -> Option<u8> {
        self.zones.iter().position(|other| other == zone).and_then(|index| u8::try_from(index).ok())
    }
}
