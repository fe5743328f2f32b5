//! Who holds the lease, when it changes hands, and what happens when the store does not answer.

use super::*;
use crate::{
    plan::tests::toy::Toy,
    reconcile::tests::memory::{Fate, World, run},
};
use std::sync::Arc;

const LENGTH: Duration = Duration::from_secs(60);
const SETTLE: Duration = Duration::from_secs(20);

struct Site {
    world: Arc<World>,
    scope: Scope,
}

impl Site {
    fn new() -> Self {
        Self { world: World::new(Toy::empty()), scope: Scope { name: "shop".into(), id: "1".into() } }
    }
    fn place(&self, generation: u64) -> Place<'_> {
        Place { store: &*self.world, clock: &*self.world, scope: &self.scope, settle: SETTLE, generation }
    }
    fn renew(&self, lease: &mut Lease, generation: u64) -> Standing {
        run(lease.renew(&self.place(generation)))
    }
    fn record(&self) -> Record {
        serde_json::from_str(&self.world.lease().unwrap()).unwrap()
    }
    fn now(&self) -> Timestamp {
        self.world.now()
    }
}

fn lease(name: &str) -> Lease {
    Lease::new(name.into(), LENGTH)
}

fn holds(standing: &Standing) -> bool {
    matches!(standing, Standing::Holds { .. })
}

#[test]
fn an_absent_lease_is_taken_at_once_and_renewed() {
    let (site, mut one) = (Site::new(), lease("one"));
    assert_eq!(site.renew(&mut one, 3), Standing::Holds { until: site.world.elapsed() + LENGTH, taken: true });
    assert_eq!((site.record().serial, site.record().generation, site.record().released_ms), (1, 3, None));
    site.world.pass(30);
    assert_eq!(site.renew(&mut one, 3), Standing::Holds { until: site.world.elapsed() + LENGTH, taken: false });
    assert_eq!((site.record().serial, site.record().length_ms), (2, 60_000));
}

#[test]
fn a_holder_renews_and_gives_back_by_one_write_each() {
    let (site, mut one) = (Site::new(), lease("one"));
    site.renew(&mut one, 3);
    let calls = |site: &Site| std::mem::take(&mut *site.world.calls.lock().unwrap());
    assert_eq!(calls(&site), ["store.get", "store.put"]);
    assert!(holds(&site.renew(&mut one, 3)) && holds(&site.renew(&mut one, 4)));
    run(one.give_back(&site.place(4), Duration::from_secs(7)));
    assert_eq!(calls(&site), ["store.put"; 3]);
    assert_eq!((site.record().serial, site.record().generation, site.record().released_ms), (3, 4, Some(7000)));
}

#[test]
fn who_announced_a_newer_topology_is_given_the_lease_even_by_who_did_not_know() {
    let (site, mut old, mut new) = (Site::new(), lease("old"), lease("new"));
    site.renew(&mut old, 1);
    site.renew(&mut new, 2);
    run(old.give_back(&site.place(1), Duration::from_secs(7)));
    assert_eq!((site.record().released_ms, site.record().successor), (Some(7000), Some(2)));
}

#[test]
fn a_dead_holders_lease_is_taken_after_its_length_and_the_settling_time() {
    let (site, mut one, mut two) = (Site::new(), lease("one"), lease("two"));
    site.renew(&mut one, 0);
    site.world.pass(1000);
    let due = site.now() + LENGTH + SETTLE;
    let stands_by = Standing::StandsBy { holder: "one".into(), look_again: due };
    assert_eq!(site.renew(&mut two, 0), stands_by, "it was not seen before, however old it is");
    site.world.pass(79);
    assert_eq!(site.renew(&mut two, 0), stands_by);
    site.world.pass(1);
    assert_eq!(site.renew(&mut two, 0), Standing::Holds { until: site.world.elapsed() + LENGTH, taken: true });
    assert!(!holds(&site.renew(&mut one, 0)), "the old holder has lost it");
}

#[test]
fn a_living_holder_keeps_its_lease() {
    let (site, mut one, mut two) = (Site::new(), lease("one"), lease("two"));
    site.renew(&mut one, 0);
    for _ in 0..20 {
        assert!(!holds(&site.renew(&mut two, 0)));
        site.world.pass(30);
        assert!(holds(&site.renew(&mut one, 0)));
    }
}

