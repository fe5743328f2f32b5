//! Health checks: who checks whom and when, what follows for the target and for its pool.

use super::{AGENT, Cloud, CloudEvent, Env, instance::Target};
use crate::sim::{
    engine::{draw::join, queue::Event},
    plane::{LinkState, Place, Probe},
};
use ha_core::{
    backend::state::{InstancePhase, TargetHealth},
    keeper::health::{Checks, judge, settled},
    topology::HealthCheck,
};

impl Cloud {
    /// Who checks the instances of a pool: the balancers that name it, or its own agent if none does.
    pub(super) fn checkers(&self, pool: u32) -> Vec<u32> {
        let Some(pool) = self.pools.get(&pool) else { return Vec::new() };
        let names_it = |it: &super::objects::BalancerObject| {
            it.site == pool.site && it.owner == pool.owner && it.spec.routes.iter().any(|to| to.pool == pool.spec.name)
        };
        let found: Vec<u32> = self.balancers.iter().filter(|(_, it)| names_it(it)).map(|(number, _)| *number).collect();
        if found.is_empty() { vec![AGENT] } else { found }
    }

    /// Puts the instances of a pool behind who checks them, and takes away who left.
    pub(super) fn sync_targets(&mut self, env: &mut Env<'_>, pool: u32) {
        let members = self.pools.get(&pool).map(|it| it.members.clone()).unwrap_or_default();
        let checkers = self.checkers(pool);
        let gone = self.targets.keys().copied().filter(|(checker, number)| {
            let of_pool = self.instances.get(number).is_none_or(|it| it.pool == pool);
            of_pool && !(checkers.contains(checker) && self.is_a_target(*number))
        });
        let gone: Vec<_> = gone.collect();
        for key in gone {
            self.targets.remove(&key);
            self.dirty.balancers.insert(key.0);
            self.version += 1;
        }
        for number in members.into_iter().filter(|number| self.is_a_target(*number)).collect::<Vec<_>>() {
            for checker in &checkers {
                self.sync_target(env, *checker, number);
            }
        }
    }

    fn is_a_target(&self, number: u32) -> bool {
        self.instances.get(&number).is_some_and(|instance| match instance.phase {
            InstancePhase::Booting | InstancePhase::Ready | InstancePhase::Unready | InstancePhase::Returning => true,
            InstancePhase::Draining => true,
            InstancePhase::Held(_) => !instance.drained,
            InstancePhase::Lost => false,
        })
    }

    fn sync_target(&mut self, env: &mut Env<'_>, checker: u32, number: u32) {
        let phase = self.instances[&number].phase;
        let leaves = matches!(phase, InstancePhase::Draining | InstancePhase::Held(_));
        let trusted =
            phase == InstancePhase::Returning && self.broken.breaks("pool.what_is_put_back_serves_only_when_ready");
        let first = match (leaves, trusted) {
            (true, _) => TargetHealth::Draining,
            (false, true) => TargetHealth::Healthy,
            (false, false) => TargetHealth::Initial,
        };
        let fresh = Target { checks: Checks { health: first, against: 0 }, since: env.now, next: None };
        let before = self.targets.get(&(checker, number)).map(|target| target.checks.health);
        let stays = before.is_some_and(|health| (health == TargetHealth::Draining) == leaves);
        if stays {
            return;
        }
        let next = self.targets.get(&(checker, number)).and_then(|target| target.next);
        self.targets.insert((checker, number), Target { next, ..fresh });
        self.version += 1;
        self.dirty.balancers.insert(checker);
        self.arm(env, checker, number);
    }

    /// Something changed that checks of this instance read: they are taken up again.
    pub(super) fn arm_instance(&mut self, env: &mut Env<'_>, number: u32) {
        let checkers = self.targets.keys().filter(|(_, target)| *target == number).map(|(checker, _)| *checker);
        for checker in checkers.collect::<Vec<_>>() {
            self.arm(env, checker, number);
        }
        self.arm_records(env);
    }

