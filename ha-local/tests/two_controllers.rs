//! Two controllers, one frozen for a minute, clocks ten seconds apart, one with an older topology.

use ha_core::{
    time::Timestamp,
    topology::{Capacity, ValidTopology},
};
use ha_local::sim::{
    Sim, Simulation, drill,
    engine::task::{ClockError, TaskKind},
};
use std::time::Duration;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Which {
    Older,
    Newer,
}

fn newer(site: &ValidTopology) -> ValidTopology {
    let mut topology = site.topology().clone();
    topology.generation += 1;
    topology.pools[0].capacity = Capacity::Fixed(5);
    topology.validate().unwrap()
}

fn start(simulation: &Simulation, kind: TaskKind, ahead: bool) -> u32 {
    let mut state = simulation.state();
    let now = state.world.now;
    let offset_ns = if ahead { 10_000_000_000 } else { 0 };
    state.world.start(kind, now, ClockError::set(offset_ns))
}

fn freeze(simulation: &Simulation, task: u32, frozen: bool) {
    let mut state = simulation.state();
    if let Some(record) = state.world.tasks.get_mut(task) {
        record.paused = frozen;
    }
    state.world.attention.resumed |= !frozen;
}

/// The older one makes the site; the newer one comes, and a while later one of them is frozen for a minute.
fn meet(frozen: Which, ahead: Which, after: Duration) {
    let what = format!("{frozen:?} frozen after {after:?}, {ahead:?} ahead");
    let site = drill::site();
    let sim = Sim::new(&site, 7).profile(drill::profile()).period(Duration::from_secs(15));
    let mut sim = sim.lease(Duration::from_secs(30));
    let mut simulation = sim.start().unwrap();
    simulation.stop_controllers();
    let older = start(&simulation, TaskKind::Controller(Some(site.clone())), ahead == Which::Older);
    simulation.run_until(Timestamp::from_secs(300));
    assert_eq!(simulation.state().world.not_converged(), Vec::<String>::new(), "{what}: not made");
    simulation.state().world.wanted = newer(&site);
    let second = start(&simulation, TaskKind::Controller(None), ahead == Which::Newer);
    simulation.run_for(after);
    let task = if frozen == Which::Older { older } else { second };
    freeze(&simulation, task, true);
    simulation.run_for(Duration::from_secs(60));
    freeze(&simulation, task, false);
    simulation.run_for(Duration::from_secs(900));
    let mut state = simulation.state();
    let world = &mut state.world;
    let broken: Vec<String> = world.watch.violations().iter().map(|(at, what)| format!("{at}: {what}")).collect();
    assert_eq!(broken, Vec::<String>::new(), "{what}");
    assert!(world.tasks.get(older).is_some_and(|record| record.dead), "{what}: the older one goes on");
    assert!(world.tasks.get(second).is_some_and(|record| !record.dead), "{what}: the newer one has ended");
    let gave_way = |text: &str| text.contains("gives way to a controller of generation 1");
    assert_eq!(world.trace.records().iter().filter(|record| gave_way(&record.what)).count(), 1, "{what}");
    assert_eq!(world.not_converged(), Vec::<String>::new(), "{what}");
    assert_eq!(world.cloud.truth(&site.scope()).pools[0].spec.capacity, Capacity::Fixed(5), "{what}");
}

#[test]
fn the_older_of_two_controllers_gives_way_and_nothing_breaks() {
    for frozen in [Which::Older, Which::Newer] {
        for ahead in [Which::Older, Which::Newer] {
            (0..=60).step_by(5).for_each(|after| meet(frozen, ahead, Duration::from_secs(after)));
        }
    }
}

/// The holder is frozen so long after its turn began, its clock is set back, and another takes over; then it goes on.
/// Answers whether it was in the middle of its turn.
fn set_back(after: Duration) -> bool {
    let site = drill::site();
    let sim = Sim::new(&site, 7).profile(drill::profile()).period(Duration::from_secs(15));
    let mut simulation = sim.lease(Duration::from_secs(30)).start().unwrap();
    simulation.stop_controllers();
    let holder = start(&simulation, TaskKind::Controller(None), false);
    simulation.run_until(Timestamp::from_secs(20));
    start(&simulation, TaskKind::Controller(None), false);
    simulation.run_until(Timestamp::from_secs(360));
    {
        let mut state = simulation.state();
        state.world.wanted = newer(&site);
        state.world.interest();
    }
    let acts = |simulation: &Simulation| {
        simulation.state().world.tasks.get(holder).is_some_and(|record| record.resting.is_none())
    };
    while !acts(&simulation) {
        simulation.run_for(Duration::from_millis(1));
    }
    simulation.run_for(after);
    let in_its_turn = acts(&simulation);
    freeze(&simulation, holder, true);
    {
        let mut state = simulation.state();
        let now = state.world.now;
        let record = state.world.tasks.get_mut(holder).unwrap();
        record.clock = record.clock.turned(now, -200_000_000_000, 0);
    }
    simulation.run_for(Duration::from_secs(120));
    freeze(&simulation, holder, false);
    simulation.run_for(Duration::from_secs(300));
    let mut state = simulation.state();
    let world = &mut state.world;
    let broken: Vec<String> = world.watch.violations().iter().map(|(at, what)| format!("{at}: {what}")).collect();
    assert_eq!(broken, Vec::<String>::new(), "frozen after {after:?}");
    assert_eq!(world.not_converged(), Vec::<String>::new(), "frozen after {after:?}");
    in_its_turn
}

#[test]
fn a_holder_whose_clock_is_set_back_while_it_is_frozen_starts_no_step_when_it_goes_on() {
    let in_its_turn = (0..40).filter(|nth| set_back(Duration::from_millis(nth * 20))).count();
    assert!(in_its_turn >= 10, "only {in_its_turn} were frozen in their turn");
}
