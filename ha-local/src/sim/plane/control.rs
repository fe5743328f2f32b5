//! What the cloud tells the plane: servers, balancers, names, ways and traffic come, change and go.

use super::{
    Address, BalancerView, Condition, Ctx, LinkState, Place, Plane, Probe, RecordView, ServerConfig, ServerId,
    ServerSpec, Traffic,
    balancer::Balancer,
    follow::Follow,
    names::{Answers, Goal, Name},
    server::{Readings, Server},
    stream::Stream,
};
use ha_core::{
    name::{BalancerName, DnsName},
    time::{Timestamp, nanos},
};
use std::time::Duration;

/// A removed server.
const GONE: Condition = Condition { up: false, silent: true, ..Condition::WELL };

impl Plane {
    /// A new server: up, not ready, behind no balancer.
    pub fn add_server(&mut self, spec: ServerSpec) -> ServerId {
        let config = self.config.pools.get(&spec.pool).cloned().unwrap_or_else(ServerConfig::default);
        let work = self.work.iter().position(|known| *known == config.service).unwrap_or(self.work.len());
        if work == self.work.len() {
            self.work.push(config.service);
        }
        let same = |readings: &Readings| readings.pool == spec.pool && readings.release == spec.release;
        let readings = self.readings.iter().position(same).unwrap_or(self.readings.len());
        if readings == self.readings.len() {
            self.readings.push(Readings::new(spec.pool.clone(), spec.release.clone()));
        }
        // Pools and releases of one run are fewer than 2^16, servers fewer than 2^32.
        self.servers.push(Server::new(&spec, &config, work as u16, readings as u16));
        self.outstanding.push(0);
        ServerId(self.servers.len() as u32 - 1)
    }
    /// The server is gone, with all it had in flight.
    pub fn remove_server(&mut self, ctx: &mut Ctx<'_>, id: ServerId) {
        self.set_condition(ctx, id, GONE);
        if let Some(server) = self.servers.get_mut(id.0 as usize) {
            server.gone = true;
        }
    }
    /// The condition of a server changes; what is in flight feels it at once. A removed one stays down.
    pub fn set_condition(&mut self, ctx: &mut Ctx<'_>, id: ServerId, condition: Condition) {
        if self.servers.get(id.0 as usize).is_some_and(|server| !server.gone) {
            self.change(ctx, id.0, condition);
        }
    }
    /// The condition of a server; a removed one is down and silent.
    pub fn condition(&self, id: ServerId) -> Condition {
        self.servers.get(id.0 as usize).map_or(GONE, |server| server.condition)
    }
    /// How a health check from there ends now; the time-out is remembered for [`Notice::ChecksMayDiffer`](super::Notice::ChecksMayDiffer).
    pub fn probe(&mut self, id: ServerId, from: Place, timeout: Duration) -> Probe {
        let Some(server) = self.servers.get_mut(id.0 as usize) else { return Probe::TimedOut };
        server.timeout = nanos(timeout);
        server.alarm = server.alarm_for(nanos(self.work[usize::from(server.work)].mean()) as f64, server.timeout);
        let condition = server.condition;
        let trip = self.links.trip(from, Place::Zone(server.zone));
        let slow_way = trip.ns + 2 * condition.delay_ns >= server.timeout;
        // Packets that are lost are sent again, so that only the loss of all of them fails a check.
        let lost = trip.loss.max(condition.loss) >= 1_000_000;
        if !condition.up {
            return if condition.silent { Probe::TimedOut } else { Probe::Failed };
        }
        if condition.isolated || condition.frozen || trip.cut || lost || slow_way {
            return Probe::TimedOut;
        }
        let waits = self.config.balancer.checks_wait;
        let full = server.busy >= server.concurrency && server.waiting >= server.bound;
        if !condition.ready || (waits && full) {
            return Probe::Failed;
        }
        if waits && server.alarmed() { Probe::TimedOut } else { Probe::Passed }
    }
    /// Requests in work and in the queue of a server.
    pub fn in_flight(&self, id: ServerId) -> u32 {
        self.servers.get(id.0 as usize).map_or(0, Server::in_flight)
    }
    /// The share of its places that a server used in the last whole quarter of a minute, from 0 to 1.
    pub fn load(&self, id: ServerId, now: Timestamp) -> f64 {
        self.servers.get(id.0 as usize).map_or(0.0, |server| {
            let mut usage = server.usage;
            usage.touch(now.0, server.busy, server.concurrency);
            usage.share
        })
    }
    /// Says [`Notice::Idle`](super::Notice::Idle) as soon as nothing is in flight on this server; at once if nothing is.
    pub fn set_draining(&mut self, ctx: &mut Ctx<'_>, id: ServerId, draining: bool) {
        if let Some(server) = self.servers.get_mut(id.0 as usize) {
            server.draining = draining;
            self.idle(ctx, id.0);
        }
    }
    /// A balancer is there, or is different.
    pub fn set_balancer(&mut self, ctx: &mut Ctx<'_>, view: BalancerView) {
        let number = self.balancer(&view.name);
        self.change_balancer(ctx, number, Some(view));
    }
    /// A balancer is gone; connections to it get no answer.
    pub fn remove_balancer(&mut self, ctx: &mut Ctx<'_>, name: &BalancerName) {
        let number = self.balancer(name);
        self.change_balancer(ctx, number, None);
    }
    fn change_balancer(&mut self, ctx: &mut Ctx<'_>, number: u16, view: Option<BalancerView>) {
        let (zones, population) = (self.config.zones, self.config.users.population.max(1));
        self.balancers[usize::from(number)].set(view, zones, population);
        self.judge_disturbance();
        self.deliver_held(ctx);
    }
    /// The number of a balancer; one that is not there yet gets one.
    fn balancer(&mut self, name: &BalancerName) -> u16 {
        let known = self.balancers.iter().position(|balancer| balancer.name == *name);
        if known.is_none() {
            self.balancers.push(Balancer::new(name.clone()));
        }
        // Balancers of one run are fewer than 2^16.
        known.unwrap_or(self.balancers.len() - 1) as u16
    }
    /// The number of a name; one that is not there yet gets one.
    pub(super) fn name(&mut self, name: &DnsName) -> usize {
        let known = self.names.iter().position(|known| known.name == *name);
        if known.is_none() {
            self.names.push(Name::new(name.clone(), &self.config));
        }
        known.unwrap_or(self.names.len() - 1)
    }
    /// What a name answers from now on; resolvers keep what they have.
    pub fn set_record(&mut self, ctx: &mut Ctx<'_>, name: &DnsName, record: Option<RecordView>) {
        let number = self.name(name);
        let ttl = self.config.network.negative_ttl;
        let record = record.unwrap_or(RecordView { answers: vec![], weights: vec![], ttl, timeouts: 0, stale: None });
        let goals = record.answers.iter().map(|address| match address {
            Address::Balancer(balancer, zone) => Goal::Endpoint(self.balancer(balancer), *zone),
            Address::Server(id) => Goal::Server(id.0),
        });
        let goals = goals.collect();
        let RecordView { answers: _, weights, ttl, timeouts, stale } = record;
        self.names[number].set(Answers { goals, weights, ttl, timeouts, stale }, ctx.now.0);
    }
    /// The state of the way from one place to another, in this direction.
    pub fn set_link(&mut self, ctx: &mut Ctx<'_>, from: Place, to: Place, state: LinkState) {
        self.links.set(from, to, state, ctx.now.0);
        self.balancers.iter_mut().for_each(Balancer::stale);
        self.judge_disturbance();
        self.deliver_held(ctx);
    }
    /// Users of this name came before the run: what a resolver is asked first has an age already, so that resolvers do not
    /// all forget at once.
    pub fn was_known(&mut self, entry: &DnsName) {
        let name = self.name(entry);
        self.names[name].warm = true;
    }
    /// Users of this name begin to come.
    pub fn start(&mut self, ctx: &mut Ctx<'_>, entry: &DnsName, traffic: Traffic) {
        let name = self.name(entry) as u32;
        let mut stream = Stream::new(name, traffic, ctx.seed);
        // Streams of one run are fewer than 2^16.
        stream.expect(ctx, self.streams.len() as u32);
        self.streams.push(stream);
    }
    /// Keeps the lives of so many intents, spread by chance from now to then.
    pub fn follow(&mut self, ctx: &Ctx<'_>, count: usize, until: Timestamp) {
        self.follow = Follow::some(count, ctx.seed, ctx.now, until);
    }
    /// Whether an answer may have to be held back somewhere.
    pub(super) fn judge_disturbance(&mut self) {
        let isolated = self.servers.iter().any(|server| server.condition.isolated && !server.gone);
        let down = self.balancers.iter().any(Balancer::disturbed);
        self.disturbed = isolated || down || !self.links.clear();
    }
}
