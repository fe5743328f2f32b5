//! Watches the truth of a run: invariants are checked after every change, and whenever our loop asks for something.

use super::{engine::call::Request, engine::task::TaskKind, world::World};
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
    budgets: BTreeMap<u32, Budget>,
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
    /// A controller has looked at its pools: from here its turn's budget counts.
    pub(super) fn watch_look(&mut self, task: u32, request: &Request) {
        if self.watch.on && matches!(request, Request::PoolObserve(_)) && self.is_controller(task) {
            let budget = Budget::at(&self.truth());
            self.watch.budgets.insert(task, budget);
        }
    }
    /// A controller asks for something.
    pub(super) fn watch_act(&mut self, task: u32, request: &Request) {
        if !self.watch.on || !self.is_controller(task) || request.operation().0.starts_with("store.") {
            return;
        }
        let truth = self.truth();
        let act = Act {
            holder: holder(task),
            generation: self.generation_of(task),
            lease: self.lease(),
            takes_out: takes_out(request),
        };
        let mut budget = self.watch.budgets.remove(&task).unwrap_or_else(|| Budget::at(&truth));
        for violation in check_act(&truth, &act, &mut budget) {
            self.watch.broken(self.now, violation);
        }
        self.watch.budgets.insert(task, budget);
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
        self.cloud.truth(&self.wanted.scope())
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
