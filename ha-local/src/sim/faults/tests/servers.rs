//! The provider has no servers for balancers: who is made meanwhile fails, and who works gets no endpoint more.

use super::site;
use crate::sim::{Profile, Sim, Simulation};
use ha_core::{
    backend::state::{BalancerState, Phase},
    fault::Fault,
    topology::{Balancer, Topology},
};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

/// The site, converged, and for an hour the provider refuses servers to every balancer.
fn without_servers(profile: Profile) -> Simulation {
    let mut sim = Sim::new(&site(), 7).profile(profile).length(MINUTE * 600);
    let mut simulation = sim.start().unwrap();
    simulation.run_for(MINUTE * 60);
    let none = Fault::new("capacity.none", "balancer:*").unwrap();
    simulation.state().world.strike(&none.lasts(MINUTE * 60)).unwrap();
    simulation
}

fn want(simulation: &Simulation, change: impl FnOnce(&mut Topology)) {
    let mut state = simulation.state();
    let mut topology = state.world.wanted.topology().clone();
    change(&mut topology);
    topology.generation += 1;
    state.world.wanted = topology.validate().unwrap();
    state.world.interest();
}

fn balancer(simulation: &Simulation, name: &str) -> BalancerState {
    let balancers = simulation.state().world.observed().balancers;
    let known = balancers.known().cloned().unwrap_or_default();
    known.into_iter().find(|balancer| balancer.spec.name.as_str() == name).unwrap()
}

fn told(simulation: &Simulation, text: &str) -> usize {
    simulation.state().world.trace.records().iter().filter(|record| record.what.contains(text)).count()
}

#[test]
fn a_balancer_that_is_made_meanwhile_fails_and_is_asked_for_again_until_it_works() {
    let mut simulation = without_servers(Profile::aws());
    want(&simulation, |site| site.balancers.push(Balancer::http("aside").to("web")));
    let mut phases = Vec::new();
    for _ in 0..50 {
        simulation.run_for(MINUTE);
        phases.push(balancer(&simulation, "aside").phase);
    }
    assert!(phases.contains(&Phase::Broken) && !phases.contains(&Phase::Active), "{phases:?}");
    assert!(told(&simulation, "balancer aside failed to be made: no capacity") > 1);
    assert_eq!(balancer(&simulation, "front").phase, Phase::Active, "who is there stays");
    simulation.run_for(MINUTE * 90);
    assert_eq!(balancer(&simulation, "aside").phase, Phase::Active);
    assert_eq!(simulation.state().world.not_converged(), Vec::<String>::new());
}

#[test]
fn a_balancer_that_works_waits_for_its_endpoint_in_a_zone_that_is_opened() {
    let mut simulation = without_servers(Profile::aws());
    let answers = |simulation: &Simulation| {
        let state = simulation.state();
        state.world.cloud.truth(&state.world.wanted.scope()).records[0].answers
    };
    want(&simulation, |site| site.closed = site.zones[..1].to_vec());
    simulation.run_for(MINUTE * 25);
    assert_eq!(answers(&simulation), 2);
    want(&simulation, |site| site.closed.clear());
    simulation.run_for(MINUTE * 20);
    let front = balancer(&simulation, "front");
    assert_eq!((front.spec.zones.len(), front.phase, answers(&simulation)), (3, Phase::Pending, 2));
    assert!(told(&simulation, "balancer front gets no server in zone a: no capacity") > 1);
    simulation.run_for(MINUTE * 60);
    assert_eq!((balancer(&simulation, "front").phase, answers(&simulation)), (Phase::Active, 3));
    assert_eq!(simulation.state().world.not_converged(), Vec::<String>::new());
}

#[test]
fn the_targets_of_a_balancer_that_failed_are_checked_once_it_works() {
    let mut simulation = without_servers(Profile::ideal());
    want(&simulation, |site| site.balancers.push(Balancer::http("aside").to("web")));
    simulation.run_for(MINUTE * 30);
    assert_eq!(balancer(&simulation, "aside").phase, Phase::Broken);
    simulation.run_for(MINUTE * 120);
    assert_eq!(balancer(&simulation, "aside").phase, Phase::Active);
    assert_eq!(simulation.state().world.not_converged(), Vec::<String>::new());
}
