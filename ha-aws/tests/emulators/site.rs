//! The life of a site on an emulator, each act by a backend of its own: made, asked for again, changed, removed.

use crate::emulator::{Emulator, EmulatorLab, Kind, Wire, block_on};
use ha_core::{
    Controller,
    backend::Backend,
    conformance::{Lab, Object},
    name::Holder,
    reconcile::{Report, Stalled},
    topology::{Balancer, Dns, Gate, NoReading, Pool, Rollout, Topology, ValidTopology},
};
use std::time::Duration;

fn site(zones: &[&str], capacity: u32, release: &str) -> ValidTopology {
    let gate = Gate { no_reading: NoReading::GoOn, ..Gate::default() };
    let rollout = Rollout { bake: Duration::from_secs(1), gate, ..Rollout::default() };
    let pool = Pool::new("web")
        .release(release)
        .size(capacity..=capacity + 1)
        .capacity(capacity)
        .ready("/ready", Duration::from_secs(60))
        .rollout(rollout);
    let topology = Topology::new("conformance").id("one").zones(zones.iter().copied()).with(pool);
    let topology = topology.with(Balancer::http("front").to("web")).with(Dns::apex("shop.example").to("front"));
    topology.validate().expect("the site holds together")
}

async fn converge(site: &ValidTopology, backend: Backend, holder: &str) -> Result<Report, Box<Stalled>> {
    let controller = Controller::new(backend, Holder::from(holder));
    let mut controller = controller.period(Duration::from_secs(1)).patience(Duration::from_secs(60));
    controller.until_converged(site).await.map_err(Box::new)
}

/// What it takes to make, ask again, change and remove a site.
struct Life {
    lab: EmulatorLab,
    acts: u32,
}

impl Life {
    /// How many calls changed something but the lease.
    async fn act(&mut self, site: &ValidTopology) -> usize {
        self.acts += 1;
        let wire = Wire::default();
        let backend = self.lab.backend(Some(&wire)).await;
        let report = converge(site, backend, &format!("act-{}", self.acts)).await;
        report.unwrap_or_else(|stalled| panic!("act {}: {stalled}", self.acts));
        wire.take().iter().filter(|request| request.changes() && request.service() != "s3").count()
    }
    async fn everything(&self) -> Vec<Object> {
        let mut all = self.lab.everything().await;
        all.sort();
        all
    }
}

#[test]
fn a_site_is_made_asked_for_again_changed_and_removed_without_a_trace() {
    let Ok(emulator) = Emulator::start(Kind::Moto).map_err(|why| eprintln!("ignored: {why}")) else { return };
    block_on(async {
        let mut life = Life { lab: EmulatorLab::new(emulator).await, acts: 0 };
        life.lab.empty().await;
        let before = life.everything().await;
        let first = site(&["a", "b"], 3, "r1");
        assert!(life.act(&first).await > 20);
        assert_eq!(life.act(&first).await, 0, "asked for again");
        assert!(life.act(&site(&["a", "b"], 3, "r2")).await > 0, "another release");
        assert!(life.act(&site(&["a", "b", "c"], 4, "r2")).await > 0, "another zone, one more instance");
        assert_eq!(life.act(&site(&["a", "b", "c"], 4, "r2")).await, 0, "asked for again");
        life.act(&site(&["a", "b", "c"], 4, "r2").removed()).await;
        assert_eq!(life.everything().await, before);
    });
}
