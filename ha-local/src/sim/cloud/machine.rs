//! The machines under the instances: launch, boot, loss of power, death.

use super::{
    Cloud, CloudEvent, Env,
    instance::{Instance, Power},
    owner::fresh,
};
use crate::sim::{
    Distribution,
    engine::draw::{join, who},
    faults::Subject,
    plane::{Condition, ServerId, ServerSpec},
};
use ha_core::{
    backend::{Kind, state::InstancePhase},
    name::{InstanceId, Release, ZoneName},
    time::{Timestamp, nanos},
};
use std::time::Duration;

/// Draws of boots are told apart by what is drawn.
const RUNNING: u64 = 1;
const READY: u64 = 2;
const STATUS: u64 = 3;

impl Cloud {
    /// Launches an instance, or accepts that a name was used already.
    pub(super) fn launch(
        &mut self,
        env: &mut Env<'_>,
        pool_number: u32,
        id: &InstanceId,
        (zone, release): (&ZoneName, &Release),
    ) -> Result<(), Kind> {
        let zone_index = self.zone_index(zone).ok_or_else(|| Kind::Rejected(format!("there is no zone {zone}")))?;
        let blind = self.broken.breaks("pool.never_launches_into_a_closed_zone");
        let pool = self.pools.get_mut(&pool_number).ok_or(Kind::NotFound)?;
        // The order was decided from an older view: what the pool is to be counts when it is carried out.
        if pool.spec.release != *release || (!blind && !pool.spec.zones.contains(zone)) {
            return Err(Kind::NotReady(format!("{} launches no {release} in zone {zone} any more", pool.spec.name)));
        }
        let launched = self.launched.entry((pool.site.clone(), pool.spec.name.clone())).or_default();
        let count = launched.entry(zone.clone()).or_insert(0);
        if format!("{}-{zone}-{}", pool.spec.name, *count + 1) != id.as_str() {
            return Ok(());
        }
        let key = who(&format!("{}/{id}", pool.site));
        let site = pool.site.clone();
        let instance = Instance::new(pool_number, id, (zone, zone_index), release, (key, env.now));
        pool.tries += 1;
        let tries = pool.tries;
        let number = fresh(&self.instances, &format!("{site}/{id}"));
        if let Some(kind) = self.refusal(env, number, &instance, tries) {
            self.is_refused(env, &instance, &kind);
            return Err(kind);
        }
        let pool = self.pools.get_mut(&pool_number).ok_or(Kind::NotFound)?;
        if let Some(count) = self.launched.get_mut(&(site, pool.spec.name.clone())).and_then(|all| all.get_mut(zone)) {
            *count += 1;
        }
        pool.members.push(number);
        let story = match pool.refused.iter().any(|(refusing, _)| refusing == zone) {
            // What kept it from being launched is over.
            true => pool.story.max(env.faults.cause_of_all()),
            false => pool.story,
        };
        pool.refused.retain(|(refusing, _)| refusing != zone);
        let spec = ServerSpec { key, pool: pool.spec.name.clone(), release: release.clone(), zone: zone_index };
        let server = env.plane.add_server(spec);
        self.servers.insert(server.0, number);
        self.server_names.insert(server.0, id.clone());
        let condition = Condition { up: false, silent: true, ..Condition::WELL };
        let told = env.tell_of(&self.pools, &instance, format!("launched with release {release}"), story);
        self.instances.insert(number, Instance { server, condition, story: Some(told), ..instance });
        let (plane, mut ctx) = env.plane();
        plane.set_condition(&mut ctx, server, condition);
        self.touch_pool(pool_number);
        self.dirty.pools.insert(pool_number);
        self.dirty.records = true;
        self.boot(env, number);
        Ok(())
    }

    fn refusal(&self, env: &Env<'_>, number: u32, instance: &Instance, tries: u64) -> Option<Kind> {
        if env.faults.zone_is_off(instance.zone_index) {
            return Some(Kind::NoCapacity);
        }
        if env.faults.keepers_are_cut_from(instance.zone_index) {
            return Some(Kind::Unavailable);
        }
        let pool = self.pools.get(&instance.pool)?;
        env.faults.launch(instance.subject(number, pool), tries, &self.machines())
    }

