//! Who leaves: tables of the rules for what has left, retires, does not boot, or is ill.

use super::*;

#[test]
fn what_has_left_is_stopped_and_only_a_death_is_a_loss() {
    let rows = [
        (1, "a ready, b drained", "stop 2", None),
        (1, "a ready, b draining", "", None),
        (1, "a ready, b lost", "stop 2 gone", None),
        (1, "a ready, b lost!", "stop 2", None),
        (1, "a ready, b drained!", "stop 2", None),
        (1, "a lost, b drained", "stop 1 gone, stop 2, launch web-a-1", None),
    ];
    table(&rows, &policy());
}

#[test]
fn what_retires_drains_whatever_it_does_and_its_place_is_refilled() {
    for phase in ["booting", "ready", "unready", "replaced", "shrunk", "returning"] {
        let (orders, _) = decided(&view(2, &format!("a {phase}!, b ready")), &policy());
        assert_eq!(orders, "drain 1, launch web-a-1", "{phase}");
    }
    table(&[(2, "a draining!, b ready", "launch web-a-1", None), (1, "a ready!, b ready", "drain 1", None)], &policy());
}

#[test]
fn a_pool_that_is_to_go_drains_everything_and_launches_nothing() {
    let members = "a booting, b ready, c unready@1, a replaced, b shrunk, c returning, a draining, b drained, c lost";
    let mut going = view(9, members);
    going.removing = true;
    let orders = "stop 8, stop 9, drain 1, drain 2, drain 3, drain 4, drain 5, drain 6";
    assert_eq!(decided(&going, &policy()), (orders.into(), None));
    going.members.clear();
    assert_eq!(decided(&going, &policy()), (String::new(), None));
}

#[test]
fn what_is_not_ready_within_its_budget_is_given_up_at_that_instant() {
    let rows = [
        (1, "a booting@901", "", Some(1001)),
        (1, "a booting@900", "drain 1 never ready, launch web-a-1", None),
        (2, "a booting@950, b booting@930", "", Some(1030)),
        // It is put back at `since`; when it was launched does not matter.
        (1, "a returning@901", "", Some(1001)),
        (1, "a returning@900", "drain 1 never ready, launch web-a-1", None),
        (1, "a ready@1", "", None),
    ];
    table(&rows, &policy());
}

#[test]
fn the_boot_budget_counts_from_launch() {
    let mut late = view(1, "a booting");
    late.members[0].launched = Timestamp::from_secs(NOW - BUDGET);
    assert_eq!(decided(&late, &policy()).0, "drain 1 never ready, launch web-a-1");
}

#[test]
fn what_is_unready_beyond_patience_is_given_up_at_that_instant() {
    let rows = [
        (1, "a unready@941", "", Some(1001)),
        (1, "a unready@940", "drain 1 unhealthy, launch web-a-1", None),
        (3, "a ready, b unready@970, c unready@950", "", Some(1010)),
        (1, "a replaced@1, b ready", "", None),
        (0, "a shrunk@1", "", None),
    ];
    table(&rows, &policy());
    table(&[(1, "a unready@1", "", None)], &Policy { replaces_unhealthy: false, ..policy() });
}

#[test]
fn a_pool_is_looked_at_again_at_the_earliest_of_all_ends() {
    table(&[(3, "a booting@950, b unready@985, c ready", "", Some(1045))], &policy());
    table(&[(3, "a booting@930, b unready@985, c ready", "", Some(1030))], &policy());
}

#[test]
fn the_brake_lets_only_its_share_go_longest_ill_first() {
    let ill = "a unready@500, b unready@400, c unready@600, a unready@300, b unready@700, c unready@800";
    let orders = "drain 4 unhealthy, drain 2 unhealthy, launch web-a-1, launch web-b-1";
    table(&[(6, ill, orders, None)], &policy());
    let all = "drain 4 unhealthy, drain 2 unhealthy, drain 1 unhealthy, drain 3 unhealthy, drain 5 unhealthy, \
               drain 6 unhealthy, launch web-a-1, launch web-b-1, launch web-c-1, launch web-a-2, launch web-b-2, \
               launch web-c-2";
    table(&[(6, ill, all, None)], &Policy { keeps_brake: false, ..policy() });
    let mut without = view(6, ill);
    without.spec.guards.brake = None;
    assert_eq!(decided(&without, &policy()).0, all);
}

#[test]
fn the_brake_counts_places_that_are_out_already() {
    let (ill, ok) = ("c unready@1, c unready@2", "a ready, b ready");
    for (members, orders) in [
        // Two of six may be out: one boots, so one may go.
        (format!("{ok}, {ill}, a booting, b ready"), "drain 3 unhealthy, launch web-c-1"),
        (format!("{ok}, {ill}, a booting, b booting"), ""),
        (format!("{ok}, {ill}, a draining, b booting"), "launch web-a-1"),
        // Death is not braked, and counts: two are out.
        (format!("{ok}, {ill}, a lost, b lost"), "stop 5 gone, stop 6 gone, launch web-a-1, launch web-b-1"),
        // What fails its checks and what returns fills its place.
        (
            format!("{ok}, {ill}, a unready, b returning"),
            "drain 3 unhealthy, drain 4 unhealthy, launch web-c-1, launch web-c-2",
        ),
        // A pool that is meant to be smaller has no place out.
        (
            format!("{ok}, {ill}, a shrunk, b shrunk"),
            "drain 3 unhealthy, drain 4 unhealthy, launch web-c-1, launch web-c-2",
        ),
    ] {
        assert_eq!(decided(&view(6, &members), &policy()).0, orders, "{members}");
    }
}

#[test]
fn the_brake_lets_one_go_even_of_a_small_pool() {
    let rows = [
        (1, "a unready@1", "drain 1 unhealthy, launch web-a-1", None),
        (2, "a unready@1, b unready@2", "drain 1 unhealthy, launch web-a-1", None),
        (5, "a unready@1, b unready@2, c ready, a ready, b ready", "drain 1 unhealthy, launch web-a-1", None),
    ];
    table(&rows, &policy());
}
