//! What the plane is told of a balancer: where it listens and who is behind it.

use super::{Cloud, Env, objects::BalancerObject};
use crate::sim::plane::{BalancerView, EndpointView, TargetView};
use ha_core::backend::state::{Phase, TargetHealth};

impl Cloud {
    /// Tells the plane what has changed of a balancer, if anything has.
    pub(super) fn push_balancer(&mut self, env: &mut Env<'_>, number: u32) {
        let Some(balancer) = self.balancers.get(&number) else { return };
        let mut view = self.balancer_view(env, number, balancer);
        if let Some(instant) = env.faults.routes_as_of(balancer.name().as_str()) {
            let known = balancer.past.iter().rev().find(|(at, _)| *at <= instant).map(|(_, known)| known.clone());
            let known = known.or_else(|| balancer.view.clone()).unwrap_or_else(|| view.clone());
            (view.targets, view.weights) = (known.targets, known.weights);
        }
        let Some(balancer) = self.balancers.get_mut(&number) else { return };
        if balancer.view.as_ref() == Some(&view) {
            return;
        }
        if let Some(age) = env.faults.history() {
            let old = balancer.past.iter().rposition(|(at, _)| env.now.since(*at) > age).unwrap_or(0);
            balancer.past.drain(..old);
            balancer.past.push((env.now, view.clone()));
        }
        balancer.view = Some(view.clone());
        let (plane, mut ctx) = env.plane();
        plane.set_balancer(&mut ctx, view);
        self.arm_records(env);
    }

    fn balancer_view(&self, env: &Env<'_>, number: u32, balancer: &BalancerObject) -> BalancerView {
        let spec = &balancer.spec;
        let trusting = self.broken.breaks("balancer.never_routes_to_an_unready_instance");
        let targets = self.targets_of(number, balancer).map(|(pool, instance, target)| TargetView {
            server: self.instances[&instance].server,
            // A balancer has far fewer routes than 65,536; a pool not found would be no target.
            route: spec.routes.iter().position(|route| route.pool == *pool).unwrap_or(0) as u16,
            health: if trusting && target.checks.health == TargetHealth::Initial {
                TargetHealth::Healthy
            } else {
                target.checks.health
            },
            since: target.since,
        });
        let mut targets: Vec<TargetView> = targets.collect();
        let none_healthy = targets.iter().all(|target| target.health != TargetHealth::Healthy);
        if none_healthy && self.broken.breaks("balancer.keeps_the_last_targets_when_all_fail") {
            targets.clear();
        }
        let even = self.broken.breaks("balancer.weights_share_the_requests");
        BalancerView {
            name: balancer.called.clone(),
            endpoints: self.endpoints(env, balancer),
            algorithm: spec.algorithm,
            sticky: spec.sticky.filter(|_| !self.broken.breaks("balancer.a_sticky_user_stays")),
            slow_start: spec.slow_start,
            fail_open: spec.fail_open,
            weights: spec.routes.iter().map(|route| if even { 1 } else { route.weight }).collect(),
            targets,
        }
    }

    fn endpoints(&self, env: &Env<'_>, balancer: &BalancerObject) -> Vec<EndpointView> {
        let works = match balancer.progress.phase {
            Phase::Active | Phase::Removing => true,
            Phase::Pending | Phase::Broken => false,
        };
        let works = works && !self.broken.breaks("balancer.serves_the_ready_instances_of_its_pools");
        let leaving = balancer.leaving.iter().map(|(zone, _)| zone);
        let zones = balancer.spec.zones.iter().chain(leaving).filter_map(|zone| self.zone_index(zone));
        let endpoint = |zone| {
            let fate = env.faults.endpoint(balancer.name().as_str(), zone, &balancer.changes);
            EndpointView {
                zone,
                up: works && self.has_endpoint(balancer, zone) && !fate.down && !env.faults.zone_is_off(zone),
                errors: fate.errors,
            }
        };
        zones.map(endpoint).collect()
    }
}
