//! Plans pools: what they should be, how many instances, who is exchanged, who is pulled out, and what is waited for.

use super::{
    Action, PoolStep, Reason, TierName, Why,
    crew::{self, Crew, Member},
    draft::{Draft, Seen},
    exchange, footing,
    gate::Verdict,
    hold,
    rollout::{self, Course, Redirect},
    wanted,
};
use crate::{
    backend::{
        spec::PoolSpec,
        state::{BalancerState, Phase, PoolState},
    },
    name::{BalancerName, Release, ZoneName},
    time::Timestamp,
    topology::{Balancer, Endpoint, Pool, Size},
};

/// One existing pool, what is wanted of it, and what may still be taken from it in this turn.
pub(super) struct Tier<'a> {
    pub wish: &'a Pool,
    pub crew: Crew<'a>,
    /// The balancers, if they are known.
    pub balancers: Option<&'a [BalancerState]>,
    /// The balancers that are to give it requests, and so measure its releases.
    pub measured_by: Vec<&'a BalancerName>,
    /// The instant at which the pool was seen: what happens in it is measured by this.
    pub at: Timestamp,
    /// The bounds that it has.
    bounds: Size,
    /// How many the owner wants.
    pub capacity: u32,
    /// How many that serve may still be taken out in this turn, over all steps.
    pub budget: u32,
    /// How many must stay in service.
    pub floor: u32,
}

pub(super) fn plan(draft: &mut Draft) {
    match draft.pools() {
        Seen::Unknown(story) => draft.wait(TierName::Pool(None), Why::Unknown(story), None),
        Seen::NotManaged if draft.wanted_pools().is_empty() => {}
        Seen::NotManaged => draft.lacks("pool", "pools"),
        Seen::Known(reading) => {
            for wish in draft.wanted_pools() {
                match reading.state.iter().find(|seen| seen.spec.name == wish.name) {
                    Some(seen) => Tier::read(draft, wish, seen, reading.at).keep(draft, seen),
                    None => create(draft, wish),
                }
            }
            for seen in &reading.state {
                if !draft.wanted_pools().iter().any(|wish| wish.name == seen.spec.name) {
                    remove(draft, seen);
                }
            }
        }
    }
}

fn create(draft: &mut Draft, wish: &Pool) {
    let spec = wanted::pool(draft.site.topology(), wish, rollout::first(&wish.release), wish.size);
    let count = wanted::within(wanted::capacity(wish, wish.size.min), spec.bounds);
    let effect = format!("{count} instances of {} are launched in {} zones", wish.release, spec.zones.len());
    draft.step(Action::Pool(PoolStep::Ensure(spec)), Reason::Missing, effect);
}

fn remove(draft: &mut Draft, seen: &PoolState) {
    let name = &seen.spec.name;
    let tier = TierName::Pool(Some(name.clone()));
    if seen.phase == Phase::Removing {
        return draft.wait(tier, Why::Removing, None);
    }
    let Some(balancers) = draft.balancers().all() else {
        return draft.wait(tier, Why::Footing("knowing the balancers".into()), None);
    };
    let before = |balancer: &&BalancerState| balancer.spec.routes.iter().any(|route| route.pool == *name);
    if let Some(balancer) = balancers.iter().find(before) {
        return draft.wait(tier, Why::Footing(format!("balancer {} letting go of it", balancer.spec.name)), None);
    }
    if footing::in_use_by_names(draft, &tier, |endpoint| *endpoint == Endpoint::Pool(name.clone())) {
        return;
    }
    let effect = format!("its {} instances drain and stop", seen.instances.len());
    draft.step(Action::Pool(PoolStep::Remove { pool: name.clone() }), Reason::Unwanted, effect);
}

