//! Cases of the port for pools.

mod held;
mod number;
mod repair;
mod wish;

use super::{Case, Port, Running, Trial};
use held::{
    a_held_instance_gets_no_request_and_is_not_replaced, a_held_instance_is_replaced_for_the_time,
    what_is_put_back_serves_only_when_ready,
};
use number::{
    a_raised_minimum_is_met, keeps_the_desired_number, launches_elsewhere_when_a_zone_is_full,
    never_launches_into_a_closed_zone, retires_the_one_it_is_asked_to, spreads_over_open_zones,
};
use repair::{
    brakes_mass_replacement, drains_before_it_stops, replaces_a_lost_instance, replaces_an_unhealthy_instance,
    who_leaves_stays_as_long_as_names_are_kept,
};
use wish::{
    a_new_release_touches_only_new_instances, a_pool_behind_a_balancer_is_not_removed,
    a_pool_without_a_network_is_refused, asking_twice_is_asking_once, foreign_objects_are_a_conflict,
    remove_leaves_only_what_it_lists,
};

const fn case(name: &'static str, run: for<'a> fn(&'a Trial<'a>) -> Running<'a>) -> Case {
    Case { port: Port::Pool, name, run }
}

pub(super) const CASES: &[Case] = &[
    case("keeps_the_desired_number", |trial| Box::pin(keeps_the_desired_number(trial))),
    case("spreads_over_open_zones", |trial| Box::pin(spreads_over_open_zones(trial))),
    case("replaces_a_lost_instance", |trial| Box::pin(replaces_a_lost_instance(trial))),
    case("replaces_an_unhealthy_instance", |trial| Box::pin(replaces_an_unhealthy_instance(trial))),
    case("a_new_release_touches_only_new_instances", |trial| Box::pin(a_new_release_touches_only_new_instances(trial))),
    case("never_launches_into_a_closed_zone", |trial| Box::pin(never_launches_into_a_closed_zone(trial))),
    case("launches_elsewhere_when_a_zone_is_full", |trial| Box::pin(launches_elsewhere_when_a_zone_is_full(trial))),
    case("drains_before_it_stops", |trial| Box::pin(drains_before_it_stops(trial))),
    case("who_leaves_stays_as_long_as_names_are_kept", |trial| {
        Box::pin(who_leaves_stays_as_long_as_names_are_kept(trial))
    }),
    case("a_held_instance_gets_no_request_and_is_not_replaced", |trial| {
        Box::pin(a_held_instance_gets_no_request_and_is_not_replaced(trial))
    }),
    case("a_held_instance_is_replaced_for_the_time", |trial| Box::pin(a_held_instance_is_replaced_for_the_time(trial))),
    case("what_is_put_back_serves_only_when_ready", |trial| Box::pin(what_is_put_back_serves_only_when_ready(trial))),
    case("a_raised_minimum_is_met", |trial| Box::pin(a_raised_minimum_is_met(trial))),
    case("retires_the_one_it_is_asked_to", |trial| Box::pin(retires_the_one_it_is_asked_to(trial))),
    case("brakes_mass_replacement", |trial| Box::pin(brakes_mass_replacement(trial))),
    case("a_pool_without_a_network_is_refused", |trial| Box::pin(a_pool_without_a_network_is_refused(trial))),
    case("asking_twice_is_asking_once", |trial| Box::pin(asking_twice_is_asking_once(trial))),
    case("foreign_objects_are_a_conflict", |trial| Box::pin(foreign_objects_are_a_conflict(trial))),
    case("a_pool_behind_a_balancer_is_not_removed", |trial| Box::pin(a_pool_behind_a_balancer_is_not_removed(trial))),
    case("remove_leaves_only_what_it_lists", |trial| Box::pin(remove_leaves_only_what_it_lists(trial))),
];