    fn is_refused(&mut self, env: &mut Env<'_>, instance: &Instance, kind: &Kind) {
        let zone = &instance.zone;
        if let Some(pool) = self.pools.get_mut(&instance.pool) {
            let again = pool.refused.iter().any(|(refusing, _)| refusing == zone);
            pool.refused.retain(|(refusing, _)| refusing != zone);
            pool.refused.push((zone.clone(), env.now));
            let story = pool.story;
            // The first refusal is news; the others are the same one.
            if again {
                env.note(format!("instance {} is not launched: {kind}", instance.id), story);
            } else {
                env.tell_of(&self.pools, instance, format!("not launched: {kind}"), story);
            }
        }
        self.touch_pool(instance.pool);
    }

    /// What the faults are told of an instance.
    pub(super) fn subject(&self, number: u32) -> Option<Subject<'_>> {
        let instance = self.instances.get(&number)?;
        Some(instance.subject(number, self.pools.get(&instance.pool)?))
    }

    /// The machine begins to boot, if it has power.
    pub(super) fn boot(&mut self, env: &mut Env<'_>, number: u32) {
        let Some(subject) = self.subject(number) else { return };
        let (fate, off) = (env.faults.boot(subject), env.faults.ailment(subject).off);
        let Some(instance) = self.instances.get_mut(&number) else { return };
        instance.epoch += 1;
        instance.served = None;
        if off {
            instance.power = Power::Off;
            return self.is_down(env, number);
        }
        instance.power = Power::Booting;
        instance.boots += 1;
        instance.hopeless = fate.never_serves;
        let time = Self::boot_time(env, instance, env.profile.boot.running, RUNNING, fate.times);
        instance.reached = env.now + time + Duration::from_nanos(fate.no_network_ns);
        env.push(time, CloudEvent::Booted(number, instance.epoch));
    }

    fn boot_time(env: &Env<'_>, instance: &Instance, times_of: Distribution, what: u64, times: u32) -> Duration {
        let time = nanos(env.draw(times_of, join(instance.key, what), u64::from(instance.boots)));
        Duration::from_nanos(time / 1000 * u64::from(times) + time % 1000 * u64::from(times) / 1000)
    }

    pub(super) fn booted(&mut self, env: &mut Env<'_>, number: u32, epoch: u32) {
        let Some(subject) = self.subject(number) else { return };
        let fate = env.faults.boot(subject);
        let Some(instance) = self.instances.get_mut(&number).filter(|it| it.epoch == epoch) else { return };
        instance.power = Power::Running;
        if !instance.hopeless {
            let time = Self::boot_time(env, instance, env.profile.boot.ready, READY, fate.times);
            env.push(time, CloudEvent::Serves(number, epoch));
        }
        if instance.reached > env.now {
            env.push(instance.reached.since(env.now), CloudEvent::Reached(number));
        }
        self.refresh(env, number);
    }

    pub(super) fn serves(&mut self, env: &mut Env<'_>, number: u32, epoch: u32) {
        let Some(instance) = self.instances.get_mut(&number).filter(|it| it.epoch == epoch) else { return };
        instance.power = Power::Serving;
        instance.served = Some(env.now);
        if let Some(life) = self.subject(number).and_then(|subject| env.faults.life(subject)) {
            env.push(life, CloudEvent::Dies(number, epoch));
        }
        self.refresh(env, number);
    }

    pub(super) fn dies(&mut self, env: &mut Env<'_>, number: u32, epoch: u32) {
        let Some(instance) = self.instances.get(&number).filter(|it| it.epoch == epoch) else { return };
        // Its release is good again.
        if self.subject(number).and_then(|subject| env.faults.life(subject)).is_none() {
            return;
        }
        let told = env.tell_of(&self.pools, instance, "dead: its process ended".into(), instance.story);
        env.cause = Some(told);
        self.kill(env, number);
    }

    /// Brings to the plane in what condition an instance is now, all faults on it taken together.
    pub fn refresh(&mut self, env: &mut Env<'_>, number: u32) {
        let Some(subject) = self.subject(number) else { return };
        let ailment = env.faults.ailment(subject);
        let Some(instance) = self.instances.get_mut(&number) else { return };
        match (instance.power, ailment.off) {
            (Power::Off, false) => {
                instance.story = env.cause.or(instance.story);
                self.boot(env, number);
            }
            (Power::Booting | Power::Running | Power::Serving, true) => {
                instance.power = Power::Off;
                instance.epoch += 1;
                instance.story = env.cause.or(instance.story);
                self.is_down(env, number);
            }
            (Power::Gone | Power::Off, true) | (Power::Gone, false) => {}
            (Power::Booting | Power::Running | Power::Serving, false) => {}
        }
        let Some(instance) = self.instances.get_mut(&number) else { return };
        let runs = matches!(instance.power, Power::Running | Power::Serving);
        let condition = Condition {
            up: runs,
            silent: !runs,
            frozen: ailment.hung,
            isolated: ailment.isolated || (runs && env.now < instance.reached),
            ready: instance.power == Power::Serving && !ailment.never_ready,
            errors: ailment.errors,
            slow: ailment.slow,
            above_load: ailment.above_load,
            loss: ailment.loss,
            delay_ns: ailment.delay_ns,
        };
        if condition == instance.condition {
            return;
        }
        instance.condition = condition;
        instance.story = env.cause.or(instance.story);
        let server = instance.server;
        let (plane, mut ctx) = env.plane();
        plane.set_condition(&mut ctx, server, condition);
        self.arm_instance(env, number);
        self.flush(env);
    }

    /// The machine of an instance is gone, with memory and disks; nobody is told.
    pub fn kill(&mut self, env: &mut Env<'_>, number: u32) {
        let Some(instance) = self.instances.get_mut(&number) else { return };
        if instance.power == Power::Gone {
            return;
        }
        instance.power = Power::Gone;
        instance.epoch += 1;
        instance.story = env.cause.or(instance.story);
        self.is_down(env, number);
        self.refresh(env, number);
    }

    /// The provider looks at machines now and then: at its next look it will miss this one.
    fn is_down(&mut self, env: &mut Env<'_>, number: u32) {
        let Some(instance) = self.instances.get(&number) else { return };
        let at = env.grid(env.profile.keeper.status_check, join(instance.key, STATUS));
        env.push(at.since(env.now), CloudEvent::Missed(number, instance.epoch));
    }

    pub(super) fn missed(&mut self, env: &mut Env<'_>, number: u32, epoch: u32) {
        if self.broken.breaks("pool.replaces_a_lost_instance") {
            return;
        }
        let current = |it: &&mut Instance| it.epoch == epoch && it.power.is_down();
        let Some(instance) = self.instances.get_mut(&number).filter(current) else { return };
        match instance.phase {
            InstancePhase::Lost => return,
            InstancePhase::Draining => instance.drained = true,
            InstancePhase::Booting
            | InstancePhase::Ready
            | InstancePhase::Unready
            | InstancePhase::Held(_)
            | InstancePhase::Returning => (instance.phase, instance.since) = (InstancePhase::Lost, env.now),
        }
        let told = env.tell_of(&self.pools, instance, "lost".into(), instance.story);
        instance.story = Some(told);
        let pool = instance.pool;
        self.touch_pool(pool);
        self.dirty.pools.insert(pool);
        self.dirty.records = true;
    }
}

impl Instance {
    fn new(
        pool: u32,
        id: &InstanceId,
        (zone, zone_index): (&ZoneName, u8),
        release: &Release,
        (key, now): (u64, Timestamp),
    ) -> Self {
        Self {
            id: id.clone(),
            pool,
            zone: zone.clone(),
            zone_index,
            release: release.clone(),
            server: ServerId(u32::MAX),
            key,
            launched: now,
            phase: InstancePhase::Booting,
            since: now,
            retiring: None,
            drained: false,
            drains: 0,
            power: Power::Off,
            epoch: 0,
            boots: 0,
            hopeless: false,
            reached: Timestamp::ZERO,
            served: None,
            condition: Condition::WELL,
            story: None,
        }
    }
    fn subject<'a>(&'a self, number: u32, pool: &'a super::objects::PoolObject) -> Subject<'a> {
        Subject {
            instance: number,
            name: self.id.as_str(),
            zone: self.zone_index,
            pool: &pool.spec.name,
            release: self.release.as_str(),
            served: self.served,
            alive: u32::try_from(pool.members.len()).unwrap_or(u32::MAX),
            desired: pool.desired,
        }
    }
}
