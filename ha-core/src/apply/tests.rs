//! Waves, bounds, and what is not started.

use super::*;
use crate::{
    backend::{Clock, Rest},
    plan::{
        Reason, plan,
        tests::{shop, toy::Toy, web},
    },
    reconcile::tests::memory::{Fate, World, run},
    time::Timestamp,
    validate::Problem,
};
use async_trait::async_trait;
use std::{
    sync::{Mutex, atomic::AtomicUsize},
    task::Context,
    time::Duration,
};

fn scope() -> Scope {
    Scope { name: "shop".into(), id: "shop-1".into() }
}

fn applied(world: &Arc<World>, plan: &Plan, stop: &Stop, until: Option<Duration>) -> (Applied, Vec<What>) {
    let events = Mutex::new(Vec::new());
    let observer = |event: &Event| events.lock().unwrap().push(event.what.clone());
    let (backend, scope) = (world.backend(), scope());
    let turn = Turn { backend: &backend, scope: &scope, observer: &observer, stop, number: 7, until };
    let applied = run(apply(plan, &turn));
    (applied, events.into_inner().unwrap())
}

#[test]
fn waves_are_asked_in_order_and_every_step_is_told() {
    let world = World::new(Toy::empty());
    let plan = plan(&shop(web()), &Toy::empty().observed());
    let (applied, events) = applied(&world, &plan, &Stop::default(), None);
    assert_eq!(*world.calls.lock().unwrap(), ["network.ensure", "pool.ensure", "balancer.ensure", "dns.ensure"]);
    assert!(applied.steps.iter().all(|(_, outcome)| *outcome == Outcome::Accepted) && applied.started());
    let steps: Vec<Step> = plan.steps().cloned().collect();
    let told: Vec<What> = steps.iter().flat_map(|s| [What::Asked(s.clone()), What::Accepted(s.clone())]).collect();
    assert_eq!(events, told);
}

#[test]
fn a_refused_step_is_reported_and_the_others_go_on() {
    let world = World::new(Toy::empty());
    world.fate("pool.ensure", &[Fate::Denied]);
    let plan = plan(&shop(web()), &Toy::empty().observed());
    let (applied, events) = applied(&world, &plan, &Stop::default(), None);
    let failed: Vec<bool> = applied.steps.iter().map(|(_, o)| matches!(o, Outcome::Failed(_))).collect();
    assert_eq!(failed, [false, true, false, false]);
    assert_eq!(applied.errors().count(), 1);
    assert!(events.iter().any(|what| matches!(what, What::Failed(_, error) if *error.kind() == Kind::Denied)));
}

#[test]
fn a_plan_with_problems_is_not_applied() {
    let world = World::new(Toy::empty());
    let mut plan = plan(&shop(web()), &Toy::empty().observed());
    plan.problems.push(Problem::new("id", "no", "yes"));
    let (applied, _) = applied(&world, &plan, &Stop::default(), None);
    assert_eq!((world.calls.lock().unwrap().len(), applied.started(), applied.steps.len()), (0, false, 4));
}

#[test]
fn after_stop_no_step_starts() {
    let world = World::new(Toy::empty());
    let stop = Stop::default();
    stop.clone().stop();
    let plan = plan(&shop(web()), &Toy::empty().observed());
    let (applied, _) = applied(&world, &plan, &stop, None);
    assert!(!applied.started());
}

#[test]
fn a_step_starts_only_while_the_lease_outlasts_the_longest_call() {
    let plan = plan(&shop(web()), &Toy::empty().observed());
    for (left, started) in [(30, false), (31, true)] {
        let world = World::new(Toy::empty());
        let until = world.elapsed() + Duration::from_secs(left);
        assert_eq!(applied(&world, &plan, &Stop::default(), Some(until)).0.started(), started, "{left}");
    }
}

#[test]
fn a_reviewed_plan_is_applied_only_to_the_world_it_was_made_from() {
    let world = World::new(Toy::empty());
    let (site, backend, scope, stop) = (shop(web()), world.backend(), scope(), Stop::default());
    let reviewed = plan(&site, &Toy::empty().observed());
    let observer = |_: &Event| {};
    let turn = Turn { backend: &backend, scope: &scope, observer: &observer, stop: &stop, number: 1, until: None };
    assert!(run(apply_reviewed(&reviewed, &site, &turn)).unwrap().started());
    let calls = world.calls.lock().unwrap().len();
    let stale = run(apply_reviewed(&reviewed, &site, &turn)).unwrap_err();
    assert!(stale.world_changed && stale.gone.len() == 4);
    assert_eq!(world.calls.lock().unwrap().len(), calls + 4, "it only looked");
}

/// A DNS port whose calls each wait a few polls, and which counts how many are under way.
#[derive(Default)]
struct Slow {
    now: AtomicUsize,
    most: AtomicUsize,
    done: AtomicUsize,
}

