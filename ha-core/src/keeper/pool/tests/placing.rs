//! Where a pool grows and shrinks: tables of the rules for launching, scaling in and moving between zones.

use super::*;

fn refused(mut view: View, zones: &[(&str, u64)]) -> View {
    view.refused = zones.iter().map(|(zone, at)| (ZoneName::from(*zone), Timestamp::from_secs(*at))).collect();
    view
}

#[test]
fn missing_places_are_filled_in_the_emptiest_zone_ties_in_the_specs_order() {
    let rows = [
        (0, "", "", None),
        (4, "", "launch web-a-1, launch web-b-1, launch web-c-1, launch web-a-2", None),
        (3, "a ready, b ready", "launch web-c-1", None),
        (4, "b ready, b ready, c booting", "launch web-a-1", Some(1090)),
        (3, "a ready, b ready, c ready", "", None),
        // What leaves or is gone fills nothing; what is held for a replacement neither.
        (3, "a draining, b ready, c ready", "launch web-a-1", None),
        (3, "a replaced, b ready, c ready", "launch web-a-1", None),
        // What shrinks the pool fills its place, and counts in its zone.
        (3, "a shrunk, b ready, c ready", "", None),
        (4, "a shrunk, b ready, c ready", "launch web-a-1", None),
        (5, "a shrunk, b ready, c ready, a ready", "launch web-b-1", None),
        (1, "a shrunk, b shrunk", "", None),
        // Members of closed zones count in number.
        (2, "z ready, b ready", "", None),
        (3, "z ready, b ready", "launch web-a-1", None),
    ];
    table(&rows, &policy());
}

#[test]
fn a_launch_is_named_after_all_that_were_launched_in_its_zone() {
    let mut known = view(3, "");
    known.launched = vec![("b".into(), 7), ("a".into(), 2)];
    assert_eq!(decided(&known, &policy()).0, "launch web-a-3, launch web-b-8, launch web-c-1");
    known.desired = 4;
    known.spec.zones = vec!["b".into()];
    assert_eq!(decided(&known, &policy()).0, "launch web-b-8, launch web-b-9, launch web-b-10, launch web-b-11");
}

#[test]
fn a_zone_that_refused_is_left_alone_until_its_back_off_ends() {
    let policy = policy();
    let two = view(2, "b ready");
    for (zones, orders, look_again) in [
        (vec![("a", 701)], "launch web-c-1", Some(1001)),
        (vec![("a", 700)], "launch web-a-1", None),
        (vec![("a", 701), ("c", 750)], "launch web-b-1", Some(1001)),
        (vec![("c", 750), ("b", 720), ("a", 800)], "", Some(1020)),
        // A closed zone is no matter of time.
        (vec![("z", 990)], "launch web-a-1", None),
    ] {
        let seen = decided(&refused(two.clone(), &zones), &policy);
        assert_eq!(seen, (orders.to_string(), look_again), "{zones:?}");
    }
    // Nothing is missing: a refusal does not matter.
    assert_eq!(decided(&refused(view(1, "b ready"), &[("a", 990)]), &policy), (String::new(), None));
}

#[test]
fn without_an_open_zone_nothing_is_launched() {
    let mut closed = view(3, "a ready");
    closed.spec.zones.clear();
    assert_eq!(decided(&closed, &policy()), (String::new(), None));
}

#[test]
fn what_is_too_much_drains_in_the_order_of_its_worth() {
    let rows = [
        (3, "a ready, b ready, c ready, a ready", "drain 4"),
        (2, "a ready, b ready, b ready, c ready", "drain 3, drain 4"),
        // What fails its checks first, though it is alone in its zone.
        (3, "a ready, a ready, b ready, c unready", "drain 4"),
        // Then another release, then a closed zone, then the fullest zone.
        (3, "a ready, b ready, c ready/old, a ready", "drain 3"),
        (3, "a ready, z ready, c ready, a ready", "drain 2"),
        (3, "a ready, z ready, c ready/old, a ready", "drain 3"),
        (3, "a ready/old, b unready, c ready, a ready", "drain 2"),
        // Of one zone what boots before what is ready; the youngest of its like.
        (3, "b ready, a booting, a ready, a ready", "drain 2"),
        (3, "b ready, a booting, a booting, a ready", "drain 3"),
        // What is held fills its zone, and never goes.
        (2, "a shrunk, b ready, a ready", "drain 3"),
        (0, "a replaced, b shrunk", ""),
    ];
    for (desired, members, orders) in rows {
        assert_eq!(decided(&view(desired, members), &policy()).0, orders, "{desired}: {members}");
    }
}

#[test]
fn something_ready_goes_only_when_enough_that_is_ready_is_left() {
    let rows = [
        (3, "a ready, a ready, b ready, c booting", "", Some(1090)),
        (3, "a ready, a ready, b ready, c ready", "drain 2", None),
        (2, "a ready, a ready, b ready, c booting", "drain 2, drain 4", Some(1090)),
        (2, "a ready/old, b ready/old, c booting", "", Some(1090)),
    ];
    table(&rows, &policy());
}

