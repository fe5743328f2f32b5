//! What fails in one zone while the candidate serves in another is an accident; a second one is the release's own.

use super::*;
use crate::{
    backend::state::{Loss, LossReason},
    topology::Rollout,
};

/// Whether the candidate is rejected that serves in every zone and lost these: zone, seconds ago, why.
fn rejected(losses: &[(&str, u64, LossReason)]) -> bool {
    let pool = || web().rollout(Rollout { bake: secs(600), ..Rollout::default() });
    let site = shop(pool().release("v2"));
    let mut toy = Toy::converged(&shop(pool()));
    toy.turn(&site);
    toy.tick(1000);
    for zone in ["a", "b"] {
        let there = toy.pools[0].instances.iter_mut().find(|instance| instance.zone.as_str() == zone);
        there.unwrap().release = "v2".into();
    }
    let at = toy.at;
    let loss = |(zone, ago, why): &(&str, u64, LossReason)| Loss {
        instance: "x-1".into(),
        zone: (*zone).into(),
        release: "v2".into(),
        at: at.back(secs(*ago)),
        why: *why,
    };
    toy.pools[0].losses = losses.iter().map(loss).collect();
    asked(&plan(&site, &toy.observed())).iter().any(|step| step.contains("ensure v1"))
}

#[test]
fn a_zone_that_fails_while_the_candidate_serves_elsewhere_is_not_its_fault() {
    use LossReason::{Gone, NeverReady, Unhealthy};
    assert!(!rejected(&[]));
    assert!(!rejected(&[("a", 10, Unhealthy)]));
    assert!(!rejected(&[("a", 310, Unhealthy), ("a", 200, Gone), ("a", 10, NeverReady)]), "within five minutes");
    assert!(rejected(&[("a", 311, Unhealthy), ("a", 10, Unhealthy)]), "a second accident there");
    assert!(rejected(&[("a", 20, Unhealthy), ("b", 10, Unhealthy)]), "in two zones it is the release");
    assert!(rejected(&[("a", 20, NeverReady), ("b", 10, Gone)]));
}
