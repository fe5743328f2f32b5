//! Checks a balancer.

use super::Check;
use crate::topology::{Balancer, Listener, Protocol};
use std::collections::BTreeSet;

impl Check<'_> {
    pub(super) fn balancer(&mut self, path: &str, balancer: &Balancer) {
        self.listeners(path, balancer);
        self.routes(path, balancer);
        self.health(path, balancer);
        self.some_duration(format!("{path}.drain"), balancer.drain, "30s");
        for (key, time, example) in [("sticky", balancer.sticky, "1h"), ("slow_start", balancer.slow_start, "60s")] {
            if let Some(time) = time {
                self.some_duration(format!("{path}.{key}"), time, example);
            }
        }
        if let Some(share) = balancer.fail_open {
            self.share(format!("{path}.fail_open"), share);
        }
    }

    fn listeners(&mut self, path: &str, balancer: &Balancer) {
        if balancer.listeners.is_empty() {
            self.say(format!("{path}.listen"), "it listens nowhere", "say \"http\" or \"https\"");
        }
        let https = |listener: &Listener| match listener.protocol {
            Protocol::Https { .. } => true,
            Protocol::Http | Protocol::RedirectToHttps => false,
        };
        let https = balancer.listeners.iter().any(https);
        let mut ports = BTreeSet::new();
        for (index, listener) in balancer.listeners.iter().enumerate() {
            let at = format!("{path}.listener[{index}]");
            if listener.port == 0 {
                self.say(format!("{at}.port"), "0 is not a port", "give one from 1 to 65535");
            } else if !ports.insert(listener.port) {
                let what = format!("another listener has port {} too", listener.port);
                self.say(format!("{at}.port"), what, "give one of them another port");
            }
            match &listener.protocol {
                Protocol::Http => {}
                Protocol::Https { certificate } => {
                    let short = balancer.listeners == Balancer::https("", certificate).listeners;
                    let at = if short { path } else { &at };
                    self.word(format!("{at}.certificate"), certificate, "shop.example");
                }
                Protocol::RedirectToHttps if https => {}
                Protocol::RedirectToHttps => {
                    let what = "it redirects to https, and nothing listens there";
                    self.say(format!("{at}.protocol"), what, "add an https listener, or speak \"http\"");
                }
            }
        }
    }

    fn routes(&mut self, path: &str, balancer: &Balancer) {
        let pools = self.pool_names();
        let at = format!("{path}.to");
        if balancer.routes.is_empty() {
            self.reference(at, "pool", "", pools.iter().map(String::as_str));
            return;
        }
        if balancer.routes.iter().all(|route| route.weight == 0) {
            self.say(at.clone(), "all weights are 0, so no request goes anywhere", "give one a weight above 0");
        }
        let mut seen = BTreeSet::new();
        for (index, route) in balancer.routes.iter().enumerate() {
            let at = if balancer.routes.len() == 1 { at.clone() } else { format!("{at}[{index}]") };
            if seen.insert(&route.pool) || route.pool.as_str().is_empty() {
                self.reference(at, "pool", route.pool.as_str(), pools.iter().map(String::as_str));
            } else {
                self.say(at, format!("pool {} is there twice", route.pool), "leave one out and add up the weights");
            }
        }
    }

    fn health(&mut self, path: &str, balancer: &Balancer) {
        let health = &balancer.health;
        self.some_duration(format!("{path}.health.interval"), health.interval, "10s");
        self.some_duration(format!("{path}.health.timeout"), health.timeout, "5s");
        if health.timeout >= health.interval && !health.interval.is_zero() {
            let show = crate::time::show;
            let what =
                format!("{} is not shorter than the interval of {}", show(health.timeout), show(health.interval));
            self.say(format!("{path}.health.timeout"), what, "a check must end before the next begins");
        }
        for (key, count) in [("healthy", health.healthy), ("unhealthy", health.unhealthy)] {
            if count == 0 {
                self.say(format!("{path}.health.{key}"), "0 checks decide nothing", "give at least 1, better 2");
            }
        }
    }
}
