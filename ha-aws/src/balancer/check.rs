//! What an application load balancer cannot keep of a spec, and what would do instead.
//!
//! Limits: the Elastic Load Balancing API reference and the guide for application load balancers ("Quotas", "Edit target
//! group attributes").

use super::wanted::{POOLS, rule, weights};
use crate::{mark, provider::Provider};
use ha_core::{
    backend::spec::BalancerSpec,
    time::show,
    topology::{Algorithm, ClientAddress, Protocol},
    validate::Problem,
};
use std::{ops::RangeInclusive, time::Duration};

/// Collects what is wrong, each with its path.
struct Check<'a> {
    spec: &'a BalancerSpec,
    problems: Vec<Problem>,
}

impl Check<'_> {
    fn say(&mut self, field: &str, what: impl Into<String>, fix: impl Into<String>) {
        let path = format!("balancer.{}.{field}", self.spec.name);
        self.problems.push(Problem::new(path, what.into(), fix.into()));
    }

    /// A time of whole seconds within these.
    fn time(&mut self, field: &str, time: Duration, within: RangeInclusive<u64>) {
        let [least, most] = [*within.start(), *within.end()].map(|seconds| show(Duration::from_secs(seconds)));
        if !within.contains(&time.as_secs()) || time.subsec_nanos() > 0 {
            let what = format!("AWS takes whole seconds from {least} to {most} here, not {}", show(time));
            let nearest = time.as_secs().clamp(*within.start(), *within.end());
            self.say(field, what, format!("{field} = \"{}\"", show(Duration::from_secs(nearest))));
        }
    }

    fn count(&mut self, field: &str, count: u32) {
        if !(2..=10).contains(&count) {
            let what = format!("AWS decides after 2 to 10 checks in a row, not after {count}");
            self.say(field, what, format!("{field} = {}", count.clamp(2, 10)));
        }
    }

    fn routes(&mut self) {
        if self.spec.routes.len() > POOLS {
            let what = format!("AWS shares requests among {POOLS} pools at most, not {}", self.spec.routes.len());
            self.say("to", what, "put some of the pools behind a second balancer");
        } else if weights(self.spec).is_none() {
            let what = "AWS takes weights from 0 to 999, and these cannot be said in so small numbers";
            self.say("to", what, "give weights up to 999");
        }
        for boot in &self.spec.ready {
            if !boot.ready.starts_with('/') || boot.ready.len() > 1024 {
                let what = format!("{:?} is no path that AWS can ask for", boot.ready);
                self.say("to", what, "let the pool's path begin with a slash and have 1024 characters at most");
            }
        }
    }

    fn listeners(&mut self, provider: &Provider) {
        for listener in &self.spec.listeners {
            match &listener.protocol {
                Protocol::Https { certificate } if !provider.certificates.contains_key(certificate) => {
                    let what = format!("the provider file names no certificate {certificate:?}");
                    let fix = format!("add to its [certificates]: {certificate:?} = \"arn:aws:acm:...\"");
                    self.say("certificate", what, fix);
                }
                Protocol::Https { .. } | Protocol::Http | Protocol::RedirectToHttps => {}
            }
        }
    }

    fn choice(&mut self) {
        let algorithm = self.spec.algorithm;
        if rule(algorithm).is_none() {
            let word = Algorithm::ALL.iter().find(|(_, it)| *it == algorithm).map_or("", |(word, _)| word);
            // Of these only one lets new instances start slowly.
            let instead = if self.spec.slow_start.is_some() { "round_robin" } else { "least_outstanding" };
            self.say("algorithm", format!("AWS has no rule {word:?}"), format!("algorithm = {instead:?}"));
        }
        if algorithm == Algorithm::LeastOutstanding && self.spec.slow_start.is_some() {
            let what = "AWS has no slow start where the fewest requests in flight decide";
            self.say("slow_start", what, "leave it out, or set algorithm = \"round_robin\"");
        }
        match self.spec.client_address {
            ClientAddress::ForwardedFor | ClientAddress::Hidden => {}
            ClientAddress::ProxyProtocol => {
                let what = "an application load balancer does not speak the PROXY protocol";
                self.say("client_address", what, "client_address = \"forwarded_for\"");
            }
        }
    }

    fn fail_open(&mut self) {
        let Some(share) = self.spec.fail_open else { return };
        if share.0 >= 1000 {
            let what = "it would always send requests to all, the unhealthy included";
            self.say("fail_open", what, "fail_open = 0.5, or leave it out: then all get requests when none is healthy");
        } else if share.0 % 10 != 0 {
            let what = format!("{} is finer than the hundredths that AWS takes", f64::from(share));
            self.say("fail_open", what, format!("fail_open = {}", f64::from(share.0 / 10) / 100.0));
        }
    }
}

/// Everything that is wrong with this spec for AWS.
pub(super) fn check(provider: &Provider, spec: &BalancerSpec) -> Vec<Problem> {
    let mut check = Check { spec, problems: Vec::new() };
    if spec.zones.len() < 2 {
        let what = "an application load balancer stands in two zones at least";
        check.say("zones", what, "open a second zone; its pools may stay in one");
    }
    check.listeners(provider);
    check.routes();
    check.time("health.interval", spec.health.interval, 5..=300);
    check.time("health.timeout", spec.health.timeout, 2..=120);
    check.count("health.healthy", spec.health.healthy);
    check.count("health.unhealthy", spec.health.unhealthy);
    check.time("drain", spec.drain, 0..=3600);
    if let Some(time) = spec.sticky {
        check.time("sticky", time, 1..=604_800);
    }
    if let Some(time) = spec.slow_start {
        check.time("slow_start", time, 30..=900);
    }
    check.choice();
    check.fail_open();
    if !mark::fits(spec) {
        let what = "its spec does not fit into the tags of a load balancer, where it is remembered";
        check.say("to", what, "shorten the names of its pools and the paths of their checks");
    }
    check.problems
}