#[test]
fn the_replacement_for_the_time_goes_not_the_instance_that_was_put_back() {
    let rows = [
        (3, "a returning, b ready, c ready, a ready", "", Some(1090)),
        (3, "a ready, b ready, c ready, a ready", "drain 4", None),
        (3, "a returning, b ready, c ready, a booting", "drain 4", Some(1090)),
        // Only what returns is too much.
        (0, "a returning", "", Some(1090)),
    ];
    table(&rows, &policy());
}

#[test]
fn zones_out_of_balance_get_one_more_in_the_emptiest() {
    let rows = [
        (3, "a ready, a ready, b ready", "launch web-c-1", None),
        (2, "a ready, a ready", "launch web-b-1", None),
        (3, "a ready, b ready, c ready", "", None),
        (2, "a ready, b ready", "", None),
        // Not before all is ready.
        (3, "a ready, a ready, b booting", "", Some(1090)),
        (3, "a ready, a ready, b unready", "", Some(1050)),
        (3, "a ready, a ready, b returning", "", Some(1090)),
        // Held instances cannot be moved; what stands beside them can.
        (4, "a shrunk, a shrunk, b ready, c ready", "", None),
        (5, "a shrunk, a shrunk, a shrunk, b ready, c ready", "", None),
        (6, "a shrunk, a shrunk, a ready, a ready, b ready, c ready", "launch web-b-1", None),
        // A closed zone is emptied by whoever closed it.
        (4, "z ready, z ready, z ready, a ready", "", None),
    ];
    table(&rows, &policy());
    table(&[(3, "a ready, a ready, b ready", "", None)], &Policy { rebalances: false, ..policy() });
}

#[test]
fn the_skew_that_is_allowed_is_left_and_a_difference_of_one_always() {
    let four = "a ready, a ready, a ready, b ready, c ready";
    for (max_skew, orders) in [(0, "launch web-b-1"), (1, "launch web-b-1"), (2, ""), (3, "")] {
        let mut skewed = view(5, four);
        skewed.spec.max_skew = max_skew;
        assert_eq!(decided(&skewed, &policy()).0, orders, "{max_skew}");
    }
    let mut odd = view(4, "a ready, a ready, b ready, c ready");
    odd.spec.max_skew = 0;
    assert_eq!(decided(&odd, &policy()), (String::new(), None));
}

#[test]
fn zones_are_not_balanced_while_one_of_them_backs_off() {
    let skewed = view(3, "a ready, a ready, b ready");
    for (zones, orders, look_again) in [
        (vec![("c", 701)], "", Some(1001)),
        (vec![("a", 701)], "", Some(1001)),
        (vec![("c", 701), ("b", 710)], "", Some(1010)),
        (vec![("c", 700)], "launch web-c-1", None),
        (vec![("z", 999)], "launch web-c-1", None),
    ] {
        let seen = decided(&refused(skewed.clone(), &zones), &policy());
        assert_eq!(seen, (orders.to_string(), look_again), "{zones:?}");
    }
}

#[test]
fn a_zone_where_launches_come_to_nothing_is_left_alone_while_others_serve() {
    let lost = |zone: &str, release: &str, at: u64, why| Loss {
        instance: "web-a-1".into(),
        zone: zone.into(),
        release: release.into(),
        at: Timestamp::from_secs(at),
        why,
    };
    let decided_after = |view: View, loss: Loss| {
        decided(&view.after(&[Loss { at: Timestamp::from_secs(600), ..loss.clone() }, loss]), &policy())
    };
    let two = || view(2, "b ready");
    let never = |at| lost("a", "new", at, LossReason::NeverReady);
    assert_eq!(decided_after(two(), never(701)), ("launch web-c-1".into(), Some(1001)));
    assert_eq!(decided_after(two(), never(700)), ("launch web-a-1".into(), None));
    let in_a = ("launch web-a-1".to_string(), None);
    assert_eq!(decided_after(two(), lost("a", "new", 990, LossReason::Unhealthy)), in_a, "it served");
    assert_eq!(
        decided_after(two(), lost("a", "bad", 990, LossReason::NeverReady)),
        in_a,
        "the release may be at fault"
    );
    assert_eq!(decided_after(view(2, "b unready"), never(990)).0, in_a.0, "nobody serves elsewhere");
    assert_eq!(decided(&two().after(&[never(990)]), &policy()), in_a, "one slow boot is chance");
    let other = lost("c", "new", 980, LossReason::NeverReady);
    assert_eq!(decided(&two().after(&[other, never(990)]), &policy()), in_a, "one in each zone is, too");
    let there = decided_after(view(4, "b ready, b ready, c ready, a ready"), never(990));
    assert_eq!(there.0, "", "nothing is missing");
    assert_eq!(decided_after(view(5, "b ready, b ready, c ready, c ready"), never(990)).0, "launch web-b-1");
    assert_eq!(decided_after(view(6, "b ready, b ready, c ready, c ready, a ready"), never(990)).0, "launch web-a-1");
    let mut without = two();
    without.spec.guards.brake = None;
    assert_eq!(decided_after(without, never(990)), in_a, "no brake is asked for");
}