impl<'a> Tier<'a> {
    fn read(draft: &Draft<'a>, wish: &'a Pool, seen: &'a PoolState, at: Timestamp) -> Self {
        let balancers = draft.balancers().all();
        let crew = Crew::read(seen, balancers);
        let capacity = wanted::capacity(wish, seen.desired);
        let floor = wish.guards.min_healthy.of_at_least(capacity).max(1);
        // Who is behind a balancer that cannot be seen may be its last: nobody is taken out.
        let budget = if balancers.is_some() { crew.serving().saturating_sub(floor) } else { 0 };
        let gives = |wanted: &&Balancer| wanted.routes.iter().any(|to| to.pool == wish.name && to.weight > 0);
        let measured_by = draft.wanted_balancers().iter().filter(gives).map(|wanted| &wanted.name).collect();
        Self { wish, crew, balancers, measured_by, at, bounds: seen.spec.bounds, capacity, budget, floor }
    }

    fn keep(mut self, draft: &mut Draft, seen: &PoolState) {
        if seen.phase == Phase::Removing {
            return draft.wait(self.name(), Why::Removing, None);
        }
        let course = rollout::course(&self, seen);
        let wanted = self.wanted(draft, seen, &course);
        hold::put_back(&self, draft);
        if !self.ensure(draft, seen, &wanted, &course) {
            self.bound(draft, seen, wanted.bounds);
            hold::pull_out(&mut self, draft);
            exchange::retire(&mut self, draft, &wanted, &course);
        }
        self.wait(draft, seen, &wanted, course);
    }

    /// What is to be asked for now.
    fn wanted(&self, draft: &mut Draft, seen: &PoolState, course: &Course) -> PoolSpec {
        let mut spec = wanted::pool(draft.site.topology(), self.wish, course.marks.clone(), self.wish.size);
        spec.drain = footing::drain(draft, seen, spec.drain);
        if !self.outdated(&spec).is_empty() || course.rolling() || hold::needs_headroom(self) {
            let most = self.capacity.saturating_add(self.wish.rollout.surge).min(self.wish.size.max);
            if most > self.capacity {
                spec.bounds.min = spec.bounds.min.max(most);
            }
        } else if !self.may_give_back(spec.bounds) {
            spec.bounds.min = spec.bounds.min.max(seen.spec.bounds.min.min(spec.bounds.max));
        }
        spec
    }

    /// Whether the pool may choose for itself whom it terminates when the minimum falls to these bounds.
    fn may_give_back(&self, bounds: Size) -> bool {
        self.crew.living().saturating_sub(self.expected(bounds)) <= self.budget
    }

    /// Asks for what differs; the pool is otherwise left alone in that turn.
    fn ensure(&self, draft: &mut Draft, seen: &PoolState, wanted: &PoolSpec, course: &Course) -> bool {
        let mut like_wanted = seen.spec.clone();
        like_wanted.bounds.min = wanted.bounds.min;
        if like_wanted == *wanted && seen.phase != Phase::Broken {
            return false;
        }
        let (reason, effect) = self.why_ensure(seen, wanted, course);
        draft.step(Action::Pool(PoolStep::Ensure(wanted.clone())), reason, effect);
        true
    }

    fn why_ensure(&self, seen: &PoolState, wanted: &PoolSpec, course: &Course) -> (Reason, String) {
        if let Some(Redirect { reason, effect }) = &course.redirect {
            return (reason.clone(), effect.clone());
        }
        if seen.spec.zones != wanted.zones {
            let effect = format!("instances are launched in {} zones only", wanted.zones.len());
            return (Reason::Zones(changed(seen, wanted)), effect);
        }
        let effect = format!("the pool tries to have {}", wanted::within(self.capacity, wanted.bounds));
        (wanted::drift(&seen.spec, wanted), effect)
    }

    /// Raises the minimum before instances are taken out, and gives it back afterwards.
    fn bound(&mut self, draft: &mut Draft, seen: &PoolState, bounds: Size) {
        if seen.spec.bounds == bounds {
            return;
        }
        let raised = bounds.min > seen.spec.bounds.min;
        let reason = match raised {
            true if bounds == self.wish.size => Reason::Drift(vec!["bounds".into()]),
            true => Reason::Headroom,
            false => Reason::GiveBack,
        };
        if !raised {
            self.budget = self.budget.saturating_sub(self.crew.living().saturating_sub(self.expected(bounds)));
        }
        let count = wanted::within(self.capacity, bounds);
        let effect = if raised { format!("launches up to {count}") } else { format!("terminates down to {count}") };
        draft.step(Action::Pool(PoolStep::Bound { pool: self.wish.name.clone(), bounds }), reason, effect);
    }

