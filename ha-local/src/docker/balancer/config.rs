//! Writes the configuration of HAProxy for one balancer: a pure function of the wish and of who is behind it.

use super::rows::Slot;
use ha_core::{
    backend::spec::BalancerSpec,
    name::{InstanceId, PoolName},
    topology::{Algorithm, Boot, ClientAddress, Protocol, Route},
};
use std::{
    fmt::Write,
    hash::{DefaultHasher, Hash, Hasher},
    net::Ipv4Addr,
    time::Duration,
};

/// The rules of choice that HAProxy has, and its words for them. `check` refuses a rule without a row.
const RULES: [(Algorithm, &str); 3] = [
    (Algorithm::RoundRobin, "roundrobin"),
    (Algorithm::LeastOutstanding, "leastconn"),
    (Algorithm::TwoChoices, "random(2)"),
];

/// HAProxy's word for a rule of choice; `None`: it has no such rule.
pub(super) fn rule(algorithm: Algorithm) -> Option<&'static str> {
    RULES.iter().find(|(rule, _)| *rule == algorithm).map(|(_, word)| *word)
}

/// Where its files are, inside.
pub(super) const FILES: &str = "/etc/ha";
/// Where its sockets are, inside: in memory, so that none outlives the process.
pub(super) const SOCKETS: &str = "/run/ha";
/// The port, inside, on which the supervisor speaks to it.
pub(super) const CONTROL: u16 = 10_000;
/// What draws are out of when a pool is chosen: a share is exact to a millionth.
pub(super) const WHOLE: u64 = 1_000_000;
/// The weight of an instance that serves. Of less, HAProxy rounds the first steps of a slow start to nothing.
pub(super) const FULL: u32 = 100;
/// So many connections in a row that could not be made count as a failed check. Who is gone has the fewest requests in flight,
/// so that a balancer by outstanding requests would give him every one, and again every repetition, until a check says so.
const UNMADE: u32 = 5;
/// So often a connection is tried again, elsewhere: of so many instances that are gone at once, one request finds nobody else.
const RETRIES: u32 = 20;
/// How long an idle connection of a client is kept, as managed balancers do it. Instances must keep theirs longer.
const IDLE: Duration = Duration::from_secs(60);

/// All of a configuration but who is behind it.
pub(super) struct Frame<'a> {
    pub(super) spec: &'a BalancerSpec,
    pub(super) slots: &'a [Slot],
    /// Who may speak to the runtime API: the side of the host.
    pub(super) host: Ipv4Addr,
    /// Every check fails, whatever the instances answer: a fault that somebody ordered.
    pub(super) flapping: bool,
    /// What the certificates hold, as one number: other content is another configuration.
    pub(super) certificates: u64,
}

/// Somebody behind it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Server {
    pub(super) pool: PoolName,
    pub(super) instance: InstanceId,
    pub(super) address: Ipv4Addr,
    pub(super) port: u16,
    /// Whether it has passed its first check; until then it weighs nothing.
    pub(super) serves: bool,
}

/// The backend of a pool in which checks decide.
pub(super) fn checked(pool: &PoolName) -> String {
    format!("pool.{pool}")
}

/// The backend of a pool that is used when too few pass their checks: nobody is checked there.
pub(super) fn open(pool: &PoolName) -> String {
    format!("open.{pool}")
}

/// The place of a map of this balancer.
pub(super) fn map(name: &str) -> String {
    format!("{FILES}/{name}.map")
}

/// The cookie by which a user stays.
pub(super) fn cookie(spec: &BalancerSpec) -> String {
    format!("ha-{}", spec.name)
}

/// The place of a certificate.
pub(super) fn certificate(name: &str) -> String {
    format!("{FILES}/{name}.pem")
}

