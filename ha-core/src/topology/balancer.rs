//! A load balancer: where it listens, which pools it serves, how it judges them.

use super::Share;
use crate::name::{BalancerName, PoolName};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A load balancer over one or more pools. Who is behind it follows from the pools it names.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Balancer {
    /// Its name, unique among the site's tiers.
    pub name: BalancerName,
    /// Where it listens.
    #[serde(rename = "listener")]
    pub listeners: Vec<Listener>,
    /// The pools it serves, each with its weight.
    #[serde(rename = "to")]
    pub routes: Vec<Route>,
    /// How it finds out who can serve.
    pub health: HealthCheck,
    /// How it chooses among those who can.
    pub algorithm: Algorithm,
    /// How long a user stays with one instance, by cookie; `None`: not at all.
    #[serde(with = "crate::time::text::option", skip_serializing_if = "Option::is_none")]
    pub sticky: Option<Duration>,
    /// How long requests in flight may finish on an instance that leaves.
    #[serde(with = "crate::time::text")]
    pub drain: Duration,
    /// How long a new instance's share of requests grows from nothing to full; `None`: full at once.
    #[serde(with = "crate::time::text::option", skip_serializing_if = "Option::is_none")]
    pub slow_start: Option<Duration>,
    /// How the client's address reaches the instances.
    pub client_address: ClientAddress,
    /// When at most this share of the targets is healthy, requests go to all of them; `None`: only when none is healthy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fail_open: Option<Share>,
}

fn default_drain() -> Duration {
    Duration::from_secs(30)
}

/// A port on which a balancer listens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listener {
    /// The port.
    pub port: u16,
    /// What is spoken there.
    pub protocol: Protocol,
}

/// What is spoken on a listener.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// Plain HTTP.
    Http,
    /// HTTP over TLS, ended here with the named certificate (a reference, resolved when a backend is connected).
    Https {
        /// The name of the certificate.
        certificate: String,
    },
    /// Answers every request with the same address under `https`.
    RedirectToHttps,
}

/// A pool behind a balancer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// The pool.
    pub pool: PoolName,
    /// Its share of the requests is its weight over the sum of all weights.
    #[serde(default = "default_weight")]
    pub weight: u32,
}

fn default_weight() -> u32 {
    Route::DEFAULT_WEIGHT
}

impl Route {
    /// The weight of a pool for which none is said.
    pub const DEFAULT_WEIGHT: u32 = 100;
}

/// How a balancer finds out which instances can serve. The path and port are those of each pool's boot contract.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HealthCheck {
    /// Time between two checks of one instance.
    #[serde(with = "crate::time::text")]
    pub interval: Duration,
    /// How long an answer may take.
    #[serde(with = "crate::time::text")]
    pub timeout: Duration,
    /// This many good checks in a row take an instance in again.
    pub healthy: u32,
    /// This many bad checks in a row take an instance out.
    pub unhealthy: u32,
}

impl Default for HealthCheck {
    fn default() -> Self {
        Self { interval: Duration::from_secs(10), timeout: Duration::from_secs(5), healthy: 2, unhealthy: 2 }
    }
}

/// How a balancer chooses among the instances that can serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Algorithm {
    /// Each in turn.
    #[default]
    RoundRobin,
    /// The one with the fewest requests in flight.
    LeastOutstanding,
    /// Of two drawn by chance, the one with fewer requests in flight.
    TwoChoices,
}

impl Algorithm {
    /// Every rule with its word: what TOML reads and writes, and what tests and random sites try one after the other.
    pub const ALL: [(&'static str, Self); 3] = [
        ("round_robin", Self::RoundRobin),
        ("least_outstanding", Self::LeastOutstanding),
        ("two_choices", Self::TwoChoices),
    ];
}

/// How the client's address reaches the instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAddress {
    /// In the header `X-Forwarded-For`.
    #[default]
    ForwardedFor,
    /// By the PROXY protocol.
    ProxyProtocol,
    /// Not at all.
    Hidden,
}

impl Balancer {
    /// A balancer that speaks plain HTTP on port 80.
    pub fn http(name: &str) -> Self {
        Self {
            name: name.into(),
            listeners: vec![Listener { port: 80, protocol: Protocol::Http }],
            routes: Vec::new(),
            health: HealthCheck::default(),
            algorithm: Algorithm::default(),
            sticky: None,
            drain: default_drain(),
            slow_start: None,
            client_address: ClientAddress::default(),
            fail_open: None,
        }
    }
    /// A balancer that ends TLS on port 443 with the named certificate and redirects port 80 to it.
    pub fn https(name: &str, certificate: &str) -> Self {
        let listeners = vec![
            Listener { port: 443, protocol: Protocol::Https { certificate: certificate.into() } },
            Listener { port: 80, protocol: Protocol::RedirectToHttps },
        ];
        Self { listeners, ..Self::http(name) }
    }
    /// Listens on one more port.
    pub fn listen(mut self, port: u16, protocol: Protocol) -> Self {
        self.listeners.push(Listener { port, protocol });
        self
    }
    /// Adds a pool behind it.
    pub fn to(self, pool: &str) -> Self {
        self.weighted(pool, Route::DEFAULT_WEIGHT)
    }
    /// Adds a pool behind it with this weight.
    pub fn weighted(mut self, pool: &str, weight: u32) -> Self {
        self.routes.push(Route { pool: pool.into(), weight });
        self
    }
    /// How it finds out who can serve.
    pub fn health(mut self, health: HealthCheck) -> Self {
        self.health = health;
        self
    }
    /// How it chooses among those who can.
    pub fn algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = algorithm;
        self
    }
    /// Keeps a user with one instance for this long.
    pub fn sticky(mut self, time: Duration) -> Self {
        self.sticky = Some(time);
        self
    }
    /// How long requests in flight may finish on an instance that leaves.
    pub fn drain(mut self, time: Duration) -> Self {
        self.drain = time;
        self
    }
    /// How long a new instance's share of requests grows to full.
    pub fn slow_start(mut self, time: Duration) -> Self {
        self.slow_start = Some(time);
        self
    }
    /// How the client's address reaches the instances.
    pub fn client_address(mut self, way: ClientAddress) -> Self {
        self.client_address = way;
        self
    }
    /// The share of healthy targets at or below which requests go to all.
    pub fn fail_open(mut self, share: Share) -> Self {
        self.fail_open = Some(share);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::de::{IntoDeserializer, value::Error};

    #[test]
    fn the_table_of_rules_has_every_rule_by_the_word_that_serde_knows() {
        let unknown: Result<Algorithm, Error> = Algorithm::deserialize("".into_deserializer());
        let told = unknown.unwrap_err().to_string();
        let known: Vec<&str> = told.split('`').skip(1).step_by(2).filter(|word| !word.is_empty()).collect();
        assert_eq!(Algorithm::ALL.map(|(word, _)| word).to_vec(), known, "{told}");
        for (word, rule) in Algorithm::ALL {
            let read: Result<Algorithm, Error> = Algorithm::deserialize(word.into_deserializer());
            assert_eq!(read, Ok(rule));
        }
    }
}
