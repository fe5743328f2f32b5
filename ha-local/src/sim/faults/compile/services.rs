//! Faults of the provider's services, of calls of them, and of what is seen of them.

use super::Written;
use crate::sim::{
    engine::call::Outcome,
    faults::{
        strike::{Api, Asked, Balancer, Boot, Dns, Metric, Metrics, Pattern, Store, Strike, View},
        whom::Named,
    },
};
use ha_core::{
    backend::Kind,
    fault::{Amount, Subject},
};

impl Written<'_> {
    pub(super) fn api(&self, effect: &str) -> Result<Strike, String> {
        let Some(api) = Api::read(effect, &self.fault.parameters) else { return self.no_tier() };
        Ok(Strike::Api(self.named(), api))
    }
    pub(super) fn balancer(&self, effect: &str) -> Result<Strike, String> {
        let Some(balancer) = Balancer::read(effect, &self.fault.parameters) else { return self.no_tier() };
        Ok(Strike::Balancer(self.named(), balancer))
    }
    pub(super) fn dns(&self, effect: &str) -> Result<Strike, String> {
        let target = &self.fault.target;
        // In a zone, who boots asks for the names under which it finds what it fetches; nobody else asks there yet.
        if effect == "unresolvable" && matches!(&target.what, Subject::Named(kind, _) if kind == "zone") {
            return Ok(Strike::Boot(self.to_come()?, Boot::NoNames(self.rate())));
        }
        let asked = match &target.what {
            Subject::Named(kind, _) if kind == "record" => Asked::Record(self.named().name),
            Subject::Named(kind, _) if kind == "store" => Asked::Store,
            Subject::Users => match target.amount {
                Amount::All => Asked::Users(1.0),
                Amount::Share(share) => Asked::Users(share),
                Amount::Count(_) => return Err(format!("{}: of users, give a share", self.fault.effect)),
            },
            // Databases and dependencies have no names yet.
            what @ (Subject::Named(..) | Subject::All | Subject::Controller | Subject::Link { .. }) => {
                return self.nothing_at(what.kind());
            }
            what @ (Subject::Service(_) | Subject::Metric(_) | Subject::Call(..)) => {
                return self.nothing_at(what.kind());
            }
        };
        let Some(dns) = Dns::read(effect, &self.fault.parameters) else { return self.no_tier() };
        Ok(Strike::Dns(asked, dns))
    }
    pub(super) fn store(&self, effect: &str) -> Result<Strike, String> {
        let Some(store) = Store::read(effect, &self.fault.parameters) else { return self.no_tier() };
        Ok(Strike::Store(store))
    }
    pub(super) fn view(&self, effect: &str) -> Result<Strike, String> {
        let named = self.named();
        if matches!(named.name.as_deref(), Some("store" | "hands")) {
            return self.nothing_at("what is not observed");
        }
        let view = match effect {
            "stale" => View::Stale(self.fault.parameters.age.unwrap_or_default()),
            "missing" => View::Missing(match self.fault.target.amount {
                Amount::All => 1.0,
                Amount::Share(share) => share,
                Amount::Count(_) => return Err(format!("{}: of answers, give a share", self.fault.effect)),
            }),
            "page_shift" => View::PageShift(self.rate()),
            _ => return self.no_tier(),
        };
        Ok(Strike::View(named, view))
    }
    pub(super) fn metrics(&self, effect: &str) -> Result<Strike, String> {
        let metric = self.named();
        if metric.zones.is_some() {
            return self.nothing_at("a zone's part of a metric");
        }
        if !["*", "healthy", "errors", "latency", "requests"].contains(&metric.name.as_deref().unwrap_or("*")) {
            return self.nothing_at(&self.fault.target.what.to_string());
        }
        let Some(metrics) = Metrics::read(effect, &self.fault.parameters) else { return self.no_tier() };
        let pool = Named::new(self.fault.target.pool.as_deref().unwrap_or("*"));
        Ok(Strike::Metrics(Metric { metric, pool }, metrics))
    }
    pub(super) fn call(&self, effect: &str) -> Result<Strike, String> {
        let given = &self.fault.parameters;
        let Subject::Call(port, verb, resource) = &self.fault.target.what else {
            return self.nothing_at(self.fault.target.what.kind());
        };
        let outcome = match effect {
            "crash_before" => Outcome::CrashBefore,
            "crash_applied" => Outcome::CrashApplied,
            "crash_answered" => Outcome::CrashAnswered,
            "timeout_applied" => Outcome::TimeoutApplied,
            "timeout_not_applied" => Outcome::TimeoutNotApplied,
            "throttled" => Outcome::Refused(Kind::Throttled(given.retry_after)),
            "error_applied" => Outcome::ErrorApplied,
            "error_not_applied" => Outcome::Refused(Kind::Unavailable),
            "refused" => Outcome::Refused(refusal(given.error.as_deref())),
            "partial" => Outcome::Partial(given.done.unwrap_or(0.5)),
            "answered_twice" => Outcome::AnsweredTwice(given.delay.unwrap_or_default()),
            "answered_late" => Outcome::AnsweredLate(given.delay.unwrap_or_default()),
            "stale_reads" => Outcome::StaleReads(given.delay.unwrap_or_default()),
            _ => return self.no_tier(),
        };
        let pattern = Pattern {
            port: Named::new(port),
            verb: (verb != "*").then(|| verb.clone()),
            resource: resource.clone(),
            nth: given.nth.unwrap_or(1),
            count: given.count.unwrap_or(1),
            until_settled: effect == "stale_reads" && given.delay.is_none(),
        };
        Ok(Strike::Call(pattern, outcome))
    }
}

fn refusal(error: Option<&str>) -> Kind {
    match error {
        Some("quota") => Kind::Quota,
        Some("no_capacity") => Kind::NoCapacity,
        Some("conflict") => Kind::Conflict("it was asked for already, differently".into()),
        _ => Kind::Denied,
    }
}
