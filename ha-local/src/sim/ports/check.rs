//! What the simulated provider cannot keep of a wish.

use ha_core::{
    backend::spec::{BalancerSpec, NetworkSpec, PoolSpec, RecordSet},
    topology::{Capacity, ClientAddress, Protocol},
    validate::Problem,
};

pub(super) fn network(spec: &NetworkSpec) -> Vec<Problem> {
    let none = spec.zones.is_empty();
    let problem = || Problem::new("zones", "a network needs a zone", "name at least one zone");
    none.then(problem).into_iter().collect()
}

pub(super) fn pool(spec: &PoolSpec) -> Vec<Problem> {
    match spec.capacity {
        Capacity::Fixed(_) => Vec::new(),
        Capacity::Scaled => vec![Problem::new(
            format!("pool.{}.capacity", spec.name),
            "no scaling policy is simulated yet",
            "state a fixed capacity",
        )],
    }
}

pub(super) fn balancer(spec: &BalancerSpec) -> Vec<Problem> {
    let path = |field| format!("balancer.{}.{field}", spec.name);
    let mut problems = Vec::new();
    if spec.listeners.iter().all(|listener| listener.protocol == Protocol::RedirectToHttps) {
        problems.push(Problem::new(path("listener"), "every listener only redirects", "add one that serves"));
    }
    match spec.client_address {
        ClientAddress::ForwardedFor | ClientAddress::ProxyProtocol | ClientAddress::Hidden => problems,
    }
}

pub(super) fn record(set: &RecordSet) -> Vec<Problem> {
    let none = set.kind.endpoints().is_empty();
    let problem = || Problem::new(format!("dns.{}", set.name), "the name stands for nothing", "name an endpoint");
    none.then(problem).into_iter().collect()
}
