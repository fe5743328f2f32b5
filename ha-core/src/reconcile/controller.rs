//! One running controller: its lease, its patience, and its turns.

use super::{
    end::{End, Report, StallCause, Stalled, Turned, Wanted},
    insisting::Insisting,
    way::Way,
};
use crate::{
    apply::{self, Applied, Stop},
    backend::{Backend, Error, Kind, Rest, Scope},
    both::both,
    event::{Event, Observer, What},
    lease::{Lease, Place, Standing},
    name::Holder,
    observe::{Observed, observe},
    plan::{Plan, TierName, Why, plan},
    time::Timestamp,
    topology::ValidTopology,
};
use std::{sync::Arc, time::Duration};

/// Until when one may act, and what is there.
type Held = (Option<Duration>, Observed);

/// A controller. Two never share a holder's name. What it remembers may be lost at any time and costs a wait.
pub struct Controller {
    backend: Backend,
    lease: Lease,
    period: Duration,
    patience: Duration,
    observer: Arc<dyn Observer>,
    stop: Stop,
    turn: u64,
    /// When a port last answered a wish of ours, by what has elapsed on our clock: older readings do not show it.
    changed: Option<Duration>,
    waiting: Vec<(TierName, Why)>,
    insisting: Insisting,
    converged: bool,
}

