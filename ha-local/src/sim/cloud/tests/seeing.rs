//! Who sees what when: own changes at once, those of others within `settle`, and what a fault keeps unseen.

use super::*;

const OTHER: u32 = 2;

fn networks(lab: &mut Lab, viewer: u32) -> usize {
    let Ok(Answer::Network(reading)) = lab.part(viewer, &Request::NetworkObserve(scope()), 0) else {
        panic!("network")
    };
    reading.state.map_or(0, |network| network.spec.zones.len())
}

#[test]
fn own_changes_are_seen_at_once_and_those_of_others_within_settle() {
    let mut lab = Lab::new();
    lab.profile.api.settle = secs(60);
    lab.wish(&Request::NetworkEnsure(scope(), network())).unwrap();
    assert_eq!((networks(&mut lab, ME), networks(&mut lab, OTHER)), (3, 0));
    let mut seen = Vec::new();
    for _ in 0..60 {
        lab.run_for(secs(1));
        seen.push(networks(&mut lab, OTHER));
    }
    assert!(seen.windows(2).all(|pair| pair[0] <= pair[1]), "what was seen once stays seen: {seen:?}");
    assert!(seen[0] == 0 && seen[59] == 3, "{seen:?}");
}

#[test]
fn a_change_of_ones_own_shows_what_others_did_before_it() {
    let mut lab = Lab::new();
    lab.profile.api.settle = secs(60);
    lab.wish(&Request::NetworkEnsure(scope(), network())).unwrap();
    lab.part(OTHER, &Request::NetworkEnsure(scope(), NetworkSpec { nat: Nat::None, ..network() }), 3).unwrap();
    assert_eq!(networks(&mut lab, OTHER), 3);
}

#[test]
fn a_fault_may_hide_a_wish_for_longer() {
    let mut lab = Lab::new();
    let request = Request::NetworkEnsure(scope(), network());
    lab.wish(&request).unwrap();
    lab.cloud.hide(ME, &request, lab.now + secs(90));
    lab.run_for(secs(89));
    assert_eq!((networks(&mut lab, ME), networks(&mut lab, OTHER)), (3, 0));
    lab.run_for(secs(2));
    assert_eq!(networks(&mut lab, OTHER), 3);
}

#[test]
fn the_version_counts_what_can_be_seen() {
    let mut lab = Lab::shop();
    let version = lab.cloud.version();
    lab.run_for(secs(3600));
    assert_eq!(lab.cloud.version(), version);
    lab.kill("web-a-1");
    lab.run_for(secs(60));
    assert!(lab.cloud.version() > version);
}