    /// Something changed that all checks may read.
    pub(super) fn arm_everything(&mut self, env: &mut Env<'_>) {
        for (checker, number) in self.targets.keys().copied().collect::<Vec<_>>() {
            self.arm(env, checker, number);
        }
        self.arm_records(env);
    }

    fn arm(&mut self, env: &mut Env<'_>, checker: u32, number: u32) {
        let (Some(instance), Some(check)) = (self.instances.get(&number), self.check_of(checker)) else { return };
        let who = join(instance.key, self.key_of(checker));
        let at = env.grid(check.interval, who);
        if let Some(target) = self.targets.get_mut(&(checker, number)).filter(|target| target.next.is_none()) {
            target.next = Some(at);
            env.queue.push(at, Event::Cloud(CloudEvent::Check(checker, number)));
        }
    }

    fn check_of(&self, checker: u32) -> Option<HealthCheck> {
        if checker == AGENT {
            return Some(HealthCheck::default());
        }
        self.balancers.get(&checker).map(|it| it.spec.health.clone())
    }

    pub(super) fn check(&mut self, env: &mut Env<'_>, checker: u32, number: u32) {
        let Some(check) = self.check_of(checker) else { return };
        let Some(target) = self.targets.get_mut(&(checker, number)) else { return };
        if target.next != Some(env.now) {
            return;
        }
        target.next = None;
        let before = target.checks;
        let passed = self.passes(env, checker, number, &check);
        let after = passed.map_or(before, |passed| judge(before, passed, &check));
        let quiet = passed.is_none_or(|passed| settled(after, passed)) && !self.is_restless(env, checker);
        if let Some(target) = self.targets.get_mut(&(checker, number)) {
            target.checks = after;
        }
        if after.health != before.health {
            self.health_changed(env, checker, number, after.health);
        }
        if env.run_everything || !quiet {
            self.arm(env, checker, number);
        }
    }

    /// Whether a check ends well; `None` if nobody is there to make it.
    fn passes(&mut self, env: &mut Env<'_>, checker: u32, number: u32, check: &HealthCheck) -> Option<bool> {
        let instance = self.instances.get(&number)?;
        let (server, home) = (instance.server, instance.zone_index);
        if instance.power.is_down() && self.broken.breaks("pool.replaces_a_lost_instance") {
            return Some(true);
        }
        let Some(balancer) = self.balancers.get(&checker) else {
            // Its agent runs beside it; what it says has to reach the provider's services, which stand outside.
            let heard = !env.faults.keepers_are_cut_from(home);
            return Some(heard && env.plane.probe(server, Place::Zone(home), check.timeout) == Probe::Passed);
        };
        if env.faults.flaps(balancer.name().as_str(), instance.id.as_str(), env.now) {
            return Some(false);
        }
        // Each endpoint checks every target; what most of those say that users reach is what the balancer goes by.
        let reached = self.living_endpoints(env, balancer);
        let zones = if reached.is_empty() { self.endpoints_up(env, balancer) } else { reached };
        let said = zones.iter().map(|zone| env.plane.probe(server, Place::Zone(*zone), check.timeout));
        let good = said.filter(|probe| *probe == Probe::Passed).count();
        (!zones.is_empty()).then_some(good * 2 >= zones.len())
    }

    /// Zones in which a balancer has an endpoint that is up and that users reach.
    pub(super) fn living_endpoints(&self, env: &Env<'_>, balancer: &super::objects::BalancerObject) -> Vec<u8> {
        let cut =
            |zone| self.link(Place::Users, Place::Zone(zone)).cut || self.link(Place::Zone(zone), Place::Users).cut;
        self.endpoints_up(env, balancer).into_iter().filter(|zone| !cut(*zone)).collect()
    }

    /// Zones in which a balancer has an endpoint that is up.
    fn endpoints_up(&self, env: &Env<'_>, balancer: &super::objects::BalancerObject) -> Vec<u8> {
        let zones = balancer.spec.zones.iter().filter_map(|zone| self.zone_index(zone));
        let up = |zone: &u8| {
            let fate = env.faults.endpoint(balancer.name().as_str(), *zone, &balancer.changes);
            !fate.down && !env.faults.zone_is_off(*zone) && self.has_endpoint(balancer, *zone)
        };
        zones.filter(up).collect()
    }

