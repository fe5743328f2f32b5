//! What faults do to the provider's services: whom they find, and what they tell the cloud to look at again.

use super::{Cloud, Env, objects::owned};
use crate::sim::plane::{LinkState, Place};
use ha_core::{
    backend::{Scope, state::InstancePhase},
    name::{BalancerName, DnsName, InstanceId, PoolName, Release, ZoneName},
    time::Timestamp,
};

/// A machine as selectors choose it.
#[derive(Clone, Copy, Debug)]
pub struct Machine<'a> {
    /// The cloud's number of the instance.
    pub number: u32,
    /// Its name.
    pub name: &'a InstanceId,
    /// Its zone.
    pub zone: u8,
    /// Its pool.
    pub pool: &'a PoolName,
    /// What runs on it.
    pub release: &'a Release,
    /// What it is doing.
    pub phase: InstancePhase,
    /// When its process became able to serve, if it did.
    pub served: Option<Timestamp>,
}

impl Cloud {
    /// The zones.
    pub fn zones(&self) -> &[ZoneName] {
        &self.zones
    }
    /// All instances: pools by name, in each the order of launch.
    pub fn machines(&self) -> Vec<Machine<'_>> {
        let mut pools: Vec<_> = self.pools.values().collect();
        pools.sort_by_key(|pool| (&pool.site, &pool.spec.name));
        let machine = |number: u32, pool| {
            let it = self.instances.get(&number)?;
            let (zone, phase, served) = (it.zone_index, it.phase, it.served);
            Some(Machine { number, name: &it.id, zone, pool, release: &it.release, phase, served })
        };
        let members = pools.iter().flat_map(|pool| pool.members.iter().map(|member| (*member, &pool.spec.name)));
        members.filter_map(|(number, pool)| machine(number, pool)).collect()
    }
    /// The names of all balancers, in order.
    pub fn balancers(&self) -> Vec<&BalancerName> {
        let mut names: Vec<_> = self.balancers.values().map(|it| it.name()).collect();
        names.sort();
        names
    }
    /// The names of all records, in order.
    pub fn names(&self) -> Vec<&DnsName> {
        let mut names: Vec<_> = self.records.values().map(|it| &it.set.name).collect();
        names.sort();
        names
    }
    /// What ails these instances may have changed.
    pub fn refresh_where(&mut self, env: &mut Env<'_>, hit: impl Fn(&Machine<'_>) -> bool) {
        let hit: Vec<u32> = self.machines().iter().filter(|it| hit(it)).map(|it| it.number).collect();
        for number in hit {
            self.refresh(env, number);
        }
    }
    /// A zone lost its power, or has it again: its machines, and the endpoints of balancers there.
    pub fn refresh_zone(&mut self, env: &mut Env<'_>, zone: u8) {
        self.refresh_where(env, |machine| machine.zone == zone);
        self.refresh_endpoints(env);
    }
    /// What strikes balancers may have changed.
    pub fn refresh_endpoints(&mut self, env: &mut Env<'_>) {
        self.dirty.balancers.extend(self.balancers.keys());
        self.balancers.values_mut().for_each(|balancer| balancer.story = env.cause.or(balancer.story));
        self.arm_everything(env);
        self.flush(env);
    }
    /// What strikes names may have changed.
    pub fn refresh_names(&mut self, env: &mut Env<'_>) {
        self.dirty.records = true;
        self.flush(env);
    }
    /// The state of the way from one place to another, in this direction.
    pub fn set_link(&mut self, env: &mut Env<'_>, from: Place, to: Place, state: LinkState) {
        if self.link(from, to) == state {
            return;
        }
        if state == LinkState::default() {
            self.links.remove(&(from, to));
        } else {
            self.links.insert((from, to), state);
        }
        let (plane, mut ctx) = env.plane();
        plane.set_link(&mut ctx, from, to, state);
        self.balancers.values_mut().for_each(|balancer| balancer.story = env.cause.or(balancer.story));
        self.arm_everything(env);
        self.flush(env);
    }
    /// Somebody deletes a record by hand, as its owner may.
    pub fn delete_by_hand(&mut self, env: &mut Env<'_>, scope: &Scope, name: &DnsName) -> bool {
        let Some(number) = self.record_of(name) else { return false };
        if owned(self.records[&number].owner.as_ref(), scope, name.as_str()).is_err() {
            return false;
        }
        self.records.remove(&number);
        self.version += 1;
        let (plane, mut ctx) = env.plane();
        plane.set_record(&mut ctx, name, None);
        env.tell(format!("record {name} is deleted by hand"), None);
        self.flush(env);
        true
    }
}