#[test]
fn a_lease_given_back_is_taken_when_its_givers_changes_are_seen() {
    for (unseen, wait) in [(0, 0), (7, 7), (90, 20)] {
        let (site, mut one, mut two) = (Site::new(), lease("one"), lease("two"));
        site.renew(&mut one, 0);
        run(one.give_back(&site.place(0), Duration::from_secs(unseen)));
        if wait > 0 {
            assert!(!holds(&site.renew(&mut two, 0)));
            site.world.pass(wait - 1);
            assert!(!holds(&site.renew(&mut two, 0)));
            site.world.pass(1);
        }
        assert!(holds(&site.renew(&mut two, 0)), "{unseen}");
    }
}

#[test]
fn who_does_not_hold_the_lease_gives_nothing_back() {
    let (site, mut one, mut two) = (Site::new(), lease("one"), lease("two"));
    site.renew(&mut one, 0);
    site.renew(&mut two, 0);
    let before = site.world.lease();
    run(two.give_back(&site.place(0), Duration::ZERO));
    run(two.remove(&site.place(0)));
    assert_eq!(site.world.lease(), before);
    run(one.remove(&site.place(0)));
    assert_eq!(site.world.lease(), None);
}

#[test]
fn an_older_topology_ends_and_hands_over_at_its_next_renewal() {
    let (site, mut old, mut new) = (Site::new(), lease("old"), lease("new"));
    site.renew(&mut old, 1);
    assert!(!holds(&site.renew(&mut new, 2)), "a newer one waits as for anybody");
    assert_eq!((site.record().holder.as_str(), site.record().successor), ("old", Some(2)));
    assert_eq!(site.renew(&mut old, 1), Standing::Superseded(2));
    site.renew(&mut new, 2);
    site.world.pass(20);
    assert!(holds(&site.renew(&mut new, 2)));
    assert_eq!(site.renew(&mut old, 1), Standing::Superseded(2));
    assert_eq!(site.renew(&mut lease("older"), 0), Standing::Superseded(2));
}

#[test]
fn an_announcement_is_no_sign_of_life_and_is_made_once() {
    let (site, mut dead, mut new) = (Site::new(), lease("dead"), lease("new"));
    site.renew(&mut dead, 1);
    site.renew(&mut new, 2);
    site.world.pass(40);
    site.renew(&mut new, 2);
    assert_eq!(site.world.count("store.put"), 2);
    site.world.pass(40);
    assert!(holds(&site.renew(&mut new, 2)));
}

#[test]
fn a_newer_topology_that_gave_its_lease_back_still_keeps_an_older_one_out() {
    let (site, mut new) = (Site::new(), lease("new"));
    site.renew(&mut new, 2);
    run(new.give_back(&site.place(2), Duration::ZERO));
    assert_eq!(site.renew(&mut lease("old"), 1), Standing::Superseded(2));
    assert!(holds(&site.renew(&mut lease("same"), 2)));
}

#[test]
fn a_write_without_an_answer_is_found_out() {
    let (site, mut one) = (Site::new(), lease("one"));
    site.world.fate("store.put", &[Fate::Lost]);
    assert!(holds(&site.renew(&mut one, 0)), "it had taken effect");
    site.world.fate("store.put", &[Fate::Dropped]);
    assert!(matches!(site.renew(&mut one, 0), Standing::Unknown(_)), "it had not");
    assert!(holds(&site.renew(&mut one, 0)));
    assert_eq!(site.record().serial, 2);
}

#[test]
fn a_lease_runs_from_before_the_write_was_sent() {
    let (site, mut one) = (Site::new(), lease("one"));
    let before = site.world.elapsed();
    let Standing::Holds { until, .. } = site.renew(&mut one, 0) else { panic!() };
    assert_eq!(until, before + LENGTH);
}

#[test]
fn a_store_that_does_not_answer_leaves_nobody_acting() {
    let (site, mut one) = (Site::new(), lease("one"));
    for fate in [Fate::Dropped, Fate::Throttled(5), Fate::Denied] {
        site.world.fate("store.get", &[fate]);
        assert!(matches!(site.renew(&mut one, 0), Standing::Unknown(_)), "{fate:?}");
    }
    for fate in [Fate::Throttled(5), Fate::Denied] {
        site.world.fate("store.put", &[fate]);
        assert!(matches!(site.renew(&mut one, 0), Standing::Unknown(_)), "{fate:?}");
    }
}

