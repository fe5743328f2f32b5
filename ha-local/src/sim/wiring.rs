//! From a profile and a workload to the figures of the plane and the cloud.

use super::{
    Profile, Workload,
    cloud::Figures,
    engine::queue::Ties,
    plane::{BalancerConfig, NetworkConfig, Plane, PlaneConfig, ServerConfig, UsersConfig},
    profile,
    workload::Service,
};
use ha_core::topology::HealthCheck;
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

/// How the provider's services behave.
pub(super) fn figures(profile: &Profile) -> Figures {
    let dns_check = HealthCheck {
        interval: profile.dns.check_interval,
        timeout: profile.dns.check_timeout,
        healthy: profile.dns.check_threshold,
        unhealthy: profile.dns.check_threshold,
    };
    let endpoint_check = HealthCheck {
        interval: profile.balancer.endpoint_interval,
        healthy: profile.balancer.endpoint_threshold,
        unhealthy: profile.balancer.endpoint_threshold,
        ..dns_check.clone()
    };
    Figures {
        boot_running: profile.boot.running,
        boot_ready: profile.boot.ready,
        network: profile.phases.network,
        pool: profile.phases.pool,
        balancer: profile.phases.balancer,
        record: profile.phases.record,
        settle: profile.api.settle,
        status_check: profile.keeper.status_check,
        drains_full_time: profile.balancer.drains_full_time,
        endpoint_check,
        record_check: dns_check,
        agent_check: HealthCheck::default(),
        alias_ttl: profile.dns.alias_ttl,
        reading: profile.metrics.period,
        reading_delay: profile.metrics.delay,
        policy: profile.keeper.policy.clone(),
        read: profile.api.read,
        write: profile.api.write,
        part: profile.api.part,
        call_timeout: profile.api.timeout,
    }
}
