//! Writes a topology as TOML, in the short forms and without what is the default anyway.

use super::balancer::ADDRESSES;
use crate::{
    time::show,
    topology::{
        Algorithm, Balancer, Capacity, Dns, Endpoint, Exposure, Guards, HealthCheck, Hold, HoldMode, Nat, Network,
        NoReading, Party, Placement, Pool, Protocol, RecordKind, Rollout, Route, Topology,
    },
};
use std::{fmt::Display, time::Duration};

/// Lines of `key = value`. Keys of a table that are the default are left out.
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn raw(&mut self, key: &str, value: impl Display) {
        self.0 += &format!("{key} = {value}\n");
    }
    fn raw_unless<T: PartialEq + Display>(&mut self, key: &str, value: T, default: T) {
        if value != default {
            self.raw(key, value);
        }
    }
    fn text(&mut self, key: &str, text: &str) {
        self.raw(key, quoted(text));
    }
    fn time(&mut self, key: &str, time: Duration) {
        self.text(key, &show(time));
    }
    fn time_unless(&mut self, key: &str, time: Duration, default: Duration) {
        if time != default {
            self.time(key, time);
        }
    }
    fn list(&mut self, key: &str, values: impl IntoIterator<Item = String>) {
        self.raw(key, format!("[{}]", values.into_iter().collect::<Vec<_>>().join(", ")));
    }
    fn header(&mut self, header: &str) {
        self.0 += &format!("\n{header}\n");
    }
    /// A table, if there is anything in it.
    fn table(&mut self, header: &str, lines: Lines) {
        if !lines.0.is_empty() {
            self.header(header);
            self.0 += &lines.0;
        }
    }
}

impl Topology {
    /// The topology as TOML; read again, it is the same value.
    pub fn to_toml(&self) -> String {
        let mut lines = Lines::default();
        lines.text("name", &self.name);
        if let Some(id) = &self.id {
            lines.text("id", id);
        }
        lines.raw_unless("generation", self.generation, 0);
        lines.list("zones", self.zones.iter().map(|zone| quoted(zone.as_str())));
        if !self.closed.is_empty() {
            lines.list("closed", self.closed.iter().map(|zone| quoted(zone.as_str())));
        }
        lines.table("[network]", network(&self.network, self));
        self.pools.iter().for_each(|tier| pool(&mut lines, tier));
        self.balancers.iter().for_each(|tier| balancer(&mut lines, tier));
        self.dns.iter().for_each(|tier| dns(&mut lines, tier, self));
        lines.0
    }
}

fn network(network: &Network, site: &Topology) -> Lines {
    let mut lines = Lines::default();
    match network.instances {
        Exposure::Private => {}
        Exposure::Public => lines.text("instances", "public"),
    }
    match network.nat {
        Nat::One => {}
        Nat::None => lines.text("nat", "none"),
        Nat::PerZone => lines.text("nat", "per_zone"),
    }
    let party = |party: &Party| match party {
        Party::World => quoted("world"),
        Party::Balancer(name) => endpoint(&Endpoint::Balancer(name.clone()), site),
        Party::Pool(name) => endpoint(&Endpoint::Pool(name.clone()), site),
    };
    if !network.allow.is_empty() {
        lines.list(
            "allow",
            network.allow.iter().map(|allow| {
                format!("{{ from = {}, to = {}, port = {} }}", party(&allow.from), party(&allow.to), allow.port)
            }),
        );
    }
    lines
}

fn pool(lines: &mut Lines, pool: &Pool) {
    let default = Pool::new("");
    lines.header("[[pool]]");
    lines.text("name", pool.name.as_str());
    if let Some(role) = &pool.role {
        lines.text("role", role);
    }
    lines.text("release", pool.release.as_str());
    lines.raw_unless("retry", pool.retry, default.retry);
    lines.text("size", &format!("{}..={}", pool.size.min, pool.size.max));
    match pool.capacity {
        Capacity::Fixed(instances) => lines.raw("capacity", instances),
        Capacity::Scaled => lines.text("capacity", "scaled"),
    }
    let (path, budget) = (quoted(&pool.boot.ready), quoted(&show(pool.boot.budget)));
    let port = match pool.boot.port {
        port if port == default.boot.port => String::new(),
        port => format!(", port = {port}"),
    };
    lines.raw("ready", format!("{{ path = {path}, budget = {budget}{port} }}"));
    if !pool.hold.is_empty() {
        lines.list("hold", pool.hold.iter().map(hold));
    }
    lines.table("[pool.placement]", placement(&pool.placement));
    lines.table("[pool.guards]", guards(&pool.guards));
    rollout(lines, &pool.rollout);
}

fn hold(hold: &Hold) -> String {
    let instance = quoted(hold.instance.as_str());
    match hold.mode {
        HoldMode::Replace => instance,
        HoldMode::Shrink => format!("{{ instance = {instance}, mode = \"shrink\" }}"),
    }
}

fn placement(placement: &Placement) -> Lines {
    let mut lines = Lines::default();
    if !placement.zones.is_empty() {
        lines.list("zones", placement.zones.iter().map(|zone| quoted(zone.as_str())));
    }
    lines.raw_unless("max_skew", placement.max_skew, Placement::default().max_skew);
    lines
}

fn guards(guards: &Guards) -> Lines {
    let (default, mut lines) = (Guards::default(), Lines::default());
    match guards.brake {
        None => lines.text("brake", "off"),
        Some(share) if Some(share) == default.brake => {}
        Some(share) => lines.raw("brake", f64::from(share)),
    }
    lines.raw_unless("min_healthy", f64::from(guards.min_healthy), f64::from(default.min_healthy));
    lines
}

