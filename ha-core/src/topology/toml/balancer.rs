//! Reads `[[balancer]]`.

use super::kept;
use crate::{
    document::{Section, Value},
    topology::{Algorithm, Balancer, ClientAddress, HealthCheck, Listener, Protocol, Route},
};

pub(super) const ADDRESSES: [(&str, ClientAddress); 3] = [
    ("forwarded_for", ClientAddress::ForwardedFor),
    ("proxy_protocol", ClientAddress::ProxyProtocol),
    ("hidden", ClientAddress::Hidden),
];

/// A protocol without its certificate.
#[derive(Clone, Copy, PartialEq)]
enum Spoken {
    Http,
    Https,
    Redirect,
}

const SHORT: [(&str, Spoken); 2] = [("http", Spoken::Http), ("https", Spoken::Https)];
const SPOKEN: [(&str, Spoken); 3] =
    [("http", Spoken::Http), ("https", Spoken::Https), ("redirect_to_https", Spoken::Redirect)];
const NOT_YET: [&str; 5] = ["tcp", "tls", "udp", "http2", "grpc"];

pub(super) fn read(section: Section<'_>) -> Balancer {
    let mut balancer = Balancer::http(section.text("name").unwrap_or_default());
    balancer.listeners = listeners(&section);
    balancer.routes = section.value("to").map(|value| routes(&value)).unwrap_or_default();
    balancer.health = section.section("health").map(health).unwrap_or_default();
    balancer.algorithm = section.choice("algorithm", &Algorithm::ALL).unwrap_or_default();
    balancer.sticky = section.duration("sticky");
    balancer.drain = section.duration("drain").unwrap_or(balancer.drain);
    balancer.slow_start = section.duration("slow_start");
    balancer.client_address = section.choice("client_address", &ADDRESSES).unwrap_or_default();
    balancer.fail_open = section.share("fail_open");
    section.close();
    balancer
}

/// The short form `listen = "http"`, and those that are written out.
fn listeners(section: &Section<'_>) -> Vec<Listener> {
    let listen = section.value("listen");
    if let Some(value) = listen.as_ref().filter(|_| section.has("listener")) {
        value.report("it stands beside [[balancer.listener]]", "write all listeners as [[balancer.listener]]");
    }
    let short = listen.and_then(|value| kept(&value, &SHORT, &NOT_YET));
    let certificate = certificate(section, short == Some(Spoken::Https));
    let mut listeners = match short {
        Some(Spoken::Https) => Balancer::https("", &certificate).listeners,
        Some(Spoken::Http) => Balancer::http("").listeners,
        Some(Spoken::Redirect) | None => Vec::new(),
    };
    listeners.extend(section.list("listener").iter().map(listener));
    listeners
}

/// What cannot be read keeps its place in the list.
fn listener(value: &Value<'_>) -> Listener {
    let mut listener = Listener { port: 0, protocol: Protocol::Http };
    let Some(section) = value.section() else { return listener };
    let port = section.required("port", "port = 80").and_then(|port| port.whole());
    let spoken = section.required("protocol", "protocol = \"http\"").and_then(|value| kept(&value, &SPOKEN, &NOT_YET));
    let certificate = certificate(&section, spoken == Some(Spoken::Https));
    section.close();
    listener.port = port.unwrap_or_default();
    listener.protocol = match spoken {
        Some(Spoken::Http) | None => Protocol::Http,
        Some(Spoken::Https) => Protocol::Https { certificate },
        Some(Spoken::Redirect) => Protocol::RedirectToHttps,
    };
    listener
}

fn certificate(section: &Section<'_>, wanted: bool) -> String {
    let value = section.value("certificate");
    if let Some(value) = value.as_ref().filter(|_| !wanted) {
        value.report("there is no https listener for this certificate", "leave it out, or speak \"https\"");
    }
    value.and_then(|value| value.text()).unwrap_or_default().into()
}

/// `"web"`, `["web", "admin"]`, `[{ pool = "web", weight = 100 }]`.
fn routes(value: &Value<'_>) -> Vec<Route> {
    if value.is_list() {
        return value.list().unwrap_or_default().iter().map(route).collect();
    }
    vec![route(value)]
}

/// What cannot be read keeps its place in the list.
fn route(value: &Value<'_>) -> Route {
    let (pool, weight) = pool_and_weight(value).unwrap_or(("", Route::DEFAULT_WEIGHT));
    Route { pool: pool.into(), weight }
}

fn pool_and_weight<'d>(value: &Value<'d>) -> Option<(&'d str, u32)> {
    let weight = Route::DEFAULT_WEIGHT;
    if value.is_text() {
        return Some((value.text()?, weight));
    }
    if !value.is_table() {
        value.refuse("a pool", "[{ pool = \"web\", weight = 100 }]");
        return None;
    }
    let section = value.section()?;
    let pool = section.required("pool", "pool = \"web\"").and_then(|value| value.text());
    let weight = section.whole("weight").unwrap_or(weight);
    section.close();
    Some((pool?, weight))
}

fn health(section: Section<'_>) -> HealthCheck {
    let default = HealthCheck::default();
    let health = HealthCheck {
        interval: section.duration("interval").unwrap_or(default.interval),
        timeout: section.duration("timeout").unwrap_or(default.timeout),
        healthy: section.whole("healthy").unwrap_or(default.healthy),
        unhealthy: section.whole("unhealthy").unwrap_or(default.unhealthy),
    };
    section.close();
    health
}
