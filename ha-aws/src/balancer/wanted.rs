//! What a balancer's spec asks of the service's objects: pure, from the spec to names, attributes, checks and actions.
//!
//! Attributes and their limits: the Elastic Load Balancing API reference, `TargetGroupAttribute`, `LoadBalancerAttribute`.

use crate::{
    name::{digest, joined},
    provider::Provider,
    share,
};
use ha_core::{
    backend::{Scope, spec::BalancerSpec},
    name::BalancerName,
    topology::{Algorithm, Boot, ClientAddress, Listener, Protocol, Route},
};
use std::{collections::BTreeMap, time::Duration};

/// So many target groups one action forwards to.
pub(super) const POOLS: usize = 5;
/// The highest weight of a target group.
const HEAVIEST: u32 = 999;
/// Names of load balancers and target groups have so many characters.
const LONGEST: usize = 32;
/// TLS 1.2 and 1.3: what the service's console proposes.
const POLICY: &str = "ELBSecurityPolicy-TLS13-1-2-2021-06";

/// The name of the load balancer.
pub(crate) fn balancer_name(scope: &Scope, balancer: &BalancerName) -> String {
    joined(&[&scope.name, balancer.as_str()], LONGEST)
}

/// What every name of the site's load balancers and target groups begins with.
pub(super) fn beginning(scope: &Scope) -> String {
    // A name that is cut still has so many characters of its own before its digest.
    let kept = scope.name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(LONGEST - 10);
    let kept: String = kept.collect();
    kept.split('-').next().unwrap_or_default().to_owned()
}

/// The name of the target group of a pool behind a balancer. Its port cannot be changed, so another port is another.
pub(super) fn group_name(scope: &Scope, balancer: &BalancerName, (route, boot): (&Route, &Boot)) -> String {
    let (pool, port) = (route.pool.as_str(), boot.port.to_string());
    let digest = &digest(&[balancer.as_str(), pool, &port].join("\u{0}"))[..8];
    let name = joined(&[&scope.name, pool, digest], LONGEST);
    // The service takes no two hyphens in a row.
    name.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

/// The object that all of a balancer's things are parts of; the network calls its security group so.
pub(super) fn object(balancer: &BalancerName) -> String {
    format!("balancer-{balancer}")
}

/// The weights as the service takes them, in the order of the routes.
pub(super) fn weights(spec: &BalancerSpec) -> Option<Vec<u32>> {
    let asked: Vec<u32> = spec.routes.iter().map(|route| route.weight).collect();
    share::within(&asked, HEAVIEST)
}

/// How a target group's targets are checked.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Checks {
    pub path: String,
    pub interval: i32,
    pub timeout: i32,
    pub healthy: i32,
    pub unhealthy: i32,
}

fn seconds(time: Duration) -> i32 {
    i32::try_from(time.as_secs()).unwrap_or(i32::MAX)
}

fn whole(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// How the targets of a pool with this boot contract are checked.
pub(super) fn checks(spec: &BalancerSpec, boot: &Boot) -> Checks {
    Checks {
        path: boot.ready.clone(),
        interval: seconds(spec.health.interval),
        timeout: seconds(spec.health.timeout),
        healthy: whole(spec.health.healthy),
        unhealthy: whole(spec.health.unhealthy),
    }
}

/// The rules of choice that the service has, and its words for them. `check` refuses a rule without a row.
const RULES: [(Algorithm, &str); 2] =
    [(Algorithm::RoundRobin, "round_robin"), (Algorithm::LeastOutstanding, "least_outstanding_requests")];

/// The service's word for a rule of choice; `None`: it has no such rule.
pub(super) fn rule(algorithm: Algorithm) -> Option<&'static str> {
    RULES.iter().find(|(rule, _)| *rule == algorithm).map(|(_, word)| *word)
}

/// The attributes of each of the balancer's target groups.
pub(super) fn group_attributes(spec: &BalancerSpec) -> Vec<(&'static str, String)> {
    let algorithm = rule(spec.algorithm).unwrap_or_default();
    // The service sends requests to all below its share, we at or below ours.
    let open = spec.fail_open.map_or("off".to_owned(), |share| (share.0 / 10 + 1).to_string());
    let mut attributes = vec![
        ("deregistration_delay.timeout_seconds", spec.drain.as_secs().to_string()),
        ("load_balancing.algorithm.type", algorithm.to_owned()),
        ("slow_start.duration_seconds", spec.slow_start.map_or(0, |time| time.as_secs()).to_string()),
        ("stickiness.enabled", spec.sticky.is_some().to_string()),
        ("stickiness.type", "lb_cookie".to_owned()),
        // A zone leaves the answers of the name no later than its requests go to all: the service insists on it.
        ("target_group_health.dns_failover.minimum_healthy_targets.percentage", open.clone()),
        ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage", open),
    ];
    attributes.extend(spec.sticky.map(|time| ("stickiness.lb_cookie.duration_seconds", time.as_secs().to_string())));
    attributes
}

