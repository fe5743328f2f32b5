//! The one look at the truth that a run's end and its invariants need; nothing that decides may ask.

use super::{
    cloud::TRUTH,
    engine::call::{Answer, Request},
    world::World,
};
use ha_core::{
    backend::state::Reading,
    observe::{Known, Observed},
    plan::plan,
};

impl World {
    /// What an observation without age, faults or other people's secrets would see.
    pub fn observed(&mut self) -> Observed {
        let scope = self.wanted.scope();
        let network = self.look(Request::NetworkObserve(scope.clone()), |answer| {
            if let Answer::Network(reading) = answer { Some(reading) } else { None }
        });
        let pools = self.look(Request::PoolObserve(scope.clone()), |answer| {
            if let Answer::Pools(reading) = answer { Some(reading) } else { None }
        });
        let balancers = self.look(Request::BalancerObserve(scope.clone()), |answer| {
            if let Answer::Balancers(reading) = answer { Some(reading) } else { None }
        });
        let records = self.look(Request::DnsObserve(scope), |answer| {
            if let Answer::Records(reading) = answer { Some(reading) } else { None }
        });
        Observed { at: self.now, network, pools, balancers, records }
    }
    fn look<T>(&mut self, request: Request, read: impl Fn(Answer) -> Option<Reading<T>>) -> Known<T> {
        let answer = self.with_cloud(None, |cloud, env| cloud.effect(env, TRUTH, &request, 0));
        answer.ok().and_then(read).map_or(Known::NotManaged, Known::Known)
    }
    /// Whether the site is as it is wanted: what keeps it from that, one line each.
    pub fn not_converged(&mut self) -> Vec<String> {
        let observed = self.observed();
        let plan = plan(&self.wanted, &observed);
        let steps = plan.steps().map(|step| format!("to do: {step}"));
        let waiting = plan.waiting.iter().filter(|waiting| !waiting.why.is_the_owners());
        steps.chain(waiting.map(|waiting| format!("waiting: {waiting}"))).collect()
    }
    /// Ready instances of all pools.
    pub fn ready(&self) -> u32 {
        self.cloud.ready_instances()
    }
}