impl Controller {
    /// A controller with this name: a turn every 30 s, a lease of 60 s, 15 minutes of patience, nobody who is told.
    pub fn new(backend: Backend, holder: Holder) -> Self {
        Self {
            backend,
            lease: Lease::new(holder, Duration::from_secs(60)),
            period: Duration::from_secs(30),
            patience: Duration::from_secs(900),
            observer: Arc::new(|_: &Event| {}),
            stop: Stop::default(),
            turn: 0,
            changed: None,
            waiting: Vec::new(),
            insisting: Insisting::default(),
            converged: false,
        }
    }
    /// The time between two turns.
    pub fn period(mut self, period: Duration) -> Self {
        self.period = period;
        self
    }
    /// How long the lease lasts without being renewed: more than the period and the longest call together.
    pub fn lease_length(mut self, length: Duration) -> Self {
        self.lease = self.lease.with_length(length);
        self
    }
    /// How long nothing may change before [`Self::until_converged`] gives up; a boot budget is always waited for.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }
    /// Is told every event.
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = observer;
        self
    }
    /// Ends the loop between two steps.
    pub fn stop(mut self, stop: Stop) -> Self {
        self.stop = stop;
        self
    }

    /// One turn: the lease, a look, a plan, its steps. Keeps the lease. Dropping the future leaves what dropping
    /// [`apply::apply`] leaves, and the lease to run out.
    pub async fn once(&mut self, site: &ValidTopology) -> Turned {
        self.turn += 1;
        if self.stop.is_stopped() {
            return Turned::Ended(End::Stopped);
        }
        let scope = site.scope();
        let before = self.changed_at();
        let (until, mut observed) = match self.hold_and_look(site, &scope).await {
            Ok(both) => both,
            Err(turned) => return *turned,
        };
        // If the clock was set meanwhile, the later of the two: not knowing costs a turn, old knowledge more.
        if let Some(changed) = before.max(self.changed_at()) {
            observed = observed.not_before(changed);
        }
        let partial = observed.is_partial();
        let mut plan = plan(site, &observed).checked(site, &self.backend);
        self.insisting.hold_back(&mut plan, self.period);
        self.tell(What::Planned(plan.clone()));
        self.tell_what_is_new(&plan);
        let applied = self.apply(&plan, &scope, until).await;
        self.insisting.note(&applied, plan.at);
        if applied.started() {
            self.changed = Some(self.backend.clock.elapsed());
        }
        Turned::Acted { plan, applied, partial }
    }

    /// Turns until the site is as it is wanted, then gives the lease back. Gives up when the backend has problems with
    /// the wish, or when nothing changed for longer than the patience and nothing is due. Dropping the future leaves
    /// a site on its way, and the lease to run out.
    pub async fn until_converged(&mut self, site: &ValidTopology) -> Result<Report, Stalled> {
        let mut way = Way::new(self.backend.clock.now());
        loop {
            let turned = self.once(site).await;
            let now = self.backend.clock.now();
            way.note(&turned, now);
            let result = match &turned {
                Turned::Acted { plan, .. } if plan.converged() => Some(Ok(way.report(plan, now))),
                Turned::Acted { plan, .. } if !plan.problems.is_empty() => {
                    Some(Err(way.stalled(StallCause::Problems(plan.problems.clone()), now)))
                }
                Turned::Ended(end) => Some(Err(way.stalled(StallCause::Ended(end.clone()), now))),
                Turned::Acted { .. } | Turned::StoodBy { .. } | Turned::Unsure(_) => {
                    way.is_stuck(now, self.patience_for(site)).then(|| Err(way.stalled(StallCause::Patience, now)))
                }
            };
            if let Some(result) = result {
                self.give_back(site, site.is_removed() && result.is_ok()).await;
                return result;
            }
            self.rest(&turned).await;
        }
    }

    /// Turns until it is stopped or superseded, then gives the lease back. Dropping the future leaves what dropping
    /// [`Self::once`] leaves.
    pub async fn forever(&mut self, wanted: &dyn Wanted) -> End {
        loop {
            let site = wanted.wanted();
            let turned = self.once(&site).await;
            if let Turned::Ended(end) = turned {
                self.give_back(&site, false).await;
                return end;
            }
            self.rest(&turned).await;
        }
    }

    /// Until when we may act, and what is there; what the turn came to, if we may not. Who holds the lease looks while it
    /// renews: a look harms nobody, and until then nobody else acted. Who takes it looks at what the last holder left.
    async fn hold_and_look(&mut self, site: &ValidTopology, scope: &Scope) -> Result<Held, Box<Turned>> {
        let backend = self.backend.clone();
        if !self.lease.is_held() {
            let (until, _) = self.standing(site, scope).await?;
            return Ok((until, observe(site, &backend).await));
        }
        let (standing, observed) = both(self.standing(site, scope), observe(site, &backend)).await;
        match standing? {
            (until, false) => Ok((until, observed)),
            // Somebody else held it meanwhile.
            (until, true) => Ok((until, observe(site, &backend).await)),
        }
    }

    /// Until when we may act, and whether we did not hold the lease before; what the turn came to, if we may not.
    async fn standing(&mut self, site: &ValidTopology, scope: &Scope) -> Result<(Option<Duration>, bool), Box<Turned>> {
        let backend = self.backend.clone();
        let Some(place) = place(&backend, site, scope) else { return Ok((None, false)) };
        match self.lease.renew(&place).await {
            Standing::Holds { until, taken } => {
                if taken {
                    self.tell(What::LeaseTaken(self.lease.holder().clone()));
                }
                Ok((Some(until), taken))
            }
            Standing::StandsBy { holder, look_again } => {
                self.tell(What::LeaseHeld(holder.clone()));
                Err(Box::new(Turned::StoodBy { holder, look_again }))
            }
            Standing::Superseded(by) => {
                self.tell(What::Superseded(by));
                Err(Box::new(Turned::Ended(End::Superseded(by))))
            }
            Standing::Unknown(error) => {
                self.tell(What::LeaseUnknown(error.clone()));
                Err(Box::new(Turned::Unsure(error)))
            }
        }
    }

    async fn apply(&self, plan: &Plan, scope: &Scope, until: Option<Duration>) -> Applied {
        let (backend, observer, stop) = (&self.backend, &*self.observer, &self.stop);
        apply::apply(plan, &apply::Turn { backend, scope, observer, stop, number: self.turn, until }).await
    }

    /// Gives the lease back, or removes it with the site that it guarded.
    async fn give_back(&mut self, site: &ValidTopology, removed: bool) {
        let (backend, scope) = (self.backend.clone(), site.scope());
        let Some(place) = place(&backend, site, &scope) else { return };
        if removed {
            return self.lease.remove(&place).await;
        }
        let unseen = self.age().map_or(Duration::ZERO, |age| backend.settle.saturating_sub(age));
        self.lease.give_back(&place, unseen).await;
    }

    /// How long ago our last wish was answered.
    fn age(&self) -> Option<Duration> {
        self.changed.map(|changed| self.backend.clock.elapsed().saturating_sub(changed))
    }

    /// When that was, as the clock is set now.
    fn changed_at(&self) -> Option<Timestamp> {
        self.age().map(|age| self.backend.clock.now().back(age))
    }

    pub(super) async fn rest(&self, turned: &Turned) {
        let now = self.backend.clock.now();
        let (look_again, quiet) = match turned {
            Turned::Acted { plan, applied, partial } => {
                let asked_to_wait = applied.errors().filter_map(asked_to_wait).min().map(|wait| now + wait);
                let look_again = plan.look_again.into_iter().chain(asked_to_wait).min();
                // What is waited for may come without a change that anybody declared: readings of a release do.
                let waits = plan.waiting.iter().any(|waiting| !waiting.why.is_the_owners());
                (look_again, applied.steps.is_empty() && !partial && !waits)
            }
            Turned::StoodBy { look_again, .. } => (Some(*look_again), false),
            Turned::Unsure(error) => (asked_to_wait(error).map(|wait| now + wait), false),
            Turned::Ended(_) => return,
        };
        self.backend.clock.rest(Rest { period: self.period, look_again, quiet }).await;
    }

    /// Tells what is waited for and was not before, and that all is as wanted when it was not before.
    fn tell_what_is_new(&mut self, plan: &Plan) {
        let before = std::mem::take(&mut self.waiting);
        for waiting in &plan.waiting {
            let known = (waiting.tier.clone(), waiting.why.clone());
            if !before.contains(&known) {
                self.tell(What::Waiting(waiting.clone()));
            }
            self.waiting.push(known);
        }
        let converged = plan.converged();
        if converged && !self.converged {
            self.tell(What::Converged);
        }
        // A tier that cannot be read for a while is no change of the site.
        self.converged = converged || (self.converged && only_blind(plan));
    }

    fn patience_for(&self, site: &ValidTopology) -> Duration {
        let budgets = site.topology().pools.iter().map(|pool| pool.boot.budget + self.period * 2);
        budgets.fold(self.patience, Duration::max)
    }

    fn tell(&self, what: What) {
        self.observer.event(&Event::new(self.backend.clock.now(), self.turn, what));
    }
}

fn place<'a>(backend: &'a Backend, site: &ValidTopology, scope: &'a Scope) -> Option<Place<'a>> {
    let (store, clock) = (backend.store.as_deref()?, &*backend.clock);
    Some(Place { store, clock, scope, settle: backend.settle, generation: site.topology().generation })
}

/// Whether nothing but a tier that cannot be read keeps the site from being called as it is wanted.
fn only_blind(plan: &Plan) -> bool {
    let blind = |why: &Why| why.is_the_owners() || matches!(why, Why::Unknown(_));
    plan.steps().next().is_none() && plan.problems.is_empty() && plan.waiting.iter().all(|w| blind(&w.why))
}

fn asked_to_wait(error: &Error) -> Option<Duration> {
    match error.kind() {
        Kind::Throttled(wait) => *wait,
        Kind::NotReady(_) | Kind::NotFound | Kind::Conflict(_) | Kind::Unavailable => None,
        Kind::Quota | Kind::NoCapacity | Kind::Denied | Kind::Rejected(_) => None,
    }
}
