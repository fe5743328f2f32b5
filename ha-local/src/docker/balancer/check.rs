//! What a balancer made of HAProxy cannot keep, and what would do instead.

use super::{
    config::{CONTROL, rule},
    rows::{ENTRY, SLOTS},
};
use crate::docker::{NAMES, SUPERVISOR, settings::Settings};
use ha_core::{backend::spec::BalancerSpec, topology::Protocol, validate::Problem};
use std::time::Duration;

/// HAProxy's timers are in milliseconds, at most so many.
const LONGEST: Duration = Duration::from_millis(i32::MAX as u64);
const SHORTEST: Duration = Duration::from_millis(1);

pub(super) fn check(settings: &Settings, spec: &BalancerSpec) -> Vec<Problem> {
    let path = |field: &str| format!("balancer.{}.{field}", spec.name);
    let mut problems = Vec::new();
    let mut say = |field: &str, what: String, fix: &str| problems.push(Problem::new(path(field), what, fix));
    let taken = [(NAMES, "DNS server"), (SUPERVISOR, "supervisor")];
    if let Some((name, whose)) = taken.into_iter().find(|(name, _)| spec.name.as_str() == *name) {
        let what = format!("the container of the site's {whose} is called {name} already");
        say("name", what, "give the balancer another name");
    }
    if spec.listeners.len() > usize::from(SLOTS) {
        let what =
            format!("{} listeners; {SLOTS} ports of the host are published for each balancer", spec.listeners.len());
        say("listener", what, "take away listeners, or make another balancer for them");
    }
    for listener in &spec.listeners {
        if (CONTROL..ENTRY + SLOTS).contains(&listener.port) {
            let what = format!("port {} is one of its own inside", listener.port);
            say("listener", what, "take a port below 10000");
        }
        if let Protocol::Https { certificate } = &listener.protocol {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            if !certificate.chars().all(plain) {
                say("listener", format!("{certificate:?} cannot be a file"), "name it by letters, digits and hyphens");
            } else if settings.certificate(certificate).is_none() {
                let what = format!("the provider's file has no certificate {certificate:?}");
                let fix = format!("add under [certificates]: {certificate:?} = \"a file with certificate and key\"");
                say("listener", what, &fix);
            }
        }
    }
    if spec.listeners.iter().all(|listener| listener.protocol == Protocol::RedirectToHttps) {
        say("listener", "every listener only redirects".into(), "add one that serves");
    }
    if rule(spec.algorithm).is_none() {
        say("algorithm", format!("HAProxy has no rule {:?}", spec.algorithm), "algorithm = \"least_outstanding\"");
    }
    for (route, boot) in spec.routes.iter().zip(&spec.ready) {
        let plain = |c: char| c.is_ascii_alphanumeric() || "/-._~%?&=+,;:@!()*".contains(c);
        if !boot.ready.starts_with('/') || !boot.ready.chars().all(plain) {
            let what = format!("{:?} of pool {} cannot be asked for by HAProxy", boot.ready, route.pool);
            say("health", what, "write a path from / on, what is not a letter or digit in it as %xx");
        }
    }
    for (field, time) in [
        ("health.interval", Some(spec.health.interval)),
        ("health.timeout", Some(spec.health.timeout)),
        ("slow_start", spec.slow_start),
        ("drain", Some(spec.drain.max(SHORTEST))),
    ] {
        if time.is_some_and(|time| !(SHORTEST..=LONGEST).contains(&time)) {
            say(field, "HAProxy's timers are from 1 ms to 24 days".into(), "take a time between these");
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docker::balancer::config::tests::spec;
    use ha_core::topology::Listener;

    fn told(change: impl Fn(&mut BalancerSpec)) -> Vec<String> {
        let mut settings = Settings::new("d");
        settings.certificates.insert("shop".into(), "shop.pem".into());
        let mut spec = spec();
        change(&mut spec);
        check(&settings, &spec).iter().map(|problem| problem.what.clone()).collect()
    }

    #[test]
    fn what_haproxy_cannot_keep_is_refused_with_what_would_do() {
        let listen = |port, protocol| Listener { port, protocol };
        let https = |name: &str| Protocol::Https { certificate: name.into() };
        assert_eq!(told(|_| {}), Vec::<String>::new());
        assert_eq!(told(|spec| spec.listeners = vec![listen(443, https("shop"))]), Vec::<String>::new());
        type Change<'a> = &'a dyn Fn(&mut BalancerSpec);
        let rows: [(Change<'_>, &str); 10] = [
            (&|spec| spec.name = "names".into(), "DNS server is called names"),
            (&|spec| spec.name = "supervisor".into(), "supervisor is called"),
            (&|spec| spec.listeners = (81..86).map(|port| listen(port, Protocol::Http)).collect(), "5 listeners"),
            (&|spec| spec.listeners = vec![listen(10_000, Protocol::Http)], "its own"),
            (&|spec| spec.listeners = vec![listen(443, https("other"))], "no certificate"),
            (&|spec| spec.listeners = vec![listen(443, https("../x y"))], "cannot be a file"),
            (&|spec| spec.listeners = vec![listen(80, Protocol::RedirectToHttps)], "only redirects"),
            (&|spec| spec.ready[0].ready = "/a b".into(), "cannot be asked"),
            (&|spec| spec.ready[0].ready = "/\nglobal".into(), "cannot be asked"),
            (&|spec| spec.health.interval = Duration::from_secs(1 << 40), "timers"),
        ];
        for (change, expected) in rows {
            let told = told(change);
            assert!(told.len() == 1 && told[0].contains(expected), "{expected}: {told:?}");
        }
    }
}