/// The attributes of the balancer itself.
pub(super) fn balancer_attributes(spec: &BalancerSpec) -> Vec<(&'static str, String)> {
    let mode = match spec.client_address {
        // `check` refuses the PROXY protocol.
        ClientAddress::ForwardedFor | ClientAddress::ProxyProtocol => "append",
        ClientAddress::Hidden => "remove",
    };
    vec![("routing.http.xff_header_processing.mode", mode.to_owned())]
}

/// Whether the balancer's attributes are those with which every balancer begins.
pub(super) fn begins_so(spec: &BalancerSpec) -> bool {
    spec.client_address != ClientAddress::Hidden
}

/// What tells one set of attributes from another: they are written when it differs from what was written last.
pub(super) fn attributes_digest(spec: &BalancerSpec) -> String {
    digest(&format!("{:?} {:?}", group_attributes(spec), balancer_attributes(spec)))
}

/// What a listener does with a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Does {
    /// To these target groups, by name, each with its weight; and how long a user stays with one of them.
    Forward(BTreeMap<String, i32>, Option<i32>),
    /// Sends it to this port under `https`.
    Redirect(i32),
    /// What we never ask for.
    Other,
}

impl Does {
    /// To these target groups. One alone gets everything, whatever its weight; then nobody need stay.
    pub fn forward(mut weights: BTreeMap<String, i32>, sticky: Option<i32>) -> Self {
        if weights.len() > 1 {
            return Self::Forward(weights, sticky);
        }
        weights.values_mut().for_each(|weight| *weight = 1);
        Self::Forward(weights, None)
    }
}

/// A listener's certificate and which TLS it speaks.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tls {
    pub certificate: String,
    pub policy: String,
}

/// A listener.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ear {
    pub port: i32,
    pub tls: Option<Tls>,
    pub does: Does,
}

/// The listeners of a balancer that forwards so.
pub(super) fn ears(spec: &BalancerSpec, provider: &Provider, forward: &Does) -> Vec<Ear> {
    let secure = spec.listeners.iter().find(|listener| matches!(listener.protocol, Protocol::Https { .. }));
    let ear = |listener: &Listener| {
        let (tls, does) = match &listener.protocol {
            Protocol::Http => (None, forward.clone()),
            Protocol::Https { certificate } => {
                let certificate = provider.certificates.get(certificate).cloned().unwrap_or_default();
                (Some(Tls { certificate, policy: POLICY.into() }), forward.clone())
            }
            Protocol::RedirectToHttps => (None, Does::Redirect(secure.map_or(443, |it| i32::from(it.port)))),
        };
        Ear { port: i32::from(listener.port), tls, does }
    };
    spec.listeners.iter().map(ear).collect()
}

/// How requests are to be shared among target groups, given how they are now and which groups have a healthy target;
/// and whether a group is still waited for.
///
/// A group that gets no request yet gets none before it has a target that can answer, and until then the others keep
/// what they have: the service forwards to an empty group, too. Where nobody gets requests, there is nothing to keep.
pub(super) fn forward(
    scope: &Scope,
    spec: &BalancerSpec,
    now: Option<&BTreeMap<String, i32>>,
    serves: impl Fn(&str) -> bool,
) -> (Does, bool) {
    let names = spec.routes.iter().zip(&spec.ready).map(|pair| group_name(scope, &spec.name, pair));
    let wanted: BTreeMap<String, i32> = names.zip(weights(spec).unwrap_or_default().into_iter().map(whole)).collect();
    let sticky = spec.sticky.map(seconds);
    let Some(now) = now.filter(|now| now.values().any(|weight| *weight > 0)) else {
        return (Does::forward(wanted, sticky), false);
    };
    let gets = |name: &str| now.get(name).is_some_and(|weight| *weight > 0);
    let served_now = now.iter().any(|(name, weight)| *weight > 0 && serves(name));
    let held = wanted.iter().any(|(name, weight)| *weight > 0 && !gets(name) && !serves(name));
    if !held || !served_now {
        return (Does::forward(wanted, sticky), false);
    }
    let mut kept = now.clone();
    for name in wanted.into_keys() {
        kept.entry(name).or_insert(0);
    }
    (Does::Forward(kept, sticky), true)
}