#[async_trait]
impl crate::backend::Dns for Slow {
    fn check(&self, _: &crate::backend::spec::RecordSet, _: u32) -> Vec<Problem> {
        Vec::new()
    }
    async fn observe(
        &self,
        _: &Scope,
    ) -> Result<crate::backend::state::Reading<Vec<crate::backend::state::RecordState>>> {
        Err(no_port("dns"))
    }
    async fn ensure(&self, _: &Scope, _: &crate::backend::spec::RecordSet) -> Result<()> {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        for _ in 0..3 {
            let mut polled = false;
            poll_fn(|context: &mut Context<'_>| {
                let ready = std::mem::replace(&mut polled, true);
                if ready {
                    return Poll::Ready(());
                }
                context.waker().wake_by_ref();
                Poll::Pending
            })
            .await;
        }
        self.now.fetch_sub(1, Ordering::SeqCst);
        self.done.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
    async fn remove(&self, _: &Scope, _: &crate::name::DnsName) -> Result<()> {
        Ok(())
    }
}

struct Still;

#[async_trait]
impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::ZERO
    }
    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }
    async fn sleep(&self, _: Duration) {}
    async fn rest(&self, _: Rest) {}
}

#[test]
fn the_steps_of_a_wave_run_together_eight_at_a_time() {
    let slow = Arc::new(Slow::default());
    let backend = Backend::new(Arc::new(Still)).with_dns(slow.clone());
    let mut plan = plan(&shop(web()), &Toy::empty().observed());
    let step = plan.waves[3][0].clone();
    plan.waves = vec![vec![Step { reason: Reason::Missing, ..step }; 20]];
    let (scope, stop, observer) = (scope(), Stop::default(), |_: &Event| {});
    let turn = Turn { backend: &backend, scope: &scope, observer: &observer, stop: &stop, number: 1, until: None };
    let applied = run(apply(&plan, &turn));
    assert_eq!(applied.steps.iter().filter(|(_, outcome)| *outcome == Outcome::Accepted).count(), 20);
    assert_eq!((slow.most.load(Ordering::SeqCst), slow.done.load(Ordering::SeqCst)), (8, 20));
}

/// Whether somebody asked for another poll since the last.
struct Asked(AtomicBool);

impl std::task::Wake for Asked {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn whoever_applies_is_left_alone_until_a_step_asks_for_it() {
    let slow = Arc::new(Slow::default());
    let backend = Backend::new(Arc::new(Still)).with_dns(slow.clone());
    let mut plan = plan(&shop(web()), &Toy::empty().observed());
    plan.waves = vec![vec![plan.waves[3][0].clone(); 2 * AT_ONCE + 1]];
    let (scope, stop, observer) = (scope(), Stop::default(), |_: &Event| {});
    let turn = Turn { backend: &backend, scope: &scope, observer: &observer, stop: &stop, number: 1, until: None };
    let asked = Arc::new(Asked(AtomicBool::new(true)));
    let waker = asked.clone().into();
    let mut applying = std::pin::pin!(apply(&plan, &turn));
    let mut polls = 0;
    while applying.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
        assert!(asked.0.swap(false, Ordering::SeqCst), "nobody would ever poll it again");
        polls += 1;
    }
    // Each call is polled three times in vain, and the next begin as soon as the last have ended.
    assert_eq!((polls, slow.done.load(Ordering::SeqCst)), (9, 2 * AT_ONCE + 1));
}

#[test]
fn every_step_asks_its_own_verb() {
    let toy = Toy::converged(&shop(web()));
    let (pool, instance, balancer) = ("web".into(), "a-1".into(), "front".into());
    let (spec, front, set) = (&toy.pools[0].spec, &toy.balancers[0].spec, &toy.records[0].set);
    let pools = |step: PoolStep| Action::Pool(step);
    let rows = [
        (Action::Network(NetworkStep::Ensure(toy.network.clone().unwrap().spec)), "network.ensure"),
        (pools(PoolStep::Ensure(spec.clone())), "pool.ensure"),
        (pools(PoolStep::Bound { pool, bounds: spec.bounds }), "pool.bound"),
        (pools(PoolStep::Hold { pool: "web".into(), instance, mode: crate::topology::HoldMode::Replace }), "pool.hold"),
        (pools(PoolStep::PutBack { pool: "web".into(), instance: "a-1".into() }), "pool.put_back"),
        (
            pools(PoolStep::Retire { pool: "web".into(), instance: "a-1".into(), refill: crate::backend::Refill::Yes }),
            "pool.retire",
        ),
        (Action::Balancer(BalancerStep::Ensure(front.clone())), "balancer.ensure"),
        (Action::Balancer(BalancerStep::Route { balancer, routes: front.routes.clone() }), "balancer.route"),
        (Action::Dns(DnsStep::Ensure(set.clone())), "dns.ensure"),
        (Action::Dns(DnsStep::Remove { name: set.name.clone() }), "dns.remove"),
        (Action::Balancer(BalancerStep::Remove { balancer: "front".into() }), "balancer.remove"),
        (pools(PoolStep::Remove { pool: "web".into() }), "pool.remove"),
        (Action::Network(NetworkStep::Remove), "network.remove"),
    ];
    let world = World::new(toy.clone());
    let mut plan = plan(&shop(web()), &toy.observed());
    let sample = crate::plan::plan(&shop(web()), &Toy::empty().observed()).waves[0][0].clone();
    plan.waves = rows.iter().map(|(action, _)| vec![Step { action: action.clone(), ..sample.clone() }]).collect();
    applied(&world, &plan, &Stop::default(), None);
    assert_eq!(*world.calls.lock().unwrap(), rows.map(|(_, verb)| verb));
}
