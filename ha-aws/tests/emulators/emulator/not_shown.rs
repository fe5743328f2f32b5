//! What the emulators cannot show, and why. Each is run all the same, and must fail: the day it passes it leaves the list.

const NOBODY: &str = "nobody answers requests: there are no machines under it";

const STANDBY: &str = "what stands by stays in its target group";

/// On moto.
pub const BY_MOTO: &[(&str, &str)] = &[
    ("pool.spreads_over_open_zones", "all instances of a group are launched in its first subnet"),
    ("pool.replaces_a_lost_instance", "a group tells nothing of its past, so that no loss is noted"),
    ("pool.never_launches_into_a_closed_zone", "all instances of a group are launched in its first subnet"),
    ("pool.launches_elsewhere_when_a_zone_is_full", "no launch is refused for want of capacity"),
    ("pool.replaces_an_unhealthy_instance", "no instance ever fails its checks"),
    ("pool.drains_before_it_stops", NOBODY),
    ("pool.who_leaves_stays_as_long_as_names_are_kept", "lifecycle hooks are kept, and nobody waits for them"),
    ("pool.a_held_instance_gets_no_request_and_is_not_replaced", STANDBY),
    ("pool.a_held_instance_is_replaced_for_the_time", STANDBY),
    ("pool.what_is_put_back_serves_only_when_ready", STANDBY),
    ("pool.brakes_mass_replacement", "no instance ever fails its checks"),
    ("balancer.serves_the_ready_instances_of_its_pools", NOBODY),
    (
        "balancer.takes_out_what_fails_and_takes_it_back",
        "targets are never checked: they are healthy at once, and stay so",
    ),
    (
        "balancer.never_routes_to_an_unready_instance",
        "targets are never checked: they are healthy at once, and stay so",
    ),
    (
        "balancer.keeps_the_last_targets_when_all_fail",
        "targets are never checked: they are healthy at once, and stay so",
    ),
    ("balancer.weights_share_the_requests", NOBODY),
    ("balancer.a_sticky_user_stays", NOBODY),
    ("dns.a_name_answers_what_it_stands_for", NOBODY),
    ("dns.answers_only_living_endpoints_after_ttl_and_detection", "no balancer ever fails, and nothing looks at it"),
    ("dns.never_the_last_answer", "no balancer ever fails, and nothing looks at it"),
    ("dns.fails_over_to_the_secondary_and_back", "no balancer ever fails, and nothing looks at it"),
];

/// On ministack.
pub const BY_MINISTACK: &[(&str, &str)] = &[];