    fn wait(&self, draft: &mut Draft, seen: &PoolState, wanted: &PoolSpec, course: Course) {
        match seen.phase {
            Phase::Pending => draft.wait(self.name(), Why::Pending, None),
            Phase::Broken => draft.wait(self.name(), Why::Broken(format!("pool {}", self.wish.name)), None),
            Phase::Active | Phase::Removing => {}
        }
        let (ready, expected) = (self.crew.serving(), self.expected(wanted.bounds));
        if ready < expected {
            draft.wait(self.name(), Why::Capacity { ready, wanted: expected }, None);
        } else if self.crew.living() > expected || self.crew.moves() || self.out_of_place(seen, wanted) {
            draft.wait(self.name(), Why::Settling, None);
        }
        if let Verdict::Wait { whys, until } = course.verdict {
            whys.into_iter().for_each(|why| draft.wait(self.name(), why, None));
            if let Some(until) = until.filter(|until| *until > self.at) {
                draft.look_again(until, self.at);
            }
        }
        if let Some(why) = course.rejected {
            draft.wait(self.name(), why, None);
        }
    }

    /// Whether the pool will move instances between zones, or some are to be exchanged.
    fn out_of_place(&self, seen: &PoolState, wanted: &PoolSpec) -> bool {
        let crooked = self.crew.skew(wanted) > wanted.max_skew && seen.refused.is_empty() && !self.crew.holds();
        crooked || !self.outdated(wanted).is_empty()
    }

    /// Those to be exchanged. What is too much within the bounds that it has the pool takes away by itself, other releases
    /// first: while that covers them, launching others for them would be in vain.
    pub fn outdated(&self, wanted: &PoolSpec) -> Vec<Member<'a>> {
        let outdated = self.crew.outdated(wanted, &self.wish.hold);
        let too_many = self.crew.living().saturating_sub(self.expected(self.bounds));
        if crew::count(outdated.iter()) <= too_many { Vec::new() } else { outdated }
    }

    fn is_listed(&self, member: &Member) -> bool {
        self.wish.hold.iter().any(|hold| hold.instance == member.state.id)
    }

    /// How many the pool will have within these bounds, what is held left out.
    pub fn expected(&self, bounds: Size) -> u32 {
        wanted::within(self.capacity, bounds).saturating_sub(self.crew.shrunk())
    }

    /// Whether every instance that may serve runs this release, and there are as many as there should be.
    pub fn runs_everywhere(&self, seen: &PoolState, release: &Release) -> bool {
        let free = |member: &Member| !self.is_listed(member);
        let only = self.crew.live().filter(free).all(|member| member.state.release == *release);
        only && self.crew.serving() >= self.expected(seen.spec.bounds).min(self.expected(self.wish.size))
    }

    /// Whether nobody measures its releases: no balancer gives it requests, or is to.
    pub fn is_unmeasured(&self) -> bool {
        let gives = |balancer: &BalancerState| crew::routes_to(balancer, &self.wish.name);
        self.measured_by.is_empty() && self.balancers.is_some_and(|balancers| !balancers.iter().any(gives))
    }

    /// The pool, for what is said of it.
    pub fn name(&self) -> TierName {
        TierName::Pool(Some(self.wish.name.clone()))
    }
}

fn changed(seen: &PoolState, wanted: &PoolSpec) -> Vec<ZoneName> {
    let (before, after) = (&seen.spec.zones, &wanted.zones);
    let gone = before.iter().filter(|zone| !after.contains(zone));
    gone.chain(after.iter().filter(|zone| !before.contains(zone))).cloned().collect()
}
