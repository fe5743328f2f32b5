//! From faults as they are written to strikes: typed, on the run's clock; what no tier of this version has is refused.

mod link;
mod machines;
mod services;
mod site;

use super::{
    Faults,
    injected::{Injected, Memory, Phase},
    strike::Strike,
    whom::Named,
};
use crate::sim::engine::draw::{join, who};
use ha_core::{
    fault::{Fault, Lasts, Subject, zone_of},
    name::PoolName,
    time::Timestamp,
    topology::{Topology, ValidTopology},
    validate::{Problem, Problems},
};
use std::cell::Cell;

impl Faults {
    /// The faults of a record on this site, their times counted from `origin`; or everything that keeps them from
    /// striking.
    pub fn new(record: &str, events: &[Fault], site: &ValidTopology, origin: Timestamp) -> Result<Self, Problems> {
        let mut problems = Vec::new();
        let mut faults = Self { record: record.into(), site: Some(site.clone()), origin, ..Self::default() };
        for (index, fault) in events.iter().enumerate() {
            let compiled = faults.compile(fault).map_err(|problem| vec![problem]);
            let found = compiled.and_then(|injected| {
                let unfit = fault.check(site.topology());
                if unfit.is_empty() { Ok(injected) } else { Err(unfit) }
            });
            match found {
                Ok(injected) => faults.all.push(injected),
                Err(found) => problems.extend(found.into_iter().map(|mut problem| {
                    problem.path = format!("{record}: event {}: {}", index + 1, problem.path);
                    problem
                })),
            }
        }
        if problems.is_empty() { Ok(faults) } else { Err(Problems(problems)) }
    }
    /// One fault on this run's clock, or why nothing of this version can do it.
    pub(super) fn compile(&self, fault: &Fault) -> Result<Injected, Problem> {
        let nothing = Topology::new("");
        let site = self.site.as_ref().map_or(&nothing, ValidTopology::topology);
        let target = fault.target.to_string();
        let key = join(who(&self.record), who(&target));
        let written = Written { fault, site, key };
        let strike = written.strike().map_err(|what| Problem::new("fault", what, ""))?;
        let given = &fault.parameters;
        let at = self.origin + fault.at;
        Ok(Injected {
            effect: fault.effect,
            target,
            whom: fault.target.in_words(),
            words: fault.in_words(),
            over: fault.is_over_in_words(),
            strike,
            key,
            at,
            ends: fault.ends().map(|end| self.origin + end),
            once: fault.lasts == Lasts::Once,
            ramp: given.ramp,
            stagger: given.stagger,
            tail: given.tail,
            lost: given.lost.unwrap_or(0.0),
            phase: Phase::Ahead,
            grown: 0,
            memory: Memory::default(),
            told: None,
            consequences: Cell::new(0),
        })
    }
}

/// A fault as it is written, and what it is read against.
struct Written<'a> {
    fault: &'a Fault,
    site: &'a Topology,
    key: u64,
}

impl Written<'_> {
    /// What it does, or why nothing of this version can do it.
    fn strike(&self) -> Result<Strike, String> {
        self.refuse_later_tiers()?;
        let (family, effect) = self.fault.effect.split_once('.').unwrap_or((self.fault.effect, ""));
        match family {
            "instances" => self.instances(effect),
            "zone" => self.zone(effect),
            "boot" => self.boot(effect),
            "capacity" => self.capacity(effect),
            "link" => self.link(effect),
            "api" => self.api(effect),
            "balancer" => self.balancer(effect),
            "dns" => self.dns(effect),
            "store" => self.store(effect),
            "release" => self.release(effect),
            "clock" => self.clock(effect),
            "controller" => self.controller(effect),
            "operator" => self.operator(effect),
            "call" => self.call(effect),
            "view" => self.view(effect),
            "metrics" => self.metrics(effect),
            _ => self.no_tier(),
        }
    }
    fn no_tier<T>(&self) -> Result<T, String> {
        Err(format!("{}: no tier of this version has it", self.fault.effect))
    }
    fn nothing_at<T>(&self, what: &str) -> Result<T, String> {
        Err(format!("{} at {what}: no tier of this version has it", self.fault.effect))
    }
    fn refuse_later_tiers(&self) -> Result<(), String> {
        const LATER: [&str; 7] = ["database", "member", "primary", "replicas", "storage", "cache", "secret"];
        let kind = self.fault.target.what.kind();
        let later = LATER.contains(&kind) || kind == "dependency";
        match &self.fault.target.what {
            _ if later => self.nothing_at(kind),
            Subject::Service(port) | Subject::Call(port, _, _) if !is_port(port) => {
                self.nothing_at(&format!("port {port}"))
            }
            Subject::All | Subject::Users | Subject::Controller | Subject::Named(..) | Subject::Link { .. } => Ok(()),
            Subject::Service(_) | Subject::Metric(_) | Subject::Call(..) => Ok(()),
        }
    }
    /// The zones that a name means, by their place in the topology.
    fn zones(&self, name: &str) -> Vec<u8> {
        let meant = |zone: &_| name == "*" || zone_of(self.site, name) == Some(zone);
        let all = (0u8..).zip(&self.site.zones);
        all.filter(|(_, zone)| meant(*zone)).map(|(index, _)| index).collect()
    }
    /// The zones to which the target is narrowed.
    fn narrowed(&self) -> Option<Vec<u8>> {
        self.fault.target.zone.as_deref().map(|zone| self.zones(zone))
    }
    /// What the target names, and the zones to which it is narrowed.
    fn named(&self) -> Named {
        let name = match &self.fault.target.what {
            Subject::Named(_, name) | Subject::Service(name) | Subject::Metric(name) => name.as_str(),
            Subject::All | Subject::Users | Subject::Controller | Subject::Link { .. } | Subject::Call(..) => "*",
        };
        Named { zones: self.narrowed(), ..Named::new(name) }
    }
    /// The pool that the target names; `None`: every one.
    fn pool(&self) -> Option<PoolName> {
        self.named().name.map(PoolName::from)
    }
    fn rate(&self) -> f64 {
        self.fault.parameters.rate.unwrap_or(1.0)
    }
}

fn is_port(port: &str) -> bool {
    ["*", "network", "pool", "balancer", "dns", "store", "hands"].contains(&port)
}