    pub(super) fn link(&self, from: Place, to: Place) -> LinkState {
        self.links.get(&(from, to)).copied().unwrap_or_default()
    }

    /// Whether the next check may end otherwise though nothing changed. Packets that are lost are sent again, so that only
    /// a fault that says so makes checks a matter of chance.
    fn is_restless(&self, env: &Env<'_>, checker: u32) -> bool {
        self.balancers.get(&checker).is_some_and(|it| env.faults.flapping(it.name().as_str()))
    }

    fn health_changed(&mut self, env: &mut Env<'_>, checker: u32, number: u32, health: TargetHealth) {
        let left_alone = self.broken.breaks("balancer.takes_out_what_fails_and_takes_it_back");
        let Some(target) = self.targets.get_mut(&(checker, number)) else { return };
        if left_alone && health == TargetHealth::Unhealthy {
            target.checks = Checks { health: TargetHealth::Healthy, against: 0 };
            return;
        }
        target.since = env.now;
        let Some(instance) = self.instances.get_mut(&number) else { return };
        let by = self.balancers.get(&checker).map(|it| it.name().clone());
        // That what boots or leaves does not answer is no news.
        let told = if let Some(by) = &by
            && health == TargetHealth::Unhealthy
            && instance.phase == InstancePhase::Ready
        {
            let fate = format!("taken out by balancer {by}: checks fail");
            env.tell_of(&self.pools, instance, fate, instance.story.max(env.faults.cause_of_felt()))
        } else {
            let by = by.map_or("its own agent".to_owned(), |by| format!("balancer {by}"));
            let judged = if health == TargetHealth::Healthy { "healthy" } else { "unhealthy" };
            env.note(format!("instance {} is {judged} for {by}", instance.id), instance.story)
        };
        instance.story = Some(told);
        self.version += 1;
        self.dirty.balancers.insert(checker);
        self.tell_endpoints(checker, told);
        self.arm_records(env);
        self.judge_instance(env, number);
    }

    /// Endpoints live while there is somebody healthy behind them.
    fn tell_endpoints(&mut self, checker: u32, told: usize) {
        let Some(balancer) = self.balancers.get(&checker) else { return };
        let healthy = self.targets_of(checker, balancer).filter(|it| it.2.checks.health == TargetHealth::Healthy);
        if healthy.count() <= 1
            && let Some(balancer) = self.balancers.get_mut(&checker)
        {
            balancer.story = Some(told);
        }
    }

    /// What a pool makes of an instance follows from who checks it.
    pub(super) fn judge_instance(&mut self, env: &mut Env<'_>, number: u32) {
        let judged =
            || self.targets.iter().filter(|((_, target), _)| *target == number).map(|(_, it)| it.checks.health);
        let all_good = judged().all(|health| health == TargetHealth::Healthy) && judged().next().is_some();
        let any_bad = judged().any(|health| health == TargetHealth::Unhealthy);
        let Some(instance) = self.instances.get_mut(&number) else { return };
        let next = match instance.phase {
            InstancePhase::Booting | InstancePhase::Returning | InstancePhase::Unready if all_good => {
                InstancePhase::Ready
            }
            InstancePhase::Ready if any_bad => InstancePhase::Unready,
            InstancePhase::Booting | InstancePhase::Returning | InstancePhase::Unready | InstancePhase::Ready => return,
            InstancePhase::Draining | InstancePhase::Held(_) | InstancePhase::Lost => return,
        };
        (instance.phase, instance.since) = (next, env.now);
        let pool = instance.pool;
        let told = if next == InstancePhase::Ready {
            env.tell_of(&self.pools, instance, "ready".into(), instance.story)
        } else {
            env.note(format!("instance {} is not ready any more", instance.id), instance.story)
        };
        instance.story = Some(told);
        if let (Some(pool), InstancePhase::Unready) = (self.pools.get_mut(&pool), next) {
            pool.story = Some(told);
        }
        self.touch_pool(pool);
        self.dirty.records = true;
    }
}
