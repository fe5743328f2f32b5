//! The acts of a site's life: two zones, two instances, a balancer and a name.

use ha_core::{
    Controller,
    backend::Scope,
    topology::{Balancer, Dns, Gate, HealthCheck, NoReading, Pool, Rollout, Topology, ValidTopology},
};
use ha_local::docker::{Docker, now, pool::Machine};
use std::{sync::Arc, time::Duration};

/// Their names, in their order.
pub const NAMES: [&str; 5] = ["create", "release", "size", "zone", "remove"];

/// A lease so short that a call may not take longer than this.
const CALL: Duration = Duration::from_millis(900);
const LEASE: Duration = Duration::from_secs(2);
const PERIOD: Duration = Duration::from_millis(250);
const PATIENCE: Duration = Duration::from_secs(120);

/// The site as an act wants it.
fn site(scope: &Scope, act: &str) -> Result<ValidTopology, String> {
    let at = NAMES.iter().position(|name| *name == act).ok_or_else(|| format!("no act is called {act:?}"))?;
    let reached = |name: &str| NAMES[..=at].contains(&name);
    let millis = Duration::from_millis;
    let gate = Gate { no_reading: NoReading::GoOn, ..Gate::default() };
    let rollout = Rollout { surge: 1, batch: 1, bake: millis(200), gate };
    let health = HealthCheck { interval: millis(300), timeout: millis(250), healthy: 1, unhealthy: 3 };
    let web = Pool::new("web")
        .release(if reached("release") { "r2" } else { "r1" })
        .size(1..=6)
        .capacity(if reached("size") { 3 } else { 2 })
        .ready("/ready", Duration::from_secs(60))
        .port(8080)
        .rollout(rollout);
    let zones = ["a", "b", "c"];
    let balancer = Balancer::http("front").to("web").health(health).drain(millis(500));
    let topology = Topology::new(&scope.name)
        .id(&scope.id)
        .zones(zones[..if reached("zone") { 3 } else { 2 }].iter().copied())
        .with(web)
        .with(balancer)
        .with(Dns::apex(&format!("{}.example", scope.name)).to("front").ttl(Duration::from_secs(1)));
    let site = topology.validate().map_err(|problems| problems.to_string())?;
    Ok(if reached("remove") { site.removed() } else { site })
}

/// Makes the site as the act wants it, and waits until the engine has followed.
pub async fn carry_out(docker: &Arc<Docker>, scope: &Scope, act: &str) -> Result<(), String> {
    let backend = docker.backend().with_call_timeout(CALL);
    let holder = format!("{act}-{}-{}", std::process::id(), now().0);
    let controller = Controller::new(backend, holder.as_str().into());
    let mut controller = controller.period(PERIOD).lease_length(LEASE).patience(PATIENCE);
    let site = site(scope, act)?;
    controller.until_converged(&site).await.map_err(|stalled| stalled.to_string())?;
    let begun = now();
    loop {
        let tables = docker.directory.read().await.map_err(|trouble| trouble.to_string())?;
        let members = tables.pools.values().flat_map(|row| &row.members);
        let rest = members.filter(|member| member.machine != Machine::Made).count();
        if rest == 0 {
            return Ok(());
        }
        if now().since(begun) > PATIENCE {
            return Err(format!("{rest} instances are still being made or ended"));
        }
        tokio::time::sleep(PERIOD).await;
    }
}
