//! The acts of a site's life: two zones, two instances, a balancer and a name.

use ha_core::{
    Controller,
    backend::Backend,
    topology::{Balancer, Dns, Gate, NoReading, Pool, Rollout, Topology, ValidTopology},
};
use std::time::Duration;

/// Their names, in their order.
pub const NAMES: [&str; 5] = ["create", "release", "size", "zone", "remove"];

/// How long a dead process's calls may stay unseen.
pub const SETTLE: Duration = Duration::from_secs(1);
/// A wish is several calls of a service, and must end before the lease does.
pub const CALL: Duration = Duration::from_secs(4);
const LEASE: Duration = Duration::from_secs(5);
const PERIOD: Duration = Duration::from_millis(500);
const PATIENCE: Duration = Duration::from_secs(120);

/// The site as an act wants it.
fn site(act: &str) -> Result<ValidTopology, String> {
    let at = NAMES.iter().position(|name| *name == act).ok_or_else(|| format!("no act is called {act:?}"))?;
    let reached = |name: &str| NAMES[..=at].contains(&name);
    let gate = Gate { no_reading: NoReading::GoOn, ..Gate::default() };
    let rollout = Rollout { bake: Duration::from_millis(200), gate, ..Rollout::default() };
    let web = Pool::new("web")
        .release(if reached("release") { "r2" } else { "r1" })
        .size(1..=6)
        .capacity(if reached("size") { 3 } else { 2 })
        .ready("/ready", Duration::from_secs(60))
        .rollout(rollout);
    let zones = ["a", "b", "c"];
    let topology = Topology::new("calls")
        .id("one")
        .zones(zones[..if reached("zone") { 3 } else { 2 }].iter().copied())
        .with(web)
        .with(Balancer::http("front").to("web").drain(Duration::from_secs(1)))
        .with(Dns::apex("calls.example").to("front").ttl(Duration::from_secs(60)));
    let site = topology.validate().map_err(|problems| problems.to_string())?;
    Ok(if reached("remove") { site.removed() } else { site })
}

/// Makes the site as the act wants it.
pub async fn carry_out(backend: Backend, act: &str) -> Result<(), String> {
    let holder = format!("{act}-{}-{}", std::process::id(), backend.clock.now().0);
    let controller = Controller::new(backend, holder.as_str().into());
    let mut controller = controller.period(PERIOD).lease_length(LEASE).patience(PATIENCE);
    controller.until_converged(&site(act)?).await.map(drop).map_err(|stalled| stalled.to_string())
}
