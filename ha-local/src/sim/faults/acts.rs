//! What a fault does at once when it begins, as it goes on, and when it ends; and what is to be looked at again.

use super::{
    strike::{Bad, Link, Strike, Zone},
    way::Way,
};
use crate::sim::{engine::queue::FaultStage, plane::Place, world::World};

impl World {
    /// What a fault does at once when it begins.
    pub(super) fn fault_acts(&mut self, index: usize) {
        match self.faults.all[index].strike.clone() {
            Strike::Link(_, Link::Congested(carries)) => self.measure(index, Some(carries)),
            Strike::Release(runs, bad) => {
                self.release_turns_bad(index, &runs, bad);
                if bad == Bad::OneWay {
                    self.has_served(index);
                }
            }
            Strike::Clock(clock) => self.clock_strikes(index, clock),
            Strike::Controller(controller) => self.controller_strikes(index, controller),
            Strike::Operator(operator) => self.operator_asks(index, &operator),
            Strike::Instances(..) | Strike::Zone(..) | Strike::Link(..) | Strike::Boot(..) => {}
            Strike::Capacity(..) | Strike::Api(..) | Strike::Balancer(..) | Strike::Dns(..) => {}
            Strike::Store(_) | Strike::Call(..) | Strike::View(..) | Strike::Metrics(..) => {}
        }
        self.look_later(index);
    }
    /// What a fault undoes at once when it ends.
    pub(super) fn fault_leaves(&mut self, index: usize) {
        match self.faults.all[index].strike.clone() {
            Strike::Clock(clock) => self.clock_is_let_go(clock),
            Strike::Controller(controller) => self.controller_is_let_go(index, controller),
            Strike::Instances(..) | Strike::Zone(..) | Strike::Link(..) | Strike::Boot(..) => {}
            Strike::Capacity(..) | Strike::Api(..) | Strike::Balancer(..) | Strike::Dns(..) => {}
            Strike::Store(_) | Strike::Release(..) | Strike::Operator(_) => {}
            Strike::Call(..) | Strike::View(..) | Strike::Metrics(..) => {}
        }
    }
    /// What a fault looks at as it goes on.
    pub(super) fn fault_watches(&mut self, index: usize) {
        let fault = &self.faults.all[index];
        match &fault.strike {
            Strike::Link(_, Link::Congested(_)) => self.measure(index, None),
            Strike::Release(_, Bad::OneWay) => {
                self.has_served(index);
            }
            Strike::Instances(..) | Strike::Zone(..) | Strike::Link(..) | Strike::Boot(..) | Strike::Capacity(..) => {}
            Strike::Release(..)
            | Strike::Api(..)
            | Strike::Balancer(..)
            | Strike::Dns(..)
            | Strike::Store(_)
            | Strike::Clock(_) => {}
            Strike::Controller(_) | Strike::Operator(_) | Strike::Call(..) | Strike::View(..) => {}
            Strike::Metrics(..) => {}
        }
        self.look_later(index);
    }
    /// It is looked at again, if anything of it changes by itself.
    fn look_later(&mut self, index: usize) {
        let fault = &self.faults.all[index];
        // What a schema has spoiled stays so.
        let changes = fault.at_work() && fault.memory.spoiled.is_empty();
        if let Some(every) = fault.strike.is_looked_at_every().filter(|_| changes) {
            self.push_stage(index, self.now + every, FaultStage::Grow(1));
        }
    }
    /// Counts what users try, and what of it a congested link loses; when it strikes, what still passes is settled.
    fn measure(&mut self, index: usize, carries: Option<f64>) {
        let tried = self.plane.ledger().users.attempts;
        let now = self.now;
        let crossing = &mut self.faults.all[index].memory.crossing;
        let over = now.since(crossing.since).as_secs_f64();
        let rate = if over > 0.0 { tried.saturating_sub(crossing.counted) as f64 / over } else { 0.0 };
        if let Some(carries) = carries {
            crossing.passes = rate * carries;
        }
        let lost = if rate > crossing.passes { 1.0 - crossing.passes / rate } else { 0.0 };
        (crossing.counted, crossing.since, crossing.loss) = (tried, now, super::adding::millionths(lost));
    }
    /// Lets the cloud look again at what a fault touches.
    pub(super) fn refresh_for(&mut self, index: usize) {
        let fault = &self.faults.all[index];
        let (strike, told) = (fault.strike.clone(), fault.told);
        let zones = u8::try_from(self.cloud.zones().len()).unwrap_or(u8::MAX);
        match strike {
            Strike::Instances(whom, _) => self.look_at_machines(told, |zone| whom.filter.holds_zone(zone)),
            Strike::Zone(whom, zone) => {
                let of = |zone| whom.filter.holds_zone(zone);
                self.look_at_machines(told, of);
                match zone {
                    Zone::Power => self.look_at_endpoints(told),
                    Zone::Network => self.look_at_links(told, zones),
                    Zone::Slow { .. } => {}
                }
            }
            Strike::Link(way, _) => self.look_at_way(told, &way, zones),
            Strike::Balancer(..) => self.look_at_endpoints(told),
            Strike::Dns(..) => self.with_cloud(told, |cloud, env| {
                cloud.refresh_names(env);
            }),
            Strike::Release(..) => self.look_at_machines(told, |_| true),
            Strike::Boot(whom, _) => self.look_at_machines(told, |zone| whom.filter.holds_zone(zone)),
            Strike::Capacity(..) | Strike::Api(..) | Strike::Store(_) => {}
            Strike::Clock(_) | Strike::Controller(_) | Strike::Operator(_) => {}
            Strike::Call(..) | Strike::View(..) | Strike::Metrics(..) => {}
        }
    }
    fn look_at_way(&mut self, told: Option<usize>, way: &Way, zones: u8) {
        if !way.places.is_empty() {
            self.look_at_links(told, zones);
        }
        if way.machines.is_some() {
            self.look_at_machines(told, |_| true);
        }
        if way.balancers.is_some() {
            self.look_at_endpoints(told);
        }
    }
    fn look_at_machines(&mut self, told: Option<usize>, in_zone: impl Fn(u8) -> bool) {
        self.with_cloud(told, |cloud, env| {
            cloud.refresh_where(env, |machine| in_zone(machine.zone));
        });
    }
    fn look_at_endpoints(&mut self, told: Option<usize>) {
        self.with_cloud(told, |cloud, env| {
            cloud.refresh_endpoints(env);
        });
    }
    fn look_at_links(&mut self, told: Option<usize>, zones: u8) {
        let places: Vec<Place> = std::iter::once(Place::Users).chain((0..zones).map(Place::Zone)).collect();
        self.with_cloud(told, |cloud, env| {
            for from in &places {
                for to in &places {
                    let state = env.faults.link(*from, *to);
                    cloud.set_link(env, *from, *to, state);
                }
            }
        });
    }
}
