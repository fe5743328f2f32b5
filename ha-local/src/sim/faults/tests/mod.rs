//! Faults at work: what is refused, whom they pick, how they add up, and what a run makes of them.

mod asked;
mod calls;
mod compiled;
mod picked;
mod runs;
mod servers;
mod story;

use super::{Faults, Subject, injected::Phase};
use crate::sim::engine::draw::Seed;
use ha_core::{
    fault::Fault,
    name::PoolName,
    time::Timestamp,
    topology::{Balancer, Dns, Pool, Topology, ValidTopology},
    validate::Problems,
};
use std::time::Duration;

/// Three zones, six instances, one balancer, one name.
pub(super) fn site() -> ValidTopology {
    let web = Pool::new("web").release("v1").size(6..=9).capacity(6).ready("/healthz", Duration::from_secs(120));
    let admin = Pool::new("admin").release("a1").size(2..=4).capacity(2).ready("/healthz", Duration::from_secs(120));
    Topology::new("shop")
        .zones(["a", "b", "c"])
        .with(web)
        .with(admin)
        .with(Balancer::http("front").to("web"))
        .with(Balancer::http("back").to("admin"))
        .with(Dns::apex("shop.example").to("front"))
        .validate()
        .unwrap()
}

fn read(event: &str) -> Fault {
    event.parse().unwrap_or_else(|problem| panic!("{event}: {problem}"))
}

/// An event that lasts an hour from the start: `where = .., fault = ..` and parameters are given.
fn event(rest: &str) -> Fault {
    let once = format!("{{ at = \"0s\", {rest} }}");
    once.parse().unwrap_or_else(|_| read(&format!("{{ at = \"0s\", lasts = \"1h\", {rest} }}")))
}

fn compile(events: &[&str]) -> Result<Faults, Problems> {
    let events: Vec<Fault> = events.iter().map(|rest| event(rest)).collect();
    Faults::new("test", &events, &site(), Timestamp::ZERO)
}

/// These faults, all at work, on no machines that they picked.
fn at_work(events: &[&str]) -> Faults {
    let mut faults = compile(events).unwrap_or_else(|problems| panic!("{problems}"));
    faults.seed = Seed(7);
    faults.settle = Duration::from_secs(60);
    faults.all.iter_mut().for_each(|fault| fault.phase = Phase::AtWork);
    faults
}

fn web() -> PoolName {
    "web".into()
}

/// An instance of pool web.
fn subject<'a>(pool: &'a PoolName, name: &'a str, zone: u8) -> Subject<'a> {
    Subject { instance: 1, name, zone, pool, release: "v1", served: Some(Timestamp::ZERO), alive: 6, desired: 6 }
}
