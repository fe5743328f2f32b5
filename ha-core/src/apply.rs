//! The only place where steps meet ports: wave by wave, without a choice.

use crate::{
    backend::{Backend, Error, Kind, Operation, Resource, Result, Scope},
    event::{Event, Observer, What},
    plan::{Action, BalancerStep, DnsStep, NetworkStep, Plan, PoolStep, Stale, Step, plan},
    topology::ValidTopology,
};
use std::{
    collections::VecDeque,
    future::{Future, poll_fn},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
    time::Duration,
};

/// At most this many steps of a wave are under way at a time.
pub const AT_ONCE: usize = 8;

/// Ends a loop between two steps. Clones are one token. It wakes nobody: who rests ends when its rest is over.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks for the end.
    pub fn stop(&self) {
        self.0.store(true, Ordering::SeqCst);
    }
    /// Whether the end was asked for.
    pub fn is_stopped(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// Under what a plan is applied.
#[derive(Clone, Copy)]
pub struct Turn<'a> {
    /// The ports.
    pub backend: &'a Backend,
    /// Whose objects.
    pub scope: &'a Scope,
    /// Is told every step.
    pub observer: &'a dyn Observer,
    /// Ends it between two steps.
    pub stop: &'a Stop,
    /// The number of the turn.
    pub number: u64,
    /// When the lease runs out, by what has elapsed on the backend's clock: no step starts that could last longer.
    pub until: Option<Duration>,
}

/// What became of each step of a plan, in the plan's order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Applied {
    /// The steps.
    pub steps: Vec<(Step, Outcome)>,
}

/// What became of a step.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// The provider accepted it.
    Accepted,
    /// It was refused, or is not known to have been accepted.
    Failed(Error),
    /// It was not asked: the plan has problems, the loop was stopped, or the lease was running out.
    NotStarted,
}

impl Applied {
    /// Whether anything was asked of a port.
    pub fn started(&self) -> bool {
        self.steps.iter().any(|(_, outcome)| *outcome != Outcome::NotStarted)
    }
    /// The errors met.
    pub fn errors(&self) -> impl Iterator<Item = &Error> {
        self.steps.iter().filter_map(|(_, outcome)| match outcome {
            Outcome::Failed(error) => Some(error),
            Outcome::Accepted | Outcome::NotStarted => None,
        })
    }
}

