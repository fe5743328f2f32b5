//! The endpoints of a balancer: servers of its own, of which the provider may have none to give.

use super::{
    Cloud, CloudEvent, Env,
    balancer::BALANCER,
    objects::{BalancerObject, Progress},
};
use ha_core::{backend::state::Phase, name::ZoneName, time::Timestamp};

impl Cloud {
    /// A balancer that failed for good is made once more when it is asked for again.
    pub(super) fn make_again(&mut self, env: &mut Env<'_>, number: u32) {
        let Some(balancer) = self.balancers.get_mut(&number) else { return };
        if balancer.progress.phase != Phase::Broken {
            return;
        }
        let due = env.draw(env.profile.phases.balancer, u64::from(number), env.now.0);
        balancer.progress = Progress { due: Some(env.now + due), ..Progress::begun(env.now) };
        balancer.lacking.clear();
        self.version += 1;
        self.arm_targets(env, number);
        env.push(due, CloudEvent::Settle(BALANCER, number));
        env.tell(format!("balancer {} is being made again", self.balancers[&number].name()), None);
    }

    /// The time in which a balancer is made is over: it is active, or it fails if one of its zones has no servers.
    pub(super) fn balancer_is_made(&mut self, env: &mut Env<'_>, number: u32) {
        let lacking = self.balancers.get(&number).map(|it| self.lacking(env, it, &it.spec.zones)).unwrap_or_default();
        let Some(balancer) = self.balancers.get_mut(&number) else { return };
        let name = balancer.name().clone();
        let what = if lacking.is_empty() {
            balancer.progress.turn(Phase::Active, env.now);
            format!("balancer {name} is active")
        } else {
            balancer.progress.turn(Phase::Broken, env.now);
            balancer.lacking = balancer.spec.zones.iter().map(|zone| (zone.clone(), Timestamp::NEVER)).collect();
            format!("balancer {name} failed to be made: no capacity for its own servers in {}", words(&lacking))
        };
        let cause = if lacking.is_empty() { None } else { env.faults.cause_of_no_servers(name.as_str()) };
        balancer.story = Some(env.tell(what, cause));
        self.dirty.balancers.insert(number);
        self.arm_records(env);
    }

    /// A balancer that works gets servers in these zones; where there are none, the provider tries again by itself.
    pub(super) fn launch_endpoints(&mut self, env: &mut Env<'_>, number: u32, zones: &[ZoneName]) {
        let lacking = self.balancers.get(&number).map(|it| self.lacking(env, it, zones)).unwrap_or_default();
        let Some(balancer) = self.balancers.get_mut(&number).filter(|_| !lacking.is_empty()) else { return };
        let back_off = env.profile.keeper.policy.back_off;
        let what = format!("balancer {} gets no server in {}: no capacity", balancer.name(), words(&lacking));
        balancer.lacking.extend(lacking.into_iter().map(|zone| (zone, env.now + back_off)));
        let cause = env.faults.cause_of_no_servers(balancer.name().as_str());
        env.push(back_off, CloudEvent::Settle(BALANCER, number));
        env.tell(what, cause);
    }

    /// Servers that were refused are tried again when it is time.
    pub(super) fn endpoints_are_tried_again(&mut self, env: &mut Env<'_>, number: u32) {
        let Some(balancer) = self.balancers.get_mut(&number) else { return };
        let (due, later): (Vec<_>, Vec<_>) = balancer.lacking.drain(..).partition(|(_, again)| *again <= env.now);
        balancer.lacking = later;
        if due.is_empty() {
            return;
        }
        let zones: Vec<ZoneName> = due.into_iter().map(|(zone, _)| zone).collect();
        self.launch_endpoints(env, number, &zones);
        self.version += 1;
        self.dirty.balancers.insert(number);
        self.dirty.records = true;
        self.arm_targets(env, number);
    }

    /// Its targets are checked again: without an endpoint nobody checked them.
    pub(super) fn arm_targets(&mut self, env: &mut Env<'_>, number: u32) {
        let targets: Vec<u32> =
            self.targets.keys().filter(|(by, _)| *by == number).map(|(_, target)| *target).collect();
        targets.into_iter().for_each(|target| self.arm_instance(env, target));
    }

    /// Whether a balancer has a server in this zone.
    pub(super) fn has_endpoint(&self, balancer: &BalancerObject, zone: u8) -> bool {
        !balancer.lacking.iter().any(|(lacking, _)| self.zone_index(lacking) == Some(zone))
    }

    /// In which of these zones a launch of a balancer's own servers is refused now.
    fn lacking(&self, env: &Env<'_>, balancer: &BalancerObject, zones: &[ZoneName]) -> Vec<ZoneName> {
        let name = balancer.name().as_str();
        let refused =
            |zone: &ZoneName| self.zone_index(zone).is_some_and(|zone| env.faults.lacks_servers(name, zone, env.now));
        zones.iter().filter(|zone| refused(zone)).cloned().collect()
    }
}

fn words(zones: &[ZoneName]) -> String {
    let names: Vec<&str> = zones.iter().map(|zone| zone.as_str()).collect();
    format!("zone {}", names.join(", "))
}
