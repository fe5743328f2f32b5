//! Clauses of the ports' contracts that are broken on purpose, so that a conformance case is seen to fail.

use std::collections::BTreeSet;

/// Every clause that can be broken, as `port.clause`.
pub const CLAUSES: [&str; 54] = [
    "network.a_network_becomes_active",
    "network.asking_twice_is_asking_once",
    "network.a_network_in_use_is_not_removed",
    "network.foreign_objects_are_a_conflict",
    "network.remove_leaves_only_what_it_lists",
    "pool.keeps_the_desired_number",
    "pool.spreads_over_open_zones",
    "pool.replaces_a_lost_instance",
    "pool.replaces_an_unhealthy_instance",
    "pool.a_new_release_touches_only_new_instances",
    "pool.never_launches_into_a_closed_zone",
    "pool.launches_elsewhere_when_a_zone_is_full",
    "pool.drains_before_it_stops",
    "pool.a_held_instance_gets_no_request_and_is_not_replaced",
    "pool.a_held_instance_is_replaced_for_the_time",
    "pool.what_is_put_back_serves_only_when_ready",
    "pool.a_raised_minimum_is_met",
    "pool.retires_the_one_it_is_asked_to",
    "pool.brakes_mass_replacement",
    "pool.a_pool_without_a_network_is_refused",
    "pool.asking_twice_is_asking_once",
    "pool.foreign_objects_are_a_conflict",
    "pool.a_pool_behind_a_balancer_is_not_removed",
    "pool.remove_leaves_only_what_it_lists",
    "balancer.serves_the_ready_instances_of_its_pools",
    "balancer.takes_out_what_fails_and_takes_it_back",
    "balancer.never_routes_to_an_unready_instance",
    "balancer.keeps_the_last_targets_when_all_fail",
    "balancer.weights_share_the_requests",
    "balancer.route_moves_weights_only",
    "balancer.a_sticky_user_stays",
    "balancer.a_balancer_without_its_pools_is_refused",
    "balancer.asking_twice_is_asking_once",
    "balancer.foreign_objects_are_a_conflict",
    "balancer.a_balancer_behind_a_name_is_not_removed",
    "balancer.remove_leaves_only_what_it_lists",
    "dns.a_name_answers_what_it_stands_for",
    "dns.answers_only_living_endpoints_after_ttl_and_detection",
    "dns.never_the_last_answer",
    "dns.a_change_is_seen_after_the_ttl",
    "dns.fails_over_to_the_secondary_and_back",
    "dns.weights_share_the_answers",
    "dns.a_name_without_its_endpoint_is_refused",
    "dns.asking_twice_is_asking_once",
    "dns.foreign_objects_are_a_conflict",
    "dns.remove_leaves_only_what_it_lists",
    "store.what_was_put_is_got",
    "store.an_absent_object_is_none",
    "store.one_of_two_writers_wins",
    "store.a_stale_version_is_refused",
    "store.creates_only_what_is_absent",
    "store.lists_by_prefix",
    "store.scopes_do_not_meet",
    "store.delete_may_be_repeated",
];

/// Which clauses are broken; none, unless somebody asks for it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Broken(BTreeSet<&'static str>);

impl Broken {
    /// Just this clause broken; `None` if there is no such clause.
    pub fn just(clause: &str) -> Option<Self> {
        CLAUSES.into_iter().find(|known| *known == clause).map(|known| Self(BTreeSet::from([known])))
    }
    /// Whether this clause is broken.
    pub fn breaks(&self, clause: &str) -> bool {
        !self.0.is_empty() && self.0.contains(clause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_clause_of_every_contract_can_be_broken() {
        let cases: Vec<String> = ha_core::conformance::cases().map(ToString::to_string).collect();
        assert_eq!(BTreeSet::from(CLAUSES.map(str::to_owned)), cases.into_iter().collect());
    }

    #[test]
    fn only_known_clauses_can_be_broken() {
        for clause in CLAUSES {
            let broken = Broken::just(clause).unwrap();
            assert!(CLAUSES.iter().all(|other| broken.breaks(other) == (*other == clause)));
        }
        assert_eq!(Broken::just("pool.no_such_clause"), None);
        assert!(!CLAUSES.iter().any(|clause| Broken::default().breaks(clause)));
    }
}