/// Applies a plan, wave by wave; the steps of a wave run concurrently, [`AT_ONCE`] at a time. A plan with problems is
/// not applied. Dropping the future leaves at most [`AT_ONCE`] steps whose outcome is unknown, and any subset is safe.
pub async fn apply(plan: &Plan, turn: &Turn<'_>) -> Applied {
    let mut applied = Applied::default();
    for wave in &plan.waves {
        let mut outcomes = vec![Outcome::NotStarted; wave.len()];
        let mut queue: VecDeque<usize> = if plan.problems.is_empty() { (0..wave.len()).collect() } else { [].into() };
        let start = || {
            let index = if turn.may_start() { queue.pop_front()? } else { return None };
            let step = &wave[index];
            Some(Box::pin(async move { (index, turn.carry_out(step).await) }) as Doing<'_>)
        };
        join(start, |(index, outcome)| outcomes[index] = outcome).await;
        applied.steps.extend(wave.iter().cloned().zip(outcomes));
    }
    applied
}

/// Applies a plan that was reviewed, if a new look at the world still leads to it; else says what differs, and changes
/// nothing. Dropping the future leaves what dropping [`apply`] leaves.
pub async fn apply_reviewed(
    reviewed: &Plan,
    site: &ValidTopology,
    turn: &Turn<'_>,
) -> std::result::Result<Applied, Stale> {
    let observed = crate::observe(site, turn.backend).await;
    let now = plan(site, &observed).checked(site, turn.backend);
    reviewed.still_holds(&now)?;
    Ok(apply(&now, turn).await)
}

impl Turn<'_> {
    /// Whether a step may start: nobody asked for the end, and the lease outlasts the longest call.
    fn may_start(&self) -> bool {
        let over = self.backend.clock.elapsed().saturating_add(self.backend.call_timeout);
        self.until.is_none_or(|until| over < until) && !self.stop.is_stopped()
    }

    async fn carry_out(&self, step: &Step) -> Outcome {
        self.tell(What::Asked(step.clone()));
        match self.ask(&step.action).await {
            Ok(()) => {
                self.tell(What::Accepted(step.clone()));
                Outcome::Accepted
            }
            Err(error) => {
                self.tell(What::Failed(step.clone(), error.clone()));
                Outcome::Failed(error)
            }
        }
    }

    async fn ask(&self, action: &Action) -> Result<()> {
        match action {
            Action::Network(step) => self.network(step).await,
            Action::Pool(step) => self.pool(step).await,
            Action::Balancer(step) => self.balancer(step).await,
            Action::Dns(step) => self.dns(step).await,
        }
    }

    async fn network(&self, step: &NetworkStep) -> Result<()> {
        let port = self.backend.network.as_ref().ok_or_else(|| no_port("network"))?;
        match step {
            NetworkStep::Ensure(spec) => port.ensure(self.scope, spec).await,
            NetworkStep::Remove => port.remove(self.scope).await,
        }
    }

    async fn pool(&self, step: &PoolStep) -> Result<()> {
        let port = self.backend.pool.as_ref().ok_or_else(|| no_port("pool"))?;
        match step {
            PoolStep::Ensure(spec) => port.ensure(self.scope, spec).await,
            PoolStep::Bound { pool, bounds } => port.bound(self.scope, pool, *bounds).await,
            PoolStep::Hold { pool, instance, mode } => port.hold(self.scope, pool, instance, *mode).await,
            PoolStep::PutBack { pool, instance } => port.put_back(self.scope, pool, instance).await,
            PoolStep::Retire { pool, instance, refill } => port.retire(self.scope, pool, instance, *refill).await,
            PoolStep::Remove { pool } => port.remove(self.scope, pool).await,
        }
    }

    async fn balancer(&self, step: &BalancerStep) -> Result<()> {
        let port = self.backend.balancer.as_ref().ok_or_else(|| no_port("balancer"))?;
        match step {
            BalancerStep::Ensure(spec) => port.ensure(self.scope, spec).await,
            BalancerStep::Route { balancer, routes } => port.route(self.scope, balancer, routes).await,
            BalancerStep::Remove { balancer } => port.remove(self.scope, balancer).await,
        }
    }

    async fn dns(&self, step: &DnsStep) -> Result<()> {
        let port = self.backend.dns.as_ref().ok_or_else(|| no_port("dns"))?;
        match step {
            DnsStep::Ensure(set) => port.ensure(self.scope, set).await,
            DnsStep::Remove { name } => port.remove(self.scope, name).await,
        }
    }

    fn tell(&self, what: What) {
        self.observer.event(&Event::new(self.backend.clock.now(), self.number, what));
    }
}

fn no_port(operation: &'static str) -> Error {
    Error::new(Kind::Rejected("the backend has no port for it".into()), Operation(operation), Resource::Tier)
}

type Doing<'a> = Pin<Box<dyn Future<Output = (usize, Outcome)> + Send + 'a>>;

/// Runs what `start` answers, up to [`AT_ONCE`] at a time, until it answers nothing and all have ended.
async fn join<'a>(mut start: impl FnMut() -> Option<Doing<'a>>, mut ended: impl FnMut((usize, Outcome))) {
    let mut doing: Vec<Doing<'a>> = Vec::new();
    poll_fn(|context| {
        loop {
            while doing.len() < AT_ONCE {
                let Some(next) = start() else { break };
                doing.push(next);
            }
            let before = doing.len();
            doing.retain_mut(|future| match future.as_mut().poll(context) {
                Poll::Ready(outcome) => {
                    ended(outcome);
                    false
                }
                Poll::Pending => true,
            });
            if before == 0 {
                return Poll::Ready(());
            }
            if doing.len() == before {
                return Poll::Pending;
            }
        }
    })
    .await;
}

#[cfg(test)]
mod tests;
