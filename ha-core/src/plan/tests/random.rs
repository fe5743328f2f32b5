//! What holds of every plan, over worlds drawn by chance.

use super::*;
use crate::{
    backend::state::{InstancePhase, LossReason, TargetHealth},
    topology::{HoldMode, Rollout},
};
use proptest::prelude::*;

/// A site with a release, a closed zone and holds, or without.
fn sites() -> impl Strategy<Value = ValidTopology> {
    let pool = (1..7u32, 0..3u32, 1..4u32, 0..=1000u32, 1..3u32);
    (pool, any::<bool>(), prop::option::of(0..6usize)).prop_map(|((n, surge, batch, healthy, release), close, hold)| {
        let mut pool = web().release(&format!("v{release}")).size(1..=n + 2).capacity(n);
        pool = pool.guards(min_healthy(healthy)).rollout(Rollout { surge, batch, ..Rollout::default() });
        if let Some(index) = hold {
            let zone = ["a", "b", "c"][index % 3];
            let mode = if index % 2 == 0 { HoldMode::Replace } else { HoldMode::Shrink };
            pool = pool.hold(&format!("{zone}-{}", index + 1), mode);
        }
        let topology = shop_of(pool);
        valid(if close { topology.close("a") } else { topology })
    })
}

/// Something that happens to the world beside our steps.
#[derive(Clone, Debug)]
enum Happens {
    Phase(usize, InstancePhase),
    Lose(usize, LossReason),
    Sick(usize),
    Tick(u64),
    Turn,
}

fn happenings() -> impl Strategy<Value = Vec<Happens>> {
    let phase = prop::sample::select(vec![
        InstancePhase::Booting,
        InstancePhase::Unready,
        InstancePhase::Draining,
        InstancePhase::Returning,
        InstancePhase::Held(HoldMode::Replace),
        InstancePhase::Lost,
    ]);
    let one = prop_oneof![
        1 => (any::<usize>(), phase).prop_map(|(index, phase)| Happens::Phase(index, phase)),
        1 => any::<usize>().prop_map(|index| Happens::Lose(index, LossReason::Gone)),
        1 => any::<usize>().prop_map(Happens::Sick),
        2 => (1..120u64).prop_map(Happens::Tick),
        4 => Just(Happens::Turn),
    ];
    prop::collection::vec(one, 0..25)
}

fn happen(toy: &mut Toy, site: &ValidTopology, what: &Happens) {
    let pick = |toy: &Toy, index: usize| {
        let ids: Vec<String> = toy.pools.iter().flat_map(|p| p.instances.iter().map(|i| i.id.to_string())).collect();
        ids.get(index % ids.len().max(1)).cloned()
    };
    match what {
        Happens::Phase(index, phase) => {
            if let Some(id) = pick(toy, *index) {
                toy.phase(&id, *phase)
            }
        }
        Happens::Lose(index, why) => {
            if let Some(id) = pick(toy, *index) {
                toy.lose(&id, *why)
            }
        }
        Happens::Sick(index) => {
            if let Some(target) = toy.balancers.first_mut().and_then(|b| {
                let n = b.targets.len().max(1);
                b.targets.get_mut(index % n)
            }) {
                target.health = TargetHealth::Unhealthy;
            }
        }
        Happens::Tick(seconds) => toy.tick(*seconds),
        Happens::Turn => drop(toy.turn(site)),
    }
}

/// Instances that are ready, and healthy at every balancer.
fn serving(toy: &Toy) -> u32 {
    let healthy = |id| {
        toy.balancers.iter().all(|b| b.targets.iter().any(|t| t.instance == id && t.health == TargetHealth::Healthy))
    };
    let all = toy.pools.iter().flat_map(|pool| &pool.instances);
    u32::try_from(all.filter(|i| i.phase == InstancePhase::Ready && healthy(i.id.clone())).count()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn our_steps_never_take_what_serves_below_the_minimum(site in sites(), first in sites(), story in happenings()) {
        let mut toy = Toy::empty();
        (0..12).for_each(|_| drop(toy.turn(&first)));
        story.iter().for_each(|what| happen(&mut toy, &site, what));
        let before = serving(&toy);
        let plan = plan(&site, &toy.observed());
        let wish = &site.topology().pools[0];
        let floor = wish.guards.min_healthy.of_at_least(wanted_capacity(wish)).max(1);
        let mut taken = 0;
        for step in plan.steps() {
            if let Action::Pool(PoolStep::Retire { instance, .. } | PoolStep::Hold { instance, .. }) = &step.action {
                let mut after = toy.clone();
                after.instance(instance.as_str()).phase = InstancePhase::Draining;
                taken += serving(&toy) - serving(&after);
            }
        }
        prop_assert!(taken == 0 || before - taken >= floor, "{before} - {taken} < {floor}: {plan}");
    }

    #[test]
    fn the_same_world_gives_the_same_plan_and_doing_it_twice_is_doing_it_once(site in sites(), story in happenings()) {
        let mut toy = Toy::converged(&shop(web()));
        story.iter().for_each(|what| happen(&mut toy, &site, what));
        let once = plan(&site, &toy.observed());
        prop_assert_eq!(&once, &plan(&site, &toy.observed()));
        prop_assert_eq!(&Plan::load(&once.save()).unwrap(), &once);
        prop_assert!(once.to_string().lines().all(|line| line.chars().count() <= 80));
    }

    #[test]
    fn whatever_happened_the_site_converges_when_it_is_over(site in sites(), first in sites(), story in happenings()) {
        let mut toy = Toy::empty();
        (0..12).for_each(|_| drop(toy.turn(&first)));
        story.iter().for_each(|what| happen(&mut toy, &site, what));
        for index in 0..toy.pools.first().map_or(0, |pool| pool.instances.len()) {
            if toy.pools[0].instances[index].phase != InstancePhase::Held(HoldMode::Replace) {
                toy.pools[0].instances[index].phase = InstancePhase::Ready;
            }
        }
        (0..150).for_each(|_| drop(toy.turn(&site)));
        let last = plan(&site, &toy.observed());
        let stuck = has(&last, |why| *why == Why::Budget);
        prop_assert!(last.converged() || stuck && last.steps().next().is_none(), "{last}");
    }
}

fn wanted_capacity(wish: &Pool) -> u32 {
    match wish.capacity {
        crate::topology::Capacity::Fixed(instances) => instances,
        crate::topology::Capacity::Scaled => 0,
    }
}
