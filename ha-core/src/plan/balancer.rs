//! Plans balancers: a pool is routed to when it can serve, and a balancer goes when no name stands for it.

use super::{
    Action, BalancerStep, Reason, TierName, Why,
    draft::{Draft, Seen},
    footing, wanted,
};
use crate::{
    backend::{
        spec::BalancerSpec,
        state::{BalancerState, Phase},
    },
    topology::{Balancer, Route},
};

pub(super) fn plan(draft: &mut Draft) {
    match draft.balancers() {
        Seen::Unknown(story) => draft.wait(TierName::Balancer(None), Why::Unknown(story), None),
        Seen::NotManaged if draft.wanted_balancers().is_empty() => {}
        Seen::NotManaged => draft.lacks("balancer", "load balancers"),
        Seen::Known(reading) => {
            for wish in draft.wanted_balancers() {
                match reading.state.iter().find(|seen| seen.spec.name == wish.name) {
                    Some(seen) => keep(draft, wish, seen),
                    None => create(draft, wish),
                }
            }
            for seen in &reading.state {
                if !draft.wanted_balancers().iter().any(|wish| wish.name == seen.spec.name) {
                    remove(draft, seen);
                }
            }
        }
    }
}

fn create(draft: &mut Draft, wish: &Balancer) {
    let spec = wanted::balancer(draft.site, wish);
    let effect = format!("{} is made in {} zones", wish.name, spec.zones.len());
    draft.step(Action::Balancer(BalancerStep::Ensure(spec)), Reason::Missing, effect);
}

fn keep(draft: &mut Draft, wish: &Balancer, seen: &BalancerState) {
    let tier = || TierName::Balancer(Some(wish.name.clone()));
    if seen.phase == Phase::Removing {
        return draft.wait(tier(), Why::Removing, Some(seen.since));
    }
    let mut spec = wanted::balancer(draft.site, wish);
    if let Some(footing) = not_ready(draft, &seen.spec.routes, &spec.routes) {
        spec.routes.clone_from(&seen.spec.routes);
        spec.ready.clone_from(&seen.spec.ready);
        draft.wait(tier(), Why::Footing(footing), None);
    }
    change(draft, seen, spec);
    match seen.phase {
        Phase::Pending => draft.wait(tier(), Why::Pending, Some(seen.since)),
        Phase::Broken => draft.wait(tier(), Why::Broken(format!("balancer {}", wish.name)), Some(seen.since)),
        Phase::Active | Phase::Removing => {}
    }
}

fn change(draft: &mut Draft, seen: &BalancerState, spec: BalancerSpec) {
    if spec == seen.spec && seen.phase != Phase::Broken {
        return;
    }
    let reason = wanted::drift(&seen.spec, &spec);
    let rerouted = BalancerSpec { routes: spec.routes.clone(), ..seen.spec.clone() };
    let pools = |routes: &[Route]| routes.iter().map(|route| route.pool.clone()).collect::<Vec<_>>();
    let action = if rerouted == spec && spec != seen.spec && pools(&spec.routes) == pools(&seen.spec.routes) {
        BalancerStep::Route { balancer: spec.name.clone(), routes: spec.routes }
    } else {
        BalancerStep::Ensure(spec)
    };
    let effect = "requests in flight finish; new ones go by the new settings";
    draft.step(Action::Balancer(action), reason, effect);
}

/// What must be ready before `wanted` may replace `seen`: a pool that gets requests must be able to serve them.
fn not_ready(draft: &Draft, seen: &[Route], wanted: &[Route]) -> Option<String> {
    let gets = |routes: &[Route], pool| routes.iter().any(|route| route.weight > 0 && route.pool == pool);
    if wanted == seen {
        return None;
    }
    let one_leaves = seen.iter().any(|route| route.weight > 0 && !gets(wanted, route.pool.clone()));
    let takes_over = |route: &&Route| route.weight > 0 && (one_leaves || !gets(seen, route.pool.clone()));
    let mut grows = wanted.iter().filter(takes_over);
    let Some(pools) = draft.pools().all() else { return Some("knowing the pools".into()) };
    grows.find(|route| !footing::pool_serves(draft.site, pools, &route.pool)).map(|r| format!("pool {} ready", r.pool))
}

fn remove(draft: &mut Draft, seen: &BalancerState) {
    let tier = TierName::Balancer(Some(seen.spec.name.clone()));
    if seen.phase == Phase::Removing {
        return draft.wait(tier, Why::Removing, Some(seen.since));
    }
    if footing::in_use_by_names(draft, &tier, |endpoint| footing::is_balancer(endpoint, &seen.spec.name)) {
        return;
    }
    let action = Action::Balancer(BalancerStep::Remove { balancer: seen.spec.name.clone() });
    draft.step(action, Reason::Unwanted, "it finishes what it has and goes; no name stands for it");
}
