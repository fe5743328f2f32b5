//! Watches the truth of a run: invariants are checked after every change, and whenever our loop asks for something.

use super::{
    engine::call::{Answer, Request},
    engine::task::TaskKind,
    world::World,
};
use ha_core::{
    invariant::{Act, Budget, Truth, Violation, check_act, check_launch, check_state},
    keeper::pool::Order,
    lease,
    name::{Holder, InstanceId, PoolName},
    time::Timestamp,
};
use std::collections::BTreeMap;

/// At most so many violations are kept: the first ones tell the story.
const KEPT: usize = 100;

/// What is watched, and what was found.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Watch {
    /// Whether anything is checked.
    pub on: bool,
    violations: Vec<(Timestamp, Violation)>,
    /// What each controller's present turn may take out, by what it was told of the tiers.
    budgets: BTreeMap<u32, Budget>,
    /// What our steps took out: who asked for it last, and when.
    taken: BTreeMap<(PoolName, InstanceId), (u32, Timestamp)>,
    before: Truth,
}

impl Watch {
    /// What was found, and when.
    pub fn violations(&self) -> &[(Timestamp, Violation)] {
        &self.violations
    }
    /// Something that must never be was seen.
    pub fn broken(&mut self, at: Timestamp, violation: Violation) {
        let known = self.violations.iter().any(|(_, known)| *known == violation);
        if !known && self.violations.len() < KEPT {
            self.violations.push((at, violation));
        }
    }
}

impl World {
    /// After a change: the state itself must be sound.
    pub(super) fn watch_state(&mut self) {
        if !self.watch.on {
            return;
        }
        let now = self.truth();
        for violation in check_state(&self.watch.before, &now) {
            self.watch.broken(self.now, violation);
        }
        self.watch.before = now;
    }
    /// A controller is told how a tier is: what its turn may take out is judged by that.
    pub(super) fn watch_look(&mut self, task: u32, answer: &Answer) {
        if !self.watch.on || !self.is_controller(task) {
            return;
        }
        match answer {
            Answer::Pools(reading) => {
                self.watch.budgets.insert(task, Budget::of(&reading.state));
            }
            Answer::Balancers(reading) => {
                if let Some(budget) = self.watch.budgets.get_mut(&task) {
                    budget.behind(&reading.state);
                }
            }
            Answer::Network(_) | Answer::Records(_) | Answer::Done | Answer::Object(_) => {}
            Answer::Version(_) | Answer::Keys(_) | Answer::View(_) => {}
        }
    }
    /// A controller asks for something.
    pub(super) fn watch_act(&mut self, task: u32, request: &Request) {
        if !self.watch.on || !self.is_controller(task) || request.operation().0.starts_with("store.") {
            return;
        }
        let act = Act {
            holder: holder(task),
            generation: self.generation_of(task),
            lease: self.lease(),
            takes_out: takes_out(request),
        };
        let mut budget = self.watch.budgets.remove(&task).unwrap_or_default();
        if act.takes_out.is_some() {
            self.gone_before(task).iter().for_each(|(pool, id)| budget.spent(pool, id));
        }
        for violation in check_act(&act, &mut budget) {
            self.watch.broken(self.now, violation);
        }
        self.watch.budgets.insert(task, budget);
        if let Request::PoolPutBack(_, pool, id) = request {
            self.watch.taken.remove(&(pool.clone(), id.clone()));
        }
        if let Some(taken) = act.takes_out {
            self.watch.taken.insert(taken, (task, self.now));
        }
    }
    /// What this controller must know to be out of service whatever it is shown: what it took out itself, and what another
    /// one took out so lately that it should not act yet.
    fn gone_before(&self, task: u32) -> Vec<(PoolName, InstanceId)> {
        let known = |by: u32, at: Timestamp| by == task || self.now.since(at) <= self.profile.api.settle;
        let mut taken: Vec<_> = self.watch.taken.iter().filter(|(_, (by, at))| known(*by, *at)).collect();
        if taken.is_empty() {
            return Vec::new();
        }
        let truth = self.truth();
        let serves = |pool: &PoolName, id: &InstanceId| {
            let pool = truth.pools.iter().find(|known| known.spec.name == *pool);
            let it = pool.and_then(|pool| pool.instances.iter().find(|it| it.id == *id));
            it.is_some_and(|it| it.ready && !it.leaving && it.held.is_none())
        };
        taken.retain(|((pool, id), _)| !serves(pool, id));
        taken.into_iter().map(|(gone, _)| gone.clone()).collect()
    }
    /// A keeper launched something.
    pub(super) fn watch_launch(&mut self, request: &Request) {
        let Request::HandsOrder(scope, pool, Order::Launch { zone, release, .. }) = request else { return };
        if !self.watch.on || *scope != self.wanted.scope() {
            return;
        }
        let truth = self.truth();
        let Some(pool) = truth.pools.iter().find(|known| known.spec.name == *pool) else { return };
        for violation in check_launch(&pool.spec, zone, release) {
            self.watch.broken(self.now, violation);
        }
    }
    fn truth(&self) -> Truth {
        let mut truth = self.cloud.truth(&self.wanted.scope());
        for balancer in &mut truth.balancers {
            balancer.stale = self.faults.works_by_old_knowledge(balancer.name.as_str());
        }
        truth
    }
    fn is_controller(&self, task: u32) -> bool {
        self.tasks.get(task).is_some_and(|record| matches!(record.kind, TaskKind::Controller(_)))
    }
    fn generation_of(&self, task: u32) -> u64 {
        let own = self.tasks.get(task).and_then(|record| match &record.kind {
            TaskKind::Controller(own) => own.as_ref(),
            TaskKind::Keeper(..) | TaskKind::Own(_) => None,
        });
        own.unwrap_or(&self.wanted).topology().generation
    }
    /// Who holds the lease, by the record in the store.
    fn lease(&self) -> Option<(Holder, u64)> {
        let value = self.cloud.object(&self.wanted.scope(), &lease::KEY.into())?;
        let record: lease::Record = serde_json::from_slice(value).ok()?;
        record.released_ms.is_none().then_some((record.holder, record.generation))
    }
}

/// The name under which a task's controller holds the lease.
pub(super) fn holder(task: u32) -> Holder {
    format!("controller-{task}").into()
}

fn takes_out(request: &Request) -> Option<(PoolName, InstanceId)> {
    if let Request::PoolHold(_, pool, id, _) | Request::PoolRetire(_, pool, id, _) = request {
        return Some((pool.clone(), id.clone()));
    }
    None
}

#[cfg(test)]
mod tests;
