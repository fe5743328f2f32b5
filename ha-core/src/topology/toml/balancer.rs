//! Reads `[[balancer]]`.

use super::kept;
use crate::{
    document::{Section, Value},
    topology::{Algorithm, Balancer, ClientAddress, HealthCheck, Listener, Protocol, Route},
};

pub(super) const ALGORITHMS: [(&str, Algorithm); 3] = [
    ("round_robin", Algorithm::RoundRobin),
    ("least_outstanding", Algorithm::LeastOutstanding),
    ("two_choices", Algorithm::TwoChoices),
];
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
    balancer.algorithm = section.choice("algorithm", &ALGORITHMS).unwrap_or_default();
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
    listeners.extend(section.sections("listener").into_iter().filter_map(listener));
    listeners
}

fn listener(section: Section<'_>) -> Option<Listener> {
    let port = section.required("port", "port = 80").and_then(|port| port.whole());
    let spoken = section.required("protocol", "protocol = \"http\"").and_then(|value| kept(&value, &SPOKEN, &NOT_YET));
    let certificate = certificate(&section, spoken == Some(Spoken::Https));
    section.close();
    let protocol = match spoken? {
        Spoken::Http => Protocol::Http,
        Spoken::Https => Protocol::Https { certificate },
        Spoken::Redirect => Protocol::RedirectToHttps,
    };
    Some(Listener { port: port?, protocol })
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
        return value.list().unwrap_or_default().iter().filter_map(route).collect();
    }
    route(value).into_iter().collect()
}

fn route(value: &Value<'_>) -> Option<Route> {
    let weight = Route::DEFAULT_WEIGHT;
    if value.is_text() {
        return Some(Route { pool: value.text()?.into(), weight });
    }
    if !value.is_table() {
        value.refuse("a pool", "[{ pool = \"web\", weight = 100 }]");
        return None;
    }
    let section = value.section()?;
    let pool = section.required("pool", "pool = \"web\"").and_then(|value| value.text());
    let weight = section.whole("weight").unwrap_or(weight);
    section.close();
    Some(Route { pool: pool?.into(), weight })
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
