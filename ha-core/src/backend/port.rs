//! The traits of the tiers that hold no data.

use super::{
    Result, Scope,
    spec::{BalancerSpec, NetworkSpec, PoolSpec, RecordSet},
    state::{BalancerState, NetworkState, PoolState, Reading, RecordState},
};
use crate::{
    name::{BalancerName, DnsName, InstanceId, PoolName},
    topology::{HoldMode, Route, Size},
    validate::Problem,
};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// What happens to the place of an instance that is retired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refill {
    /// Another is launched.
    Yes,
    /// The pool tries to have one fewer, not below its minimum.
    No,
}

/// The private network of a site.
///
/// Contract, each clause a conformance case of the same name:
/// - `a_network_becomes_active`: after `ensure` the network becomes `Active`.
/// - `asking_twice_is_asking_once`: a repeated `ensure` changes nothing.
/// - `a_network_in_use_is_not_removed`: `remove` is refused with `NotReady` while pools or balancers stand in it.
/// - `foreign_objects_are_a_conflict`: `ensure` over an object of another scope, or of none, is refused with `Conflict`,
///   whatever else is missing.
/// - `remove_leaves_only_what_it_lists`: after `remove` nothing of the scope exists.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Network: Send + Sync {
    /// What this backend cannot keep of `spec`. No I/O.
    fn check(&self, spec: &NetworkSpec) -> Vec<Problem>;
    /// The network of the scope, if there is one.
    async fn observe(&self, scope: &Scope) -> Result<Reading<Option<NetworkState>>>;
    /// Wishes the network to be so.
    async fn ensure(&self, scope: &Scope, spec: &NetworkSpec) -> Result<()>;
    /// Wishes it gone.
    async fn remove(&self, scope: &Scope) -> Result<()>;
}

/// Pools of instances. The pool keeps what it was asked for while nobody calls.
///
/// Contract, each clause a conformance case of the same name:
/// - `keeps_the_desired_number`: the pool launches and terminates until it has as many as desired.
/// - `spreads_over_open_zones`: no open zone has more than `max_skew` above the emptiest.
/// - `replaces_a_lost_instance`: what stops running is replaced.
/// - `replaces_an_unhealthy_instance`: what runs and fails its checks for good is replaced.
/// - `a_new_release_touches_only_new_instances`: `ensure` with another release changes no living instance.
/// - `never_launches_into_a_closed_zone`: nothing is launched in a zone that the spec does not list.
/// - `launches_elsewhere_when_a_zone_is_full`: a refused launch is tried in another zone.
/// - `drains_before_it_stops`: requests in flight on a leaving instance finish within the drain time.
/// - `who_leaves_stays_as_long_as_names_are_kept`: an instance that leaves answers on for the spec's own `drain`.
/// - `a_held_instance_gets_no_request_and_is_not_replaced`: with `Shrink` the pool stays smaller by one.
/// - `a_held_instance_is_replaced_for_the_time`: with `Replace` another instance takes its place.
/// - `what_is_put_back_serves_only_when_ready`: a returning instance gets no request before it is ready.
/// - `a_raised_minimum_is_met`: `bound` above the fixed capacity launches, back below it terminates.
/// - `retires_the_one_it_is_asked_to`: `retire` terminates that very instance, and refills its place if asked.
/// - `brakes_mass_replacement`: at most the brake's share is replaced for ill health at a time.
/// - `a_pool_without_a_network_is_refused`: `ensure` without a network is refused with `NotReady`.
/// - `asking_twice_is_asking_once`: a repeated wish changes nothing.
/// - `foreign_objects_are_a_conflict`: `ensure` over an object of another scope, or of none, is refused with `Conflict`,
///   whatever else is missing.
/// - `a_pool_behind_a_balancer_is_not_removed`: `remove` is refused with `NotReady` while a balancer names the pool.
/// - `remove_leaves_only_what_it_lists`: after `remove` no instance of the pool exists.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait ComputePool: Send + Sync {
    /// What this backend cannot keep of `spec`. No I/O.
    fn check(&self, spec: &PoolSpec) -> Vec<Problem>;
    /// All pools of the scope, by name.
    async fn observe(&self, scope: &Scope) -> Result<Reading<Vec<PoolState>>>;
    /// Wishes the pool to be so.
    async fn ensure(&self, scope: &Scope, spec: &PoolSpec) -> Result<()>;
    /// Wishes other bounds on its size; nothing else of its spec changes.
    async fn bound(&self, scope: &Scope, pool: &PoolName, bounds: Size) -> Result<()>;
    /// Pulls an instance out: it leaves the balancer after draining, and runs on.
    async fn hold(&self, scope: &Scope, pool: &PoolName, instance: &InstanceId, mode: HoldMode) -> Result<()>;
    /// Puts a held instance back; it serves when it is ready.
    async fn put_back(&self, scope: &Scope, pool: &PoolName, instance: &InstanceId) -> Result<()>;
    /// Drains and terminates one instance; one that is not there is accepted.
    async fn retire(&self, scope: &Scope, pool: &PoolName, instance: &InstanceId, refill: Refill) -> Result<()>;
    /// Wishes the pool and all its instances gone.
    async fn remove(&self, scope: &Scope, pool: &PoolName) -> Result<()>;
}

