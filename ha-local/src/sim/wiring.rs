//! From a profile and a workload to the figures of the plane.

use super::{
    Profile, Workload,
    engine::queue::Ties,
    plane::{BalancerConfig, NetworkConfig, Plane, PlaneConfig, ServerConfig, UsersConfig},
    profile,
    workload::Service,
};
use std::time::Duration;

/// The plane of a site in so many zones.
pub(super) fn plane(profile: &Profile, workload: &Workload, zones: usize, bucket: Duration) -> Plane {
    let pools = workload.pools.iter().map(|(name, service)| (name.clone(), server(service)));
    Plane::new(PlaneConfig {
        zones: u8::try_from(zones).unwrap_or(u8::MAX),
        network: network(profile),
        balancer: BalancerConfig {
            connect_timeout: profile.balancer.connect_timeout,
            idle_timeout: profile.balancer.idle_timeout,
            other_targets: profile.balancer.other_targets,
            checks_wait: profile.balancer.checks_wait,
            notices_cut: profile.balancer.notices_cut,
        },
        users: users(profile, workload),
        pools: pools.collect(),
        bucket,
    })
}

/// How simultaneous events are ordered.
pub(super) fn ties(profile: &Profile) -> Ties {
    match profile.ties {
        profile::Ties::Drawn => Ties::Drawn,
        profile::Ties::Fifo => Ties::Fifo,
    }
}

fn server(service: &Service) -> ServerConfig {
    ServerConfig { service: service.time, concurrency: service.concurrency, queue: service.queue }
}

fn network(profile: &Profile) -> NetworkConfig {
    let network = &profile.network;
    NetworkConfig {
        users: network.users,
        within: network.within,
        across: network.across,
        jitter: network.jitter,
        lookup: network.lookup,
        lookup_timeout: network.lookup_timeout,
        connect_timeout: network.connect_timeout,
        resend: network.resend,
        negative_ttl: profile.dns.negative_ttl,
    }
}

fn users(profile: &Profile, workload: &Workload) -> UsersConfig {
    let users = &workload.users;
    UsersConfig {
        population: users.population,
        resolvers: users.resolvers,
        deadline: users.deadline,
        patience: users.patience,
        retries: users.retries,
        backoff: users.backoff,
        retry_budget: users.retry_budget.map(|share| share.0),
        keep_alive: users.keep_alive,
        // A share is at most 1, so that its millionths fit.
        ttl_violators: (profile.dns.ignores_ttl * 1e6) as u32,
        ttl_extra: profile.dns.ignores_ttl_for,
    }
}
