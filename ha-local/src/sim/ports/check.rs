//! What the simulated provider cannot keep of a wish.

use ha_core::{
    backend::spec::{BalancerSpec, NetworkSpec, PoolSpec, RecordSet},
    name::ZoneName,
    topology::{Capacity, Protocol},
    validate::Problem,
};

/// What checks go by: what the provider has, and what its own services do.
pub(super) struct Means {
    pub(super) zones: Vec<ZoneName>,
    /// Whether it has means to limit its own replacements.
    pub(super) brakes: bool,
}

impl Means {
    pub(super) fn network(&self, spec: &NetworkSpec) -> Vec<Problem> {
        self.zones("network.zones", &spec.zones)
    }

    pub(super) fn pool(&self, spec: &PoolSpec) -> Vec<Problem> {
        let path = |field| format!("pool.{}.{field}", spec.name);
        let mut problems = self.zones(&path("zones"), &spec.zones);
        if spec.capacity == Capacity::Scaled {
            let what = "no scaling policy is simulated yet";
            problems.push(Problem::new(path("capacity"), what, "state a fixed capacity"));
        }
        if spec.guards.brake.is_some() && !self.brakes {
            let what = "this provider replaces all that fail their checks, however many";
            problems.push(Problem::new(path("guards.brake"), what, "write brake = \"off\", and know it"));
        }
        problems
    }

    pub(super) fn balancer(&self, spec: &BalancerSpec) -> Vec<Problem> {
        let path = |field| format!("balancer.{}.{field}", spec.name);
        let mut problems = self.zones(&path("zones"), &spec.zones);
        if spec.listeners.iter().all(|listener| listener.protocol == Protocol::RedirectToHttps) {
            problems.push(Problem::new(path("listener"), "every listener only redirects", "add one that serves"));
        }
        problems
    }

    pub(super) fn record(&self, set: &RecordSet) -> Vec<Problem> {
        let none = set.kind.endpoints().is_empty();
        let problem = || Problem::new(format!("dns.{}", set.name), "the name stands for nothing", "name an endpoint");
        none.then(problem).into_iter().collect()
    }

    fn zones(&self, path: &str, wanted: &[ZoneName]) -> Vec<Problem> {
        if wanted.is_empty() {
            return vec![Problem::new(path, "it needs a zone", "name at least one zone")];
        }
        let has: Vec<&str> = self.zones.iter().map(ZoneName::as_str).collect();
        let unknown = wanted.iter().filter(|zone| !self.zones.contains(zone));
        let problem =
            |zone| Problem::new(path, format!("there is no zone {zone}"), format!("it has: {}", has.join(", ")));
        unknown.map(problem).collect()
    }
}