/// Load balancers. Who is behind one follows from the pools it names.
///
/// Contract, each clause a conformance case of the same name:
/// - `serves_the_ready_instances_of_its_pools`: a user's request is answered by a ready instance of a named pool.
/// - `takes_out_what_fails_and_takes_it_back`: by the thresholds of the spec.
/// - `never_routes_to_an_unready_instance`: an instance gets its first request after its first good check.
/// - `keeps_the_last_targets_when_all_fail`: when none is healthy, all get requests.
/// - `weights_share_the_requests`: pools get requests by weight; weight 0 gets none.
/// - `route_moves_weights_only`: `route` changes weights and nothing else.
/// - `a_sticky_user_stays`: with `sticky`, a user's requests go to one instance while it can serve.
/// - `a_balancer_without_its_pools_is_refused`: `ensure` naming a pool that does not exist is refused with `NotReady`.
/// - `asking_twice_is_asking_once`: a repeated wish changes nothing.
/// - `foreign_objects_are_a_conflict`: `ensure` over an object of another scope, or of none, is refused with `Conflict`,
///   whatever else is missing.
/// - `a_balancer_behind_a_name_is_not_removed`: `remove` is refused with `NotReady` while a record names it.
/// - `remove_leaves_only_what_it_lists`: after `remove` nothing of the balancer exists.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait LoadBalancer: Send + Sync {
    /// What this backend cannot keep of `spec`. No I/O.
    fn check(&self, spec: &BalancerSpec) -> Vec<Problem>;
    /// All balancers of the scope, by name.
    async fn observe(&self, scope: &Scope) -> Result<Reading<Vec<BalancerState>>>;
    /// Wishes the balancer to be so.
    async fn ensure(&self, scope: &Scope, spec: &BalancerSpec) -> Result<()>;
    /// Wishes other weights for the pools it serves; nothing else of its spec changes.
    async fn route(&self, scope: &Scope, balancer: &BalancerName, routes: &[Route]) -> Result<()>;
    /// Wishes it gone.
    async fn remove(&self, scope: &Scope, balancer: &BalancerName) -> Result<()>;
}

/// DNS records.
///
/// Contract, each clause a conformance case of the same name:
/// - `a_name_answers_what_it_stands_for`: after `ensure` and the record's becoming `Active`, users find the endpoint.
/// - `answers_only_living_endpoints_after_ttl_and_detection`: a dead answer is left out.
/// - `never_the_last_answer`: when none is alive, all are answered.
/// - `a_change_is_seen_after_the_ttl`: another endpoint is found once caches have run out.
/// - `fails_over_to_the_secondary_and_back`: a failover record follows the life of its primary.
/// - `weights_share_the_answers`: a weighted record answers by weight.
/// - `a_name_without_its_endpoint_is_refused`: `ensure` naming what does not exist is refused with `NotReady`.
/// - `asking_twice_is_asking_once`: a repeated wish changes nothing.
/// - `foreign_objects_are_a_conflict`: `ensure` over an object of another scope, or of none, is refused with `Conflict`,
///   whatever else is missing.
/// - `remove_leaves_only_what_it_lists`: after `remove` the name has no answer.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Dns: Send + Sync {
    /// What this backend cannot keep of `set`, which has up to `answers` of them. No I/O.
    fn check(&self, set: &RecordSet, answers: u32) -> Vec<Problem>;
    /// All records of the scope, by name.
    async fn observe(&self, scope: &Scope) -> Result<Reading<Vec<RecordState>>>;
    /// Wishes the record to be so.
    async fn ensure(&self, scope: &Scope, set: &RecordSet) -> Result<()>;
    /// Wishes it gone.
    async fn remove(&self, scope: &Scope, name: &DnsName) -> Result<()>;
}
