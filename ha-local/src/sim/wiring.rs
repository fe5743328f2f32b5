//! From a profile and a workload to the figures of the plane and the cloud.

use super::{
    Profile, Workload,
    engine::queue::Ties,
    plane::{BalancerConfig, NetworkConfig, Plane, PlaneConfig, ServerConfig, UsersConfig},
    profile,
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
            other_targets: profile.balancer.other_targets,
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