#[test]
fn an_object_that_is_no_lease_is_not_overwritten() {
    let (site, mut one) = (Site::new(), lease("one"));
    run(site.world.put(&site.scope, &KEY.into(), b"{}", &Expect::Absent)).unwrap();
    assert!(matches!(site.renew(&mut one, 0), Standing::Unknown(_)));
    assert_eq!(site.world.lease().unwrap(), "{}");
}

#[test]
fn of_two_that_take_at_once_one_wins() {
    let site = Site::new();
    let (mut one, mut two) = (lease("one"), lease("two"));
    let standings = [site.renew(&mut one, 0), site.renew(&mut two, 0)];
    assert_eq!(standings.iter().filter(|standing| holds(standing)).count(), 1);
}

#[test]
fn who_is_slower_tries_again_and_gives_up_after_the_third_time() {
    for (conflicts, held) in [(1, true), (2, true), (3, false)] {
        let (site, mut one) = (Site::new(), lease("one"));
        site.world.fate("store.put", &[Fate::Conflict; 3][..conflicts]);
        assert_eq!(holds(&site.renew(&mut one, 0)), held, "{conflicts}");
    }
}

#[test]
fn a_lease_that_was_lost_is_taken_anew() {
    let (site, mut one, mut two) = (Site::new(), lease("one"), lease("two"));
    site.renew(&mut one, 0);
    site.renew(&mut two, 0);
    site.world.pass(80);
    assert!(holds(&site.renew(&mut two, 0)));
    assert!(!holds(&site.renew(&mut one, 0)));
    run(two.give_back(&site.place(0), Duration::ZERO));
    assert_eq!(site.renew(&mut one, 0), Standing::Holds { until: site.world.elapsed() + LENGTH, taken: true });
    site.renew(&mut two, 1);
    assert_eq!(site.renew(&mut one, 0), Standing::Superseded(1));
    assert!(!holds(&site.renew(&mut one, 1)), "what it changed last may be unseen");
    site.world.pass(20);
    assert_eq!(site.renew(&mut one, 1), Standing::Holds { until: site.world.elapsed() + LENGTH, taken: true });
}

#[test]
fn who_has_lost_the_lease_or_never_took_it_gives_nothing_back() {
    let (site, mut one, mut two) = (Site::new(), lease("one"), lease("two"));
    site.renew(&mut one, 0);
    let before = site.world.lease();
    run(lease("one").give_back(&site.place(0), Duration::ZERO));
    assert_eq!(site.world.lease(), before, "another process of that name holds it");
    site.renew(&mut two, 0);
    site.world.pass(80);
    site.renew(&mut two, 0);
    let before = site.world.lease();
    run(one.give_back(&site.place(0), Duration::ZERO));
    assert_eq!(site.world.lease(), before, "it was taken meanwhile, and is the taker's");
}

#[test]
fn the_same_serial_of_another_holder_is_another_lease() {
    let (site, mut one, mut two) = (Site::new(), lease("one"), lease("two"));
    site.renew(&mut one, 0);
    site.renew(&mut two, 0);
    site.world.pass(79);
    run(one.remove(&site.place(0)));
    site.renew(&mut lease("three"), 0);
    assert_eq!(site.record().serial, 1);
    site.world.pass(1);
    assert!(!holds(&site.renew(&mut two, 0)), "it has lasted a second only");
}

#[test]
fn a_clock_that_is_set_makes_no_lease_longer_or_shorter() {
    let (site, mut one, mut two) = (Site::new(), lease("one"), lease("two"));
    let Standing::Holds { until, .. } = site.renew(&mut one, 0) else { panic!() };
    site.renew(&mut two, 0);
    *site.world.set.lock().unwrap() = 86_400;
    let due = site.now() + LENGTH + SETTLE;
    assert_eq!(site.renew(&mut two, 0), Standing::StandsBy { holder: "one".into(), look_again: due });
    site.world.pass(79);
    assert!(!holds(&site.renew(&mut two, 0)), "it was not unchanged for as long as that");
    *site.world.set.lock().unwrap() = -86_400;
    assert!(!holds(&site.renew(&mut two, 0)));
    site.world.pass(1);
    assert!(holds(&site.renew(&mut two, 0)));
    assert!(until < site.world.elapsed(), "it was over for its holder before that");
}

#[test]
fn no_length_is_too_long() {
    let (site, mut one, mut two) = (Site::new(), Lease::new("one".into(), Duration::MAX), lease("two"));
    assert_eq!(site.renew(&mut one, 0), Standing::Holds { until: Duration::MAX, taken: true });
    assert!(!holds(&site.renew(&mut two, 0)));
}
