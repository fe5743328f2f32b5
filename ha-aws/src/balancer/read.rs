//! From the service's own types to ours.

use super::{
    seen::{Alb, Group, Life},
    wanted::{Checks, Does, Ear, Tls},
};
use crate::mark::Tags;
use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, Listener, LoadBalancer, LoadBalancerStateEnum, TargetGroup, TargetHealthReasonEnum,
    TargetHealthStateEnum,
};
use ha_core::backend::state::TargetHealth;
use std::collections::BTreeMap;

fn text(value: Option<&str>) -> String {
    value.unwrap_or_default().to_owned()
}

pub(super) fn judged(state: &TargetHealthStateEnum, reason: Option<&TargetHealthReasonEnum>) -> TargetHealth {
    match (state, reason) {
        (TargetHealthStateEnum::Healthy, _) => TargetHealth::Healthy,
        (TargetHealthStateEnum::Unhealthy, _) => TargetHealth::Unhealthy,
        (TargetHealthStateEnum::Draining | TargetHealthStateEnum::UnhealthyDraining, _) => TargetHealth::Draining,
        // It is stopped or gone.
        (TargetHealthStateEnum::Unused, Some(TargetHealthReasonEnum::InvalidState)) => TargetHealth::Unhealthy,
        (_, _) => TargetHealth::Initial,
    }
}

pub(super) fn alb(it: &LoadBalancer, tags: Tags) -> Alb {
    let life = match it.state().and_then(|state| state.code()) {
        Some(LoadBalancerStateEnum::Active | LoadBalancerStateEnum::ActiveImpaired) => Life::Works,
        Some(LoadBalancerStateEnum::Failed) => Life::Failed,
        Some(_) | None => Life::Coming,
    };
    Alb {
        id: text(it.load_balancer_arn()),
        name: text(it.load_balancer_name()),
        dns: (text(it.dns_name()), text(it.canonical_hosted_zone_id())),
        tags,
        life,
        subnets: it.availability_zones().iter().filter_map(|zone| zone.subnet_id().map(String::from)).collect(),
        security: it.security_groups().to_vec(),
        ears: Vec::new(),
    }
}

pub(super) fn group(it: &TargetGroup, tags: Tags) -> Group {
    Group {
        id: text(it.target_group_arn()),
        name: text(it.target_group_name()),
        tags,
        checks: Checks {
            path: text(it.health_check_path()),
            interval: it.health_check_interval_seconds().unwrap_or_default(),
            timeout: it.health_check_timeout_seconds().unwrap_or_default(),
            healthy: it.healthy_threshold_count().unwrap_or_default(),
            unhealthy: it.unhealthy_threshold_count().unwrap_or_default(),
        },
        targets: Vec::new(),
    }
}

pub(super) fn ear(it: &Listener) -> Ear {
    let certificate = it.certificates().first().and_then(|certificate| certificate.certificate_arn());
    let tls = certificate.map(|it_is| Tls { certificate: it_is.into(), policy: text(it.ssl_policy()) });
    Ear { port: it.port().unwrap_or_default(), tls, does: does(it.default_actions()) }
}

fn does(actions: &[Action]) -> Does {
    let [action] = actions else { return Does::Other };
    match action.r#type() {
        Some(ActionTypeEnum::Redirect) => {
            let to = action.redirect_config().filter(|it| it.protocol() == Some("HTTPS"));
            to.and_then(|it| it.port()?.parse().ok()).map_or(Does::Other, Does::Redirect)
        }
        Some(ActionTypeEnum::Forward) => forwards(action),
        Some(_) | None => Does::Other,
    }
}

fn forwards(action: &Action) -> Does {
    let config = action.forward_config();
    let tuples = config.map(|it| it.target_groups()).unwrap_or_default().iter();
    let mut weights: BTreeMap<String, i32> =
        tuples.filter_map(|it| Some((group_of(it.target_group_arn()?), it.weight().unwrap_or(1)))).collect();
    if weights.is_empty() {
        weights.extend(action.target_group_arn().map(|id| (group_of(id), 1)));
    }
    let sticky = config.and_then(|it| it.target_group_stickiness_config()).filter(|it| it.enabled() == Some(true));
    Does::forward(weights, sticky.and_then(|it| it.duration_seconds()))
}

/// The name in a target group's id: `arn:...:targetgroup/NAME/0123`.
fn group_of(id: &str) -> String {
    id.rsplit('/').nth(1).unwrap_or_default().to_owned()
}