fn rollout(lines: &mut Lines, rollout: &Rollout) {
    let (default, mut table) = (Rollout::default(), Lines::default());
    table.raw_unless("surge", rollout.surge, default.surge);
    table.raw_unless("batch", rollout.batch, default.batch);
    table.time_unless("bake", rollout.bake, default.bake);
    lines.table("[pool.rollout]", table);
    let (gate, default, mut table) = (&rollout.gate, default.gate, Lines::default());
    table.raw_unless("max_errors", f64::from(gate.max_errors), f64::from(default.max_errors));
    if let Some(latency) = gate.max_latency {
        table.time("max_latency", latency);
    }
    table.raw_unless("min_requests", gate.min_requests, default.min_requests);
    match gate.no_reading {
        NoReading::Wait => {}
        NoReading::GoOn => table.text("no_reading", "go_on"),
    }
    lines.table("[pool.rollout.gate]", table);
}

fn balancer(lines: &mut Lines, balancer: &Balancer) {
    let default = Balancer::http("");
    lines.header("[[balancer]]");
    lines.text("name", balancer.name.as_str());
    let written_out = !listen(lines, balancer);
    match &*balancer.routes {
        [Route { pool, weight: Route::DEFAULT_WEIGHT }] => lines.text("to", pool.as_str()),
        routes => lines.list("to", routes.iter().map(route)),
    }
    if balancer.algorithm != default.algorithm {
        lines.text("algorithm", word(&Algorithm::ALL, balancer.algorithm));
    }
    if let Some(time) = balancer.sticky {
        lines.time("sticky", time);
    }
    lines.time_unless("drain", balancer.drain, default.drain);
    if let Some(time) = balancer.slow_start {
        lines.time("slow_start", time);
    }
    if balancer.client_address != default.client_address {
        lines.text("client_address", word(&ADDRESSES, balancer.client_address));
    }
    if let Some(share) = balancer.fail_open {
        lines.raw("fail_open", f64::from(share));
    }
    lines.table("[balancer.health]", health(&balancer.health));
    for listener in balancer.listeners.iter().filter(|_| written_out) {
        lines.header("[[balancer.listener]]");
        lines.raw("port", listener.port);
        match &listener.protocol {
            Protocol::Http => lines.text("protocol", "http"),
            Protocol::RedirectToHttps => lines.text("protocol", "redirect_to_https"),
            Protocol::Https { certificate } => {
                lines.text("protocol", "https");
                lines.text("certificate", certificate);
            }
        }
    }
}

/// Writes the short form, if there is one for these listeners.
fn listen(lines: &mut Lines, balancer: &Balancer) -> bool {
    let listeners = &balancer.listeners;
    if *listeners == Balancer::http("").listeners {
        lines.text("listen", "http");
        return true;
    }
    let Some(Protocol::Https { certificate }) = listeners.first().map(|listener| &listener.protocol) else {
        return false;
    };
    let short = *listeners == Balancer::https("", certificate).listeners;
    if short {
        lines.text("listen", "https");
        lines.text("certificate", certificate);
    }
    short
}

fn route(route: &Route) -> String {
    let pool = quoted(route.pool.as_str());
    match route.weight {
        Route::DEFAULT_WEIGHT => pool,
        weight => format!("{{ pool = {pool}, weight = {weight} }}"),
    }
}

fn health(health: &HealthCheck) -> Lines {
    let (default, mut lines) = (HealthCheck::default(), Lines::default());
    lines.time_unless("interval", health.interval, default.interval);
    lines.time_unless("timeout", health.timeout, default.timeout);
    lines.raw_unless("healthy", health.healthy, default.healthy);
    lines.raw_unless("unhealthy", health.unhealthy, default.unhealthy);
    lines
}

fn dns(lines: &mut Lines, dns: &Dns, site: &Topology) {
    lines.header("[[dns]]");
    lines.text("name", dns.name.as_str());
    match &dns.kind {
        RecordKind::Alias { to } => lines.raw("to", endpoint(to, site)),
        RecordKind::Weighted { answers } => {
            lines.text("kind", "weighted");
            lines.list(
                "to",
                answers.iter().map(|answer| {
                    let (kind, name) = kind_and_name(&answer.to);
                    format!("{{ {kind} = {}, weight = {} }}", quoted(name), answer.weight)
                }),
            );
        }
        RecordKind::Failover { primary, secondary } => {
            lines.text("kind", "failover");
            lines.raw("primary", endpoint(primary, site));
            lines.raw("secondary", endpoint(secondary, site));
        }
        RecordKind::RoundRobin { to } => {
            lines.text("kind", "round_robin");
            lines.text("to", to.as_str());
        }
    }
    lines.time_unless("ttl", dns.ttl, Dns::apex("").ttl);
}

/// The name alone where it says which tier is meant.
fn endpoint(endpoint: &Endpoint, site: &Topology) -> String {
    let (kind, name) = kind_and_name(endpoint);
    let alone = site.endpoint(name) == *endpoint && name != "world";
    if alone { quoted(name) } else { format!("{{ {kind} = {} }}", quoted(name)) }
}

fn kind_and_name(endpoint: &Endpoint) -> (&'static str, &str) {
    match endpoint {
        Endpoint::Balancer(name) => ("balancer", name.as_str()),
        Endpoint::Pool(name) => ("pool", name.as_str()),
    }
}

fn word<T: PartialEq>(words: &[(&'static str, T)], meaning: T) -> &'static str {
    words.iter().find(|(_, value)| *value == meaning).map_or("", |(word, _)| word)
}

fn quoted(text: &str) -> String {
    ::toml::Value::from(text).to_string()
}