impl Frame<'_> {
    /// What names this configuration, whoever is behind it: HAProxy tells it as its description.
    pub(super) fn digest(&self) -> String {
        let mut hasher = DefaultHasher::new();
        (self.limits(), self.checks(), self.body(&[]), self.certificates).hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    }

    /// The whole file.
    pub(super) fn written(&self, servers: &[Server]) -> String {
        format!("global\n  description {}\n{}{}", self.digest(), self.limits(), self.body(servers))
    }

    fn limits(&self) -> String {
        // Whoever is connected when the configuration is exchanged may finish what he has, and no worker stays for ever.
        let last = millis(self.spec.drain.max(IDLE) + Duration::from_secs(5));
        format!("  maxconn 8000\n  hard-stop-after {last}\n")
    }

    fn body(&self, servers: &[Server]) -> String {
        let mut text = String::new();
        self.defaults(&mut text);
        self.control(&mut text);
        self.serving(&mut text);
        self.redirecting(&mut text);
        for (route, boot) in self.spec.routes.iter().zip(&self.spec.ready) {
            self.pool(&mut text, route, boot, servers);
            self.unchecked(&mut text, route, servers);
        }
        text
    }

    fn defaults(&self, text: &mut String) {
        let idle = millis(IDLE);
        add(text, "defaults plain");
        add(text, "  mode tcp\n  timeout connect 1s\n  timeout client 10s\n  timeout server 10s");
        add(text, "defaults web");
        add(text, "  mode http");
        add(text, &format!("  timeout client {idle}\n  timeout server {idle}\n  timeout http-keep-alive {idle}"));
        add(text, "  timeout connect 300ms\n  timeout queue 5s\n  timeout http-request 30s\n  timeout tunnel 1h");
        // A connection that was not made may be tried elsewhere whatever it is for; what was sent and had no answer is
        // sent again only if it may be repeated (see `requests`).
        add(text, &format!("  retries {RETRIES}\n  option redispatch 1\n  retry-on conn-failure empty-response"));
    }

    /// The runtime API is the master's, since a worker that is replaced still has to be asked; only the host's side of the
    /// network may speak to it.
    fn control(&self, text: &mut String) {
        add(text, &format!("frontend control from plain\n  bind :{CONTROL}"));
        add(text, &format!("  tcp-request connection reject unless {{ src {} }}", self.host));
        add(text, "  default_backend control");
        add(text, &format!("backend control from plain\n  server master unix@{SOCKETS}/master.sock"));
    }

    fn binds(&self, text: &mut String, of: impl Fn(&Protocol) -> Option<String>) -> bool {
        let mut any = false;
        for listener in &self.spec.listeners {
            let Some(suffix) = of(&listener.protocol) else { continue };
            any = true;
            add(text, &format!("  bind :{}{suffix}", listener.port));
            if let Some(slot) = Slot::of(self.slots, listener.port) {
                add(text, &format!("  bind :{}{suffix}", slot.inside));
            }
        }
        any
    }

    fn serving(&self, text: &mut String) {
        let mut binds = String::new();
        let serves = self.binds(&mut binds, |protocol| match protocol {
            Protocol::Http => Some(String::new()),
            Protocol::Https { certificate: name } => Some(format!(" ssl crt {} alpn h2,http/1.1", certificate(name))),
            Protocol::RedirectToHttps => None,
        });
        if !serves {
            return;
        }
        add(text, "frontend front from web");
        text.push_str(&binds);
        // Whoever has a connection to a worker that is replaced is told with an answer to come again, and never finds it shut.
        add(text, "  option idle-close-on-response");
        self.client_address(text);
        if self.spec.sticky.is_some() {
            let (cookie, map) = (cookie(self.spec), map("stay"));
            add(text, &format!("  http-request set-var(txn.pool) req.cook({cookie}),map_str({map})"));
            add(text, "  http-request set-var(txn.stays) int(1) if { var(txn.pool) -m found }");
        }
        add(text, &format!("  http-request set-var(txn.draw) rand({WHOLE})"));
        for route in &self.spec.routes {
            let (pool, map) = (&route.pool, map("share"));
            add(text, &format!("  http-request set-var(txn.upto) str({pool}),map_str_int({map},0)"));
            let drawn = "!{ var(txn.pool) -m found } { var(txn.draw),sub(txn.upto) -m int lt 0 }";
            add(text, &format!("  http-request set-var(txn.pool) str({pool}) if {drawn}"));
        }
        add(text, &format!("  http-request set-var(txn.few) var(txn.pool),map_str_int({},0)", map("few")));
        add(text, "  http-request set-var(txn.to) str(pool.),concat(,txn.pool)");
        add(text, "  http-request set-var(txn.up) var(txn.to),nbsrv");
        let found = "{ var(txn.pool) -m found }";
        add(
            text,
            &format!("  use_backend open.%[var(txn.pool)] if {found} {{ var(txn.up),sub(txn.few) -m int le 0 }}"),
        );
        add(text, &format!("  use_backend pool.%[var(txn.pool)] if {found}"));
    }

    fn client_address(&self, text: &mut String) {
        match self.spec.client_address {
            ClientAddress::ForwardedFor => add(text, "  option forwardfor"),
            ClientAddress::ProxyProtocol => {}
            ClientAddress::Hidden => add(text, "  http-request del-header X-Forwarded-For"),
        }
        add(text, "  http-request set-header X-Forwarded-Proto https if { ssl_fc }");
        add(text, "  http-request set-header X-Forwarded-Proto http unless { ssl_fc }");
    }

    /// The same address under `https`. Who came by a published port is sent to the published port.
    fn redirecting(&self, text: &mut String) {
        let mut binds = String::new();
        let wanted = |protocol: &Protocol| (*protocol == Protocol::RedirectToHttps).then(String::new);
        let secure = self.spec.listeners.iter().find(|it| matches!(it.protocol, Protocol::Https { .. }));
        if !self.binds(&mut binds, wanted) {
            return;
        }
        add(text, "frontend redirect from web");
        text.push_str(&binds);
        let port = secure.map_or(443, |listener| listener.port);
        let outside = secure.and_then(|listener| Slot::of(self.slots, listener.port)).map(|slot| slot.outside);
        let to = |port: u16| match port {
            443 => "https://%[req.hdr(host),field(1,:)]%[pathq]".to_owned(),
            _ => format!("https://%[req.hdr(host),field(1,:)]:{port}%[pathq]"),
        };
        for listener in self.spec.listeners.iter().filter(|it| it.protocol == Protocol::RedirectToHttps) {
            if let (Some(slot), Some(outside)) = (Slot::of(self.slots, listener.port), outside) {
                let here = format!("if {{ dst_port {} }}", slot.inside);
                add(text, &format!("  http-request redirect code 301 location {} {here}", to(outside)));
            }
        }
        add(text, &format!("  http-request redirect code 301 location {}", to(port)));
    }

    fn pool(&self, text: &mut String, route: &Route, boot: &Boot, servers: &[Server]) {
        add(text, &format!("backend {} from web", checked(&route.pool)));
        self.requests(text);
        add(text, "  option httpchk");
        let (path, pool) = (&boot.ready, &route.pool);
        add(text, &format!("  http-check send meth GET uri {path} ver HTTP/1.1 hdr Host {pool}"));
        add(text, &format!("  http-check expect status {}", if self.flapping { "599" } else { "200-299" }));
        add(text, &format!("  timeout check {}", millis(self.spec.health.timeout)));
        for server in servers.iter().filter(|server| server.pool == route.pool) {
            let weight = if server.serves { FULL } else { 0 };
            let Server { instance, address, port, .. } = server;
            add(text, &format!("  server {instance} {address}:{port} weight {weight} {}", self.checks()));
        }
    }

    fn unchecked(&self, text: &mut String, route: &Route, servers: &[Server]) {
        add(text, &format!("backend {} from web", open(&route.pool)));
        self.requests(text);
        for server in servers.iter().filter(|server| server.pool == route.pool && server.serves) {
            let Server { instance, address, port, .. } = server;
            add(text, &format!("  server {instance} {address}:{port} weight {FULL}{}", self.preface()));
        }
    }

    /// How requests are given out, the same whether checks decide or not.
    fn requests(&self, text: &mut String) {
        if let Some(rule) = rule(self.spec.algorithm) {
            add(text, &format!("  balance {rule}"));
        }
        add(text, "  http-request disable-l7-retry unless { method GET HEAD OPTIONS }");
        if let Some(stay) = self.spec.sticky {
            let (cookie, seconds) = (cookie(self.spec), stay.as_secs().max(1));
            add(text, &format!("  use-server %[req.cook({cookie})] if {{ var(txn.stays) -m found }}"));
            let set = format!("{cookie}=%s; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax");
            add(text, &format!("  http-response add-header Set-Cookie \"{set}\""));
        }
    }

    /// How an instance is checked, as options of its line and of the runtime API's `add server`.
    pub(super) fn checks(&self) -> String {
        let health = &self.spec.health;
        let (inter, fall, rise) = (millis(health.interval), health.unhealthy.max(1), health.healthy.max(1));
        let slow = self.spec.slow_start.map_or(String::new(), |slow| format!(" slowstart {}", millis(slow)));
        let unmade = format!("observe layer4 error-limit {UNMADE} on-error fail-check");
        format!("check inter {inter} fall {fall} rise {rise} {unmade}{slow}{}", self.preface())
    }

    /// What is said first on a connection to an instance.
    pub(super) fn preface(&self) -> &'static str {
        match self.spec.client_address {
            ClientAddress::ProxyProtocol => " send-proxy-v2",
            ClientAddress::ForwardedFor | ClientAddress::Hidden => "",
        }
    }
}

/// By pool, up to which of [`WHOLE`] a draw is its own. The sum of the weights before a pool is where it begins.
pub(super) fn shares(routes: &[Route]) -> Vec<(String, String)> {
    let sum: u64 = routes.iter().map(|route| u64::from(route.weight)).sum();
    let mut before = 0;
    let upto = |route: &Route| {
        before += u64::from(route.weight);
        (route.pool.to_string(), (before * WHOLE / sum.max(1)).to_string())
    };
    routes.iter().map(upto).collect()
}

fn add(text: &mut String, line: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "{line}");
}

fn millis(time: Duration) -> String {
    // HAProxy takes no more than 31 bits of milliseconds.
    format!("{}ms", time.as_millis().clamp(1, i32::MAX as u128))
}

#[cfg(test)]
pub(super) mod tests;
